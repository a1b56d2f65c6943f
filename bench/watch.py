"""What comes on screen in a page, and when: the bar code of each frame of a video; when segments began."""

import base64
import time
from datetime import datetime

import numpy as np
from playwright.sync_api import Page

from quality_creator.media.barcode import Strip, read

# 80 by 16 pixels of the strip are enough to read it: four by four of each cell.
_WATCH = """
(selector) => {
  const video = document.querySelector(selector);
  const context = new OffscreenCanvas(80, 16).getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  window.seen = [];
  window.waits = [];
  video.addEventListener("waiting", () => window.waits.push(Date.now()));
  const look = () => {
    const at = performance.timeOrigin + performance.now();
    context.drawImage(video, 0, 0, video.videoWidth / 2, (video.videoHeight * 64) / 720, 0, 0, 80, 16);
    const pixels = context.getImageData(0, 0, 80, 16).data;
    const grey = new Uint8Array(80 * 16);
    for (let i = 0; i < grey.length; i++) grey[i] = pixels[4 * i + 1];
    window.seen.push([at, btoa(String.fromCharCode(...grey)), video.videoHeight]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}
"""

Frame = tuple[float, int | None, int]
"""When a frame was on screen in seconds since 1970, its bar code's number, and how many lines it has."""


def playing(page: Page, within_s: float = 60.0) -> None:
    """Wait until a player plays."""
    deadline = time.monotonic() + within_s
    while not page.evaluate("document.querySelector('video').currentTime > 0"):
        assert time.monotonic() < deadline, "nothing plays"
        time.sleep(0.1)


def begin(page: Page, selector: str = "video") -> None:
    """Look at every frame from now on."""
    page.evaluate(_WATCH, selector)


def frames(page: Page) -> list[Frame]:
    """What was seen since the last time that this was asked."""
    found: list[Frame] = []
    for at, strip, lines in page.evaluate("window.seen.splice(0)"):
        grey = np.frombuffer(base64.b64decode(strip), np.uint8).reshape(16, 80)
        found.append((at / 1e3, read(grey, Strip(0, 0, 80, 16)), lines))
    return found


def waits(page: Page) -> int:
    """How often the player said that it waits for data."""
    return int(page.evaluate("window.waits.length"))


def segments(playlist: str) -> dict[int, float]:
    """When each whole segment of a media playlist began, in seconds since 1970."""
    found: dict[int, float] = {}
    began = 0.0
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            began = datetime.fromisoformat(line.partition(":")[2].replace("Z", "+00:00")).timestamp()
        elif line.endswith(".m4s") and not line.startswith("#"):
            found[int(line.removesuffix(".m4s"))] = began
    return found
