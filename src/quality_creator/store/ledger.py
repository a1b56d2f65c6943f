"""What the transparency log is kept as: entries and head in the database, tiles as objects that never change.

The folder store has no compare-and-swap, and the log's head needs one: it lives in the database. An entry
has its place in the log from the moment it is committed, together with whatever it tells of.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, func, select, update

from quality_creator.model.clock import Utc
from quality_creator.model.errors import Conflict
from quality_creator.model.ids import EpisodeId
from quality_creator.store.database import Transaction, insert
from quality_creator.store.objects import Objects
from quality_creator.store.tables import digests, log_checkpoints, log_entries, log_heads

FOLDER = "log"
"""Among the objects."""

_CHECKPOINT = "checkpoint"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is kept."""

    index: int
    leaf: bytes
    type: str
    id: str
    subject: str
    document: bytes | None
    """Absent where the document is kept elsewhere."""
    entered: Utc


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The newest tree that may have been signed."""

    size: int
    root: bytes


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint with the cosignatures of a quorum."""

    size: int
    note: bytes


class Digests(msgspec.Struct, frozen=True, kw_only=True):
    """What was served of a segment."""

    msn: int
    segments: bytes
    """SHA-256 of each rendition, one after the other."""
    messages: bytes
    """SHA-256."""


class LogFiles:
    """The log's files, by their paths below its address."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def put_new(self, path: str, data: bytes) -> None:
        """Keep a file that never changes. Raises Conflict when it is there with other bytes, Unavailable."""
        await self._objects.put_new(f"{FOLDER}/{path}", data)

    async def put_checkpoint(self, note: bytes) -> None:
        """Publish. Raises Unavailable."""
        await self._objects.replace(f"{FOLDER}/{_CHECKPOINT}", note)

    async def get(self, path: str) -> bytes:
        """A file. Raises NotFound, Unavailable."""
        return await self._objects.get(f"{FOLDER}/{path}")


# --- entries ---


def enter(
    connection: Transaction,
    leaf: bytes,
    *,
    type: str,  # noqa: A002
    id: str,  # noqa: A002
    subject: str,
    document: bytes | None,
    now: datetime,
) -> int:
    """Give an entry its place in the log; it is in the log when this transaction is committed."""
    hold(connection)
    index = count(connection)
    values = {"leaf": leaf, "type": type, "id": id, "subject": subject, "document": document}
    connection.execute(log_entries.insert().values(index=index, entered=now, **values))
    return index


def hold(connection: Transaction) -> None:
    """Keep everybody else from entering until this transaction ends."""
    # The head's row is the lock: on PostgreSQL two transactions would else take the same place.
    connection.execute(select(log_heads.c.size).with_for_update()).all()


def count(connection: Transaction) -> int:
    """How many entries there are, in the tree or not."""
    return int(connection.execute(select(func.max(log_entries.c.index) + 1)).scalar() or 0)


def entries(connection: Transaction, start: int, most: int) -> list[Entry]:
    """Entries from a place on, at most so many."""
    query = select(log_entries).where(log_entries.c.index >= start).order_by(log_entries.c.index).limit(most)
    return [_entry(row) for row in connection.execute(query)]


def about(connection: Transaction, subject: str, types: Iterable[str] = ()) -> list[Entry]:
    """Entries about something, of some types or of all, in the log's order."""
    query = select(log_entries).where(log_entries.c.subject == subject)
    if given := tuple(types):
        query = query.where(log_entries.c.type.in_(given))
    return [_entry(row) for row in connection.execute(query.order_by(log_entries.c.index))]


def called(connection: Transaction, type: str, id: str) -> Entry | None:  # noqa: A002
    """The first entry of a type that has an id; None when there is none."""
    query = select(log_entries).where(log_entries.c.id == id, log_entries.c.type == type)
    row = connection.execute(query.order_by(log_entries.c.index).limit(1)).first()
    return None if row is None else _entry(row)


# --- the head, and what was published ---


def head(connection: Transaction) -> tuple[str, Head] | None:
    """The log's name and its head; None before `found`."""
    row = connection.execute(select(log_heads)).first()
    return None if row is None else (row.origin, Head(size=row.size, root=row.root))


def found(connection: Transaction, origin: str, empty: Head) -> None:
    """Begin a log."""
    connection.execute(log_heads.insert().values(origin=origin, size=empty.size, root=empty.root))


def advance(connection: Transaction, old: Head, new: Head) -> None:
    """Put a head in the place of the one before: the compare-and-swap on which signing waits.

    Doing it again is no error. Raises Conflict when the head is neither.
    """
    h = log_heads.c
    query = update(log_heads).where(h.size == old.size, h.root == old.root)
    if connection.execute(query.values(size=new.size, root=new.root)).rowcount == 1:
        return
    there = head(connection)
    if there is None or there[1] != new:
        raise Conflict(
            "the log's head is not where this program left it; does another one write the same log?"
        )


def publish(connection: Transaction, checkpoint: Published) -> None:
    """Keep a checkpoint before it is published; the first of a size stays."""
    values = {"size": checkpoint.size, "note": checkpoint.note}
    connection.execute(insert(connection, log_checkpoints).values(values).on_conflict_do_nothing())


def newest(connection: Transaction) -> Published | None:
    """What was published last; None before the first."""
    query = select(log_checkpoints).order_by(log_checkpoints.c.size.desc()).limit(1)
    return _published(connection.execute(query).first())


def first_with(connection: Transaction, index: int) -> Published | None:
    """The first checkpoint with an entry; None before there is one."""
    c = log_checkpoints.c
    query = select(log_checkpoints).where(c.size > index).order_by(c.size).limit(1)
    return _published(connection.execute(query).first())


# --- digests of what was served ---


def add_digests(connection: Transaction, episode: EpisodeId, new: Iterable[Digests]) -> None:
    """Keep digests; those that are there stay."""
    for one in new:
        row = insert(connection, digests).values(episode=episode, **msgspec.structs.asdict(one))
        connection.execute(row.on_conflict_do_nothing())


def digests_of(connection: Transaction, episode: EpisodeId) -> list[Digests]:
    """An episode's digests, by segment."""
    d = digests.c
    query = select(d.msn, d.segments, d.messages).where(d.episode == episode).order_by(d.msn)
    return [msgspec.convert(row, Digests, from_attributes=True) for row in connection.execute(query)]


def _entry(row: Row[Any]) -> Entry:
    return msgspec.convert(row, Entry, from_attributes=True)


def _published(row: Row[Any] | None) -> Published | None:
    return None if row is None else msgspec.convert(row, Published, from_attributes=True)
