"""Gauge studies on the site: a table is entered or pasted, judged, kept, and shown again whenever asked."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal, get_args

import msgspec

from quality_creator.actions.cell import looks_like_data
from quality_creator.actions.engineering import Standing
from quality_creator.actions.hub import Hub
from quality_creator.actions.table import Table, parse_table
from quality_creator.actions.word import GAUGE_COLUMNS
from quality_creator.model.errors import BadInput, NotFound
from quality_creator.model.ids import CharacteristicId
from quality_creator.quality.agreement import Agreement, agreement
from quality_creator.quality.bias import Bias, Linearity, bias, linearity
from quality_creator.quality.gauge_components import GaugeStudy
from quality_creator.quality.gauge_study import crossed, nested
from quality_creator.store import gauge_studies
from quality_creator.store.database import Transaction
from quality_creator.store.gauge_studies import GaugeStudyRow

Method = Literal["anova", "xbar-r", "nested", "bias", "linearity", "agreement"]
METHODS: tuple[Method, ...] = get_args(Method)

Role = Literal["part", "operator", "value", "reference"]

ROLES: Mapping[Method, tuple[Role, ...]] = {
    "anova": ("part", "operator", "value"),
    "xbar-r": ("part", "operator", "value"),
    "nested": ("part", "operator", "value"),
    "bias": ("reference", "value"),
    "linearity": ("reference", "value"),
    "agreement": ("part", "operator", "value", "reference"),
}
"""The columns that a method needs, in their order where the table names none; agreement does without
the last."""

LARGEST = 20_000
"""Characters of a table: far more than anybody measures in a study."""

Result = GaugeStudy | Bias | Linearity | Agreement


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person enters."""

    title: str
    method: Method
    table: str
    """As it was typed or pasted: a line a measurement."""
    tolerance: float | None = None
    """Width of the specification, for % tolerance."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A study that was kept, and what it says."""

    row: GaugeStudyRow
    entry: Entry
    result: Result


def read(title: str, method: str, table: str, tolerance: str) -> Entry:
    """An entry as typed. Raises BadInput."""
    chosen = next((one for one in METHODS if one == method), None)
    if chosen is None:
        raise BadInput(
            "there is no study {method!r}; choose one of {methods}",
            method=method[:64],
            methods=tuple(METHODS),
        )
    if not table.strip():
        raise BadInput("the table is empty: enter a line for each measurement")
    if len(table) > LARGEST:
        raise BadInput(
            "the table has {count} characters; at most {most} are taken", count=len(table), most=LARGEST
        )
    width = None
    if tolerance.strip():
        try:
            width = float(tolerance)
        except ValueError:
            raise BadInput("the tolerance is a number, not {tolerance!r}", tolerance=tolerance[:64]) from None
        if not 0 < width < float("inf"):
            raise BadInput("the tolerance is a width above 0, not {tolerance}", tolerance=tolerance[:64])
    return Entry(title=title.strip()[:120], method=chosen, table=table, tolerance=width)


def judge(entry: Entry) -> Result:
    """What the study says. Raises BadInput that names line and column."""
    table = _with_names(parse_table(entry.table.encode(), "the table"), entry.method)
    columns = _columns(table, entry.method)
    numbers = table.numbers(columns["value"], missing="refuse") if entry.method != "agreement" else None
    match entry.method:
        case "bias":
            references = sorted(set(table.numbers(columns["reference"], missing="refuse").tolist()))
            if len(references) > 1:
                raise BadInput("there are several reference values: choose linearity")
            assert numbers is not None
            return bias(numbers, references[0], tolerance=entry.tolerance)
        case "linearity":
            assert numbers is not None
            return linearity(table.numbers(columns["reference"], missing="refuse").tolist(), numbers)
        case "agreement":
            truth = columns.get("reference")
            return agreement(
                table.labels(columns["part"]),
                table.labels(columns["operator"]),
                table.labels(columns["value"]),
                standards=None if truth is None else table.labels(truth),
            )
        case "nested":
            assert numbers is not None
            parts, people = table.labels(columns["part"]), table.labels(columns["operator"])
            return nested(parts, people, numbers, tolerance=entry.tolerance)
        case "anova" | "xbar-r":
            assert numbers is not None
            parts, people = table.labels(columns["part"]), table.labels(columns["operator"])
            return crossed(parts, people, numbers, method=entry.method, tolerance=entry.tolerance)


def _with_names(table: Table, method: Method) -> Table:
    """The table; where its first line is a measurement and not names, that line is one again."""
    known = {word for words in GAUGE_COLUMNS.values() for word in words}
    wanted = ROLES[method]
    named = any(name.strip().lower() in known for name in table.names)
    at = wanted.index("value")
    if named or len(table.names) <= at or table.names[at].startswith("column "):
        return table
    if method != "agreement" and not looks_like_data(table.names[at]):
        return table
    names = tuple(f"column {i}" for i in range(1, len(table.names) + 1))
    lines = (max(table.lines[0] - 1, 1), *table.lines)
    return replace(table, names=names, rows=(table.names, *table.rows), lines=lines)


def _columns(table: Table, method: Method) -> dict[Role, int]:
    """Which column has which role: by its usual name, else by its place."""
    wanted = ROLES[method]
    names = [name.strip().lower() for name in table.names]
    found: dict[Role, int] = {}
    for role in wanted:
        usual = [i for i, name in enumerate(names) if name in GAUGE_COLUMNS[role]]
        if len(usual) == 1:
            found[role] = usual[0]
    missing = [role for role in wanted if role not in found]
    if not found and len(names) >= _fewest(method):
        return {role: i for i, role in enumerate(wanted) if i < len(names)}
    if missing and not (missing == ["reference"] and method == "agreement"):
        raise BadInput(
            "no column is named as {missing}; there are {names}. Name them {wanted}, or leave the "
            "header away and keep this order",
            missing=tuple(missing),
            names=tuple(table.names),
            wanted=tuple(wanted),
        )
    return found


def _fewest(method: Method) -> int:
    return 3 if method == "agreement" else len(ROLES[method])


async def keep(hub: Hub, standing: Standing, entry: Entry, *, by: str, now: datetime) -> int:
    """Keep a study that can be judged; its number. Raises BadInput."""
    await asyncio.to_thread(judge, entry)

    def act(transaction: Transaction) -> int:
        return gauge_studies.add(transaction, standing.characteristic.id, entry, by=by, made=now)

    return await hub.database.transact(act)


async def listed(hub: Hub, name: CharacteristicId) -> Sequence[tuple[GaugeStudyRow, Entry]]:
    """A characteristic's studies, the newest first."""
    rows = await hub.database.look(gauge_studies.of, name)
    return [(row, _entry(row.entry)) for row in rows]


async def one(hub: Hub, name: CharacteristicId, number: int) -> Kept:
    """A study. Raises NotFound."""
    row = await hub.database.look(gauge_studies.one, name, number)
    if row is None:
        raise NotFound("there is no gauge study {number} of {name!r}", number=number, name=name)
    entry = _entry(row.entry)
    return Kept(row=row, entry=entry, result=await asyncio.to_thread(judge, entry))


def _entry(kept: dict[str, Any]) -> Entry:
    return msgspec.convert(kept, Entry)
