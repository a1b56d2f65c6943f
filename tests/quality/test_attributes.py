"""Charts of counts against published numbers, and what can't be a count."""

import csv
import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.quality import Kind, Plan, PointLines, analyse, estimate, given, start, step
from quality_creator.quality.rules import NELSON, WESTERN_ELECTRIC
from tests.quality.cases import assert_close, case

RULES = (*NELSON, "western-electric-4")
NIST = Path(__file__).parents[1] / "data" / "nist"

NAMES = {
    "beyond_limits": "nelson-1",
    "we4_8_one_side": "western-electric-4",
    "nelson2_9_one_side": "nelson-2",
    "nelson3_6_trend": "nelson-3",
    "nelson4_14_alternating": "nelson-4",
}


@pytest.mark.parametrize(("name", "kind"), [("orangejuice_p_trial", "p"), ("circuit_u_trial", "u")])
def test_published_chart_with_sizes(name: str, kind: Kind) -> None:
    published = case(name)
    inputs, expected, tolerance = published["inputs"], published["expected"], published["tolerance"]
    values = np.column_stack((inputs["counts"], inputs.get("n") or inputs["units"]))
    estimation, _, points = analyse(Plan(kind=kind, rules=RULES), values)
    lines = points.location_lines
    assert isinstance(lines, PointLines)
    assert_close(estimation.limits.center, expected["center"], tolerance)
    assert_close(lines.lower, np.broadcast_to(expected["lcl"], len(points)), tolerance)
    assert_close(lines.upper, np.broadcast_to(expected["ucl"], len(points)), tolerance)
    assert_close(points.location, expected["statistics"], tolerance)
    sigma = estimation.limits.sigma / (math.sqrt(50) if kind == "p" else 1.0)
    assert_close(sigma, expected["sigma"], tolerance)
    found = {key: points.signals.rows(NAMES[key]).tolist() for key in expected["signals"]}
    assert found == expected["signals"]


@pytest.mark.parametrize(
    ("name", "plan"),
    [
        ("orangejuice_np_trial", Plan(kind="np", size=50, rules=RULES)),
        ("circuit_c_trial", Plan(kind="c", rules=RULES)),
    ],
)
def test_published_chart_without_sizes(name: str, plan: Plan) -> None:
    published = case(name)
    expected, tolerance = published["expected"], published["tolerance"]
    estimation, _, points = analyse(plan, published["inputs"]["counts"])
    limits = estimation.limits
    assert_close(limits.center, expected["center"], tolerance)
    assert_close(limits.sigma, expected["sigma"], tolerance)
    assert_close(limits.location.lower, expected["lcl"], tolerance)
    assert_close(limits.location.upper, expected["ucl"], tolerance)
    assert_close(points.location, expected["statistics"], tolerance)
    found = {key: points.signals.rows(NAMES[key]).tolist() for key in expected["signals"]}
    assert found == expected["signals"]


def test_laney_example() -> None:
    published = case("laney_p_prime_small")
    expected, tolerance = published["expected"], published["tolerance"]
    values = np.column_stack((published["inputs"]["counts"], published["inputs"]["n"]))
    limits = estimate(Plan(kind="laney-p"), values).limits
    assert_close(limits.center, expected["center"], tolerance)
    assert_close(limits.dispersion, expected["sigma_z"], tolerance)
    assert_close(limits.location.upper, expected["ucl"], tolerance)
    assert_close(limits.location.lower, expected["lcl"], tolerance)


def test_laney_u_divides_by_the_spread_of_its_scores() -> None:
    counts, units = np.array([8, 12, 9, 20, 7, 15]), np.array([2.0, 3.0, 2.5, 4.0, 2.0, 3.0])
    rate = counts.sum() / units.sum()
    scores = (counts / units - rate) / np.sqrt(rate / units)
    sigma_z = np.abs(np.diff(scores)).mean() * math.sqrt(math.pi) / 2
    _, _, points = analyse(Plan(kind="laney-u"), np.column_stack((counts, units)))
    assert isinstance(points.location_lines, PointLines)
    np.testing.assert_allclose(points.location_lines.upper, rate + 3 * sigma_z * np.sqrt(rate / units))


def test_nist_handbook_counts_of_wafer_defects() -> None:
    # e-Handbook 6.3.3.1 prints UCL 28 and LCL 4 around a known mean of 16; wafer 3 counts 28.
    with (NIST / "monitor-6_3_3_1.csv").open() as file:
        counts = [float(row["defects"]) for row in csv.DictReader(file)]
    assert np.mean(counts) == 16.0
    estimation, _, points = analyse(Plan(kind="c", rules=NELSON), counts)
    assert (estimation.limits.location.lower, estimation.limits.location.upper) == (4.0, 28.0)
    assert (counts[2], counts[23]) == (28.0, 31.0)
    assert points.signals.rows("nelson-1").tolist() == [23]


def test_nist_handbook_fraction_defective() -> None:
    # e-Handbook 6.3.3.2 prints p̄ = 0.2313, UCL 0.4102, LCL 0.0524; samples 15 and 23 are out.
    with (NIST / "monitor-6_3_3_2.csv").open() as file:
        counts = [round(50 * float(row["fraction"])) for row in csv.DictReader(file)]
    estimation, _, points = analyse(Plan(kind="p"), [[count, 50] for count in counts])
    location = estimation.limits.location
    assert (round(location.center, 4), round(location.upper, 4), round(location.lower, 4)) == (
        0.2313,
        0.4102,
        0.0524,
    )
    assert (points.signals.rows("nelson-1") + 1).tolist() == [15, 23]


def test_limits_follow_each_points_size() -> None:
    plan = Plan(kind="p")
    state = start(plan, given(plan, center=0.1, found_in=100))
    _, points = step(state, [[10, 100], [10, 400]])
    assert isinstance(points.location_lines, PointLines)
    np.testing.assert_allclose(points.location_lines.upper, [0.1 + 3 * 0.03, 0.1 + 3 * 0.015])
    assert given(plan, center=0.1, found_in=100).location.upper == pytest.approx(0.19)


def test_a_proportions_limits_stay_between_nothing_and_everything() -> None:
    plan = Plan(kind="p")
    _, points = step(start(plan, given(plan, center=0.9)), [[9, 10], [10, 10]])
    assert isinstance(points.location_lines, PointLines)
    assert points.location_lines.upper.tolist() == [1.0, 1.0]
    assert list(points.signals) == []


@pytest.mark.parametrize(
    ("plan", "values", "words"),
    [
        (Plan(kind="p"), [[1, 10], [0, 0]], "more than 0 items"),
        (Plan(kind="p"), [[1, 10], [11, 10]], "more can be nonconforming"),
        (Plan(kind="p"), [[1, 10], [1.5, 10]], "whole number"),
        (Plan(kind="p"), [[1, 10], [1, 10.5]], "whole number"),
        (Plan(kind="u"), [[1, 10], [1, -2]], "more than 0 items"),
        (Plan(kind="c"), [3, -1], "0 or more: point 1, counted from 0, has -1"),
        (Plan(kind="np", size=5), [3, 6], "more can be nonconforming"),
        (Plan(kind="c"), [0, 0, 0], "nothing was counted"),
        (Plan(kind="p"), [[5, 5], [3, 3]], "everything was nonconforming"),
        (Plan(kind="c"), [4], "at least 2 points"),
        (Plan(kind="p"), [1, 2, 3], "whole points of 2"),
        (Plan(kind="laney-p"), [[1, 10], [1, 10]], "equal points"),
        (Plan(kind="c"), [], "no values"),
    ],
)
def test_what_can_not_be_a_count_is_refused(plan: Plan, values: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        estimate(plan, values)


def test_a_missing_count_or_size_is_a_gap() -> None:
    plan = Plan(kind="u", rules=WESTERN_ELECTRIC)
    _, points = step(start(plan, given(plan, center=2.0)), [2, 1, math.nan, 1, 3, math.nan, 40, 1])
    np.testing.assert_array_equal(points.location, [2.0, math.nan, math.nan, 40.0])
    assert [(signal.row, signal.rule) for signal in points.signals] == [(3, "western-electric-1")]


@always(
    kind=st.sampled_from(["p", "u", "c", "np", "laney-p", "laney-u"]),
    cuts=st.lists(st.integers(0, 80), max_size=5).map(sorted),
    seed=st.integers(0, 1000),
)
def test_step_does_not_care_how_the_stream_is_cut(kind: Kind, cuts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    plan = Plan(kind=kind, size=20 if kind == "np" else 1, rules=RULES)
    sizes = rng.integers(15, 25, 40)
    counts = rng.binomial(15, 0.3, 40)
    values = counts if plan.take == 1 else np.column_stack((counts, sizes)).ravel()
    _, state, whole = analyse(plan, values)
    state = start(plan, state.limits)
    edges = [0, *(cut * plan.take // 2 for cut in cuts), len(values)]
    locations, signals = [], []
    for first, last in pairwise(edges):
        state, points = step(state, values[first:last])
        locations.append(points.location)
        signals += [(points.first + signal.row, signal.rule, signal.continuing) for signal in points.signals]
    np.testing.assert_array_equal(np.concatenate(locations), whole.location)
    assert signals == [(signal.row, signal.rule, signal.continuing) for signal in whole.signals]
