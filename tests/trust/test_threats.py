"""The table of attacks names, for each, the tests that fail when its answer is taken out: they are there."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs/proof/verify.md").read_text(encoding="utf-8").partition("## What holds each answer")[2]
ROWS = re.findall(r"^\| ([^|]+) \| (`[^|]+) \|$", TABLE, re.MULTILINE)


def _tests(module: str) -> set[str]:
    [path] = [one for one in (ROOT / "tests").rglob(f"{module}.py") if "node_modules" not in one.parts]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))
    return {one.name.removeprefix("test_") for one in functions if one.name.startswith("test_")}


@pytest.mark.parametrize(("attack", "cell"), ROWS)
def test_the_tests_that_hold_an_answer_are_where_the_table_says(attack: str, cell: str) -> None:
    for part in cell.split("; "):
        module, *named = re.findall(r"`([^`]+)`", part)
        assert named, f"{attack}: {module} names no test"
        there = _tests(module.removeprefix("e2e/") if module.startswith("e2e/") else module)
        for name in named:
            begin, cut = name.removesuffix("…"), name.endswith("…")
            fits = [one for one in there if (one.startswith(begin) if cut else one == begin)]
            assert fits, f"{attack}: {module} has no test {name}"


def test_every_attack_has_a_row() -> None:
    said = (ROOT / "docs/proof/endorsement.md").read_text(encoding="utf-8")
    attacks = re.findall(r"^\| ([^|]+) \|", said.partition("## What each attack meets")[2], re.MULTILINE)
    assert len(ROWS) > 15
    assert {one for one in attacks if one not in ("attack", "---")} <= {attack for attack, _ in ROWS}
