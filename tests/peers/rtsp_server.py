"""A camera that speaks RTSP: GStreamer's server as a child, which tests stall, kill and start again."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from tests.peers import pattern
from tests.peers.packages import need

PACKAGES = (
    "python3-gi",
    "gir1.2-gst-rtsp-server-1.0",
    "gstreamer1.0-plugins-base",
    "gstreamer1.0-plugins-good",
    "gstreamer1.0-plugins-bad",
    "gstreamer1.0-plugins-ugly",
)

Sound = Literal["aac", "pcmu"]


class RtspCamera:
    """One camera, whose picture is that of `pattern`. After `kill` it may be started again on its port."""

    def __init__(
        self,
        *,
        width: int = 640,
        height: int = 360,
        rate: int = 25,
        kbps: int = 2000,
        number: pattern.Number = "count",
        sound: Sound | None = "aac",
        channels: int = 2,
        user: str = "",
        password: str = "",
    ) -> None:
        """Describe it; `pcmu` is G.711 in mono at 8 kHz, whatever `channels` says."""
        need(*PACKAGES)
        self.port = 0
        """Any free one at the first start, then always the same."""
        self._user, self._password = user, password
        self._pattern = pattern.command(width, height, rate, number)
        self._settings = {
            "width": width,
            "height": height,
            "rate": rate,
            "kbps": kbps,
            "sound": sound,
            "channels": channels,
            "user": user,
            "password": password,
        }
        self._children: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """Its address, with the credentials if it wants any."""
        credentials = f"{self._user}:{self._password}@" if self._user else ""
        return f"rtsp://{credentials}127.0.0.1:{self.port}/camera"

    def start(self) -> None:
        """Start it and wait until it listens."""
        film = subprocess.Popen(self._pattern, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2])
        settings = json.dumps({**self._settings, "port": self.port})
        server = subprocess.Popen(
            # Debian's Python: PyGObject is not in ours.
            ["/usr/bin/python3", str(Path(__file__).with_name("rtsp_server_child.py")), settings],
            stdin=film.stdout,
            stdout=subprocess.PIPE,
        )
        self._children = [film, server]
        assert film.stdout is not None
        assert server.stdout is not None
        film.stdout.close()
        line = server.stdout.readline()
        if not line:
            raise AssertionError(f"the RTSP server left with {server.wait(10)}")
        self.port = int(line)

    def stall(self) -> None:
        """It hangs: connections stay, nothing comes any more."""
        self._children[1].send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """It goes on where it hung."""
        self._children[1].send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """It loses its power: the system closes its connections."""
        for child in self._children:
            child.kill()
        for child in self._children:
            child.wait(10)
            if child.stdout is not None:
                child.stdout.close()


@contextmanager
def rtsp_camera(
    *,
    width: int = 640,
    height: int = 360,
    rate: int = 25,
    number: pattern.Number = "count",
    sound: Sound | None = "aac",
    channels: int = 2,
    user: str = "",
    password: str = "",
) -> Iterator[RtspCamera]:
    """A running camera that is killed at the end, whatever happens."""
    camera = RtspCamera(
        width=width,
        height=height,
        rate=rate,
        number=number,
        sound=sound,
        channels=channels,
        user=user,
        password=password,
    )
    camera.start()
    try:
        yield camera
    finally:
        camera.kill()
