"""I-MR, Xbar-R and Xbar-S against published numbers, and cut anywhere."""

import itertools
import math
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import strategies as st
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import Plan, PointLines, decode, encode, estimate, given, start, step
from quality_creator.quality.rules import NELSON, WESTERN_ELECTRIC
from tests.quality.cases import assert_close, case

ALL_RULES = (*NELSON, "nelson-8-both", *WESTERN_ELECTRIC)

NAMES = {
    "beyond_limits": "nelson-1",
    "we2_2of3_2s": "western-electric-2",
    "we3_4of5_1s": "western-electric-3",
    "we4_8_one_side": "western-electric-4",
    "nelson2_9_one_side": "nelson-2",
    "nelson3_6_trend": "nelson-3",
    "nelson4_14_alternating": "nelson-4",
    "nelson7_15_within_1s": "nelson-7",
    "nelson8_8_outside_1s_both_sides": "nelson-8-both",
}


def padded(subgroups: list[list[float]]) -> NDArray[np.float64]:
    size = max(map(len, subgroups))
    return np.array([row + [math.nan] * (size - len(row)) for row in subgroups])


CASES = [
    ("pistonrings_xbar_r_phase12", Plan(kind="xbar-r", size=5, rules=ALL_RULES), None, "location"),
    ("pistonrings_r_phase12", Plan(kind="xbar-r", size=5), None, "spread"),
    ("pistonrings_xbar_s_phase12", Plan(kind="xbar-s", size=5, rules=ALL_RULES), None, "location"),
    ("pistonrings_s_phase12", Plan(kind="xbar-s", size=5), None, "spread"),
    # With exact constants its limits lie 0.00101 sigma from those printed; the tolerance is 0.001.
    ("viscosity_i_mr", Plan(kind="i-mr", rules=ALL_RULES, constants="printed"), None, "location"),
    ("viscosity_i_sd", Plan(kind="i-mr", rules=ALL_RULES), "sd", "location"),
]


@pytest.mark.parametrize(("name", "plan", "method", "picture"), CASES)
def test_published_chart_of_two_phases(name: str, plan: Plan, method: str | None, picture: str) -> None:
    published = case(name)
    inputs, expected = published["inputs"], published["expected"]
    limits = estimate(plan, inputs["phase1"], method=method).limits
    _, points = step(start(plan, limits), inputs["phase1"] + inputs["phase2"])
    lines = limits.location if picture == "location" else limits.spread
    assert lines is not None
    tolerance = published["tolerance"]
    assert_close(lines.center, expected["center"], tolerance)
    assert_close(lines.lower, expected["lcl"], tolerance)
    assert_close(lines.upper, expected["ucl"], tolerance)
    assert_close(getattr(points, picture), expected["statistics"], tolerance)
    assert limits.sigma == pytest.approx(expected["sigma"], rel=tolerance["sigma_rel"])
    if "sigma_exact_constants" in expected:
        exact = estimate(msgspec.structs.replace(plan, constants="exact"), inputs["phase1"], method=method)
        assert exact.limits.sigma == pytest.approx(expected["sigma_exact_constants"], rel=1e-9)
    names = NAMES if picture == "location" else {"beyond_limits": "spread-limits"}
    found = {key: points.signals.rows(names[key]).tolist() for key in expected["signals"]}
    assert found == expected["signals"]


@pytest.mark.parametrize(
    ("name", "kind", "picture"),
    [
        ("pistonrings_unequal_n_xbar_UWAVE-R", "xbar-r", "location"),
        ("pistonrings_unequal_n_R", "xbar-r", "spread"),
        ("pistonrings_unequal_n_S", "xbar-s", "spread"),
    ],
)
def test_published_chart_of_unequal_subgroups(name: str, kind: Any, picture: str) -> None:
    published = case(name)
    expected, tolerance = published["expected"], published["tolerance"]
    values = padded(published["inputs"]["phase1"])
    plan = Plan(kind=kind, size=5, rules=ALL_RULES)
    limits = estimate(plan, values).limits
    _, points = step(start(plan, limits), values)
    lines = points.location_lines if picture == "location" else points.spread_lines
    assert isinstance(lines, PointLines)
    assert_close(lines.center, np.full(25, expected["center"]), tolerance)
    assert_close(lines.lower, expected["lcl"], tolerance)
    assert_close(lines.upper, expected["ucl"], tolerance)
    assert_close(getattr(points, picture), expected["statistics"], tolerance)
    assert limits.sigma == pytest.approx(expected["sigma"], rel=tolerance["sigma_rel"])
    assert list(points.signals) == []


def test_nist_handbook_individuals() -> None:
    published = case("nist_6322_i_mr")
    expected, tolerance = published["expected"], published["tolerance"]
    limits = estimate(Plan(kind="i-mr"), published["inputs"]["data"]).limits
    assert limits.spread is not None
    assert_close(limits.center, expected["center"], tolerance)
    assert_close(limits.location.upper, expected["ucl"], tolerance)
    assert_close(limits.location.lower, expected["lcl"], tolerance)
    assert_close(limits.spread.center, expected["mr_center"], tolerance)
    assert_close(limits.spread.upper, expected["mr_ucl"], tolerance)


def test_montgomery_hard_bake() -> None:
    published = case("montgomery_6_1_hardbake_xbar_r")
    expected, tolerance = published["expected"], published["tolerance"]
    plan = Plan(kind="xbar-r", size=5)
    limits = estimate(plan, published["inputs"]["data"]).limits
    _, points = step(start(plan, limits), published["inputs"]["data"])
    assert limits.spread is not None
    assert_close(limits.center, expected["center"], tolerance)
    assert_close(limits.sigma, expected["sigma"], tolerance)
    assert_close(limits.location.upper, expected["ucl"], tolerance)
    assert_close(limits.location.lower, expected["lcl"], tolerance)
    assert_close(limits.spread.center, expected["r_center"], tolerance)
    assert_close(limits.spread.upper, expected["r_ucl"], tolerance)
    assert limits.spread.lower == expected["r_lcl"]
    assert list(points.signals) == []


cuts = st.lists(st.integers(0, 60), max_size=6).map(sorted)
kinds = st.sampled_from([("i-mr", 1), ("xbar-r", 3), ("xbar-r", 8), ("xbar-s", 4), ("xbar-s", 11)])


@always(kind=kinds, cuts=cuts, seed=st.integers(0, 10_000), gaps=st.booleans(), restart=st.booleans())
def test_step_does_not_care_how_the_stream_is_cut(
    kind: tuple[Any, int], cuts: list[int], seed: int, gaps: bool, restart: bool
) -> None:
    name, size = kind
    rng = np.random.default_rng(seed)
    values = np.round(rng.normal(size=60 * size), 2)
    if gaps:
        values[rng.random(len(values)) < 0.05] = math.nan
    plan = Plan(kind=name, size=size, rules=ALL_RULES)
    state = start(plan, given(plan, center=0.0, sigma=0.8))
    _, whole = step(state, values)
    edges = [0, *(cut * len(values) // 60 for cut in cuts), len(values)]
    locations, spreads, signals, indices = [], [], [], []
    for first, last in itertools.pairwise(edges):
        state, points = step(state, values[first:last])
        if restart:
            state = decode(encode(state))
        locations.append(points.location)
        spreads.append(points.spread)
        indices.append(first + points.value_index)
        signals += [(points.first + signal.row, signal.rule, signal.continuing) for signal in points.signals]
    np.testing.assert_array_equal(np.concatenate(locations), whole.location)
    np.testing.assert_array_equal(np.concatenate(spreads), whole.spread)
    np.testing.assert_array_equal(np.concatenate(indices), whole.value_index)
    assert signals == [(signal.row, signal.rule, signal.continuing) for signal in whole.signals]


@pytest.mark.parametrize(
    "plan", [Plan(kind="i-mr"), Plan(kind="xbar-r", size=2), Plan(kind="xbar-s", size=2)]
)
def test_infinity_is_refused_by_its_place(plan: Plan) -> None:
    state = start(plan, given(plan, center=0.0, sigma=1.0))
    with pytest.raises(BadInput, match="value 1 is infinite"):
        step(state, [0.0, math.inf])
    with pytest.raises(BadInput, match="value 3 is infinite"):
        estimate(plan, [0.0, 1.0, math.nan, -math.inf])


def test_a_missing_value_is_a_gap_and_not_a_zero() -> None:
    plan = Plan(kind="i-mr")
    _, points = step(start(plan, given(plan, center=10.0, sigma=1.0)), [10.0, 11.0, math.nan, 10.5, 10.0])
    np.testing.assert_array_equal(points.location, [10.0, 11.0, math.nan, 10.5, 10.0])
    np.testing.assert_array_equal(points.spread, [math.nan, 1.0, math.nan, math.nan, 0.5])
    assert list(points.signals) == []
    assert points.index.tolist() == [0, 1, 2, 3, 4]


def test_a_short_subgroup_has_its_own_limits() -> None:
    plan = Plan(kind="xbar-r", size=4)
    _, points = step(start(plan, given(plan, center=0.0, sigma=1.0)), [0, 1, 2, 3, 1, 2, math.nan, math.nan])
    assert isinstance(points.location_lines, PointLines)
    np.testing.assert_allclose(points.location_lines.upper, [1.5, 3 / math.sqrt(2)])
    assert isinstance(points.spread_lines, PointLines)
    np.testing.assert_allclose(points.spread_lines.center, [2.05875, 1.12838], atol=1e-5)
    np.testing.assert_array_equal(points.spread, [3.0, 1.0])


def test_values_of_an_incomplete_subgroup_wait_in_the_state() -> None:
    plan = Plan(kind="xbar-r", size=3)
    state, points = step(start(plan, given(plan, center=0.0, sigma=1.0)), [1.0, 2.0])
    assert (len(points), state.pending) == (0, (1.0, 2.0))
    state, points = step(state, [3.0, 4.0])
    assert (points.location.tolist(), points.value_index.tolist(), state.pending) == ([2.0], [0], (4.0,))
    assert state.plotted == 1


@pytest.mark.parametrize(("kind", "size"), [("xbar-r", 8), ("xbar-s", 8)])
def test_a_spread_below_its_lower_limit_is_a_signal(kind: Any, size: int) -> None:
    plan = Plan(kind=kind, size=size)
    limits = given(plan, center=0.0, sigma=1.0)
    assert limits.spread is not None
    assert limits.spread.lower > 0
    _, points = step(start(plan, limits), [0.01, -0.01] * size)
    assert points.signals.rows("spread-limits").tolist() == [0, 1]
