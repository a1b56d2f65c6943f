"""Two producers at once: both see the same, the later deed wins, and both see whose it was."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.test_show_killed import CAMERAS, FULL, do, state
from tests.peers.hub import HubProcess, running_hub
from tests.web.engineer import token

pytestmark = pytest.mark.browser


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with running_hub(tmp_path, CAMERAS) as running:
        running.on_air(scene=FULL)
        for name, source in (("a", "one"), ("b", "two"), ("c", "one")):
            title = {"zh-Hans": f"{name}项", "en": f"Item {name}"}
            scene = {"layout": "full", "sources": [source]}
            do(running, "add-item", item={"id": name, "kind": "forum", "title": title, "scene": scene})
        yield running


@contextmanager
def producer(browser: Browser, hub: HubProcess, name: str) -> Iterator[Page]:
    """Somebody at the studio's page, in a browser of their own."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    form = {"name": name, "token": token(hub), "to": "/studio/visit"}
    assert context.request.post(hub.address + "/sign-in", form=form).ok
    page = context.new_page()
    page.goto(hub.address + "/studio/visit")
    expect(page.locator("#rundown .item")).to_have_count(3)
    yield page
    context.close()


def test_both_see_the_same_and_the_later_wins_by_name(browser: Browser, hub: HubProcess) -> None:
    with producer(browser, hub, "Lin") as lin, producer(browser, hub, "Zhao") as zhao:

        def see(source: str, words: str) -> None:
            for page in (lin, zhao):
                program = page.locator("[data-tally=program] [data-source]")
                expect(program).to_have_attribute("data-source", source)
                expect(page.locator("#last")).to_have_text(words)

        lin.keyboard.press("Shift+Digit2")
        see("two", "Lin: Take")
        zhao.keyboard.press("Shift+Digit1")
        see("one", "Zhao: Take")
        for page, words in ((lin, "good"), (zhao, "better")):
            page.locator("#remark").fill(words)
            page.locator("#remark-form button").click()
        for page in (lin, zhao):
            expect(page.locator("#log")).to_contain_text("better")
            expect(page.locator("#log")).to_contain_text("good")


def test_when_both_take_the_next_item_at_once_none_is_skipped(browser: Browser, hub: HubProcess) -> None:
    with producer(browser, hub, "Lin") as lin, producer(browser, hub, "Zhao") as zhao:
        # Zhao presses before Lin's take is seen, and is heard behind it.
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        zhao.route("**/studio/visit/do", hold)
        with zhao.expect_request("**/studio/visit/do"):
            zhao.keyboard.press("F12")
        lin.keyboard.press("F12")
        for page in (lin, zhao):
            expect(page.locator("#last")).to_have_text("Lin: Take")
        held[0].continue_()
        for page in (lin, zhao):
            expect(page.locator("#last")).to_have_text("Zhao: Take")
            expect(page.locator(".item--air")).to_have_attribute("data-id", "a")
        found = state(hub)
        assert (found.on_air, found.next) == ("a", "b")
