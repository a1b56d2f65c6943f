"""Every published study comes out of `qc ... --json`, and what is wrong with a file or an option is said."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from quality_creator import cli
from quality_creator.model.errors import BadInput
from tests.quality.cases import assert_close, case

app = cli.load()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run a command in this process and return what it printed."""

    def call(*words: object) -> str:
        app([str(word) for word in words], result_action="return_value", exit_on_error=False)
        return capsys.readouterr().out

    return call


@pytest.fixture
def ask(run: Callable[..., str]) -> Callable[..., Any]:
    """Run a command with --json and return the object."""
    return lambda *words: json.loads(run(*words, "--json"))


def write(path: Path, header: str, rows: Sequence[Sequence[object]], separator: str = ",") -> Path:
    lines = [header, *(separator.join(str(cell) for cell in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ring_rows() -> list[tuple[int, float]]:
    rows = case("capability_pistonrings")["inputs"]["phase1"]
    return [(number, value) for number, row in enumerate(rows) for value in row]


RING_NAMES = {"Cp_l": "Cpl", "Cp_u": "Cpu", "Cp_k": "Cpk", "Pp_l": "Ppl", "Pp_u": "Ppu", "Pp_k": "Ppk"}
RING_LIMITS = ("--lsl", 73.95, "--usl", 74.05, "--target", 74)


def test_capability_of_the_piston_rings(tmp_path: Path, ask: Callable[..., Any]) -> None:
    one = case("capability_pistonrings")
    file = write(tmp_path / "rings.csv", "sample,diameter", ring_rows())
    long = ask("capability", file, "--value", "diameter", "--subgroup", "sample", *RING_LIMITS)
    wide = write(tmp_path / "wide.csv", "a,b,c,d,e", one["inputs"]["phase1"])
    assert {**ask("capability", wide, "--value", "a,b,c,d,e", *RING_LIMITS), "value": ""} == {
        **long,
        "value": "",
    }
    column = write(tmp_path / "one.csv", "diameter", [[value] for _, value in ring_rows()])
    assert ask("capability", column, "--size", 5, *RING_LIMITS) == long
    assert (long["command"], long["format"], long["stable"], long["beyond_limits"]) == (
        "capability",
        1,
        True,
        [],
    )
    for name, expected in one["expected"]["indices"].items():
        found = long["indices"][RING_NAMES.get(name, name)]
        assert_close(
            [found["value"], found["low"], found["high"]],
            [expected["value"], expected["ci_low"], expected["ci_high"]],
            one["tolerance"],
        )
    assert_close(long["sigma_overall"], one["expected"]["sigma_overall"], one["tolerance"])
    assert [note["code"] for note in long["notes"]] == ["provisional", "degrees"]


def test_capability_from_a_summary_and_from_a_known_distribution(ask: Callable[..., Any]) -> None:
    one = case("montgomery_cp_ci")
    found = ask("capability", "--n", 20, "--sd", 1.75, "--lsl", 38, "--usl", 62)["indices"]["Cp"]
    expected = [one["expected"][name] for name in ("Cp", "ci_low", "ci_high")]
    assert_close([found["value"], found["low"], found["high"]], expected, one["tolerance"])
    two = case("iso22514_lognormal")
    options = ("--distribution", "lognormal", "--parameters", "meanlog=1,sdlog=0.4")
    found = ask("capability", *options, "--lsl", 0.5, "--usl", 9)
    flat = {**found, **found["indices"]}
    for name, value in two["expected"].items():
        assert_close(flat[name], value, two["tolerance"])


def test_normality_of_the_glass_containers(tmp_path: Path, ask: Callable[..., Any]) -> None:
    one = case("normality_glass")
    file = write(tmp_path / "glass.csv", "strength", [[x] for x in one["inputs"]["data"]])
    found = ask("capability", file)["normality"]
    names = {
        "shapiro_W": "shapiro_wilk",
        "shapiro_p": "shapiro_wilk_p",
        "anderson_darling_A2": "anderson_darling",
        "A2_star": "anderson_darling_adjusted",
        "ad_p": "anderson_darling_p",
    }
    for name, field in names.items():
        assert_close(found[field], one["expected"][name], one["tolerance"])


def test_a_process_that_was_out_of_control_says_not_stable(tmp_path: Path, ask: Callable[..., Any]) -> None:
    values = [10.0, 10.1, 9.9, 10.0, 10.1, 9.9, 10.0, 10.1, 14.0, 10.0, 9.9]
    found = ask("capability", write(tmp_path / "a.csv", "v", [[x] for x in values]), "--usl", 15)
    assert found["stable"] is False
    assert found["beyond_limits"] == [8, 9]  # the value, and the moving ranges on both its sides
    assert "not-stable" in [note["code"] for note in found["notes"]]


def test_missing_values_are_left_out_and_counted(tmp_path: Path, ask: Callable[..., Any]) -> None:
    file = tmp_path / "a.csv"
    file.write_text("zeit;wert\n1;1,5\n2;\n3;1,7\n4;NA\n5;1,6\n", encoding="utf-16")
    found = ask("capability", file, "--value", "wert", "--usl", "2")
    assert (found["n"], found["missing"], found["mean"]) == (3, 2, pytest.approx(1.6))


def aiag(tmp_path: Path, header: str = "part,operator,measurement") -> Path:
    sheets = case("aiag_grr_anova")["inputs"]["appraisers"]
    rows = [
        (part, operator, value)
        for operator, trials in sheets.items()
        for trial in trials
        for part, value in enumerate(trial, 1)
    ]
    return write(tmp_path / "aiag.csv", header, rows)


def test_gauge_study_of_aiag_by_anova(tmp_path: Path, ask: Callable[..., Any]) -> None:
    one = case("aiag_grr_anova")
    found = ask("gauge-study", aiag(tmp_path))
    expected, tolerance = one["expected"], one["tolerance"]
    table = {row["source"]: row for row in found["anova"]}
    order = ("part", "operator", "part:operator", "repeatability")
    assert [table[name]["df"] for name in order] == expected["df"]
    assert_close([table[name]["f"] for name in order[:3]], list(expected["F"].values()), tolerance)
    assert_close(
        [table[name]["f_repeatability"] for name in order[:2]],
        list(expected["F_minitab_like_fixed"].values()),
        tolerance,
    )
    assert_close(table["part:operator"]["p"], expected["p_interaction"], tolerance)
    parts = {row["source"]: row for row in found["components"]}
    for name, source, field in (
        ("var_repeatability", "repeatability", "variance"),
        ("var_operator", "operator", "variance"),
        ("var_interaction", "interaction", "variance"),
        ("var_part", "part", "variance"),
        ("EV", "repeatability", "sigma"),
        ("AV", "reproducibility", "sigma"),
        ("GRR", "gauge", "sigma"),
        ("PV", "part", "sigma"),
        ("TV", "total", "sigma"),
        ("pct_GRR", "gauge", "study_percent"),
        ("pct_contribution_GRR", "gauge", "contribution_percent"),
    ):
        assert_close(parts[source][field], expected[name], tolerance)
    assert_close([found["ndc"], found["ndc_raw"]], [expected["ndc"], expected["ndc_raw"]], tolerance)


def test_gauge_study_of_aiag_by_averages_and_ranges(tmp_path: Path, ask: Callable[..., Any]) -> None:
    one = case("aiag_grr_average_range")
    options = ("--part", "零", "--operator", 2, "--value", "値", "--method", "xbar-r")
    found = ask("gauge-study", aiag(tmp_path, "零,人,値"), *options)
    expected = one["expected"]
    parts = {row["source"]: row for row in found["components"]}
    flat = {
        "Rbar": found["ranges"]["rbar"],
        "Xdiff": found["ranges"]["xdiff"],
        "Rp": found["ranges"]["rp"],
        "UCL_R": found["ranges"]["ucl_r"],
        "EV": parts["repeatability"]["sigma"],
        "AV": parts["reproducibility"]["sigma"],
        "GRR": parts["gauge"]["sigma"],
        "PV": parts["part"]["sigma"],
        "TV": parts["total"]["sigma"],
        "pct_EV": parts["repeatability"]["study_percent"],
        "pct_AV": parts["reproducibility"]["study_percent"],
        "pct_GRR": parts["gauge"]["study_percent"],
        "pct_PV": parts["part"]["study_percent"],
        "ndc": found["ndc"],
    }
    for name, value in flat.items():
        assert_close(value, expected[name], {"abs": one["tolerance"]["abs"], "rel": 2e-4})


def test_bias_linearity_and_agreement_have_their_json(tmp_path: Path, ask: Callable[..., Any]) -> None:
    readings = [5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1, 6.2, 5.6, 6.0]
    file = write(tmp_path / "bias.csv", "reading", [[x] for x in readings])
    found = ask("gauge-study", file, "--method", "bias", "--reference", 6, "--spread", "range")
    assert (found["method"], round(found["repeatability"], 4)) == ("bias", 0.2251)
    rows = [(2, 2.1), (2, 2.2), (4, 4.2), (4, 4.3), (6, 6.3), (6, 6.4)]
    file = write(tmp_path / "lin.csv", "reference,reading", rows)
    found = ask("gauge-study", file, "--method", "linearity")
    assert (found["method"], round(found["slope"]["value"], 6)) == ("linearity", 0.05)
    looks = [(i, who, "ok" if (i + len(who)) % 3 else "ng", "ok") for i in range(6) for who in ("Li", "Wang")]
    file = write(tmp_path / "looks.csv", "item,inspector,rating,standard", looks)
    found = ask("gauge-study", file, "--method", "agreement")
    assert (found["method"], found["items"], len(found["appraisers"])) == ("agreement", 6, 2)


def test_oc_curve_outgoing_quality_and_design(ask: Callable[..., Any]) -> None:
    one, two = case("nist_6232_oc_52_3"), case("nist_aoql_52_3")
    levels = ",".join(str(p) for p in one["inputs"]["p"])
    found = ask("sampling-plan", "--n", 52, "--c", 3, "--p", levels)
    assert_close([point["pa"] for point in found["points"]], one["expected"]["pa"], one["tolerance"])
    found = ask("sampling-plan", "--n", 52, "--c", 3, "--lot", 10000, "--p", "0.01:0.12:0.01")
    for name in ("aoq", "ati"):
        assert_close([point[name] for point in found["points"]], two["expected"][name], two["tolerance"])
    assert_close(
        [found["aoql"], found["p_at_aoql"]],
        [two["expected"]["aoql"], two["expected"]["p_at_aoql"]],
        two["tolerance"],
    )
    points = ("--producer", "0.01:0.95", "--consumer", "0.06:0.10")
    found = ask("sampling-plan", *points)
    assert {"n": found["n"], "c": found["accept"]} == case("find_plan_binomial_r")["expected"]
    three = case("find_plan_variables_sigma_known_r")
    found = ask("sampling-plan", *points, "--variables", "--sigma", "known")
    assert_close([found["n"], found["k"]], list(three["expected"].values()), three["tolerance"])
    four = case("variables_oc_n20_k1_8")
    found = ask("sampling-plan", "--n", 20, "--k", 1.8, "--p", "0.005,0.01,0.02,0.05,0.1")
    assert_close(found["pa"], four["expected"]["pa"], four["tolerance"])


def test_the_standards_plan_and_the_decision_for_a_lot(ask: Callable[..., Any]) -> None:
    found = ask("sampling-plan", "--lot", 3000, "--aql", 0.25, "--decide", 2)
    assert (found["plan_letter"], found["n"], found["accept"], found["reject"]) == ("L", 200, 1, 2)
    assert found["decision"]["accepted"] is False
    assert found["operating"]["lot_size"] == 3000
    small = ask("sampling-plan", "--lot", 50, "--aql", 0.065)
    assert (small["inspect_all"], small["n"], small["table_n"]) == (True, 50, 200)
    gb = ask("sampling-plan", "--lot", 1000, "--aql", 1, "--standard", "gbt2828.1", "--severity", "tightened")
    assert (gb["edition"], gb["accept"]) == ("GB/T 2828.1-2012 (ISO 2859-1:1999, IDT)", 1)


def test_mil_std_414_decides_by_measurements(tmp_path: Path, ask: Callable[..., Any]) -> None:
    file = write(tmp_path / "v.csv", "temperature", [[197], [188], [184], [205], [201]])
    found = ask("sampling-plan", file, "--variables", "--lot", 40, "--aql", 1, "--usl", 209)
    assert (found["code_letter"], found["k"], found["decision"]["accepted"]) == ("D", 1.53, True)


def test_the_switching_rules_walk_through_a_history(ask: Callable[..., Any]) -> None:
    one = case("switch_normal_to_tightened_2of5")
    marks = " ".join("a" if accepted else "r" for accepted in one["inputs"]["lots"])
    found = ask("sampling-plan", "--history", marks)
    assert [lot["severity_used"] for lot in found["lots"]] == one["expected"]["severity_used"]
    assert [lot["severity_after"] for lot in found["lots"]] == one["expected"]["severity_after"]
    assert [lot["score"] for lot in found["lots"]] == one["expected"]["switching_score"]
    counted = ask("sampling-plan", "--history", "0 1 2 irregular 3,4", "--lot", 1000, "--aql", 1)
    assert [lot["score"] for lot in counted["lots"]] == [3, 6, 0, 0, 0]
    assert counted["next_severity"] == "tightened"
    again = ask("sampling-plan", "--history", "r r r r r resume a", "--severity", "tightened")
    assert [lot["severity_after"] for lot in again["lots"]] == ["tightened"] * 4 + [
        "discontinued",
        "tightened",
    ]


def test_life_of_the_handbook_units(tmp_path: Path, ask: Callable[..., Any]) -> None:
    one, two = case("nist_weibull_censored_mle"), case("km_nist_weibull")
    times = one["inputs"]["failures"] + one["inputs"]["censored"]
    rows = [(time, "F" if i < 10 else "S") for i, time in enumerate(times)]
    found = ask("life", write(tmp_path / "a.csv", "hours,status", rows), "--status", "status", "--at", 200)
    plus = write(tmp_path / "b.csv", "hours", [[f"{t}+" if s == "S" else t] for t, s in rows])
    assert ask("life", plus, "--at", 200) == found
    counted = write(tmp_path / "c.csv", "h;失效;n", [*((t, 1, 1) for t in times[:10]), (500, 0, 10)], ";")
    grouped = ask("life", counted, "--status", 2, "--count", "n", "--at", 200)
    assert grouped["kaplan_meier"] == found["kaplan_meier"]
    assert grouped["weibull"]["mttf"] == pytest.approx(found["weibull"]["mttf"])
    weibull, expected = found["weibull"], one["expected"]
    for value, name in (
        (weibull["shape"]["value"], "shape"),
        (weibull["scale"]["value"], "scale"),
        (weibull["log_likelihood"], "loglik"),
        (weibull["lives"]["B10"]["value"], "B10"),
        (weibull["reliability"][0]["survival"]["value"], "R_at_200"),
        (weibull["mttf"], "mttf"),
    ):
        assert_close(value, expected[name], one["tolerance"])
    steps = found["kaplan_meier"]["steps"]
    assert_close([step["survival"] for step in steps], two["expected"]["survival"], two["tolerance"])
    assert_close([step["standard_error"] for step in steps], two["expected"]["se"], two["tolerance"])


def test_a_censored_life_is_not_taken_for_a_failure_because_nobody_named_the_column(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(header: str) -> tuple[int, int, str]:
        rows = [(3, "失效"), (5, "截尾"), (8, "失效"), (9, "截尾")]
        app(["life", str(write(tmp_path / "a.csv", header, rows)), "--json"], result_action="return_value")
        printed = capsys.readouterr()
        found = json.loads(printed.out)["weibull"]
        return found["failures"], found["censored"], printed.err

    assert ask("小时,状态") == (2, 2, "qc: a.csv: the status is read from column '状态'\n")
    # Another name is not guessed, but it is told.
    failures, censored, told = ask("小时,备注")
    assert (failures, censored) == (4, 0)
    assert "if column '备注' says which did, add --status '备注'" in told


def test_oee_from_totals_and_from_a_log(tmp_path: Path, ask: Callable[..., Any]) -> None:
    one = case("oee_vorne")
    words = (
        "--planned-min",
        420,
        "--downtime-min",
        47,
        "--ideal-cycle-s",
        1.0,
        "--total",
        19271,
        "--rejected",
        423,
    )
    found = ask("oee", *words)
    for name in ("availability", "performance", "quality", "oee"):
        assert_close(found[name], one["expected"][name], one["tolerance"])
    log = [
        ("2024-03-01 06:00", "运行", 0, 0, "早班"),
        ("2024-03-01 07:40", "", 6000, 100, ""),
        ("2024-03-01 08:00", "休息", "", "", ""),
        ("2024-03-01 09:00", "运行", "", "", ""),
        ("2024-03-01 09:20", "故障", "", "", ""),
        ("2024-03-01 10:07", "运行", "", "", ""),
        ("2024-03-01 14:00", "", 19271, 423, "中班"),
        ("2024-03-01 22:00", "", 20000, 423, ""),
    ]
    file = write(tmp_path / "log.csv", "时间;状态;总数;不良;班次", log, ";")
    shifts = ask("oee", file, "--ideal-cycle-s", 1)["shifts"]
    assert [(shift["name"], shift["ended"]) for shift in shifts] == [("早班", True), ("中班", True)]
    for name in ("availability", "performance", "quality", "oee"):
        assert_close(shifts[0]["figures"][name], one["expected"][name], one["tolerance"])
    each = write(tmp_path / "each.csv", "time,made", [("08:00", ""), ("09:00", 10), ("10:00", 20)])
    (shift,) = ask("oee", each, "--counts", "each", "--ideal-cycle-s", 60)["shifts"]
    assert (shift["name"], shift["figures"]["total"], shift["unknown_s"]) == ("all", 30, 7200.0)


def test_a_trace_against_a_table_of_limits(tmp_path: Path, ask: Callable[..., Any]) -> None:
    samples = [(0, 2.0), (1, 3.0), (2, 4.5), (3, 3.0), (4, 2.0)]
    file = write(tmp_path / "t.csv", "travel,force", samples)
    limits = write(tmp_path / "limits.csv", "travel,lower,upper", [(0, 1, 5), (2, "", 4), (4, 1, 5)])
    found = ask("trace", file, "--limits", limits)
    assert (found["verdict"], found["margin"], found["worst_side"]) == ("fail", -0.5, "upper")
    found = ask("trace", file, "--upper", "0:5,4:5", "--lower", "0:1,4:1")
    assert (found["verdict"], found["margin"], found["y"]) == ("pass", 0.5, "force")
    clock = [(f"08:00:0{i}", force) for i, force in samples]
    found = ask("trace", write(tmp_path / "c.csv", "时间,温度", clock), "--upper", "0:5,4:5")
    assert (found["verdict"], found["margin"]) == ("pass", 0.5)


PICTURES: dict[str, tuple[str, ...]] = {
    "capability": (
        "capability",
        "rings.csv",
        "--value",
        "diameter",
        "--subgroup",
        "sample",
        "--usl",
        "74.05",
    ),
    "gauge-study": ("gauge-study", "aiag.csv", "--tolerance", "8"),
    "linearity": ("gauge-study", "lin.csv", "--method", "linearity"),
    "agreement": ("gauge-study", "looks.csv", "--method", "agreement"),
    "sampling-plan": ("sampling-plan", "--lot", "1000", "--aql", "1"),
    "variables": ("sampling-plan", "--n", "20", "--k", "1.8"),
    "life": ("life", "hours.csv"),
    "oee": ("oee", "--planned-min", "1", "--run-min", "1", "--ideal-cycle-s", "1", "--total", "70"),
    "trace": ("trace", "t.csv", "--upper", "0:5,4:5"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_every_study_has_a_table_and_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "rings.csv", "sample,diameter", ring_rows())
    aiag(tmp_path)
    write(tmp_path / "lin.csv", "reference,reading", [(2, 2.1), (2, 2.2), (4, 4.2), (4, 4.3)])
    looks = [(i, who, "ok" if (i + len(who)) % 3 else "ng", "ok") for i in range(6) for who in ("Li", "Wang")]
    write(tmp_path / "looks.csv", "item,inspector,rating,standard", looks)
    write(tmp_path / "hours.csv", "小时", [["54"], ["187"], ["216"], ["500+"]])
    write(tmp_path / "t.csv", "travel,force", [(0, 2.0), (4, 3.0)])
    printed = run(*PICTURES[name], "--plot", "out.svg")
    assert printed.strip()
    assert "nan" not in printed.lower().split()
    assert (tmp_path / "out.svg").read_text().startswith("<?xml")


TOTALS = ("--planned-min", "9", "--run-min", "9", "--ideal-cycle-s", "1")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("capability",), "give a FILE"),
        (("capability", "none.csv"), "there is no file"),
        (("capability", "bad.csv", "--usl", "2"), "line 3, column 'v': 'x' is not a number"),
        (("capability", "good.csv", "--lsl", "3", "--usl", "1"), "crossed"),
        (("capability", "good.csv", "--usl", "9", "--size", "0"), "--size is 1 or more"),
        (("capability", "good.csv", "--n", "5"), "take the place of FILE"),
        (("capability", "good.csv", "--plot", "a.pdf"), r"\.svg or \.png"),
        (("capability", "--distribution", "weibull", "--parameters", "shape"), "NAME=NUMBER"),
        (("gauge-study", "good.csv", "--confidence", "0"), "the confidence lies between 0 and 1"),
        (("gauge-study", "good.csv"), "which column holds the parts"),
        (("gauge-study", "gauge.csv"), "line 4, column 'value': '' is missing"),
        (("gauge-study", "good.csv", "--method", "bias"), "which column holds the references"),
        (("gauge-study", "good.csv", "--lsl", "1"), "both --lsl and --usl"),
        (("sampling-plan",), "give --lot and --aql"),
        (("sampling-plan", "--lot", "1000", "--aql", "0.7"), "0.7 is no AQL of ISO 2859-1"),
        (("sampling-plan", "--lot", "1000", "--aql", "1", "--level", "IV"), "no inspection level 'IV'"),
        (
            ("sampling-plan", "--lot", "1000", "--aql", "1", "--decide", "99"),
            "99 defectives in a sample of 80",
        ),
        (("sampling-plan", "--lot", "1000", "--aql", "nan"), "not nan"),
        (("sampling-plan", "--n", "20", "--k", "nan"), "k is a finite number"),
        (("sampling-plan", "--n", "5"), "--n with --c, or --n with --k"),
        (("sampling-plan", "--producer", "0.01:0.95"), "both points"),
        (("sampling-plan", "--producer", "0.01", "--consumer", "0.1:0.1"), "QUALITY:PROBABILITY"),
        (("sampling-plan", "--history", "a z"), "not 'z'"),
        (("sampling-plan", "--history", "3"), "need --lot and --aql"),
        (("sampling-plan", "--n", "5", "--c", "0", "--p", "a"), "--p takes numbers"),
        (("life", "lives.csv", "--status", "status"), "line 3, column 'status': 'perhaps' says neither"),
        (("life", "lives.csv"), "line 3, column 'status': 'perhaps' says neither"),
        (("life", "lives.csv", "--count", "status"), "'perhaps' says neither"),
        (("life", "dead.csv"), "line 3, column 'v': '0' is no life"),
        (("capability", "same.csv", "--usl", "9"), "all 3 values are 5: without a spread"),
        (
            ("oee", *TOTALS, "--total", "5", "--rejected", "6"),
            "6 of 5 items can't be rejected",
        ),
        (("oee",), "give FILE, or --planned-min"),
        (("oee", "good.csv"), "which column holds the times"),
        (("oee", "log.csv"), "line 2, column 'state': 'dancing' is no state"),
        (("trace", "good.csv"), "give the envelope"),
        (("trace", "good.csv", "--upper", "0:1"), "no column of numbers"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[..., str],
    words: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "good.csv", "v", [[1.5], [2.5], [1.7]])
    write(tmp_path / "bad.csv", "v", [[1.5], ["x"], [1.7]])
    write(
        tmp_path / "gauge.csv",
        "part,operator,value",
        [(1, "A", 1.0), (1, "A", 1.1), (2, "A", ""), (2, "A", 2.0)],
    )
    write(tmp_path / "dead.csv", "v", [[7], [0], [3]])
    write(tmp_path / "same.csv", "v", [[5], [5], [5]])
    write(tmp_path / "lives.csv", "time,status", [(5, "x"), (6, "perhaps"), (7, "0")])
    write(tmp_path / "log.csv", "time,state", [("08:00", "dancing"), ("09:00", "run")])
    with pytest.raises(BadInput, match=message):
        run(*words)


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    code = (
        "import sys, quality_creator.cli\n"
        "print([name for name in ('numpy', 'scipy', 'matplotlib') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
