"""A chart of several characteristics in a browser: the engineer freezes it, viewers see what was stamped."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from quality_creator.media import emsg
from quality_creator.model.event import Definitions, FrameData, JointDefinition, JointPoint
from tests.e2e.test_lines import newest, sign_in
from tests.peers.hub import HubProcess, running_hub
from tests.web.surface import SURFACE, TEXT, measure, panels

pytestmark = pytest.mark.browser

CARD = '[data-characteristic="surface"]'


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with running_hub(tmp_path / "hub", TEXT) as running:
        given = panels(90)
        given[70] = (8.3, 77.0)
        measure(running, given, 0, missing=20)
        yield running


def stamped(hub: HubProcess, msn: int) -> tuple[list[JointDefinition], list[JointPoint]]:
    """What a segment has of charts of several characteristics."""
    answer = hub.client.get(f"/live/visit/720p/{msn}.m4s")
    if not answer.is_success:
        return [], []
    messages = [timed.message for timed in emsg.messages(answer.content)]
    definitions = [one for m in messages if isinstance(m, Definitions) for one in m.charts or ()]
    return definitions, [one for m in messages if isinstance(m, FrameData) for one in m.joint or ()]


def look(page: Page, name: str) -> None:
    """Keep a picture for somebody's eyes, where it is asked for."""
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_the_engineer_freezes_limits_and_viewers_see_what_was_stamped(page: Page, hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(1)
    sign_in(page, hub, SURFACE)
    page.wait_for_selector("#control[data-newest='89']")
    expect(page.locator("#readout")).to_contain_text("Point 89")
    look(page, "joint-engineer")
    page.get_by_label("From point").fill("31")
    page.get_by_label("To point").fill("85")
    page.get_by_role("button", name="leave out: Point 70", exact=True).click()
    page.locator("[name=reason]").first.fill("Lamp changed")
    page.keyboard.press("Enter")
    page.wait_for_selector("#control[data-center]")
    page.get_by_role("button", name="Freeze these limits").click()
    expect(page.locator(".history tbody tr").first).to_contain_text("70: Lamp changed")
    page.wait_for_selector("#control[data-newest='89']")
    upper = page.locator("#control").get_attribute("data-upper-limit")
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        look(page, f"joint-engineer-{width}")

    first = newest(hub)
    given = [*panels(6, seed=9), (8.3, 76.0)]
    measure(hub, given, 200)
    hub.wait_for_segment(first + 4)
    definitions, points = [], []
    for msn in range(max(0, first - 1), first + 5):
        some, more = stamped(hub, msn)
        definitions += some
        points += more
    location = definitions[-1].location
    assert location is not None
    assert str(location.upper) == upper
    by_index = {point.index: point for point in points}
    assert sorted(by_index)[-7:] == list(range(89, 96))
    last = by_index[95]
    assert [signal.rule for signal in last.signals] == ["t2-limit"]

    page.goto(f"{hub.address}/episodes/visit")
    shown = page.locator(f"{CARD} data")
    page.wait_for_selector(f"{CARD} data[data-index='95']")
    assert shown.get_attribute("data-value") == str(last.location)
    measure(hub, [(8.3, 76.0)], 300)
    page.wait_for_selector(f"{CARD} data[data-index='96']")
    expect(page.locator(CARD)).to_contain_text("T² beyond its limit")
    expect(page.locator(CARD)).to_contain_text("mostly")
    value = shown.get_attribute("data-value")
    hub.wait_for_segment(newest(hub) + 1)
    points = [point for msn in range(newest(hub) + 1) for point in stamped(hub, msn)[1]]
    assert [str(point.location) for point in points if point.index == 96] == [value]
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(500)
        look(page, f"joint-viewer-{width}")
    page.context.add_cookies([{"name": "lang", "value": "zh-Hans", "url": hub.address}])
    for name, path in (("viewer", "/episodes/visit"), ("engineer", SURFACE)):
        page.goto(hub.address + path)
        page.wait_for_timeout(3_000)
        look(page, f"joint-{name}-zh")
    expect(page.locator("h1")).to_have_text("表面")
