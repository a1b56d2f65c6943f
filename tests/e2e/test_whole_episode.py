"""An episode from the producer's sign-in to its replay: six items, and every loss that a show can meet."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect, sync_playwright

from quality_creator.media import barcode
from quality_creator.media.barcode import Strip
from quality_creator.media.scale import Plane, planes_of
from quality_creator.media.scene import Rectangle, fit, places
from quality_creator.model.clock import TICKS, Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import FRAME_TICKS
from quality_creator.show.state import AsRun
from tests.browser import chromium, flags
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.forum import FAKE, attendance, distinct, invite, join, live, until, worker
from tests.e2e.test_people import authenticator, site
from tests.e2e.test_show_killed import state
from tests.peers.guest_page import devices, whose
from tests.peers.hub import CAMERA, HubProcess, running_hub
from tests.peers.packages import cannot_run
from tests.peers.processes import having, stopped
from tests.peers.receiver import Receiver
from tests.peers.rtsp_server import RtspCamera, rtsp_camera

PATIENCE_S = PATIENCE_MS / 1000

CAMERAS = (
    CAMERA.format(id="hall")
    + "width = 640\nheight = 360\n"
    + """
[[cameras]]
kind = "rtsp"
id = "line"
name = { zh-Hans = "封边线", en = "Edge banding" }
url = "{url}"
"""
)

TAGS = {"hall": 0, "ren-yi": 1, "ding-er": 2}
"""The camera called `line` is 4:3: its bar code stands elsewhere in its place."""
TONES = {"ren-yi": 1000, "ding-er": 1700}

RUNDOWN = """id,kind,title_zh,title_en,planned,layout,sources,transition,microphones
opening,opening,开场,Opening,0:10,full,hall,cut 1,
forum,forum,论坛,What two makers say,0:20,side-by-side,ren-yi ding-er,cut 1,ren-yi ding-er
factory,smart-factory,探访,On the line,0:20,full,line,cut 1,
expert,interpretation,解读,An expert explains,0:20,full,ren-yi,cut 1,
control,quality-control,质检,At the gauge,0:20,picture-in-picture,hall ding-er,cut 1,
closing,closing,收尾,Goodbye,0:10,side-by-side,line ding-er,cut 1,
"""
TITLES = ["Opening", "What two makers say", "On the line", "An expert explains", "At the gauge", "Goodbye"]


@contextmanager
def _launched(chrome: BrowserType, path: str, *more: str) -> Iterator[Browser]:
    running = chrome.launch(executable_path=path, args=[*flags(), *FAKE, *more])
    try:
        yield running
    finally:
        running.close()


@dataclass(frozen=True)
class Show:
    """All that takes part."""

    hub: HubProcess
    line: RtspCamera
    studio: Page
    """The producer's, signed in by passkey."""
    guests: dict[str, Page]
    """Each in a browser of its own."""
    platform: Receiver

    def take(self, item: str) -> None:
        """The producer takes the next item, which is this one; its pictures are on air when this returns."""
        self.studio.keyboard.press("F12")
        expect(self.studio.locator(".item--air")).to_have_attribute("data-id", item)
        until(lambda: _aired(self.hub, item), PATIENCE_S)
        self.go_on()

    def go_on(self) -> None:
        """Let a segment be aired that begins from now on, so that it shows what is there now."""
        newest = self.hub.playlist().rsplit(".m4s\n", 1)[0].rsplit("\n", 1)[-1]
        self.hub.wait_for_segment(int(newest) + 2, within_s=PATIENCE_S)


def _aired(hub: HubProcess, item: str) -> bool:
    last = state(hub).as_run[-1]
    return last.item is not None and last.item.id == item and last.position is not None


@pytest.fixture
def show(tmp_path: Path) -> Iterator[Show]:
    """On air, with two guests who are there, a target that receives, and nothing taken yet."""
    path = chromium()
    if path is None:
        cannot_run("needs a Chromium; `python -m tests.browser` brings one")
    with ExitStack() as stack:
        enter = stack.enter_context
        line = enter(rtsp_camera(width=480, height=360, number="clock"))
        hub = enter(running_hub(tmp_path / "hub", CAMERAS.replace("{url}", line.url)))
        platform = Receiver(tmp_path / "platform.ts", key="KEY")
        stack.callback(platform.kill)
        chrome = enter(sync_playwright()).chromium
        studio = signed_in(enter(_launched(chrome, path)), hub)
        title = {"zh-Hans": "工厂探访", "en": "A visit"}
        hub.api("POST", "/api/episodes", {"slug": "visit", "title": title})
        paths = {guest: invite(hub, guest.replace("-", " ").title())["path"] for guest in TONES}
        prepare(studio, hub, platform)
        guests = {}
        for guest, hertz in TONES.items():
            browser = enter(_launched(chrome, path, f"--qc-guest={guest}-{hub.port}"))
            script = devices(hertz, TAGS[guest])
            guests[guest] = join(browser, hub, paths[guest], scripts=[script])
            live(hub, guest)
        until(lambda: platform.path.exists() and platform.path.stat().st_size > 100_000, PATIENCE_S)
        yield Show(hub, line, studio, guests, platform)


def signed_in(browser: Browser, hub: HubProcess) -> Page:
    """A producer who was invited, has made a passkey, has gone, and came in again by it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    authenticator(context, page)
    invitation = {"account": "lin", "name": "Lin Mei", "roles": ["producer"]}
    page.goto(hub.api("POST", "/api/people", invitation)["address"])
    page.get_by_role("button", name="Make a passkey").click()
    page.get_by_role("link", name="I have them").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(site(hub) + "/sign-in?to=/studio")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url(site(hub) + "/studio")
    return page


def prepare(page: Page, hub: HubProcess, platform: Receiver) -> None:
    """The producer brings the rundown and a target, and goes on air."""
    page.goto(site(hub) + "/studio/visit")
    file = {"name": "rundown.csv", "mimeType": "text/csv", "buffer": RUNDOWN.encode()}
    page.locator("#import").set_input_files(file)
    expect(page.locator("#rundown .item")).to_have_count(len(TITLES))
    page.get_by_role("button", name="New target").click()
    page.get_by_label("Name of the target").fill("Platform")
    page.get_by_label("Server").fill(f"rtmp://127.0.0.1:{platform.port}/live")
    page.get_by_label("Stream key").fill("KEY")
    page.locator("#out-submit").click()
    page.locator("#outs").get_by_role("switch", name="Platform").click()
    page.locator("#air").click()
    page.locator("#sure-yes").click()
    hub.wait_for_segment(0, within_s=PATIENCE_S)
    page.locator("h1").click()


def lost(hub: HubProcess, source: str) -> Callable[[], bool]:
    return lambda: SourceId(source) in state(hub).lost


def there(hub: HubProcess, source: str) -> Callable[[], bool]:
    return lambda: not lost(hub, source)()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_producer_runs_an_episode_through_every_loss_and_the_recording_shows_what_was_aired(
    show: Show, tmp_path: Path
) -> None:
    hub = show.hub
    show.take("opening")
    show.take("forum")
    for guest, page in show.guests.items():
        page.wait_for_selector("#air[data-on=program]")
        (other,) = TONES.keys() - {guest}
        assert distinct(page, TONES[other], TONES[guest]) > 20, "a guest hears their own voice"
    show.take("factory")
    show.line.kill()
    until(lost(hub, "line"), PATIENCE_S)
    show.go_on()
    show.line.start()
    until(there(hub, "line"), PATIENCE_S)
    show.go_on()
    show.take("expert")
    with stopped(having(f"--qc-guest=ren-yi-{hub.port}")):
        until(lost(hub, "ren-yi"), PATIENCE_S)
        show.go_on()
    until(lambda: attendance(hub, "ren-yi")["condition"] == "live", PATIENCE_S)
    until(there(hub, "ren-yi"), PATIENCE_S)
    show.go_on()
    show.take("control")
    killed = worker(hub)
    os.kill(killed, signal.SIGKILL)
    until(lambda: f"process {killed}," not in str(hub.api("GET", "/api/status")), PATIENCE_S)
    until(lambda: attendance(hub, "ding-er")["condition"] == "live", PATIENCE_S)
    until(there(hub, "line"), PATIENCE_S)
    show.go_on()
    show.take("closing")
    aired = state(hub).as_run
    show.studio.locator("#air").click()
    show.studio.locator("#sure-yes").click()
    until(lambda: hub.api("GET", "/api/status")["episodes"] == [], PATIENCE_S)
    show.platform.finished(PATIENCE_S)
    film = tmp_path / "visit.mp4"
    hub.qc("export", "visit", str(film))
    assert [line.item.title.en for line in aired if line.item] == TITLES
    check_chapters(film, aired)
    check_recording(film, aired)
    check_platform(show.platform.path)


# --- what was recorded -------------------------------------------------------------------------------


def check_chapters(film: Path, aired: tuple[AsRun, ...]) -> None:
    """As they were taken, at the very positions."""
    with av.open(str(film)) as file:
        told = [(one["metadata"]["title"], one["start"] * one["time_base"]) for one in file.chapters()]
    assert [title for title, _ in told][-len(TITLES) :] == TITLES
    positions = [line.position for line in aired if line.position is not None]
    assert [float(at) for _, at in told] == pytest.approx([at / TICKS for at in positions], abs=0.001)


@dataclass(frozen=True)
class Seen:
    """What stands in one place of a picture."""

    source: str | None
    """None where no bar code can be read: a card, a slate."""
    drawn: Micros


def look(luma: Plane, place: Rectangle) -> Seen:
    """Whose picture stands in a place."""
    at = (place.x, place.y, place.width, place.height)
    number = barcode.read(luma, Strip.of(640, 360).through((640, 360), at))
    if number is not None:
        tag, drawn = whose(number)
        return Seen(next(name for name, one in TAGS.items() if one == tag), drawn)
    inner = fit(4 / 3, place).at
    at = (inner.x, inner.y, inner.width, inner.height)
    number = barcode.read(luma, Strip.of(480, 360).through((480, 360), at))
    return Seen(None, Micros(0)) if number is None else Seen("line", Micros(number))


def check_recording(film: Path, aired: tuple[AsRun, ...]) -> None:
    """In every picture the right source in every place, or a card while it was away."""
    lines = [line for line in aired if line.position is not None]
    found: list[list[list[Seen]]] = [[[] for _ in line.scene.shown] for line in lines]
    now = 0
    with av.open(str(film)) as file:
        for count, frame in enumerate(file.decode(video=0)):
            position = count * FRAME_TICKS
            assert round((frame.time or 0) * TICKS) == position, "the timeline has a hole"
            while now + 1 < len(lines) and position >= (lines[now + 1].position or 0):
                now += 1
            luma = planes_of(frame)[0]
            for seen, place in zip(found[now], places(lines[now].scene.layout), strict=False):
                seen.append(look(luma, place))
    drawn: dict[str, Micros] = {}
    for line, places_seen in zip(lines, found, strict=True):
        for source, seen in zip(line.scene.shown, places_seen, strict=True):
            shown = [one for one in seen if one.source is not None]
            words = (line.item and line.item.id, source, course(seen))
            assert {one.source for one in shown} == {source}, words
            assert [one.source for one in seen[-10:]].count(source) > 5, ("not there at its end", *words)
            times = [one.drawn for one in shown]
            assert times == sorted(times), words
            assert drawn.get(source, 0) <= times[0], words
            drawn[source] = times[-1]
    by_item = {line.item.id: seen for line, seen in zip(lines, found, strict=True) if line.item}
    for item, source in (("factory", "line"), ("expert", "ren-yi")):
        assert course(by_item[item][0])[-3:] == [source, None, source], "lost, a card, and back"


def course(seen: list[Seen]) -> list[str | None]:
    """What stood in a place, one after another; what was seen for less than half a second does not count."""
    runs: list[tuple[str | None, int]] = []
    for one in seen:
        last = runs[-1] if runs else (None, 0)
        if runs and last[0] == one.source:
            runs[-1] = (one.source, last[1] + 1)
        else:
            runs.append((one.source, 1))
    found: list[str | None] = []
    for source, length in runs:
        if length >= 12 and (not found or found[-1] != source):
            found.append(source)
    return found


def check_platform(path: Path) -> None:
    """What ffmpeg took is the programme: every source of it was seen, in its order."""
    whole = Rectangle(0, 0, 1280, 720)
    with av.open(str(path)) as file:
        seen = [look(planes_of(frame)[0], whole) for frame in file.decode(video=0)]
    # Those that had the whole picture, in the order of the rundown.
    assert [one for one in dict.fromkeys(one.source for one in seen) if one] == ["hall", "line", "ren-yi"]


def test_the_course_of_a_place_leaves_out_what_is_too_short_to_be_seen() -> None:
    runs: list[tuple[str | None, int]] = [("a", 30), (None, 3), ("a", 20), (None, 25), ("a", 40)]
    seen = [Seen(source, Micros(0)) for source, length in runs for _ in range(length)]
    assert course(seen) == ["a", None, "a"]
