"""The measurements: each taken in once, found again by characteristic and time."""

import functools
from collections.abc import Sequence

from sqlalchemy import Dialect, func, select

from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, GaugeId
from quality_creator.model.reading import Measurement
from quality_creator.store.database import Transaction
from quality_creator.store.tables import measurements

_COLUMNS = ["gauge", "sequence", "characteristic", "time", "received", "value", "status"]

_AT_ONCE = 500
"""Values in one IN (...); SQLite allows 32,766 parameters, and more of them are not quicker."""


def add(connection: Transaction, new: Sequence[Measurement], received: Micros) -> None:
    """Keep measurements that are known to be new, in the order of their arrival."""
    # The driver gets rows as they are: parameters by name cost as much again as the insertion.
    rows = [(m.gauge, m.sequence, m.characteristic, m.time, received, m.value, m.status) for m in new]
    if rows:
        connection.exec_driver_sql(_insertion(connection.dialect), rows)


@functools.lru_cache(maxsize=4)
def _insertion(dialect: Dialect) -> str:
    """The statement in the driver's own words, its parameters in the order of `_COLUMNS`."""
    compiled = measurements.insert().compile(dialect=dialect, column_keys=_COLUMNS)
    assert compiled.positiontup == _COLUMNS
    return str(compiled)


def highest(connection: Transaction, gauge: GaugeId, characteristic: CharacteristicId) -> int | None:
    """The highest sequence that a gauge brought for a characteristic; None when there is none."""
    m = measurements.c
    found: int | None = connection.scalar(
        select(func.max(m.sequence)).where(m.gauge == gauge, m.characteristic == characteristic)
    )
    return found


def times(
    connection: Transaction, gauge: GaugeId, characteristic: CharacteristicId, sequences: Sequence[int]
) -> dict[int, Micros]:
    """Which of these sequences are kept already, and with what time."""
    m = measurements.c
    found: dict[int, Micros] = {}
    for start in range(0, len(sequences), _AT_ONCE):
        rows = connection.execute(
            select(m.sequence, m.time).where(
                m.gauge == gauge,
                m.characteristic == characteristic,
                m.sequence.in_(sequences[start : start + _AT_ONCE]),
            )
        )
        found.update((sequence, time) for sequence, time in rows)
    return found


def between(
    connection: Transaction,
    characteristic: CharacteristicId,
    start: Micros,
    end: Micros,
    limit: int = 100_000,
) -> list[Measurement]:
    """A characteristic's measurements with start <= time < end, oldest first, at most `limit`."""
    m = measurements.c
    rows = connection.execute(
        select(m.characteristic, m.value, m.time, m.gauge, m.sequence, m.status)
        .where(m.characteristic == characteristic, m.time >= start, m.time < end)
        .order_by(m.time, m.id)
        .limit(limit)
    )
    return [Measurement(**row._mapping) for row in rows]


def newest(connection: Transaction, characteristic: CharacteristicId, count: int) -> list[Measurement]:
    """A characteristic's newest measurements by their time, oldest first."""
    m = measurements.c
    rows = connection.execute(
        select(m.characteristic, m.value, m.time, m.gauge, m.sequence, m.status)
        .where(m.characteristic == characteristic)
        .order_by(m.time.desc(), m.id.desc())
        .limit(count)
    )
    return [Measurement(**row._mapping) for row in rows][::-1]


def arrived(connection: Transaction, characteristic: CharacteristicId, count: int) -> list[Measurement]:
    """A characteristic's newest measurements in the order of their arrival, which is that of its chart."""
    m = measurements.c
    rows = connection.execute(
        select(m.characteristic, m.value, m.time, m.gauge, m.sequence, m.status)
        .where(m.characteristic == characteristic)
        .order_by(m.id.desc())
        .limit(count)
    )
    return [Measurement(**row._mapping) for row in rows][::-1]


def total(connection: Transaction, characteristic: CharacteristicId) -> int:
    """How many measurements of a characteristic there are."""
    m = measurements.c
    return connection.scalar(select(func.count()).where(m.characteristic == characteristic)) or 0
