"""Capability indices agree with published studies, with a second method and with simulation."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quality_creator.model.characteristic import Specification
from quality_creator.model.errors import BadInput
from quality_creator.quality.capability import capability, capability_from_summary, percentiles
from quality_creator.quality.distribution import Distribution, best_fit, fit
from quality_creator.quality.note import codes
from quality_creator.quality.within import chi_degrees, within_sigma
from tests.quality.cases import assert_close, case

RINGS = case("capability_pistonrings")
NAMES = {"Cp_l": "Cpl", "Cp_u": "Cpu", "Cp_k": "Cpk", "Pp_l": "Ppl", "Pp_u": "Ppu", "Pp_k": "Ppk"}
RING_LIMITS = Specification(lower=73.95, target=74.0, upper=74.05)


def test_the_piston_rings_give_every_index_and_interval_of_qcc() -> None:
    rows = RINGS["inputs"]["phase1"]
    study = capability(np.concatenate(rows), RING_LIMITS, sizes=[len(row) for row in rows])
    expected, tolerance = RINGS["expected"], RINGS["tolerance"]
    assert_close(study.mean, expected["center"], tolerance)
    assert study.sigma_within == pytest.approx(expected["sigma_exact_constants"], rel=1e-12)
    assert_close(study.sigma_overall, expected["sigma_overall"], tolerance)
    for name, index in expected["indices"].items():
        found = study.indices[NAMES.get(name, name)]
        assert_close(
            [found.value, found.low, found.high],
            [index["value"], index["ci_low"], index["ci_high"]],
            tolerance,
        )
    assert study.observed_ppm is not None
    assert study.observed_ppm.total == 0.0
    assert study.expected_ppm_within is not None
    assert study.expected_ppm_within.total < 1.0


def test_montgomery_interval_of_cp_follows_from_n_and_s() -> None:
    one = case("montgomery_cp_ci")
    study = capability_from_summary(
        n=20, deviation=1.75, mean=None, specification=Specification(lower=38.0, upper=62.0)
    )
    cp = study.indices["Cp"]
    assert cp == study.indices["Pp"]
    expected = [one["expected"][name] for name in ("Cp", "ci_low", "ci_high")]
    assert_close([cp.value, cp.low, cp.high], expected, one["tolerance"])


def test_the_lognormal_percentiles_give_the_indices_of_iso_22514_2() -> None:
    one = case("iso22514_lognormal")
    found = percentiles(
        Distribution(family="lognormal", parameters={"meanlog": 1.0, "sdlog": 0.4}),
        Specification(lower=0.5, upper=9.0),
    )
    values = {"x0135": found.x0135, "x50": found.x50, "x99865": found.x99865, **found.indices}
    assert set(values) == set(one["expected"])
    for name, value in values.items():
        assert_close(value, one["expected"][name], one["tolerance"])


def test_the_percentile_method_is_the_usual_one_when_the_distribution_is_normal() -> None:
    limits = Specification(lower=7.0, upper=12.0)
    found = percentiles(Distribution(family="normal", parameters={"mean": 10.0, "sd": 0.5}), limits)
    usual = capability_from_summary(n=100, deviation=0.5, mean=10.0, specification=limits).indices
    for name in ("Pp", "Ppl", "Ppu", "Ppk"):
        assert found.indices[name] == pytest.approx(usual[name].value, rel=1e-5)  # z(0.99865) = 2.99998


def test_montgomery_bottle_strength_has_its_published_indices() -> None:
    # Glass containers, n = 100: xbar 264.06, s 32.02, lower limit 200: Cpl = 0.67, about 2.28 % below.
    study = capability_from_summary(
        n=100, deviation=32.02, mean=264.06, specification=Specification(lower=200.0)
    )
    assert study.indices["Ppl"].value == pytest.approx(0.67, abs=0.005)
    assert study.expected_ppm_overall is not None
    assert study.expected_ppm_overall.total == pytest.approx(22750, rel=0.01)


def test_montgomery_cpk_interval_of_bissell_is_reproduced() -> None:
    # n = 20, Cpk-hat = 1.33: 0.88 ≤ Cpk ≤ 1.78 (95 %).
    study = capability_from_summary(
        n=20, deviation=1.0, mean=0.0, specification=Specification(lower=-3.99, upper=100.0)
    )
    cpk = study.indices["Ppk"]
    assert cpk.value == pytest.approx(1.33)
    assert cpk.low == pytest.approx(0.88, abs=0.01)
    assert cpk.high == pytest.approx(1.78, abs=0.01)


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        (Specification(upper=1.0), {"Cpu", "Cpk", "Ppu", "Ppk"}),
        (Specification(lower=-1.0), {"Cpl", "Cpk", "Ppl", "Ppk"}),
        (Specification(upper=5.0, target=0.0), {"Cpu", "Cpk", "Cpm", "Ppu", "Ppk", "Ppm"}),
        (Specification(target=0.0), set()),
    ],
)
def test_one_sided_specifications_have_only_the_indices_that_make_sense(
    limits: Specification, names: set[str]
) -> None:
    study = capability(np.linspace(-1.0, 2.0, 30), limits)
    assert set(study.indices) == names
    assert ("no-specification" in codes(study.notes)) == (not names)


def test_expected_ppm_is_the_normal_tail_and_observed_ppm_is_the_count() -> None:
    values = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0])
    study = capability(values, Specification(lower=1.0, upper=7.5))
    assert study.observed_ppm is not None
    assert (study.observed_ppm.below, study.observed_ppm.above) == (100000.0, 200000.0)
    assert study.expected_ppm_overall is not None
    below = 1e6 * stats.norm.cdf(1.0, values.mean(), values.std(ddof=1))
    assert study.expected_ppm_overall.below == pytest.approx(below)


def test_what_weakens_an_index_is_said() -> None:
    rng = np.random.default_rng(3)
    limits = Specification(lower=-5.0, upper=5.0)
    good = capability(rng.normal(size=200), limits, sizes=[5] * 40, stable=True, degrees="within")
    assert codes(good.notes) == ()
    skewed = capability(rng.exponential(size=100), limits, sizes=[5] * 20, stable=False)
    assert codes(skewed.notes) == ("not-stable", "provisional", "not-normal", "degrees")
    few = capability(rng.normal(size=5), limits)
    assert codes(few.notes) == ("stability-unknown", "provisional", "few-for-normality", "degrees")


@pytest.mark.parametrize(
    ("method", "size"), [("rbar", 5), ("sbar", 5), ("sbar", 12), ("pooled", 5), ("mrbar", 1)]
)
def test_within_sigma_is_unbiased_and_carries_the_degrees_it_says(method: str, size: int) -> None:
    rng = np.random.default_rng(11)
    groups = 20 if size > 1 else 40
    draws = rng.normal(size=(400, groups * size))
    found = [within_sigma(row, [size] * groups, method) for row in draws]  # type: ignore[arg-type]
    sigmas = np.array([one.sigma for one in found])
    assert sigmas.mean() == pytest.approx(1.0, abs=4 * sigmas.std() / math.sqrt(len(sigmas)))
    assert found[0].degrees == pytest.approx(chi_degrees(float(sigmas.var() / sigmas.mean() ** 2)), rel=0.25)


@pytest.mark.parametrize(("degrees", "covered"), [("within", 0.95), ("total", 0.91)])
def test_intervals_with_the_degrees_of_the_estimate_cover_what_they_promise(
    degrees: str, covered: float
) -> None:
    # n − 1 degrees, the convention of the published examples, is too sure of itself with Rbar/d2.
    rng = np.random.default_rng(5)
    limits = Specification(lower=-4.0, upper=4.0)
    hits = 0
    for row in rng.normal(size=(500, 125)):
        cp = capability(row, limits, sizes=[5] * 25, degrees=degrees).indices["Cp"]  # type: ignore[arg-type]
        assert cp.low is not None
        assert cp.high is not None
        hits += cp.low <= 4.0 / 3.0 <= cp.high
    assert hits / 500 == pytest.approx(covered, abs=0.03)


def test_unequal_subgroups_take_s_over_c4_and_single_ones_are_left_out() -> None:
    values = np.array([1.0, 2.0, 4.0, 5.0, 7.0, 20.0])
    found = within_sigma(values, [2, 3, 1])
    assert (found.method, found.subgroups) == ("sbar", 2)
    c4 = {2: 0.7978845608, 3: 0.8862269255}
    each = [values[:2].std(ddof=1) / c4[2], values[2:5].std(ddof=1) / c4[3]]
    assert found.sigma == pytest.approx(np.mean(each), rel=1e-9)


@pytest.mark.parametrize("family", ["lognormal", "weibull", "gamma", "rayleigh"])
def test_a_fit_is_where_the_likelihood_is_highest(family: str) -> None:
    rng = np.random.default_rng(2)
    values = rng.gamma(3.0, 2.0, size=80)
    found = fit(values, family)  # type: ignore[arg-type]
    for name, value in found.distribution.parameters.items():
        for factor in (0.98, 1.02):
            other = Distribution(
                family=family,  # type: ignore[arg-type]
                parameters={**found.distribution.parameters, name: value * factor},
            )
            # The lognormal's sdlog has n − 1, so it stands a little beside the very top.
            assert other.log_likelihood(values) < found.log_likelihood + 0.02


@pytest.mark.parametrize(
    ("draw", "family"),
    [("lognormal", "lognormal"), ("normal", "normal"), ("weibull", "weibull"), ("rayleigh", "rayleigh")],
)
def test_the_family_that_made_the_values_is_found_again(draw: str, family: str) -> None:
    rng = np.random.default_rng(8)
    values = {
        "lognormal": rng.lognormal(0.0, 0.8, 2000),
        "normal": rng.normal(50.0, 5.0, 2000),
        "weibull": 10.0 * rng.weibull(0.7, 2000),
        "rayleigh": rng.rayleigh(2.0, 2000),
    }[draw]
    assert best_fit(values).distribution.family == family


def test_a_distribution_that_is_not_normal_adds_percentiles() -> None:
    rng = np.random.default_rng(8)
    values = rng.lognormal(0.0, 0.8, 500)
    study = capability(values, Specification(upper=20.0), distribution="auto")
    assert study.percentiles is not None
    assert study.percentiles.family == "lognormal"
    assert study.percentiles.expected_ppm is not None
    # The normal tail at 20 is nothing; the real one is about 90 in a million.
    assert study.expected_ppm_overall is not None
    assert study.expected_ppm_overall.total < 1e-6 < study.percentiles.expected_ppm.total


@given(
    st.integers(-1000, 1000),
    st.integers(-300, 300),
    st.booleans(),
    st.lists(st.integers(-50, 50), min_size=6, max_size=30),
)
def test_units_and_zero_points_do_not_matter(shift: int, exponent: int, flip: bool, grid: list[int]) -> None:
    values = np.array(grid, dtype=float)
    if len(set(grid)) < 2:
        return
    factor = 2.0**exponent * (-1 if flip else 1)
    plain = capability(values, Specification(lower=-60.0, target=1.0, upper=70.0))
    ends = sorted(((-60.0 + shift) * factor, (70.0 + shift) * factor))
    moved = capability(
        (values + shift) * factor,
        Specification(lower=ends[0], target=(1.0 + shift) * factor, upper=ends[1]),
    )
    swap = {"Cpl": "Cpu", "Cpu": "Cpl", "Ppl": "Ppu", "Ppu": "Ppl"} if flip else {}
    for name, index in plain.indices.items():
        assert moved.indices[swap.get(name, name)].value == pytest.approx(index.value, rel=1e-9, abs=1e-12)


def test_values_at_the_ends_of_the_double_range_are_handled() -> None:
    large = capability([1e308, -1e308, 0.5e308, 0.0], Specification(lower=-1.5e308, upper=1.5e308))
    small = capability([10.0, -10.0, 5.0, 0.0], Specification(lower=-15.0, upper=15.0))
    assert large.indices["Ppk"].value == pytest.approx(small.indices["Ppk"].value)
    tiny = capability([1e-320, -1e-320, 0.5e-320, 0.0], Specification(lower=-1.5e-320, upper=1.5e-320))
    assert tiny.indices["Ppk"].value == pytest.approx(small.indices["Ppk"].value, rel=0.01)


@pytest.mark.parametrize(
    ("values", "limits", "message"),
    [
        ([], Specification(upper=1.0), "no values"),
        ([1.0], Specification(upper=1.0), "too few"),
        ([1.0, 1.0, 1.0], Specification(upper=1.0), "all 1"),
        ([1.0, math.nan], Specification(upper=1.0), "index 1 is nan"),
        ([1.0, math.inf], Specification(upper=1.0), "index 1 is inf"),
        ([1.0, 2.0], Specification(lower=3.0, upper=1.0), "crossed"),
        ([1.0, 2.0], Specification(lower=1.0, upper=1.0), "crossed"),
        ([1.0, 2.0], Specification(lower=math.nan), "lower limit must be a finite"),
        ([1.0, 2.0], Specification(lower=0.0, target=-1.0), "outside the limits"),
    ],
)
def test_each_bad_input_is_refused_with_its_own_words(
    values: list[float], limits: Specification, message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        capability(values, limits)


def test_subgroups_without_inner_spread_and_wrong_sizes_are_refused() -> None:
    limits = Specification(upper=9.0)
    with pytest.raises(BadInput, match="no spread within subgroups"):
        capability([1.0, 1.0, 2.0, 2.0], limits, sizes=[2, 2])
    with pytest.raises(BadInput, match="add up to 3"):
        capability([1.0, 1.0, 2.0, 2.0], limits, sizes=[2, 1])
    with pytest.raises(BadInput, match="for single values"):
        capability([1.0, 2.0], limits, sizes=[2], within="mrbar")
    with pytest.raises(BadInput, match="choose mrbar"):
        capability([1.0, 2.0], limits, within="rbar")
    with pytest.raises(BadInput, match="confidence lies between"):
        capability([1.0, 2.0], limits, confidence=95.0)
    with pytest.raises(BadInput, match="above 0; the smallest is -1"):
        fit([-1.0, 2.0, 3.0], "weibull")
    with pytest.raises(BadInput, match="takes the parameters shape, scale"):
        Distribution(family="weibull", parameters={"shape": 1.0})


def test_the_handbook_example_of_capability_indices() -> None:
    # NIST/SEMATECH e-Handbook 6.1.6: limits 8 and 20, mean 16, s 2: Cp 1.0, Cpk 0.6667, Cpl 1.3333.
    limits = Specification(lower=8.0, target=14.0, upper=20.0)
    found = capability_from_summary(n=50, deviation=2.0, mean=16.0, specification=limits).indices
    values = {name: round(index.value, 4) for name, index in found.items() if name.startswith("C")}
    assert values == {"Cp": 1.0, "Cpl": 1.3333, "Cpu": 0.6667, "Cpk": 0.6667, "Cpm": 0.7071}
