"""The studio: how soon a key is felt, when viewers see a take, what the page costs, and recovery from a kill.

A real hub with six cameras, the studio's own page in headless Chromium and a viewer's page beside it. One
machine, one clock: the page says when a key went down, the stream says at which instant's picture the mixer
had applied it, and the viewer's page shows the other source from some frame on.
"""

import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench import watch
from bench.row import Row
from quality_creator.media import barcode
from quality_creator.model.clock import TICKS
from tests.browser import chromium, flags
from tests.e2e.test_show_killed import do, recording, state, worker
from tests.peers.hub import CAMERA, HubProcess, running_hub
from tests.peers.processes import cpu_s, family, having
from tests.web.engineer import token

KEYS = 24
COST_S = 12.0
FELT_MS, BACK_S = 100.0, 3.0
SEGMENT_TICKS = 172_800

# The second is 4:3: its bar code stands elsewhere, so that a viewer's page knows who is seen.
CAMERAS = (
    CAMERA.format(id="one")
    + CAMERA.format(id="two")
    + "width = 640\nheight = 480\n"
    + "".join(CAMERA.format(id=name) for name in ("three", "four", "five", "six"))
)
ONE = {"layout": "full", "sources": ["one"]}
TWO = {"layout": "full", "sources": ["two"]}

FELT = """
() => {
  // When keys went down, and when the page said that another source is on air.
  window.pressed = [];
  window.told = [];
  const now = () => performance.timeOrigin + performance.now();
  addEventListener("keydown", (event) => window.pressed.push(performance.timeOrigin + event.timeStamp), true);
  const program = () => document.querySelector("[data-tally=program] [data-source]")?.dataset.source;
  let last = program();
  new MutationObserver(() => {
    const source = program();
    if (source && source !== last) window.told.push(now());
    if (source) last = source;
  }).observe(document.querySelector("#sources"), { subtree: true, childList: true, attributes: true });
}
"""


def run() -> list[Row]:
    """Keys, viewers, cost, recovery: on one hub, one after the other."""
    path = chromium()
    if path is None:
        return [Row(name="key to mixer", value=None, unit="ms", note="no Chromium")]
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        mark = f"--qc-bench={os.getpid()}"
        browser = playwright.chromium.launch(executable_path=path, args=[*flags(), mark])
        try:
            with running_hub(Path(name) / "hub", CAMERAS) as hub:
                hub.on_air(scene=ONE)
                hub.wait_for_segment(1)
                return [
                    *_keys(browser, hub),
                    *_cost(browser, hub, family(having(mark))[0]),
                    *_recovery(hub),
                ]
        finally:
            browser.close()


def _studio(browser: Browser, hub: HubProcess) -> Page:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    page = context.new_page()
    given = {"name": "Lin", "token": token(hub), "to": "/studio/visit"}
    assert page.request.post(hub.address + "/sign-in", form=given).ok
    page.goto(hub.address + "/studio/visit")
    page.wait_for_selector("[data-tally=program] [data-source]")
    return page


# --- a key, the mixer, a viewer -----------------------------------------------------------------------


def _keys(browser: Browser, hub: HubProcess) -> list[Row]:
    """First the producer's page alone, then with a viewer's beside it, which takes most of a core here."""
    mixed, answered, _ = _pressed(browser, hub, None)
    viewer = browser.new_page(viewport={"width": 1280, "height": 900})
    viewer.goto(f"{hub.address}/episodes/visit")
    watch.playing(viewer)
    beside, _, shown = _pressed(browser, hub, viewer)
    viewer.close()
    against = f"the promise, {FELT_MS:g} ms"
    ticks = "the instant of the first picture with it; ticks are 40 ms"
    return [
        _felt("key to mixer", mixed, FELT_MS, against, ticks),
        _felt("key to mixer, a viewer's browser on the same cores", beside, FELT_MS, against, ticks),
        _felt("key to the tally on the producer's page", answered, None, "", "page, hub, mixer and back"),
        _felt("take to viewer", shown, None, "", "keydown to the frame on a viewer's screen, hold-back 3x"),
    ]


def _pressed(
    browser: Browser, hub: HubProcess, viewer: Page | None
) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds from each key to the mixer, to the producer's tally and to a viewer's screen."""
    studio = _studio(browser, hub)
    studio.bring_to_front()
    studio.wait_for_timeout(8_000)
    before = len(state(hub).as_run)
    studio.evaluate(FELT)
    if viewer is not None:
        watch.begin(viewer)
    chance = random.Random(1)
    began: dict[int, float] = {}
    for number in range(KEYS):
        studio.keyboard.press("Shift+Digit2" if number % 2 == 0 else "Shift+Digit1")
        studio.wait_for_timeout(chance.uniform(1_800, 2_600))
        began |= watch.segments(hub.playlist())
    studio.wait_for_timeout(4_000)
    began |= watch.segments(hub.playlist())
    seen = [] if viewer is None else watch.frames(viewer)
    # Shift goes down, too.
    pressed = [at / 1e3 for at in studio.evaluate("window.pressed")][1::2]
    told = [at / 1e3 for at in studio.evaluate("window.told")]
    studio.context.close()
    lines = state(hub).as_run[before:]
    assert len(pressed) == len(lines) == len(told) == KEYS, (len(pressed), len(lines), len(told))
    mixed, shown = [], []
    for number, (at, line) in enumerate(zip(pressed, lines, strict=True)):
        assert line.position is not None
        segment, into = divmod(line.position, SEGMENT_TICKS)
        mixed.append((began[segment] + into / TICKS - at) * 1e3)
        until = pressed[number + 1] if number + 1 < KEYS else float("inf")
        frames = [when for when, code, _ in seen if at < when < until and (code is None) == (number % 2 == 0)]
        shown += [(frames[0] - at) * 1e3] if frames else []
    return mixed, [(then - at) * 1e3 for at, then in zip(pressed, told, strict=True)], shown


def _felt(name: str, found: Sequence[float], most: float | None, against: str, note: str) -> Row:
    median, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
    return Row(
        name=name,
        value=median,
        unit="ms, median",
        ratio=median / most if most else None,
        against=against,
        note=f"p95 {p95:.0f}, most {max(found):.0f} ms of {len(found)}; {note}",
    )


# --- what the page costs --------------------------------------------------------------------------------


def _cost(browser: Browser, hub: HubProcess, chrome: int) -> list[Row]:
    """Six sources, programme and preview; the processor of worker, hub and browser, page open and closed."""
    assert hub.child is not None
    parts = {"media worker": worker(hub), "hub": hub.child.pid}

    def used() -> list[float]:
        def now() -> list[float]:
            return [*(cpu_s([pid]) for pid in parts.values()), cpu_s(family(chrome))]

        before, began = now(), time.monotonic()
        time.sleep(COST_S)
        took = time.monotonic() - began
        return [(after - then) / took for then, after in zip(before, now(), strict=True)]

    blank = browser.new_page()
    time.sleep(3)
    closed = used()
    page = _studio(browser, hub)
    page.wait_for_timeout(3_000)
    opened = used()
    page.context.close()
    blank.close()
    return [
        Row(
            name=f"the studio's page, {what}",
            value=(many - few) * 1e3,
            unit="CPU-ms/s",
            ratio=many - few,
            against="a core",
            note=f"{few:.2f} without it, {many:.2f} with it; six sources, preview and program",
        )
        for what, few, many in zip((*parts, "browser"), closed, opened, strict=True)
    ]


# --- after a kill ---------------------------------------------------------------------------------------


def _recovery(hub: HubProcess) -> list[Row]:
    for name, scene in (("a", ONE), ("b", TWO), ("c", ONE)):
        title = {"zh-Hans": name, "en": name}
        do(hub, "add-item", item={"id": name, "kind": "forum", "title": title, "scene": scene})
    do(hub, "take-item")
    do(hub, "preview", scene=TWO)
    hub.wait_for_segment(_newest(hub) + 2)
    before = _where(hub)

    killed = time.time()
    os.kill(worker(hub), signal.SIGKILL)
    heard = _newest_part(hub)
    again = _since(killed, lambda: _newest_part(hub) != heard)
    hub.wait_for_segment(_newest(hub) + 4)
    away = _missing(hub, killed)

    killed = time.time()
    hub.kill()
    hub.start()
    back = _since(killed, lambda: _where(hub) == before)
    heard = ""
    streaming = _since(killed, lambda: _newest_part(hub) != heard)
    return [
        _back("worker killed, the next part is there after", again, "the programme's numbering goes on"),
        _back("worker killed, pictures of the source are missing for", away, "in the recording; a slate"),
        _back("hub killed, program, preview and rundown position are back after", back, "start included"),
        _back("hub killed, the stream is served again after", streaming, ""),
    ]


def _where(hub: HubProcess) -> tuple[object, ...]:
    """Program, preview, and the position in the rundown."""
    now = state(hub)
    return now.mix.program, now.mix.preview, now.on_air, now.next


def _back(name: str, value: float, note: str) -> Row:
    return Row(
        name=name,
        value=value,
        unit="s",
        ratio=value / BACK_S,
        against=f"the promise, {BACK_S:g} s",
        note=note,
    )


def _since(then: float, condition: Callable[[], bool]) -> float:
    while not condition():
        assert time.time() - then < 60, "not so within a minute"
        time.sleep(0.02)
    return time.time() - then


def _newest(hub: HubProcess) -> int:
    return max(watch.segments(hub.playlist()))


def _newest_part(hub: HubProcess) -> str:
    """The last part's name."""
    answer = hub.client.get("/live/visit/720p/index.m3u8")
    names = [line for line in answer.text.splitlines() if line.startswith("#EXT-X-PART:")]
    return names[-1] if answer.is_success and names else ""


def _missing(hub: HubProcess, killed: float) -> float:
    """Seconds between two pictures with a bar code, around an instant."""
    taken = [code / 1e6 for _, luma in recording(hub) if (code := barcode.read(luma)) is not None]
    return max(b - a for a, b in pairwise(taken) if b > killed - 1)
