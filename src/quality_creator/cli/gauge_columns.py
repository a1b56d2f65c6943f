"""Which columns of a table a gauge study is about: as named, or by their usual names."""

from collections.abc import Sequence
from typing import Literal

from quality_creator.actions.table import Table
from quality_creator.actions.word import GAUGE_COLUMNS
from quality_creator.model.errors import BadInput

Role = Literal["part", "operator", "value", "reference"]


def find(table: Table, role: Role, given: str | None) -> int | None:
    """The column that was named, or the one that has a usual name; None when there is none."""
    if given is not None:
        return table.index(given, f"--{role}")
    usual = [i for i, name in enumerate(table.names) if name.strip().lower() in GAUGE_COLUMNS[role]]
    return usual[0] if len(usual) == 1 else None


def need(table: Table, role: Role, given: str | None) -> int:
    """The column, or an error that says how to name it."""
    found = find(table, role, given)
    if found is None:
        raise BadInput(
            f"which column holds the {role}s? say --{role} NAME; {table.source} has {table.listing()}"
        )
    return found


def values(table: Table, given: str | None, taken: Sequence[int]) -> int:
    """The column of measurements: named, usual, or the only one of numbers that is left."""
    found = find(table, "value", given)
    return found if found is not None else table.only_numeric(other_than=taken)
