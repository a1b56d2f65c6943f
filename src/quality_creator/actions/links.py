"""Personal links: an address for one person and one purpose, for a while; only its digest is kept."""

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from quality_creator.actions import audit, guests, sessions
from quality_creator.actions.hub import Hub
from quality_creator.actions.sessions import Caller, Entry
from quality_creator.model.errors import BadInput, NotFound
from quality_creator.model.guest import Guest
from quality_creator.model.ids import InstitutionId, PersonId, Slug
from quality_creator.model.person import Role, Visitor
from quality_creator.model.text import Text
from quality_creator.store import people
from quality_creator.store.database import Transaction
from quality_creator.store.people import Link

LONGEST_VISIT_H = 24 * 14

LONGEST_NAME = 64


async def make(
    hub: Hub,
    visitor: Visitor,
    *,
    role: Role,
    name: str,
    episode: Slug,
    hours: int,
    institution: InstitutionId | None = None,
) -> tuple[Link, str]:
    """A link by which a guest or an expert comes to one episode, and its secret.

    A guest gets a seat in the episode's forum with it.

    Raises:
        BadInput: another role, no name, or too long.
        NotFound: there is no such episode.
        Conflict: the episode can have no further guest.
    """
    if role not in (Role.GUEST, Role.EXPERT):
        raise BadInput("role: {role}; a personal link is for a guest or an expert", role=role)
    if not 1 <= hours <= LONGEST_VISIT_H:
        raise BadInput("hours: {hours}; from 1 to {most}", hours=hours, most=LONGEST_VISIT_H)
    if await hub.database.episodes.by_slug(episode) is None:
        raise NotFound("there is no episode {episode!r}", episode=episode)
    link, secret = new("visit", check_name(name), visitor, timedelta(hours=hours))
    link = msgspec.structs.replace(link, role=role, episode=episode, institution=institution)

    seat = await guests.free_seat(hub, episode) if role == Role.GUEST else None

    def act(transaction: Transaction) -> Guest | None:
        people.add_link(transaction, link)
        guest = None
        if seat is not None:
            named, untitled = Text(zh=link.name, en=link.name), Text(zh="", en="")
            guest = guests.seat(transaction, hub, seat[0], link, name=named, title=untitled)
        audit.write(
            transaction,
            visitor,
            "link.make",
            episode,
            name=link.name,
            role=role,
            until=link.until.isoformat(),
        )
        return guest

    guest = await hub.database.transact(act)
    if seat is not None and guest is not None:
        seat[1].admit(guest)
    return link, secret


async def everything(hub: Hub) -> list[Link]:
    """The personal links to episodes, the newest first."""
    return await hub.database.look(people.all_links, "visit")


async def revoke(hub: Hub, visitor: Visitor, link: str) -> None:
    """Close a link; whoever came by it is out, and out of the forum. Raises NotFound."""

    def act(transaction: Transaction) -> Link:
        found = people.link(transaction, link)
        people.revoke_links(transaction, datetime.now(UTC), link=link)
        audit.write(transaction, visitor, "link.revoke", found.episode or "", name=found.name)
        return found

    found = await hub.database.transact(act)
    if found.episode is not None and found.role == Role.GUEST:
        await guests.leave_by(hub, found.episode, found.id)


async def visit(hub: Hub, secret: str) -> Link:
    """The link of a secret. Raises NotFound when it is over."""
    return await hub.database.look(usable, secret, "visit")


async def come_in(hub: Hub, secret: str, caller: Caller) -> tuple[Link, Entry]:
    """Open a session for whoever has a personal link. Raises NotFound when it is over."""

    def act(transaction: Transaction) -> tuple[Link, Entry]:
        link = usable(transaction, secret, "visit")
        people.link_used(transaction, link.id, datetime.now(UTC))
        visitor = sessions.of_link(link, caller.address)
        found = sessions.begin(
            transaction, visitor, "link", device=caller.device, before=caller.before, link=link
        )
        return link, Entry(*found)

    return await hub.database.transact(act)


def usable(transaction: Transaction, secret: str, purpose: Literal["enrol", "visit"]) -> Link:
    """The link of a secret. Raises NotFound when there is none for this purpose, or it is over."""
    link = people.link_by_digest(transaction, sessions.digest(secret))
    if link is None or link.purpose != purpose:
        raise NotFound("there is no such link; perhaps a part of it is missing")
    if link.revoked is not None:
        raise NotFound("this link was taken back; ask whoever sent it for another one")
    if link.until <= datetime.now(UTC):
        raise NotFound("this link is over; ask whoever sent it for another one")
    return link


def new(
    purpose: Literal["enrol", "visit"],
    name: str,
    visitor: Visitor,
    lasts: timedelta,
    person: PersonId | None = None,
) -> tuple[Link, str]:
    """A link that is not kept yet, and its secret."""
    secret, now = secrets.token_urlsafe(24), datetime.now(UTC)
    link = Link(
        id=str(uuid.uuid4()),
        digest=sessions.digest(secret),
        purpose=purpose,
        name=name,
        person=person,
        made=now,
        by=visitor.name,
        until=now + lasts,
    )
    return link, secret


def check_name(name: str) -> str:
    """A person's name, without spaces around it. Raises BadInput."""
    name = name.strip()
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise BadInput("name: {name!r}; use 1 to {most} characters", name=name, most=LONGEST_NAME)
    return name
