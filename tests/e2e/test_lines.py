"""The quality engineer in a browser: sign in, choose a span, leave out, freeze, and see it everywhere."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from quality_creator.media import emsg
from quality_creator.model.event import Definition, Definitions
from tests.peers.hub import HubProcess, running_hub
from tests.web import engineer
from tests.web.engineer import MOISTURE, PEEL, post, token, values

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("lines"), engineer.TEXT) as running:
        calm = values(120)
        post(running, "moisture", [*calm[:90], 12.0, *calm[91:]])
        post(running, "peel", values(150, 3.0))
        yield running


def sign_in(page: Page, hub: HubProcess, to: str) -> None:
    page.goto(hub.address + to)
    page.get_by_text("With the operator's token").click()
    page.get_by_label("Your name").fill("Lin")
    page.get_by_label("Operator's token").fill(token(hub))
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(hub.address + to)


def definitions(hub: HubProcess, msn: int) -> dict[str, Definition]:
    """What the first part of a segment says of the charts."""
    answer = hub.client.get(f"/live/visit/720p/{msn}.m4s")
    assert answer.is_success
    [found] = [one.message for one in emsg.messages(answer.content) if isinstance(one.message, Definitions)]
    return {one.characteristic: one for one in found.characteristics}


def newest(hub: HubProcess) -> int:
    return max(int(name) for name in re.findall(r"\n(\d+)\.m4s", hub.playlist()))


def test_limits_are_chosen_looked_at_and_frozen_and_travel_in_the_stream(page: Page, hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(1)
    before = definitions(hub, newest(hub))
    assert "peel" not in before
    sign_in(page, hub, MOISTURE)
    chart = page.locator("#control[data-newest='120']")
    expect(chart).to_be_visible()
    old = chart.get_attribute("data-upper-limit")
    page.get_by_label("From point").fill("71")
    page.get_by_label("To point").fill("110")
    page.get_by_role("button", name="leave out: Point 91", exact=True).click()
    expect(page.locator("[name=exclude]").first).to_have_value("91")
    page.get_by_role("button", name="Look at the limits").click()
    expect(page.get_by_role("alert")).to_have_text("Say why point 91 is left out.")
    page.locator("[name=reason]").first.fill("Sensor cleaned")
    page.keyboard.press("Enter")
    page.wait_for_selector("#control[data-center]")
    page.get_by_role("button", name="Freeze these limits").click()
    expect(page).to_have_url(hub.address + MOISTURE)
    expect(page.locator(".history tbody tr").first).to_contain_text("91: Sensor cleaned")
    page.wait_for_selector("#control[data-newest='120']")
    upper = page.locator("#control").get_attribute("data-upper-limit")
    assert upper != old
    page.goto(hub.address + PEEL)
    page.get_by_label("Public", exact=True).check()
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".shown--yes")).to_be_visible()
    hub.wait_for_segment(after := newest(hub) + 3)
    told = definitions(hub, after)
    assert told["moisture"].location is not None
    assert str(told["moisture"].location.upper) == upper
    assert told["peel"].location is not None
    hub.api("POST", "/api/episodes/visit/end")


def test_a_span_is_dragged_on_the_chart_and_new_points_come_by_themselves(
    page: Page, hub: HubProcess
) -> None:
    sign_in(page, hub, PEEL)
    page.wait_for_selector("#control[data-newest='30']")
    box = page.locator("#control .u-over").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 60, steps=4)
    page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + 60, steps=4)
    page.mouse.up()
    first = int(page.get_by_label("From point").input_value())
    last = int(page.get_by_label("To point").input_value())
    assert 5 <= first <= 8
    assert 23 <= last <= 26
    post(hub, "peel", values(5, 3.0), start=1000)
    page.wait_for_selector("#control[data-newest='31']")


def test_the_expected_false_alarms_stand_beside_a_choice_before_it_is_made(
    page: Page, hub: HubProcess
) -> None:
    sign_in(page, hub, PEEL)
    expect(page.locator("#alarms")).to_contain_text("every 217 points")
    page.get_by_label("9 points in a row on one side of the centre").uncheck()
    expect(page.locator("#alarms")).to_contain_text("every 370 points")
    page.get_by_label("1 point beyond a limit").first.uncheck()
    expect(page.locator("#alarms")).to_have_text("Without a rule nothing signals.")


@pytest.mark.parametrize("page", [390, 1440], indirect=True)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    page: Page, hub: HubProcess, language: str
) -> None:
    sign_in(page, hub, "/lines")
    page.context.add_cookies([{"name": "lang", "value": language, "url": hub.address}])
    for path in ("/lines", MOISTURE, PEEL, "/sign-in"):
        page.goto(hub.address + path)
        if path in (MOISTURE, PEEL):
            page.wait_for_selector("#control[data-newest]")
        found = Axe().run(page)
        assert found.violations_count == 0, (path, found.generate_report())
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
