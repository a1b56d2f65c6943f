"""Graphics from the studio's page to the viewer's: burned in, said as text, previewed."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_show_killed import do, recording, state, until
from tests.e2e.test_studio import enter
from tests.peers.hub import CAMERA, FACTORY, HubProcess, running_hub

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)

ONE = {"layout": "full", "sources": ["one"]}
TWO = {"layout": "full", "sources": ["two"]}
LINE = 'id = "taps"\nname = { zh-Hans = "水龙头线", en = "Taps" }\n'
OEE = "oee = { ideal_cycle_s = 1.0, public = true }\n"
CORNER = "canvas => Array.from(canvas.getContext('2d').getImageData(20, 345, 40, 10).data)"
"""The bars at the bottom left: light, and dark under a title card."""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    folder: Path = tmp_path_factory.mktemp("graphics")
    cameras = CAMERA.format(id="one") + CAMERA.format(id="two")
    factory = FACTORY.replace('camera = "cam"\n', "").replace(LINE, LINE + OEE)
    with running_hub(folder, f"{cameras}{factory}\n[log]\nchallenge_s = 5\n") as running:
        running.on_air(scene=ONE)
        running.wait_for_segment(0)
        yield running


@pytest.fixture(autouse=True)
def patient(page: Page) -> None:
    """A machine with much else to do is slow, not wrong."""
    page.set_default_timeout(30_000)


def preview(page: Page) -> float:
    """How light the preview's corner on the page is."""
    return float(np.array(page.locator("#preview").evaluate(CORNER)).reshape(-1, 4)[:, :3].mean())


def newest(hub: HubProcess) -> npt.NDArray[np.uint8]:
    """The luma of the newest whole segment's last picture."""
    return np.asarray(recording(hub)[-1][1])


def test_the_code_of_the_moment_is_read_from_the_picture_and_changes_on_air(
    page: Page, hub: HubProcess
) -> None:
    enter(page, hub)
    page.locator("[name=template]").select_option("code")
    page.get_by_role("button", name="Put on the picture").click()
    expect(page.locator(".graphics__words")).to_have_text("Challenge code")
    # Codes follow from checkpoints: with nothing new in the log the code would stay.
    seen: dict[str, int] = {}
    reader = cv2.QRCodeDetector()

    def codes() -> bool:
        for at, luma in recording(hub)[::12]:
            words = reader.detectAndDecode(np.ascontiguousarray(luma))[0]
            if words:
                seen.setdefault(words.splitlines()[-1], at)
        return len(seen) >= 2

    until(codes, 60)
    do(hub, "hide-graphic", id="code")


def test_a_lower_third_is_text_beside_the_picture_in_the_readers_language(
    page: Page, hub: HubProcess
) -> None:
    fields = {
        "name": {"zh-Hans": "王敏", "en": "Wang Min"},
        "title": {"zh-Hans": "质量工程师", "en": "Quality engineer"},
    }
    strip = page.locator("#onscreen")
    page.goto(hub.address + "/language/zh-Hans?to=/episodes/visit")
    page.goto(hub.address + "/episodes/visit")
    expect(page.locator("#player")).to_have_attribute("data-state", "playing")
    before = strip.bounding_box()
    do(hub, "show-graphic", graphic={"id": "who", "template": "lower-third", "fields": fields})
    expect(strip.locator(".onscreen__first")).to_have_text("王敏")
    expect(strip.locator(".onscreen__second")).to_have_text("质量工程师")
    assert strip.bounding_box() == before
    assert strip.get_attribute("role") == "log"  # read aloud politely, and only what is new
    do(hub, "hide-graphic", id="who")
    expect(strip.locator(".onscreen__one")).to_have_count(0)


def test_the_preview_shows_what_a_take_brings_and_the_take_brings_it(page: Page, hub: HubProcess) -> None:
    enter(page, hub)
    do(hub, "preview", scene=TWO)
    page.locator("[name=template]").select_option("title")
    page.get_by_label("Title En").first.fill("What Quality Month is for")
    expect(page.locator("#preview-who")).not_to_be_empty()
    until(lambda: preview(page) > 120)
    page.get_by_role("button", name="With the next take").click()
    until(lambda: preview(page) < 60)
    assert newest(hub)[690:710, 40:120].mean() > 100
    assert state(hub).mix.graphics == ()
    page.locator("h1").click()
    page.keyboard.press("Space")
    until(lambda: [one.template for one in state(hub).mix.graphics] == ["title"])
    assert state(hub).tied == ()
    until(lambda: newest(hub)[690:710, 40:120].mean() < 60)
    do(hub, "hide-graphic", id="title")
