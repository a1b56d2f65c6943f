"""Whether a credential was revoked or suspended: one bit in long lists that its issuer signs anew every day.

W3C Bitstring Status List 1.0. A list that is older than its `validUntil` says nothing any more: whoever can
withhold a newer one could otherwise keep a revoked credential alive. Index 0 is the most significant bit of
byte 0. What the list says is also an entry of the log of its own, so that nobody revokes in silence.
"""

import base64
import binascii
import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import contexts, credential, proof

SIZE = 131_072
"""Bits: the least that the standard allows, so that a look-up tells nobody which credential is meant."""

LIFE = timedelta(hours=24)
"""For how long a list counts."""

Purpose = Literal["revocation", "suspension"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)

_BYTES = SIZE // 8
_LONGEST = 40_000
"""Characters of an encoded list: random bits, which nothing compresses, take 22,000."""


class _Subject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    type: Literal["BitstringStatusList"]
    purpose: Purpose = msgspec.field(name="statusPurpose")
    listed: str = msgspec.field(name="encodedList")


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list as read from its credential; the signature is the caller's to check."""

    address: str
    issuer: str
    purpose: Purpose
    valid_from: datetime
    valid_until: datetime
    bits: bytes
    made: credential.Credential

    def set_at(self, index: int) -> bool:
        """Whether a credential's bit is set. Raises BadPayload for a position outside the list."""
        if not 0 <= index < SIZE:
            raise BadPayload(f"the list has {SIZE} positions; there is no {index}")
        return bool(self.bits[index // 8] >> (7 - index % 8) & 1)


def addresses(revocations: str) -> dict[Purpose, str]:
    """Where an issuer's lists are, by what they say: that of suspensions lies below that of revocations."""
    return {"revocation": revocations, "suspension": f"{revocations}/suspension"}


def encode(indices: Iterable[int]) -> str:
    """The list in which just these positions are set."""
    bits = bytearray(_BYTES)
    for index in indices:
        if not 0 <= index < SIZE:
            raise BadPayload(f"the list has {SIZE} positions; there is no {index}")
        bits[index // 8] |= 1 << (7 - index % 8)
    packed = gzip.compress(bytes(bits), mtime=0)
    return "u" + base64.urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """A list's bits.

    Raises:
        BadPayload: it is not base64url of gzip of just the right length.
    """
    if not text.startswith("u") or len(text) > _LONGEST:
        raise BadPayload("a status list is u and at most 40,000 characters of base64url")
    try:
        packed = base64.b64decode(text[1:] + "=" * (-len(text[1:]) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj(wbits=31)
        bits = unpacker.decompress(packed, _BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise BadPayload(f"a status list that can't be unpacked: {error}") from error
    if len(bits) != _BYTES or not unpacker.eof or unpacker.unused_data:
        raise BadPayload(f"a status list has {SIZE} bits")
    return bits


def set_positions(bits: bytes) -> list[int]:
    """Which positions are set, in order."""
    return [
        8 * number + bit
        for number, byte in enumerate(bits)
        if byte
        for bit in range(8)
        if byte >> (7 - bit) & 1
    ]


def issue(
    key: Ed25519PrivateKey,
    *,
    address: str,
    issuer: str,
    purpose: Purpose,
    indices: Iterable[int],
    now: datetime,
) -> bytes:
    """The list as a credential with its issuer's proof; it counts for a day."""
    document = {
        "@context": [contexts.CREDENTIALS],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": proof.time_text(now),
        "validUntil": proof.time_text(now + LIFE),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encode(indices),
        },
    }
    return credential.sign(document, key, issuer=issuer, now=now)


def read(data: bytes) -> StatusList:
    """A list from its credential, whose signature the caller checks. Raises BadPayload."""
    made = credential.read(data, kind=("BitstringStatusListCredential",), contexts=(contexts.CREDENTIALS,))
    subject = credential.convert(made.subject, _Subject)
    if made.valid_until is None or made.valid_until - made.valid_from > LIFE:
        raise BadPayload("a status list counts for a day and no longer")
    return StatusList(
        made.id,
        made.issuer,
        subject.purpose,
        made.valid_from,
        made.valid_until,
        decode(subject.listed),
        made,
    )
