"""Persons, their passkeys and codes, personal links, and the sessions that are open."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Row, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from quality_creator.model.clock import Utc
from quality_creator.model.errors import Conflict, NotFound
from quality_creator.model.ids import InstitutionId, PersonId, Slug
from quality_creator.model.person import Person, Role
from quality_creator.store.database import Transaction
from quality_creator.store.tables import links, passkeys, persons, recovery_codes, sessions

Way = Literal["passkey", "recovery", "operator", "link"]
"""How somebody came in."""

IDLE = timedelta(hours=4)
"""Nothing for so long ends a session; a page that is open asks far more often."""

KEPT = timedelta(days=30)
"""How long a link that is over is still listed."""


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    """A person's key, as their device or its maker keeps it."""

    id: str
    credential: bytes
    person: PersonId
    public_key: bytes
    """COSE."""
    sign_count: int
    name: str
    synced: bool
    """Whether its maker keeps copies of it, so that the loss of a device does not lose it."""
    made: Utc
    used: Utc | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A personal address: for one purpose, for a while; only its digest is kept."""

    id: str
    digest: bytes
    purpose: Literal["enrol", "visit"]
    """Make a passkey, once; or visit one episode as often as needed."""
    name: str
    person: PersonId | None = None
    """Whose passkey it makes; without one, the first administrator's."""
    role: Role | None = None
    episode: Slug | None = None
    institution: InstitutionId | None = None
    made: Utc
    by: str
    until: Utc
    used: Utc | None = None
    revoked: Utc | None = None


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who came in and has not left."""

    id: str
    digest: bytes
    person: PersonId | None
    link: str | None
    name: str
    way: Way
    device: str
    address: str
    begun: Utc
    seen: Utc
    until: Utc


# --- persons -------------------------------------------------------------------------------------


def add_person(transaction: Transaction, person: Person) -> None:
    """Keep a new person. Raises Conflict when the account is taken."""
    try:
        transaction.execute(persons.insert().values(msgspec.to_builtins(person) | {"made": person.made}))
    except IntegrityError as error:
        raise Conflict(
            "there is an account {account!r} already; choose another name for it", account=person.account
        ) from error


def change_person(transaction: Transaction, person: Person) -> None:
    """Keep what changed of a person."""
    values = msgspec.to_builtins(person) | {"made": person.made}
    transaction.execute(update(persons).where(persons.c.id == person.id).values(values))


def everybody(transaction: Transaction) -> list[Person]:
    """All persons, by name."""
    return [_person(row) for row in transaction.execute(select(persons).order_by(persons.c.name))]


def person(transaction: Transaction, which: PersonId) -> Person:
    """One of them. Raises NotFound."""
    row = transaction.execute(select(persons).where(persons.c.id == which)).first()
    if row is None:
        raise NotFound("there is no person {which!r}", which=which)
    return _person(row)


def by_account(transaction: Transaction, account: str) -> Person | None:
    """Whose account it is."""
    row = transaction.execute(select(persons).where(persons.c.account == account)).first()
    return None if row is None else _person(row)


# --- passkeys and codes --------------------------------------------------------------------------


def add_passkey(transaction: Transaction, passkey: Passkey) -> None:
    """Keep a new passkey. Raises Conflict when it is known already."""
    try:
        transaction.execute(passkeys.insert().values(msgspec.structs.asdict(passkey)))
    except IntegrityError as error:
        raise Conflict("this passkey is known already; sign in with it") from error


def passkeys_of(transaction: Transaction, person: PersonId) -> list[Passkey]:
    """A person's passkeys, the oldest first."""
    rows = transaction.execute(select(passkeys).where(passkeys.c.person == person).order_by(passkeys.c.made))
    return [msgspec.convert(row, Passkey, from_attributes=True) for row in rows]


def passkey(transaction: Transaction, credential: bytes) -> Passkey | None:
    """The passkey of a credential id."""
    row = transaction.execute(select(passkeys).where(passkeys.c.credential == credential)).first()
    return None if row is None else msgspec.convert(row, Passkey, from_attributes=True)


def passkey_used(transaction: Transaction, passkey: str, sign_count: int, now: datetime) -> None:
    """Note that it signed somebody in."""
    statement = update(passkeys).where(passkeys.c.id == passkey)
    transaction.execute(statement.values(sign_count=sign_count, used=now))


def drop_passkeys(transaction: Transaction, person: PersonId, passkey: str | None = None) -> int:
    """Forget one of a person's passkeys, or all; how many there were."""
    which = [passkeys.c.person == person, *([] if passkey is None else [passkeys.c.id == passkey])]
    return transaction.execute(delete(passkeys).where(*which)).rowcount


def set_codes(transaction: Transaction, person: PersonId, hashes: Sequence[str]) -> None:
    """Put new recovery codes in the place of the old ones; they count from 1."""
    transaction.execute(delete(recovery_codes).where(recovery_codes.c.person == person))
    for number, one in enumerate(hashes, start=1):
        transaction.execute(recovery_codes.insert().values(person=person, number=number, hash=one))


def code_hash(transaction: Transaction, person: PersonId, number: int) -> str | None:
    """The hash of a code that is left."""
    which = (recovery_codes.c.person == person, recovery_codes.c.number == number)
    found: str | None = transaction.execute(select(recovery_codes.c.hash).where(*which)).scalar()
    return found


def spend_code(transaction: Transaction, person: PersonId, number: int) -> bool:
    """Take a code away; false when it is gone already."""
    which = (recovery_codes.c.person == person, recovery_codes.c.number == number)
    return transaction.execute(delete(recovery_codes).where(*which)).rowcount == 1


def codes_left(transaction: Transaction, person: PersonId) -> int:
    """How many a person still has."""
    query = select(func.count()).select_from(recovery_codes).where(recovery_codes.c.person == person)
    return transaction.execute(query).scalar() or 0


# --- links ---------------------------------------------------------------------------------------


def add_link(transaction: Transaction, link: Link) -> None:
    """Keep a new link, and let go of those that were over long ago and that no session came by."""
    came = select(sessions.c.link).where(sessions.c.link.is_not(None))
    old = (links.c.until < link.made - KEPT, links.c.id.not_in(came))
    transaction.execute(delete(links).where(*old))
    transaction.execute(links.insert().values(msgspec.structs.asdict(link)))


def link_by_digest(transaction: Transaction, digest: bytes) -> Link | None:
    """The link of a secret."""
    return _link(transaction, links.c.digest == digest)


def link(transaction: Transaction, which: str) -> Link:
    """One link. Raises NotFound."""
    found = _link(transaction, links.c.id == which)
    if found is None:
        raise NotFound("there is no such link")
    return found


def all_links(transaction: Transaction, purpose: Literal["enrol", "visit"]) -> list[Link]:
    """The links for a purpose, the newest first."""
    rows = transaction.execute(select(links).where(links.c.purpose == purpose).order_by(links.c.made.desc()))
    return [msgspec.convert(row, Link, from_attributes=True) for row in rows]


def link_used(transaction: Transaction, link: str, now: datetime) -> None:
    """Note that somebody came by it."""
    transaction.execute(update(links).where(links.c.id == link).values(used=now))


def revoke_links(
    transaction: Transaction, now: datetime, *, link: str = "", person: PersonId | None = None
) -> None:
    """Close a link, or every open one of a person; the sessions that came by it end."""
    which = links.c.id == link if person is None else links.c.person == person
    transaction.execute(update(links).where(which, links.c.revoked.is_(None)).values(revoked=now))
    gone = select(links.c.id).where(which)
    transaction.execute(delete(sessions).where(sessions.c.link.in_(gone)))


# --- sessions ------------------------------------------------------------------------------------


def begin_session(transaction: Transaction, session: Session) -> None:
    """Open a session, and forget those that are over."""
    over = (sessions.c.until <= session.begun) | (sessions.c.seen <= session.begun - IDLE)
    transaction.execute(delete(sessions).where(over))
    transaction.execute(sessions.insert().values(msgspec.structs.asdict(session)))


def session(transaction: Transaction, digest: bytes, now: datetime) -> Session | None:
    """The session of a cookie, if it is still open."""
    row = transaction.execute(select(sessions).where(sessions.c.digest == digest)).first()
    if row is None:
        return None
    found = msgspec.convert(row, Session, from_attributes=True)
    return None if found.until <= now or found.seen <= now - IDLE else found


def seen(transaction: Transaction, session: str, now: datetime) -> None:
    """Somebody is still there."""
    transaction.execute(update(sessions).where(sessions.c.id == session).values(seen=now))


def end_sessions(
    transaction: Transaction, *, session: str = "", person: PersonId | None = None, but: str = ""
) -> int:
    """End one session, or every one of a person but one; how many there were."""
    which = [sessions.c.id != but]
    if session:
        which.append(sessions.c.id == session)
    if person is not None:
        which.append(sessions.c.person == person)
    if len(which) == 1:
        raise ValueError("whose sessions?")
    return transaction.execute(delete(sessions).where(*which)).rowcount


def open_sessions(transaction: Transaction, now: datetime, person: PersonId | None = None) -> list[Session]:
    """Who is here, the newest sign first; of one person or of everybody."""
    which: list[ColumnElement[bool]] = [sessions.c.until > now, sessions.c.seen > now - IDLE]
    if person is not None:
        which.append(sessions.c.person == person)
    rows = transaction.execute(select(sessions).where(*which).order_by(sessions.c.seen.desc()))
    return [msgspec.convert(row, Session, from_attributes=True) for row in rows]


def _link(transaction: Transaction, which: ColumnElement[bool]) -> Link | None:
    row = transaction.execute(select(links).where(which)).first()
    return None if row is None else msgspec.convert(row, Link, from_attributes=True)


def _person(row: Row[Any]) -> Person:
    return msgspec.convert(row, Person, from_attributes=True)
