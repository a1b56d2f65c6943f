"""Guests in real browsers: how they are invited, join, sing, and what they hear."""

import io
import re
import time
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium, flags
from tests.peers.hub import HubProcess
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


def invite(hub: HubProcess, name: str) -> dict[str, Any]:
    """A guest, and the path of their page."""
    body = {"name": {"zh-Hans": name, "en": name}, "title": {"zh-Hans": "研究所", "en": "Institute"}}
    answer: dict[str, Any] = hub.api("POST", "/api/episodes/visit/guests", body)
    return answer


def attendance(hub: HubProcess, guest: str) -> dict[str, Any]:
    found = hub.api("GET", "/api/episodes/visit/guests")["guests"]
    return next(one for one in found if one["guest"]["id"] == guest)


def until(condition: Any, within_s: float = 60.0) -> Any:
    """Wait until something is so; what it said."""
    deadline = time.monotonic() + within_s
    while not (said := condition()):
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.1)
    return said


def join(browser: Browser, hub: HubProcess, path: str, width: int = 1440) -> Page:
    """Open the page, and join."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(hub.address + path)
    page.click("#enter")
    page.wait_for_selector("#join[data-sending=true][data-receiving=true]")
    return page


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
      window.voice = gain.gain;
      stream.removeTrack(track);
      stream.addTrack(out.stream.getAudioTracks()[0]);
    }
    return stream;
  };
}
"""


def singing(browser: Browser, hub: HubProcess, path: str, hertz: float, more: str = "") -> Page:
    """A guest whose voice is a tone, joined; `voice.value` on their page is how loud it is, 0.1 at first."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(60_000)
    context.add_init_script(f"({SING})({hertz})")
    if more:
        context.add_init_script(more)
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


def film(hub: HubProcess) -> bytes:
    """A segment of the programme that begins after this moment, with its beginning."""
    segment = int(re.findall(r"\n(\d+)\.m4s", hub.playlist())[-1]) + 2
    hub.wait_for_segment(segment)
    init = hub.client.get("/live/visit/720p/" + re.findall(r'URI="([^"]+)"', hub.playlist())[0]).content
    return init + hub.client.get(f"/live/visit/720p/{segment}.m4s").content


def picture(film: bytes) -> npt.NDArray[np.uint8]:
    """The first picture of a film, RGB."""
    with av.open(io.BytesIO(film)) as container:
        found = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return found.astype(np.uint8, copy=False)


def sound(film: bytes) -> npt.NDArray[np.float32]:
    """The left channel of a film."""
    with av.open(io.BytesIO(film)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def clean(page: Page) -> None:
    found = Axe().run(page)
    assert found.response["violations"] == [], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
