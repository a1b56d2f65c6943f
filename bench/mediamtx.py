"""MediaMTX as a peer, built from its Go module; nothing else needs it."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.hub import free_port

MODULE = "github.com/bluenviron/mediamtx"
VERSION = "v1.15.3"
BUILD = Path(__file__).parents[1] / "build" / "mediamtx"
BUILD_S = 1200

# Everything that is not named is as it comes: parts of 200 ms, segments of a second, seven of them.
CONFIGURATION = """
logLevel: error
rtspAddress: 127.0.0.1:{rtsp}
rtspTransports: [tcp]
rtmp: no
webrtc: no
srt: no
hlsAddress: 127.0.0.1:{hls}
hlsAlwaysRemux: yes
paths:
  all_others:
"""


class Absent(Exception):
    """It can't be had here; the text says why."""


def program() -> Path:
    """The server's program, built when it is not there.

    Raises:
        Absent: there is no Go, or the module can't be had or built.
    """
    found = BUILD / VERSION / "mediamtx"
    if found.exists():
        return found
    if shutil.which("go") is None:
        raise Absent("Go is absent")
    module = Path(json.loads(_go("mod", "download", "-json", f"{MODULE}@{VERSION}", cwd=None))["Dir"])
    source = BUILD / VERSION / "source"
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(module, source, copy_function=shutil.copyfile)
    for folder in source.rglob("*/"):
        folder.chmod(0o755)
    # What its releases generate: its version, and a player of its own, which nobody asks for here.
    (source / "internal/core/VERSION").write_text(VERSION)
    (source / "internal/servers/hls/hls.min.js").touch()
    _go("build", "-o", str(found), ".", cwd=source)
    return found


def _go(*arguments: str, cwd: Path | None) -> str:
    try:
        done = subprocess.run(
            ["go", *arguments], cwd=cwd, capture_output=True, text=True, timeout=BUILD_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise Absent(f"go {arguments[0]} took longer than {BUILD_S} s") from None
    if done.returncode:
        words = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no word"]
        raise Absent(f"go {arguments[0]}: {words[-1]}")
    return done.stdout


@contextmanager
def running(folder: Path) -> Iterator[tuple[str, str]]:
    """A server; where to push by RTSP, and the playlist that then is there."""
    rtsp, hls = free_port(), free_port()
    file = folder / "mediamtx.yml"
    file.write_text(CONFIGURATION.format(rtsp=rtsp, hls=hls))
    child = subprocess.Popen([program(), file], cwd=folder)
    try:
        yield f"rtsp://127.0.0.1:{rtsp}/bench", f"http://127.0.0.1:{hls}/bench/index.m3u8"
    finally:
        child.terminate()
        child.wait(10)
