"""Kappa agrees with Cohen's, Fleiss' and AIAG's published tables, and with simulation under chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.quality.agreement import agreement
from quality_creator.quality.kappa import cohen_kappa, fleiss_kappa

# Fleiss (1971), table 1: 30 patients, 6 psychiatrists, 5 diagnoses.
DIAGNOSES = (
    "00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 "
    "00501 30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006"
)
FLEISS = [[int(digit) for digit in row] for row in DIAGNOSES.split()]

TEXTBOOK = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def test_fleiss_diagnoses_give_his_kappas_and_the_tests_of_r_irr() -> None:
    found = fleiss_kappa(FLEISS, ["depression", "personality", "schizophrenia", "neurosis", "other"])
    assert found.overall.kappa == pytest.approx(0.430, abs=5e-4)
    assert found.overall.z == pytest.approx(17.7, abs=0.05)
    assert [round(one.kappa.kappa or 0, 3) for one in found.categories] == [0.245, 0.245, 0.520, 0.471, 0.566]
    assert [round(one.kappa.z or 0, 3) for one in found.categories] == [5.192, 5.192, 11.031, 9.994, 12.009]


def test_the_textbook_table_of_fourteen_raters_gives_0_210() -> None:
    assert fleiss_kappa(TEXTBOOK).overall.kappa == pytest.approx(0.210, abs=5e-4)


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        ([[20, 5], [10, 15]], 0.4),
        ([[45, 15], [25, 15]], 0.1304),
        ([[25, 35], [5, 35]], 0.2593),
        # AIAG's cross tables: A×B, B×C, A×C, then A, B, C with the reference.
        ([[44, 6], [3, 97]], 0.86),
        ([[42, 5], [9, 94]], 0.79),
        ([[43, 7], [8, 92]], 0.78),
        ([[45, 5], [3, 97]], 0.88),
        ([[45, 2], [3, 100]], 0.92),
        ([[42, 9], [6, 93]], 0.77),
    ],
)
def test_cohen_kappa_is_the_published_one(table: list[list[int]], kappa: float) -> None:
    assert cohen_kappa(table).kappa == pytest.approx(kappa, abs=0.005 if kappa > 0.7 else 5e-5)


def test_the_interval_is_the_one_of_fleiss_cohen_and_everitt() -> None:
    # Two answers: Var = [A + B − C] / ((1 − pe)² n), written out for each cell.
    table = np.array([[20, 5], [10, 15]])
    p, n = table / 50, 50
    rows, columns = p.sum(1), p.sum(0)
    pe, kappa = rows @ columns, 0.4
    a = sum(p[i, i] * (1 - (rows[i] + columns[i]) * (1 - kappa)) ** 2 for i in range(2))
    b = (1 - kappa) ** 2 * sum(
        p[i, j] * (columns[i] + rows[j]) ** 2 for i in range(2) for j in range(2) if i != j
    )
    c = (kappa - pe * (1 - kappa)) ** 2
    error = np.sqrt((a + b - c) / n) / (1 - pe)
    found = cohen_kappa(table)
    assert found.low == pytest.approx(kappa - 1.959964 * error, abs=1e-6)
    assert found.high == pytest.approx(kappa + 1.959964 * error, abs=1e-6)


def test_weights_of_two_answers_change_nothing_and_quadratic_weights_are_an_intraclass_correlation() -> None:
    assert cohen_kappa([[20, 5], [10, 15]], weights="linear") == cohen_kappa([[20, 5], [10, 15]])
    table = np.array([[10, 3, 1], [2, 12, 4], [0, 3, 15]])
    scores = np.arange(3)
    x = np.repeat(np.repeat(scores, 3), table.ravel())
    y = np.repeat(np.tile(scores, 3), table.ravel())
    expected = 2 * np.cov(x, y, ddof=0)[0, 1] / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
    assert cohen_kappa(table, weights="quadratic").kappa == pytest.approx(expected)


def test_under_chance_the_statistic_is_standard_normal() -> None:
    rng = np.random.default_rng(0)
    z = []
    for _ in range(600):
        answers = rng.choice(3, size=(60, 4), p=[0.5, 0.3, 0.2])
        counts = np.stack([(answers == i).sum(axis=1) for i in range(3)], axis=1)
        z.append(fleiss_kappa(counts).overall.z)
    assert np.std(z) == pytest.approx(1.0, abs=0.1)  # type: ignore[arg-type]
    pairs = rng.choice(3, size=(600, 100, 2), p=[0.5, 0.3, 0.2])
    z = []
    for sample in pairs:
        table = np.zeros((3, 3))
        np.add.at(table, (sample[:, 0], sample[:, 1]), 1)
        z.append(cohen_kappa(table).z)
    assert np.std(z) == pytest.approx(1.0, abs=0.1)  # type: ignore[arg-type]


@given(st.permutations(range(30)), st.permutations(range(5)))
def test_order_of_subjects_and_answers_does_not_matter(subjects: list[int], answers: list[int]) -> None:
    mixed = np.array(FLEISS)[subjects][:, answers]
    assert fleiss_kappa(mixed).overall.kappa == pytest.approx(fleiss_kappa(FLEISS).overall.kappa)


def test_raters_of_one_answer_have_no_kappa_and_perfect_ones_have_one() -> None:
    assert fleiss_kappa([[3, 0], [3, 0]]).overall.kappa is None
    assert cohen_kappa([[7, 0], [0, 0]]).kappa is None
    assert fleiss_kappa([[3, 0], [0, 3]]).overall.kappa == pytest.approx(1.0)
    assert cohen_kappa([[7, 0], [0, 4]]).kappa == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("hits", "low", "high"), [(8, 26.59, 78.73), (13, 59.54, 98.34), (15, 81.90, 100.0), (14, 68.05, 99.83)]
)
def test_shares_have_the_intervals_of_minitab_essay_example(hits: int, low: float, high: float) -> None:
    items = list(range(15))
    ratings = ["a" if item < hits else "b" for item in items]
    study = agreement(items, ["Duncan"] * 15, ratings, standards=["a"] * 15)
    found = study.appraisers[0].against_standard
    assert found is not None
    assert (found.matched, round(found.low_percent, 2), round(found.high_percent, 2)) == (hits, low, high)


def test_a_study_compares_people_with_themselves_with_each_other_and_with_the_standard() -> None:
    items = [item for item in range(4) for _ in range(4)]
    people = ["Li", "Li", "Wang", "Wang"] * 4
    ratings = ["ok", "ok", "ok", "ok", "ng", "ng", "ng", "ng", "ok", "ng", "ok", "ok", "ng", "ng", "ok", "ok"]
    standards = ["ok"] * 4 + ["ng"] * 4 + ["ok"] * 4 + ["ng"] * 4
    study = agreement(items, people, ratings, standards=standards)
    li, wang = study.appraisers
    assert (study.items, study.trials, study.categories) == (4, 2, ("ng", "ok"))
    assert li.within is not None
    assert wang.within is not None
    assert (li.within.matched, wang.within.matched) == (3, 4)
    assert li.against_standard is not None
    assert wang.against_standard is not None
    assert (li.against_standard.matched, wang.against_standard.matched) == (3, 3)
    assert (li.miss_percent, li.false_alarm_percent) == (0.0, 25.0)
    assert (wang.miss_percent, wang.false_alarm_percent) == (50.0, 0.0)
    assert study.between is not None
    assert study.between.matched == 2
    assert study.all_against_standard is not None
    assert study.all_against_standard.matched == 2
    # Li and Wang trial by trial: ok/ok 3, ng/ng 2, Li ng and Wang ok 3.
    assert study.pairs[0].cohen == cohen_kappa([[2, 3], [0, 3]])
    assert li.standard_cohen == cohen_kappa([[4, 0], [1, 3]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cohen_kappa([[1, 2, 3]]), "as many rows as columns"),
        (lambda: cohen_kappa([[0, 0], [0, 0]]), "is empty"),
        (lambda: cohen_kappa([[1, -1], [0, 2]]), "whole numbers"),
        (lambda: cohen_kappa([[1.5, 1], [0, 2]]), "whole numbers"),
        (lambda: fleiss_kappa([[1, 2], [3, 1]]), "subject 1 has 4, others 3"),
        (lambda: fleiss_kappa([[1, 0]]), "at least 2 ratings"),
        (lambda: fleiss_kappa([[2, 0]], ["a"]), "1 names do not fit 2"),
        (lambda: agreement([1, 1, 2], ["A", "A", "A"], ["x", "y", "x"]), "did not judge every item 2 times"),
        (lambda: agreement([], [], []), "no ratings"),
        (lambda: agreement([1, 1], ["A", "B"], ["x", "x"], standards=["x", "y"]), "two different standards"),
        (lambda: agreement([1], ["A"], ["x", "x"]), "equally many"),
    ],
)
def test_tables_that_can_not_be_judged_are_refused(call: object, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        call()  # type: ignore[operator]
