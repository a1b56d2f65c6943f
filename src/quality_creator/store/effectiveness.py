"""Where each line's OEE stands, and the shifts that ended."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import select

from quality_creator.model.clock import Micros
from quality_creator.model.ids import LineId
from quality_creator.store.database import Transaction, replace
from quality_creator.store.tables import oees, shifts


class OeeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A line's OEE as it is kept."""

    line: LineId
    state: bytes
    """As `quality.oee.encode` writes it."""
    said: Micros
    """When its newest machine state was; -1 before the first."""


def load(connection: Transaction) -> dict[LineId, OeeRow]:
    """By line."""
    rows = [msgspec.convert(row, OeeRow, from_attributes=True) for row in connection.execute(select(oees))]
    return {row.line: row for row in rows}


def save(connection: Transaction, rows: Iterable[OeeRow]) -> None:
    """Put these in the place of what was kept of their lines."""
    values = [msgspec.structs.asdict(row) for row in rows]
    if values:
        connection.execute(replace(connection, oees), values)


def end_shifts(
    connection: Transaction, ended: Mapping[LineId, Iterable[tuple[Micros, msgspec.Struct]]]
) -> None:
    """Keep the summaries of shifts that ended, each with its start."""
    values = [
        {"line": line, "start": start, "summary": summary}
        for line, found in ended.items()
        for start, summary in found
    ]
    if values:
        connection.execute(replace(connection, shifts), values)


def last_shifts(connection: Transaction, line: LineId, count: int) -> list[dict[str, Any]]:
    """Summaries of a line's newest ended shifts, the newest first."""
    wanted = select(shifts.c.summary).where(shifts.c.line == line).order_by(shifts.c.start.desc())
    return [row.summary for row in connection.execute(wanted.limit(count))]
