"""Coming in with an account, and the passkeys and recovery codes with which one does."""

import asyncio
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from quality_creator.actions import audit, codes, sessions
from quality_creator.actions.hub import Hub
from quality_creator.actions.passkeys import Ceremonies, NewKey, credential_of
from quality_creator.actions.sessions import Caller, Entry
from quality_creator.model.errors import Conflict, Forbidden, NotFound
from quality_creator.model.ids import PersonId
from quality_creator.model.person import Person, Visitor
from quality_creator.store import people
from quality_creator.store.database import Transaction
from quality_creator.store.people import Passkey


async def sign_in(hub: Hub, ceremonies: Ceremonies, credential: dict[str, object], caller: Caller) -> Entry:
    """Open a session for whoever has the passkey.

    Raises:
        BadPayload, Forbidden: it is not known, or does not fit, or its account is closed.
    """
    id_ = credential_of(credential)
    key = await hub.database.look(people.passkey, id_)
    if key is None:
        raise Forbidden("this passkey is not known here")
    count = ceremonies.signed(credential, key.public_key, key.sign_count, time.time())

    def act(transaction: Transaction) -> Entry:
        known = people.passkey(transaction, id_)
        person = people.person(transaction, key.person)
        if known is None or person.disabled:
            raise Forbidden("this account is closed; ask an administrator")
        people.passkey_used(transaction, known.id, count, datetime.now(UTC))
        return enter(transaction, sessions.of_person(person, caller.address), "passkey", caller)

    return await hub.database.transact(act)


# --- passkeys ---


async def another_passkey(hub: Hub, ceremonies: Ceremonies, visitor: Visitor) -> str:
    """What a browser is asked for by somebody who adds a passkey, as JSON."""
    person = _account_of(visitor)
    known = await hub.database.look(people.passkeys_of, person.id)
    return ceremonies.registration(
        f"add {visitor.session}",
        time.time(),
        person=person.id,
        account=person.account,
        name=person.name,
        known=[one.credential for one in known],
    )


async def add_passkey(
    hub: Hub, ceremonies: Ceremonies, visitor: Visitor, credential: dict[str, object], device: str
) -> None:
    """Keep another passkey of somebody who is signed in. Raises BadPayload, Conflict."""
    person = _account_of(visitor)
    key = ceremonies.registered(f"add {visitor.session}", credential, time.time())
    passkey = kept(person.id, key, device, datetime.now(UTC))

    def act(transaction: Transaction) -> None:
        people.add_passkey(transaction, passkey)
        audit.write(transaction, visitor, "passkey.add", person.account, passkey=passkey.name)

    await hub.database.transact(act)


async def drop_passkey(hub: Hub, visitor: Visitor, passkey: str) -> None:
    """Forget one of one's own passkeys.

    Raises:
        NotFound: there is no such.
        Conflict: it is the last one.
    """
    person = _account_of(visitor)

    def act(transaction: Transaction) -> None:
        mine = people.passkeys_of(transaction, person.id)
        found = next((one for one in mine if one.id == passkey), None)
        if found is None:
            raise NotFound("there is no such passkey")
        if len(mine) == 1:
            raise Conflict("this is your only passkey; add another one first")
        people.drop_passkeys(transaction, person.id, passkey)
        audit.write(transaction, visitor, "passkey.drop", person.account, passkey=found.name)

    await hub.database.transact(act)


# --- recovery codes ------------------------------------------------------------------------------


async def recover(hub: Hub, account: str, code: str, caller: Caller) -> Entry:
    """Open a session for a recovery code, which is then spent. Raises Forbidden."""
    number = codes.number(code)

    def look(transaction: Transaction) -> tuple[Person | None, str | None]:
        person = people.by_account(transaction, account.strip().lower())
        if person is None or person.disabled:
            return None, None
        return person, people.code_hash(transaction, person.id, number)

    person, kept = await hub.database.look(look)
    right = await asyncio.to_thread(codes.fits, code, kept)
    if person is None or not right:
        await audit.note(
            hub,
            audit.stranger(caller.address),
            "session.refused",
            account.strip()[:64],
            way="recovery",
        )
        raise Forbidden("account and code do not fit, or the code was used already")

    def act(transaction: Transaction) -> Entry:
        if not people.spend_code(transaction, person.id, number):
            raise Forbidden("this code was used already")
        return enter(transaction, sessions.of_person(person, caller.address), "recovery", caller)

    return await hub.database.transact(act)


async def new_codes(hub: Hub, visitor: Visitor) -> Sequence[str]:
    """New recovery codes in the place of the old ones; they are shown once."""
    person = _account_of(visitor)
    made, hashes = await fresh_codes()

    def act(transaction: Transaction) -> None:
        people.set_codes(transaction, person.id, hashes)
        audit.write(transaction, visitor, "codes.renew", person.account)

    await hub.database.transact(act)
    return made


async def fresh_codes() -> tuple[Sequence[str], list[str]]:
    """New codes, and their hashes."""
    made = codes.make()
    return made, await asyncio.to_thread(codes.hashed, made)


# --- what they share ---


def kept(person: PersonId, key: NewKey, device: str, now: datetime) -> Passkey:
    """A new passkey as it is kept, named for the machine on which it was made."""
    return Passkey(
        id=str(uuid.uuid4()),
        credential=key.credential,
        person=person,
        public_key=key.public_key,
        sign_count=key.sign_count,
        name=machine(device),
        synced=key.synced,
        made=now,
    )


def machine(device: str) -> str:
    """What a browser's name for itself says in two words, such as `Chrome, Windows`."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    )
    found = [next((name for mark, name in table if mark in device), "") for table in (browsers, systems)]
    return ", ".join(filter(None, found)) or device[:32] or "–"


def enter(
    transaction: Transaction,
    visitor: Visitor,
    way: Literal["passkey", "recovery"],
    caller: Caller,
    made: Sequence[str] = (),
) -> Entry:
    """Open the session of somebody with an account."""
    secret, until = sessions.begin(transaction, visitor, way, device=caller.device, before=caller.before)
    return Entry(secret, until, made)


def _account_of(visitor: Visitor) -> Person:
    if visitor.person is None:
        raise Forbidden("this needs an account of your own; an administrator makes one")
    return visitor.person
