"""Phase I: the record, what it leaves out, what it refuses, and what must not change it."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import given as always
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.quality import Exclusion, Kind, Plan, PointLines, analyse, estimate, given, start, step
from quality_creator.quality.constants import c4, d2, d3
from quality_creator.quality.rules import NELSON
from tests.quality.cases import case

RINGS = np.array(case("pistonrings_xbar_r_phase12")["inputs"]["phase1"])
RING_PLAN = Plan(kind="xbar-r", size=5)


def test_the_record_says_what_was_done_to_whom_and_by_whom() -> None:
    found = estimate(RING_PLAN, RINGS, span=(5, 25), exclude={7: "tool broke", 20: "other gauge"}, by="Lin")
    kept = [number for number in range(5, 25) if number not in (7, 20)]
    assert (found.kind, found.method, found.span, found.used, found.missing) == (
        "xbar-r",
        "rbar",
        (5, 25),
        18,
        0,
    )
    assert found.excluded == (
        Exclusion(index=7, reason="tool broke"),
        Exclusion(index=20, reason="other gauge"),
    )
    assert found.constants == {"d2": d2(5), "d3": d3(5)}
    assert found.by == "Lin"
    assert found.limits.center == pytest.approx(RINGS[kept].mean(), rel=1e-14)
    assert found.limits.sigma == pytest.approx(np.ptp(RINGS[kept], axis=1).mean() / d2(5), rel=1e-12)


def test_an_excluded_individual_has_no_moving_ranges() -> None:
    values = [10.0, 11.0, 50.0, 10.0, 12.0]
    found = estimate(Plan(kind="i-mr"), values, exclude={2: "test piece"})
    # Only 10-11 and 10-12 stand beside each other.
    assert found.limits.sigma == pytest.approx(1.5 / d2(2))
    assert found.limits.center == pytest.approx(43.0 / 4)


def test_missing_values_are_counted_and_left_out() -> None:
    found = estimate(Plan(kind="i-mr"), [10.0, math.nan, 11.0, 13.0, math.nan])
    assert (found.used, found.missing) == (3, 2)
    assert found.limits.sigma == pytest.approx(2.0 / d2(2))


def test_every_method_estimates_the_sigma_of_a_normal_sample() -> None:
    values = np.random.default_rng(4).normal(5.0, 2.0, (4000, 5))
    for method in ("rbar", "rbar-mvlue", "sbar", "sbar-mvlue", "pooled"):
        for kind in ("xbar-r", "xbar-s"):
            found = estimate(Plan(kind=kind, size=5), values, method=method).limits.sigma
            assert found == pytest.approx(2.0, rel=0.02), (method, kind)
    for method in ("mrbar", "median-mr", "sd"):
        assert estimate(Plan(kind="i-mr"), values, method=method).limits.sigma == pytest.approx(2.0, rel=0.03)


def test_methods_for_unequal_subgroups_have_their_definitions() -> None:
    # qcc's UWAVE, MVLUE and RMSDF, from their formulas.
    sizes = [2, 3, 5, 4]
    rng = np.random.default_rng(2)
    groups = [rng.normal(size=n) for n in sizes]
    values = np.array([[*group, *[math.nan] * (5 - len(group))] for group in groups])
    ranges, deviations = [np.ptp(g) for g in groups], [g.std(ddof=1) for g in groups]
    found = {
        method: estimate(Plan(kind="xbar-s", size=5), values, method=method).limits.sigma
        for method in ("sbar", "sbar-mvlue", "pooled", "rbar", "rbar-mvlue")
    }
    weights_s = [c4(n) / (1 - c4(n) ** 2) for n in sizes]
    weights_r = [d2(n) / d3(n) ** 2 for n in sizes]
    freedom = sum(sizes) - 4
    pooled = math.sqrt(sum((n - 1) * s * s for n, s in zip(sizes, deviations, strict=True)) / freedom)
    expected = {
        "sbar": np.mean([s / c4(n) for n, s in zip(sizes, deviations, strict=True)]),
        "sbar-mvlue": np.dot(weights_s, deviations) / np.dot(weights_s, [c4(n) for n in sizes]),
        "pooled": pooled / c4(freedom + 1),
        "rbar": np.mean([r / d2(n) for n, r in zip(sizes, ranges, strict=True)]),
        "rbar-mvlue": np.dot(weights_r, ranges) / np.dot(weights_r, [d2(n) for n in sizes]),
    }
    for method, sigma in expected.items():
        assert found[method] == pytest.approx(sigma, rel=1e-12), method


def test_limits_do_not_move_while_the_process_does() -> None:
    limits = estimate(RING_PLAN, RINGS).limits
    state, _ = step(start(RING_PLAN, limits), RINGS + 1.0)
    assert state.limits == limits


def test_analysing_is_estimating_and_judging() -> None:
    for kind, size in (("i-mr", 1), ("xbar-r", 5), ("xbar-s", 5), ("ewma", 5), ("cusum", 1)):
        rules = NELSON if kind in ("i-mr", "xbar-r", "xbar-s") else ()
        plan = Plan(kind=kind, size=size, rules=rules)  # type: ignore[arg-type]
        span = (0, len(RINGS.ravel()) // size // 2)
        estimation, state, points = analyse(plan, RINGS, span=span, by="x")
        assert estimation == estimate(plan, RINGS, span=span, by="x")
        expected_state, expected = step(start(plan, estimation.limits), RINGS)
        np.testing.assert_array_equal(points.location, expected.location)
        np.testing.assert_array_equal(points.spread, expected.spread)
        assert points.signals == expected.signals
        assert (state.history, state.memory, state.plotted) == (
            expected_state.history,
            expected_state.memory,
            expected_state.plotted,
        )


@pytest.mark.parametrize(
    ("plan", "values", "options", "words"),
    [
        (Plan(kind="i-mr"), [], {}, "no values"),
        (Plan(kind="i-mr"), [1.0], {}, "at least 2 points"),
        (Plan(kind="i-mr"), [1.0, math.nan, 2.0], {}, "2 values in a row"),
        (Plan(kind="i-mr"), [3.0] * 9, {}, "constant values have no control limits"),
        (Plan(kind="i-mr"), ["a", "b"], {}, "values are numbers"),
        (Plan(kind="i-mr"), [[1.0], [1.0, 2.0]], {}, "values are numbers"),
        (RING_PLAN, [1.0] * 9, {}, "whole points of 5"),
        (RING_PLAN, [1.0, 2.0, 3.0, 4.0, 5.0], {}, "at least 2 points"),
        (RING_PLAN, [7.0] * 20, {}, "constant"),
        (RING_PLAN, [1.0, *[math.nan] * 4] * 3, {}, "no subgroup has the 2 values"),
        (RING_PLAN, RINGS, {"span": (0, 26)}, "not inside the 25 points"),
        (RING_PLAN, RINGS, {"span": (5, 5)}, "not inside"),
        (RING_PLAN, RINGS, {"span": (-1, 5)}, "not inside"),
        (RING_PLAN, RINGS, {"exclude": {25: "x"}}, "not in the span"),
        (RING_PLAN, RINGS, {"exclude": {3: "  "}}, "say why point 3"),
        (RING_PLAN, RINGS, {"method": "sd"}, "does not estimate"),
        (RING_PLAN, RINGS, {"method": "magic"}, "rbar"),
        (Plan(kind="xbar-r", size=1), [1.0, 2.0], {}, "choose i-mr"),
        (Plan(kind="xbar-r", size=0), [1.0, 2.0], {}, "at least 1 value"),
        (Plan(kind="xbar-r", size=2000), [1.0, 2.0] * 2000, {}, "s chart"),
        (Plan(kind="i-mr", size=3), [1.0, 2.0, 4.0], {}, "no subgroup size"),
        (Plan(kind="i-mr", rules=("nelson-1", "nelson-1")), [1.0, 2.0], {}, "named twice"),
        (Plan(kind="i-mr", rules=("nelson-0",)), [1.0, 2.0], {}, "no rule"),
        (Plan(kind="i-mr", width=0.0), [1.0, 2.0], {}, "positive number of sigmas"),
        (Plan(kind="pie"), [1.0, 2.0], {}, "no chart"),  # type: ignore[arg-type]
    ],
)
def test_data_that_give_no_limits_are_refused(plan: Plan, values: Any, options: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        estimate(plan, values, **options)


@pytest.mark.parametrize("sigma", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("plan", [Plan(kind="i-mr"), Plan(kind="ewma"), Plan(kind="cusum")])
def test_a_given_sigma_is_a_positive_number(plan: Plan, sigma: float) -> None:
    with pytest.raises(BadInput):
        given(plan, center=0.0, sigma=sigma)
    with pytest.raises(BadInput):
        given(plan, center=math.nan, sigma=1.0)
    with pytest.raises(BadInput, match="need a sigma"):
        given(plan, center=0.0)


kinds: st.SearchStrategy[tuple[Kind, int]] = st.sampled_from([("i-mr", 1), ("xbar-r", 4), ("xbar-s", 4)])


@always(
    kind=kinds,
    seed=st.integers(0, 10_000),
    scale=st.floats(1e-3, 1e3) | st.floats(-1e3, -1e-3),
    shift=st.floats(-1e3, 1e3),
)
def test_another_unit_changes_no_signal(
    kind: tuple[Kind, int], seed: int, scale: float, shift: float
) -> None:
    plan = Plan(kind=kind[0], size=kind[1], rules=NELSON)
    values = np.random.default_rng(seed).normal(size=120)
    one, _, plain = analyse(plan, values)
    two, _, scaled = analyse(plan, values * scale + shift)
    assert two.limits.sigma == pytest.approx(abs(scale) * one.limits.sigma, rel=1e-6)
    assert two.limits.center == pytest.approx(scale * one.limits.center + shift, rel=1e-6, abs=1e-6)
    # Rounding may carry a point over a line that it nearly touches; the draw avoids such points.
    lines = one.limits.location.center + np.array([-3, -2, -1, 0, 1, 2, 3]) * one.limits.sigma / math.sqrt(
        plan.size
    )
    near = np.abs(plain.location[:, None] - lines).min() < 1e-7 * one.limits.sigma
    assume(not near)
    assert scaled.signals == plain.signals


@always(kind=kinds, seed=st.integers(0, 10_000))
def test_the_order_within_a_subgroup_does_not_matter(kind: tuple[Kind, int], seed: int) -> None:
    assume(kind[1] > 1)
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(30, kind[1]))
    shuffled = rng.permuted(values, axis=1)
    plan = Plan(kind=kind[0], size=kind[1])
    one, two = estimate(plan, values).limits, estimate(plan, shuffled).limits
    assert two.center == pytest.approx(one.center, rel=1e-12, abs=1e-12)
    assert two.sigma == pytest.approx(one.sigma, rel=1e-12)


@always(seed=st.integers(0, 10_000))
def test_the_order_of_subgroups_does_not_move_limits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(30, 5))
    one = estimate(RING_PLAN, values).limits
    two = estimate(RING_PLAN, rng.permutation(values)).limits
    assert two.sigma == pytest.approx(one.sigma, rel=1e-12)


@pytest.mark.parametrize("factor", [2.0**-1000, 2.0**-500, 2.0**500, 2.0**1000])
@pytest.mark.parametrize("kind", [("i-mr", 1), ("xbar-r", 5), ("xbar-s", 5), ("ewma", 5), ("cusum", 5)])
def test_values_at_the_ends_of_the_number_range_are_judged_as_others(
    kind: tuple[Kind, int], factor: float
) -> None:
    rules = NELSON if kind[0] in ("i-mr", "xbar-r", "xbar-s") else ()
    plan = Plan(kind=kind[0], size=kind[1], rules=rules)
    values = RINGS - 74.0
    one, _, plain = analyse(plan, values)
    two, _, scaled = analyse(plan, values * factor)
    assert two.limits.sigma == pytest.approx(one.limits.sigma * factor, rel=1e-9)
    assert scaled.signals == plain.signals
    assert np.isfinite(scaled.location).all()


def test_a_range_beyond_all_numbers_is_shown_as_the_largest() -> None:
    plan = Plan(kind="xbar-s", size=2)
    state = start(plan, given(plan, center=0.0, sigma=1.0))
    _, points = step(state, [1.7e308, -1.7e308, 5e-324, 0.0])
    assert np.isfinite(points.location).all()
    assert np.isfinite(points.spread).all()
    assert points.signals.rows("spread-limits").tolist() == [0]
    with pytest.raises(BadInput, match="leave the range of numbers"):
        estimate(plan, [1.7e308, -1.7e308] * 3)


def test_short_subgroups_share_the_lines_of_unequal_ones() -> None:
    plan = Plan(kind="xbar-r", size=3)
    values = [1.0, 2.0, 3.0, 2.0, 4.0, math.nan, 1.0, 4.0, 2.0]
    estimation, _, points = analyse(plan, values)
    assert estimation.limits.common_spread
    assert isinstance(points.spread_lines, PointLines)
    weighted = (3 * 2.0 + 2 * 2.0 + 3 * 3.0) / 8
    np.testing.assert_allclose(points.spread_lines.center, weighted)
    assert set(estimation.constants) == {"d2(2)", "d2(3)", "d3(2)", "d3(3)"}
