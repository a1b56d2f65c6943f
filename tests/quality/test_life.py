"""Life data give the published Weibull fits and survival curves, and intervals that keep their promise."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats

from quality_creator.model.errors import BadInput
from quality_creator.quality.life import weibull
from quality_creator.quality.note import codes
from quality_creator.quality.survival import kaplan_meier
from tests.quality.cases import assert_close, case

NIST = case("nist_weibull_censored_mle")
NIST_TIMES = NIST["inputs"]["failures"] + NIST["inputs"]["censored"]
NIST_FAILED = [True] * 10 + [False] * 10

# Meeker & Escobar, table C.2: vehicle shock absorbers, km; x marks a failure.
SHOCK = """6700x 6950 7820 8790 9120x 9660 9820 11310 11690 11850 11880 12140 12200x 12870 13150x 13330 13470
14040 14300x 17520x 17540 17890 18450 18960 18980 19410 20100x 20100 20150 20320 20900x 22700x 23490 26510x
27410 27490x 27890 28100"""
SHOCK_TIMES = [float(mark.rstrip("x")) for mark in SHOCK.split()]
SHOCK_FAILED = [mark.endswith("x") for mark in SHOCK.split()]

# Lieblein & Zelen (1956): millions of revolutions of 23 ball bearings.
BEARINGS = [17.88, 28.92, 33.00, 41.52, 42.12, 45.60, 48.40, 51.84, 51.96, 54.12, 55.56, 67.80, 68.64, 68.64]
BEARINGS += [68.88, 84.12, 93.12, 98.64, 105.12, 105.84, 127.92, 128.04, 173.40]

# Freireich et al. (1963), 6-mercaptopurine: weeks in remission; + marks censoring.
REMISSION_MARKS = "6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+"
REMISSION = REMISSION_MARKS.split()
REMISSION_TIMES = [float(mark.rstrip("+")) for mark in REMISSION]
REMISSION_FAILED = [not mark.endswith("+") for mark in REMISSION]


def test_the_handbook_example_is_reproduced() -> None:
    found = weibull(NIST_TIMES, NIST_FAILED, at=[200.0])
    expected, tolerance = NIST["expected"], NIST["tolerance"]
    for value, name in (
        (found.shape.value, "shape"),
        (found.scale.value, "scale"),
        (found.log_likelihood, "loglik"),
        (found.lives["B10"].value, "B10"),
        (found.reliability[0].survival.value, "R_at_200"),
        (found.mttf, "mttf"),
    ):
        assert_close(value, expected[name], tolerance)
    assert (found.n, found.failures, found.censored) == (20, 10, 10)


# Abernethy, Breneman, Medlin & Reinman (1983), Weibull Analysis Handbook; Meeker & Escobar, data set
# BearingCage: hours of 1703 aircraft engines of which six lost a bearing cage.
CAGE_FAILED = [230, 334, 423, 990, 1009, 1510]
CAGE_ALIVE = {
    50: 288,
    150: 148,
    250: 124,
    350: 111,
    450: 106,
    550: 99,
    650: 110,
    750: 114,
    850: 119,
    950: 127,
}
CAGE_ALIVE |= {1050: 123, 1150: 93, 1250: 47, 1350: 41, 1450: 27, 1550: 11, 1650: 6, 1850: 1, 2050: 2}

# Collett, Modelling Survival Data in Medical Research, table 1.1: weeks to discontinuation of an IUD.
IUD_MARKS = "10 13+ 18+ 19 23+ 30 36 38+ 54+ 56+ 59 75 93 97 104+ 107 107+ 107+"
IUD = IUD_MARKS.split()


def test_kaplan_and_meier_s_own_eight_items_have_their_estimate() -> None:
    # Kaplan & Meier (1958), section 1: deaths at 0.8, 3.1, 5.4, 9.2, losses at 1.0, 2.7, 7.0, 12.1.
    times, died = [0.8, 3.1, 5.4, 9.2, 1.0, 2.7, 7.0, 12.1], [True] * 4 + [False] * 4
    steps = kaplan_meier(times, died).steps
    found = {step.time: step.survival for step in steps if step.failed}
    assert found == pytest.approx({0.8: 7 / 8, 3.1: 0.70, 5.4: 0.525, 9.2: 0.2625})


def test_bearing_cages_of_which_few_failed_have_the_handbook_s_fit() -> None:
    # Printed: β = 2.035, η = 11 792 hours. The units share lines, as a fleet's hours are told.
    times, counts = [*CAGE_FAILED, *CAGE_ALIVE], [1] * 6 + list(CAGE_ALIVE.values())
    found = weibull(times, [True] * 6 + [False] * len(CAGE_ALIVE), counts=counts)
    assert (found.n, found.failures) == (1703, 6)
    assert found.shape.value == pytest.approx(2.035, abs=5e-4)
    assert found.scale.value == pytest.approx(11792, abs=0.5)


def test_the_iud_study_has_collett_s_survival_curve_and_greenwood_errors() -> None:
    # Table 2.4: survival, standard error, 95 % interval on the plain scale.
    printed = [(10, 0.9444, 0.0540, 0.839, 1.0), (19, 0.8815, 0.0790, 0.727, 1.0)]
    printed += [(30, 0.8137, 0.0978, 0.622, 1.0), (36, 0.7459, 0.1107, 0.529, 0.963)]
    printed += [(59, 0.6526, 0.1303, 0.397, 0.908), (75, 0.5594, 0.1412, 0.283, 0.836)]
    printed += [(93, 0.4662, 0.1452, 0.182, 0.751), (97, 0.3729, 0.1430, 0.093, 0.653)]
    printed += [(107, 0.2486, 0.1392, 0.0, 0.522)]
    times = [float(mark.rstrip("+")) for mark in IUD]
    curve = kaplan_meier(times, [not mark.endswith("+") for mark in IUD], transform="plain")
    for step, row in zip([step for step in curve.steps if step.failed], printed, strict=True):
        assert step.low is not None
        assert step.high is not None
        found = (step.time, round(step.survival, 4), round(step.standard_error, 4))
        assert (*found, round(step.low, 3), round(step.high, 3)) == row


def test_shock_absorbers_have_the_estimates_of_meeker_and_escobar() -> None:
    # μ = ln η = 10.23 (se 0.1099), σ = 1/β = 0.3164 (se 0.07316), 95 % of σ 0.2011 to 0.4978.
    found = weibull(SHOCK_TIMES, SHOCK_FAILED)
    assert found.failures == 11
    assert found.scale.value == pytest.approx(27719, abs=1)
    assert found.shape.value == pytest.approx(3.160, abs=1e-3)
    assert math.sqrt(found.covariance[0][0]) == pytest.approx(0.1099, abs=5e-5)
    assert math.sqrt(found.covariance[1][1]) / found.shape.value == pytest.approx(0.07316, abs=5e-5)
    assert 1 / found.shape.high == pytest.approx(0.2011, abs=5e-5)
    assert 1 / found.shape.low == pytest.approx(0.4978, abs=1e-4)


def test_ball_bearings_have_the_estimates_of_the_literature() -> None:
    found = weibull(BEARINGS, [True] * 23)
    assert round(found.shape.value, 2) == 2.10
    assert round(found.scale.value, 1) == 81.9
    assert found.log_likelihood == pytest.approx(-113.691, abs=1e-3)


def test_the_fit_is_the_one_of_a_general_optimiser() -> None:
    def negative(theta: np.ndarray) -> float:
        shape, scale = np.exp(theta)
        frozen = stats.weibull_min(shape, scale=scale)
        times, failed = np.array(SHOCK_TIMES), np.array(SHOCK_FAILED)
        return -float(frozen.logpdf(times[failed]).sum() + frozen.logsf(times[~failed]).sum())

    best = optimize.minimize(
        negative, [1.0, 10.0], method="Nelder-Mead", options={"xatol": 1e-10, "fatol": 1e-12}
    )
    found = weibull(SHOCK_TIMES, SHOCK_FAILED)
    assert found.log_likelihood == pytest.approx(-best.fun, abs=1e-8)
    assert [found.shape.value, found.scale.value] == pytest.approx(np.exp(best.x), rel=1e-5)


def test_the_covariance_is_the_inverse_of_the_numerical_hessian() -> None:
    times, failed = np.array(SHOCK_TIMES), np.array(SHOCK_FAILED)
    found = weibull(SHOCK_TIMES, SHOCK_FAILED)

    def height(u: float, v: float) -> float:
        frozen = stats.weibull_min(math.exp(v), scale=math.exp(u))
        return float(frozen.logpdf(times[failed]).sum() + frozen.logsf(times[~failed]).sum())

    u, v, h = math.log(found.scale.value), math.log(found.shape.value), 1e-4
    uu = (height(u + h, v) - 2 * height(u, v) + height(u - h, v)) / h**2
    vv = (height(u, v + h) - 2 * height(u, v) + height(u, v - h)) / h**2
    uv = (height(u + h, v + h) - height(u + h, v - h) - height(u - h, v + h) + height(u - h, v - h)) / (
        4 * h**2
    )
    np.testing.assert_allclose(found.covariance, np.linalg.inv([[-uu, -uv], [-uv, -vv]]), rtol=1e-4)


def test_likelihood_intervals_end_where_the_likelihood_ratio_says() -> None:
    found = weibull(SHOCK_TIMES, SHOCK_FAILED, interval="likelihood", at=[10_000.0], bx=[10.0])
    times, failed = np.array(SHOCK_TIMES), np.array(SHOCK_FAILED)
    floor = found.log_likelihood - stats.chi2.ppf(0.95, 1) / 2

    def top(scale: np.ndarray, shape: np.ndarray) -> float:
        z = shape * np.log(times[:, None] / scale)
        density = np.log(shape) + z - np.log(times[:, None])
        return float((failed[:, None] * density - np.exp(z)).sum(axis=0).max())

    shapes = np.exp(np.linspace(-1, 3, 4001))
    b10 = (-math.log(0.9)) ** (1 / shapes)
    survival = found.reliability[0].survival
    for end, scales in (
        *((x, np.full_like(shapes, x)) for x in (found.scale.low, found.scale.high)),
        *((x, x / b10) for x in (found.lives["B10"].low, found.lives["B10"].high)),
        *((x, 10_000.0 / (-math.log(x)) ** (1 / shapes)) for x in (survival.low, survival.high)),
    ):
        assert top(scales, shapes) == pytest.approx(floor, abs=1e-4), end
    for end in (found.shape.low, found.shape.high):
        assert top(np.exp(np.linspace(9.5, 12, 4001)), np.full(4001, end)) == pytest.approx(floor, abs=1e-4)


@pytest.mark.parametrize(("interval", "studies"), [("fisher", 600), ("likelihood", 50)])
def test_intervals_cover_what_they_promise(interval: str, studies: int) -> None:
    rng = np.random.default_rng(12)
    hits = np.zeros(3)
    for _ in range(studies):
        lives = 100.0 * rng.weibull(2.0, 50)
        end = rng.uniform(40, 160, 50)
        found = weibull(np.minimum(lives, end), lives <= end, bx=[10.0], interval=interval)  # type: ignore[arg-type]
        truth = (2.0, 100.0, 100.0 * (-math.log(0.9)) ** 0.5)
        for i, one in enumerate((found.shape, found.scale, found.lives["B10"])):
            hits[i] += one.low <= truth[i] <= one.high
    assert hits / studies == pytest.approx([0.95] * 3, abs=0.08)


@given(st.integers(-300, 290), st.permutations(range(20)))
def test_the_unit_of_time_and_the_order_of_units_do_not_matter(exponent: int, order: list[int]) -> None:
    first = weibull(NIST_TIMES, NIST_FAILED)
    times = np.array(NIST_TIMES)[order] * 2.0**exponent
    second = weibull(times, np.array(NIST_FAILED)[order])
    assert second.shape.value == pytest.approx(first.shape.value, rel=1e-9)
    assert second.scale.value == pytest.approx(first.scale.value * 2.0**exponent, rel=1e-9)
    assert second.lives["B10"].low == pytest.approx(first.lives["B10"].low * 2.0**exponent, rel=1e-8)


def test_counts_stand_for_repeated_times() -> None:
    grouped = weibull([100.0, 200.0, 300.0], [True, True, False], counts=[3, 2, 5])
    single = weibull([100.0] * 3 + [200.0] * 2 + [300.0] * 5, [True] * 5 + [False] * 5)
    assert grouped.shape.value == pytest.approx(single.shape.value)
    assert grouped.log_likelihood == pytest.approx(single.log_likelihood)
    assert (grouped.n, grouped.failures) == (10, 5)
    curve = kaplan_meier([100.0, 200.0, 300.0], [True, True, False], counts=[3, 2, 5])
    assert curve == kaplan_meier([100.0] * 3 + [200.0] * 2 + [300.0] * 5, [True] * 5 + [False] * 5)


def test_one_failure_among_survivors_has_an_estimate_and_a_warning() -> None:
    found = weibull([10.0, 100.0, 100.0], [True, False, False])
    assert found.shape.low < found.shape.value < found.shape.high
    assert codes(found.notes) == ("few-failures",)


@pytest.mark.parametrize(
    ("times", "failed", "message"),
    [
        ([], [], "no times"),
        ([1.0, 2.0], [True], "1 marks of failure do not fit 2"),
        ([1.0, 2.0], [False, False], "no unit failed"),
        ([5.0, 5.0], [True, True], "largest time"),
        ([1.0, 5.0], [False, True], "largest time"),
        ([0.0, 5.0], [True, True], "index 0 is 0"),
        ([-1.0, 5.0], [True, True], "index 0 is -1"),
        ([1.0, math.nan], [True, True], "index 1 is nan"),
        ([1.0, math.inf], [True, False], "finite"),
    ],
)
def test_lives_that_can_not_be_fitted_are_refused(
    times: list[float], failed: list[bool], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        weibull(times, failed)


def test_options_out_of_range_are_refused() -> None:
    for options, message in (
        ({"confidence": 1.0}, "confidence lies"),
        ({"bx": [100.0]}, "B100, as a share, lies between"),
        ({"at": [0.0]}, "times above 0"),
        ({"counts": [0] * 20}, "whole number of 1 or more"),
        ({"interval": "bootstrap"}, "fisher or likelihood"),
    ):
        with pytest.raises(BadInput, match=message):
            weibull(NIST_TIMES, NIST_FAILED, **options)  # type: ignore[arg-type]


def test_kaplan_meier_of_the_handbook_example_is_r_s() -> None:
    one = case("km_nist_weibull")
    found = kaplan_meier(NIST_TIMES, NIST_FAILED)
    assert [step.time for step in found.steps] == one["expected"]["time"]
    assert_close([step.survival for step in found.steps], one["expected"]["survival"], one["tolerance"])
    assert_close([step.standard_error for step in found.steps], one["expected"]["se"], one["tolerance"])


def test_freireich_remissions_have_the_published_curve_and_the_intervals_of_r() -> None:
    found = kaplan_meier(REMISSION_TIMES, REMISSION_FAILED)
    died = [step for step in found.steps if step.failed]
    assert [step.time for step in died] == [6, 7, 10, 13, 16, 22, 23]
    assert [step.at_risk for step in died] == [21, 17, 15, 12, 11, 7, 6]
    assert [round(step.survival, 3) for step in died] == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    errors = [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert [round(step.standard_error, 4) for step in died] == errors
    assert [round(step.low or 0, 3) for step in died] == [0.720, 0.653, 0.586, 0.510, 0.439, 0.337, 0.249]
    assert [round(step.high or 0, 3) for step in died] == [1.0, 0.996, 0.968, 0.935, 0.896, 0.858, 0.807]
    assert (found.median, found.median_low, found.median_high) == (23.0, 16.0, None)


@pytest.mark.parametrize("transform", ["log", "log-log", "plain"])
def test_intervals_hold_the_estimate_and_stay_inside_zero_and_one(transform: str) -> None:
    found = kaplan_meier(REMISSION_TIMES, REMISSION_FAILED, transform=transform)  # type: ignore[arg-type]
    for step in found.steps:
        assert step.low is not None
        assert step.high is not None
        assert 0.0 <= step.low <= step.survival <= step.high <= 1.0
    loglog = kaplan_meier(REMISSION_TIMES, REMISSION_FAILED, transform="log-log").steps[0]
    # SAS at 6 weeks: 0.6197 to 0.9516.
    assert (round(loglog.low or 0, 3), round(loglog.high or 0, 3)) == (0.620, 0.952)


@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=30))
def test_without_censoring_the_curve_is_the_share_still_alive(marks: list[tuple[int, bool]]) -> None:
    times = [time for time, _ in marks]
    found = kaplan_meier(times, [True] * len(times))
    for step in found.steps:
        assert step.survival == pytest.approx(sum(time > step.time for time in times) / len(times), abs=1e-12)
    # With censoring: scipy's own.
    failed = np.array([dead for _, dead in marks])
    if failed.any():
        data = stats.CensoredData.right_censored(np.array(times, dtype=float), ~failed)
        theirs = stats.ecdf(data).sf
        for step in kaplan_meier(times, failed).steps:
            assert step.survival == pytest.approx(float(theirs.evaluate(step.time)), abs=1e-9)


def test_when_the_last_unit_fails_nothing_is_left_and_no_interval() -> None:
    last = kaplan_meier([1.0, 2.0], [True, True]).steps[-1]
    assert (last.survival, last.standard_error, last.low, last.high) == (0.0, 0.0, None, None)
    assert kaplan_meier([1.0, 2.0], [True, True]).median == 1.5  # it stands at one half from 1 to 2
    with pytest.raises(BadInput, match="index 0 is -1"):
        kaplan_meier([-1.0], [True])
    with pytest.raises(BadInput, match="transform is"):
        kaplan_meier([1.0], [True], transform="logit")  # type: ignore[arg-type]
