"""A proxy in front of an origin that changes what passes through it, as somebody in between could."""

import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

Change = Callable[[bytes], bytes]


class Proxy:
    """`with Proxy(origin.url) as proxy`: passes everything on but what `segments` and `dropped` say."""

    def __init__(self, origin: str) -> None:
        self.served_as: dict[int, int] = {}
        """Instead of a segment, the bytes of another one."""
        self.changed: dict[int, Change] = {}
        """What is done to a segment's bytes."""
        self.changed_parts: dict[tuple[int, int], Change] = {}
        """What is done to a part's bytes, and to nothing else of its segment."""
        self.dropped: set[int] = set()
        """Segments that the playlist does not name."""
        self._client = httpx.Client(base_url=origin, timeout=20)
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                headers = {
                    k: v for k, v in self.headers.items() if k.lower() in ("accept-language", "cookie")
                }
                answer = proxy._client.get(proxy._asked(self.path), headers=headers)
                body = proxy._change(self.path, answer.content) if answer.is_success else answer.content
                self.send_response(answer.status_code)
                for name in ("content-type", "content-security-policy", "location", "set-cookie"):
                    if name in answer.headers:
                        self.send_header(name, answer.headers[name])
                self.send_header("cache-control", "no-store")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def _asked(self, path: str) -> str:
        def other(found: re.Match[str]) -> str:
            return f"/{self.served_as.get(int(found[1]), int(found[1]))}{found[2]}"

        return re.sub(r"/(\d+)((?:\.\d+)?\.m4s)", other, path)

    def _change(self, path: str, body: bytes) -> bytes:
        segment = re.search(r"/(\d+)(?:\.(\d+))?\.m4s", path)
        if segment and segment[2] is None:
            return self.changed.get(int(segment[1]), bytes)(body)
        if segment:
            return self.changed_parts.get((int(segment[1]), int(segment[2])), bytes)(body)
        if path.partition("?")[0].endswith("p/index.m3u8"):
            text = body.decode()
            for msn in self.dropped:
                text = re.sub(rf"#EXT-X-PROGRAM-DATE-TIME:[^\n]*\n#EXTINF:[^\n]*\n{msn}\.m4s\n", "", text)
            return text.encode()
        return body


def flip(where: bytes) -> Change:
    """Change one bit of a text within the bytes."""

    def change(body: bytes) -> bytes:
        place = body.index(where)
        return body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]

    return change
