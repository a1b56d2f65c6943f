"""A time-stamp authority on this machine: `openssl ts` behind HTTP, with a root of its own."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CONFIG = """
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[stamper]
basicConstraints = CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@dataclass(frozen=True)
class Authority:
    """Where it is, and its root."""

    address: str
    root: Path


def _openssl(folder: Path, *arguments: str, **more: bytes) -> bytes:
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, check=False, **more)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stderr.decode()
    return bytes(done.stdout)


@contextmanager
def authority(folder: Path) -> Iterator[Authority]:
    """Make keys, and answer until the end."""
    folder.mkdir()
    (folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
    (folder / "serial").write_text("01")
    new = ("req", "-config", "tsa.cnf", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    _openssl(
        folder, *new, "-x509", "-days", "9", "-subj", "/CN=Root", "-extensions", "root",
        "-keyout", "root.key", "-out", "root.pem",
    )  # fmt: skip
    _openssl(folder, *new, "-subj", "/CN=Clock", "-keyout", "stamper.key", "-out", "stamper.csr")
    _openssl(
        folder, "x509", "-req", "-in", "stamper.csr", "-CA", "root.pem", "-CAkey", "root.key",
        "-CAcreateserial", "-days", "9", "-extfile", "tsa.cnf", "-extensions", "stamper",
        "-out", "stamper.pem",
    )  # fmt: skip

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["content-length"]))
            (folder / "query").write_bytes(query)
            _openssl(
                folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-signer", "stamper.pem",
                "-inkey", "stamper.key", "-out", "reply",
            )  # fmt: skip
            self.send_response(200)
            self.send_header("content-type", "application/timestamp-reply")
            self.end_headers()
            self.wfile.write((folder / "reply").read_bytes())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Authority(f"http://127.0.0.1:{server.server_port}/", folder / "root.pem")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
