"""Gauge studies agree with AIAG, Minitab, NIST's data, simulation and a second way of computing."""

import csv
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.quality.gauge_components import GaugeStudy
from quality_creator.quality.gauge_study import crossed, nested
from quality_creator.quality.note import codes
from tests.quality.cases import assert_close, case


def rows(sheet: dict[str, list[list[float]]]) -> tuple[list[int], list[str], list[float]]:
    parts, operators, values = [], [], []
    for operator, trials in sheet.items():
        for trial in trials:
            for part, value in enumerate(trial):
                parts.append(part)
                operators.append(operator)
                values.append(value)
    return parts, operators, values


AIAG = rows(case("aiag_grr_anova")["inputs"]["appraisers"])


# Houf & Berman (1988), thermal impedance of power modules, °C/W × 100; as in Montgomery, 6th ed., table 8.7:
# a line is a part, three readings of each of three inspectors.
IMPEDANCE = """37 38 37 41 41 40 41 42 41
42 41 43 42 42 42 43 42 43
30 31 31 31 31 31 29 30 28
42 43 42 43 43 43 42 42 42
28 30 29 29 30 29 31 29 29
42 42 43 45 45 45 44 46 45
25 26 27 28 28 30 29 27 27
40 40 40 43 42 42 43 43 41
25 25 25 27 29 28 26 26 26
35 34 34 35 35 34 35 34 35"""


def test_houf_and_berman_s_modules_have_montgomery_s_table_and_components() -> None:
    parts, operators, values = [], [], []
    for part, line in enumerate(IMPEDANCE.splitlines()):
        for place, value in enumerate(line.split()):
            parts.append(part)
            operators.append(place // 3)
            values.append(float(value))
    study = crossed(parts, operators, values)
    table = {row.source: (row.df, round(row.ss, 2)) for row in study.anova}
    assert table == {
        "part": (9, 3935.96),
        "operator": (2, 39.27),
        "part:operator": (18, 48.51),
        "repeatability": (60, 30.67),
        "total": (89, 4054.40),
    }
    # The interaction is significant here, and stays in the model.
    names = ("part", "operator", "interaction", "repeatability", "gauge")
    found = [round(study.component(name).variance, 2) for name in names]
    assert (found, study.interaction_pooled) == ([48.29, 0.56, 0.73, 0.51, 1.80], False)


def test_aiag_study_by_anova_gives_the_published_table_and_components() -> None:
    one = case("aiag_grr_anova")
    expected, tolerance = one["expected"], one["tolerance"]
    study = crossed(*AIAG)
    table = {row.source: row for row in study.anova}
    order = ["part", "operator", "part:operator", "repeatability"]
    assert [table[name].df for name in order] == expected["df"]
    keys = {
        "part": "part",
        "operator": "operator",
        "interaction": "part:operator",
        "equipment": "repeatability",
        "total": "total",
    }
    for name, source in keys.items():
        assert_close(table[source].ss, expected["ss"][name], tolerance)
        if source != "total":
            assert_close(table[source].ms, expected["ms"][name], tolerance)
    found_f = [table["part"].f, table["operator"].f, table["part:operator"].f]
    assert_close(found_f, list(expected["F"].values()), tolerance)
    fixed = [table["part"].f_repeatability, table["operator"].f_repeatability]
    assert_close(fixed, list(expected["F_minitab_like_fixed"].values()), tolerance)
    assert_close(table["part:operator"].p, expected["p_interaction"], tolerance)
    assert study.interaction_pooled
    found = {
        "var_repeatability": study.component("repeatability").variance,
        "var_operator": study.component("operator").variance,
        "var_interaction": study.component("interaction").variance,
        "var_part": study.component("part").variance,
        "EV": study.component("repeatability").sigma,
        "AV": study.component("reproducibility").sigma,
        "GRR": study.component("gauge").sigma,
        "PV": study.component("part").sigma,
        "TV": study.component("total").sigma,
        "pct_GRR": study.component("gauge").study_percent,
        "pct_contribution_GRR": study.component("gauge").contribution_percent,
        "ndc_raw": study.ndc_raw,
        "ndc": study.ndc,
    }
    for name, value in found.items():
        assert value is not None
        assert_close(value, expected[name], tolerance)


def test_aiag_study_by_averages_and_ranges_gives_the_published_sheet() -> None:
    one = case("aiag_grr_average_range")
    expected, tolerance = one["expected"], one["tolerance"]
    study = crossed(*AIAG, method="xbar-r")
    assert study.ranges is not None
    found = {
        "Rbar": study.ranges.rbar,
        "Xdiff": study.ranges.xdiff,
        "Rp": study.ranges.rp,
        "UCL_R": study.ranges.ucl_r,
        "ndc": study.ndc,
    }
    for name, source in (
        ("EV", "repeatability"),
        ("AV", "reproducibility"),
        ("GRR", "gauge"),
        ("PV", "part"),
        ("TV", "total"),
    ):
        found[name] = study.component(source).sigma
        if name != "TV":
            found[f"pct_{name}"] = study.component(source).study_percent
    for name, value in found.items():
        assert value is not None
        # The sheet rounds K1, K2, K3 to four digits.
        assert_close(value, expected[name], {"abs": tolerance["abs"], "rel": 2e-4})
    assert [round(k, 4) for k in (study.ranges.k1, study.ranges.k2, study.ranges.k3)] == [
        0.5908,
        0.5231,
        0.3146,
    ]


def test_minitab_crossed_example_percentages_of_study_and_tolerance() -> None:
    # Minitab's documented output of the same sheet with tolerance 8: GRR 27.86 % study, 22.68 % tolerance,
    # part 96.04 % study, 78.17 % tolerance, ndc 4; F of part and operator without the interaction.
    study = crossed(*AIAG, tolerance=8.0)
    gauge, part = study.component("gauge"), study.component("part")
    assert round(gauge.study_percent, 2) == 27.86
    assert round(gauge.tolerance_percent or 0, 2) == 22.68
    assert round(part.study_percent, 2) == 96.04
    assert round(part.tolerance_percent or 0, 2) == 78.17
    assert round(study.component("total").study_variation, 3) == 6.512
    assert [round(row.f, 3) for row in study.pooled_anova if row.f is not None] == [245.614, 39.617]


def test_minitab_nested_example_follows_from_its_mean_squares() -> None:
    # GageNest: 3 operators, 5 parts each, 2 trials; MS 0.00708, 1.83794, 1.28933; prints part 0.27430,
    # total 1.56364, GRR 90.81 % study and 68.13 % of tolerance 10, ndc 1.
    study = nested(*_with_mean_squares(0.00708, 1.83794, 1.28933), tolerance=10.0)
    table = {row.source: row for row in study.anova}
    assert round(table["operator"].f or 0, 5) == 0.00385
    assert round(table["part(operator)"].f or 0, 5) == 1.42550
    assert round(table["part(operator)"].p or 0, 3) == 0.255
    assert round(study.component("part").variance, 4) == 0.2743
    assert round(study.component("total").variance, 4) == 1.5636
    assert study.component("reproducibility").variance == 0.0
    assert round(study.component("gauge").study_percent, 2) == 90.81
    assert round(study.component("gauge").tolerance_percent or 0, 2) == 68.13
    assert study.ndc == 1
    assert codes(study.notes) == ("negative-component", "gauge-not-acceptable", "few-categories")


def _with_mean_squares(operator: float, part: float, error: float) -> Any:
    """Three operators, five parts each, two trials, with exactly these mean squares."""
    rng = np.random.default_rng(1)
    o = rng.normal(size=3)
    o = (o - o.mean()) * np.sqrt(operator * 2 / 10 / ((o - o.mean()) ** 2).sum())
    p = rng.normal(size=(3, 5))
    p -= p.mean(axis=1, keepdims=True)
    p *= np.sqrt(part * 12 / 2 / (p**2).sum())
    e = rng.normal(size=(3, 5))
    e *= np.sqrt(error * 15 / 2 / (e**2).sum())
    cells = o[:, None, None] + p[:, :, None] + np.stack([e, -e], axis=2)
    labels = list(itertools.product("ABC", range(5), range(2)))
    return [part for _, part, _ in labels], [operator for operator, _, _ in labels], cells.ravel()


def test_the_average_of_many_simulated_studies_is_what_was_put_in() -> None:
    rng = np.random.default_rng(4)
    parts = np.repeat(np.arange(10), 9)
    operators = np.tile(np.repeat(np.arange(3), 3), 10)
    sums = np.zeros(4)
    for _ in range(400):
        part, operator = rng.normal(0, 3, 10), rng.normal(0, 1, 3)
        both = rng.normal(0, 0.8, (10, 3))
        values = part[parts] + operator[operators] + both[parts, operators] + rng.normal(0, 0.5, 90)
        study = crossed(parts.tolist(), operators.tolist(), values, pool_above=1.0)
        sums += [study.component(s).variance for s in ("part", "operator", "interaction", "repeatability")]
    assert sums / 400 == pytest.approx([9.0, 1.0, 0.64, 0.25], rel=0.2)


def test_the_interaction_stays_in_the_model_when_it_matters() -> None:
    rng = np.random.default_rng(9)
    parts = np.repeat(np.arange(8), 6)
    operators = np.tile(np.repeat(np.arange(3), 2), 8)
    values = rng.normal(0, 2, (8, 3))[parts, operators] + rng.normal(0, 0.1, 48)
    study = crossed(parts.tolist(), operators.tolist(), values)
    assert not study.interaction_pooled
    assert study.pooled_anova == ()
    assert study.component("interaction").variance > 1.0
    assert {row.source: row.against for row in study.anova}["part"] == "part:operator"
    fixed = crossed(parts.tolist(), operators.tolist(), values, against="repeatability")
    assert {row.source: row.against for row in fixed.anova}["part"] == "repeatability"
    assert fixed.components == study.components


def test_one_operator_is_a_study_of_repeatability() -> None:
    study = crossed([1, 1, 2, 2, 3, 3], ["A"] * 6, [1.0, 1.2, 2.0, 2.2, 3.0, 3.2])
    assert [row.source for row in study.anova] == ["part", "repeatability", "total"]
    assert study.component("gauge").variance == pytest.approx(0.02)
    ranges = crossed([1, 1, 2, 2, 3, 3], ["A"] * 6, [1.0, 1.2, 2.0, 2.2, 3.0, 3.2], method="xbar-r")
    assert ranges.component("reproducibility").variance == 0.0


def _shares(study: GaugeStudy) -> list[float]:
    return [one.contribution_percent for one in study.components]


@given(st.integers(-100, 100), st.integers(-150, 150), st.sampled_from(["anova", "xbar-r"]), st.randoms())
def test_unit_zero_point_and_order_of_rows_do_not_matter(
    shift: int, exponent: int, method: Any, random: Any
) -> None:
    first = crossed(*AIAG, method=method)
    triples = list(zip(*AIAG, strict=True))
    random.shuffle(triples)
    parts, operators, values = zip(*triples, strict=True)
    moved = (np.array(values) + shift) * 2.0**exponent
    assert _shares(crossed(parts, operators, moved, method=method)) == pytest.approx(_shares(first), rel=1e-6)


@pytest.mark.parametrize(
    ("parts", "operators", "values", "message"),
    [
        ([1, 1, 2], "AAA", [1.0, 2.0, 3.0], "2/A was measured 1 times and others 2"),
        ([1, 1, 2, 2], "AABB", [1.0, 2.0, 3.0, 4.0], "operator B did not measure part 1"),
        ([1, 2], "AA", [1.0, 2.0], "at least twice"),
        ([1, 1], "AA", [1.0, 2.0], "at least 2 parts"),
        ([1, 1, 2, 2], "AAAA", [1.0, 1.0, 1.0, 1.0], "resolution"),
        ([1, 1, 2, 2], "AAAA", [1.0, 1.0, 1.0, np.nan], "index 3 is nan"),
        ([1, 1, 2, 2], "AAAA", [1.0, 2.0], "4 labels do not fit 2"),
    ],
)
def test_designs_that_can_not_be_judged_are_refused(
    parts: list[int], operators: str, values: list[float], message: str
) -> None:
    with pytest.raises(BadInput, match=message):
        crossed(parts, list(operators), values)


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(BadInput, match="tolerance must be a number above 0"):
        crossed(*AIAG, tolerance=-1.0)
    with pytest.raises(BadInput, match="lies in 0 to 1"):
        crossed(*AIAG, pool_above=2.0)
    with pytest.raises(BadInput, match="at least 2 operators"):
        nested([1, 1, 2, 2], list("AAAA"), [1.0, 2.0, 3.0, 4.0])
    with pytest.raises(BadInput, match="equally many parts; there are A: 2, B: 1"):
        nested([1, 1, 2, 2, 3, 3], list("AAAABB"), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])


def test_a_gauge_that_never_varies_has_no_number_of_categories() -> None:
    study = crossed([1, 1, 2, 2], list("AAAA"), [1.0, 1.0, 2.0, 2.0])
    assert (study.ndc, study.ndc_raw) == (None, None)
    assert "no-gauge-variation" in codes(study.notes)
    assert study.anova[0].f is None


def test_nist_resistivity_study_gives_its_published_levels() -> None:
    # e-Handbook 2.6.1, probe 2362: level-1 0.0729 (300 df), level-2 0.0362 (50 df), level-3 0.0197 (5 df).
    with (Path(__file__).parents[1] / "data" / "nist" / "mpc61.csv").open() as file:
        rows = [[float(cell) for cell in row] for row in csv.reader(file) if row[0] != "v1"]
    probe = [row for row in rows if row[2] == 2362.0]
    study = nested([row[0] for row in probe], [row[1] for row in probe], [row[7] for row in probe])
    table = {row.source: row for row in study.anova}
    assert np.sqrt(np.mean([row[8] ** 2 for row in probe])) == pytest.approx(0.0729, abs=5e-5)
    assert (table["repeatability"].df, table["part(operator)"].df) == (50, 5)
    assert np.sqrt(table["repeatability"].ms or 0) == pytest.approx(0.0362, abs=5e-5)
    assert np.sqrt((table["part(operator)"].ms or 0) / 6) == pytest.approx(0.0197, abs=1e-4)


def test_sums_of_squares_are_those_of_least_squares_fits() -> None:
    """Second method: the residuals of growing regression models on indicator columns."""
    with (Path(__file__).parents[1] / "data" / "nist" / "mpc61.csv").open() as file:
        rows = [[float(cell) for cell in row] for row in csv.reader(file) if row[0] != "v1"]
    wafers, probes, values = ([row[i] for row in rows] for i in (1, 2, 7))
    y = np.array(values)

    def left(*factors: list[Any]) -> float:
        columns = [np.ones(len(y))]
        for factor in factors:
            columns += [
                np.array([one == level for one in factor], dtype=float) for level in sorted(set(factor))
            ]
        fitted, *_ = np.linalg.lstsq(np.stack(columns, axis=1), y, rcond=None)
        return float(((y - np.stack(columns, axis=1) @ fitted) ** 2).sum())

    cells = list(zip(wafers, probes, strict=True))
    alone, one, two, all_of_them = left(), left(wafers), left(wafers, probes), left(cells)
    table = {row.source: row.ss for row in crossed(wafers, probes, values).anova}
    assert table["part"] == pytest.approx(alone - one)
    assert table["operator"] == pytest.approx(one - two)
    assert table["part:operator"] == pytest.approx(two - all_of_them)
    assert table["repeatability"] == pytest.approx(all_of_them)
