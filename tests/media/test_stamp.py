from collections.abc import Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.media.stamp import FRAME_MICROS, Interval, Limits, State, add, step
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.event import Counters, Definitions, FrameData, Point, Signal, TimedMessage
from quality_creator.model.ids import CharacteristicId, LineId, SourceId
from quality_creator.model.stream import FRAME_TICKS, PART_FRAMES, PART_TICKS

BASE = 1_700_000_000_000_000
PART = PART_FRAMES * FRAME_MICROS
CAMERA = SourceId("bench")
OTHER = SourceId("line")


def ms(number: float) -> Micros:
    return Micros(BASE + round(number * 1000))


def point(
    time: Micros,
    index: int = 0,
    name: str = "torque",
    signals: Sequence[Signal] = (),
    plotted: int | None = 0,
) -> Point:
    return Point(
        characteristic=CharacteristicId(name),
        index=index,
        time=time,
        value=1.0,
        signals=tuple(signals),
        plotted=plotted,
    )


def interval(number: int, shown: Sequence[int] | None = None, camera: SourceId = CAMERA) -> Interval:
    """Part `number`; the first picture of part 0 is at `BASE`."""
    sources = {} if shown is None else {camera: shown}
    return Interval(MediaTime(number * PART_TICKS), Micros(BASE + number * PART), sources)


def behind(number: int, delay_ms: float) -> tuple[int, ...]:
    """Source times of a camera that is this much behind its picture."""
    return tuple(BASE + number * PART + n * FRAME_MICROS - round(delay_ms * 1000) for n in range(PART_FRAMES))


def placed(messages: list[TimedMessage]) -> dict[int, list[tuple[int, bool]]]:
    """By picture (counted from the start): numbers of the points, and whether they are late."""
    out = {}
    for timed in messages:
        assert isinstance(timed.message, FrameData)
        assert timed.message.utc == BASE + timed.at // FRAME_TICKS * FRAME_MICROS
        out[timed.at // FRAME_TICKS] = [(p.index, p.late) for p in timed.message.points]
    return out


def test_without_a_camera_a_point_stands_at_the_first_picture_at_or_after_it() -> None:
    times = [ms(0), ms(0.001), ms(40), ms(41), ms(279), ms(280)]
    state = add(State(), [(point(time, n), None) for n, time in enumerate(times)])
    state, messages = step(state, interval(0))
    assert placed(messages) == {0: [(0, False)], 1: [(1, False), (2, False)], 2: [(3, False)]} | {
        7: [(4, False), (5, False)]
    }
    assert not state.points


def test_a_point_of_a_later_part_waits_for_it() -> None:
    state = add(State(), [(point(ms(300)), None)])
    state, messages = step(state, interval(0))
    assert messages == []
    state, messages = step(state, interval(1))
    assert placed(messages) == {8: [(0, False)]}


def test_a_point_that_its_camera_sees_waits_until_the_picture_shows_it() -> None:
    state = add(State(), [(point(ms(100)), CAMERA)])
    state, messages = step(state, interval(0, behind(0, 200)))
    assert messages == []  # the newest picture shows what was at 80 ms
    _, messages = step(state, interval(1, behind(1, 200)))
    assert placed(messages) == {8: [(0, False)]}  # 320 - 200 = 120 ms


def test_a_camera_that_is_not_in_the_picture_does_not_hold_its_points() -> None:
    state = add(State(), [(point(ms(100)), CAMERA)])
    _, messages = step(state, interval(0, behind(0, 200), camera=OTHER))
    assert placed(messages) == {3: [(0, False)]}


def test_a_point_whose_picture_is_announced_stands_at_the_next_one_and_is_late() -> None:
    state, _ = step(State(), interval(0))
    state = add(state, [(point(ms(100)), None)])
    _, messages = step(state, interval(1))
    assert placed(messages) == {8: [(0, True)]}


def test_a_point_whose_cameras_frame_was_shown_already_is_late() -> None:
    state, _ = step(State(), interval(0, behind(0, 20)))
    state = add(state, [(point(ms(100)), CAMERA), (point(ms(260), 1), CAMERA), (point(ms(261), 2), CAMERA)])
    _, messages = step(state, interval(1, behind(1, 20)))
    assert placed(messages) == {8: [(0, True), (1, True), (2, False)]}


def test_before_the_first_part_nothing_is_late() -> None:
    state = add(State(), [(point(ms(-5000)), None), (point(ms(-5000), 1), CAMERA)])
    _, messages = step(state, interval(0, behind(0, 20)))
    assert placed(messages) == {0: [(0, False), (1, False)]}


def test_a_frozen_camera_holds_a_point_for_two_seconds_and_no_longer() -> None:
    frozen = (BASE - 1000,) * PART_FRAMES
    state = add(State(), [(point(ms(10)), CAMERA)])
    waited = 0
    messages: list[TimedMessage] = []
    while not messages:
        state, messages = step(state, interval(waited, frozen))
        waited += 1
    assert placed(messages) == {(waited - 1) * PART_FRAMES: [(0, False)]}
    assert (waited - 1) * PART <= 2_000_000 < waited * PART


def test_a_programme_that_is_behind_is_waited_for() -> None:
    """Its parts are those of ten seconds ago, as when a worker starts again and catches up."""
    arrived = ms(10_000)
    state = State()
    for index, time in enumerate((ms(4_000), ms(9_900))):
        state = add(state, [(point(time, index), CAMERA)], now=arrived)
    state = add(state, [], [Counters(line=LineId("taps"), time=ms(9_900), total=7, rejected=0)], now=arrived)
    found: dict[int, list[tuple[int, bool]]] = {}
    counted = []
    for number in range(40):
        state, messages = step(state, interval(number, behind(number, 20)))
        found |= placed(messages)
        counted += [
            t.at // FRAME_TICKS for t in messages if isinstance(t.message, FrameData) and t.message.counters
        ]
    assert {picture: points for picture, points in found.items() if points} == {
        101: [(0, False)],
        248: [(1, False)],
    }
    assert counted == [248]


def test_a_clock_that_is_set_back_holds_a_point_no_longer_than_the_lag() -> None:
    state = add(State(), [(point(ms(3_600_000)), None)], now=ms(3_600_000))
    waited = 0
    messages: list[TimedMessage] = []
    while not messages:
        state, messages = step(state, interval(waited))
        waited += 1
    assert (waited - 1) * PART <= Limits().lag + Limits().patience < waited * PART


def test_a_slate_frees_the_points_that_waited_for_its_camera() -> None:
    state = add(State(), [(point(ms(100)), CAMERA)])
    state, _ = step(state, interval(0, behind(0, 200)))
    slate_after_two = (*behind(1, 260)[:1], *(0,) * 7)  # 60 ms, then nothing
    _, messages = step(state, interval(1, slate_after_two))
    assert placed(messages) == {9: [(0, False)]}


def test_a_camera_cut_away_frees_its_points_and_they_are_not_late() -> None:
    state = add(State(), [(point(ms(100)), CAMERA)])
    state, _ = step(state, interval(0, behind(0, 200)))
    _, messages = step(state, interval(1))
    assert placed(messages) == {8: [(0, False)]}


def test_when_a_camera_is_cut_in_what_it_shows_decides() -> None:
    state, _ = step(State(), interval(0))
    state = add(state, [(point(ms(250)), CAMERA), (point(ms(330), 1), CAMERA)])
    # On air from the fourth picture on (440 ms), 200 ms behind: 240, 280, 320, 360, 400 ms
    shown = (0, 0, 0, *behind(1, 200)[3:])
    _, messages = step(state, interval(1, shown))
    # 250 ms was announced by the clock, but this camera's picture of it is only now to be seen.
    assert placed(messages) == {12: [(0, False)], 14: [(1, False)]}


def test_what_happened_before_a_camera_was_cut_in_goes_by_the_clock() -> None:
    state = add(State(), [(point(ms(50)), CAMERA), (point(ms(240), 1), CAMERA)])
    shown = (0, 0, 0, 0, *behind(0, 10)[4:])
    _, messages = step(state, interval(0, shown))
    assert placed(messages) == {2: [(0, False)], 7: [(1, False)]}


def test_a_camera_whose_clock_is_ahead_still_decides() -> None:
    state = add(State(), [(point(ms(300)), CAMERA), (point(ms(620), 1), CAMERA)])
    _, messages = step(state, interval(0, behind(0, -500)))
    assert placed(messages) == {0: [(0, False)], 3: [(1, False)]}


def test_behind_a_slate_lateness_goes_by_the_clock() -> None:
    state, _ = step(State(), interval(0, (*behind(0, 20)[:4], 0, 0, 0, 0)))
    state = add(state, [(point(ms(280)), CAMERA), (point(ms(281), 1), CAMERA)])
    _, messages = step(state, interval(1, (0,) * PART_FRAMES))
    assert placed(messages) == {8: [(0, True), (1, False)]}


def test_a_source_clock_that_is_ahead_delays_a_point_by_the_patience_only() -> None:
    state = add(State(), [(point(ms(60_000)), None)])
    at = []
    for number in range(12):
        state, messages = step(state, interval(number))
        at += list(placed(messages))
    assert at == [6 * PART_FRAMES]


def test_points_of_a_characteristic_never_overtake_each_other() -> None:
    state = add(
        State(), [(point(ms(200), 0), None), (point(ms(0), 1), None), (point(ms(0), 0, "other"), None)]
    )
    _, messages = step(state, interval(0))
    assert placed(messages) == {0: [(0, False)], 5: [(0, False), (1, False)]}


def test_a_point_behind_one_that_waits_is_judged_late_when_it_came() -> None:
    state, _ = step(State(), interval(0))
    state = add(state, [(point(ms(700), 0), None), (point(ms(100), 1), None), (point(ms(330), 2), None)])
    state, messages = step(state, interval(1))
    assert messages == []
    _, messages = step(state, interval(2))
    assert placed(messages) == {18: [(0, False), (1, True), (2, False)]}


def test_definitions_stand_at_a_segments_first_picture_before_its_data() -> None:
    state = add(State(), [(point(ms(0)), None)])
    _, messages = step(state, interval(0), Definitions(characteristics=()))
    assert [(timed.at, type(timed.message)) for timed in messages] == [(0, Definitions), (0, FrameData)]


# --- counters ------------------------------------------------------------------------------------


def count(time: Micros, total: int, line: str = "edge") -> Counters:
    return Counters(line=LineId(line), time=time, total=total, rejected=0)


def totals(messages: list[TimedMessage]) -> dict[int, list[tuple[str, int]]]:
    return {
        timed.at // FRAME_TICKS: [(c.line, c.total) for c in timed.message.counters]
        for timed in messages
        if isinstance(timed.message, FrameData)
    }


def test_counters_go_by_the_clock_and_the_newest_at_a_picture_stays() -> None:
    values = [count(ms(10), 1), count(ms(20), 2), count(ms(90), 3), count(ms(90), 8, "kiln")]
    _, messages = step(add(State(), counters=values), interval(0))
    assert totals(messages) == {1: [("edge", 2)], 3: [("edge", 3), ("kiln", 8)]}


def test_late_counters_stand_at_the_first_picture_and_early_ones_wait() -> None:
    state = add(State(), counters=[count(ms(-500), 1), count(ms(330), 2)])
    state, messages = step(state, interval(0))
    assert totals(messages) == {0: [("edge", 1)]}
    _, messages = step(state, interval(1))
    assert totals(messages) == {9: [("edge", 2)]}


def test_counters_of_a_clock_that_is_far_ahead_do_not_wait_for_it() -> None:
    _, messages = step(add(State(), counters=[count(ms(9_000), 1)]), interval(0))
    assert totals(messages) == {7: [("edge", 1)]}


# --- too many ------------------------------------------------------------------------------------


def test_of_too_many_points_the_signals_the_newest_and_an_even_choice_stay() -> None:
    begins, holds = [Signal(rule="nelson-1")], [Signal(rule="nelson-2", continuing=True)]
    special: dict[int, list[Signal]] = {101: begins, 102: begins, 203: holds}
    given_points = [point(ms(n), n, signals=special.get(n, ())) for n in range(280)]
    state, messages = step(
        add(State(), [(p, None) for p in given_points]), interval(0), limits=Limits(most=8)
    )
    kept = [number for numbers in placed(messages).values() for number, _ in numbers]
    assert len(kept) == 8
    assert {101, 102, 203, 279} <= set(kept)
    others = sorted(set(kept) - {101, 102, 203, 279})
    assert state.left_out == 280 - 8
    # The rest is spread, not heaped at one end (waiting points were thinned to 64 before).
    assert all(30 < later - sooner < 110 for sooner, later in pairwise(others))


def test_points_on_the_chart_stay_before_those_within_a_subgroup() -> None:
    given_points = [point(ms(n), n, plotted=n // 5 if n % 5 == 4 else None) for n in range(50)]
    _, messages = step(add(State(), [(p, None) for p in given_points]), interval(0), limits=Limits(most=10))
    kept = [number for numbers in placed(messages).values() for number, _ in numbers]
    assert kept == [4, 9, 14, 19, 24, 29, 34, 39, 44, 49]


def test_signals_alone_can_not_fill_a_part() -> None:
    signals = [Signal(rule="nelson-1")]
    state = add(State(), [(point(ms(n / 10), n, signals=signals), None) for n in range(1000)])
    _, messages = step(state, interval(0))
    kept = [number for numbers in placed(messages).values() for number, _ in numbers]
    assert len(kept) == Limits().most
    assert kept[-1] == 999


def test_what_waits_for_a_frozen_camera_is_bounded() -> None:
    state = State()
    frozen = (BASE - 1,) * PART_FRAMES
    for number in range(6):
        new = [(point(ms(number * 320 + n / 10), number * 3200 + n), CAMERA) for n in range(3200)]
        state, _ = step(add(state, new), interval(number, frozen))
    (waiting,) = state.points.values()
    assert len(waiting) == Limits().waiting
    assert state.left_out == 6 * 3200 - len(waiting)


# --- any sequence --------------------------------------------------------------------------------


@st.composite
def programmes(draw: st.DrawFn) -> tuple[list[Interval], list[list[Point]]]:
    """Parts of one camera that is shown, cut away, frozen or a slate; and points by the part they precede."""
    length = draw(st.integers(1, 10))
    delay = draw(st.integers(0, 500_000))
    newest = BASE - delay
    parts = []
    for number in range(length):
        shown = []
        for frame in range(PART_FRAMES):
            now = BASE + number * PART + frame * FRAME_MICROS
            mode = draw(st.sampled_from("vvvvvvvvvvf0")) if draw(st.booleans()) else "v"
            newest = now - delay if mode == "v" else newest
            shown.append(0 if mode == "0" else newest)
        parts.append(interval(number, draw(st.sampled_from([shown, shown, None]))))
    arrivals: list[list[Point]] = [[] for _ in parts]
    for index, at in enumerate(sorted(draw(st.lists(st.integers(0, length - 1), max_size=30)))):
        time = BASE + at * PART + draw(st.integers(-600_000, 400_000))
        arrivals[at].append(point(Micros(time), index))
    return parts, arrivals


MANY = Limits(most=100)


def run(parts: list[Interval], arrivals: list[list[Point]]) -> tuple[State, dict[int, tuple[int, bool]]]:
    """Stamp them all: by point, its picture and whether it is late."""
    state, found = State(), {}
    for number, part in enumerate(parts):
        state = add(state, [(p, CAMERA) for p in arrivals[number]], limits=MANY)
        state, messages = step(state, part, limits=MANY)
        for picture, numbers in placed(messages).items():
            assert picture // PART_FRAMES == number
            for index, late in numbers:
                assert index not in found
                found[index] = picture, late
    return state, found


@given(programmes())
@settings(deadline=None)
def test_every_point_is_stamped_once_in_order_or_still_waits(
    programme: tuple[list[Interval], list[list[Point]]],
) -> None:
    parts, arrivals = programme
    state, found = run(parts, arrivals)
    waiting = {pending.point.index for pendings in state.points.values() for pending in pendings}
    everything = {p.index: at for at, points in enumerate(arrivals) for p in points}
    assert found.keys() | waiting == everything.keys()
    assert not found.keys() & waiting
    assert state.left_out == 0
    pictures = [found[index][0] for index in sorted(found)]
    assert pictures == sorted(pictures)
    for index, (picture, late) in found.items():
        assert picture >= everything[index] * PART_FRAMES
        assert not (late and picture // PART_FRAMES == 0)


@given(programmes())
@settings(deadline=None)
def test_no_point_stands_at_a_picture_of_before_it_unless_patience_ran_out(
    programme: tuple[list[Interval], list[list[Point]]],
) -> None:
    parts, arrivals = programme
    _, found = run(parts, arrivals)
    for at, points in enumerate(arrivals):
        for one in points:
            if one.index not in found:
                continue
            number, frame = divmod(found[one.index][0], PART_FRAMES)
            part = parts[number]
            seen = part.shown[CAMERA][frame] if CAMERA in part.shown else 0
            waited = part.utc_at(PART_FRAMES) - parts[at].utc
            assert (seen or part.utc_at(frame)) >= one.time or waited > Limits().patience


@given(
    delay=st.integers(0, 400_000),
    times=st.lists(st.integers(0, 3_000_000), max_size=20).map(sorted),
    early=st.booleans(),
)
@settings(deadline=None)
def test_with_the_camera_on_air_every_point_stands_at_the_frame_that_shows_it(
    delay: int, times: list[int], early: bool
) -> None:
    """By brute force over all pictures, when every point is known before its frame is announced."""
    parts = [interval(n, behind(n, delay / 1000)) for n in range(16)]
    all_shown = [taken for part in parts for taken in part.shown[CAMERA]]
    own = [next(i for i, taken in enumerate(all_shown) if taken >= BASE + time) for time in times]
    arrivals: list[list[Point]] = [[] for _ in parts]
    for index, (time, picture) in enumerate(zip(times, own, strict=True)):
        first_known = max(picture // PART_FRAMES - (3 if early else 0), 0)
        arrivals[first_known].append(point(Micros(BASE + time), index))
    _, found = run(parts, arrivals)
    assert found == {index: (picture, False) for index, picture in enumerate(own)}


@given(
    times=st.lists(st.integers(0, 3_000_000), max_size=20).map(sorted),
    lag=st.integers(1, 4),
    camera=st.booleans(),
)
@settings(deadline=None)
def test_points_that_come_after_their_picture_are_late_and_no_others(
    times: list[int], lag: int, camera: bool
) -> None:
    parts = [interval(n, behind(n, 0) if camera else None) for n in range(16)]
    arrivals: list[list[Point]] = [[] for _ in parts]
    for index, time in enumerate(times):
        arrivals[-(-time // FRAME_MICROS) // PART_FRAMES + lag].append(point(Micros(BASE + time), index))
    _, found = run(parts, arrivals)
    assert all(late and picture % PART_FRAMES == 0 for picture, late in found.values())
    assert len(found) == len(times)


@given(programmes(), st.data())
@settings(deadline=None)
def test_stamping_does_not_care_how_arrivals_are_cut(
    programme: tuple[list[Interval], list[list[Point]]], data: st.DataObject
) -> None:
    parts, arrivals = programme
    whole, pieces = State(), State()
    for number, part in enumerate(parts):
        taken = [(p, CAMERA) for p in arrivals[number]]
        cut = data.draw(st.integers(0, len(taken)))
        whole = add(whole, taken)
        pieces = add(add(pieces, taken[:cut]), taken[cut:])
        (whole, one), (pieces, two) = step(whole, part), step(pieces, part)
        assert one == two
    assert whole == pieces


def test_state_is_only_values() -> None:
    """A state that was stepped from is unchanged: the same step again gives the same."""
    state = add(State(), [(point(ms(n), n), CAMERA) for n in range(0, 900, 40)])
    first = step(state, interval(0, behind(0, 100)))
    assert step(state, interval(0, behind(0, 100))) == first


def test_late_is_only_said_where_the_point_is_stamped() -> None:
    original = point(ms(100))
    state, _ = step(State(), interval(0))
    step(add(state, [(original, None)]), interval(1))
    assert original == msgspec.structs.replace(original, late=False)


@pytest.mark.parametrize("patience", [0, 5_000_000])
def test_patience_is_the_callers(patience: int) -> None:
    frozen = (BASE - 1000,) * PART_FRAMES
    limits = Limits(patience=patience)
    state = add(State(), [(point(ms(10)), CAMERA)], limits=limits)
    steps = 0
    messages: list[TimedMessage] = []
    while not messages:
        state, messages = step(state, interval(steps, frozen), limits=limits)
        steps += 1
    assert steps == patience // PART + 1 + (1 if patience == 0 else 0)
