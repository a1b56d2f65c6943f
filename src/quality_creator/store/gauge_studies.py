"""Gauge studies as they were entered: results are reckoned from them whenever they are shown."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from quality_creator.model.clock import Utc
from quality_creator.model.ids import CharacteristicId
from quality_creator.store.database import Transaction
from quality_creator.store.tables import gauge_studies


class GaugeStudyRow(msgspec.Struct, frozen=True, kw_only=True):
    """One study."""

    id: int
    characteristic: CharacteristicId
    made: Utc
    by: str
    entry: dict[str, Any]


def add(
    connection: Transaction,
    characteristic: CharacteristicId,
    entry: msgspec.Struct,
    *,
    by: str,
    made: datetime,
) -> int:
    """Keep a study; its number."""
    key = connection.execute(
        gauge_studies.insert().values(characteristic=characteristic, entry=entry, by=by, made=made)
    ).inserted_primary_key
    assert key is not None
    return int(key[0])


def of(connection: Transaction, characteristic: CharacteristicId) -> list[GaugeStudyRow]:
    """A characteristic's studies, the newest first."""
    s = gauge_studies.c
    rows = connection.execute(
        select(gauge_studies).where(s.characteristic == characteristic).order_by(s.id.desc())
    )
    return [msgspec.convert(row, GaugeStudyRow, from_attributes=True) for row in rows]


def one(connection: Transaction, characteristic: CharacteristicId, number: int) -> GaugeStudyRow | None:
    """A characteristic's study by its number."""
    s = gauge_studies.c
    row = connection.execute(
        select(gauge_studies).where(s.characteristic == characteristic, s.id == number)
    ).first()
    return None if row is None else msgspec.convert(row, GaugeStudyRow, from_attributes=True)
