"""The pages as readers have them: both languages and themes, phone and desk, by mouse and by key."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from quality_creator.model.stream import FRAME_TICKS, PART_FRAMES
from tests.e2e import origin
from tests.e2e.origin import LEAK, MOISTURE, PEEL, Origin, Stream

pytestmark = pytest.mark.browser

PART_S = PART_FRAMES * origin.FRAME_S

READERS = [
    pytest.param(1440, "en", "light", id="desk-en-light"),
    pytest.param(1440, "zh-Hans", "dark", id="desk-zh-dark"),
    pytest.param(390, "zh-Hans", "light", id="phone-zh-light"),
    pytest.param(390, "en", "dark", id="phone-en-dark"),
]

FRAMES = """
(count) => new Promise((done) => {
  const video = document.querySelector("video");
  const seen = [];
  const look = (_, frame) => setTimeout(() => {
    const values = {};
    for (const value of document.querySelectorAll("data[data-value]")) {
      const { index, value: text } = value.dataset;
      values[value.closest("[data-characteristic]").dataset.characteristic] = [Number(index), Number(text)];
    }
    const { mediaTime, complete } = document.getElementById("player").dataset;
    seen.push({ frame: Math.round(frame.mediaTime * 25), at: Number(mediaTime), complete, values });
    if (seen.length >= count) done(seen);
    else video.requestVideoFrameCallback(look);
  });
  video.requestVideoFrameCallback(look);
})
"""


@pytest.fixture(scope="module")
def live() -> Iterator[Origin]:
    """On air for half a minute when the first test looks."""
    with origin.on_air(30) as running:
        yield running


@pytest.fixture(scope="module")
def replay() -> Iterator[Origin]:
    """An episode of 45 s that is over."""
    stream = Stream()
    stream.make(round(45 / PART_S))
    stream.end()
    with Origin(stream, state="ended") as running:
        yield running


@pytest.fixture(scope="module")
def planned() -> Iterator[Origin]:
    """An episode that has not begun."""
    with Origin(Stream(), state="planned") as running:
        yield running


def speak(page: Page, origin_: Origin, language: str) -> None:
    page.context.add_cookies([{"name": "lang", "value": language, "url": origin_.url}])


def watch(page: Page, origin_: Origin, after: str = "") -> None:
    """Open the viewer's page and wait for the picture and its data."""
    page.goto(f"{origin_.url}/episodes/{origin.SLUG}{after}")
    page.wait_for_selector("#player[data-state=playing][data-complete=true]")
    page.wait_for_selector(f"[data-characteristic={LEAK}] data[data-value]")


def stage(page: Page) -> dict[str, str]:
    found: dict[str, str] = page.evaluate("({...document.getElementById('player').dataset})")
    return found


def assert_agree(seen: list[dict[str, Any]]) -> None:
    """What stands beside each frame is what was stamped for it, and for no later one."""
    assert seen
    for one in seen:
        assert one["at"] == one["frame"] * FRAME_TICKS
        for characteristic in (MOISTURE, PEEL, LEAK):
            expected = origin.current(characteristic, one["frame"])
            assert tuple(one["values"][characteristic]) == expected, (characteristic, one)


# --- the numbers ----------------------------------------------------------------


def test_live_behind_live_and_live_again_each_frame_has_its_own_numbers(page: Page, live: Origin) -> None:
    watch(page, live)
    assert_agree(page.evaluate(FRAMES, 40))
    box = page.locator(".timeline__track").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    page.wait_for_selector("#player[data-following=false][data-complete=true]")
    behind = page.evaluate(FRAMES, 40)
    assert_agree(behind)
    expect(page.locator(".live")).to_have_text(re.compile(r"^−\d+:\d\d$"))
    page.locator(".live").click(force=True)
    page.wait_for_selector("#player[data-following=true]")
    assert_agree(page.evaluate(FRAMES, 40))


def test_a_replay_shows_at_a_frame_what_was_there_live(page: Page, replay: Origin) -> None:
    watch(page, replay, "#t=20")
    seen = page.evaluate(FRAMES, 40)
    assert_agree(seen)
    assert seen[0]["frame"] >= 20 * 25 - 1


def test_the_charts_of_one_frame_are_the_same_however_it_was_reached(page: Page, replay: Origin) -> None:
    def summaries() -> list[str]:
        page.locator("media-play-button").click(force=True)
        expect(page.locator("media-controller")).to_have_attribute("mediapaused", "")
        page.evaluate("document.querySelector('video').currentTime = 31.02")
        page.wait_for_selector(f"#player[data-media-time='{775 * FRAME_TICKS}'][data-complete=true]")
        return page.locator(".instrument > .unseen").all_inner_texts()

    watch(page, replay)
    from_the_start = summaries()
    watch(page, replay, "#t=30")
    page.reload()
    page.wait_for_selector("#player[data-state=playing][data-complete=true]")
    assert summaries() == from_the_start
    assert "39 points in two minutes" in from_the_start[0]


def test_a_ring_on_the_ruler_leads_to_its_picture(page: Page, replay: Origin) -> None:
    watch(page, replay)
    ring = page.locator(".mark-button").first
    ring.focus()
    expect(ring.locator(".mark-button__words")).to_be_visible()
    words = ring.inner_text()
    assert "1 point beyond a limit" in words
    page.keyboard.press("Enter")
    minutes, seconds = re.findall(r"(\d+):(\d\d)", words)[0]
    since = (int(minutes) * 60 + int(seconds)) * 25
    seen = page.evaluate(FRAMES, 10)
    for _ in range(100):  # pictures from before the jump may still come
        if seen[0]["frame"] >= since:
            break
        seen = page.evaluate(FRAMES, 10)
    assert_agree(seen)
    assert since <= seen[0]["frame"] <= since + 60


def test_the_ruler_is_moved_by_keys(page: Page, replay: Origin) -> None:
    watch(page, replay, "#t=20")
    ruler = page.get_by_role("slider", name="Position in the episode")
    ruler.focus()
    page.keyboard.press("Home")
    expect(ruler).to_have_attribute("aria-valuetext", re.compile(r"^0:0\d of 0:4\d$"))
    page.keyboard.press("PageUp")
    expect(page.locator("#veil-word")).to_have_text("The episode has ended")


def test_silence_is_said_in_words(page: Page) -> None:
    stream = Stream()
    stream.silent_from = 60
    stream.make(round(16 / PART_S))
    stream.end()
    with Origin(stream, state="ended") as running:
        watch(page, running, "#t=11")
        note = page.locator(f"[data-characteristic={MOISTURE}] .instrument__note")
        expect(note).to_have_text(re.compile(r"^No reading for \d+ s$"))
        expect(page.locator(f"[data-characteristic={MOISTURE}]")).to_have_attribute("data-freshness", "stale")
        for one in page.evaluate(FRAMES, 5):
            assert tuple(one["values"][MOISTURE]) == origin.current(MOISTURE, one["frame"], silent_from=60)


# --- what happens to a broadcast ------------------------------------------------


def test_when_the_hub_is_away_the_last_picture_stays_and_comes_back_by_itself(page: Page) -> None:
    with origin.on_air(4) as running:
        watch(page, running)
        running.vanish()
        page.wait_for_selector("#player[data-state=reconnecting]")
        expect(page.locator("#veil-word")).to_be_visible()
        frozen = stage(page)
        assert page.evaluate("document.querySelector('video').readyState") >= 2  # a picture is there
        running.serve()
        page.wait_for_selector("#player[data-state=playing]")
        seen = page.evaluate(FRAMES, 20)
        assert_agree(seen)
        assert seen[0]["at"] >= int(frozen["mediaTime"])
        page.wait_for_selector("#player[data-following=true]")


def test_an_episode_that_ends_becomes_its_own_replay(page: Page) -> None:
    with origin.on_air(6) as running:
        watch(page, running)
        running.end()
        expect(page.locator("#state")).to_have_text("Replay")
        expect(page.locator("#veil-word")).to_have_text("The episode has ended")
        expect(page.locator(".live")).to_be_hidden()
        page.get_by_role("slider", name="Position in the episode").focus()
        page.keyboard.press("Home")
        seen = page.evaluate(FRAMES, 10)
        assert_agree(seen)


def test_a_planned_episode_counts_down_and_turns_into_the_live_one(page: Page) -> None:
    with Origin(Stream(), state="planned") as running:
        page.goto(f"{running.url}/episodes/{origin.SLUG}")
        expect(page.locator(".countdown")).to_have_text(re.compile(r"^00:4[12]:\d\d$|^0:4[12]:\d\d$"))
        running.stream.make(10)
        running.episode = origin.episode("on-air")
        running.run()
        page.wait_for_selector("#player[data-state=playing]")


def test_the_front_page_shows_the_picture_on_air_and_its_readings(page: Page, live: Origin) -> None:
    page.goto(live.url)
    expect(page.locator(f".glance[data-characteristic={MOISTURE}] .reading__value")).to_have_text(
        re.compile(r"^\d\.\d\d$")
    )
    page.get_by_role("link", name="Watch").click()
    page.wait_for_selector("#player[data-state=playing]")


def test_who_wants_less_motion_is_shown_none_on_the_front_page(page: Page, live: Origin) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(live.url)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.querySelector('video').readyState") == 0


# --- readers --------------------------------------------------------------------


def addresses(live: Origin, replay: Origin, planned: Origin) -> list[str]:
    episode = f"/episodes/{origin.SLUG}"
    return [
        live.url + "/",
        planned.url + "/",
        live.url + episode,
        replay.url + episode,
        planned.url + episode,
        live.url + "/design",
        live.url + "/nowhere",
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "language", "theme"), READERS, indirect=["page"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    page: Page, language: str, theme: Any, *, live: Origin, replay: Origin, planned: Origin
) -> None:
    page.emulate_media(color_scheme=theme)
    speak(page, live, language)  # cookies know no ports
    for address in addresses(live, replay, planned):
        page.goto(address)
        if "/episodes/" in address and planned.url not in address:
            page.wait_for_selector(f"[data-characteristic={LEAK}] data[data-value]")
        page.wait_for_timeout(300)
        assert page.locator("html").get_attribute("lang") == language
        found = Axe().run(page)
        assert found.violations_count == 0, f"{address}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, address


@pytest.mark.parametrize("page", [390, 1440], indirect=True)
def test_nothing_jumps_when_data_arrive(page: Page, live: Origin) -> None:
    page.add_init_script(
        "window.jumped = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.jumped += entry.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    for path in ("/", f"/episodes/{origin.SLUG}"):
        page.goto(live.url + path)
        page.wait_for_selector(f"[data-characteristic={LEAK}]")
        page.wait_for_timeout(1500)
        assert page.evaluate("window.jumped") < 0.01, path


def test_on_a_phone_the_picture_stays_while_the_charts_scroll_under_it(
    browser: Browser, live: Origin
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    watch(page, live)
    page.locator(f"[data-characteristic={LEAK}]").scroll_into_view_if_needed()
    page.mouse.wheel(0, 900)
    expect(page.locator("#player")).to_be_in_viewport(ratio=1)
    expect(page.locator(f"[data-characteristic={LEAK}] .reading")).to_be_in_viewport()
    context.close()


def test_the_policy_is_kept(page: Page, live: Origin) -> None:
    said: list[ConsoleMessage] = []
    page.on("console", lambda message: said.append(message))  # noqa: PLW0108 - a bare built-in has no signature to look at
    for path in ("/", "/design", f"/episodes/{origin.SLUG}"):
        page.goto(live.url + path)
        page.wait_for_timeout(1000)
    assert [message.text for message in said if message.type in ("error", "warning")] == []


def test_the_reader_chooses_the_language_and_stays_where_they_are(page: Page, replay: Origin) -> None:
    watch(page, replay)
    page.get_by_role("link", name="中文").click()
    page.wait_for_selector("html[lang=zh-Hans]")
    assert page.url.endswith(f"/episodes/{origin.SLUG}")
    expect(page.get_by_role("heading", name="板材含水率")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("听雁卫浴：从封边到漏水测试")
    play = page.locator("media-play-button")
    expect(play).to_have_attribute("aria-label", re.compile("[\u4e00-\u9fff]"))


def test_without_scripts_the_words_are_there_and_times_say_that_they_are_utc(
    browser: Browser, replay: Origin
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{replay.url}/episodes/{origin.SLUG}")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tingyan Bathrooms")
    expect(page.locator("time").first).to_have_text(re.compile(r"UTC$"))
    assert "The picture needs scripts" in (page.locator("noscript").text_content() or "")
    context.close()
