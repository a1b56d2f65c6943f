"""Where each chart stands, and the record of how its limits came to be."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from quality_creator.model.chart_row import ChartRow
from quality_creator.model.clock import Utc
from quality_creator.model.ids import CharacteristicId
from quality_creator.store.database import Transaction, replace
from quality_creator.store.tables import charts, choices, estimations


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a person chose for a characteristic in the place of the configuration; the newest counts."""

    characteristic: CharacteristicId
    public: bool | None = None
    """None where the configuration decides."""
    rules: tuple[str, ...] | None = None
    """None where the configuration decides."""
    made: Utc
    by: str


class EstimationRow(msgspec.Struct, frozen=True, kw_only=True):
    """One estimation of limits."""

    characteristic: CharacteristicId
    made: Utc
    by: str
    record: dict[str, Any]
    """Span, method, constants, excluded, limits, as the statistics room wrote them."""


def load(connection: Transaction) -> dict[CharacteristicId, ChartRow]:
    """Every chart."""
    rows = [
        msgspec.convert(row, ChartRow, from_attributes=True) for row in connection.execute(select(charts))
    ]
    return {row.characteristic: row for row in rows}


def one(connection: Transaction, characteristic: CharacteristicId) -> ChartRow | None:
    """One chart; None before its first value."""
    row = connection.execute(select(charts).where(charts.c.characteristic == characteristic)).first()
    return None if row is None else msgspec.convert(row, ChartRow, from_attributes=True)


def save(connection: Transaction, rows: Iterable[ChartRow]) -> None:
    """Put charts in the place of what was kept of them."""
    values = [msgspec.structs.asdict(row) for row in rows]
    if values:
        connection.execute(replace(connection, charts), values)


def add_estimation(
    connection: Transaction,
    characteristic: CharacteristicId,
    record: msgspec.Struct,
    *,
    by: str,
    made: datetime,
) -> None:
    """Keep the record of an estimation; records are never changed."""
    connection.execute(
        estimations.insert().values(characteristic=characteristic, made=made, by=by, record=record)
    )


def estimations_of(connection: Transaction, characteristic: CharacteristicId) -> list[EstimationRow]:
    """A characteristic's estimations, the newest last."""
    e = estimations.c
    rows = connection.execute(
        select(e.characteristic, e.made, e.by, e.record)
        .where(e.characteristic == characteristic)
        .order_by(e.id)
    )
    return [msgspec.convert(row, EstimationRow, from_attributes=True) for row in rows]


def chosen(connection: Transaction) -> dict[CharacteristicId, Choice]:
    """Every characteristic for which a person chose something."""
    rows = [msgspec.convert(row, Choice, from_attributes=True) for row in connection.execute(select(choices))]
    return {row.characteristic: row for row in rows}


def choose(connection: Transaction, choice: Choice) -> None:
    """Keep a choice in the place of the one before."""
    connection.execute(replace(connection, choices), [msgspec.structs.asdict(choice)])
