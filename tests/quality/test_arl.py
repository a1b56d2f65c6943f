"""Run lengths against published tables and against simulated charts."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import Plan, arl, given, start, step
from quality_creator.quality.arl_rules import false_alarms, shewhart
from quality_creator.quality.rules import NELSON, WESTERN_ELECTRIC
from tests.quality.cases import assert_close, case

SHIFTS = [0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0]

# Lucas and Saccucci (1990), as Montgomery's Table 9.11 has it.
EWMA = {
    (0.40, 3.054): [500, 224, 71.2, 28.4, 14.3, 5.9, 3.5, 2.5, 2.0, 1.4],
    (0.25, 2.998): [500, 170, 48.2, 20.1, 11.1, 5.5, 3.6, 2.7, 2.3, 1.7],
    (0.20, 2.962): [500, 150, 41.8, 18.2, 10.5, 5.5, 3.7, 2.9, 2.4, 1.9],
    (0.10, 2.814): [500, 106, 31.3, 15.9, 10.3, 6.1, 4.4, 3.4, 2.9, 2.2],
    (0.05, 2.615): [500, 84.1, 28.8, 16.4, 11.4, 7.1, 5.2, 4.2, 3.5, 2.7],
}

# Lucas and Crosier (1982): k = 0.5, two-sided; (h, head start).
CUSUM = {
    (4.0, 0.0): [168, 74.2, 26.6, 13.3, 8.38, 4.75, 3.34, 2.62, 2.19, 1.71],
    (5.0, 0.0): [465, 139, 38.0, 17.0, 10.4, 5.75, 4.01, 3.11, 2.57, 2.01],
    (4.0, 2.0): [149, 62.7, 20.1, 8.97, 5.29, 2.86, 2.01, 1.59, 1.32, 1.07],
    (5.0, 2.5): [430, 122, 28.7, 11.2, 6.35, 3.37, 2.36, 1.86, 1.54, 1.16],
}

# Champ and Woodall (1987), Table 1, by the rules of Western Electric; shifts 0 to 3.
CHAMP_WOODALL_SHIFTS = [0, 0.2, 0.4, 0.6, 0.8, 1.0, 2.0, 3.0]
CHAMP_WOODALL = {
    (1,): [370.40, 308.43, 200.08, 119.67, 71.55, 43.89, 6.30, 2.00],
    (1, 2): [225.44, 177.56, 104.46, 57.92, 33.12, 20.01, 3.65, 1.68],
    (1, 3): [166.05, 120.70, 63.88, 33.99, 19.78, 12.66, 3.68, 1.89],
    (1, 4): [152.73, 110.52, 59.76, 33.64, 21.07, 14.58, 4.89, 1.99],
    (1, 2, 3, 4): [91.75, 66.80, 36.61, 20.90, 13.25, 9.22, 3.13, 1.67],
}

# Lowry et al. (1992), lambda 0.1; (variables, h4): shifts 0, 0.5, 1.0, 1.5, 2.0, 3.0.
MEWMA = {
    (2, 8.66): [200, 28.1, 10.2, 6.12, 4.41, 2.92],
    (4, 12.73): [200, 35.1, 12.2, 7.22, 5.19, 3.41],
    (10, 22.67): [200, 48.5, 16.0, 9.23, 6.57, 4.28],
}


@pytest.mark.parametrize("design", EWMA)
def test_lucas_and_saccucci(design: tuple[float, float]) -> None:
    found = [arl.ewma(*design, shift) for shift in SHIFTS]
    # Three printed digits, and a limit given to three decimals.
    np.testing.assert_allclose(found, EWMA[design], rtol=0.004, atol=0.051)


@pytest.mark.parametrize("design", CUSUM)
def test_lucas_and_crosier(design: tuple[float, float]) -> None:
    decision, head_start = design
    found = [arl.cusum(0.5, decision, shift, head_start) for shift in SHIFTS]
    np.testing.assert_allclose(found, CUSUM[design], rtol=0.004, atol=0.0051)


@pytest.mark.parametrize("numbers", CHAMP_WOODALL)
def test_champ_and_woodall(numbers: tuple[int, ...]) -> None:
    rules = tuple(WESTERN_ELECTRIC[number - 1] for number in numbers)
    found = [round(shewhart(rules, shift).value, 2) for shift in CHAMP_WOODALL_SHIFTS]
    np.testing.assert_allclose(found, CHAMP_WOODALL[numbers], atol=0.011)


@pytest.mark.parametrize("design", MEWMA)
def test_lowry(design: tuple[int, float]) -> None:
    variables, threshold = design
    found = [arl.mewma(0.1, variables, threshold, shift) for shift in (0, 0.5, 1.0, 1.5, 2.0, 3.0)]
    np.testing.assert_allclose(found, MEWMA[design], rtol=0.02)


def test_published_digits_of_ewma_and_cusum() -> None:
    lengths: tuple[tuple[str, Callable[[float], float]], ...] = (
        ("arl_ewma_l0.4_L3.054", lambda shift: arl.ewma(0.4, 3.054, shift)),
        ("arl_cusum_k0.5_h4", lambda shift: arl.cusum(0.5, 4.0, shift)),
        ("arl_runrules_C1", lambda shift: shewhart(("western-electric-1",), shift).value),
    )
    for name, length in lengths:
        published = case(name)
        found = [length(float(shift)) for shift in published["inputs"]["shift"]]
        np.testing.assert_allclose(found, published["expected"]["arl"], rtol=1e-9)


def test_published_digits_of_the_mewma() -> None:
    published = case("arl_mewma_l0.1_p2_h8.6336")
    # R spc's delta is the square of the distance.
    found = [arl.mewma(0.1, 2, 8.6336, math.sqrt(delta)) for delta in published["inputs"]["delta"]]
    assert_close(found, published["expected"]["arl"], published["tolerance"])


def test_published_designs() -> None:
    published = case("design_370_limits")
    expected, tolerance = published["expected"], published["tolerance"]
    widths = [arl.ewma_width(float(weight), 370.4) for weight in expected["ewma_L"]]
    assert_close(widths, list(expected["ewma_L"].values()), tolerance)
    assert_close(arl.cusum_decision(0.5, 370.4), expected["cusum_h_k05"], tolerance)
    thresholds = [arl.mewma_threshold(0.1, int(count), 200.0) for count in expected["mewma_h4_arl200"]]
    assert_close(thresholds, list(expected["mewma_h4_arl200"].values()), tolerance)


def test_the_expected_false_alarms_of_the_usual_choices() -> None:
    assert round(shewhart(("nelson-1",)).value) == 370
    assert round(shewhart(("nelson-1", "nelson-2")).value) == 217
    assert round(shewhart(WESTERN_ELECTRIC).value) == 92
    assert round(shewhart(NELSON).value) == 73
    # The stored figure is what a simulation finds; nelson-1 twice makes it simulate again.
    again = shewhart((*NELSON, "western-electric-1"))
    assert abs(again.value - shewhart(NELSON).value) < 4 * again.standard_error
    assert round(false_alarms(NELSON, 1000)) == 14


def run_lengths(plan: Plan, shift: float, seed: int, charts: int, points: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    limits = given(plan, center=0.0, sigma=1.0)
    lengths = []
    for _ in range(charts):
        _, found = step(start(plan, limits), rng.normal(shift, 1.0, points))
        rows = [signal.row for signal in found.signals if signal.rule != "spread-limits"]
        assert rows, "a longer series is needed"
        lengths.append(rows[0] + 1)
    return np.array(lengths, float)


@pytest.mark.parametrize(
    ("plan", "shift", "expected"),
    [
        (Plan(kind="i-mr", rules=WESTERN_ELECTRIC), 0.8, shewhart(WESTERN_ELECTRIC, 0.8).value),
        (Plan(kind="i-mr", rules=NELSON[4:]), 0.4, shewhart(NELSON[4:], 0.4).value),
        (Plan(kind="i-mr", rules=NELSON), 1.0, shewhart(NELSON, 1.0).value),
        (Plan(kind="ewma", weight=0.1, width=2.7), 0.5, arl.ewma(0.1, 2.7, 0.5, settled=False)),
        (Plan(kind="ewma", weight=0.1, width=2.7, settled=True), 0.5, arl.ewma(0.1, 2.7, 0.5)),
        (Plan(kind="cusum", decision=4.0, head_start=2.0), 0.5, arl.cusum(0.5, 4.0, 0.5, 2.0)),
    ],
)
def test_simulated_charts_run_as_long_as_the_equations_say(plan: Plan, shift: float, expected: float) -> None:
    lengths = run_lengths(plan, shift, seed=11, charts=1500, points=600)
    error = lengths.std() / math.sqrt(len(lengths))
    assert abs(lengths.mean() - expected) < 4 * error


def test_t2_run_length_is_the_inverse_of_its_chance() -> None:
    assert arl.t2(3, 0.005) == 200.0
    # Montgomery, chapter 11: p = 2, chi-square limit 10.6 (alpha 0.005), shift 1, n = 1: 42.0.
    assert arl.t2(2, 0.005, 1.0) == pytest.approx(42.0, abs=0.3)
    assert arl.t2(2, 0.005, 0.5, size=4) == pytest.approx(arl.t2(2, 0.005, 1.0))


@pytest.mark.parametrize(
    "call",
    [
        lambda: arl.ewma(0.0, 3.0),
        lambda: arl.ewma(0.2, -1.0),
        lambda: arl.ewma(0.2, 3.0, math.inf),
        lambda: arl.cusum(-0.5, 4.0),
        lambda: arl.cusum(0.5, 4.0, 0.0, 5.0),
        lambda: arl.mewma(0.1, 1, 8.0),
        lambda: arl.ewma_width(0.1, 1.0),
        lambda: arl.t2(2, 1.0),
        lambda: arl.t2(2, 0.01, size=0),
        lambda: shewhart(()),
        lambda: shewhart(("nelson-1",), 0.0, 1.5),
    ],
)
def test_impossible_questions_are_refused(call: Callable[[], object]) -> None:
    with pytest.raises(BadInput):
        call()


def test_a_run_length_beyond_all_measure_is_infinite() -> None:
    assert arl.ewma(0.2, 9.0) == math.inf
    assert arl.cusum(1.0, 40.0) == math.inf
    assert math.isfinite(arl.cusum(0.5, 5.0, 6.0))


def test_a_cusum_that_no_value_can_reach_runs_for_ever() -> None:
    assert arl.cusum(1e9, 5.0) == arl.cusum(1e9, 5.0, 0.0, 2.5) == math.inf
    with pytest.raises(BadInput, match="no limit gives"):
        arl.cusum_decision(1e9, 370.4)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: arl.ewma(1e-9, 3.0),
        lambda: arl.ewma(0.001, 3.0, settled=False),
        lambda: arl.cusum(0.0, 1e6),
        lambda: arl.mewma(1e-9, 2, 10.0),
        lambda: arl.mewma(0.001, 2, 10.0, 1.0),
        lambda: arl.ewma_width(1e-9, 370.4),
    ],
)
def test_what_the_equations_can_not_resolve_is_refused_and_not_guessed(ask: Callable[[], float]) -> None:
    with pytest.raises(BadInput, match=r"run lengths? (can't|with)"):
        ask()


def test_the_smallest_weights_and_largest_intervals_that_are_answered_agree_with_a_second_way() -> None:
    # An EWMA with so small a weight is nearly a Brownian motion (Ornstein-Uhlenbeck) between two walls.
    weight, width = 1e-4, 2.0
    grid = np.linspace(0.0, width, 20_001)
    density = np.exp(grid**2 / 2.0)
    inner = np.concatenate(([0.0], np.cumsum((1.0 / density[1:] + 1.0 / density[:-1]) / 2.0 * np.diff(grid))))
    diffusion = float(np.trapezoid(2.0 * density * inner, grid)) / (2.0 * weight)
    assert arl.ewma(weight, width) == pytest.approx(diffusion, rel=0.03)
    # A random walk from 0 reflected there leaves at h after about (h + 1.166)² points.
    assert arl.cusum_one_sided(0.0, 200.0) == pytest.approx((200.0 + 1.166) ** 2, rel=1e-3)


def test_limits_that_no_value_reaches_are_waited_for_without_an_end() -> None:
    assert shewhart(("nelson-1",), 0.0, 40.0).value == math.inf
    assert shewhart(("nelson-7",), 50.0).value == math.inf
