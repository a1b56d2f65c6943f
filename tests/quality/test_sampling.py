"""Plans are the standards' and decisions follow from them."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quality_creator.model.errors import BadInput
from quality_creator.quality.note import codes
from quality_creator.quality.sampling import accepted_one_step_tighter, decide, single_plan
from quality_creator.quality.sampling_table import LEVELS, aqls, code_letter, single_row
from quality_creator.quality.variables_sampling import decide_by_variables, variables_plan

LETTERS = "ABCDEFGHJKLMNPQR"
NORMAL_SIZES = dict(
    zip(LETTERS, [2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000], strict=True)
)


@pytest.mark.parametrize(
    ("lot", "level", "aql", "severity", "plan"),
    [
        # Level II, AQL 1.0 and 0.65: the plans that are taught everywhere.
        (1000, "II", 1.0, "normal", ("J", 80, 2, 3)),
        (1000, "II", 1.0, "tightened", ("J", 80, 1, 2)),
        (1000, "II", 1.0, "reduced", ("J", 32, 1, 2)),
        (1000, "II", 0.65, "normal", ("J", 80, 1, 2)),
        (2000, "II", 0.65, "normal", ("K", 125, 2, 3)),  # Montgomery's example
        (2000, "II", 2.5, "normal", ("K", 125, 7, 8)),
        (2000, "II", 2.5, "tightened", ("K", 125, 5, 6)),
        (4000, "II", 2.5, "normal", ("L", 200, 10, 11)),
        (4000, "II", 4.0, "normal", ("L", 200, 14, 15)),
        (500, "II", 1.5, "normal", ("H", 50, 2, 3)),
        (100, "II", 1.0, "normal", ("E", 13, 0, 1)),  # F has an arrow up
        (3000, "II", 0.25, "normal", ("L", 200, 1, 2)),  # K has an arrow down: two packages get it wrong
        (150, "II", 0.1, "normal", ("K", 125, 0, 1)),  # down five letters
        (20_000, "I", 6.5, "normal", ("K", 125, 14, 15)),
        (20_000, "S-4", 6.5, "normal", ("H", 50, 7, 8)),
        (600_000, "II", 0.015, "normal", ("P", 800, 0, 1)),
        (600_000, "II", 0.025, "tightened", ("S", 3150, 1, 2)),
        (8, "II", 40.0, "normal", ("A", 2, 2, 3)),
    ],
)
def test_the_plan_is_the_one_in_the_standard(
    lot: int, level: str, aql: float, severity: str, plan: tuple[str, int, int, int]
) -> None:
    found = single_plan(lot, aql, level=level, severity=severity)  # type: ignore[arg-type]
    assert (found.plan_letter, found.table_n, found.accept, found.reject) == plan
    assert found.edition == "ISO 2859-1:1999"


def test_every_normal_and_tightened_plan_has_its_letter_s_sample_size() -> None:
    for severity in ("normal", "tightened"):
        for letter in LETTERS:
            for aql in aqls():
                row = single_row(severity, letter, aql)
                assert row.n == {**NORMAL_SIZES, "S": 3150}[row.letter]
                assert row.reject == row.accept + 1


def test_a_plan_of_one_acceptance_number_has_nearly_one_product_of_size_and_aql() -> None:
    # The tables are built on geometric steps: a slipped row or column shows as a factor of 1.5.
    for severity in ("normal", "tightened", "reduced"):
        products: dict[int, list[float]] = {}
        for letter in LETTERS:
            for aql in aqls():
                row = single_row(severity, letter, aql)  # type: ignore[arg-type]
                if row.letter == letter and not (severity == "reduced" and letter in "AB"):
                    products.setdefault(row.accept, []).append(row.n * aql)
        for accept, found in products.items():
            assert max(found) / min(found) < 1.35, (severity, accept)


def test_tightened_plans_accept_less_than_normal_ones() -> None:
    for letter in LETTERS:
        for aql in aqls():
            normal, tight = single_row("normal", letter, aql), single_row("tightened", letter, aql)
            for p in (0.005, 0.05, 0.2):
                loose = stats.binom.cdf(normal.accept, normal.n, p)
                assert stats.binom.cdf(tight.accept, tight.n, p) <= loose + 1e-12


def test_lots_of_aql_quality_are_mostly_accepted_on_normal_inspection() -> None:
    for letter in LETTERS:
        for aql in aqls():
            row = single_row("normal", letter, aql)
            assert stats.poisson.cdf(row.accept, row.n * aql / 100.0) > 0.86


def test_code_letters_change_exactly_at_the_limits_of_the_table() -> None:
    limits = [8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10_000, 35_000, 150_000, 500_000]
    assert [code_letter(limit, "II") for limit in [*limits, 500_001]] == list("ABCDEFGHJKLMNPQ")
    assert [code_letter(limit + 1, "II") for limit in limits] == list("BCDEFGHJKLMNPQ")
    assert code_letter(10**9, "III") == "R"
    assert len({code_letter(1000, level) for level in LEVELS}) == 6  # S-1 and S-2 are both C


def test_z14_keeps_the_gap_of_reduced_inspection_and_105e_s_tightened_a() -> None:
    plan = single_plan(1000, 1.0, severity="reduced", standard="z1.4")
    assert (plan.n, plan.accept, plan.reject) == (32, 1, 3)
    gap = decide(plan, 2)
    assert (gap.accepted, gap.marginal) == (True, True)
    assert not decide(plan, 3).accepted
    assert not decide(plan, 1).marginal
    tight = single_plan(8, 10.0, severity="tightened", standard="z1.4")
    assert (tight.plan_letter, tight.n, tight.accept, tight.inspect_all) == ("D", 8, 1, True)
    iso = single_plan(8, 10.0, severity="tightened")
    assert (iso.plan_letter, iso.n, iso.accept) == ("A", 2, 0)


def test_gb_t_is_iso_under_its_own_name() -> None:
    ours, theirs = single_plan(1000, 1.0), single_plan(1000, 1.0, standard="gbt2828.1")
    assert theirs.edition.startswith("GB/T 2828.1-2012")
    assert (ours.n, ours.accept) == (theirs.n, theirs.accept)


def test_a_sample_as_large_as_the_lot_means_every_item() -> None:
    plan = single_plan(100, 0.065)
    assert (plan.table_n, plan.n, plan.inspect_all, plan.accept) == (200, 100, True, 0)
    assert codes(plan.notes) == ("arrow", "inspect-all")
    assert single_plan(200, 0.1).inspect_all is False
    assert single_plan(125, 0.1).inspect_all is True


def test_disputed_rows_say_so() -> None:
    assert "disputed-row" in codes(single_plan(1000, 4.0, severity="reduced").notes)
    assert "disputed-row" not in codes(single_plan(1000, 4.0).notes)
    with (
        Path(__file__)
        .parents[2]
        .joinpath("src/quality_creator/quality/tables/iso2859_1_single_plans.csv")
        .open() as file
    ):
        disputed = [row for row in csv.DictReader(file) if row["iso_second_source_agrees"] == "0"]
    assert len(disputed) == 17


@given(
    st.integers(2, 10**6),
    st.sampled_from(LEVELS),
    st.sampled_from(aqls()),
    st.sampled_from(["normal", "tightened", "reduced"]),
    st.sampled_from(["iso2859-1", "gbt2828.1", "z1.4"]),
)
def test_every_combination_has_a_plan_that_can_be_followed(
    lot: int, level: str, aql: float, severity: str, standard: str
) -> None:
    plan = single_plan(lot, aql, level=level, severity=severity, standard=standard)  # type: ignore[arg-type]
    assert 1 <= plan.n <= lot
    assert plan.inspect_all == (plan.table_n >= lot)
    assert plan.reject > plan.accept
    assert decide(plan, plan.accept, nonconformities=True).accepted
    assert not decide(plan, plan.reject, nonconformities=True).accepted


def test_one_step_tighter_is_the_next_aql_of_the_plan_s_own_letter() -> None:
    plan = single_plan(1000, 1.0)
    assert [accepted_one_step_tighter(plan, found) for found in (0, 1, 2)] == [True, True, False]
    arrow = single_plan(10**6, 6.5, level="III")  # R at 6.5 leads up to L 200/21; one tighter is L at 4.0: 14
    assert (arrow.plan_letter, arrow.accept) == ("L", 21)
    assert [accepted_one_step_tighter(arrow, found) for found in (14, 15)] == [True, False]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: single_plan(1000, 0.7), "0.7 is no AQL of ISO 2859-1; its neighbours are 0.65 and 1"),
        (lambda: single_plan(1000, 2000.0), "its neighbours are 1000"),
        (lambda: single_plan(1, 1.0), "at least 2 items"),
        (lambda: single_plan(1000, 1.0, level="IV"), "no inspection level 'IV'"),  # type: ignore[arg-type]
        (lambda: single_plan(1000, 1.0, severity="hard"), "no severity"),  # type: ignore[arg-type]
        (lambda: single_plan(1000, 1.0, standard="jis"), "no standard 'jis'"),  # type: ignore[arg-type]
        (lambda: decide(single_plan(1000, 1.0), -1), "0 or more, not -1"),
        (lambda: decide(single_plan(1000, 1.0), 81), "81 defectives in a sample of 80"),
        (lambda: variables_plan(2, 1.0), "begins with lots of 3"),
        (lambda: variables_plan(40, 0.02), "0.02 is no AQL of MIL-STD-414"),
        (lambda: variables_plan(40, 1.0, level="VI"), "no inspection level"),  # type: ignore[arg-type]
        (lambda: decide_by_variables([1.0, 2.0], 1.5, lower=0.0, upper=3.0), "exactly one limit"),
        (lambda: decide_by_variables([1.0, 2.0], 1.5), "exactly one limit"),
        (lambda: decide_by_variables([1.0], 1.5, upper=3.0), "too few"),
    ],
)
def test_what_the_standard_does_not_know_is_refused(call: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call()  # type: ignore[operator]


def test_mil_std_414_example_b1_accepts_its_lot() -> None:
    plan = variables_plan(40, 1.0)
    assert (plan.code_letter, plan.n, plan.k, plan.inspect_all) == ("D", 5, 1.53, False)
    found = decide_by_variables([197, 188, 184, 205, 201], plan.k, upper=209.0)
    assert round(found.mean, 1) == 195.0
    assert found.deviation == pytest.approx(8.81, abs=0.01)
    assert found.quality_index == pytest.approx(1.59, abs=0.005)
    assert found.accepted
    assert not decide_by_variables([197, 188, 184, 205, 201], plan.k, upper=208.0).accepted


def test_montgomery_bottles_take_plan_o_of_mil_std_414() -> None:
    # Lot 100 000, level IV, AQL 1 %: letter O, n = 100, k = 2.00.
    plan = variables_plan(100_000, 1.0)
    assert (plan.code_letter, plan.n, plan.k) == ("O", 100, 2.0)


def test_empty_cells_of_table_b1_lead_down() -> None:
    plan = variables_plan(10, 0.65)
    assert (plan.code_letter, plan.plan_letter, plan.n) == ("B", "D", 5)
    assert codes(plan.notes) == ("arrow",)
    assert variables_plan(5, 0.04).inspect_all


def test_a_lower_limit_mirrors_an_upper_one_and_constant_values_are_judged_by_the_limit() -> None:
    values = [197.0, 188.0, 184.0, 205.0, 201.0]
    mirrored = decide_by_variables([-x for x in values], 1.53, lower=-209.0)
    assert mirrored.quality_index == pytest.approx(
        decide_by_variables(values, 1.53, upper=209.0).quality_index
    )
    flat = decide_by_variables([5.0, 5.0, 5.0], 1.5, upper=6.0)
    assert (flat.accepted, flat.quality_index) == (True, None)
    assert not decide_by_variables([5.0, 5.0, 5.0], 1.5, upper=4.0).accepted
