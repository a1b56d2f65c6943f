"""Writing down who did what, in the transaction that does it or right after, and reading it again."""

from datetime import UTC, datetime
from typing import Any

from quality_creator.actions.hub import Hub
from quality_creator.model.person import Visitor
from quality_creator.store import audit
from quality_creator.store.audit import Deed
from quality_creator.store.database import Transaction

PAGE = 100
"""Deeds on a page."""


def stranger(address: str) -> Visitor:
    """Whoever has not said who they are."""
    return Visitor(who="nobody", name="", roles=frozenset(), address=address)


def write(transaction: Transaction, visitor: Visitor, act: str, subject: str = "", **detail: Any) -> None:
    """Write a deed down within the transaction that does it: neither is there without the other."""
    deed = Deed(
        at=datetime.now(UTC),
        who=visitor.who,
        name=visitor.name,
        address=visitor.address,
        act=act,
        subject=subject,
        detail=detail,
    )
    audit.add(transaction, deed)


async def note(hub: Hub, visitor: Visitor, act: str, subject: str = "", **detail: Any) -> None:
    """Write a deed down right after it was done, for what is no transaction of the database."""

    def alone(transaction: Transaction) -> None:
        write(transaction, visitor, act, subject, **detail)

    await hub.database.transact(alone)


async def newest(hub: Hub, before: int | None = None, who: str = "") -> list[Deed]:
    """A page of deeds, the newest first: those before a number, of one person."""
    return await hub.database.look(audit.newest, PAGE, before, who)
