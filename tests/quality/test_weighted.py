"""EWMA and CUSUM against published numbers, their definitions, and cut anywhere."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.quality import Kind, Plan, PointLines, decode, encode, estimate, given, start, step
from tests.quality.cases import assert_close, case

# Montgomery, Table 9.1: 20 values around 10 and ten more around 11, sigma 1.
MONTGOMERY = [
    9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08,
    9.37, 10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
]  # fmt: skip

# Montgomery, Table 9.2: the tabular CUSUM of these values with K = 0.5, H = 5.
C_PLUS = [
    0, 0, 0, 1.16, 2.82, 2.50, 0.04, 1.00, 0, 0, 0, 0.97, 0.98, 0, 0, 0, 0.12, 0, 0, 0.34, 0.74, 0, 1.79,
    2.79, 2.89, 3.47, 3.35, 4.47, 5.28, 5.30,
]  # fmt: skip
C_MINUS = [
    0.05, 1.56, 1.77, 0, 0, 0, 1.46, 0, 0.30, 0, 0.47, 0, 0, 0.10, 0, 0.13, 0, 0, 0.98, 0, 0, 0.17, 0, 0,
    0, 0, 0, 0, 0, 0,
]  # fmt: skip

# Montgomery, Table 9.10: the EWMA of these values with lambda = 0.10.
EWMA = [
    9.945, 9.7495, 9.70355, 9.8992, 10.1253, 10.1307, 9.92167, 10.0755, 9.98796, 10.0232, 9.92384, 10.0785,
    10.1216, 10.0495, 10.0525, 9.98426, 10.0478, 10.074, 9.91864, 10.0108, 10.0997, 10.0227, 10.2495, 10.3745,
    10.3971, 10.4654, 10.4568, 10.5731, 10.6468, 10.6341,
]  # fmt: skip


def test_published_ewma_of_piston_rings() -> None:
    published = case("ewma_pistonrings_l02")
    inputs, expected, tolerance = published["inputs"], published["expected"], published["tolerance"]
    plan = Plan(kind="ewma", size=5, weight=0.2)
    limits = estimate(plan, inputs["phase1"]).limits
    _, points = step(start(plan, limits), inputs["phase1"] + inputs["phase2"])
    lines = points.location_lines
    assert isinstance(lines, PointLines)
    assert_close(limits.center, expected["center"], tolerance)
    assert limits.sigma == pytest.approx(expected["sigma_exact_constants"], rel=1e-9)
    assert_close(points.location, expected["ewma"], tolerance)
    assert_close(lines.lower, expected["lcl"], tolerance)
    assert_close(lines.upper, expected["ucl"], tolerance)
    assert points.signals.rows("ewma-limits").tolist() == expected["signals"]["beyond_limits"]


def test_published_cusum_of_piston_rings() -> None:
    published = case("cusum_pistonrings")
    inputs, expected, tolerance = published["inputs"], published["expected"], published["tolerance"]
    plan = Plan(kind="cusum", size=5, slack=0.5, decision=5.0)
    limits = estimate(plan, inputs["phase1"]).limits
    _, points = step(start(plan, limits), inputs["phase1"] + inputs["phase2"])
    assert_close(points.location, expected["c_plus"], tolerance)
    assert_close(points.spread, np.abs(expected["c_minus"]), tolerance)
    assert points.signals.rows("cusum-upper").tolist() == expected["signals"]["upper"]
    assert points.signals.rows("cusum-lower").tolist() == expected["signals"]["lower"]


def test_montgomery_table_of_the_tabular_cusum() -> None:
    plan = Plan(kind="cusum")
    _, points = step(start(plan, given(plan, center=10.0, sigma=1.0)), MONTGOMERY)
    np.testing.assert_allclose(points.location, C_PLUS, atol=0.0051)
    np.testing.assert_allclose(points.spread, C_MINUS, atol=0.0051)
    assert [(signal.row, signal.rule) for signal in points.signals if not signal.continuing] == [
        (28, "cusum-upper")
    ]


def test_montgomery_table_of_the_ewma() -> None:
    plan = Plan(kind="ewma", weight=0.1, width=2.7)
    _, points = step(start(plan, given(plan, center=10.0, sigma=1.0)), MONTGOMERY)
    np.testing.assert_allclose(points.location, EWMA, atol=0.0006)
    assert isinstance(points.location_lines, PointLines)
    # Printed: 10.27 and 9.73 at the first, 10.36 and 9.64 at the second, 10.62 and 9.38 when settled.
    np.testing.assert_allclose(points.location_lines.upper[[0, 1, -1]], [10.27, 10.36, 10.62], atol=0.0051)
    np.testing.assert_allclose(points.location_lines.lower[[0, 1, -1]], [9.73, 9.64, 9.38], atol=0.0051)
    assert points.signals.rows("ewma-limits").tolist() == [28, 29]


def test_limits_of_the_ewma_have_their_closed_form() -> None:
    plan = Plan(kind="ewma", size=4, weight=0.3, width=2.5)
    _, points = step(start(plan, given(plan, center=1.0, sigma=2.0)), np.ones(40))
    assert isinstance(points.location_lines, PointLines)
    t = np.arange(1, 11)
    reach = 2.5 * (2.0 / 2) * np.sqrt(0.3 / 1.7 * (1 - 0.7 ** (2 * t)))
    np.testing.assert_allclose(points.location_lines.upper, 1.0 + reach, rtol=1e-13)


def test_settled_limits_stand_from_the_first_point() -> None:
    plan = Plan(kind="ewma", weight=0.3, width=2.5, settled=True)
    limits = given(plan, center=0.0, sigma=1.0)
    _, points = step(start(plan, limits), [0.0])
    assert points.location_lines == limits.location
    assert limits.location.upper == pytest.approx(2.5 * math.sqrt(0.3 / 1.7))


def test_a_weight_of_one_is_a_shewhart_chart() -> None:
    plan = Plan(kind="ewma", weight=1.0)
    _, points = step(start(plan, given(plan, center=0.0, sigma=1.0)), [3.0, 3.1, -3.1])
    assert points.location.tolist() == [3.0, 3.1, -3.1]
    assert points.signals.rows("ewma-limits").tolist() == [1, 2]


def test_fast_initial_response_starts_ahead_and_fades() -> None:
    # Montgomery, Table 9.6: a head start of H/2 = 3 (H = 6), values 102, 97, 104, 93, 100 ...
    # around 100 with K = 3, sigma 1 written in units of the process.
    plan = Plan(kind="cusum", slack=3.0, decision=6.0, head_start=3.0)
    values = [102, 97, 104, 93, 100, 105, 96, 98, 105, 99]
    _, points = step(start(plan, given(plan, center=100.0, sigma=1.0)), values)
    assert points.location.tolist() == [2.0, 0.0, 1.0, 0.0, 0.0, 2.0, 0.0, 0.0, 2.0, 0.0]
    assert points.spread.tolist() == [0.0, 0.0, 0.0, 4.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0]


def test_a_reset_starts_again_after_a_signal() -> None:
    values = [6.5, 0.5, 0.5]
    sums = {}
    for reset in (False, True):
        plan = Plan(kind="cusum", reset=reset, head_start=1.0)
        _, points = step(start(plan, given(plan, center=0.0, sigma=1.0)), values)
        sums[reset] = points.location.tolist()
    assert sums == {False: [7.0, 7.0, 7.0], True: [7.0, 1.0, 1.0]}


@always(
    kind=st.sampled_from(["ewma", "cusum"]),
    size=st.sampled_from([1, 3]),
    cuts=st.lists(st.integers(0, 60), max_size=5).map(sorted),
    seed=st.integers(0, 1000),
    options=st.fixed_dictionaries({"reset": st.booleans(), "settled": st.booleans()}),
)
def test_step_does_not_care_how_the_stream_is_cut(
    kind: Kind, size: int, cuts: list[int], seed: int, options: dict[str, Any]
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.normal(0.5, 1.0, 60 * size)
    values[rng.random(len(values)) < 0.1] = math.nan
    plan = Plan(kind=kind, size=size, head_start=2.0, **options)
    state = start(plan, given(plan, center=0.0, sigma=1.0))
    _, whole = step(state, values)
    edges = [0, *(cut * size for cut in cuts), len(values)]
    parts, signals = [], []
    for first, last in pairwise(edges):
        state, points = step(decode(encode(state)), values[first:last])
        upper = points.location_lines.upper
        parts.append(
            np.stack((points.location, points.spread, np.broadcast_to(upper, points.location.shape)))
        )
        signals += [(points.first + signal.row, signal.rule, signal.continuing) for signal in points.signals]
    upper = np.broadcast_to(whole.location_lines.upper, whole.location.shape)
    np.testing.assert_array_equal(
        np.concatenate(parts, axis=1), np.stack((whole.location, whole.spread, upper))
    )
    assert signals == [(signal.row, signal.rule, signal.continuing) for signal in whole.signals]


@pytest.mark.parametrize("kind", ["ewma", "cusum"])
def test_huge_values_stay_numbers(kind: Kind) -> None:
    plan = Plan(kind=kind)
    _, points = step(start(plan, given(plan, center=0.0, sigma=1e-3)), [1.7e308, -1.7e308, 1.7e308, 0.0])
    assert np.isfinite(points.location).all()
    assert points.signals[0].row == 0


def test_run_rules_are_refused_where_points_depend_on_each_other() -> None:
    with pytest.raises(BadInput, match="independent points"):
        given(Plan(kind="ewma", rules=("nelson-2",)), center=0.0, sigma=1.0)


@pytest.mark.parametrize(
    "plan",
    [
        Plan(kind="ewma", weight=0.0),
        Plan(kind="ewma", weight=1.1),
        Plan(kind="ewma", width=math.nan),
        Plan(kind="cusum", decision=0.0),
        Plan(kind="cusum", slack=-0.1),
        Plan(kind="cusum", head_start=5.5),
    ],
)
def test_parameters_out_of_their_range_are_refused(plan: Plan) -> None:
    with pytest.raises(BadInput):
        given(plan, center=0.0, sigma=1.0)
