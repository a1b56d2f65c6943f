"""Guests in real browsers, with Chromium's fake camera and microphone, on a real hub."""

import io
import os
import re
import signal
import time
from collections.abc import Iterator
from typing import Any

import av
import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium, flags
from tests.peers.guest import Camera, Microphone, Peers
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


HEAR = """
() => {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 16384;
  analyser.smoothingTimeConstant = 0;
  context.createMediaStreamSource(document.getElementById("return").srcObject).connect(analyser);
  const power = new Float32Array(analyser.frequencyBinCount);
  const bin = context.sampleRate / analyser.fftSize;
  // The loudest bin within 3 % of each tone, in dB.
  window.hear = (tones) => {
    analyser.getFloatFrequencyData(power);
    const near = (tone) => power.slice(Math.floor((tone * 0.97) / bin), Math.ceil((tone * 1.03) / bin));
    return tones.map((tone) => Math.max(...near(tone)));
  };
}
"""

SING = """
(hertz) => {
  // The guest's microphone is a tone of our own; their camera stays the browser's fake one.
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await ask(constraints);
    for (const track of stream.getAudioTracks()) {
      const context = new AudioContext();
      const oscillator = new OscillatorNode(context, { frequency: hertz });
      const gain = new GainNode(context, { gain: 0.1 });
      const out = new MediaStreamAudioDestinationNode(context);
      oscillator.connect(gain).connect(out);
      oscillator.start();
      stream.removeTrack(track);
      stream.addTrack(out.stream.getAudioTracks()[0]);
    }
    return stream;
  };
}
"""


def singing(browser: Browser, hub: HubProcess, path: str, hertz: float) -> Page:
    """A guest whose voice is a tone, joined."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(20_000)
    context.add_init_script(f"({SING})({hertz})")
    page = context.new_page()
    page.goto(hub.address + path)
    page.click("#enter")
    page.wait_for_selector("#join[data-sending=true][data-receiving=true]")
    return page


def scene(hub: HubProcess, layout: str, *sources: str) -> None:
    hub.api("POST", "/api/episodes/visit/scene", {"layout": layout, "sources": list(sources)})


def live(hub: HubProcess, guest: str) -> None:
    """Wait until a guest's pictures come."""
    until(lambda: attendance(hub, guest)["condition"] == "live")


def worker(hub: HubProcess) -> int:
    """The media worker's process."""
    found = re.search(r"process (\d+)", str(hub.api("GET", "/api/status")))
    assert found
    return int(found[1])


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
        page.evaluate(HEAR)
        other = next(hertz for one, hertz in tones.items() if one != guest)
        until(lambda page=page, other=other: page.evaluate("(t) => hear(t)", [other])[0] > -45)
        for _ in range(10):
            own = page.evaluate("(t) => hear(t)", [tones[guest]])[0]
            assert own < -65
            time.sleep(0.1)
    segment = int(re.findall(r"\n(\d+)\.m4s", hub.playlist())[-1]) + 2
    hub.wait_for_segment(segment)
    init = hub.client.get("/live/visit/720p/" + re.findall(r'URI="([^"]+)"', hub.playlist())[0]).content
    film = init + hub.client.get(f"/live/visit/720p/{segment}.m4s").content
    with av.open(io.BytesIO(film)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
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
    for kill in ("network", "worker", "hub"):
        if kill == "network":
            # Both connections end in the browser, as when it changes its network.
            page.context.set_offline(True)
            page.evaluate("window.dispatchEvent(new Event('offline'))")
            page.context.set_offline(False)
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


def test_without_a_camera_a_guest_joins_with_voice_and_card(studio_browser: Browser, hub: HubProcess) -> None:
    context = studio_browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    context.set_default_timeout(20_000)
    context.add_init_script(
        """
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wanted) =>
          wanted.video ? Promise.reject(new DOMException("denied", "NotAllowedError")) : ask(wanted);
        """
    )
    page = context.new_page()
    page.goto(hub.address + invite(hub, "Kong Si")["path"])
    page.wait_for_selector("#trouble:not([hidden])")
    assert "姓名" in (page.text_content("#trouble") or "")
    page.click("#enter")
    until(lambda: attendance(hub, "kong-si")["words"].startswith("voice only"))
    page.wait_for_selector("#card:not([hidden])")
    context.close()


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
    context.set_default_timeout(20_000)
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
    hub.api("DELETE", f"/api/episodes/visit/guests/axe-{width}-{locale.lower()}")


def clean(page: Page) -> None:
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
