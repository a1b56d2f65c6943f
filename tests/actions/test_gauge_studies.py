"""Tables of gauge studies as people paste them: which column is what, and what is said of a wrong one."""

import pytest

from quality_creator.actions import gauge_studies
from quality_creator.model.errors import BadInput
from quality_creator.quality.agreement import Agreement
from quality_creator.quality.bias import Bias, Linearity
from quality_creator.quality.gauge_components import GaugeStudy

ROWS = [(part, who, 8 + part / 2 + bias) for part in range(1, 6) for who, bias in (("A", 0.0), ("B", 0.02))]
CROSSED = [(part, who, value + shift) for part, who, value in ROWS for shift in (-0.01, 0.01)]


def judged(method: str, table: str, tolerance: str = "") -> gauge_studies.Result:
    return gauge_studies.judge(gauge_studies.read("", method, table, tolerance))


@pytest.mark.parametrize(
    ("header", "separator", "decimal"),
    [
        ("part,operator,value\n", ",", "."),
        ("", ",", "."),
        ("零件;操作者;测量值\n", ";", ","),
        ("part\toperator\tvalue\n", "\t", ","),
    ],
)
def test_headers_separators_and_decimal_signs_change_nothing(
    header: str, separator: str, decimal: str
) -> None:
    lines = [f"{p}{separator}{who}{separator}{v:.3f}".replace(".", decimal) for p, who, v in CROSSED]
    found = judged("anova", header + "\n".join(lines), "2")
    plain = judged("anova", "\n".join(f"{p},{who},{v:.3f}" for p, who, v in CROSSED), "2")
    assert isinstance(found, GaugeStudy)
    assert found == plain
    assert (found.parts, found.operators, found.trials, found.tolerance) == (5, 2, 2, 2.0)


def test_each_study_has_its_own_columns() -> None:
    bias = judged("bias", "reference,value\n8.0,8.1\n8.0,8.2\n8.0,8.3\n")
    assert isinstance(bias, Bias)
    assert bias.bias == pytest.approx(0.2)
    line = judged("linearity", "2,2.1\n2,2.0\n4,4.1\n4,4.2\n6,6.0\n6,6.3\n")
    assert isinstance(line, Linearity)
    assert line.df == 4
    rated = judged("agreement", "1,A,ok,ok\n1,B,ok,ok\n2,A,ng,ng\n2,B,ok,ng\n3,A,ng,ng\n3,B,ng,ng\n")
    assert isinstance(rated, Agreement)
    assert rated.all_against_standard is not None
    assert (rated.all_against_standard.matched, rated.items) == (2, 3)


@pytest.mark.parametrize(
    ("method", "table", "tolerance", "words"),
    [
        ("other", "1", "", "there is no study 'other'"),
        ("anova", "  ", "", "the table is empty"),
        ("anova", "1,A,2\n", "wide", "the tolerance is a number"),
        ("anova", "1,A,2\n", "-1", "a width above 0"),
        ("anova", "part,who,value\n1,A,2\n", "", "no column is named as operator"),
        ("anova", "part,operator,value\n1,A,2\n1,B,x\n", "", "line 3"),
        ("bias", "reference,value\n1,2\n2,3\n", "", "choose linearity"),
        ("anova", "1" * 20_001, "", "at most 20000"),
    ],
)
def test_a_table_that_can_not_be_judged_is_told_so(
    method: str, table: str, tolerance: str, words: str
) -> None:
    with pytest.raises(BadInput, match=words):
        judged(method, table, tolerance)
