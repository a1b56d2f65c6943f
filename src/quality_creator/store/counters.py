"""The newest counters of each line."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from quality_creator.model.reading import Count
from quality_creator.store.database import Transaction, replace
from quality_creator.store.tables import counters


def load(connection: Transaction) -> dict[str, Count]:
    """By line."""
    rows = connection.execute(select(counters))
    return {row.line: msgspec.convert(row, Count, from_attributes=True) for row in rows}


def save(connection: Transaction, new: Iterable[Count]) -> None:
    """Put counters in the place of their lines' older ones."""
    values = [msgspec.structs.asdict(one) for one in new]
    if values:
        connection.execute(replace(connection, counters), values)
