"""Accounts: who has one, with which roles, and how its owner gets the first passkey."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec

from quality_creator.actions import audit, entry, links, sessions
from quality_creator.actions.hub import Hub
from quality_creator.actions.passkeys import Ceremonies
from quality_creator.actions.sessions import Caller, Entry
from quality_creator.config.load import ID
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.ids import InstitutionId, PersonId
from quality_creator.model.person import STAFF, Person, Role, Visitor
from quality_creator.store import institutions, people
from quality_creator.store.database import Transaction
from quality_creator.store.people import Link, Passkey, Session

ADMIN_CODE = timedelta(minutes=15)
"""How long the command line's code is good."""

INVITATION = timedelta(days=7)

LONGEST_VISIT_H = 24 * 14

LONGEST_NAME = 64


class Invitation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an administrator says of somebody new."""

    account: str
    name: str
    roles: frozenset[Role]
    institution: InstitutionId | None = None


@dataclass(frozen=True, slots=True)
class Portrait:
    """All that is known of a person's ways in."""

    person: Person
    passkeys: Sequence[Passkey]
    codes_left: int
    sessions: Sequence[Session]


# --- what the administrator does -----------------------------------------------------------------


async def admin_code(hub: Hub, visitor: Visitor) -> tuple[str, Link]:
    """A secret with which somebody becomes an administrator, once and soon; an earlier one ends."""
    link, secret = links.new("enrol", "", visitor, ADMIN_CODE)

    def act(transaction: Transaction) -> None:
        for old in people.all_links(transaction, "enrol"):
            if old.person is None:
                people.revoke_links(transaction, link.made, link=old.id)
        people.add_link(transaction, link)
        audit.write(transaction, visitor, "people.admin-code", until=link.until.isoformat())

    await hub.database.transact(act)
    return secret, link


async def invite(hub: Hub, visitor: Visitor, invitation: Invitation) -> tuple[Person, str]:
    """A new account, and the secret of the link by which its owner makes a passkey.

    Raises:
        BadInput: a name or a choice of roles that can't be.
        Conflict: the account is taken.
    """
    person = Person(
        id=PersonId(str(uuid.uuid4())),
        account=_account(invitation.account),
        name=links.check_name(invitation.name),
        roles=_roles(invitation.roles, invitation.institution),
        institution=invitation.institution,
        made=datetime.now(UTC),
    )
    link, secret = links.new("enrol", person.name, visitor, INVITATION, person=person.id)

    def act(transaction: Transaction) -> None:
        _check_institution(transaction, person.institution)
        people.add_person(transaction, person)
        people.add_link(transaction, link)
        audit.write(transaction, visitor, "people.invite", person.account, roles=sorted(person.roles))

    await hub.database.transact(act)
    return person, secret


async def invite_again(hub: Hub, visitor: Visitor, id_: PersonId) -> tuple[Person, str]:
    """Another link for somebody who has lost their passkeys; an earlier one ends.

    Raises:
        NotFound: there is no such person.
        Conflict: the account is closed.
    """

    def act(transaction: Transaction) -> tuple[Person, str]:
        person = people.person(transaction, id_)
        if person.disabled:
            raise Conflict("the account {account} is closed; open it first", account=person.account)
        link, secret = links.new("enrol", person.name, visitor, INVITATION, person=id_)
        people.revoke_links(transaction, link.made, person=id_)
        people.add_link(transaction, link)
        audit.write(transaction, visitor, "people.invite-again", person.account)
        return person, secret

    return await hub.database.transact(act)


async def change(
    hub: Hub,
    visitor: Visitor,
    id_: PersonId,
    *,
    roles: frozenset[Role],
    institution: InstitutionId | None,
    disabled: bool,
) -> Person:
    """Give and take roles, close and open an account; it counts from the next request on.

    Raises:
        NotFound: there is no such person.
        BadInput: a choice of roles that can't be.
        Conflict: nobody would be left who can let people in.
    """
    _roles(roles, institution)

    def act(transaction: Transaction) -> Person:
        before = people.person(transaction, id_)
        _check_institution(transaction, institution)
        after = msgspec.structs.replace(before, roles=roles, institution=institution, disabled=disabled)
        people.change_person(transaction, after)
        if _administers(before) and not any(map(_administers, people.everybody(transaction))):
            raise Conflict("nobody would be left who can let people in; make another administrator first")
        if disabled:
            people.end_sessions(transaction, person=id_)
            people.revoke_links(transaction, datetime.now(UTC), person=id_)
        detail = {
            "roles": sorted(roles),
            "before": sorted(before.roles),
            "institution": institution,
            "disabled": disabled,
        }
        audit.write(transaction, visitor, "people.change", after.account, **detail)
        return after

    return await hub.database.transact(act)


async def everybody(hub: Hub) -> list[Person]:
    """All accounts, by name."""
    return await hub.database.look(people.everybody)


async def portrait(hub: Hub, id_: PersonId) -> Portrait:
    """A person and their ways in. Raises NotFound."""

    def look(transaction: Transaction) -> Portrait:
        return Portrait(
            people.person(transaction, id_),
            people.passkeys_of(transaction, id_),
            people.codes_left(transaction, id_),
            people.open_sessions(transaction, datetime.now(UTC), id_),
        )

    return await hub.database.look(look)


# --- the first passkey ------------------------------------------------------------------


async def invitation(hub: Hub, secret: str) -> tuple[Link, Person | None]:
    """The invitation of a secret, and whose it is; nobody's when it makes an administrator.

    Raises:
        NotFound: there is none, or it is over.
    """
    return await hub.database.look(_invitation, secret)


def _invitation(transaction: Transaction, secret: str) -> tuple[Link, Person | None]:
    link = links.usable(transaction, secret, "enrol")
    if link.used is not None:
        raise NotFound("this invitation was used already; it works once")
    return link, None if link.person is None else people.person(transaction, link.person)


async def enrolment(hub: Hub, ceremonies: Ceremonies, secret: str, account: str, name: str) -> str:
    """What a browser is asked for by an invitation, as JSON; it knows the name, except an administrator's."""
    link, person = await invitation(hub, secret)
    if person is not None:
        account, name = person.account, person.name
    return ceremonies.registration(
        f"enrol {link.id}",
        time.time(),
        person=PersonId(link.id) if person is None else person.id,
        account=_account(account),
        name=links.check_name(name),
        known=(),
    )


async def enrol(
    hub: Hub,
    ceremonies: Ceremonies,
    secret: str,
    credential: dict[str, object],
    caller: Caller,
    *,
    account: str = "",
    name: str = "",
) -> Entry:
    """Make the account's passkey, open a session, and give recovery codes.

    Raises:
        NotFound: the invitation is over.
        BadPayload: the passkey does not fit.
        BadInput, Conflict: the account's name can't be, or is taken.
    """
    link, _ = await invitation(hub, secret)
    key = ceremonies.registered(f"enrol {link.id}", credential, time.time())
    made, hashes = await entry.fresh_codes()

    def act(transaction: Transaction) -> Entry:
        now = datetime.now(UTC)
        link, person = _invitation(transaction, secret)  # it may have been used meanwhile
        if person is None:
            person = Person(
                id=PersonId(link.id),
                account=_account(account),
                name=links.check_name(name),
                roles=STAFF,
                made=now,
            )
            people.add_person(transaction, person)
        else:  # who asks for a second invitation has lost what the first one made
            people.drop_passkeys(transaction, person.id)
            people.end_sessions(transaction, person=person.id)
        visitor = sessions.of_person(person, caller.address)
        people.link_used(transaction, link.id, now)
        people.add_passkey(transaction, entry.kept(person.id, key, caller.device, now))
        people.set_codes(transaction, person.id, hashes)
        audit.write(transaction, visitor, "people.enrol", person.account, roles=sorted(person.roles))
        return entry.enter(transaction, visitor, "passkey", caller, made)

    return await hub.database.transact(act)


# --- what they share -----------------------------------------------------------------------------


def _check_institution(transaction: Transaction, institution: InstitutionId | None) -> None:
    if institution is not None and not institutions.known(transaction, institution):
        raise BadInput(
            "institution: there is no {institution!r}; enter it under Institutions first",
            institution=institution,
        )


def _administers(person: Person) -> bool:
    return Role.ADMINISTRATOR in person.roles and not person.disabled


def _account(account: str) -> str:
    if not ID.fullmatch(account):
        raise BadInput(
            "account: {account!r}; use lower-case letters, digits and hyphens, at most 64", account=account
        )
    return account


def _roles(roles: frozenset[Role], institution: InstitutionId | None) -> frozenset[Role]:
    if not roles:
        raise BadInput("roles: none; choose at least one")
    if Role.EXPERT in roles and institution is None:
        raise BadInput("institution: an expert speaks for one; name it")
    return roles
