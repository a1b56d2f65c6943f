"""Real MQTT brokers: Debian's mosquitto with password and TLS, and amqtt in the test's own process."""

import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import aiomqtt
from amqtt.broker import Broker

from tests.peers.hub import free_port
from tests.peers.packages import need

USERNAME, PASSWORD = "line-1", "a-password-for-the-tests"


class Mosquitto:
    """One broker that can be stopped, killed and started again on the same ports and folder.

    It wants `USERNAME` and `PASSWORD`, listens on `port` and, with TLS, on `tls_port`, whose certificate
    `ca_file` vouches for. What it holds for absent sessions outlives `stop`.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        """`settings` are further lines of `mosquitto.conf`."""
        need("mosquitto", "openssl")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port, self.tls_port = free_port(), free_port()
        self.ca_file = folder / "ca.pem"
        self.log = folder / "mosquitto.log"
        self.child: subprocess.Popen[bytes] | None = None
        _certificates(folder)
        _password(folder / "passwords")
        lines = [
            "per_listener_settings false",
            "allow_anonymous false",
            f"password_file {folder / 'passwords'}",
            "persistence true",
            f"persistence_location {folder}/",
            "autosave_interval 1",
            "user root" if Path("/proc/self").stat().st_uid == 0 else "",
            *settings,
            f"listener {self.port} 127.0.0.1",
            f"listener {self.tls_port} 127.0.0.1",
            f"certfile {folder / 'server.pem'}",
            f"keyfile {folder / 'server.key'}",
        ]
        (folder / "mosquitto.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self) -> None:
        """Start it and wait until it listens."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                ["mosquitto", "-c", str(self.folder / "mosquitto.conf"), "-v"], stdout=log, stderr=log
            )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise AssertionError(f"mosquitto left with {self.child.returncode}:\n{self.log.read_text()}")
            try:
                socket.create_connection(("127.0.0.1", self.tls_port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError(f"mosquitto did not listen within 10 s:\n{self.log.read_text()}")

    def stop(self) -> None:
        """End it as a service manager does; it writes down what it holds."""
        if self.child is not None and self.child.poll() is None:
            self.child.terminate()
            self.child.wait(10)

    def kill(self) -> None:
        """`kill -9`: nothing is tidied up."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()


@contextmanager
def mosquitto(folder: Path, *settings: str) -> Iterator[Mosquitto]:
    """A running broker that is stopped at the end, whatever happens."""
    broker = Mosquitto(folder, *settings)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


@asynccontextmanager
async def amqtt() -> AsyncIterator[int]:
    """amqtt in this process, open to everyone; yields its port."""
    port = free_port()
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
    )
    await broker.start()
    try:
        yield port
    finally:
        await broker.shutdown()


async def publish(port: int, messages: Iterable[tuple[str, bytes]], *, password: bool = True) -> None:
    """Publish with QoS 1 over a connection of its own; returns when the broker has all of them."""
    async with aiomqtt.Client(
        "127.0.0.1",
        port,
        username=USERNAME if password else None,
        password=PASSWORD if password else None,
    ) as client:
        for topic, payload in messages:
            await client.publish(topic, payload, qos=1)


def _certificates(folder: Path) -> None:
    """A CA of our own, and a certificate of it for 127.0.0.1."""
    (folder / "extension").write_text("subjectAltName=IP:127.0.0.1\n", encoding="utf-8")
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "extension"]
    for command in (
        ["req", "-x509", *new, "-days", "2", "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.pem"],
        ["req", *new, "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr"],
        ["x509", "-req", "-in", "server.csr", *signed, "-days", "2", "-out", "server.pem"],
    ):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)


def _password(path: Path) -> None:
    path.touch(mode=0o600)
    subprocess.run(["mosquitto_passwd", "-b", str(path), USERNAME, PASSWORD], check=True, capture_output=True)
