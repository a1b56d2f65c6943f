"""The picture and the numbers beside it agree to the frame: live, behind live, and in replay.

The camera draws the moment at which each frame was taken as a bar code; a machine posts readings. What the
page shows beside a frame must be the newest reading that was taken when that frame was.
"""

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from quality_creator.media.barcode import Strip, read
from tests.peers.hub import CAMERA, FACTORY, HubProcess, running_hub

FRAME_US = 40_000

LOOK = """
(frames) => new Promise((done) => {
  const video = document.querySelector("video");
  const stage = document.querySelector("[data-media-time]");
  const value = document.querySelector('[data-characteristic="leak-pressure"] [data-index]');
  const canvas = new OffscreenCanvas(640, 64);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const seen = [];
  const look = (_, frame) => {
    context.drawImage(video, 0, 0, video.videoWidth / 2, (video.videoHeight * 64) / 720, 0, 0, 640, 64);
    const pixels = context.getImageData(0, 0, 640, 64).data;
    setTimeout(() => {
      const grey = new Uint8Array(640 * 64);
      for (let i = 0; i < grey.length; i++) grey[i] = pixels[4 * i + 1];
      seen.push({
        strip: btoa(String.fromCharCode(...grey)),
        frame: frame.mediaTime,
        at: Number(stage.dataset.mediaTime),
        index: value.dataset.index,
        complete: stage.dataset.complete,
      });
      if (seen.length >= frames) done(seen);
      else video.requestVideoFrameCallback(look);
    }, 0);
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
        self._thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            self._thread.join()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with running_hub(tmp_path / "hub", CAMERA.format(id="cam") + FACTORY) as running:
        yield running


def look(page: Page, frames: int) -> list[tuple[int, int]]:
    """For so many frames on screen: the moment drawn into it, and the number of the reading beside it."""
    seen: list[dict[str, Any]] = page.evaluate(LOOK, frames)
    found = []
    for one in seen:
        grey = np.frombuffer(base64.b64decode(one["strip"]), np.uint8).reshape(64, 640)
        drawn = read(grey, Strip(0, 0, 640, 64))
        # A frame that the page has not rendered for yet says nothing.
        if drawn is None or one["index"] == "" or abs(one["frame"] * 90_000 - one["at"]) > 1_800:
            continue
        found.append((drawn, int(one["index"])))
    return found


def assert_agrees(when: str, found: list[tuple[int, int]], machine: Machine, late: set[int]) -> None:
    """Every frame shows the newest reading that was taken by then, give or take one frame."""
    assert len(found) >= 20
    for drawn, index in found:
        newest = sum(taken <= drawn for taken in machine.taken) - 1
        if index == newest:
            continue
        # The neighbouring frame is allowed: cameras and gauges need not tick together.
        if index == newest - 1 and drawn - machine.taken[newest] <= FRAME_US:
            continue
        assert newest in late or index + 1 in late, (
            f"{when}: the frame of {drawn} shows {index}; {newest} was the newest"
        )


def late_readings(hub: HubProcess) -> set[int]:
    """Readings that a busy machine brought after their frame was announced; they say so themselves."""
    found: set[int] = set()
    for msn in range(1_000):
        answer = hub.client.get(f"/live/visit/data/{msn}.json")
        if not answer.is_success:
            return found
        for timed in answer.json():
            for point in timed["message"].get("points", []):
                if point.get("late"):
                    found.add(point["index"])
    return found


@pytest.mark.browser
def test_picture_and_numbers_agree_to_the_frame_live_behind_and_in_replay(
    hub: HubProcess, browser: Browser
) -> None:
    hub.on_air()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    machine = Machine(hub)
    with machine.running():
        time.sleep(4)
        page.goto(f"{hub.address}/episodes/visit")
        page.wait_for_selector('[data-characteristic="leak-pressure"] [data-index]:not([data-index=""])')
        live = look(page, 60)
        page.wait_for_timeout(12_000)
        page.evaluate("document.querySelector('video').currentTime -= 12")
        page.wait_for_selector('[data-complete="true"]')
        page.wait_for_timeout(1_000)
        behind = look(page, 60)
    time.sleep(3)
    hub.api("POST", "/api/episodes/visit/end")
    replay_page = browser.new_page(viewport={"width": 390, "height": 844})
    replay_page.goto(f"{hub.address}/episodes/visit#t=8")
    replay_page.wait_for_selector('[data-characteristic="leak-pressure"] [data-index]:not([data-index=""])')
    replay_page.wait_for_selector('[data-complete="true"]')
    replay = look(replay_page, 60)
    late = late_readings(hub)
    assert len(late) < len(machine.taken) / 4
    for when, found in (("live", live), ("behind", behind), ("replay", replay)):
        assert_agrees(when, found, machine, late)
    # The same frame shows the same reading, whenever it is looked at.
    shown = dict(live)
    for drawn, index in behind + replay:
        assert shown.setdefault(drawn, index) == index
