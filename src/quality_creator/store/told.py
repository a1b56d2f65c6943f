"""What subscribers were told lately, so that those who come after a restart miss nothing of it."""

from sqlalchemy import delete, select

from quality_creator.model.clock import Micros
from quality_creator.store.database import Transaction
from quality_creator.store.tables import told


def add(connection: Transaction, data: bytes, now: Micros) -> None:
    """Keep what one transaction tells."""
    connection.execute(told.insert(), {"received": now, "data": data})


def forget(connection: Transaction, before: Micros) -> None:
    """Let go of what was told before an instant."""
    connection.execute(delete(told).where(told.c.received < before))


def load(connection: Transaction) -> list[tuple[Micros, bytes]]:
    """What is kept and when it was told, the oldest first."""
    rows = connection.execute(select(told.c.received, told.c.data).order_by(told.c.id))
    return [(Micros(received), data) for received, data in rows]
