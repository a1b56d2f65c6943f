"""`qc chart` and `qc arl`: the published examples through the command line, and what it refuses."""

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quality_creator import cli
from quality_creator.model.errors import BadInput, NotFound
from tests.quality.cases import assert_close, case

app = cli.load()

Qc = Callable[..., Any]


@pytest.fixture
def qc(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Qc:
    """Run a command on rows that are written to a file first; its JSON comes back."""

    def run(command: str, *options: object, rows: list[list[Any]] | None = None) -> Any:
        words = [command]
        if rows is not None:
            path = tmp_path / "data.csv"
            with path.open("w", newline="") as file:
                csv.writer(file).writerows(rows)
            words.append(str(path))
        app([*words, *map(str, options), "--json"], result_action="return_value")
        return json.loads(capsys.readouterr().out)

    return run


def subgroups(groups: list[list[float]]) -> list[list[Any]]:
    return [
        ["sample", "value"],
        *([number, value] for number, group in enumerate(groups, 1) for value in group),
    ]


def signals(found: Any, rule: str) -> list[int]:
    return [signal["index"] for signal in found["signals"] if signal["rule"] == rule]


def spread(line: Any, count: int) -> Any:
    return np.broadcast_to(np.array(line, float), count)


@pytest.mark.parametrize(
    ("name", "chart", "picture"),
    [
        ("pistonrings_xbar_r_phase12", "xbar-r", None),
        ("pistonrings_r_phase12", "xbar-r", "spread"),
        ("pistonrings_xbar_s_phase12", "xbar-s", None),
        ("pistonrings_s_phase12", "xbar-s", "spread"),
        ("pistonrings_unequal_n_xbar_UWAVE-R", "xbar-r", None),
        ("pistonrings_unequal_n_R", "xbar-r", "spread"),
        ("pistonrings_unequal_n_S", "xbar-s", "spread"),
    ],
)
def test_charts_of_subgroups(qc: Qc, name: str, chart: str, picture: str | None) -> None:
    published = case(name)
    expected, tolerance = published["expected"], published["tolerance"]
    first = published["inputs"]["phase1"]
    rows = subgroups(first + published["inputs"].get("phase2", []))
    found = qc(
        "chart", "--chart", chart, "--subgroup", "sample", "--value", "value",
        "--limits-from", f"1:{len(first)}", "--rules", "nelson,western-electric,nelson-8-both", rows=rows,
    )  # fmt: skip
    shown = found if picture is None else found[picture]
    count = len(expected["statistics"])
    assert_close(shown["points"], expected["statistics"], tolerance)
    assert_close(shown["center"], expected["center"], tolerance)
    assert_close(spread(shown["lower"], count), spread(expected["lcl"], count), tolerance)
    assert_close(spread(shown["upper"], count), spread(expected["ucl"], count), tolerance)
    assert found["sigma"] == pytest.approx(expected["sigma"], rel=tolerance["sigma_rel"])
    rule = "nelson-1" if picture is None else "spread-limits"
    assert signals(found, rule) == expected["signals"]["beyond_limits"]
    for key, name_of_rule in (("we2_2of3_2s", "western-electric-2"), ("nelson2_9_one_side", "nelson-2")):
        if key in expected["signals"]:
            assert signals(found, name_of_rule) == expected["signals"][key]


@pytest.mark.parametrize(("name", "method"), [("viscosity_i_mr", "mrbar"), ("viscosity_i_sd", "sd")])
def test_charts_of_individuals(qc: Qc, name: str, method: str) -> None:
    published = case(name)
    inputs, expected, tolerance = published["inputs"], published["expected"], published["tolerance"]
    rows = [["value"], *([value] for value in inputs["phase1"] + inputs["phase2"])]
    options = ("--limits-from", "1:20", "--method", method, "--constants", "printed")
    found = qc("chart", *options, "--rules", "western-electric,nelson", rows=rows)
    for key, name_of_field in (("center", "center"), ("lcl", "lower"), ("ucl", "upper")):
        assert_close(found[name_of_field], expected[key], tolerance)
    assert signals(found, "nelson-1") == expected["signals"]["beyond_limits"]
    assert signals(found, "western-electric-4") == expected["signals"]["we4_8_one_side"]
    assert signals(found, "western-electric-3") == expected["signals"]["we3_4of5_1s"]
    states = [signal["continuing"] for signal in found["signals"] if signal["rule"] == "western-electric-4"]
    assert states == [False, True, True, True]


def test_handbook_and_textbook(qc: Qc) -> None:
    published = case("nist_6322_i_mr")
    expected, tolerance = published["expected"], published["tolerance"]
    found = qc("chart", rows=[["flow"], *([value] for value in published["inputs"]["data"])])
    assert_close(found["upper"], expected["ucl"], tolerance)
    assert_close(found["spread"]["upper"], expected["mr_ucl"], tolerance)
    published = case("montgomery_6_1_hardbake_xbar_r")
    expected, tolerance = published["expected"], published["tolerance"]
    flat = [[value] for row in published["inputs"]["data"] for value in row]
    found = qc("chart", "--chart", "xbar-r", "--size", 5, rows=[["width"], *flat])
    assert_close([found["lower"], found["upper"]], [expected["lcl"], expected["ucl"]], tolerance)
    assert_close(found["spread"]["upper"], expected["r_ucl"], tolerance)
    assert found["signals"] == []


@pytest.mark.parametrize(
    ("name", "chart", "size"),
    [
        ("orangejuice_p_trial", "p", "n"),
        ("orangejuice_p_trial", "p", "50"),
        ("orangejuice_np_trial", "np", "50"),
        ("circuit_c_trial", "c", None),
        ("circuit_u_trial", "u", "units"),
    ],
)
def test_charts_of_counts(qc: Qc, name: str, chart: str, size: str | None) -> None:
    published = case(name)
    inputs, expected, tolerance = published["inputs"], published["expected"], published["tolerance"]
    columns = {key: values for key, values in inputs.items() if isinstance(values, list)}
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    options = [] if size is None else ["--size", size]
    found = qc("chart", "--chart", chart, "--value", "counts", "--rules", "nelson", *options, rows=rows)
    count = len(inputs["counts"])
    assert_close(found["points"], expected["statistics"], tolerance)
    for key, name_of_field in (("center", "center"), ("sigma", "sigma"), ("lcl", "lower"), ("ucl", "upper")):
        assert_close(spread(found[name_of_field], count), spread(expected[key], count), tolerance)
    assert signals(found, "nelson-1") == expected["signals"]["beyond_limits"]


def test_laney(qc: Qc) -> None:
    published = case("laney_p_prime_small")
    expected, tolerance = published["expected"], published["tolerance"]
    rows = [["d", "n"], *zip(published["inputs"]["counts"], published["inputs"]["n"], strict=True)]
    found = qc("chart", "--chart", "laney-p", "--size", "n", "--value", "d", rows=rows)
    for key, name in (("center", "center"), ("sigma_z", "sigma_z"), ("ucl", "upper"), ("lcl", "lower")):
        assert_close(found[name], expected[key], tolerance)


def test_ewma_and_cusum(qc: Qc) -> None:
    published = case("ewma_pistonrings_l02")
    expected, tolerance = published["expected"], published["tolerance"]
    rows = subgroups(published["inputs"]["phase1"] + published["inputs"]["phase2"])
    options = ("--subgroup", "sample", "--value", "value", "--limits-from", "1:25")
    found = qc("chart", "--chart", "ewma", "--weight", 0.2, *options, rows=rows)
    assert_close(found["points"], expected["ewma"], tolerance)
    assert_close(found["lower"], expected["lcl"], tolerance)
    assert_close(found["upper"], expected["ucl"], tolerance)
    assert signals(found, "ewma-limits") == expected["signals"]["beyond_limits"]
    published = case("cusum_pistonrings")
    expected, tolerance = published["expected"], published["tolerance"]
    found = qc("chart", "--chart", "cusum", "--decision", 5, "--slack", 0.5, *options, rows=rows)
    assert_close(found["c_plus"], expected["c_plus"], tolerance)
    assert_close(found["c_minus"], np.abs(expected["c_minus"]), tolerance)
    assert found["decision_interval"] == expected["decision_interval"]
    assert found["center"] == pytest.approx(expected["center"])
    assert signals(found, "cusum-upper") == expected["signals"]["upper"]


def test_multivariate(qc: Qc) -> None:
    published = case("boiler_t2_single")
    expected, tolerance = published["expected"], published["tolerance"]
    names = [f"t{number}" for number in range(1, 9)]
    found = qc("chart", "--chart", "t2", "--alpha", 0.001, rows=[names, *published["inputs"]["data"]])
    assert_close(found["points"], expected["t2"], tolerance)
    assert_close(found["center"], expected["center"], tolerance)
    # The command is told 0.001, the program behind the published digits 1 − 0.999.
    loose = {"rel": 1e-9, "abs": 1e-9}
    assert_close(found["upper_phase1"], expected["ucl_phase1"], loose)
    assert_close(found["upper_phase2"], expected["ucl_phase2"], loose)
    assert found["upper"] == found["upper_phase1"]
    assert signals(found, "t2-limit") == expected["signals"]["beyond_phase1"]

    published = case("ryan_t2_subgroups")
    expected, tolerance = published["expected"], published["tolerance"]
    inputs = published["inputs"]
    rows = [["sample", "x1", "x2"]]
    for number, (one, two) in enumerate(zip(inputs["x1"], inputs["x2"], strict=True)):
        rows += [[f"s{number}", *pair] for pair in zip(one, two, strict=True)]
    alpha = 1 - published["options"]["confidence"]
    found = qc(
        "chart", "--chart", "t2", "--alpha", alpha, "--value", "x1,x2", "--subgroup", "sample", rows=rows
    )
    assert_close(found["points"], expected["t2"], tolerance)
    assert_close(found["upper_phase2"], expected["ucl_phase2"], tolerance)
    assert signals(found, "t2-limit") == expected["signals"]["beyond_phase1"]

    published = case("mewma_boiler_t1_t2")
    expected, tolerance = published["expected"], published["tolerance"]
    rows = [["t1", "t2"], *published["inputs"]["data"]]
    options = ("--chart", "mewma", "--threshold", 8.66)
    found = qc("chart", *options, rows=rows)
    assert_close(found["points"], expected["t2_exact_cov"], tolerance)
    assert signals(found, "mewma-limit") == expected["signals_h_8_66_exact"]
    assert_close(
        qc("chart", *options, "--settled", rows=rows)["points"], expected["t2_asymptotic_cov"], tolerance
    )


@pytest.mark.parametrize("name", ["rules_nelson1_exact_3sigma_not_signal", "rules_we1_vs_limits"])
def test_rules_with_given_limits(qc: Qc, name: str) -> None:
    published = case(name)
    rows = [["z"], *([value] for value in published["inputs"]["z"])]
    found = qc("chart", "--center", 0, "--sigma", 1, "--rules", "nelson", rows=rows)
    assert signals(found, "nelson-1") == published["expected"]["nelson"]["1"]
    assert signals(found, "nelson-5") == published["expected"]["m_of_n_short_window_at_start"]["rule5"]
    assert (found["method"], found["span"], found["lower"], found["upper"]) == ("given", None, -3.0, 3.0)


def test_later_points_of_t2_have_the_other_limit(qc: Qc) -> None:
    rows = [["a", "b"], *np.random.default_rng(1).normal(size=(30, 2)).tolist()]
    found = qc("chart", "--chart", "t2", "--limits-from", "1:20", rows=rows)
    assert found["upper"] == [found["upper_phase1"]] * 20 + [found["upper_phase2"]] * 10


def test_the_record_of_an_estimation_is_told(qc: Qc) -> None:
    rows = [["v"], *([value] for value in (10, 11, 50, 10, 12, "", 11))]
    found = qc("chart", "--limits-from", "1:6", "--exclude", "3=test piece", "--by", "Lin", rows=rows)
    assert found["excluded"] == [{"index": 2, "reason": "test piece"}]
    assert (found["span"], found["used"], found["missing"], found["by"]) == ([0, 6], 4, 1, "Lin")
    assert found["points"][5] is None
    assert found["constants"]["d2"] == pytest.approx(2 / math.sqrt(math.pi))
    assert found["in_control_arl"]["value"] == pytest.approx(216.7, abs=0.1)


def test_files_as_people_have_them_are_read(
    qc: Qc, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("\ufeffZeit;Wert\n08:00;1,5\n08:05;2,5\n08:10;\n08:15;1,0\n".encode())
    found = qc("chart", path, "--value", "Wert", "--center", 1.5, "--sigma", 0.5)
    assert found["points"] == [1.5, 2.5, None, 1.0]
    wide = [["a", "b", "c"], [1, 2, 3], [2, 3, ""], [4, 5, 3], [2, 2, 1]]
    found = qc("chart", "--chart", "xbar-s", "--value", "a,b,c", rows=wide)
    assert found["sizes"] == [3.0, 2.0, 3.0, 3.0]
    found = qc("chart", "--chart", "xbar-r", "--size", 2, rows=[["v"], *([v] for v in (1, 2, 3, 5, 2))])
    assert len(found["points"]) == 2


def test_a_specification_is_counted(qc: Qc) -> None:
    rows = [["v"], *([value] for value in (1, 2, 3, 4, 5))]
    found = qc("chart", "--lsl", 1.5, "--usl", 4.5, "--target", 3, rows=rows)
    assert found["specification"] == {"lower": 1.5, "target": 3.0, "upper": 4.5, "outside": 2}


NUMBERS = [["v", "n"], [1, 5], [2, 5], [4, 5], [3, 5]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--chart xbar-r --value v", "--size N"),
        ("--chart xbar-r --value v --size x", "whole number"),
        ("--chart xbar-r --value v --size 9", "not one whole subgroup"),
        ("--chart i-mr", "several columns"),
        ("--chart i-mr --value v --size 2", "leave --subgroup and --size out"),
        ("--chart i-mr --value w", "no column 'w'"),
        ("--chart i-mr --value v --limits-from 2:9", "not inside the 4 points"),
        ("--chart i-mr --value v --limits-from five", "such as 1:25"),
        ("--chart i-mr --value v --exclude 2", "and the reason"),
        ("--chart i-mr --value v --sigma 1", "needs a --center"),
        ("--chart i-mr --value v --center 1 --sigma 1 --limits-from 1:2", "not estimated"),
        ("--chart i-mr --value v --rules nelson-9", "no rule"),
        ("--chart i-mr --value v --lsl 2 --usl 1", "limits are crossed"),
        ("--chart i-mr --value v --usl nan", "upper limit must be a finite number"),
        ("--chart i-mr --value v --usl 3 --target 4", "outside the limits"),
        ("--chart i-mr --value v --exclude 0=x", "points 1 to 4"),
        ("--chart i-mr --value v --exclude 5=x", "points 1 to 4"),
        ("--chart cusum --value n", "constant"),
        ("--chart i-mr --value n", "constant"),
        ("--chart ewma --value v --rules nelson", "independent points"),
        ("--chart p --value v", "--size COLUMN"),
        ("--chart p --value v --size 3", "'4' is more than the 3 that were inspected"),
        ("--chart i-mr --value v --limits-from 3:2", "ends before it begins; write 2:3"),
        ("--chart i-mr --value v --center nan --sigma 1", "are numbers, not nan"),
        ("--chart c --value v --size 2", "choose --chart u"),
        ("--chart np --value n --size v", "choose --chart p"),
        ("--chart c --value v --usl 3", "single measurements"),
        ("--chart t2", "does not vary"),
        ("--chart t2 --value v", "2 or more columns"),
        ("--chart t2 --center 1", "estimate its limits"),
        ("--chart mewma --size 2", "single rows"),
        ("--plot out.pdf", ".svg or .png"),
    ],
)
def test_what_can_not_be_charted_is_refused(qc: Qc, options: str, words: str) -> None:
    with pytest.raises((BadInput, NotFound), match=words):
        qc("chart", *options.split(), rows=NUMBERS)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["n", "d"], [9, 3], [9, -1]], "line 3, column 'd': '-1' is no count"),
        ([["n", "d"], [9, 3.5], [9, 1]], "line 2, column 'd': '3.5' is no count"),
        ([["n", "d"], [9, 3], [0, 0]], "line 3, column 'n': '0' is no number of items"),
        (
            [["n", "d"], [9, 3], [9, ""], [9, 10]],
            "line 4, column 'd': '10' is more than the 9 that were inspected",
        ),
    ],
)
def test_what_is_no_count_is_named_by_line_and_column(qc: Qc, rows: list[list[object]], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        qc("chart", "--chart", "p", "--value", "d", "--size", "n", rows=rows)


@pytest.mark.parametrize(
    "options", ["--width 40 --rules nelson-1", "--chart ewma --weight 1e-9", "--chart cusum --decision 1e6"]
)
def test_a_choice_whose_run_length_is_beyond_reckoning_is_charted_all_the_same(qc: Qc, options: str) -> None:
    found = qc("chart", "--value", "v", *options.split(), rows=NUMBERS)
    assert found["in_control_arl"] is None


@pytest.mark.parametrize("ending", ["png", "svg"])
@pytest.mark.parametrize(
    "options",
    [
        "--chart xbar-r --size 5 --limits-from 1:8 --rules nelson --usl 75 --lsl 73 --target 74",
        "--chart i-mr --usl 1000",
        "--chart cusum --center 74 --sigma 0.005",
        "--chart ewma --size 5",
        "--chart xbar-s --subgroup sample",
    ],
)
def test_pictures_are_drawn(qc: Qc, tmp_path: Path, options: str, ending: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"out.{ending}"
    rows = subgroups(case("pistonrings_xbar_r_phase12")["inputs"]["phase1"][:10])
    rows[4][1] = ""
    qc("chart", "--value", "value", *options.split(), "--plot", path, rows=rows)
    start = path.read_bytes()[:5]
    assert start == (b"\x89PNG\r" if ending == "png" else b"<?xml")


def test_people_read_a_table(qc: Qc, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("v\n" + "\n".join(map(str, [1, 2, 1, 2, 1, 2, 9])))
    app(["chart", str(path), "--center", "1.5", "--sigma", "1"], result_action="return_value")
    told = capsys.readouterr().out
    assert "nelson-1" in told
    assert "completed" in told


def test_run_lengths(qc: Qc) -> None:
    for name, options in (
        ("arl_ewma_l0.4_L3.054", ("--chart", "ewma", "--weight", 0.4, "--width", 3.054)),
        ("arl_cusum_k0.5_h4", ("--chart", "cusum", "--slack", 0.5, "--decision", 4)),
        ("arl_runrules_C1", ("--chart", "shewhart", "--rules", "western-electric-1")),
    ):
        published = case(name)
        shifts = ",".join(map(str, published["inputs"]["shift"]))
        found = qc("arl", *options, "--shift", shifts)
        assert_close(found["arl"], published["expected"]["arl"], published["tolerance"])
    published = case("arl_mewma_l0.1_p2_h8.6336")
    shifts = ",".join(str(math.sqrt(delta)) for delta in published["inputs"]["delta"])
    found = qc("arl", "--chart", "mewma", "--weight", 0.1, "--threshold", 8.6336, "--shift", shifts)
    assert_close(found["arl"], published["expected"]["arl"], published["tolerance"])


def test_limits_are_designed_for_a_run_length(qc: Qc) -> None:
    published = case("design_370_limits")
    expected, tolerance = published["expected"], published["tolerance"]
    for weight, width in expected["ewma_L"].items():
        found = qc("arl", "--chart", "ewma", "--weight", weight, "--shift", 0)
        assert_close(found["parameters"]["width"], width, tolerance)
    found = qc("arl", "--chart", "cusum", "--shift", 0)
    assert_close(found["parameters"]["decision"], expected["cusum_h_k05"], tolerance)
    for variables, threshold in expected["mewma_h4_arl200"].items():
        found = qc("arl", "--chart", "mewma", "--variables", variables, "--in-control", 200, "--shift", 0)
        assert_close(found["parameters"]["threshold"], threshold, tolerance)
    assert qc("arl", "--chart", "t2", "--alpha", 0.005, "--shift", 0)["arl"] == [200.0]
    assert qc("arl", "--rules", "nelson", "--shift", 0)["standard_error"][0] > 0
