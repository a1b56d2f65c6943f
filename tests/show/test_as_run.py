"""Chapters and the edit decision list of what was aired."""

import re

from quality_creator.model.clock import MediaTime
from quality_creator.model.text import Text
from quality_creator.show import event as e
from quality_creator.show.as_run import Chapter, chapters, edl
from tests.show.test_state import FULL, ONE, PAIR, TWO, after, item, take

NAMES = {ONE: Text(zh="一号", en="Camera 1"), TWO: Text(zh="二号", en="Camera 2")}
BEGUN = after([e.Began(scene=FULL)])


def aired(number: int, seconds: float) -> e.Aired:
    return e.Aired(take=number, position=MediaTime(round(seconds * 90_000)))


def test_without_a_rundown_each_scene_is_a_chapter() -> None:
    state = after([e.Took(scene=PAIR), aired(2, 10), e.Took(scene=FULL), aired(4, 20)], BEGUN)
    one, both = Text(zh="一号", en="Camera 1"), Text(zh="一号 + 二号", en="Camera 1 + Camera 2")
    assert chapters(state.as_run, NAMES) == [
        Chapter(MediaTime(0), one),
        Chapter(MediaTime(900_000), both),
        Chapter(MediaTime(1_800_000), one),
    ]


def test_takes_that_follow_the_speaker_are_no_chapters_and_the_list_says_what_they_are() -> None:
    state = after([e.Took(scene=PAIR, follows=(ONE, TWO)), aired(2, 10)], BEGUN, by="")
    assert [chapter.at for chapter in chapters(state.as_run, NAMES)] == [0]
    assert "(follows the speaker)" in edl(state.as_run, "x", MediaTime(1_800_000), NAMES)


def test_with_a_rundown_items_are_chapters_and_cuts_within_them_are_not() -> None:
    state = after([e.ItemAdded(item=item("a")), e.ItemAdded(item=item("b"))], BEGUN)
    for name, first in (("a", 4), ("b", 8)):
        state = after(
            [take(state, name), aired(first, first), e.Took(scene=PAIR), aired(first + 2, 9)], state
        )
    assert [(c.at, c.title.en) for c in chapters(state.as_run, NAMES)] == [
        (0, "Camera 1"),
        (4 * 90_000, "Item a"),
        (8 * 90_000, "Item b"),
    ]


def test_a_take_that_was_never_seen_is_no_chapter() -> None:
    state = after([e.Took(scene=PAIR)], BEGUN)
    assert len(chapters(state.as_run, NAMES)) == 1


def test_an_edit_decision_list_has_an_event_for_each_take_and_they_touch() -> None:
    state = after([e.Took(scene=PAIR), aired(2, 10.28), e.Took(scene=FULL), aired(4, 3661)], BEGUN)
    text = edl(state.as_run, "A visit 探访", MediaTime(90_000 * 4000), NAMES)
    assert text.splitlines() == [
        "TITLE: A visit ??",
        "FCM: NON-DROP FRAME",
        "001  PROGRAM  AA/V  C        00:00:00:00 00:00:10:07 00:00:00:00 00:00:10:07",
        "* COMMENT: full: Camera 1 (by Lin)",
        "002  PROGRAM  AA/V  C        00:00:10:07 01:01:01:00 00:00:10:07 01:01:01:00",
        "* COMMENT: side-by-side: Camera 1 + Camera 2 (by Lin)",
        "003  PROGRAM  AA/V  C        01:01:01:00 01:06:40:00 01:01:01:00 01:06:40:00",
        "* COMMENT: full: Camera 1 (by Lin)",
    ]


EVENT = re.compile(
    r"(\d{3})  (\w{1,8}) +(AA/V) +(C) +(\d\d:\d\d:\d\d:\d\d) (\d\d:\d\d:\d\d:\d\d)"
    r" (\d\d:\d\d:\d\d:\d\d) (\d\d:\d\d:\d\d:\d\d)"
)


def test_every_line_of_an_edit_decision_list_is_a_statement_whatever_names_say() -> None:
    cunning = item("a", title=Text(zh="", en="One\n002  FAKE  V  C  line\u2028two"))
    state = after([e.ItemAdded(item=cunning)], BEGUN)
    state = after([take(state, "a"), aired(3, 2)], state, by="Lin\rMei")
    names = {ONE: Text(zh="", en="Camera\n1")}
    first, second, *lines = edl(state.as_run, "A\nvisit", MediaTime(900_000), names).splitlines()
    assert (first, second) == ("TITLE: A visit", "FCM: NON-DROP FRAME")
    events = [match for one in lines if (match := EVENT.fullmatch(one))]
    assert [match[1] for match in events] == ["001", "002"]
    assert [match[2] for match in events] == ["PROGRAM", "PROGRAM"]
    assert all(one.startswith("* ") or EVENT.fullmatch(one) for one in lines)
    assert "* FROM CLIP NAME: One 002 FAKE V C line two" in lines
