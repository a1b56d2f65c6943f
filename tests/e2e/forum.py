"""Guests in real browsers: how they are invited, join, sing, and what they hear."""

import io
import re
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import chromium, flags
from tests.e2e.conftest import PATIENCE_MS
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


def join(
    browser: Browser,
    hub: HubProcess,
    path: str,
    *,
    width: int = 1440,
    scripts: Sequence[str] = (),
) -> Page:
    """Open the page, with scripts of ours before its own, and join."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    for script in scripts:
        context.add_init_script(script)
    page = context.new_page()
    page.goto(hub.address + path)
    page.click("#enter")
    page.wait_for_selector("#join[data-sending=true][data-receiving=true]")
    return page


HEAR = """
() => {
  if (window.hear) return;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 16384;
  analyser.smoothingTimeConstant = 0;
  const power = new Float32Array(analyser.frequencyBinCount);
  const bin = context.sampleRate / analyser.fftSize;
  let stream = null;
  let source = null;
  // The loudest bin within 3 % of each tone, in dB; silence is -200.
  window.hear = (tones) => {
    const now = document.getElementById("return").srcObject;
    if (now !== stream) {
      source?.disconnect();
      stream = now;
      source = context.createMediaStreamSource(stream);
      source.connect(analyser);
    }
    analyser.getFloatFrequencyData(power);
    const near = (tone) => power.slice(Math.floor((tone * 0.97) / bin), Math.ceil((tone * 1.03) / bin));
    return tones.map((tone) => Math.max(-200, ...near(tone)));
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
    return join(browser, hub, path, scripts=[f"({SING})({hertz})", more])


def heard(page: Page, tone: float) -> float:
    """How loud a guest hears a tone, in dB, in the middle of several looks; silence is -200.

    A machine that has no time drops pieces of sound, and what is left of them is noise at every pitch for a
    moment: how loud that is says nothing of who is heard.
    """
    return statistics.median(look[0] for look in _looks(page, tone))


def distinct(page: Page, tone: float, other: float) -> float:
    """By how many dB a tone that a guest hears is above another one; about 0 for whoever hears both.

    While the tone is not heard, the other's absence says nothing: only looks count in which it is.
    """
    found: list[float] = []
    until(lambda: found.extend(a - b for a, b in _looks(page, tone, other) if a > -60) or len(found) >= 10)
    return statistics.median(found)


def _looks(page: Page, *tones: float) -> Iterator[list[float]]:
    page.evaluate(HEAR)
    for _ in range(10):
        time.sleep(0.15)
        yield page.evaluate("(tones) => hear(tones)", list(tones))


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
