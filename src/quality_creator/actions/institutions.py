"""Institutions, and the keys of their experts: made in a browser, approved by somebody who knows the owner.

A key is Ed25519 and does not leave the browser that made it. To enrol it, the browser signs the RFC 8785
bytes of `{type: "expert-key/1", challenge, institution, key, person}` with it: nobody can enrol a key that
they do not have, nor another's answer, nor an old one.
"""

import base64
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

import msgspec
from cryptography.exceptions import InvalidSignature

from quality_creator.actions import audit
from quality_creator.actions.entry import machine
from quality_creator.actions.hub import Hub
from quality_creator.actions.passkeys import Ceremonies, unpadded
from quality_creator.config.load import ID
from quality_creator.model.errors import BadInput, BadPayload, Forbidden
from quality_creator.model.ids import InstitutionId
from quality_creator.model.person import Person, Visitor
from quality_creator.model.text import Text
from quality_creator.store import institutions, people
from quality_creator.store.database import Transaction
from quality_creator.store.institutions import ExpertKey, Institution
from quality_creator.trust import did as dids
from quality_creator.trust import ed25519, enrolment, jcs, multikey

KIND = "expert-key/1"


class KeyQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser signs with its new key, but for the key."""

    challenge: str
    institution: InstitutionId
    person: str
    type: str = KIND


class KeyAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A browser's new key, and the signature that shows that it has it."""

    challenge: str
    key: str
    """32 bytes, base64url."""
    signature: str
    """64 bytes, base64url."""


async def everything(hub: Hub) -> list[Institution]:
    """All institutions."""
    return await hub.database.look(institutions.everything)


async def add(
    hub: Hub, visitor: Visitor, *, id_: str, name: Text, did: str, role: Literal["inspection", "committee"]
) -> Institution:
    """Enter an institution.

    Raises:
        BadInput: an id, a name or an identifier that can't be.
        Conflict: it is known already.
    """
    if not ID.fullmatch(id_):
        raise BadInput("id: {id!r}; use lower-case letters, digits and hyphens, at most 64", id=id_)
    if not name.zh.strip() or not name.en.strip():
        raise BadInput("name: give it in both languages")
    try:
        dids.web(did)
    except BadPayload as error:
        raise BadInput("did: {error}", error=error) from error
    made = Institution(id=InstitutionId(id_), name=name, did=did, role=role, made=datetime.now(UTC))

    def act(transaction: Transaction) -> None:
        institutions.add(transaction, made)
        audit.write(transaction, visitor, "institution.add", made.id, did=did, role=role)

    await hub.database.transact(act)
    return made


async def keys_of(hub: Hub, person: Person) -> Sequence[ExpertKey]:
    """An expert's keys, the newest first."""
    return await hub.database.look(institutions.keys, person.id)


async def keys(hub: Hub) -> list[tuple[ExpertKey, Person]]:
    """Every key and whose it is, the newest first."""

    def look(transaction: Transaction) -> list[tuple[ExpertKey, Person]]:
        persons = {one.id: one for one in people.everybody(transaction)}
        return [(key, persons[key.person]) for key in institutions.keys(transaction)]

    return await hub.database.look(look)


async def key_question(hub: Hub, ceremonies: Ceremonies, visitor: Visitor) -> KeyQuestion:
    """What an expert's browser is to sign. Raises Forbidden."""
    person, institution = await _expert(hub, visitor)
    challenge = ceremonies.challenge(f"key {visitor.session}", time.time())
    encoded = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
    return KeyQuestion(challenge=encoded, institution=institution, person=person.id)


async def enrol_key(
    hub: Hub, ceremonies: Ceremonies, visitor: Visitor, answer: KeyAnswer, device: str
) -> ExpertKey:
    """Take an expert's new key in; it waits for approval.

    Raises:
        Forbidden: no expert, not signed in by passkey, or an old question.
        BadPayload: the signature is not that of this key over this question.
        Conflict: the key is known already.
    """
    person, institution = await _expert(hub, visitor)
    statement = {
        "challenge": answer.challenge,
        "institution": institution,
        "key": answer.key,
        "person": person.id,
        "type": KIND,
    }
    try:
        public = ed25519.public_key(unpadded(answer.key))
        public.verify(unpadded(answer.signature), jcs.encode(statement))
    except (ValueError, InvalidSignature) as error:
        raise BadPayload("this is not signed with this key") from error
    ceremonies.take(answer.challenge, f"key {visitor.session}", time.time())
    made = ExpertKey(
        id=str(uuid.uuid4()),
        person=person.id,
        institution=institution,
        key=multikey.encode(public),
        device=machine(device)[:64],
        state="waiting",
        made=datetime.now(UTC),
    )

    def act(transaction: Transaction) -> None:
        institutions.add_key(transaction, made)
        audit.write(transaction, visitor, "key.enrol", person.account, key=made.key, institution=institution)

    await hub.database.transact(act)
    return made


async def decide(hub: Hub, visitor: Visitor, key: str, state: Literal["approved", "revoked"]) -> ExpertKey:
    """Approve or revoke a key, and tell the log so. Raises NotFound, Conflict."""

    def act(transaction: Transaction) -> ExpertKey:
        found = institutions.decide(transaction, key, state, datetime.now(UTC), visitor.name)
        act_ = "key.approve" if state == "approved" else "key.revoke"
        person = people.person(transaction, found.person)
        audit.write(transaction, visitor, act_, person.account, key=found.key, institution=found.institution)
        names = {one.id: one.did for one in institutions.everything(transaction)}
        told = enrolment.Enrolment(
            id=f"urn:uuid:{uuid.uuid4()}",
            expert=f"did:key:{found.key}",
            institution=names[found.institution],
            name=person.name,
            state=state,
        )
        data = enrolment.encode(told)
        hub.ledger.enter_in(transaction, data, type=enrolment.LEAF, id=told.id, subject=told.expert)
        return found

    return await hub.ledger.transact(act)


async def _expert(hub: Hub, visitor: Visitor) -> tuple[Person, InstitutionId]:
    """Whose expert asks; a passkey must have opened the session, a recovery code is too little for a key."""
    if visitor.person is None or visitor.institution is None:
        raise Forbidden("only an expert of an institution has a key; an administrator says whose you are")
    institution = visitor.institution
    now = datetime.now(UTC)

    def look(transaction: Transaction) -> tuple[bool, str]:
        mine = people.open_sessions(transaction, now, visitor.person.id if visitor.person else None)
        way = next((one.way for one in mine if one.id == visitor.session), "")
        return institutions.known(transaction, institution), way

    known, way = await hub.database.look(look)
    if not known:
        raise Forbidden(
            "there is no institution {institution!r}; an administrator enters it", institution=institution
        )
    if way != "passkey":
        raise Forbidden("sign in by passkey first")
    return visitor.person, institution
