"""OEE is the published arithmetic, shift by shift, and the same however the events come."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.quality.note import codes
from quality_creator.quality.oee import (
    Counted,
    CycleSet,
    Event,
    ShiftBegan,
    ShiftEnded,
    StateChanged,
    current,
    decode,
    encode,
    oee,
    start,
    step,
)
from tests.quality.cases import assert_close, case

VORNE = case("oee_vorne")


def at(minutes: float) -> Micros:
    return Micros(round(minutes * 60e6))


def vorne_events() -> list[Event]:
    """The example as a line would send it: 480 min, 60 min of breaks, 47 min down."""
    return [
        ShiftBegan(time=at(0), name="early"),
        StateChanged(time=at(0), state="running"),
        Counted(time=at(100), total=6000, rejected=100),
        StateChanged(time=at(120), state="planned-stop"),
        StateChanged(time=at(180), state="running"),
        StateChanged(time=at(200), state="stopped"),
        StateChanged(time=at(247), state="running"),
        Counted(time=at(480), total=19271, rejected=423),
        ShiftEnded(time=at(480)),
    ]


def test_the_worked_example_of_oee_com() -> None:
    given_, expected = VORNE["inputs"], VORNE["expected"]
    planned = given_["planned_min"] * 60.0
    found = oee(
        planned_s=planned,
        run_s=planned - given_["downtime_min"] * 60.0,
        ideal_cycle_s=given_["ideal_cycle_s"],
        total=given_["total"],
        rejected=given_["reject"],
    )
    for name in ("availability", "performance", "quality", "oee"):
        assert_close(getattr(found, name), expected[name], VORNE["tolerance"])
    assert_close(found.oee, expected["oee_simple"], VORNE["tolerance"])


def test_the_same_example_from_states_and_counters() -> None:
    _, (shift,) = step(start(ideal_cycle_s=1.0, counter=(0, 0)), vorne_events())
    figures = shift.figures
    for name in ("availability", "performance", "quality", "oee"):
        assert_close(getattr(figures, name), VORNE["expected"][name], VORNE["tolerance"])
    assert (shift.stopped_s, shift.planned_stop_s, shift.unknown_s, shift.stops) == (2820.0, 3600.0, 0.0, 1)
    assert (figures.planned_s, figures.run_s, figures.good) == (25200.0, 22380.0, 18848)
    losses = figures.availability_loss_s + figures.performance_loss_s + figures.quality_loss_s
    assert losses == pytest.approx(figures.planned_s * (1 - (figures.oee or 0)))


def test_nakajima_s_example_has_its_figures() -> None:
    # Nakajima (1988), Introduction to TPM: 460 min loading time, 60 min down, 400 items of ideally half a
    # minute, 2 % defective: availability 87 %, performance 50 %, quality 98 %, OEE 42.6 %.
    found = oee(planned_s=460 * 60, run_s=400 * 60, ideal_cycle_s=30.0, total=400, rejected=8)
    assert (found.performance, found.quality) == (0.5, 0.98)
    assert found.availability == pytest.approx(0.87, abs=5e-3)
    assert found.oee == pytest.approx(0.426, abs=5e-4)


def test_performance_above_one_is_reported_and_not_clipped() -> None:
    found = oee(planned_s=100.0, run_s=50.0, ideal_cycle_s=1.0, total=60)
    assert found.performance == 1.2
    assert found.performance_loss_s == -10.0
    assert codes(found.notes) == ("performance-above-1",)


def test_what_can_not_be_said_is_none_and_never_nan() -> None:
    idle = oee(planned_s=0.0, run_s=0.0, ideal_cycle_s=1.0, total=0)
    assert (idle.availability, idle.performance, idle.quality, idle.oee) == (None, None, None, None)
    stopped = oee(planned_s=60.0, run_s=0.0, ideal_cycle_s=1.0, total=0)
    assert (stopped.availability, stopped.performance, stopped.quality, stopped.oee) == (0.0, None, None, 0.0)
    strange = oee(planned_s=60.0, run_s=0.0, ideal_cycle_s=1.0, total=5, rejected=6)
    assert codes(strange.notes) == ("rejects-above-total", "made-while-stopped")


def test_a_state_that_spans_the_end_of_a_shift_is_split_there() -> None:
    state, first = step(
        start(ideal_cycle_s=1.0),
        [
            ShiftBegan(time=at(0), name="A"),
            StateChanged(time=at(0), state="running"),
            StateChanged(time=at(50), state="stopped"),
            ShiftBegan(time=at(60), name="B"),
            StateChanged(time=at(65), state="running"),
        ],
    )
    assert [(one.name, one.figures.run_s, one.stopped_s) for one in first] == [("A", 3000.0, 600.0)]
    running = current(state, at(70))
    assert running is not None
    assert (running.name, running.ended, running.figures.run_s, running.stopped_s) == (
        "B",
        False,
        300.0,
        300.0,
    )


def test_counters_that_start_again_and_first_readings_are_understood() -> None:
    began = [ShiftBegan(time=at(0), name="A"), StateChanged(time=at(0), state="running")]
    counts = [
        Counted(time=at(1), total=5000, rejected=40),
        Counted(time=at(2), total=5010, rejected=41),
        Counted(time=at(3), total=4, rejected=1),
    ]
    state, _ = step(start(ideal_cycle_s=1.0), [*began, *counts])
    shift = current(state, at(3))
    assert shift is not None
    # The first reading is where counting begins; then 10 and, from 0, 4.
    assert (shift.figures.total, shift.figures.rejected) == (14, 2)
    state, _ = step(start(ideal_cycle_s=1.0, counter=(0, 0)), [*began, *counts[:1]])
    shift = current(state, at(3))
    assert shift is not None
    assert shift.figures.total == 5000


def test_each_product_has_its_own_ideal_cycle() -> None:
    state, _ = step(
        start(counter=(0, 0)),
        [
            ShiftBegan(time=at(0), name="A"),
            StateChanged(time=at(0), state="running"),
            Counted(time=at(1), total=3, rejected=0),
            CycleSet(time=at(1), ideal_cycle_s=2.0),
            Counted(time=at(2), total=13, rejected=0),
            CycleSet(time=at(2), ideal_cycle_s=6.0),
            Counted(time=at(3), total=18, rejected=1),
        ],
    )
    shift = current(state, at(3))
    assert shift is not None
    assert shift.figures.ideal_s == 10 * 2.0 + 5 * 6.0
    assert shift.figures.oee == pytest.approx((10 * 2.0 + 4 * 6.0) / 180.0)
    assert codes(shift.figures.notes) == ("no-ideal-cycle",)


def test_time_of_which_nobody_spoke_is_left_out_and_told() -> None:
    _, (shift,) = step(
        start(ideal_cycle_s=1.0),
        [
            ShiftBegan(time=at(0), name="A"),
            StateChanged(time=at(10), state="running"),
            ShiftEnded(time=at(20)),
        ],
    )
    assert (shift.unknown_s, shift.figures.planned_s) == (600.0, 600.0)
    assert "unknown-time" in codes(shift.figures.notes)


def test_between_shifts_nothing_is_counted() -> None:
    state, _ = step(start(ideal_cycle_s=1.0, counter=(0, 0)), vorne_events())
    assert current(state, at(500)) is None
    state, _ = step(
        state,
        [Counted(time=at(500), total=19300, rejected=423), ShiftBegan(time=at(510), name="late")],
    )
    late = current(state, at(520))
    assert late is not None
    assert (late.figures.total, late.figures.run_s) == (0, 600.0)


@given(st.lists(st.integers(0, 9), max_size=5))
def test_how_the_events_are_cut_does_not_matter(cuts: list[int]) -> None:
    events = vorne_events()
    whole = step(start(ideal_cycle_s=1.0, counter=(0, 0)), events)
    state, summaries = start(ideal_cycle_s=1.0, counter=(0, 0)), []
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), len(events)], strict=True):
        state, some = step(decode(encode(state)), events[first:last])
        summaries += some
    assert (state, tuple(summaries)) == whole


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 100_000_000)), max_size=20))
def test_every_microsecond_of_a_shift_is_in_exactly_one_state(changes: list[tuple[int, int]]) -> None:
    time = 0
    events: list[Event] = [ShiftBegan(time=Micros(0), name="A")]
    states = ("running", "stopped", "planned-stop", "unknown")
    for which, passed in changes:
        time += passed
        events.append(StateChanged(time=Micros(time), state=states[which]))  # type: ignore[arg-type]
    events.append(ShiftEnded(time=Micros(time + 7)))
    _, (shift,) = step(start(), events)
    total = shift.figures.run_s + shift.stopped_s + shift.planned_stop_s + shift.unknown_s
    assert total == pytest.approx((time + 7) / 1e6, abs=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: oee(planned_s=-1.0, run_s=0.0, ideal_cycle_s=1.0, total=0), "planned time is a number"),
        (lambda: oee(planned_s=1.0, run_s=math.nan, ideal_cycle_s=1.0, total=0), "run time is a number"),
        (lambda: oee(planned_s=1.0, run_s=2.0, ideal_cycle_s=1.0, total=0), "exceeds the planned"),
        (lambda: oee(planned_s=1.0, run_s=1.0, ideal_cycle_s=0.0, total=0), "above 0, not 0"),
        (lambda: oee(planned_s=1.0, run_s=1.0, ideal_cycle_s=1.0, total=-1), "counts are 0 or more"),
        (lambda: oee(planned_s=1.0, run_s=1.0, total=1), "give the ideal cycle"),
        (lambda: start(ideal_cycle_s=-1.0), "above 0"),
        (
            lambda: step(
                start(),
                [StateChanged(time=at(2), state="running"), StateChanged(time=at(1), state="stopped")],
            ),
            "60 s before",
        ),
        (lambda: step(start(), [Counted(time=at(0), total=-1, rejected=0)]), "counters are 0 or more"),
        (lambda: step(start(), [CycleSet(time=at(0), ideal_cycle_s=math.inf)]), "above 0"),
        (
            lambda: step(
                start(),
                [Counted(time=at(0), total=5, rejected=3), Counted(time=at(1), total=6, rejected=2)],
            ),
            "rejects fell from 3 to 2",
        ),
    ],
)
def test_each_bad_input_is_refused_with_its_own_words(call: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call()  # type: ignore[operator]


def test_changed_bytes_of_a_state_are_refused() -> None:
    data = bytearray(encode(start(ideal_cycle_s=1.0)))
    for position in range(len(data)):
        data[position] ^= 4
        with pytest.raises(BadPayload):
            decode(bytes(data))
        data[position] ^= 4
