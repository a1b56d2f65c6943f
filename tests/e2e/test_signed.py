"""The page checks what it plays: a proxy in between changes, drops, swaps and repeats segments."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from quality_creator.model.stream import PART_FRAMES, SEGMENT_PARTS
from tests.e2e import origin
from tests.e2e.origin import Origin, Stream
from tests.e2e.proxy import Proxy, flip
from tests.peers.hub import CAMERA, FACTORY, running_hub

pytestmark = pytest.mark.browser

SEGMENT_S = PART_FRAMES * SEGMENT_PARTS * origin.FRAME_S
SEGMENTS = 18


@pytest.fixture(scope="module")
def replay() -> Iterator[Origin]:
    """An episode of 18 segments that is over."""
    stream = Stream()
    stream.make(SEGMENTS * SEGMENT_PARTS)
    stream.end()
    with Origin(stream, state="ended") as running:
        yield running


def watch_all(page: Page, url: str, checked: int) -> dict[str, str]:
    """Play an episode through, four times as fast, until so many segments are told of; what is said."""
    page.goto(f"{url}/episodes/{origin.SLUG}")
    page.wait_for_selector("#player[data-state=playing]")
    page.evaluate("document.querySelector('video').playbackRate = 4")
    page.wait_for_function(
        """(count) => {
          const { dataset } = document.getElementById("proof");
          const states = ["valid", "altered", "replayed", "reordered", "unsigned", "unverified"];
          return states.reduce((sum, state) => sum + Number(dataset[state] ?? 0), 0) >= count;
        }""",
        arg=checked,
        timeout=40_000,
    )
    page.wait_for_timeout(700)
    found: dict[str, str] = page.evaluate("({...document.getElementById('proof').dataset})")
    return found


def runs(page: Page) -> list[tuple[str, int]]:
    """The states along the ruler in order, but for the good ones, and which segment each begins with."""
    found = page.evaluate(
        """() => [...document.querySelectorAll("#proofline .proof-run")].map((run) => [
             run.dataset.proof, parseFloat(run.style.left) / 100])"""
    )
    duration = page.evaluate("Number(document.querySelector('.timeline__track').ariaValueMax)")
    return sorted(
        ((state, round(share * duration / SEGMENT_S)) for state, share in found if state != "valid"),
        key=lambda one: one[1],
    )


def test_an_honest_stream_is_good_from_end_to_end(page: Page, replay: Origin) -> None:
    said = watch_all(page, replay.url, SEGMENTS)
    assert said["overall"] == "good"
    assert said["valid"] == str(SEGMENTS)
    assert runs(page) == []
    expect(page.locator("#proof-sentence")).to_have_text(
        re.compile(
            r"^Signed by Tingyan \(test authority\) since [\d:]+\. 18 segments checked, none was changed$"
        )
    )


def test_a_flipped_bit_a_drop_a_swap_and_a_replay_are_marked_exactly_there(
    page: Page, replay: Origin
) -> None:
    with Proxy(replay.url) as proxy:
        proxy.changed[2] = flip(b"Board moisture")  # a word in the data
        proxy.changed[4] = lambda body: body[:-1000] + bytes([body[-1000] ^ 1]) + body[-999:]  # the picture
        proxy.served_as.update({6: 7, 7: 6})
        proxy.served_as[10] = 9
        proxy.dropped.add(13)
        said = watch_all(page, proxy.url, SEGMENTS - 1)
        assert said["overall"] == "wrong"
        # From 13 on the playlist is one shorter.
        assert runs(page) == [
            ("altered", 2),
            ("altered", 4),
            ("reordered", 6),
            ("replayed", 10),
            ("missing", 13),
        ]
        counts = {state: said[state] for state in ("valid", "altered", "reordered", "replayed", "missing")}
        assert counts == {"valid": "12", "altered": "2", "reordered": "2", "replayed": "1", "missing": "1"}


def test_live_a_changed_part_is_seen_when_its_segment_is_signed(page: Page) -> None:
    with origin.on_air(10) as running, Proxy(running.url) as proxy:
        page.goto(f"{proxy.url}/episodes/{origin.SLUG}")
        page.wait_for_selector("#proof[data-overall=good]")
        last = len(running.stream.kept)
        proxy.changed_parts[last + 1, 2] = flip(b'"utc":')
        page.wait_for_selector("#proof[data-overall=wrong]")
        found: dict[str, str] = page.evaluate("({...document.getElementById('proof').dataset})")
        assert found["altered"] == "1"
        assert int(found["valid"]) >= 1
        expect(page.locator("#numbers-proof")).to_have_text(
            "Some of these numbers come from segments that are not as they were signed"
        )


@pytest.mark.parametrize(
    ("page", "language", "theme"),
    [(1440, "en", "light"), (390, "zh-Hans", "dark"), (390, "en", "light"), (1440, "zh-Hans", "dark")],
    indirect=["page"],
)
def test_what_was_found_is_told_in_plain_words_and_axe_finds_nothing(
    page: Page, language: str, theme: str, replay: Origin, tmp_path: Path
) -> None:
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    with Proxy(replay.url) as proxy:
        page.context.add_cookies([{"name": "lang", "value": language, "url": proxy.url}])
        proxy.changed[1] = flip(b"Board moisture")
        proxy.served_as[3] = 2
        page.goto(f"{proxy.url}/episodes/{origin.SLUG}")
        page.wait_for_selector("#proof[data-overall=wrong]")
        page.wait_for_selector("#proof[data-replayed='1']")
        page.locator("#proof summary").click()
        words = page.locator("#proof-look")
        expect(words).to_contain_text("Tingyan TEST authority")
        expect(words).to_contain_text(
            "test authority, made" if language == "en" else "广播方自己建立的测试机构"
        )
        expect(page.locator(".proof__where").first).to_have_text("0:01")
        page.screenshot(path=tmp_path / f"proof-{language}-{theme}.png", full_page=True)
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0


def test_a_hub_that_is_killed_in_the_middle_of_a_segment_leaves_no_gap_in_the_proof(
    page: Page, tmp_path: Path
) -> None:
    with running_hub(tmp_path / "hub", CAMERA.format(id="cam") + FACTORY) as hub:
        hub.on_air()
        hub.wait_for_segment(1)
        page.goto(f"{hub.address}/episodes/visit")
        page.wait_for_selector("#proof[data-overall=good]")
        before = int(page.locator("#proof").get_attribute("data-valid") or 0)
        hub.kill()
        hub.start()
        page.wait_for_function(
            "(count) => Number(document.getElementById('proof').dataset.valid) >= count",
            arg=before + 4,
            timeout=60_000,
        )
        assert page.locator("#player").get_attribute("data-state") == "playing"
        page.locator("#proof summary").click()
        said = page.locator("#proof-look").inner_text()
        assert page.locator("#proof").get_attribute("data-overall") == "good", said
        assert runs_of(page) <= {"valid", "pending"}


def runs_of(page: Page) -> set[str]:
    return set(
        page.evaluate("[...document.querySelectorAll('#proofline .proof-run')].map(r => r.dataset.proof)")
    )
