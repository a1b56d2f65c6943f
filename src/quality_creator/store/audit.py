"""The trail of who did what: rows are added and never change."""

from typing import Any

import msgspec
from sqlalchemy import select

from quality_creator.model.clock import Utc
from quality_creator.store.database import Transaction
from quality_creator.store.tables import audit


class Deed(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody did."""

    id: int = 0
    """Given by the database."""
    at: Utc
    who: str
    """A person's id, `operator`, `link:` and the link's id, or `nobody`."""
    name: str
    """As it was then."""
    address: str
    act: str
    """What, as `episode.start`."""
    subject: str
    """To what: a slug, an account."""
    detail: dict[str, Any]


def add(transaction: Transaction, deed: Deed) -> None:
    """Write it down; it is there if and only if the transaction is committed."""
    values = msgspec.structs.asdict(deed)
    del values["id"]
    transaction.execute(audit.insert().values(values))


def newest(transaction: Transaction, count: int, before: int | None = None, who: str = "") -> list[Deed]:
    """The newest deeds (before a number, of one person), the newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(count)
    if before is not None:
        query = query.where(audit.c.id < before)
    if who:
        query = query.where(audit.c.who == who)
    return [msgspec.convert(row, Deed, from_attributes=True) for row in transaction.execute(query)]
