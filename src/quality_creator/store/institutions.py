"""The institutions that this hub knows, and the keys with which their experts sign."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from quality_creator.model.clock import Utc
from quality_creator.model.errors import Conflict, NotFound
from quality_creator.model.ids import InstitutionId, PersonId
from quality_creator.model.text import Text
from quality_creator.store.database import Transaction
from quality_creator.store.tables import expert_keys, institutions

KeyState = Literal["waiting", "approved", "revoked"]
"""A key waits until somebody who knows its owner approves it; what is revoked stays so."""


class Institution(msgspec.Struct, frozen=True, kw_only=True):
    """For whom experts speak."""

    id: InstitutionId
    name: Text
    did: str
    """Its decentralized identifier, as `did:web:lab.example`; a name, not a key."""
    role: Literal["inspection", "committee"]
    made: Utc


class ExpertKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key that an expert's browser made and never gives away."""

    id: str
    person: PersonId
    institution: InstitutionId
    key: str
    """Multikey, Ed25519."""
    device: str
    state: KeyState
    made: Utc
    decided: Utc | None = None
    by: str | None = None


def add(transaction: Transaction, institution: Institution) -> None:
    """Keep a new institution. Raises Conflict when its id or its identifier is taken."""
    try:
        transaction.execute(institutions.insert().values(msgspec.structs.asdict(institution)))
    except IntegrityError as error:
        raise Conflict("{id} or {did} is known already", id=institution.id, did=institution.did) from error


def everything(transaction: Transaction) -> list[Institution]:
    """All institutions, by id."""
    rows = transaction.execute(select(institutions).order_by(institutions.c.id))
    return [msgspec.convert(row, Institution, from_attributes=True) for row in rows]


def known(transaction: Transaction, institution: InstitutionId) -> bool:
    """Whether there is such an institution."""
    query = select(institutions.c.id).where(institutions.c.id == institution)
    return transaction.execute(query).first() is not None


def add_key(transaction: Transaction, key: ExpertKey) -> None:
    """Keep a new key. Raises Conflict when it is known already."""
    try:
        transaction.execute(expert_keys.insert().values(msgspec.structs.asdict(key)))
    except IntegrityError as error:
        raise Conflict("this key is known already") from error


def keys(transaction: Transaction, person: PersonId | None = None) -> Sequence[ExpertKey]:
    """All keys, or one person's, the newest first."""
    query = select(expert_keys).order_by(expert_keys.c.made.desc())
    if person is not None:
        query = query.where(expert_keys.c.person == person)
    return [msgspec.convert(row, ExpertKey, from_attributes=True) for row in transaction.execute(query)]


def decide(transaction: Transaction, key: str, state: KeyState, now: datetime, by: str) -> ExpertKey:
    """Approve or revoke a key; the key as it then is.

    Raises:
        NotFound: there is none.
        Conflict: what is revoked stays so, and what is approved does not wait again.
    """
    row = transaction.execute(select(expert_keys).where(expert_keys.c.id == key)).first()
    if row is None:
        raise NotFound("there is no such key")
    before = msgspec.convert(row, ExpertKey, from_attributes=True)
    if (before.state, state) not in (
        ("waiting", "approved"),
        ("waiting", "revoked"),
        ("approved", "revoked"),
    ):
        raise Conflict(
            "this key is {state} and can't become {wanted}; make a new one",
            state=before.state,
            wanted=state,
        )
    changed = {"state": state, "decided": now, "by": by}
    transaction.execute(update(expert_keys).where(expert_keys.c.id == key).values(changed))
    return msgspec.structs.replace(before, state=state, decided=now, by=by)
