"""Data against picture: how many frames lie between what the page shows and what is drawn into the picture.

A machine posts five readings a second to a real hub, the camera draws its time into every frame, and the
page is asked at each frame on screen which reading it shows: live, twelve seconds behind, and in the replay.
A reading belongs to the frames from its own instant until the next one's.
"""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from bench.row import Row
from tests.browser import chromium, flags
from tests.peers.agreement import Machine, Seen, distance, late_readings, look
from tests.peers.hub import CAMERA, FACTORY, running_hub

FRAMES = 500
SHOWN = '[data-characteristic="leak-pressure"] [data-index]:not([data-index=""])'
COMPLETE = '[data-complete="true"]'


def run() -> list[Row]:
    """Live, behind live, and in the replay."""
    path = chromium()
    if path is None:
        return [Row(name="data against picture", value=None, unit="%", note="no Chromium")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags())
        try:
            return _measure(browser)
        finally:
            browser.close()


def _measure(browser: Browser) -> list[Row]:
    with (
        tempfile.TemporaryDirectory() as name,
        running_hub(Path(name) / "hub", CAMERA.format(id="cam") + FACTORY) as hub,
    ):
        hub.on_air()
        machine = Machine(hub)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        with machine.running():
            time.sleep(4)
            page.goto(f"{hub.address}/episodes/visit")
            page.wait_for_selector(SHOWN)
            page.wait_for_timeout(3_000)
            live = look(page, FRAMES)
            page.evaluate("document.querySelector('video').currentTime -= 12")
            page.wait_for_timeout(2_000)
            page.wait_for_selector(COMPLETE)
            behind = look(page, FRAMES)
        page.close()
        time.sleep(3)
        hub.api("POST", "/api/episodes/visit/end")
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{hub.address}/episodes/visit#t=8")
        page.wait_for_selector(SHOWN)
        page.wait_for_selector(COMPLETE)
        replay = look(page, FRAMES)
        page.close()
        late = late_readings(hub)
        return [
            _row(when, found, machine.taken, late)
            for when, found in (("live", live), ("12 s behind live", behind), ("in the replay", replay))
        ]


def _row(when: str, found: list[Seen], taken: Sequence[int], late: set[int]) -> Row:
    """What came too late for its frame is marked so in the stream; frames that miss it are told apart."""
    judged, waiting = [], 0
    for seen in found:
        newest = sum(instant <= seen.drawn for instant in taken) - 1
        if late.intersection(range(seen.index + 1, newest + 1)):
            waiting += 1
        else:
            judged.append(distance(seen, taken))
    within = sum(abs(frames) <= 1 for frames in judged)
    exact = sum(frames == 0 for frames in judged)
    return Row(
        name=f"data against picture, {when}",
        value=100 * within / len(judged),
        unit="% within a frame",
        ratio=within / len(judged),
        against="the aim of 100 %",
        note=(
            f"{exact} of {len(judged)} frames exact, {min(judged):+d} to {max(judged):+d} frames; "
            f"{waiting} more waited for a reading that came late, {FRAMES - len(found)} could not be told"
        ),
    )
