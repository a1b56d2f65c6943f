"""The log of a show and what it comes to: takes, the plan beside them, rehearsals."""

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import Conflict, NotFound
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Channel, Graphic
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text
from quality_creator.show import event as e
from quality_creator.show.event import Entry, Event
from quality_creator.show.rundown import Item, ItemId
from quality_creator.show.state import State, begin, coming, step, taken

ONE, TWO, THREE = (SourceId(name) for name in ("one", "two", "three"))
FULL = Scene(layout="full", sources=(ONE,))
PAIR = Scene(layout="side-by-side", sources=(ONE, TWO))
LOGO = Graphic(id="logo", template="logo", stays=True)
NAME = Graphic(id="name", template="lower-third")


def item(name: str, planned_s: int = 60, **more: object) -> Item:
    title = Text(zh=f"{name}项", en=f"Item {name}")
    return msgspec.structs.replace(
        Item(id=ItemId(name), kind="forum", title=title, planned_s=planned_s), **more
    )


def after(events: Sequence[Event], state: State | None = None, by: str = "Lin") -> State:
    """The state after events, one a second."""
    state = state or begin(FULL)
    for event in events:
        number = state.number + 1
        state = step(state, Entry(number=number, at=Micros(number * 1_000_000), by=by, event=event))
    return state


def take(state: State, name: str) -> e.Took:
    """As the studio takes an item."""
    found = next(one for one in state.rundown if one.id == name)
    graphics, channels = taken(state, found)
    return e.Took(scene=found.scene or state.mix.program, item=found, graphics=graphics, channels=channels)


PLANNED = after([e.ItemAdded(item=item(name)) for name in "abc"])


def test_a_take_moves_to_its_item_and_the_one_behind_it_is_next() -> None:
    assert (PLANNED.on_air, PLANNED.next) == (None, "a")
    state = after([take(PLANNED, "b")], PLANNED)
    assert (state.on_air, state.next) == ("b", "c")
    assert state.item_began == 4_000_000
    assert after([take(state, "c")], state).next is None


def test_edits_never_move_what_is_on_air_and_what_was_aired_is_a_copy() -> None:
    state = after([take(PLANNED, "a")], PLANNED)
    changed = item("a", planned_s=999, scene=PAIR)
    edited = after([e.ItemChanged(item=changed), e.ItemRemoved(item=ItemId("a"))], state)
    assert edited.mix == state.mix
    assert (edited.on_air, edited.next) == ("a", "b")
    assert (edited.item_planned_s, edited.item_began) == (60, state.item_began)
    assert edited.as_run == state.as_run
    assert [one.id for one in edited.rundown] == ["b", "c"]


def test_whoever_removes_the_next_item_means_the_one_behind_it() -> None:
    assert after([e.Cued(item=ItemId("b")), e.ItemRemoved(item=ItemId("b"))], PLANNED).next == "c"
    assert after([e.Cued(item=ItemId("c")), e.ItemRemoved(item=ItemId("c"))], PLANNED).next == "a"


def test_items_move_in_front_of_others_and_to_the_end() -> None:
    def order(before: str | None) -> list[str]:
        moved = e.ItemMoved(item=ItemId("b"), before=None if before is None else ItemId(before))
        return [one.id for one in after([moved], PLANNED).rundown]

    assert order("a") == ["b", "a", "c"]
    assert order(None) == ["a", "c", "b"]
    assert order("b") == ["a", "b", "c"]


def test_what_does_not_fit_changes_nothing() -> None:
    with pytest.raises(Conflict, match="there is an item 'a' already"):
        after([e.ItemAdded(item=item("a"))], PLANNED)
    with pytest.raises(NotFound, match="there is no item 'x' in the rundown; there are: a, b, c"):
        after([e.Cued(item=ItemId("x"))], PLANNED)


def test_a_take_from_the_buses_swaps_them() -> None:
    state = after([e.Previewed(scene=PAIR), e.Took(scene=PAIR)])
    assert (state.mix.program, state.mix.preview) == (PAIR, FULL)


def test_an_item_brings_its_graphics_and_only_those_that_stay_stay() -> None:
    state = after([e.GraphicShown(graphic=LOGO), e.GraphicShown(graphic=NAME)], PLANNED)
    title = Graphic(id="title", template="title")
    state = after([e.ItemChanged(item=item("a", graphics=(title,)))], state)
    assert after([take(state, "a")], state).mix.graphics == (LOGO, title)


def test_the_next_item_is_lined_up_with_its_graphics_until_somebody_chooses_another_preview() -> None:
    plan = (item("a", graphics=(NAME,), scene=FULL), item("b", graphics=(LOGO,), scene=PAIR))
    state = after([e.Imported(items=plan)])
    assert (state.mix.preview, coming(state)) == (None, ())
    state = after([take(state, "a")], state)
    assert (state.mix.preview, state.mix.graphics, coming(state)) == (PAIR, (NAME,), (LOGO,))
    chosen = after([e.Previewed(scene=PAIR)], state)
    assert coming(chosen) == (NAME,)
    again = after([e.Cued(item=ItemId("b"))], chosen)
    assert (again.mix.preview, coming(again)) == (PAIR, (LOGO,))
    edited = after([e.ItemChanged(item=item("b", scene=FULL))], again)
    assert (edited.mix.preview, coming(edited)) == (FULL, ())
    assert edited.mix.program == FULL


def test_a_graphic_that_was_made_ready_comes_with_the_next_take_once() -> None:
    state = after([e.GraphicShown(graphic=LOGO), e.Previewed(scene=PAIR), e.GraphicCued(graphic=NAME)])
    assert coming(state) == (LOGO, NAME)
    assert state.mix.graphics == (LOGO,)
    put = after([e.Took(scene=FULL)], state)
    assert coming(put) == (LOGO, NAME)  # what is put on air past the preview leaves it ready
    assert coming(after([e.GraphicUncued(id="name")], put)) == (LOGO,)
    seen = after([e.Took(scene=PAIR, graphics=coming(state))], state)
    assert (seen.mix.graphics, seen.tied) == ((LOGO, NAME), ())


def test_pictures_that_were_brought_are_known_once_and_the_newest_last() -> None:
    one, two = (e.ImageBrought(digest=digit * 64, width=2, height=2) for digit in "12")
    assert after([one, two, one]).images == (two, one)


def test_microphones_of_an_item_are_heard_and_no_others() -> None:
    plan = after([e.ItemAdded(item=item("a", microphones=(TWO,), scene=PAIR)), e.ItemAdded(item=item("b"))])
    plan = after([e.ChannelSet(source=ONE, channel=Channel(gain_db=-3, heard="always"))], plan)
    spoken = after([take(plan, "a")], plan)
    assert {name: c.heard for name, c in spoken.mix.channels.items()} == {ONE: "never", TWO: "always"}
    assert spoken.mix.channels[ONE].gain_db == -3
    free = after([take(spoken, "b")], spoken)
    assert {c.heard for c in free.mix.channels.values()} == {"with-picture"}


def test_of_two_producers_the_later_wins_and_is_named() -> None:
    state = after([e.Took(scene=PAIR)], by="Lin")
    state = after([e.Took(scene=FULL)], state, by="Zhao")
    assert state.mix.program == FULL
    assert state.last is not None
    assert (state.last.by, state.last.what) == ("Zhao", "take")
    # What nobody did takes nobody's place.
    state = after([e.SourceChanged(source=TWO, condition="lost")], state, by="")
    assert (state.lost, state.last.by) == ({TWO}, "Zhao")


def test_a_rehearsal_leaves_no_trace() -> None:
    state = after([e.Rehearsed(on=True)], PLANNED)
    state = after([take(state, "a"), e.Faded(black=True), take(state, "b")], state)
    assert (state.on_air, len(state.as_run), state.mix.black) == ("b", 2, True)
    ended = after([e.Rehearsed(on=False)], state)
    assert (ended.mix, ended.as_run, ended.on_air, ended.next) == (PLANNED.mix, (), None, "a")
    # Going on air ends it, too.
    on_air = after([e.Began(scene=FULL)], state)
    assert (on_air.rehearsal, on_air.on_air, on_air.mix) == (False, None, PLANNED.mix)
    assert [line.position for line in on_air.as_run] == [0]


def test_where_a_take_was_seen_is_told_later() -> None:
    state = after([e.Began(scene=FULL), e.Took(scene=PAIR), e.Took(scene=FULL)])
    assert [line.position for line in state.as_run] == [0, None, None]
    state = after([e.Aired(take=2, position=MediaTime(7_200))], state)
    assert [line.position for line in state.as_run] == [0, 7_200, None]


NAMES = st.sampled_from([ItemId(name) for name in "abcde"])
EVENTS = st.one_of(
    st.builds(lambda name: e.ItemAdded(item=item(name)), NAMES),
    st.builds(lambda name, before: e.ItemMoved(item=name, before=before), NAMES, st.none() | NAMES),
    st.builds(lambda name: e.ItemRemoved(item=name), NAMES),
    st.builds(lambda name: e.Cued(item=name), NAMES),
    st.builds(lambda name: e.Took(scene=PAIR, item=item(name)), NAMES),
    st.builds(lambda on: e.Rehearsed(on=on), st.booleans()),
)


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=30))
def test_whatever_is_done_the_next_item_is_one_of_the_plan_and_names_are_unique(events: list[Event]) -> None:
    state = begin(FULL)
    for event in events:
        try:
            state = after([event], state)
        except (NotFound, Conflict):
            continue
        names = [one.id for one in state.rundown]
        assert len(set(names)) == len(names)
        assert state.next is None or state.next in names


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=20))
def test_an_entry_comes_back_from_json_as_it_was(events: list[Event]) -> None:
    for number, event in enumerate(events, 1):
        entry = Entry(number=number, at=Micros(5), by="林", event=event)
        assert msgspec.json.decode(msgspec.json.encode(entry), type=Entry) == entry
