"""Bias and linearity agree with AIAG's example and with ordinary regression."""

import math

import numpy as np
import pytest
from scipy import stats

from quality_creator.model.errors import BadInput
from quality_creator.quality.bias import bias, linearity

# AIAG's linearity study (Minitab's GAGELIN): five parts, twelve readings each.
READINGS = {
    2.0: [2.7, 2.5, 2.4, 2.5, 2.7, 2.3, 2.5, 2.5, 2.4, 2.4, 2.6, 2.4],
    4.0: [5.1, 3.9, 4.2, 5.0, 3.8, 3.9, 3.9, 3.9, 3.9, 4.0, 4.1, 3.8],
    6.0: [5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1],
    8.0: [7.6, 7.7, 7.8, 7.7, 7.8, 7.8, 7.8, 7.7, 7.8, 7.5, 7.6, 7.7],
    10.0: [9.1, 9.3, 9.5, 9.3, 9.4, 9.5, 9.5, 9.5, 9.6, 9.2, 9.3, 9.4],
}
AT = [reference for reference, row in READINGS.items() for _ in row]
VALUES = [value for row in READINGS.values() for value in row]
ONE_PART = [5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1, 6.2, 5.6, 6.0]


def test_aiag_linearity_example_has_its_line_and_its_tests() -> None:
    found = linearity(AT, VALUES, process_variation=16.5368)
    assert round(found.slope.value, 5) == -0.13167
    assert round(found.intercept.value, 5) == 0.73667
    assert round(found.r_squared, 3) == 0.714
    assert round(found.residual, 5) == 0.23954
    assert round(found.slope.t or 0, 3) == -12.043
    assert round(found.intercept.t or 0, 3) == 10.158
    assert round(found.slope.standard_error, 4) == 0.0109
    assert round(found.intercept.standard_error, 4) == 0.0725
    assert round(found.linearity_percent, 1) == 13.2
    assert round(found.linearity or 0, 3) == 2.177
    assert round(found.average_bias.bias, 4) == -0.0533
    assert round(found.bias_percent or 0, 1) == 0.3
    assert [round(one.bias, 6) for one in found.biases] == [0.491667, 0.125, 0.025, -0.291667, -0.616667]
    assert [round(abs(one.t or 0), 2) for one in found.biases] == [13.73, 0.97, 0.44, 10.14, 14.56]
    assert [round(one.p or 0, 3) for one in found.biases] == [0.0, 0.354, 0.667, 0.0, 0.0]


def test_with_ranges_the_biases_have_the_p_values_of_minitab() -> None:
    # Minitab's documented example of the same data: p from 0.000 to 0.688.
    found = linearity(AT, VALUES, spread="range")
    assert [round(one.p or 0, 3) for one in found.biases] == [0.0, 0.293, 0.688, 0.0, 0.0]


def test_the_line_is_the_one_of_ordinary_regression() -> None:
    rng = np.random.default_rng(6)
    at = np.repeat([1.0, 5.0, 9.0, 20.0], 5)
    values = at + 0.3 - 0.01 * at + rng.normal(0, 0.05, 20)
    found = linearity(at.tolist(), values)
    line = stats.linregress(at, values - at)
    assert found.slope.value == pytest.approx(line.slope)
    assert found.slope.standard_error == pytest.approx(line.stderr)
    assert found.slope.p == pytest.approx(line.pvalue)
    assert found.intercept.value == pytest.approx(line.intercept)
    assert found.intercept.standard_error == pytest.approx(line.intercept_stderr)
    assert found.r_squared == pytest.approx(line.rvalue**2)


def test_aiag_bias_example_has_its_interval() -> None:
    # Printed: 6.0067, 0.22514, 0.1153 (from rounded numbers), 10.8, −0.1185, 0.1319.
    found = bias(ONE_PART, 6.0, spread="range")
    assert round(found.mean, 4) == 6.0067
    assert found.repeatability == pytest.approx(0.22514, abs=2e-5)
    assert found.df == pytest.approx(10.8, abs=0.05)
    assert found.t == pytest.approx(0.1153, abs=1e-3)
    assert found.low == pytest.approx(-0.1185, abs=2e-4)
    assert found.high == pytest.approx(0.1319, abs=2e-4)


def test_bias_is_the_one_sample_t_test() -> None:
    found = bias(ONE_PART, 6.1)
    test = stats.ttest_1samp(ONE_PART, 6.1)
    interval = test.confidence_interval(0.95)
    assert found.t == pytest.approx(test.statistic)
    assert found.p == pytest.approx(test.pvalue)
    assert (found.low + 6.1, found.high + 6.1) == pytest.approx((interval.low + 0.0, interval.high + 0.0))


def test_a_tolerance_adds_the_type_1_study() -> None:
    found = bias(ONE_PART, 6.0, tolerance=10.0)
    s = np.std(ONE_PART, ddof=1)
    assert found.cg == pytest.approx(0.2 * 10.0 / (6.0 * s))
    assert found.cgk == pytest.approx((1.0 - abs(np.mean(ONE_PART) - 6.0)) / (3.0 * s))


def test_readings_without_spread_have_a_bias_and_no_test() -> None:
    found = bias([6.1, 6.1, 6.1], 6.0, tolerance=1.0)
    assert (round(found.bias, 9), found.t, found.p, found.cg) == (0.1, None, None, None)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bias([1.0], 1.0), "too few"),
        (lambda: bias([1.0, math.nan], 1.0), "index 1 is nan"),
        (lambda: bias([1.0, 2.0], math.inf), "reference must be a finite"),
        (lambda: bias([1.0, 2.0], 1.0, tolerance=0.0), "tolerance must be"),
        (lambda: bias([1.0, 2.0], 1.0, confidence=1.0), "confidence lies"),
        (lambda: linearity([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]), "at least 2 different references"),
        (lambda: linearity([1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 4.0]), "3 references do not fit 4"),
        (lambda: linearity([1.0, 2.0, 3.0], [5.0, 5.0, 5.0]), "all 5"),
        (lambda: linearity([1.0, 1.0, 2.0, 2.0], [1.0, 1.1, 2.0, 2.1], process_variation=-1.0), "variation"),
    ],
)
def test_each_bad_input_is_refused_with_its_own_words(call: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call()  # type: ignore[operator]


@pytest.mark.parametrize("exponent", [-1000, -500, 500, 1000])
def test_the_unit_does_not_matter_to_linearity(exponent: int) -> None:
    plain = linearity(AT, VALUES)
    scaled = linearity([x * 2.0**exponent for x in AT], [x * 2.0**exponent for x in VALUES])
    assert scaled.slope == plain.slope
    assert scaled.r_squared == plain.r_squared
    assert scaled.intercept.t == pytest.approx(plain.intercept.t)
    assert scaled.biases[0].t == pytest.approx(plain.biases[0].t)
