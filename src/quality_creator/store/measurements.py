"""The measurements: each taken in once, found again by characteristic, time and order of arrival."""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Dialect, Row, Select, func, select

from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, GaugeId
from quality_creator.model.reading import Measurement
from quality_creator.store.database import Transaction
from quality_creator.store.tables import measurements, streams

Stream = tuple[GaugeId, CharacteristicId, str]
"""Gauge, characteristic and tag. Within a stream a sequence names one measurement for ever."""

_COLUMNS = ["stream", "sequence", "time", "received", "value", "status", "found_in"]

_AT_ONCE = 500
"""Values in one IN (...); SQLite allows 32,766 parameters, and more of them are not quicker."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is kept of a stream."""

    number: int
    """What stands for it in the table of measurements."""
    highest: int
    """The highest sequence that it brought; -1 when it brought none."""


def known(connection: Transaction, stream: Stream) -> Known:
    """What is kept of a stream; a new one gets its number."""
    gauge, characteristic, tag = stream
    s = streams.c
    number = connection.scalar(
        select(s.id).where(s.gauge == gauge, s.characteristic == characteristic, s.tag == tag)
    )
    if number is None:
        made = connection.execute(
            streams.insert().values(gauge=gauge, characteristic=characteristic, tag=tag)
        ).inserted_primary_key
        assert made is not None
        return Known(made[0], -1)
    highest = connection.scalar(
        select(func.max(measurements.c.sequence)).where(measurements.c.stream == number)
    )
    return Known(number, -1 if highest is None else highest)


def add(
    connection: Transaction, new: Sequence[Measurement], known: Mapping[Stream, Known], received: Micros
) -> None:
    """Keep measurements that are known to be new, in the order of their arrival."""
    rows = [
        (
            known[m.gauge, m.characteristic, m.tag].number,
            m.sequence,
            m.time,
            received,
            m.value,
            m.status,
            m.found_in,
        )
        for m in new
    ]
    if rows:
        # The driver gets rows as they are: parameters by name cost as much again as the insertion.
        connection.exec_driver_sql(_insertion(connection.dialect), rows)


@functools.lru_cache(maxsize=4)
def _insertion(dialect: Dialect) -> str:
    """The statement in the driver's own words, its parameters in the order of `_COLUMNS`."""
    compiled = measurements.insert().compile(dialect=dialect, column_keys=_COLUMNS)
    assert compiled.positiontup == _COLUMNS
    return str(compiled)


def times(connection: Transaction, number: int, sequences: Sequence[int]) -> dict[int, Micros]:
    """Which of these sequences of a stream are kept already, and with what time."""
    m = measurements.c
    found: dict[int, Micros] = {}
    for start in range(0, len(sequences), _AT_ONCE):
        rows = connection.execute(
            select(m.sequence, m.time).where(
                m.stream == number, m.sequence.in_(sequences[start : start + _AT_ONCE])
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
    wanted = _rows().where(m.time >= start, m.time < end).order_by(m.time, m.id).limit(limit)
    found = _of_streams(connection, characteristic, wanted)
    return _measurements(sorted(found, key=lambda row: (row.time, row.id))[:limit])


def newest(connection: Transaction, characteristic: CharacteristicId, count: int) -> list[Measurement]:
    """A characteristic's newest measurements by their time, oldest first."""
    m = measurements.c
    wanted = _rows().order_by(m.time.desc(), m.id.desc()).limit(count)
    found = _of_streams(connection, characteristic, wanted)
    return _measurements(sorted(found, key=lambda row: (row.time, row.id))[-count:])


def arrived(connection: Transaction, characteristic: CharacteristicId, count: int) -> list[Measurement]:
    """A characteristic's newest measurements in the order of their arrival, which is that of its chart."""
    wanted = _rows().order_by(measurements.c.id.desc()).limit(count)
    found = _of_streams(connection, characteristic, wanted)
    return _measurements(sorted(found, key=lambda row: row.id)[-count:])


def place(connection: Transaction, characteristic: CharacteristicId, back: int) -> int:
    """What stands for the newest measurement but so many; 0 where there is none."""
    found = _of_streams(
        connection, characteristic, _rows().order_by(measurements.c.id.desc()).limit(back + 1)
    )
    ids = sorted((row.id for row in found), reverse=True)
    return int(ids[back]) if len(ids) > back else 0


def arrived_behind(
    connection: Transaction, characteristic: CharacteristicId, place: int, count: int
) -> list[Measurement]:
    """A characteristic's next measurements behind a place, in the order of their arrival, at most so many."""
    m = measurements.c
    found = _of_streams(connection, characteristic, _rows().where(m.id > place).order_by(m.id).limit(count))
    return _measurements(sorted(found, key=lambda row: row.id)[:count])


def place_of(connection: Transaction, characteristic: CharacteristicId, place: int, number: int) -> int:
    """What stands for the measurement that is so many behind a place; the place itself for 0."""
    m = measurements.c
    wanted = _rows().where(m.id > place).order_by(m.id).limit(number)
    found = sorted(row.id for row in _of_streams(connection, characteristic, wanted))[:number]
    return found[-1] if found else place


def placed_between(
    connection: Transaction, characteristic: CharacteristicId, after: int, until: int
) -> list[tuple[int, int]]:
    """What stands for each measurement behind a place and up to another, and its sequence, in that order."""
    m = measurements.c
    found = _of_streams(connection, characteristic, _rows().where(m.id > after, m.id <= until))
    return sorted((row.id, row.sequence) for row in found)


def total(connection: Transaction, characteristic: CharacteristicId) -> int:
    """How many measurements of a characteristic there are."""
    joined = measurements.c.stream == streams.c.id
    counted = select(func.count()).where(joined, streams.c.characteristic == characteristic)
    return connection.scalar(counted) or 0


def _rows() -> Select[Any]:
    m, s = measurements.c, streams.c
    return select(
        m.id, s.gauge, s.characteristic, s.tag, m.sequence, m.time, m.value, m.status, m.found_in
    ).where(m.stream == s.id)


def _of_streams(
    connection: Transaction, characteristic: CharacteristicId, wanted: Select[Any]
) -> list[Row[Any]]:
    """What is wanted of each of the characteristic's streams: one after the other, as the index has them."""
    numbers = connection.execute(select(streams.c.id).where(streams.c.characteristic == characteristic))
    return [
        row
        for number in numbers.scalars().all()
        for row in connection.execute(wanted.where(measurements.c.stream == number))
    ]


def _measurements(rows: Iterable[Row[Any]]) -> list[Measurement]:
    return [
        Measurement(
            characteristic=row.characteristic,
            value=row.value,
            time=row.time,
            gauge=row.gauge,
            sequence=row.sequence,
            status=row.status,
            tag=row.tag,
            found_in=row.found_in,
        )
        for row in rows
    ]
