"""Glass to glass: from the moment drawn into a picture to the moment at which a browser shows it.

One machine and one clock. Every contender gets the same picture (colour bars, a moving line, and its own
time as a bar code), made at the instant that it says; headless Chromium plays it, and for each frame that
comes on screen the bar code is read from the page and held against the clock.
"""

import functools
import http.server
import itertools
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from bench import mediamtx, watch
from bench.picture import HEIGHT, WIDTH
from bench.row import Row
from tests.browser import chromium, flags
from tests.peers.agreement import Machine
from tests.peers.hub import CAMERA, FACTORY, running_hub

SECONDS = 60.0
LONG_SECONDS = 600.0
SETTLE_S = 15.0
"""After the first frame: players first catch up with what they missed while they started."""
STALL_S = 0.5
"""Without a new picture for longer than this, a viewer has seen it stop."""

HLS_JS = Path(__file__).parents[1] / "frontend/node_modules/hls.js/dist/hls.min.js"

PAGE = """<!doctype html><title>bench</title>
<video muted autoplay playsinline width="1280" height="720"></video>
<script src="hls.min.js"></script>
<script>
  const hls = new Hls();
  hls.attachMedia(document.querySelector("video"));
  hls.loadSource(new URLSearchParams(location.search).get("source"));
</script>
"""

SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")
ENCODE = (
    *("-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"),
    *("-b:v", "3M", "-maxrate", "3M", "-bufsize", "3M", "-sc_threshold", "0"),
    *("-c:a", "aac", "-b:a", "128k"),
)


def run() -> list[Row]:
    """Ours at both distances, and the peers."""
    path = chromium()
    if path is None:
        return [Row(name="glass to glass", value=None, unit="ms", note="no Chromium")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags())
        try:
            plain = _plain(browser)
            rows = [_row("plain HLS, 2 s segments", plain, None)]
            rows += [
                _row(f"ours, hold-back {times}x", _ours(browser, times, SECONDS), plain) for times in (3, 2)
            ]
            rows.append(_mediamtx(browser, plain))
        finally:
            browser.close()
    return rows


def run_long() -> list[Row]:
    """Ten minutes of the fast setting."""
    path = chromium()
    if path is None:
        return [Row(name="glass to glass", value=None, unit="ms", note="no Chromium")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags())
        try:
            return [_row("ours, hold-back 2x, ten minutes", _ours(browser, 2, LONG_SECONDS), None)]
        finally:
            browser.close()


# --- what is seen ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Watched:
    """What a browser showed."""

    latencies: Sequence[float]
    """Milliseconds of each frame, from its picture's time to its showing, in rising order."""
    stalls: Sequence[float]
    """Seconds without a new picture, where that was longer than `STALL_S`."""
    waits: int
    """How often the player said that it waits for data."""
    seconds: float
    heights: frozenset[int]

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        return self.latencies[min(int(share * len(self.latencies)), len(self.latencies) - 1)]


def _watch(page: Page, seconds: float) -> Watched:
    """Look at every frame that comes on screen; the player's beginning does not count."""
    watch.playing(page)
    page.wait_for_timeout(SETTLE_S * 1000)
    watch.begin(page)
    began = time.time()
    frames: list[tuple[float, int]] = []
    heights: set[int] = set()
    while time.time() - began < seconds:
        page.wait_for_timeout(2_000)
        for at, drawn, height in watch.frames(page):
            heights.add(height)
            if drawn is not None:
                frames.append((at, drawn))
    ended = time.time()
    # A frame that is shown again is not a new picture.
    fresh = [frames[0], *(b for a, b in itertools.pairwise(frames) if b[1] != a[1])]
    shown = [began, *(at for at, _ in fresh), ended]
    gaps = [b - a for a, b in itertools.pairwise(shown)]
    return Watched(
        latencies=sorted((at - drawn / 1e6) * 1000 for at, drawn in fresh),
        stalls=[gap for gap in gaps if gap > STALL_S],
        waits=watch.waits(page),
        seconds=ended - began,
        heights=frozenset(heights),
    )


def _row(name: str, seen: Watched, plain: Watched | None) -> Row:
    median = seen.quantile(0.5)
    stopped = f"{len(seen.stalls)} stalls" + (f" of up to {max(seen.stalls):.1f} s" if seen.stalls else "")
    return Row(
        name=f"glass to glass, {name}",
        value=median,
        unit="ms, median",
        ratio=median / plain.quantile(0.5) if plain else None,
        against="plain HLS" if plain else "",
        note=(
            f"p95 {seen.quantile(0.95):.0f}, p99 {seen.quantile(0.99):.0f} ms; "
            f"{stopped}, {seen.waits} waits; {len(seen.latencies)} frames in {seen.seconds:.0f} s, "
            f"{'/'.join(str(height) for height in sorted(seen.heights))} lines"
        ),
    )


# --- the contenders ---------------------------------------------------------------------------------


def _ours(browser: Browser, hold_back: float, seconds: float) -> Watched:
    """A real hub with a gauge, and the page that viewers have: picture and chart."""
    with (
        tempfile.TemporaryDirectory() as name,
        running_hub(
            Path(name) / "hub", CAMERA.format(id="cam") + FACTORY, f"hold_back = {hold_back:.1f}"
        ) as hub,
    ):
        hub.on_air()
        with Machine(hub).running():
            hub.wait_for_segment(2)
            with _page(browser, f"{hub.address}/episodes/visit") as page:
                return _watch(page, seconds)


def _plain(browser: Browser) -> Watched:
    """What the ffmpeg command makes when it is asked for HLS, from any web server."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hls = (
            "-g",
            "50",
            "-f",
            "hls",
            "-hls_time",
            "2",
            "-hls_flags",
            "delete_segments",
            str(folder / "live.m3u8"),
        )
        with _ffmpeg(*hls), _files(folder) as address:
            _wait(folder / "live4.ts")  # a viewer comes to a broadcast that has been going on for a while
            with _page(browser, f"{address}/index.html?source=live.m3u8") as page:
                return _watch(page, SECONDS)


def _mediamtx(browser: Browser, plain: Watched) -> Row:
    name = f"MediaMTX {mediamtx.VERSION} LL-HLS"
    try:
        mediamtx.program()
    except mediamtx.Absent as absent:
        return Row(name=f"glass to glass, {name}", value=None, unit="ms, median", note=str(absent))
    with tempfile.TemporaryDirectory() as folder, mediamtx.running(Path(folder)) as (push, source):
        time.sleep(1)
        with (
            _ffmpeg("-g", "25", "-f", "rtsp", "-rtsp_transport", "tcp", push),
            _files(Path(folder)) as address,
        ):
            time.sleep(6)
            with _page(browser, f"{address}/index.html?source={source}") as page:
                return _row(name, _watch(page, SECONDS), plain)


@contextmanager
def _page(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    try:
        page.goto(address)
        yield page
    finally:
        page.close()


@contextmanager
def _ffmpeg(*output: str) -> Iterator[None]:
    """The pictures and a tone, through the ffmpeg command to somewhere."""
    pictures = subprocess.Popen([sys.executable, "-m", "bench.picture"], stdout=subprocess.PIPE)
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", "25", "-i", "-")
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", *raw, *SOUND, *ENCODE, *output]
    encoder = subprocess.Popen(command, stdin=pictures.stdout)
    try:
        yield
    finally:
        for child in (encoder, pictures):
            child.terminate()
            child.wait(10)
        assert pictures.stdout is not None
        pictures.stdout.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@contextmanager
def _files(folder: Path) -> Iterator[str]:
    """A web server for a folder, in which there also is a page that plays with hls.js as it comes."""
    shutil.copy(HLS_JS, folder)
    (folder / "index.html").write_text(PAGE)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder))
    )
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def _wait(path: Path, within_s: float = 30.0) -> None:
    deadline = time.monotonic() + within_s
    while not path.exists():
        if time.monotonic() > deadline:
            raise AssertionError(f"no {path.name} within {within_s} s")
        time.sleep(0.1)
