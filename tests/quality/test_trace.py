"""A trace passes, fails or is incomplete as its envelope says, wherever the samples are cut."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.quality.trace import Envelope, decode, encode, judge, start, step

BOX = Envelope(upper=((0.0, 5.0), (10.0, 5.0)), lower=((0.0, 1.0), (10.0, 1.0)))
ROOF = Envelope(upper=((0.0, 4.0), (5.0, 2.0), (10.0, 4.0)))


def test_a_trace_inside_its_envelope_passes_with_its_smallest_margin() -> None:
    found = judge(BOX, [0.0, 4.0, 10.0], [3.0, 4.5, 1.2])
    assert (found.verdict, found.worst_side, found.excursions) == ("pass", "lower", 0)
    assert found.margin == pytest.approx(0.2)
    assert found.margin_percent == pytest.approx(10.0)
    assert found.worst is not None
    assert (found.worst.index, found.worst.x) == (2, 10.0)
    assert found.peak is not None
    assert found.peak.y == 4.5


def test_a_point_on_the_limit_is_inside_and_a_point_beyond_it_fails() -> None:
    assert judge(BOX, [0.0, 10.0], [5.0, 1.0]).verdict == "pass"
    found = judge(BOX, [0.0, 3.0, 6.0, 10.0], [2.0, 5.5, 0.5, 2.0])
    assert (found.verdict, found.excursions, found.margin) == ("fail", 1, -0.5)
    assert found.first is not None
    assert found.first.index == 1


def test_a_corner_between_two_samples_is_judged() -> None:
    # Both samples lie under the roof, the straight line between them does not.
    found = judge(ROOF, [0.0, 10.0], [3.0, 3.0])
    assert (found.verdict, found.margin) == ("fail", -1.0)
    assert found.worst is not None
    assert (found.worst.x, found.worst.y, found.worst.index) == (5.0, 3.0, 0)


def test_at_a_step_of_the_limit_the_tighter_side_counts() -> None:
    stair = Envelope(upper=((0.0, 5.0), (4.0, 5.0), (4.0, 2.0), (10.0, 2.0)))
    assert judge(stair, [0.0, 4.0, 10.0], [1.0, 3.0, 1.0]).verdict == "fail"
    assert judge(stair, [0.0, 3.9, 4.0, 10.0], [1.0, 4.9, 2.0, 1.0]).margin == 0.0
    needle = Envelope(upper=((0.0, 5.0), (4.0, 5.0), (4.0, 1.0), (4.0, 5.0), (10.0, 5.0)))
    assert judge(needle, [0.0, 10.0], [3.0, 3.0]).margin == -2.0


def test_a_trace_that_does_not_span_the_envelope_or_has_gaps_is_incomplete() -> None:
    assert judge(BOX, [0.0, 9.9], [3.0, 3.0]).verdict == "incomplete"
    assert judge(BOX, [], []).verdict == "incomplete"
    gap = judge(BOX, [0.0, 5.0, 10.0], [3.0, math.nan, 3.0])
    assert (gap.verdict, gap.missing, gap.judged) == ("incomplete", 1, 2)
    assert judge(BOX, [20.0, 30.0], [3.0, 3.0]).margin is None
    # What lies outside is a fail, whole or not.
    assert judge(BOX, [0.0, 1.0], [9.0, 3.0]).verdict == "fail"


def test_nothing_is_assumed_across_a_gap() -> None:
    assert judge(ROOF, [0.0, 4.0, 10.0], [3.0, math.nan, 3.0]).verdict == "incomplete"
    # Outside before and after: two excursions, for nobody saw it stay there.
    assert judge(BOX, [0.0, 1.0, 2.0, 10.0], [9.0, math.nan, 9.0, 3.0]).excursions == 2
    assert judge(BOX, [0.0, 1.0, 2.0, 10.0], [9.0, 9.0, 9.0, 3.0]).excursions == 1


def test_outside_the_span_of_the_envelope_nothing_is_judged() -> None:
    found = judge(BOX, [-5.0, 0.0, 10.0, 15.0], [99.0, 3.0, 3.0, 99.0])
    # The lines to and from 99 enter the span at its ends, where the samples are.
    assert (found.verdict, found.judged, found.samples) == ("pass", 2, 4)
    cut = judge(BOX, [-5.0, 5.0, 10.0], [99.0, 3.0, 3.0])
    assert cut.verdict == "fail"  # at x = 0 the line stands at 51


def test_loading_and_unloading_are_both_judged() -> None:
    found = judge(BOX, [0.0, 5.0, 10.0, 5.0, 0.0], [2.0, 3.0, 4.0, 0.5, 2.0])
    assert (found.verdict, found.excursions) == ("fail", 1)
    assert found.worst is not None
    assert found.worst.index == 3


Curve = list[tuple[int, int | None]]
curves = st.lists(
    st.tuples(st.integers(-4, 14), st.one_of(st.integers(-2, 8), st.none())), min_size=1, max_size=25
)


@given(curves, st.lists(st.integers(0, 25), max_size=4))
def test_how_the_samples_are_cut_does_not_matter(curve: Curve, cuts: list[int]) -> None:
    x = [float(a) for a, _ in curve]
    y = [math.nan if b is None else float(b) for _, b in curve]
    for envelope in (BOX, ROOF):
        whole = step(start(envelope), x, y)
        state = start(envelope)
        for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), len(x)], strict=True):
            state = decode(encode(step(state, x[first:last], y[first:last])))
        assert state == whole


@given(curves)
def test_the_margin_is_the_one_of_a_very_fine_walk_along_the_trace(
    curve: Curve,
) -> None:
    x = np.array([float(a) for a, _ in curve])
    y = np.array([float(b or 0) for _, b in curve])
    assume(len(x) > 1)
    t = np.linspace(0, len(x) - 1, 840 * (len(x) - 1) + 1)
    fine_x, fine_y = np.interp(t, np.arange(len(x)), x), np.interp(t, np.arange(len(x)), y)
    inside = (fine_x >= 0) & (fine_x <= 10)
    found = judge(ROOF, x, y)
    if not inside.any():
        assert found.margin is None or found.margin > -math.inf
        return
    limit = np.interp(fine_x, [0.0, 5.0, 10.0], [4.0, 2.0, 4.0])
    assert found.margin == pytest.approx(float((limit - fine_y)[inside].min()), abs=0.02)


def test_values_at_the_ends_of_the_double_range_are_judged() -> None:
    wide = Envelope(upper=((0.0, 1.7e308), (1.0, 1.7e308)))
    assert judge(wide, [0.0, 1.0], [-1.7e308, -1.7e308]).verdict == "pass"


@pytest.mark.parametrize(
    ("envelope", "message"),
    [
        (Envelope(), "needs an upper or a lower limit"),
        (Envelope(upper=((0.0, 1.0),)), "at least 2 corners"),
        (Envelope(upper=((0.0, 1.0), (math.nan, 1.0))), "finite"),
        (Envelope(upper=((1.0, 1.0), (0.0, 1.0))), "goes back from 1 to 0"),
        (Envelope(upper=((1.0, 1.0), (1.0, 2.0))), "no width"),
        (Envelope(upper=((0.0, 1.0), (1.0, 1.0)), lower=((2.0, 0.0), (3.0, 0.0))), "no x in common"),
        (Envelope(upper=((0.0, 1.0), (4.0, 1.0)), lower=((0.0, 0.0), (4.0, 2.0))), "crossed at 4"),
    ],
)
def test_envelopes_that_judge_nothing_are_refused(envelope: Envelope, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        start(envelope)


def test_samples_that_are_no_samples_and_changed_states_are_refused() -> None:
    state = start(BOX)
    for x, y, message in (
        ([1.0, 2.0], [1.0], "equally many"),
        ([math.nan], [1.0], "x must be finite"),
        ([1.0], [math.inf], "y must be finite"),
        (["a"], [1.0], "not all numbers"),
    ):
        with pytest.raises(BadInput, match=message):
            step(state, x, y)
    data = bytearray(encode(state))
    data[-1] ^= 1
    with pytest.raises(BadPayload):
        decode(bytes(data))
