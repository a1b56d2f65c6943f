"""OC curves, outgoing quality and designs agree with published numbers and brute force."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from quality_creator.model.errors import BadInput
from quality_creator.quality.operating import (
    average_outgoing_limit,
    operating,
    probability_of_acceptance,
    quality_at,
)
from quality_creator.quality.plan_design import Demand, design_attributes, design_variables
from quality_creator.quality.variables_sampling import acceptance_by_variables, k_for, variables_operating
from tests.quality.cases import assert_close, case


def test_the_handbook_plan_of_52_with_3_has_its_oc_curve() -> None:
    one = case("nist_6232_oc_52_3")
    found = operating(52, 3, p=one["inputs"]["p"])
    assert_close([point.pa for point in found.points], one["expected"]["pa"], one["tolerance"])


def test_the_handbook_plan_of_52_with_3_has_its_outgoing_quality() -> None:
    one = case("nist_aoql_52_3")
    found = operating(52, 3, p=one["inputs"]["p"], lot_size=10_000)
    expected, tolerance = one["expected"], one["tolerance"]
    assert_close([point.aoq for point in found.points], expected["aoq"], tolerance)
    assert_close([point.ati for point in found.points], expected["ati"], tolerance)
    assert_close(found.aoql, expected["aoql"], tolerance)
    assert_close(found.p_at_aoql, expected["p_at_aoql"], {"abs": 1e-6, "rel": 1e-5})


def test_montgomery_plan_of_89_with_2_has_its_printed_numbers() -> None:
    # Pa 0.9397 at 1 %; AOQL about 0.0155 (read from the curve); ATI 687 at 1 % in lots of 10 000.
    found = operating(89, 2, p=[0.005, 0.01, 0.02, 0.03, 0.04, 0.05], lot_size=10_000)
    printed = [0.9897, 0.9397, 0.7366, 0.4985, 0.3042, 0.1721]
    assert [round(point.pa, 4) for point in found.points] == printed
    assert found.points[1].ati == pytest.approx(687, abs=1)
    assert found.aoql == pytest.approx(0.0155, abs=4e-4)


def test_curtailed_inspection_has_the_mean_sample_of_brute_force() -> None:
    n, accept, p = 8, 1, 0.2
    mean = 0.0
    for outcome in itertools.product((0, 1), repeat=n):
        chance = p ** sum(outcome) * (1 - p) ** (n - sum(outcome))
        total, stop = 0, n
        for i, bad in enumerate(outcome, 1):
            total += bad
            if total > accept:
                stop = i
                break
        mean += chance * stop
    assert operating(n, accept, p=[p]).points[0].asn == pytest.approx(mean)


@given(st.integers(2, 60), st.data())
def test_the_hypergeometric_curve_is_scipy_s(lot: int, data: st.DataObject) -> None:
    n = data.draw(st.integers(1, lot))
    accept = data.draw(st.integers(0, n))
    bad = data.draw(st.integers(0, lot))
    ours = probability_of_acceptance([bad / lot], n, accept, lot_size=lot, model="hypergeometric")[0]
    assert ours == pytest.approx(stats.hypergeom.cdf(accept, lot, bad, n), abs=1e-10)


def test_the_poisson_curve_is_scipy_s_and_a_large_lot_is_binomial() -> None:
    found = probability_of_acceptance([0.0, 0.5, 3.0], 10, 7, model="poisson")
    np.testing.assert_allclose(found, stats.poisson.cdf(7, [0.0, 5.0, 30.0]))
    type_a = probability_of_acceptance([0.05], 50, 3, lot_size=2_000_000, model="hypergeometric")
    np.testing.assert_allclose(type_a, probability_of_acceptance([0.05], 50, 3), rtol=1e-4)


@pytest.mark.parametrize("model", ["binomial", "poisson", "hypergeometric"])
def test_quality_levels_are_where_the_curve_says(model: str) -> None:
    lot = 1000 if model == "hypergeometric" else None
    for share in (0.95, 0.5, 0.1):
        p = quality_at(80, 2, share, lot_size=lot, model=model)  # type: ignore[arg-type]
        if model != "hypergeometric":
            found = probability_of_acceptance([p], 80, 2, model=model)[0]  # type: ignore[arg-type]
            assert found == pytest.approx(share, abs=1e-9)
        else:
            low, high = math.floor(p * 1000) / 1000, math.ceil(p * 1000) / 1000
            pa = probability_of_acceptance([high, low], 80, 2, lot_size=1000, model="hypergeometric")
            assert pa[0] <= share <= pa[1]


def test_the_outgoing_limit_is_the_top_of_the_curve() -> None:
    limit, at = average_outgoing_limit(80, 2, lot_size=1000)
    grid = np.linspace(0, 1, 20001)
    curve = grid * probability_of_acceptance(grid, 80, 2) * 0.92
    assert limit == pytest.approx(curve.max(), rel=1e-6)
    assert at == pytest.approx(grid[curve.argmax()], abs=1e-4)


def test_the_two_point_plan_is_r_s() -> None:
    one = case("find_plan_binomial_r")
    found = design_attributes(Demand(p1=0.01, pa1=0.95, p2=0.06, pa2=0.10))
    assert (found.n, found.accept) == (one["expected"]["n"], one["expected"]["c"])
    assert found.pa1 >= 0.95
    assert found.pa2 <= 0.10


@pytest.mark.parametrize("model", ["binomial", "poisson", "hypergeometric"])
def test_no_smaller_plan_meets_the_demand(model: str) -> None:
    lot = 400 if model == "hypergeometric" else None
    demand = Demand(p1=0.02, pa1=0.9, p2=0.1, pa2=0.1)
    found = design_attributes(demand, model=model, lot_size=lot)  # type: ignore[arg-type]

    def meets(n: int, c: int) -> bool:
        pa = probability_of_acceptance([0.02, 0.1], n, c, lot_size=lot, model=model)  # type: ignore[arg-type]
        return bool(pa[0] >= 0.9 and pa[1] <= 0.1)

    assert meets(found.n, found.accept)
    assert not any(meets(n, c) for n in range(1, found.n) for c in range(min(n, 8)))


def test_the_variables_plan_with_known_sigma_is_r_s() -> None:
    one = case("find_plan_variables_sigma_known_r")
    found = design_variables(Demand(p1=0.01, pa1=0.95, p2=0.06, pa2=0.10), sigma="known")
    assert found.n == one["expected"]["n"]
    assert_close(found.k, one["expected"]["k"], one["tolerance"])


def test_minitab_camera_lens_plan_has_its_sample_and_k() -> None:
    # AQL 100 and RQL 300 per million, alpha 0.05, beta 0.10, historical sigma: n = 104, k = 3.55750.
    found = design_variables(Demand(p1=100e-6, pa1=0.95, p2=300e-6, pa2=0.10), sigma="known")
    assert found.n == 104
    assert round((found.k + found.k_consumer) / 2, 5) == 3.55750


def test_the_oc_curve_with_unknown_sigma_is_r_s() -> None:
    one = case("variables_oc_n20_k1_8")
    assert_close(variables_operating(one["inputs"]["p"], 20, 1.8), one["expected"]["pa"], one["tolerance"])


@pytest.mark.parametrize(("p", "n", "k"), [(0.01, 20, 1.8), (0.05, 5, 1.2), (0.001, 100, 2.7), (0.2, 3, 0.5)])
def test_the_noncentral_t_is_the_mean_over_s(p: float, n: int, k: float) -> None:
    # Second method: P(x̄ + k s ≤ U) as an integral over the distribution of s.
    z = stats.norm.isf(p)
    chi = stats.chi(n - 1)
    value, _ = integrate.quad(
        lambda c: chi.pdf(c) * stats.norm.cdf(math.sqrt(n) * (z - k * c / math.sqrt(n - 1))), 0, np.inf
    )
    assert acceptance_by_variables(p, n, k) == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize("sigma", ["known", "unknown"])
def test_a_variables_design_meets_both_points_and_one_item_less_does_not(sigma: str) -> None:
    demand = Demand(p1=0.01, pa1=0.95, p2=0.05, pa2=0.10)
    found = design_variables(demand, sigma=sigma)  # type: ignore[arg-type]
    assert found.pa1 == pytest.approx(0.95, abs=1e-9)
    assert found.pa2 <= 0.10
    less = k_for(0.01, 0.95, found.n - 1, sigma=sigma)  # type: ignore[arg-type]
    assert acceptance_by_variables(0.05, found.n - 1, less, sigma=sigma) > 0.10  # type: ignore[arg-type]
    assert found.k_consumer <= found.k


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: operating(0, 0), "at least 1 item"),
        (lambda: operating(10, -1), "0 or more"),
        (lambda: operating(10, 1, lot_size=5), "larger than the lot"),
        (lambda: operating(10, 1, model="hypergeometric"), "give its size"),
        (lambda: operating(10, 1, model="normal"), "no model"),  # type: ignore[arg-type]
        (lambda: operating(10, 1, p=[1.5]), "lies in 0 to 1"),
        (lambda: operating(10, 1, p=[math.nan]), "lies in 0 to 1"),
        (lambda: design_attributes(Demand(p1=0.06, pa1=0.95, p2=0.01, pa2=0.1)), "must be better"),
        (lambda: design_attributes(Demand(p1=0.01, pa1=0.1, p2=0.06, pa2=0.95)), "must be above"),
        (
            lambda: design_attributes(
                Demand(p1=0.01, pa1=0.99, p2=0.011, pa2=0.01), model="hypergeometric", lot_size=200
            ),
            "no plan within a lot of 200",
        ),
        (lambda: design_variables(Demand(p1=0.01, pa1=0.95, p2=0.0100001, pa2=0.1)), "too close"),
        (lambda: acceptance_by_variables(0.01, 1, 1.0), "at least 2 items"),
        (lambda: acceptance_by_variables(0.0, 5, 1.0), "lies between 0 and 1"),
    ],
)
def test_what_can_not_be_is_refused(call: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call()  # type: ignore[operator]


def test_a_plan_that_accepts_everything_is_a_flat_curve() -> None:
    found = operating(5, 5, p=[0.5, 1.0])
    assert [point.pa for point in found.points] == [1.0, 1.0]
    assert (found.p10, found.aoql) == (1.0, pytest.approx(1.0))


@pytest.mark.parametrize(("p1", "p2"), [(0.01, 0.06), (0.02, 0.03), (0.05, 0.2), (0.001, 0.004), (0.2, 0.25)])
def test_the_design_is_the_first_that_a_search_through_all_acceptance_numbers_meets(
    p1: float, p2: float
) -> None:
    found = design_attributes(Demand(p1=p1, pa1=0.95, p2=p2, pa2=0.10))
    accept, n = 0, 1
    while True:
        while stats.binom.cdf(accept, n, p2) > 0.10:
            n += max(1, int(0.02 / p2)) if stats.binom.cdf(accept, n + int(0.02 / p2), p2) > 0.10 else 1
        if stats.binom.cdf(accept, n, p1) >= 0.95:
            break
        accept += 1
    assert (found.n, found.accept) == (n, accept)


def test_two_close_points_are_told_apart_in_good_time() -> None:
    found = design_attributes(Demand(p1=0.0100, pa1=0.95, p2=0.0102, pa2=0.10))
    assert found.n > 1_000_000
    assert found.pa1 >= 0.95
    assert found.pa2 <= 0.10


def test_large_lots_lose_no_digits() -> None:
    ours = probability_of_acceptance([0.01], 500, 4, lot_size=2 * 10**9, model="hypergeometric")[0]
    assert ours == pytest.approx(stats.binom.cdf(4, 500, 0.01), rel=1e-6)
    exact = sum(math.comb(300, x) * math.comb(29_700, 400 - x) for x in range(4)) / math.comb(30_000, 400)
    ours = probability_of_acceptance([0.01], 400, 3, lot_size=30_000, model="hypergeometric")[0]
    assert ours == pytest.approx(exact, rel=1e-12)
