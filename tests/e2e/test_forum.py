"""Guests in real browsers, with Chromium's fake camera and microphone, on a real hub."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium, flags
from tests.peers.hub import CAMERA, HubProcess, running_hub
from tests.peers.packages import cannot_run

FAKE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def studio_browser() -> Iterator[Browser]:
    """A Chromium with a fake camera and microphone, which are allowed without asking."""
    path = chromium()
    if path is None:
        cannot_run("needs a Chromium; `python -m tests.browser` brings one")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=[*flags(), *FAKE])
        yield running
        running.close()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """An episode on air with one camera."""
    with running_hub(tmp_path_factory.mktemp("forum"), CAMERA.format(id="cam")) as running:
        running.on_air()
        yield running


def invite(hub: HubProcess, name: str) -> dict[str, Any]:
    """A guest, and the path of their page."""
    body = {"name": {"zh-Hans": name, "en": name}, "title": {"zh-Hans": "研究所", "en": "Institute"}}
    answer: dict[str, Any] = hub.api("POST", "/api/episodes/visit/guests", body)
    return answer


def attendance(hub: HubProcess, guest: str) -> dict[str, Any]:
    found = hub.api("GET", "/api/episodes/visit/guests")["guests"]
    return next(one for one in found if one["guest"]["id"] == guest)


def until(condition: Any, within_s: float = 20.0) -> Any:
    """Wait until something is so; what it said."""
    deadline = time.monotonic() + within_s
    while not (said := condition()):
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.1)
    return said


def join(browser: Browser, hub: HubProcess, path: str, width: int = 1440) -> Page:
    """Open the page, and join."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
    context.set_default_timeout(20_000)
    page = context.new_page()
    page.goto(hub.address + path)
    page.click("#enter")
    page.wait_for_selector("#join[data-sending=true][data-receiving=true]")
    return page


def test_a_guest_joins_from_a_browser_and_sees_the_programme(
    studio_browser: Browser, hub: HubProcess
) -> None:
    invited = invite(hub, "Zhao Lei")
    page = join(studio_browser, hub, invited["path"])
    until(lambda: attendance(hub, "zhao-lei")["condition"] == "live")
    here = attendance(hub, "zhao-lei")
    assert (here["sending"], here["receiving"]) == (True, True)
    until(lambda: page.evaluate("document.getElementById('return').videoWidth") == 640)
    assert page.text_content("#status") == "Connected"
    assert page.get_attribute("#air", "data-on") == "off"
    hub.api("POST", "/api/episodes/visit/scene", {"layout": "full", "sources": ["zhao-lei"]})
    page.wait_for_selector("#air[data-on=program]")
    page.context.close()
