"""Guests in real browsers, with Chromium's fake camera and microphone, on a real hub."""

import os
import re
import signal
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.forum import (
    SING,
    attendance,
    clean,
    distinct,
    film,
    invite,
    join,
    live,
    picture,
    scene,
    singing,
    sound,
    studio_browser,
    until,
    worker,
)
from tests.peers.guest import Camera, Microphone, Peers, loudness
from tests.peers.hub import CAMERA, HubProcess, running_hub
from tests.peers.processes import family
from tests.web.engineer import token

__all__ = ["studio_browser"]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    """An episode on air with one camera."""
    with running_hub(tmp_path_factory.mktemp("forum"), CAMERA.format(id="cam")) as running:
        running.on_air()
        yield running


@pytest.fixture(autouse=True)
def _empty_seats(hub: HubProcess) -> Iterator[None]:
    """An episode has twelve guests at most."""
    yield
    for one in hub.api("GET", "/api/episodes/visit/guests")["guests"]:
        hub.api("DELETE", f"/api/episodes/visit/guests/{one['guest']['id']}")


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


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_guests_hear_each_other_and_not_themselves_and_the_recording_shows_them(
    studio_browser: Browser, hub: HubProcess
) -> None:
    tones = {"ren-yi": 1000, "ding-er": 1700}
    names = {"ren-yi": "Ren Yi", "ding-er": "Ding Er"}
    pages = {
        guest: singing(studio_browser, hub, invite(hub, names[guest])["path"], hertz)
        for guest, hertz in tones.items()
    }
    for guest in tones:
        live(hub, guest)
    scene(hub, "side-by-side", *tones)
    for guest, page in pages.items():
        page.wait_for_selector("#air[data-on=program]")
        (other,) = (hertz for one, hertz in tones.items() if one != guest)
        assert distinct(page, other, tones[guest]) > 20
    frame = picture(film(hub))
    # Chromium's fake camera is green; each guest stands in a half.
    for half in (frame[200:520, 100:540], frame[200:520, 740:1180]):
        red, green, blue = half.reshape(-1, 3).mean(axis=0)
        assert green > 2 * max(red, blue)
    for page in pages.values():
        page.context.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_guests_come_back_by_themselves_after_every_kill(studio_browser: Browser, hub: HubProcess) -> None:
    page = join(studio_browser, hub, invite(hub, "He Qi")["path"])
    live(hub, "he-qi")
    scene(hub, "full", "he-qi")
    page.wait_for_selector("#air[data-on=program]")
    for kill in ("network", "guests", "worker", "hub"):
        if kill == "network":
            # Both connections end in the browser, as when it changes its network.
            page.context.set_offline(True)
            page.evaluate("window.dispatchEvent(new Event('offline'))")
            page.context.set_offline(False)
        elif kill == "guests":
            _, guests = family(worker(hub))
            os.kill(guests, signal.SIGKILL)
            until(lambda: not attendance(hub, "he-qi")["sending"])
        elif kill == "worker":
            before = worker(hub)
            os.kill(before, signal.SIGKILL)
            until(lambda before=before: f"process {before}," not in str(hub.api("GET", "/api/status")))
        else:
            hub.kill()
            hub.start()
        until(lambda: attendance(hub, "he-qi")["condition"] == "live", 40)
        page.wait_for_selector("#join[data-sending=true][data-receiving=true]")
        page.wait_for_selector("#air[data-on=program]")
    page.context.close()


def test_a_reload_comes_back_and_a_second_window_takes_the_place(
    studio_browser: Browser, hub: HubProcess
) -> None:
    path = invite(hub, "Fang Wu")["path"]
    page = join(studio_browser, hub, path)
    live(hub, "fang-wu")
    page.reload()
    page.wait_for_selector("#join[data-sending=true][data-receiving=true]")
    second = join(studio_browser, hub, path)
    page.wait_for_selector("#join[data-phase=elsewhere]")
    assert second.get_attribute("#join", "data-phase") == "joined"
    page.click("#here")
    page.wait_for_selector("#join[data-sending=true]")
    second.wait_for_selector("#join[data-phase=elsewhere]")
    page.context.close()
    second.context.close()


NO_CAMERA = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) =>
  wanted.video ? Promise.reject(new DOMException("denied", "NotAllowedError")) : ask(wanted);
"""


def test_without_a_camera_a_guest_joins_with_voice_and_card(studio_browser: Browser, hub: HubProcess) -> None:
    context = studio_browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(NO_CAMERA)
    page = context.new_page()
    page.goto(hub.address + invite(hub, "Kong Si")["path"])
    page.wait_for_selector("#trouble:not([hidden])")
    assert "姓名" in (page.text_content("#trouble") or "")
    page.click("#enter")
    until(lambda: attendance(hub, "kong-si")["words"].startswith("voice only"))
    page.wait_for_selector("#card:not([hidden])")
    context.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_programme_has_the_voice_and_the_card_of_whoever_denied_the_camera(
    studio_browser: Browser, hub: HubProcess
) -> None:
    page = singing(studio_browser, hub, invite(hub, "Yan Ba")["path"], 1300, NO_CAMERA)
    until(lambda: attendance(hub, "yan-ba")["words"].startswith("voice only"))
    scene(hub, "full", "yan-ba")
    page.wait_for_selector("#air[data-on=program]")
    until(lambda: loudness(sound(film(hub)), 1300) > -26)
    card = picture(film(hub)).astype(int)
    # Letters on a plain ground: bright ones, few of them, and none of the fake camera's green.
    assert 0.001 < (card.min(axis=2) > 180).mean() < 0.2
    assert ((card[:, :, 1] - card[:, :, 0]) > 60).mean() < 0.01
    page.context.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_guest_sends_a_large_picture_while_in_the_programme_and_a_small_one_otherwise(
    studio_browser: Browser, hub: HubProcess
) -> None:
    scene(hub, "full", "cam")
    page = join(studio_browser, hub, invite(hub, "Mo Jiu")["path"])
    size = re.compile(r"(\d+)x(\d+)")

    def height() -> int:
        found = size.search(attendance(hub, "mo-jiu")["words"])
        return int(found[2]) if found else 0

    live(hub, "mo-jiu")
    until(lambda: 0 < height() <= 360)
    scene(hub, "full", "mo-jiu")
    page.wait_for_selector("#air[data-on=program]")
    # The fake camera has 480 lines or more; a browser works its way up.
    until(lambda: height() > 360, 60)
    scene(hub, "full", "cam")
    until(lambda: 0 < height() <= 360)
    page.context.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_producer_talks_to_one_guest_and_nobody_else_hears_it(
    studio_browser: Browser, hub: HubProcess
) -> None:
    tones = {"tan-shi": 1000, "pan-yi": 1700}
    names = {"tan-shi": "Tan Shi", "pan-yi": "Pan Yi"}
    pages = {
        guest: singing(studio_browser, hub, invite(hub, names[guest])["path"], hertz)
        for guest, hertz in tones.items()
    }
    for guest in tones:
        live(hub, guest)
    scene(hub, "side-by-side", *tones)
    context = studio_browser.new_context(
        viewport={"width": 1440, "height": 900},
        locale="en-GB",
        extra_http_headers={"authorization": f"Bearer {token(hub)}"},
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(f"({SING})(2900)")
    producer = context.new_page()
    producer.goto(hub.address + "/episodes/visit/guests")
    producer.get_by_role("button", name="Talk: Tan Shi").click()
    # The programme goes on behind the producer's voice, softer.
    assert distinct(pages["tan-shi"], 2900, 1700) > 6
    assert distinct(pages["tan-shi"], 1700, 1300) > 20
    pages["tan-shi"].wait_for_selector("#talk:not([hidden])")
    assert pages["pan-yi"].is_hidden("#talk")
    assert distinct(pages["pan-yi"], 1000, 2900) > 20

    def airs_the_guest_alone() -> bool:
        heard = sound(film(hub))
        assert loudness(heard, 2900) < -70
        return loudness(heard, 1000) > -30

    until(airs_the_guest_alone)
    producer.get_by_role("button", name="Stop talking: Tan Shi").click()
    until(lambda: distinct(pages["tan-shi"], 1700, 2900) > 20)
    pages["tan-shi"].wait_for_selector("#talk", state="hidden")
    context.close()
    for page in pages.values():
        page.context.close()


def test_a_link_that_is_wrong_or_over_opens_nothing(hub: HubProcess) -> None:
    assert hub.client.get("/join/nonsense").status_code == 403
    path = invite(hub, "Bai Liu")["path"]
    page = hub.client.get(path)
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "camera=(self)" in page.headers["permissions-policy"]
    renewed = hub.api("POST", "/api/episodes/visit/guests/bai-liu/link", {})["path"]
    assert hub.client.get(path).status_code == 403
    assert hub.client.get(renewed).status_code == 200
    hub.api("DELETE", "/api/episodes/visit/guests/bai-liu")
    assert hub.client.get(renewed).status_code == 403
    offer = hub.client.post(f"/api{renewed}/whip", content="v=0", headers={"content-type": "application/sdp"})
    assert offer.status_code == 403


def test_whip_answers_as_its_standard_says(hub: HubProcess) -> None:
    api = "/api" + invite(hub, "Shi Qi")["path"] + "/whip"
    peers = Peers()
    sdp = {"content-type": "application/sdp"}
    made: list[httpx.Response] = []

    def ask(offer: str) -> str:
        made.append(hub.client.post(api, content=offer, headers=sdp))
        return made[0].text

    try:
        peers.send(ask, Camera(), Microphone(700))
        created = made[0]
        assert created.status_code == 201
        assert created.headers["content-type"].startswith("application/sdp")
        session = created.headers["location"]
        assert session.startswith(api)
        live(hub, "shi-qi")
        fragment = {"content-type": created.headers["accept-patch"]}
        ended = hub.client.patch(session, content="a=end-of-candidates\r\n", headers=fragment)
        assert ended.status_code == 204
        restart = hub.client.patch(
            session, content="a=ice-ufrag:other\r\na=ice-pwd:0123456789012345678901\r\n", headers=fragment
        )
        assert restart.status_code == 422
        assert "new offer" in restart.json()["error"]
        assert hub.client.post(api, content="v=0", headers=sdp).status_code == 400
        assert hub.client.post(api, content="v=0").status_code == 400
        assert hub.client.post(api, content="x" * 70_000, headers=sdp).status_code == 400
        assert hub.client.delete(session).status_code == 200
        assert hub.client.delete(session).status_code == 404
        until(lambda: not attendance(hub, "shi-qi")["sending"])
    finally:
        peers.close()


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    studio_browser: Browser, hub: HubProcess, locale: str, width: int
) -> None:
    path = invite(hub, f"Axe {width} {locale}")["path"]
    token = (hub.folder / "data" / "operator.token").read_text().strip()
    context = studio_browser.new_context(
        viewport={"width": width, "height": 844},
        locale=locale,
        extra_http_headers={"authorization": f"Bearer {token}"},
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    for address in (path, "/join/nonsense", "/episodes/visit/guests"):
        page.goto(hub.address + address)
        page.wait_for_timeout(500)
        clean(page)
    page.goto(hub.address + path)
    page.click("#enter")
    page.wait_for_selector("#join[data-sending=true]")
    clean(page)
    context.close()
