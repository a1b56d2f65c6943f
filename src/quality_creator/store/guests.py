"""The guests of each episode; how they come in is a personal link."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, Select, select, update

from quality_creator.model.clock import Utc
from quality_creator.model.errors import NotFound
from quality_creator.model.guest import Guest
from quality_creator.model.ids import EpisodeId, SourceId
from quality_creator.store.database import Transaction
from quality_creator.store.tables import episodes, guests, links


class Invitation(msgspec.Struct, frozen=True, kw_only=True):
    """A guest, and until when their link lets them in."""

    guest: Guest
    link: str
    """Its id; the secret is nowhere."""
    until: Utc
    used: Utc | None


def add(transaction: Transaction, episode: EpisodeId, guest: Guest, link: str, now: datetime) -> None:
    """Keep a new guest, who is a source of the episode from now on."""
    values = msgspec.structs.asdict(guest) | {"episode": episode, "link": link, "invited": now}
    transaction.execute(guests.insert().values(values))
    _set_sources(transaction, episode, add=guest.id)


def change_link(transaction: Transaction, episode: EpisodeId, guest: SourceId, link: str) -> None:
    """Let a guest in by another link."""
    which = (guests.c.episode == episode, guests.c.id == guest)
    transaction.execute(update(guests).where(*which).values(link=link))


def remove(transaction: Transaction, episode: EpisodeId, guest: SourceId, now: datetime) -> None:
    """Nobody is let in as this guest any more; what they said stays as it was aired."""
    which = (guests.c.episode == episode, guests.c.id == guest)
    transaction.execute(update(guests).where(*which).values(removed=now))
    _set_sources(transaction, episode, drop=guest)


def of_episode(transaction: Transaction, episode: EpisodeId) -> list[Invitation]:
    """The guests of an episode, in the order in which they were invited."""
    query = _query().where(guests.c.episode == episode).order_by(guests.c.invited)
    return [_invitation(row) for row in transaction.execute(query)]


def ids(transaction: Transaction, episode: EpisodeId) -> set[SourceId]:
    """Of everybody who ever was a guest of an episode."""
    return set(transaction.execute(select(guests.c.id).where(guests.c.episode == episode)).scalars())


def by_link(transaction: Transaction, link: str) -> Guest:
    """The guest whom a link lets in. Raises NotFound."""
    row = transaction.execute(_query().where(guests.c.link == link)).first()
    if row is None:
        raise NotFound("this link is not a guest's any more; ask whoever sent it for another")
    return _invitation(row).guest


def _query() -> Select[Any]:
    joined = guests.join(links, links.c.id == guests.c.link)
    return select(guests, links.c.until, links.c.used).select_from(joined).where(guests.c.removed.is_(None))


def _invitation(row: Row[Any]) -> Invitation:
    guest = msgspec.convert(row, Guest, from_attributes=True)
    return Invitation(guest=guest, link=row.link, until=row.until, used=row.used)


def _set_sources(
    transaction: Transaction, episode: EpisodeId, *, add: SourceId | None = None, drop: SourceId | None = None
) -> None:
    sources = transaction.execute(select(episodes.c.sources).where(episodes.c.id == episode)).scalar_one()
    kept = [source for source in sources if source not in (add, drop)]
    new = kept if add is None else [*kept, add]
    transaction.execute(update(episodes).where(episodes.c.id == episode).values(sources=new))
