"""Charts of textbooks and of the NIST/SEMATECH e-Handbook, to the digits that are printed there."""

import numpy as np
import pytest

from quality_creator.quality import (
    Plan,
    PointLines,
    analyse,
    arl,
    estimate,
    estimate_multivariate,
    given,
    start,
    step,
)
from tests.quality.cases import case


def printed(found: float, digits: float) -> bool:
    """Whether a number rounds to the printed one, whose last digit may have been rounded twice."""
    decimals = len(str(digits).partition(".")[2])
    return abs(found - digits) <= 0.51 * 10.0**-decimals


def test_mortgage_loans_on_individuals() -> None:
    # Montgomery, Table 6.6: MRbar 7.79, limits 279.78 to 321.22 with d2 = 1.128.
    costs = [
        310,
        288,
        297,
        298,
        307,
        303,
        294,
        297,
        308,
        306,
        294,
        299,
        297,
        299,
        314,
        295,
        293,
        306,
        301,
        304,
    ]
    limits = estimate(Plan(kind="i-mr", constants="printed"), costs).limits
    assert limits.spread is not None
    assert printed(limits.center, 300.5)
    assert printed(limits.spread.center, 7.79)
    assert printed(limits.location.upper, 321.22)
    assert printed(limits.location.lower, 279.78)


def test_orange_juice_without_the_samples_that_had_a_cause() -> None:
    # Montgomery, Example 7.1: without samples 15 and 23, p̄ = 0.2150, limits 0.0407 to 0.3893.
    inputs = case("orangejuice_p_trial")["inputs"]
    values = np.column_stack((inputs["counts"], inputs["n"]))
    exclude = {14: "new batch of cardboard", 22: "inexperienced operator"}
    limits = estimate(Plan(kind="p"), values, exclude=exclude).limits
    assert printed(limits.center, 0.2150)
    assert printed(limits.location.upper, 0.3893)
    assert printed(limits.location.lower, 0.0407)


def test_circuit_boards_without_two_samples() -> None:
    # Montgomery, Example 7.3: without samples 6 and 20, c̄ = 19.67, limits 6.36 to 32.97.
    counts = case("circuit_c_trial")["inputs"]["counts"]
    limits = estimate(Plan(kind="c"), counts, exclude={5: "new inspector", 19: "temperature control"}).limits
    assert printed(limits.center, 19.67)
    assert printed(limits.location.upper, 32.97)
    assert limits.location.lower == pytest.approx(6.36, abs=0.011)


def test_purchase_orders_of_varying_number() -> None:
    # Montgomery, Table 7.4: 234 of 2450, p̄ = 0.0955; sample 11 with 20 of 110 is out.
    inspected = [100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120, 120, 110, 80, 80, 80, 90, 100,
                 100, 100, 100, 90, 90]  # fmt: skip
    found = [12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9]
    estimation, _, points = analyse(Plan(kind="p"), np.column_stack((found, inspected)))
    assert isinstance(points.location_lines, PointLines)
    assert printed(estimation.limits.center, 0.0955)
    assert printed(float(points.location_lines.upper[0]), 0.1837)
    assert (points.signals.rows("nelson-1") + 1).tolist() == [11]


def test_personal_computers_by_units() -> None:
    # Montgomery (4th edition), Example 6-4: 193 in 20 samples of 5; ū = 1.93, limits 0.07 to 3.79.
    counts = [10, 12, 8, 14, 10, 16, 11, 7, 10, 15, 9, 5, 7, 11, 12, 6, 8, 10, 7, 5]
    estimation, _, points = analyse(Plan(kind="u"), [[count, 5] for count in counts])
    location = estimation.limits.location
    assert [round(value, 2) for value in (location.center, location.lower, location.upper)] == [
        1.93,
        0.07,
        3.79,
    ]
    assert list(points.signals) == []


def test_dyed_cloth_by_area() -> None:
    # Montgomery, Table 7.11: 153 in 107.5 units, ū = 1.42; the limits of each roll.
    counts = [14, 12, 20, 11, 7, 10, 21, 16, 19, 23]
    units = [10.0, 8.0, 13.0, 10.0, 9.5, 10.0, 12.0, 10.5, 12.0, 12.5]
    estimation, _, points = analyse(Plan(kind="u"), np.column_stack((counts, units)))
    assert isinstance(points.location_lines, PointLines)
    assert printed(estimation.limits.center, 1.42)
    # The book goes on with the rounded 1.42.
    upper = [2.55, 2.68, 2.41, 2.55, 2.58, 2.55, 2.45, 2.52, 2.45, 2.43]
    lower = [0.29, 0.16, 0.43, 0.29, 0.26, 0.29, 0.39, 0.32, 0.39, 0.41]
    np.testing.assert_allclose(points.location_lines.upper, upper, atol=0.011)
    np.testing.assert_allclose(points.location_lines.lower, lower, atol=0.011)
    assert list(points.signals) == []


def test_ewma_of_the_handbook() -> None:
    # NIST/SEMATECH e-Handbook 6.3.2.4: lambda 0.3, mean 50, s 2.0539; limits 47.4115 and 52.5884.
    values = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2,
              52.6, 52.4, 53.6, 52.1]  # fmt: skip
    expected = [50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52,
                50.05, 49.38, 49.92, 50.73, 51.23, 51.94, 51.99]  # fmt: skip
    plan = Plan(kind="ewma", weight=0.3, settled=True)
    limits = given(plan, center=50.0, sigma=2.0539)
    _, points = step(start(plan, limits), values)
    np.testing.assert_allclose(points.location, expected, atol=0.0051)
    assert limits.location.upper == pytest.approx(52.5884, abs=0.0005)
    assert limits.location.lower == pytest.approx(47.4115, abs=0.0005)
    assert list(points.signals) == []


def test_cusum_of_the_handbook() -> None:
    # NIST/SEMATECH e-Handbook 6.3.2.3: target 325, k 0.3175, h 4.1959 in the data's unit.
    means = [324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600,
             324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875,
             328.350]  # fmt: skip
    high = [0, 0, 0, 0, 0.03, 0, 0, 0, 0, 0, 0, 0, 3.01, 4.94, 7.45, 10.63, 11.99, 14.44, 16.00, 19.04]
    low = [0, 0.01, 0, 0.33, 0, 0, 0.56, 0.71, 0.17, 0.25, 0.31, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    plan = Plan(kind="cusum", slack=0.3175, decision=4.1959)
    _, points = step(start(plan, given(plan, center=325.0, sigma=1.0)), means)
    np.testing.assert_allclose(points.location, high, atol=0.006)
    np.testing.assert_allclose(points.spread, low, atol=0.006)
    assert (points.signals.rows("cusum-upper") + 1).tolist() == [14, 15, 16, 17, 18, 19, 20]
    assert points.signals.rows("cusum-lower").tolist() == []


def test_tensile_strength_and_diameter() -> None:
    # Montgomery, Table 11.1: 20 samples of 10 of 2 variables, alpha 0.001; the limit is 13.72.
    data = np.random.default_rng(0).normal(size=(200, 2))
    limits = estimate_multivariate(Plan(kind="t2", size=10, variables=2, alpha=0.001), data).limits
    assert printed(limits.retrospective, 13.72)


@pytest.mark.parametrize(
    ("slack", "decision"), [(0.25, 8.01), (0.5, 4.77), (0.75, 3.34), (1.0, 2.52), (1.25, 1.99), (1.5, 1.61)]
)
def test_hawkins_choices_of_k_and_h(slack: float, decision: float) -> None:
    # Hawkins (1993), as Montgomery's Table 9.4 has it: in-control run length 370.
    assert arl.cusum_decision(slack, 370.0) == pytest.approx(decision, abs=0.006)
