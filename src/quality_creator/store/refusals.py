"""How often each gauge's readings were refused, and why, for the operator."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import select

from quality_creator.model.clock import Utc
from quality_creator.model.ids import GaugeId
from quality_creator.model.reading import Reason, Refusal
from quality_creator.store.database import Transaction, insert
from quality_creator.store.tables import refusals


class RefusalCount(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of one gauge."""

    gauge: GaugeId
    reason: Reason
    count: int
    """Since the database was made."""
    detail: str
    """The newest, in words."""
    time: Utc
    """Of the newest."""


def add(connection: Transaction, new: Sequence[Refusal], now: datetime) -> None:
    """Count refusals."""
    counted: dict[tuple[GaugeId, Reason], tuple[int, str]] = {}
    for one in new:
        count, _ = counted.get((one.gauge, one.reason), (0, ""))
        counted[one.gauge, one.reason] = (count + 1, one.detail)
    if counted:
        statement = insert(connection, refusals)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["gauge", "reason"],
                set_={
                    "count": refusals.c["count"] + statement.excluded["count"],
                    "detail": statement.excluded.detail,
                    "time": statement.excluded.time,
                },
            ),
            [
                {"gauge": gauge, "reason": reason, "count": count, "detail": detail, "time": now}
                for (gauge, reason), (count, detail) in counted.items()
            ],
        )


def listed(connection: Transaction) -> list[RefusalCount]:
    """Every reason of every gauge, the newest first."""
    rows = connection.execute(select(refusals).order_by(refusals.c.time.desc()))
    return [msgspec.convert(row, RefusalCount, from_attributes=True) for row in rows]
