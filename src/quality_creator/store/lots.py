"""Lots under acceptance sampling, series by series; the newest of a series says how the next is inspected."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select

from quality_creator.model.clock import Utc
from quality_creator.model.ids import CharacteristicId
from quality_creator.store.database import Transaction
from quality_creator.store.tables import lots


class LotRow(msgspec.Struct, frozen=True, kw_only=True):
    """A lot, or that inspection was resumed."""

    id: int
    characteristic: CharacteristicId
    supplier: str
    made: Utc
    by: str
    record: dict[str, Any]
    state: bytes
    """As `quality.switching.encode` writes it, after this lot."""


def add(
    connection: Transaction,
    characteristic: CharacteristicId,
    supplier: str,
    record: msgspec.Struct,
    state: bytes,
    *,
    by: str,
    made: datetime,
) -> None:
    """Keep a lot; lots are never changed."""
    connection.execute(
        lots.insert().values(
            characteristic=characteristic, supplier=supplier, record=record, state=state, by=by, made=made
        )
    )


def newest(
    connection: Transaction, characteristic: CharacteristicId, supplier: str, count: int
) -> list[LotRow]:
    """The newest lots of a series, the newest first."""
    c = lots.c
    wanted = select(lots).where(c.characteristic == characteristic, c.supplier == supplier)
    rows = connection.execute(wanted.order_by(c.id.desc()).limit(count))
    return [msgspec.convert(row, LotRow, from_attributes=True) for row in rows]


def suppliers(connection: Transaction, characteristic: CharacteristicId) -> list[str]:
    """Whose lots were inspected for a characteristic, the one of the newest lot first."""
    c = lots.c
    wanted = select(c.supplier).where(c.characteristic == characteristic).group_by(c.supplier)
    return list(connection.execute(wanted.order_by(func.max(c.id).desc())).scalars())
