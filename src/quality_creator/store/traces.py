"""Laboratory traces as they came, with the verdicts of their time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select, tuple_

from quality_creator.model.clock import Micros, utc
from quality_creator.model.ids import GaugeId
from quality_creator.model.reading import Trace
from quality_creator.store.database import Transaction
from quality_creator.store.tables import traces

TraceKey = tuple[str, GaugeId, int]
"""Test, gauge and sequence: what a trace is known by for ever."""


class TraceRow(msgspec.Struct, frozen=True, kw_only=True):
    """A trace without its samples."""

    id: int
    test: str
    gauge: GaugeId
    sequence: int
    time: Micros
    specimen: str
    result: dict[str, Any]
    """The verdict, as the statistics room wrote it."""

    @property
    def taken(self) -> datetime:
        """When the bench recorded it."""
        return utc(self.time)


class KeptTrace(TraceRow, frozen=True, kw_only=True):
    """A trace with its samples and the envelope that judged it."""

    x: tuple[float, ...]
    y: tuple[float | None, ...]
    envelope: dict[str, Any]


class _Samples(msgspec.Struct, frozen=True, kw_only=True):
    x: tuple[float, ...]
    y: tuple[float | None, ...]


_SHOWN = (
    traces.c.id,
    traces.c.test,
    traces.c.gauge,
    traces.c.sequence,
    traces.c.time,
    traces.c.specimen,
    traces.c.result,
)


def trace_key(trace: Trace) -> TraceKey:
    """What it is known by."""
    return (trace.test, trace.gauge, trace.sequence)


def known(connection: Transaction, keys: Sequence[TraceKey]) -> set[TraceKey]:
    """Those of the keys that are kept already."""
    if not keys:
        return set()
    key = tuple_(traces.c.test, traces.c.gauge, traces.c.sequence)
    rows = connection.execute(select(traces.c.test, traces.c.gauge, traces.c.sequence).where(key.in_(keys)))
    return {(row.test, row.gauge, row.sequence) for row in rows}


def add(
    connection: Transaction,
    new: Iterable[tuple[Trace, msgspec.Struct, msgspec.Struct]],
    received: Micros,
) -> None:
    """Keep traces that are known to be new, each with its result and the envelope."""
    rows = [
        {
            "test": trace.test,
            "gauge": trace.gauge,
            "sequence": trace.sequence,
            "time": trace.time,
            "received": received,
            "specimen": trace.specimen,
            "data": msgspec.msgpack.encode(_Samples(x=trace.x, y=trace.y)),
            "result": result,
            "envelope": envelope,
        }
        for trace, result, envelope in new
    ]
    if rows:
        connection.execute(traces.insert(), rows)


def newest(connection: Transaction, test: str, count: int) -> list[TraceRow]:
    """A test's newest traces, the newest first."""
    wanted = select(*_SHOWN).where(traces.c.test == test).order_by(traces.c.id.desc()).limit(count)
    return [msgspec.convert(row, TraceRow, from_attributes=True) for row in connection.execute(wanted)]


def one(connection: Transaction, test: str, number: int) -> KeptTrace | None:
    """A trace of a test by its id."""
    wanted = select(*_SHOWN, traces.c.data, traces.c.envelope)
    row = connection.execute(wanted.where(traces.c.test == test, traces.c.id == number)).first()
    if row is None:
        return None
    samples = msgspec.msgpack.decode(row.data, type=_Samples)
    shown = msgspec.convert(row, TraceRow, from_attributes=True)
    return KeptTrace(**msgspec.structs.asdict(shown), envelope=row.envelope, x=samples.x, y=samples.y)
