"""The normality tests agree with published digits, with scipy's own, and with simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quality_creator.model.errors import BadInput
from quality_creator.quality.normality import anderson_darling_p, normality
from tests.quality.cases import assert_close, case

GLASS = case("normality_glass")


def test_the_glass_containers_give_the_published_statistics() -> None:
    found = normality(GLASS["inputs"]["data"])
    for name, value in (
        ("shapiro_W", found.shapiro_wilk),
        ("shapiro_p", found.shapiro_wilk_p),
        ("anderson_darling_A2", found.anderson_darling),
        ("A2_star", found.anderson_darling_adjusted),
        ("ad_p", found.anderson_darling_p),
    ):
        assert value is not None
        assert_close(value, GLASS["expected"][name], GLASS["tolerance"])


def test_shapiro_and_wilk_s_eleven_weights_have_their_statistic() -> None:
    # Shapiro & Wilk (1965), weights of eleven men: W = 0.79; p by Royston, R shapiro.test: 0.006704.
    found = normality([148, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236])
    assert found.shapiro_wilk == pytest.approx(0.79, abs=5e-3)
    assert found.shapiro_wilk_p == pytest.approx(0.006704, abs=5e-7)


def test_the_leghorn_chicks_have_their_anderson_darling_statistic() -> None:
    # D'Agostino & Stephens (1986), table 4.1: 20 weights, mean and variance estimated, A² = 0.214.
    weights = [156, 162, 168, 182, 186, 190, 190, 196, 202, 210]
    weights += [214, 220, 226, 230, 230, 236, 236, 242, 246, 270]
    assert normality(weights).anderson_darling == pytest.approx(0.214, abs=5e-4)


@pytest.mark.parametrize(
    ("a", "p"),
    [
        (0.470, 0.25),
        (0.561, 0.15),
        (0.631, 0.10),
        (0.752, 0.05),
        (0.873, 0.025),
        (1.035, 0.01),
        (1.159, 0.005),
    ],
)
def test_the_p_value_meets_the_percentage_points_of_stephens(a: float, p: float) -> None:
    assert anderson_darling_p(a) == pytest.approx(p, rel=0.03)


def test_p_values_are_uniform_when_the_values_are_normal() -> None:
    rng = np.random.default_rng(7)
    p = np.array([normality(row).anderson_darling_p for row in rng.normal(5.0, 2.0, size=(1500, 20))])
    assert stats.kstest(p, "uniform").pvalue > 0.001


@given(st.integers(-200, 200), st.integers(-290, 290), st.integers(0, 2**32))
def test_neither_unit_nor_zero_point_nor_order_matters(shift: int, exponent: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-1000, 1000, size=15).astype(float)
    if len(set(values)) < 2:
        return
    moved = rng.permutation((values + shift) * 2.0**exponent)
    first, second = normality(values), normality(moved)
    assert second.anderson_darling == pytest.approx(first.anderson_darling, rel=1e-9)
    assert second.shapiro_wilk == pytest.approx(first.shapiro_wilk, rel=1e-9)


def test_a_far_outlier_is_a_p_value_of_nearly_zero_and_no_overflow() -> None:
    values = [*np.linspace(-1, 1, 500), 1e300]
    found = normality(values)
    assert found.anderson_darling_p < 1e-20
    assert np.isfinite(found.anderson_darling)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "no values"),
        ([1.0] * 20, "all 1"),
        ([1.0, 2.0, 3.0], "at least 8"),
        ([*range(9), np.nan], "index 9 is nan"),
        ([*range(9), np.inf], "finite"),
        (np.ones((4, 4)), "one row"),
        (["a"] * 9, "not all numbers"),
    ],
)
def test_each_bad_sample_is_refused_with_its_own_words(values: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        normality(values)  # type: ignore[arg-type]
