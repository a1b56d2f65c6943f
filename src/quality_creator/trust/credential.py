"""What all our credentials have in common: one issuer, one kind, one proof, and nothing unknown.

W3C VC Data Model 2.0, narrowed to what we issue: a tool may accept more, a verdict rests on no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import did, jcs, multikey, proof

S = TypeVar("S")

_MEMBERS = {"@context", "id", "type", "issuer", "validFrom", "credentialSubject", "proof"}
_LONGEST_NAME = 512


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential as it is written; whether its issuer signed it is asked with `verify`."""

    data: bytes
    """Its canonical bytes: what its digest and its entry in the log are of."""
    document: dict[str, Any]
    id: str
    issuer: str
    valid_from: datetime
    valid_until: datetime | None
    subject: dict[str, Any]
    claimed: proof.Claimed

    def verify(self, public: Ed25519PublicKey) -> None:
        """Check that this key of the issuer signed it. Raises BadPayload."""
        if self.claimed.method != did.method(self.issuer, multikey.encode(public)):
            raise BadPayload("the proof names another key than the issuer's")
        self.claimed.verify(public)


def read(
    data: bytes, *, kind: Sequence[str], contexts: Sequence[str], more: Sequence[str] = ()
) -> Credential:
    """A credential of a kind.

    Args:
        data: JSON in any layout.
        kind: What `type` says after VerifiableCredential.
        contexts: What `@context` must be; all of them are pinned.
        more: Members that this kind has beside the usual ones; `validUntil` may always stand.

    Raises:
        BadPayload: it is not such a credential, has no proof or several, or members that are not known.
    """
    document = jcs.decode_object(data)
    members = {*_MEMBERS, *more}
    if not members <= set(document) <= members | {"validUntil"}:
        named = ", ".join(sorted(set(document) ^ members - {"validUntil"}))[:200]
        raise BadPayload(f"members are missing or unknown: {named}")
    if document["@context"] != [*contexts]:
        raise BadPayload("its @context is not the one of its kind")
    if document["type"] != ["VerifiableCredential", *kind]:
        raise BadPayload(f"its type is not {', '.join(kind)}")
    issuer = document["issuer"]
    if isinstance(issuer, dict):
        issuer = issuer.get("id")
    subject = document["credentialSubject"]
    if not isinstance(subject, dict):
        raise BadPayload("a credential has one subject")
    until = document.get("validUntil")
    return Credential(
        jcs.encode(document),
        document,
        name(document["id"], "id"),
        name(issuer, "issuer"),
        proof.time(document["validFrom"]),
        None if until is None else proof.time(until),
        subject,
        proof.read(document),
    )


def sign(document: dict[str, Any], key: Ed25519PrivateKey, *, issuer: str, now: datetime) -> bytes:
    """A credential with its issuer's proof, as bytes. Raises BadPayload."""
    method = did.method(issuer, multikey.encode(key.public_key()))
    return jcs.encode(proof.sign(document, key, method=method, created=now))


def convert(value: Any, kind: type[S]) -> S:
    """A part of a document as a struct. Raises BadPayload that names the field."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadPayload(f"not as it must be: {error}") from error


def name(value: object, what: str) -> str:
    """A name in a document. Raises BadPayload."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_NAME:
        raise BadPayload(f"{what} is a text of at most {_LONGEST_NAME} characters")
    return value
