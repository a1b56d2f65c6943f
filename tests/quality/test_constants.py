"""The constants against printed tables and a second method."""

import math

import numpy as np
import pytest
from scipy.integrate import dblquad
from scipy.special import ndtr

from quality_creator.model.errors import BadInput
from quality_creator.quality.constants import c4, c5, d2, d3

# Montgomery, appendix VI: n, d2, d3, c4.
PRINTED = [
    (2, 1.128, 0.853, 0.7979),
    (3, 1.693, 0.888, 0.8862),
    (4, 2.059, 0.880, 0.9213),
    (5, 2.326, 0.864, 0.9400),
    (6, 2.534, 0.848, 0.9515),
    (7, 2.704, 0.833, 0.9594),
    (8, 2.847, 0.820, 0.9650),
    (9, 2.970, 0.808, 0.9693),
    (10, 3.078, 0.797, 0.9727),
    (15, 3.472, 0.756, 0.9823),
    (20, 3.735, 0.729, 0.9869),
    (25, 3.931, 0.708, 0.9896),
]


@pytest.mark.parametrize(("n", "mean", "deviation", "unbiasing"), PRINTED)
def test_constants_round_to_the_printed_table(
    n: int, mean: float, deviation: float, unbiasing: float
) -> None:
    assert round(d2(n), 3) == mean
    assert round(d3(n), 3) == deviation
    assert round(c4(n), 4) == unbiasing


def test_constants_have_their_closed_forms() -> None:
    assert d2(2) == pytest.approx(2 / math.sqrt(math.pi), rel=1e-13)
    assert d2(3) == pytest.approx(3 / math.sqrt(math.pi), rel=1e-13)
    assert d3(2) == pytest.approx(math.sqrt(2 - 4 / math.pi), rel=1e-12)
    assert c4(2) == pytest.approx(math.sqrt(2 / math.pi), rel=1e-14)
    assert c4(3) == pytest.approx(math.sqrt(math.pi) / 2, rel=1e-14)


@pytest.mark.parametrize("n", [3, 6])
def test_d3_agrees_with_the_double_integral_of_tippett(n: int) -> None:
    second, _ = dblquad(
        lambda low, high: 1 - ndtr(high) ** n - ndtr(-low) ** n + (ndtr(high) - ndtr(low)) ** n,
        -8,
        8,
        -8,
        lambda high: high,
        epsabs=1e-9,
    )
    assert d3(n) == pytest.approx(math.sqrt(2 * second - d2(n) ** 2), abs=1e-8)


def test_large_subgroups_join_small_ones_smoothly() -> None:
    for n in (199, 200, 201, 202):
        direct = math.exp(math.lgamma(n / 2) - math.lgamma((n - 1) / 2)) / math.sqrt((n - 1) / 2)
        assert c4(n) == pytest.approx(direct, rel=1e-11)
        assert c5(n) == pytest.approx(math.sqrt(1 - direct**2), rel=1e-9)
    assert c5(10**9) == pytest.approx(1 / math.sqrt(2 * (10**9 - 1)), rel=1e-8)


def test_ranges_of_a_simulation_have_this_mean_and_deviation() -> None:
    values = np.random.default_rng(7).normal(size=(200_000, 7))
    ranges = np.ptp(values, axis=1)
    assert abs(ranges.mean() - d2(7)) < 4 * d3(7) / math.sqrt(len(ranges))
    assert abs(ranges.std() - d3(7)) < 0.01


@pytest.mark.parametrize("n", [1, 0, -1, 1001])
def test_a_range_of_an_impossible_size_is_refused(n: int) -> None:
    with pytest.raises(BadInput, match="s chart"):
        d2(n)
