"""Sign a document, and check who signed it: `eddsa-jcs-2022` of W3C's Data Integrity EdDSA Cryptosuites.

What is signed is SHA-256(JCS(options)) || SHA-256(JCS(document without proof)). The options repeat the
document's `@context`, and the repetition is written into the proof. A document has one proof: tools differ
in what they make of several, so that one of them could be stripped or swapped unnoticed.

Source: https://www.w3.org/TR/vc-di-eddsa/#eddsa-jcs-2022
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import jcs, multikey

SUITE = "eddsa-jcs-2022"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_OPTIONS = {"type", "cryptosuite", "created", "verificationMethod", "proofPurpose", "@context"}


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a proof says of itself; nothing is verified yet."""

    method: str
    """The name of the key."""
    created: datetime
    _signature: bytes
    _hashed: bytes

    def verify(self, public: Ed25519PublicKey) -> None:
        """Check the signature. Raises BadPayload when it is not this key's over this document."""
        try:
            public.verify(self._signature, self._hashed)
        except InvalidSignature as error:
            raise BadPayload("the signature is not of this document and this key") from error


def sign(
    document: dict[str, Any], key: Ed25519PrivateKey, *, method: str, created: datetime
) -> dict[str, Any]:
    """The document with its proof.

    Args:
        document: Without a proof; its `@context` is repeated in the proof.
        key: The signer's.
        method: The key's name, as in the register of authorities.
        created: Aware; whole seconds are written.

    Raises:
        BadPayload: the document can't be written canonically, or has a proof already.
    """
    if "proof" in document:
        raise BadPayload("the document has a proof already; it has one, and no second")
    options = {
        "type": "DataIntegrityProof",
        "cryptosuite": SUITE,
        "created": time_text(created),
        "verificationMethod": method,
        "proofPurpose": "assertionMethod",
    }
    if "@context" in document:
        options["@context"] = document["@context"]
    signature = key.sign(_hashed(document, options))
    return {**document, "proof": {**options, "proofValue": "z" + multikey.base58(signature)}}


def read(document: dict[str, Any]) -> Claimed:
    """What a document's one proof claims.

    Raises:
        BadPayload: no proof or several, another suite, or a proof that is not written as it must be.
    """
    proof = document.get("proof")
    if not isinstance(proof, dict):
        raise BadPayload("a document has exactly one proof")
    if set(proof) - {"proofValue"} - {"@context"} != _OPTIONS - {"@context"}:
        raise BadPayload(
            "a proof has type, cryptosuite, created, verificationMethod and proofPurpose, no more"
        )
    if (proof["type"], proof["cryptosuite"]) != ("DataIntegrityProof", SUITE):
        raise BadPayload(f"a proof that is not {SUITE}")
    if proof["proofPurpose"] != "assertionMethod":
        raise BadPayload("a proof that was not made to assert anything (proofPurpose)")
    if proof.get("@context") != document.get("@context"):
        raise BadPayload("the proof's @context is not the document's")
    method, value = proof["verificationMethod"], proof.get("proofValue")
    if not isinstance(method, str) or not isinstance(value, str) or not value.startswith("z"):
        raise BadPayload("verificationMethod and proofValue (base58btc) are text")
    signature = multikey.from_base58(value[1:])
    if len(signature) != 64 or multikey.base58(signature) != value[1:]:
        raise BadPayload("a signature has 64 bytes")
    options = {name: part for name, part in proof.items() if name != "proofValue"}
    bare = {name: part for name, part in document.items() if name != "proof"}
    return Claimed(method, time(proof["created"]), signature, _hashed(bare, options))


def time_text(instant: datetime) -> str:
    """An aware instant as documents have it: UTC, whole seconds."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def time(text: object) -> datetime:
    """The instant that a document states. Raises BadPayload for any other way to write it."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise BadPayload(f"{text!r:.40} is no time; write 2026-09-01T10:00:00Z")
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise BadPayload(f"{text!r} is no time: {error}") from error


def _hashed(document: dict[str, Any], options: dict[str, Any]) -> bytes:
    return hashlib.sha256(jcs.encode(options)).digest() + hashlib.sha256(jcs.encode(document)).digest()
