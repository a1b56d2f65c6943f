"""The standards' tables, read from the package when first asked: code letters, single plans, k values."""

import csv
import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from quality_creator.model.errors import BadInput, Words

Inspection = Literal["normal", "tightened", "reduced"]
Level = Literal["S-1", "S-2", "S-3", "S-4", "I", "II", "III"]
LEVELS: tuple[Level, ...] = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")

VariablesLevel = Literal["I", "II", "III", "IV", "V"]
VARIABLES_LEVELS: tuple[VariablesLevel, ...] = ("I", "II", "III", "IV", "V")


@dataclass(frozen=True, slots=True)
class Row:
    """One plan of the master tables, arrows followed."""

    letter: str
    """Of the plan to which the arrows lead."""
    n: int
    accept: int
    reject: int
    disputed: bool


@dataclass(frozen=True, slots=True)
class VariablesRow:
    """One plan of MIL-STD-414 table B-1."""

    letter: str
    n: int
    k: float


def code_letter(lot_size: int, level: str) -> str:
    """The sample size code letter of ISO 2859-1 table 1, which MIL-STD-105E shares.

    >>> code_letter(1000, "II")
    'J'
    """
    if level not in LEVELS:
        raise BadInput(
            "there is no inspection level {level!r}; choose one of {levels}",
            level=level,
            levels=tuple(LEVELS),
        )
    if lot_size < 2:
        raise BadInput("a lot has at least 2 items, not {lot_size}", lot_size=lot_size)
    return _letter("iso2859_1_code_letters.csv", lot_size, level)


def variables_code_letter(lot_size: int, level: str) -> str:
    """The code letter of MIL-STD-414 table A-2.

    >>> variables_code_letter(40, "IV"), variables_code_letter(100_000, "IV")
    ('D', 'O')
    """
    if level not in VARIABLES_LEVELS:
        raise BadInput(
            "there is no inspection level {level!r} in MIL-STD-414; choose one of {levels}",
            level=level,
            levels=tuple(VARIABLES_LEVELS),
        )
    if lot_size < 3:
        raise BadInput("MIL-STD-414 begins with lots of 3 items, not {lot_size}", lot_size=lot_size)
    return _letter("mil_std_414_a2_code_letters.csv", lot_size, level)


def aqls() -> tuple[float, ...]:
    """The AQLs of ISO 2859-1, ascending."""
    return tuple(sorted({aql for _, _, aql in _single_plans()}))


def variables_aqls() -> tuple[float, ...]:
    """The AQLs of MIL-STD-414 table B-1, ascending."""
    return tuple(sorted({aql for _, aql in _k_values()}))


def single_row(severity: Inspection, letter: str, aql: float, *, z14: bool = False) -> Row:
    """The plan for a code letter and an AQL.

    Raises:
        BadInput: the AQL is none of the standard's; the text names its neighbours.
    """
    found = _single_plans().get((severity, letter, _preferred(aql, aqls(), "ISO 2859-1")))
    if found is None:
        raise BadInput(
            "there is no plan for {severity} inspection with code letter {letter!r}",
            severity=severity,
            letter=letter,
        )
    return found[1] if z14 else found[0]


def variables_row(letter: str, aql: float) -> VariablesRow:
    """The k of MIL-STD-414 for a code letter and an AQL; an empty cell leads down to the next letter.

    >>> variables_row("D", 1.0)
    VariablesRow(letter='D', n=5, k=1.53)
    """
    wanted = _preferred(aql, variables_aqls(), "MIL-STD-414 table B-1")
    letters = sorted(one for one, at in _k_values() if at == wanted and one >= letter)
    return _k_values()[letters[0], wanted]


def _preferred(aql: float, known: tuple[float, ...], where: str) -> float:
    for one in known:
        if abs(one - aql) <= 1e-9 * one:
            return one
    if math.isnan(aql):
        raise BadInput(
            "an AQL is one of {where}'s numbers, such as 0.65 or 1, not {aql}", where=where, aql=aql
        )
    below = [f"{one:g}" for one in known if one < aql][-1:]
    above = [f"{one:g}" for one in known if one > aql][:1]
    raise BadInput(
        "{aql:g} is no AQL of {where}; its neighbours are {neighbours}",
        aql=aql,
        where=where,
        neighbours=_neighbours(below + above),
    )


def _neighbours(found: list[str]) -> Words | str:
    return found[0] if len(found) == 1 else Words("{low} and {high}", low=found[0], high=found[1])


def _letter(name: str, lot_size: int, level: str) -> str:
    fitting = [row for row in _read(name) if int(row["lot_min"]) <= lot_size]
    return fitting[-1][level]


@cache
def _single_plans() -> dict[tuple[str, str, float], tuple[Row, Row]]:
    found: dict[tuple[str, str, float], tuple[Row, Row]] = {}
    letters: dict[tuple[str, int], str] = {}
    rows = _read("iso2859_1_single_plans.csv")
    for row in rows:
        letters.setdefault((row["severity"], int(row["n"])), row["final_code"])
    for row in rows:
        severity, n14 = row["severity"], int(row["z14_n"])
        iso = Row(
            row["final_code"],
            int(row["n"]),
            int(row["ac"]),
            int(row["re"]),
            row["iso_second_source_agrees"] == "0",
        )
        letter = iso.letter if n14 == iso.n else letters[severity, n14]
        z14 = Row(letter, n14, int(row["z14_ac"]), int(row["z14_re"]), disputed=False)
        found[severity, row["initial_code"], float(row["aql"])] = (iso, z14)
    return found


@cache
def _k_values() -> dict[tuple[str, float], VariablesRow]:
    found: dict[tuple[str, float], VariablesRow] = {}
    for row in _read("mil_std_414_b1_normal_k.csv"):
        letter = row["code_letter"]
        found[letter, float(row["aql"])] = VariablesRow(letter, int(row["n"]), float(row["k"]))
    return found


@cache
def _read(name: str) -> list[dict[str, str]]:
    text = files("quality_creator.quality").joinpath("tables", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
