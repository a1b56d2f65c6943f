"""What takes a stream by RTMP as a platform does, and a TLS front for it with an authority of its own."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.peers.hub import free_port
from tests.peers.packages import need


class Receiver:
    """`ffmpeg -listen 1`: takes one publisher, and writes what it gets."""

    def __init__(
        self, path: Path, port: int | None = None, key: str = "KEY", *, awaited: bool = False
    ) -> None:
        """Start it; it listens when this returns, unless somebody is there who calls it at once."""
        need("ffmpeg")
        self.path = path
        self.port = port or free_port()
        address = f"rtmp://127.0.0.1:{self.port}/live/{key}"
        command = f"ffmpeg -hide_banner -loglevel error -nostdin -y -listen 1 -i {address} -c copy -f mpegts"
        self.child = subprocess.Popen(
            [*command.split(), "-flush_packets", "1", str(path)], stderr=subprocess.PIPE, text=True
        )
        if not awaited:
            _await_listener(self.port, self.child)

    def wait_for(self, size: int, within_s: float = 30.0) -> None:
        """Until so many bytes are in the file."""
        deadline = time.monotonic() + within_s
        while not self.path.exists() or self.path.stat().st_size < size:
            assert time.monotonic() < deadline, f"{self.path} has not grown to {size} bytes"
            assert self.child.poll() is None, self.child.stderr and self.child.stderr.read()
            time.sleep(0.1)

    def kill(self) -> None:
        """Gone without a word."""
        self.child.kill()
        self.child.communicate()

    def finished(self, within_s: float = 10.0) -> None:
        """Wait until the publisher has left, and the file is whole."""
        self.child.communicate(timeout=within_s)


def _await_listener(port: int, child: "subprocess.Popen[str]") -> None:
    """Until somebody listens; asked of the system, since a call would use the one publisher up."""
    deadline = time.monotonic() + 20
    while f":{port:04X} 00000000:0000 0A" not in Path("/proc/net/tcp").read_text():
        assert child.poll() is None, child.stderr and child.stderr.read()
        assert time.monotonic() < deadline, "ffmpeg does not listen"
        time.sleep(0.05)


class Authority:
    """A certificate authority, and what it certifies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = generate_private_key(SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test authority")])
        self.file = folder / "authority.pem"
        certificate = self._sign(self._name, self._key, x509.BasicConstraints(ca=True, path_length=0))
        self.file.write_bytes(certificate.public_bytes(Encoding.PEM))

    def server(self, address: str = "127.0.0.1") -> ssl.SSLContext:
        """What a server at an address needs."""
        key = generate_private_key(SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test server")])
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        file = self._folder / f"server-{address}.pem"
        file.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + self._sign(name, key, alternative).public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(
        self, name: x509.Name, key: EllipticCurvePrivateKey, extension: x509.ExtensionType
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(extension, critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, SHA256())
        )


@contextmanager
def tls_front(context: ssl.SSLContext, port: int) -> Iterator[int]:
    """A TLS server before a plain one, at a port of its own; one connection after another."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_front, args=(listening, context, port), daemon=True).start()
        yield listening.getsockname()[1]


def _front(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    while True:
        try:
            plain, _ = listening.accept()
        except OSError:
            return
        with (
            contextlib.suppress(OSError),
            plain,
            context.wrap_socket(plain, server_side=True) as near,
            socket.create_connection(("127.0.0.1", port)) as far,
        ):
            back = threading.Thread(target=_copy, args=(far, near), daemon=True)
            back.start()
            _copy(near, far)
            back.join(5)


def _copy(source: socket.socket, to: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            to.sendall(data)
    with contextlib.suppress(OSError):
        to.shutdown(socket.SHUT_RDWR)
