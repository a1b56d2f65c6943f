"""The picture and the numbers beside it agree to the frame: live, behind live, and in replay.

The camera draws the moment at which each frame was taken as a bar code; a machine posts readings. What the
page shows beside a frame must be the newest reading that was taken when that frame was.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.peers.agreement import Machine, Seen, distance, late_readings, look
from tests.peers.hub import CAMERA, FACTORY, HubProcess, running_hub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with running_hub(tmp_path / "hub", CAMERA.format(id="cam") + FACTORY) as running:
        yield running


def assert_agrees(when: str, found: list[Seen], machine: Machine, late: set[int]) -> None:
    """Every frame shows the newest reading that was taken by then, give or take one frame."""
    assert len(found) >= 20
    for seen in found:
        # The neighbouring frame is allowed: cameras and gauges need not tick together.
        if abs(distance(seen, machine.taken)) <= 1:
            continue
        newest = sum(taken <= seen.drawn for taken in machine.taken) - 1
        assert newest in late or seen.index + 1 in late, f"{when}: {newest} was the newest at {seen}"


@pytest.mark.browser
def test_picture_and_numbers_agree_to_the_frame_live_behind_and_in_replay(
    hub: HubProcess, page: Page
) -> None:
    hub.on_air()
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
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("about:blank")
    page.goto(f"{hub.address}/episodes/visit#t=8")
    page.wait_for_selector('[data-characteristic="leak-pressure"] [data-index]:not([data-index=""])')
    page.wait_for_selector('[data-complete="true"]')
    replay = look(page, 60)
    late = late_readings(hub)
    assert len(late) < len(machine.taken) / 4
    for when, found in (("live", live), ("behind", behind), ("replay", replay)):
        assert_agrees(when, found, machine, late)
    # The same frame shows the same reading, whenever it is looked at.
    shown = {seen.drawn: seen.index for seen in live}
    for seen in behind + replay:
        assert shown.setdefault(seen.drawn, seen.index) == seen.index
