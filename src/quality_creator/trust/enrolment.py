"""Whose key an expert signs with: what the log says of it, by whom, and from which entry on.

An enrolment says that a key (`did:key`) is that of a person who speaks for an institution, or that it is so
no more. Signed by the institution with a key that the register of authorities gives it, nobody else could
have said so. Without a proof it is the word of whoever runs the log, and a check says that it is no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import credential, did, jcs, multikey, proof
from quality_creator.trust.register import Accepted

LEAF = "expert/1"
"""The kind of entry; its subject is the key."""

State = Literal["approved", "revoked"]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Enrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The document, without its proof."""

    type: Literal["expert/1"] = "expert/1"
    id: _Name
    expert: str
    """did:key."""
    institution: _Name
    """did:web: for whom the expert speaks."""
    name: _Name
    """The expert's."""
    state: State


@dataclass(frozen=True, slots=True)
class Told:
    """An enrolment as it is written."""

    enrolment: Enrolment
    data: bytes
    claimed: proof.Claimed | None
    """Absent where nobody signed it."""

    def verify(self, register: Accepted) -> None:
        """Check that the institution itself says so.

        Raises:
            BadPayload: nobody signed it, or not with a key of the register that counted then.
        """
        if self.claimed is None:
            raise BadPayload("the institution did not sign it")
        issuer = self.enrolment.institution
        _, public = register.key_of(issuer, self.claimed.method, self.claimed.created)
        self.claimed.verify(public)


def decode(data: bytes) -> Told:
    """Read an enrolment.

    Raises:
        BadPayload: it is none, or not written canonically. Who signed is asked with `verify`.
    """
    document = jcs.canonical(data)
    claimed = proof.read(document) if "proof" in document else None
    bare = {name: part for name, part in document.items() if name != "proof"}
    enrolment = credential.convert(bare, Enrolment)
    if msgspec.to_builtins(enrolment) != bare:
        raise BadPayload("an enrolment that leaves something out")
    prefix, key = enrolment.expert[:8], enrolment.expert[8:]
    if prefix != "did:key:" or multikey.did_key(multikey.decode(key)) != enrolment.expert:
        raise BadPayload("expert: an enrolment is of a did:key")
    return Told(enrolment, data, claimed)


def encode(enrolment: Enrolment) -> bytes:
    """An enrolment that nobody signs. Raises BadPayload."""
    return jcs.encode(msgspec.to_builtins(enrolment))


def sign(enrolment: Enrolment, key: Ed25519PrivateKey, *, created: datetime) -> bytes:
    """An enrolment with its institution's proof. Raises BadPayload."""
    method = did.method(did.web(enrolment.institution), multikey.encode(key.public_key()))
    made = proof.sign(msgspec.to_builtins(enrolment), key, method=method, created=created)
    data = jcs.encode(made)
    decode(data)
    return data


Standing = Literal["institution", "operator", "unknown", "revoked"]
"""Who vouches for a key at a place of the log: the institution itself, or only whoever runs the log."""


def standing(told: Sequence[Told], institution: str, register: Accepted | None) -> Standing:
    """What follows from all that the log said of a key before some place.

    Args:
        told: In the log's order.
        institution: For whom the key is said to speak.
        register: Whose keys are believed; None where there is no register.
    """
    found: Standing = "unknown"
    for one in told:
        if one.enrolment.institution != institution:
            continue
        if one.enrolment.state == "revoked":
            return "revoked"
        found = "institution" if found == "institution" or _signed(one, register) else "operator"
    return found


def _signed(one: Told, register: Accepted | None) -> bool:
    if register is None:
        return False
    try:
        one.verify(register)
    except BadPayload:
        return False
    return True
