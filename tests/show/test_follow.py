"""Following whoever speaks: only who is heard, not too often, and never against a hand."""

import itertools
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.model.clock import Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Channel
from quality_creator.model.scene import PLACES, Layout, Scene
from quality_creator.show import event as e
from quality_creator.show import state as states
from quality_creator.show.event import Entry, Event, Took
from quality_creator.show.follow import HOLDS_S, TOGETHER_S, Ear, audible, step

A, B, C = (SourceId(name) for name in "abc")
FULL = Scene(layout="full", sources=(A, B, C))
LOOK = 100_000


class Room:
    """A show on air, looked at every tenth of a second."""

    def __init__(self, scene: Scene = FULL, *events: Event) -> None:
        self.state = states.begin(scene)
        self.now, self.ear = Micros(0), Ear()
        self.takes: list[tuple[Micros, Took]] = []
        for event in (e.Began(scene=scene), *events, e.Followed(follow="on")):
            self.enter(event)

    def enter(self, event: Event, by: str = "Lin") -> None:
        entry = Entry(number=self.state.number + 1, at=self.now, by=by, event=event)
        self.state = states.step(self.state, entry)

    def speak(self, seconds: float, *speaking: SourceId) -> Scene:
        for _ in range(round(seconds * 10)):
            self.now = Micros(self.now + LOOK)
            self.ear, took = step(self.ear, self.state, speaking, self.now)
            if took is not None:
                self.takes.append((self.now, took))
                self.enter(took, by="")
        return self.state.mix.program


def test_whoever_speaks_has_the_picture_and_keeps_it_while_nobody_does() -> None:
    room = Room()
    assert room.speak(5, B) == Scene(layout="full", sources=(B, A, C))
    assert room.speak(60) == Scene(layout="full", sources=(B, A, C))
    assert room.speak(5, C).sources[0] == C
    assert len(room.takes) == 2
    assert [one.follows for one in room.state.as_run] == [(), (B,), (C,)]


def test_a_picture_stays_for_a_while_whoever_speaks() -> None:
    room = Room()
    for turn in range(100):
        room.speak(0.7, (A, B, C)[turn % 3])
    times = [0, *(at for at, _ in room.takes)]
    assert len(times) > 10
    assert min(b - a for a, b in itertools.pairwise(times)) >= HOLDS_S * 1e6


def test_two_at_once_stand_side_by_side_and_an_interjection_does_not() -> None:
    room = Room()
    room.speak(4, A)
    assert room.speak(TOGETHER_S - 0.2, A, B) == FULL
    assert room.speak(4, A) == FULL
    assert room.speak(TOGETHER_S + 0.2, B, A) == Scene(layout="side-by-side", sources=(A, B, C))
    assert room.speak(5, A, B).layout == "side-by-side"
    assert room.speak(1, B) == Scene(layout="full", sources=(B, A, C))


def test_a_pair_that_a_person_made_stays_a_pair() -> None:
    pair = Scene(layout="side-by-side", sources=(A, B))
    room = Room(pair, e.ChannelSet(source=C, channel=Channel(heard="always")))
    assert room.speak(10, B) == pair
    assert room.speak(10, A, B) == pair
    assert room.speak(4, C) == Scene(layout="side-by-side", sources=(C, B, A))


def test_a_take_by_hand_pauses_it_until_somebody_lets_it_go_on() -> None:
    room = Room()
    room.speak(4, B)
    room.enter(Took(scene=FULL))
    assert room.state.follow == "paused"
    assert room.speak(20, C) == FULL
    room.enter(e.Followed(follow="on"))
    assert room.speak(4, C).sources[0] == C
    assert room.state.follow == "on"


def test_the_preview_is_the_producers_own() -> None:
    upcoming = Scene(layout="full", sources=(B, A, C))
    room = Room(FULL, e.Previewed(scene=upcoming))
    room.speak(4, B)
    assert room.state.mix.program == room.state.mix.preview == upcoming


def test_nobody_comes_on_air_by_speaking_who_is_not_heard() -> None:
    alone = Scene(layout="full", sources=(A,))
    assert Room(alone).speak(10, B) == alone
    assert Room(alone, e.ChannelSet(source=B, channel=Channel(heard="always"))).speak(10, B).sources == (B, A)
    for channel in (Channel(mute=True), Channel(heard="never"), Channel(gain_db=-60)):
        assert Room(FULL, e.ChannelSet(source=B, channel=channel)).speak(10, B) == FULL
    assert Room(FULL, e.ChannelSet(source=A, channel=Channel(solo=True))).speak(10, B) == FULL


def test_nothing_moves_behind_black_and_a_clock_that_is_set_back_holds_nothing_up() -> None:
    room = Room()
    room.enter(e.Faded(black=True))
    assert room.speak(10, B) == FULL
    room.enter(e.Faded(black=False))
    room.now = Micros(-3_600_000_000)
    assert room.speak(1, B).sources[0] == B


scenes = st.builds(
    lambda layout, sources: Scene(layout=layout, sources=tuple(sources)),
    st.sampled_from(list(PLACES)),
    st.permutations("abcdefg")
    .map(lambda names: [SourceId(n) for n in names])
    .flatmap(lambda names: st.integers(1, 7).map(lambda count: names[:count])),
)
talk = st.lists(
    st.tuples(st.floats(0.1, 8), st.lists(st.sampled_from([SourceId(n) for n in "abcdefg"]), unique=True)),
    max_size=12,
)


@settings(deadline=None)
@given(scenes, talk, st.sets(st.sampled_from([SourceId(n) for n in "abcdefg"])))
def test_whatever_is_said_nobody_is_lost_and_the_layout_is_the_producers(
    scene: Scene, said: Sequence[tuple[float, list[SourceId]]], always: set[SourceId]
) -> None:
    channels = [e.ChannelSet(source=one, channel=Channel(heard="always")) for one in sorted(always)]
    room = Room(scene, *channels)
    allowed: set[Layout] = {scene.layout, "side-by-side"} if scene.layout == "full" else {scene.layout}
    for seconds, speaking in said:
        heard = [one for one in speaking if audible(room.state, one)]
        before = room.state.mix.program
        now = room.speak(seconds, *speaking)
        assert now.layout in allowed
        assert len(set(now.sources)) == len(now.sources)
        assert set(before.sources) <= set(now.sources) <= set(before.sources) | set(heard)
        if not heard:
            assert now == before
    times = [at for at, _ in room.takes]
    assert all(b - a >= HOLDS_S * 1e6 for a, b in itertools.pairwise(times))
