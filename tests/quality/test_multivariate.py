"""T² and MEWMA against published numbers, their definitions, and cut anywhere."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.quality import (
    Kind,
    Plan,
    contributions,
    decode,
    encode,
    estimate,
    estimate_multivariate,
    given_multivariate,
    retrospective,
    start,
    step,
)
from quality_creator.quality import given as given_one
from tests.quality.cases import assert_close, case


def test_boiler_temperatures_of_mason_and_young() -> None:
    published = case("boiler_t2_single")
    data, expected, tolerance = published["inputs"]["data"], published["expected"], published["tolerance"]
    plan = Plan(kind="t2", variables=8, alpha=1 - published["options"]["confidence"])
    limits = estimate_multivariate(plan, data).limits
    _, points = step(start(plan, retrospective(limits)), data)
    assert_close(limits.center, expected["center"], tolerance)
    assert_close(points.location, expected["t2"], tolerance)
    assert_close(limits.retrospective, expected["ucl_phase1"], tolerance)
    assert_close(limits.location.upper, expected["ucl_phase2"], tolerance)
    assert points.signals.rows("t2-limit").tolist() == expected["signals"]["beyond_phase1"]


def test_subgroups_of_ryan() -> None:
    published = case("ryan_t2_subgroups")
    inputs, expected, tolerance = published["inputs"], published["expected"], published["tolerance"]
    data = np.stack((inputs["x1"], inputs["x2"]), axis=-1)
    plan = Plan(kind="t2", variables=2, size=4, alpha=1 - published["options"]["confidence"])
    limits = estimate_multivariate(plan, data).limits
    _, points = step(start(plan, retrospective(limits)), data)
    assert_close(limits.center, expected["center"], tolerance)
    assert_close(limits.covariance, expected["cov"], tolerance)
    assert_close(points.location, expected["t2"], tolerance)
    assert_close(limits.retrospective, expected["ucl_phase1"], tolerance)
    assert_close(limits.location.upper, expected["ucl_phase2"], tolerance)
    assert points.signals.rows("t2-limit").tolist() == expected["signals"]["beyond_phase1"]


@pytest.mark.parametrize(("settled", "key"), [(False, "t2_exact_cov"), (True, "t2_asymptotic_cov")])
def test_mewma_of_boiler_temperatures(settled: bool, key: str) -> None:
    published = case("mewma_boiler_t1_t2")
    data, expected, tolerance = published["inputs"]["data"], published["expected"], published["tolerance"]
    plan = Plan(kind="mewma", variables=2, weight=0.1, threshold=8.66, settled=settled)
    limits = estimate_multivariate(plan, data).limits
    _, points = step(start(plan, limits), data)
    assert_close(points.location, expected[key], tolerance)
    if not settled:
        assert points.signals.rows("mewma-limit").tolist() == expected["signals_h_8_66_exact"]


def test_t2_of_known_parameters_is_chi_square() -> None:
    plan = Plan(kind="t2", variables=2, size=10, alpha=0.001)
    limits = given_multivariate(plan, center=[115.59, 1.06], covariance=[[1.23, 0.79], [0.79, 0.83]])
    # Montgomery, Table 11.1: the sample means of the first two of 20 samples of 10, and their T².
    values = np.repeat([[115.25, 1.04], [115.91, 1.06]], 10, axis=0)
    _, points = step(start(plan, limits), values)
    np.testing.assert_allclose(points.location, [2.16, 2.14], atol=0.006)
    assert limits.location.upper == pytest.approx(13.816, abs=0.001)


def test_missing_rows_are_gaps() -> None:
    plan = Plan(kind="mewma", variables=2, weight=0.5, threshold=10.0)
    limits = given_multivariate(plan, center=[0, 0], covariance=[[1, 0], [0, 1]])
    _, gapped = step(start(plan, limits), [1, 0, math.nan, 0, 0, 1])
    _, plain = step(start(plan, limits), [[1, 0], [0, 1]])
    assert np.isnan(gapped.location[1])
    assert gapped.location[[0, 2]].tolist() == plain.location.tolist()


@always(
    kind=st.sampled_from(["t2", "mewma"]),
    size=st.sampled_from([1, 3]),
    cuts=st.lists(st.integers(0, 30), max_size=4).map(sorted),
    seed=st.integers(0, 1000),
)
def test_step_does_not_care_how_the_stream_is_cut(kind: Kind, size: int, cuts: list[int], seed: int) -> None:
    size = size if kind == "t2" else 1
    rng = np.random.default_rng(seed)
    mix = rng.normal(size=(3, 3))
    values = (rng.normal(size=(30 * size, 3)) @ mix).ravel()
    values[rng.random(len(values)) < 0.01] = math.nan
    options: dict[str, Any] = {"threshold": 9.0} if kind == "mewma" else {}
    plan = Plan(kind=kind, size=size, variables=3, alpha=0.05, **options)
    limits = estimate_multivariate(plan, values).limits
    state = start(plan, limits)
    _, whole = step(state, values)
    locations, signals = [], []
    for first, last in pairwise([0, *(cut * len(values) // 30 for cut in cuts), len(values)]):
        state, points = step(decode(encode(state)), values[first:last])
        locations.append(points.location)
        signals += [(points.first + signal.row, signal.rule, signal.continuing) for signal in points.signals]
    np.testing.assert_array_equal(np.concatenate(locations), whole.location)
    assert signals == [(signal.row, signal.rule, signal.continuing) for signal in whole.signals]


@always(st.integers(0, 1000))
def test_t2_does_not_care_for_units(seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = rng.normal(size=(20, 3))
    turned = data @ (rng.normal(size=(3, 3)) + 3 * np.eye(3)) + rng.normal(size=3) * 100
    plan = Plan(kind="t2", variables=3)
    found = []
    for values in (data, turned):
        _, points = step(start(plan, estimate_multivariate(plan, values).limits), values)
        found.append(points.location)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_successive_differences_see_less_of_a_trend() -> None:
    rng = np.random.default_rng(3)
    data = rng.normal(size=(40, 2)) + np.linspace(0, 6, 40)[:, None]
    plan = Plan(kind="t2", variables=2)
    whole = estimate_multivariate(plan, data).limits
    steps = estimate_multivariate(plan, data, method="successive-differences").limits
    assert np.linalg.det(steps.covariance) < np.linalg.det(whole.covariance) / 4


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([[1, 2], [2, 3], [4, 1]], "3 complete points"),
        ([[1, 2]] * 9, "does not vary"),
        ([[1, 2], [2, 4], [3, 6], [4, 8], [5, 10]], "combination"),
        ([1, 2, 3], "whole points of 2"),
    ],
)
def test_data_without_a_covariance_are_refused(values: list[Any], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        estimate_multivariate(Plan(kind="t2", variables=2), values)


def test_several_characteristics_have_a_door_of_their_own() -> None:
    with pytest.raises(BadInput, match="estimate_multivariate"):
        estimate(Plan(kind="t2", variables=2), [[1, 2]])
    with pytest.raises(BadInput, match=r"estimate\(\)"):
        estimate_multivariate(Plan(kind="i-mr"), [1, 2])
    with pytest.raises(BadInput, match="symmetric"):
        given_multivariate(Plan(kind="t2", variables=2), center=[0, 0], covariance=[[1.0, 0.0], [0.5, 1.0]])


@pytest.mark.parametrize(("kind", "size"), [("t2", 1), ("t2", 3), ("mewma", 1)])
def test_a_contribution_is_what_the_statistic_loses_without_the_variable(kind: Kind, size: int) -> None:
    chance = np.random.default_rng(4)
    root = chance.normal(size=(4, 4))
    covariance, center = root @ root.T, chance.normal(size=4)
    values = chance.multivariate_normal(center, covariance, size=12 * size)

    def judged(keep: list[int]) -> Any:
        plan = Plan(kind=kind, size=size, variables=len(keep), threshold=9.0 if kind == "mewma" else None)
        limits = given_multivariate(plan, center=center[keep], covariance=covariance[np.ix_(keep, keep)])
        return start(plan, limits)

    whole = judged([0, 1, 2, 3])
    _, points = step(whole, values)
    found = contributions(whole, values)
    assert found.shape == (12, 4)
    for left_out in range(4):
        keep = [n for n in range(4) if n != left_out]
        _, without = step(judged(keep), values[:, keep])
        np.testing.assert_allclose(found[:, left_out], points.location - without.location, rtol=1e-8)


def test_contributions_go_on_from_where_a_chart_stands() -> None:
    chance = np.random.default_rng(8)
    values = chance.normal(size=(20, 3))
    plan = Plan(kind="mewma", variables=3, threshold=10.0)
    begun = start(plan, given_multivariate(plan, center=[0] * 3, covariance=np.eye(3)))
    half, _ = step(begun, values[:11].reshape(-1)[:31])
    rest = contributions(half, values.reshape(-1)[31:])
    np.testing.assert_array_equal(rest, contributions(begun, values)[10:])


def test_what_one_characteristic_does_can_not_be_attributed() -> None:
    plan = Plan(kind="i-mr")
    with pytest.raises(BadInput, match="judges one characteristic"):
        contributions(start(plan, given_one(plan, center=0.0, sigma=1.0)), [1.0])
