import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from quality_creator.model.errors import BadInput, Conflict, NotFound, Unavailable
from quality_creator.store.objects import open_objects

NAME = "episodes/e/720p/0.m4s"


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 over HTTP as it takes to put and get objects."""

    objects: dict[str, bytes]
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("if-none-match") == "*" and self.path in self.objects:
            self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
            return
        self.objects[self.path] = data
        self._answer(200, b"")

    def do_GET(self) -> None:
        found = self.objects.get(self.path)
        if found is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        elif wanted := self.headers.get("range"):
            start, _, end = wanted.removeprefix("bytes=").partition("-")
            piece = found[int(start) : int(end) + 1]
            self._answer(206, piece, f"bytes {start}-{int(start) + len(piece) - 1}/{len(found)}")
        else:
            self._answer(200, found)

    def _answer(self, status: int, body: bytes, span: str = "") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("etag", '"1"')
        self.send_header("last-modified", "Mon, 01 Jan 2024 00:00:00 GMT")
        if span:
            self.send_header("content-range", span)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """A bucket called `factory`, known from the environment as a real one would be."""
    objects: dict[str, bytes] = {}
    handler = type("Handler", (Bucket,), {"objects": objects})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in {
        "AWS_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "local",
    }.items():
        monkeypatch.setenv(name, value)
    yield objects
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("address", ["", "memory://", "s3://factory/qc"])
def test_what_is_put_can_be_had_whole_and_in_pieces(
    address: str, tmp_path: Path, bucket: dict[str, bytes]
) -> None:
    async def check() -> None:
        objects = open_objects(address, tmp_path)
        await objects.put(NAME, b"old")
        await objects.put(NAME, b"0123456789")
        assert await objects.get(NAME) == b"0123456789"
        assert await objects.get_range(NAME, 3, 4) == b"3456"
        for get in (objects.get("episodes/none"), objects.get_range("episodes/none", 0, 1)):
            with pytest.raises(NotFound, match="episodes/none"):
                await get

    asyncio.run(check())
    kept = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.m4s")}
    assert kept == ({"objects/" + NAME: b"0123456789"} if not address else {})
    assert bucket == ({f"/factory/qc/{NAME}": b"0123456789"} if address.startswith("s3") else {})


@pytest.mark.parametrize("address", ["", "memory://", "s3://factory/qc"])
def test_what_never_changes_is_never_replaced(address: str, tmp_path: Path, bucket: dict[str, bytes]) -> None:
    async def check() -> None:
        objects = open_objects(address, tmp_path)
        await objects.put_new("log/tile/0/000", b"one")
        await objects.put_new("log/tile/0/000", b"one")
        with pytest.raises(Conflict, match="log/tile/0/000"):
            await objects.put_new("log/tile/0/000", b"two")
        assert await objects.get("log/tile/0/000") == b"one"
        await objects.replace("log/checkpoint", b"one")
        await objects.replace("log/checkpoint", b"two")
        assert await objects.get("log/checkpoint") == b"two"

    asyncio.run(check())
    assert not list(tmp_path.rglob("*#*"))


@pytest.mark.parametrize("address", ["ftp://somewhere", "s3://", "bucket"])
def test_an_address_that_can_not_be_used_is_refused_with_its_key(address: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"hub\.objects"):
        open_objects(address, tmp_path)


def test_a_folder_that_can_not_be_made_is_refused_with_its_key(tmp_path: Path) -> None:
    (tmp_path / "objects").write_bytes(b"")
    with pytest.raises(BadInput, match=r"hub\.objects.*objects"):
        open_objects("", tmp_path)


def test_what_the_store_refuses_is_unavailable_in_its_words(tmp_path: Path) -> None:
    async def check() -> None:
        objects = open_objects("", tmp_path)
        (tmp_path / "objects" / "episodes").write_bytes(b"a file where a folder should be")
        with pytest.raises(Unavailable, match=r"the object episodes/e/720p/0\.m4s: "):
            await objects.put(NAME, b"")

    asyncio.run(check())
