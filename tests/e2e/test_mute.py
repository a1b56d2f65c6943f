"""One mute is seen on every page, whoever set it, and heard by nobody."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from quality_creator.model.ids import SourceId
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.forum import heard, invite, live, singing, studio_browser, until
from tests.e2e.test_show_killed import do, state
from tests.peers.hub import CAMERA, HubProcess, running_hub
from tests.web.engineer import token

__all__ = ["studio_browser"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

TONES = {"wu-yi": 1000, "zheng-er": 1700}
NAMES = {"wu-yi": "Wu Yi", "zheng-er": "Zheng Er"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("follow"), CAMERA.format(id="cam")) as running:
        running.on_air()
        yield running


@pytest.fixture(scope="module")
def guests(studio_browser: Browser, hub: HubProcess) -> Iterator[dict[str, Page]]:
    """Two who say nothing yet, and are heard when they do."""
    pages = {}
    for guest, hertz in TONES.items():
        pages[guest] = singing(studio_browser, hub, invite(hub, NAMES[guest])["path"], hertz)
        pages[guest].evaluate("voice.value = 0")
        live(hub, guest)
        do(hub, "channel", source=guest, channel={"heard": "always"})
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.fixture
def desk(studio_browser: Browser, hub: HubProcess) -> Iterator[Page]:
    """The producer's page."""
    context = studio_browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    given = {"name": "Lin", "token": token(hub), "to": "/studio/visit"}
    assert page.request.post(hub.address + "/sign-in", form=given).ok
    page.goto(hub.address + "/studio/visit")
    yield page
    context.close()


def speak(guests: dict[str, Page], *speaking: str) -> None:
    for guest, page in guests.items():
        page.evaluate(f"voice.value = {0.1 if guest in speaking else 0}")


def test_one_mute_is_shown_by_every_page_and_heard_by_nobody(
    desk: Page, hub: HubProcess, guests: dict[str, Page]
) -> None:
    do(hub, "put", scene={"layout": "side-by-side", "sources": list(TONES)})
    speak(guests, *TONES)
    listener = guests["zheng-er"]
    until(lambda: heard(listener, 1000) > -45)
    people = desk.context.new_page()
    people.goto(hub.address + "/episodes/visit/guests")
    in_studio = desk.get_by_role("button", name="Mute: Wu Yi")
    expect(in_studio).to_have_attribute("aria-pressed", "false")
    in_studio.click()
    expect(people.get_by_role("button", name="Unmute: Wu Yi")).to_have_attribute("aria-pressed", "true")
    expect(guests["wu-yi"].locator("#status")).to_have_text("The producer has muted your microphone.")
    until(lambda: heard(listener, 1000) < -65)
    people.get_by_role("button", name="Unmute: Wu Yi").click()
    expect(in_studio).to_have_attribute("aria-pressed", "false")
    expect(guests["wu-yi"].locator("#status")).to_have_text("Connected")
    until(lambda: heard(listener, 1000) > -45)
    assert state(hub).mix.channels[SourceId("wu-yi")].heard == "always"
    people.close()
