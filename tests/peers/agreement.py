"""Whether the numbers beside a picture belong to it: what a page shows, held against the picture's bar code.

The camera draws the moment at which each frame was taken as a bar code; a machine posts readings. What the
page shows beside a frame must be the newest reading that was taken when that frame was.
"""

import base64
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from playwright.sync_api import Page

from quality_creator.media.barcode import Strip, read
from tests.peers.hub import HubProcess

FRAME_US = 40_000
_ROUNDED_S = 0.01

LOOK = """
([frames, characteristic]) => new Promise((done) => {
  const video = document.querySelector("video");
  const stage = document.querySelector("[data-media-time]");
  const value = document.querySelector(`[data-characteristic="${characteristic}"] [data-index]`);
  const canvas = new OffscreenCanvas(640, 64);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = [];
  let first = true;
  const look = (_, frame) => {
    // The page was told of this frame just before us, and has drawn itself for it; of the first one after us.
    const picture = new VideoFrame(video);
    const drawn = picture.timestamp / 1e6;
    context.drawImage(picture, 0, 0, video.videoWidth / 2, (video.videoHeight * 64) / 720, 0, 0, 640, 64);
    picture.close();
    const at = Number(stage.dataset.mediaTime);
    const shown = { frame: frame.mediaTime, drawn, at, index: value.dataset.index };
    const pixels = context.getImageData(0, 0, 640, 64).data;
    const grey = new Uint8Array(640 * 64);
    for (let i = 0; i < grey.length; i++) grey[i] = pixels[4 * i + 1];
    if (!first) seen.push({ strip: btoa(String.fromCharCode(...grey)), ...shown });
    first = false;
    if (seen.length >= frames) done(seen);
    else video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
})
"""


class Machine:
    """Posts a reading every 200 ms and remembers when each was taken."""

    def __init__(self, hub: HubProcess) -> None:
        self.taken: list[int] = []
        self._hub = hub
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        sequence = 0
        while not self._stop.wait(0.2):
            now = datetime.now(UTC)
            reading = {
                "tag": "leak",
                "value": 1.0 + sequence % 7 / 100,
                "time": now.isoformat(),
                "sequence": sequence,
            }
            assert self._hub.post([reading])["refusals"] == []
            self.taken.append(round(now.timestamp() * 1e6))
            sequence += 1

    @contextmanager
    def running(self) -> Iterator["Machine"]:
        """Post until the end of the block."""
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join()


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame on screen."""

    drawn: int
    """When it was taken, as its bar code says: microseconds since 1970."""
    index: int
    """The number of the reading that the page showed beside it."""
    at: int
    """Where in the stream the page took the frame to be, in ticks."""
    player: float
    """The player's own time of the frame, in seconds."""


def look(page: Page, frames: int, characteristic: str = "leak-pressure") -> list[Seen]:
    """So many frames as they come on screen, without those that can't be read or were gone when looked at."""
    seen: list[dict[str, Any]] = page.evaluate(LOOK, [frames, characteristic])
    found = []
    for one in seen:
        grey = np.frombuffer(base64.b64decode(one["strip"]), np.uint8).reshape(64, 640)
        drawn = read(grey, Strip(0, 0, 640, 64))
        # A busy browser tells the page of a frame when the next one already stands in its place.
        moved_on = abs(one["drawn"] - one["frame"]) > _ROUNDED_S
        if drawn is None or one["index"] == "" or moved_on:
            continue
        found.append(Seen(drawn, int(one["index"]), int(one["at"]), float(one["frame"])))
    return found


def distance(seen: Seen, taken: Sequence[int]) -> int:
    """Frames between a frame and the nearest one that its reading belongs to.

    Positive when the reading is ahead of the picture, negative when it is behind. A reading belongs to the
    frames from its own instant until the next reading's.
    """
    begins = taken[seen.index]
    ends = taken[seen.index + 1] if seen.index + 1 < len(taken) else None
    if seen.drawn < begins:
        return -((seen.drawn - begins) // FRAME_US)
    if ends is not None and seen.drawn >= ends:
        return -((seen.drawn - ends) // FRAME_US + 1)
    return 0


def late_readings(hub: HubProcess, slug: str = "visit") -> set[int]:
    """Readings that a busy machine brought after their frame was announced; they say so themselves."""
    found: set[int] = set()
    for msn in range(10_000):
        answer = hub.client.get(f"/live/{slug}/data/{msn}.json")
        if not answer.is_success:
            break
        for timed in answer.json():
            for point in timed["message"].get("points", []):
                if point.get("late"):
                    found.add(point["index"])
    return found
