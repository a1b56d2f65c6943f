"""A producer runs a show from the page: keys, T-bar, rundown; what was recorded shows it at its time."""

import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FloatRect, Page, expect

from quality_creator.show.state import State
from tests.e2e.test_show_killed import CAMERAS, FULL, PAIR, code, do, recording, state
from tests.peers.hub import FACTORY, HubProcess, running_hub
from tests.web.engineer import token

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    folder: Path = tmp_path_factory.mktemp("studio")
    with running_hub(folder, CAMERAS + FACTORY.replace('camera = "cam"\n', "")) as running:
        running.on_air(scene=FULL)
        for name, scene in (("a", FULL), ("b", {"layout": "full", "sources": ["two"]}), ("c", PAIR)):
            title = {"zh-Hans": f"{name}项", "en": f"Item {name}"}
            item = {"id": name, "kind": "forum", "title": title, "planned_s": 90, "scene": scene}
            do(running, "add-item", item=item)
        running.wait_for_segment(0)
        yield running


def enter(page: Page, hub: HubProcess, path: str = "/studio/visit") -> None:
    given = {"name": "Lin", "token": token(hub), "to": path}
    assert page.request.post(hub.address + "/sign-in", form=given).ok
    page.goto(hub.address + path)


def test_keys_do_what_a_switchers_keys_do_and_the_recording_shows_it(page: Page, hub: HubProcess) -> None:
    enter(page, hub)
    program = page.locator("[data-tally=program] [data-source]")
    preview = page.locator("[data-tally=preview] [data-source]")
    expect(program).to_have_attribute("data-source", "one")
    page.keyboard.press("2")
    expect(preview).to_have_attribute("data-source", "two")
    page.keyboard.press("Space")
    expect(program).to_have_attribute("data-source", "two")
    expect(preview).to_have_attribute("data-source", "one")
    page.locator("#frames").fill("8")
    page.locator("h1").click()
    page.keyboard.press("w")
    expect(page.locator("input[value=wipe]")).to_be_checked()
    page.keyboard.press("Enter")
    expect(program).to_have_attribute("data-source", "one")
    page.keyboard.press("F12")
    expect(page.locator(".item--air")).to_have_attribute("data-id", "a")
    expect(page.locator(".item--next")).to_have_attribute("data-id", "b")
    page.keyboard.press("F12")
    expect(page.locator(".item--air")).to_have_attribute("data-id", "b")
    expect(program).to_have_attribute("data-source", "two")
    expect(page.locator("#last")).to_have_text("Lin: Take")
    lines = [line for line in state(hub).as_run if line.position is not None]
    last = lines[-1].position
    assert last is not None
    hub.wait_for_segment(last // 172_800 + 2)
    film = recording(hub)
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        begins, ends = line.position, following.position if following else film[-1][0]
        assert begins is not None
        assert ends is not None
        # Behind the longest transition, the picture is the line's own scene to its end.
        shown = [luma for at, luma in film if begins + 25 * 3_600 <= at < ends]
        (source,) = line.scene.sources
        other = "one" if source == "two" else "two"
        assert not any(code(luma, other) for luma in shown)


def test_the_t_bar_takes_at_its_end_and_goes_back(page: Page, hub: HubProcess) -> None:
    enter(page, hub)
    do(hub, "put", scene=FULL)
    expect(page.locator("[data-tally=program] [data-source]")).to_have_attribute("data-source", "one")
    # The rundown may have lined up a scene in which "two" is one of several: its tally looks the same.
    with page.expect_response(lambda answer: answer.url.endswith("/do")):
        page.keyboard.press("2")
    expect(page.locator("[data-tally=preview] [data-source]")).to_have_attribute("data-source", "two")
    bar = page.locator("#t-bar")
    bar.evaluate("bar => { bar.value = 400; bar.dispatchEvent(new Event('input')) }")
    expect(page.locator("[data-tally=program] [data-source]")).to_have_attribute("data-source", "one")
    bar.evaluate("bar => { bar.value = 1000; bar.dispatchEvent(new Event('input')) }")
    expect(page.locator("[data-tally=program] [data-source]")).to_have_attribute("data-source", "two")
    expect(bar).to_have_value("0")


def test_the_rundown_is_edited_and_moved_by_keyboard_and_by_hand(page: Page, hub: HubProcess) -> None:
    enter(page, hub)
    page.get_by_role("button", name="New item").click()
    page.get_by_label("Title, English").fill("A closing word")
    page.get_by_label("Planned length").fill("1:75")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#item-complaint")).to_have_text("Write the length as minutes:seconds, such as 4:30.")
    page.get_by_label("Planned length").fill("1:15")
    page.get_by_role("button", name="Save").click()
    rows = page.locator("#rundown .item__title")
    expect(rows.last).to_have_text("A closing word")
    handle = page.get_by_role("button", name="Move: A closing word")
    handle.focus()
    page.keyboard.press("ArrowUp")
    expect(rows.nth(2)).to_have_text("A closing word")
    handle.drag_to(page.locator("#rundown .item").first, target_position={"x": 100, "y": 4})
    expect(rows.first).to_have_text("A closing word")
    found: State = state(hub)
    assert found.rundown[0].planned_s == 75
    assert found.rundown[0].title.en == "A closing word"


def test_a_file_with_an_error_is_refused_with_its_line_and_nothing_changes(
    page: Page, hub: HubProcess
) -> None:
    enter(page, hub)
    expect(page.locator("#rundown .item").first).to_be_visible()
    before = state(hub).rundown
    text = "id,kind,title_zh,title_en,planned\nx,forum,,,1:00\ny,fourm,,,2:00\n"
    page.locator("#import").set_input_files(
        {"name": "plan.csv", "mimeType": "text/csv", "buffer": text.encode()}
    )
    expect(page.locator("#trouble")).to_have_text(re.compile("^line 3, column kind: 'fourm' is not known"))
    assert state(hub).rundown == before
    table = page.request.get(hub.address + "/studio/visit/rundown.csv").body()
    page.locator("#import").set_input_files({"name": "plan.csv", "mimeType": "text/csv", "buffer": table})
    expect(page.locator("#trouble")).to_be_hidden()
    assert msgspec.to_builtins(state(hub).rundown) == msgspec.to_builtins(before)


PARTS = (".bus--preview", ".cross", ".bus--program", ".pace", "#sources", ".rundown")
PANELS = (".panel--layouts", ".panel--graphics", ".panel--sound")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_what_a_show_needs_is_on_one_screen_and_a_complaint_moves_nothing(
    page: Page, hub: HubProcess, language: str
) -> None:
    page.set_viewport_size({"width": 1440, "height": 900})
    enter(page, hub, f"/language/{language}?to=/studio/visit")
    page.goto(hub.address + "/studio/visit")
    expect(page.locator(".strip .meter").first).to_be_visible()

    def boxes() -> dict[str, FloatRect]:
        found = {part: page.locator(part).bounding_box() for part in (*PARTS, *PANELS)}
        return {part: box for part, box in found.items() if box is not None}

    before = boxes()
    assert len(before) == len(PARTS) + len(PANELS)
    for part, box in before.items():
        assert box["y"] + box["height"] <= 900, f"{part} ends below the screen"
        assert box["x"] + box["width"] <= 1440, f"{part} ends beside the screen"
    for (one, a), (other, b) in combinations(before.items(), 2):
        beside = a["x"] + a["width"] <= b["x"] + 1 or b["x"] + b["width"] <= a["x"] + 1
        above = a["y"] + a["height"] <= b["y"] + 1 or b["y"] + b["height"] <= a["y"] + 1
        assert beside or above, f"{one} lies over {other}"
    assert min(before[".bus--preview"]["width"], before[".bus--program"]["width"]) >= 500
    page.locator("#import").set_input_files(
        {
            "name": "plan.csv",
            "mimeType": "text/csv",
            "buffer": b"id,kind,title_zh,title_en,planned\ny,fourm,,,2:00\n",
        }
    )
    expect(page.locator("#trouble")).to_be_visible()
    assert boxes() == before


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("path", ["/studio/visit", "/episodes/visit/timer", "/episodes/visit/prompter"])
def test_axe_finds_nothing(page: Page, hub: HubProcess, path: str, language: str) -> None:
    do(hub, "show-graphic", graphic={"id": "logo", "template": "logo", "stays": True})
    enter(page, hub, f"/language/{language}?to={path}")
    page.goto(hub.address + path)
    ready = page.locator(".strip .meter") if path.startswith("/studio") else page.locator("#host-item")
    expect(ready.first).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_guest_of_another_trade_does_not_come_in(page: Page, hub: HubProcess) -> None:
    for path in ("/studio/visit/state.json", "/studio/visit/stream", "/episodes/visit/timer.json"):
        assert page.request.get(hub.address + path, headers={"accept": "application/json"}).status == 403
