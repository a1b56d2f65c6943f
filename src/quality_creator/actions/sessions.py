"""Who is here: sessions begun, looked up with every request, and ended."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from quality_creator.actions import audit
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import Forbidden, NotFound
from quality_creator.model.ids import PersonId
from quality_creator.model.person import STAFF, Person, Visitor
from quality_creator.store import people
from quality_creator.store.database import Transaction
from quality_creator.store.people import Link, Session, Way

LASTS = timedelta(hours=12)
"""A shift and what comes after it."""

SEEN_EVERY = timedelta(seconds=60)
"""How often it is written down that somebody is still there."""

OPERATOR = "operator"
"""Who has the operator's token, in the audit."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The browser that asks, before it is known whose it is."""

    address: str
    device: str
    before: str
    """The secret of its session so far; empty when it has none."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A session that was opened."""

    secret: str
    until: datetime
    codes: Sequence[str] = ()
    """New recovery codes, shown once."""


def digest(secret: str) -> bytes:
    """What is kept of a secret that is long and random: nobody can go back from it."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def operator(address: str, name: str = OPERATOR, session: str = "") -> Visitor:
    """Whoever has the operator's token: all that keeps the hub running, but no expert's voice."""
    return Visitor(who=OPERATOR, name=name, roles=STAFF, address=address, session=session)


async def visitor(hub: Hub, secret: str, address: str) -> Visitor | None:
    """Whose cookie this is; None when it is nobody's, or no longer."""
    now = datetime.now(UTC)
    found = await hub.database.look(_find, digest(secret), address, now)
    if found is None:
        return None
    known, seen = found
    if now - seen >= SEEN_EVERY:
        await hub.database.transact(people.seen, known.session, now)
    return known


def _find(
    transaction: Transaction, digested: bytes, address: str, now: datetime
) -> tuple[Visitor, datetime] | None:
    session = people.session(transaction, digested, now)
    if session is None:
        return None
    if session.person is not None:
        person = people.person(transaction, session.person)
        found = None if person.disabled else of_person(person, address, session.id)
    elif session.link is not None:
        link = people.link(transaction, session.link)
        found = None if link.revoked or link.until <= now else of_link(link, address, session.id)
    else:
        found = operator(address, session.name, session.id)
    return None if found is None else (found, session.seen)


def of_person(person: Person, address: str, session: str = "") -> Visitor:
    """Somebody with an account."""
    return Visitor(
        who=person.id,
        name=person.name,
        roles=person.roles,
        address=address,
        person=person,
        session=session,
        institution=person.institution,
    )


def of_link(link: Link, address: str, session: str = "") -> Visitor:
    """Somebody who came by a personal link."""
    return Visitor(
        who=f"link:{link.id}",
        name=link.name,
        roles=frozenset() if link.role is None else frozenset({link.role}),
        address=address,
        session=session,
        episode=link.episode,
        institution=link.institution,
    )


def begin(
    transaction: Transaction,
    visitor: Visitor,
    way: Way,
    *,
    device: str,
    before: str,
    link: Link | None = None,
) -> tuple[str, datetime]:
    """Open a session in the place of the one before; its secret, and until when it lasts.

    Args:
        before: The secret of the browser's session so far, which ends; empty when there is none.
    """
    now = datetime.now(UTC)
    secret = secrets.token_urlsafe(32)
    until = now + LASTS if link is None else min(link.until, now + LASTS)
    if before and (old := people.session(transaction, digest(before), now)) is not None:
        people.end_sessions(transaction, session=old.id)
    session = Session(
        id=str(uuid.uuid4()),
        digest=digest(secret),
        person=None if visitor.person is None else visitor.person.id,
        link=None if link is None else link.id,
        name=visitor.name,
        way=way,
        device=device[:256],
        address=visitor.address[:64],
        begun=now,
        seen=now,
        until=until,
    )
    people.begin_session(transaction, session)
    audit.write(transaction, visitor, "session.begin", visitor.name, way=way, device=device[:256])
    return secret, until


async def begin_as_operator(hub: Hub, name: str, caller: Caller) -> Entry:
    """A session for somebody who showed the operator's token, under the name that they give."""

    def act(transaction: Transaction) -> Entry:
        visitor = operator(caller.address, name)
        return Entry(*begin(transaction, visitor, "operator", device=caller.device, before=caller.before))

    return await hub.database.transact(act)


async def end(hub: Hub, visitor: Visitor) -> None:
    """Sign out."""

    def act(transaction: Transaction) -> None:
        people.end_sessions(transaction, session=visitor.session)
        audit.write(transaction, visitor, "session.end", visitor.name)

    await hub.database.transact(act)


async def end_own(hub: Hub, visitor: Visitor, session: str) -> None:
    """End another of one's own sessions. Raises NotFound."""

    def act(transaction: Transaction) -> None:
        if visitor.person is None:
            raise Forbidden("only somebody with an account has a list of sessions")
        mine = people.open_sessions(transaction, datetime.now(UTC), visitor.person.id)
        if session not in {one.id for one in mine}:
            raise NotFound("there is no such session; it may have ended by itself")
        people.end_sessions(transaction, session=session)
        audit.write(transaction, visitor, "session.end", visitor.name, session=session)

    await hub.database.transact(act)


async def end_every(hub: Hub, visitor: Visitor, person: PersonId) -> int:
    """End all sessions of a person but the one that asks; how many there were."""

    def act(transaction: Transaction) -> int:
        name = people.person(transaction, person).name
        count = people.end_sessions(transaction, person=person, but=visitor.session)
        audit.write(transaction, visitor, "session.end-every", name, count=count)
        return count

    return await hub.database.transact(act)


async def open_now(hub: Hub, person: PersonId | None = None) -> list[Session]:
    """Who is here: everybody, or one person's sessions."""
    return await hub.database.look(people.open_sessions, datetime.now(UTC), person)
