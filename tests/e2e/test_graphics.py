"""What a producer puts into the picture from the page: graphics, a logo, an inset; and what comes of it."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.test_show_killed import do, recording, state, until
from tests.e2e.test_studio import enter
from tests.media.broadcast import pictures
from tests.peers.hub import CAMERA, FACTORY, HubProcess, running_hub

pytestmark = pytest.mark.browser

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


def preview(page: Page) -> float:
    """How light the preview's corner on the page is."""
    return float(np.array(page.locator("#preview").evaluate(CORNER)).reshape(-1, 4)[:, :3].mean())


def segments(hub: HubProcess) -> list[str]:
    """The names of the segments that are whole, in their order."""
    return re.findall(r"^\d+\.m4s$", hub.playlist(), re.MULTILINE)


def newest(hub: HubProcess) -> npt.NDArray[np.uint8]:
    """The luma of the newest whole segment's last picture."""
    init = re.search(r'MAP:URI="([^"]+)"', hub.playlist())
    assert init
    data = [hub.client.get(f"/live/visit/720p/{name}").content for name in (init[1], segments(hub)[-1])]
    return np.asarray(pictures(b"".join(data))[-1][1])


def wait_for_new_pictures(hub: HubProcess) -> None:
    """Until a segment is whole that began after now."""
    hub.wait_for_segment(int(segments(hub)[-1].removesuffix(".m4s")) + 2)


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


def half_and_half() -> bytes:
    """A PNG, black on the left and white on the right."""
    picture = Image.new("RGBA", (200, 100), (0, 0, 0, 255))
    picture.paste((255, 255, 255, 255), (100, 0, 200, 100))
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def test_a_logo_is_brought_in_and_stands_in_its_corner_of_the_picture(page: Page, hub: HubProcess) -> None:
    enter(page, hub)
    page.locator("[name=template]").select_option("picture-logo")
    file = page.locator(".graphic-form__file input")
    file.set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": b"GIF89a"})
    expect(page.locator("#trouble")).to_contain_text("this is no PNG")
    file.set_input_files({"name": "logo.png", "mimeType": "image/png", "buffer": half_and_half()})
    expect(page.locator(".pictures__one img")).to_have_count(1)
    page.locator("[name=corner]").select_option("bottom-left")
    page.get_by_role("button", name="Put on the picture").click()

    def burned() -> bool:
        # 12 % of the picture wide, 48 and 32 pixels from its edges.
        luma = newest(hub)[720 - 32 - 77 : 720 - 32, 48 : 48 + 154].astype(int)
        return bool(luma[10:-10, 10:67].mean() < 30 and luma[10:-10, 87:-10].mean() > 220)

    until(burned, 60)
    page.get_by_role("button", name="Off: Logo, picture").click()
    until(lambda: not burned(), 60)


def inset(hub: HubProcess) -> tuple[float, float, float]:
    """Where the preview's inset stands: left, top, width."""
    preview = state(hub).mix.preview
    assert preview is not None
    assert preview.inset is not None
    return preview.inset.x, preview.inset.y, preview.inset.width


def test_an_inset_is_dragged_sized_and_moved_by_keyboard_and_airs_where_it_was_put(
    page: Page, hub: HubProcess
) -> None:
    enter(page, hub)
    do(hub, "put", scene=ONE)
    wait_for_new_pictures(hub)
    whole = newest(hub)
    page.get_by_role("button", name="Picture in picture").click()
    expect(page.locator("#inset")).to_be_visible()
    box = page.locator("#preview").bounding_box()
    assert box is not None

    def at(x: float, y: float) -> tuple[float, float]:
        # The picture stands within a border of 4 pixels.
        return box["x"] + 4 + x * (box["width"] - 8), box["y"] + 4 + y * (box["height"] - 8)

    # From its own place, top right, to the bottom left.
    page.mouse.move(*at(0.825, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.5, 0.5), steps=4)
    page.mouse.move(*at(0.25, 0.75), steps=4)
    page.mouse.up()
    until(lambda: state(hub).mix.preview.inset)  # type: ignore[union-attr]
    assert inset(hub) == pytest.approx((0.1, 0.5945, 0.3), abs=0.005)
    page.mouse.move(*at(0.4, 0.8945))
    page.mouse.down()
    page.mouse.move(*at(0.3, 0.7945), steps=4)
    page.mouse.up()
    until(lambda: inset(hub)[2] < 0.25)
    assert inset(hub) == pytest.approx((0.1, 0.5945, 0.2), abs=0.005)
    page.locator("h1").click()
    page.keyboard.press("Space")
    until(lambda: state(hub).mix.program.layout == "picture-in-picture")
    wait_for_new_pictures(hub)
    aired = newest(hub).astype(int)
    left, top, width, height = 128, 428, 256, 144
    small = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA).astype(int)
    inner = np.s_[top + 24 : top + height - 8, left + 8 : left + width - 8]
    # Without the strip of the bar code, which changes with every picture.
    assert abs(aired[inner] - small[24:-8, 8:-8]).mean() < 12
    assert abs(whole.astype(int)[inner] - small[24:-8, 8:-8]).mean() > 24, "the picture is not the same small"

    page.get_by_role("button", name="Picture in picture").click()
    page.get_by_role("button", name="Bottom right").focus()
    page.keyboard.press("Enter")
    until(lambda: state(hub).mix.preview.inset)  # type: ignore[union-attr]
    assert inset(hub) == pytest.approx((0.675, 0.6555, 0.3), abs=0.001)
    page.get_by_role("slider", name="Size of the inset").focus()
    page.keyboard.press("ArrowRight")
    until(lambda: inset(hub)[2] > 0.305)
