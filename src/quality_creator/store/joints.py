"""Where each chart of several characteristics stands, and the observations that it was made of."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import select

from quality_creator.model.errors import BadPayload
from quality_creator.model.ids import ChartId
from quality_creator.model.joint_row import JointRow, Kept
from quality_creator.store.database import Transaction, replace
from quality_creator.store.tables import joint_charts, observations

_row = msgspec.msgpack.Decoder(JointRow)
_kept = msgspec.msgpack.Decoder(Kept)
_write = msgspec.msgpack.Encoder()


def load(connection: Transaction) -> dict[ChartId, JointRow]:
    """Every chart. Raises BadPayload for one that can't be read."""
    found = {}
    for chart, data in connection.execute(select(joint_charts.c.chart, joint_charts.c.data)):
        found[ChartId(chart)] = _decoded(chart, data)
    return found


def one(connection: Transaction, chart: ChartId) -> JointRow | None:
    """One chart; None before its first value. Raises BadPayload when it can't be read."""
    data = connection.scalar(select(joint_charts.c.data).where(joint_charts.c.chart == chart))
    return None if data is None else _decoded(chart, data)


def _decoded(chart: str, data: bytes) -> JointRow:
    try:
        return _row.decode(data)
    except msgspec.MsgspecError as error:
        raise BadPayload(f"the chart {chart!r} in the database: {error}") from error


def save(connection: Transaction, rows: Iterable[JointRow]) -> None:
    """Put charts in the place of what was kept of them."""
    values = [{"chart": row.chart, "data": _write.encode(row)} for row in rows]
    if values:
        connection.execute(replace(connection, joint_charts), values)


def add(connection: Transaction, chart: ChartId, new: Iterable[Kept]) -> None:
    """Keep observations; what was kept never changes."""
    values = [{"chart": chart, "number": one.point.index, "data": _write.encode(one)} for one in new]
    if values:
        connection.execute(observations.insert(), values)


def newest(connection: Transaction, chart: ChartId, count: int) -> list[Kept]:
    """The newest observations, the oldest first."""
    o = observations.c
    query = select(o.data).where(o.chart == chart).order_by(o.number.desc()).limit(count)
    return [_kept.decode(data) for data in connection.scalars(query)][::-1]


def behind(connection: Transaction, chart: ChartId, first: int, last: int) -> list[Kept]:
    """The observations from one number to another, both included."""
    o = observations.c
    query = select(o.data).where(o.chart == chart, o.number >= first, o.number <= last).order_by(o.number)
    return [_kept.decode(data) for data in connection.scalars(query)]
