"""The picture follows whoever speaks, once a producer lets it: on the page, and in what was recorded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from quality_creator.media import barcode
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.forum import invite, join, live, studio_browser, until
from tests.e2e.test_show_killed import do, recording, state
from tests.peers.guest_page import devices, whose
from tests.peers.hub import CAMERA, HubProcess, running_hub
from tests.web.engineer import token

__all__ = ["studio_browser"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

TAGS = {"cam": 0, "wu-yi": 1, "zheng-er": 2}
TONES = {"wu-yi": 1000, "zheng-er": 1700}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with running_hub(tmp_path, CAMERA.format(id="cam") + "width = 640\nheight = 360\n") as running:
        running.on_air(scene={"layout": "full", "sources": ["cam"]})
        yield running


@pytest.fixture
def guests(studio_browser: Browser, hub: HubProcess) -> Iterator[dict[str, Page]]:
    """Two who say nothing yet, and are heard when they do."""
    pages = {}
    for guest, hertz in TONES.items():
        path = invite(hub, guest.replace("-", " ").title())["path"]
        pages[guest] = join(studio_browser, hub, path, scripts=[devices(hertz, TAGS[guest])])
        speak(pages)
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


def on_air(desk: Page, source: str) -> None:
    program = desk.locator("[data-tally=program] [data-source]")
    expect(program).to_have_attribute("data-source", source)


def test_the_picture_goes_to_whoever_speaks_until_a_hand_takes_it_and_never_to_who_is_muted(
    desk: Page, hub: HubProcess, guests: dict[str, Page]
) -> None:
    button, words = desk.get_by_role("button", name="Follow the speaker"), desk.locator("#follow-words")
    on_air(desk, "cam")
    speak(guests, "wu-yi")
    until(lambda: hub.api("GET", "/api/episodes/visit/levels")["speaking"] == ["wu-yi"])
    on_air(desk, "cam")  # nobody has switched it on
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    on_air(desk, "wu-yi")
    speak(guests, "zheng-er")
    on_air(desk, "zheng-er")
    expect(desk.locator("#log")).to_contain_text("Wu Yi")
    speak(guests)

    # A take by hand pauses it: whoever speaks, the picture is the producer's.
    desk.keyboard.press("Shift+Digit1")
    on_air(desk, "cam")
    expect(words).to_contain_text("paused", ignore_case=True)
    speak(guests, "wu-yi")
    until(lambda: hub.api("GET", "/api/episodes/visit/levels")["speaking"] == ["wu-yi"])
    assert state(hub).mix.program.sources[0] == "cam"

    # It goes on, and does not go to who is muted.
    do(hub, "channel", source="wu-yi", channel={"heard": "always", "mute": True})
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    speak(guests, *TONES)
    on_air(desk, "zheng-er")

    lines = [line for line in state(hub).as_run if line.position is not None]
    assert [line.follows for line in lines] == [(), ("wu-yi",), ("zheng-er",), (), ("zheng-er",)]
    hub.wait_for_segment((lines[-1].position or 0) // 172_800 + 2, within_s=60)
    seen: list[list[int]] = [[] for _ in lines]
    for at, luma in recording(hub):
        found = barcode.read(luma)
        if found is not None:
            (number,) = [n for n, line in enumerate(lines) if (line.position or 0) <= at][-1:]
            seen[number].append(whose(found)[0])
    for line, tags in zip(lines, seen, strict=True):
        assert set(tags) == {TAGS[line.scene.sources[0]]}, (line, set(tags))
