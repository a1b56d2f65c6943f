"""A segment's signature: one `emsg` before its last part's `moof` (C2PA 2.4, 19.7: verifiable segment info).

Parts are hashed as they come; the signature is made when the last one is there, so nothing waits for it.
Our own `emsg` boxes stay inside the hash: the numbers are signed with the picture.
"""

from dataclasses import dataclass

from quality_creator.model.errors import BadPayload
from quality_creator.trust.c2pa import cose
from quality_creator.trust.c2pa.bmff import (
    HASH_SIZE,
    Exclusion,
    Hash,
    bmff_hash,
    box,
    boxes,
    hash_map,
    stated_hash,
)
from quality_creator.trust.c2pa.cbor import decode, encode, field
from quality_creator.trust.c2pa.manifest import Session

SCHEME = b"urn:c2pa:verifiable-segment-info"
VALUE = b"fseg"

# The specification's text says offset 0, where a box has its size; c2pa-rs and others count the header too.
EXCLUSIONS = (Exclusion(b"emsg", ((12, SCHEME),)),)

_HEAD = bytes(4) + SCHEME + b"\0" + VALUE + b"\0"
"""An `emsg` of version 0 up to its numbers."""


@dataclass(frozen=True, slots=True)
class Info:
    """What a segment's signature says; whether it is right is `verify`'s to find out."""

    sequence: int
    urn: str
    kid: bytes
    digest: bytes
    message: cose.Sign1


class Signing:
    """One segment of one rendition on its way: told of each part, signed at the last."""

    def __init__(self, *, sequence: int, urn: str, session: Session) -> None:
        self._sequence = sequence
        self._urn = urn
        self._session = session
        self._hash = Hash(EXCLUSIONS)

    def add(self, part: bytes) -> None:
        """A part that is not the last. Raises BadPayload when it is no whole boxes."""
        self._hash.add(part)

    def last(self, part: bytes, *, scale: int, duration: int) -> bytes:
        """The last part with the signature before its `moof`.

        Args:
            part: As it would be without.
            scale: Ticks a second.
            duration: Of the whole segment, in ticks.

        Raises:
            BadPayload: there is no `moof` in it.
        """
        moof = next((one.start for one in boxes(part) if one.kind == b"moof"), None)
        if moof is None:
            raise BadPayload("a part without a moof; a signature can't be put into it")
        return self._insert(part, moof, scale, duration)

    def close(self, *, scale: int, duration: int) -> bytes:
        """The signature alone, for a segment that turned out to have ended with the part before."""
        return self._insert(b"", 0, scale, duration)

    def _insert(self, part: bytes, at: int, scale: int, duration: int) -> bytes:
        placeholder = self._emsg(bytes(HASH_SIZE), bytes(cose.SIGNATURE_SIZE), scale, duration)
        self._hash.add(part[:at])
        self._hash.add(placeholder)
        self._hash.add(part[at:])
        payload = self._payload(self._hash.digest())
        headers = {cose.KID: self._session.kid}
        message = cose.sign1(self._session.key, payload, detached=False, unprotected=headers)
        signed = self._box(message, scale, duration)
        if len(signed) != len(placeholder):
            raise AssertionError("a signature of another size than was left for it")
        return part[:at] + signed + part[at:]

    def _payload(self, digest: bytes) -> bytes:
        return encode(
            {
                "sequenceNumber": self._sequence,
                "bmffHash": hash_map(EXCLUSIONS, digest),
                "manifestId": self._urn,
            }
        )

    def _emsg(self, digest: bytes, signature: bytes, scale: int, duration: int) -> bytes:
        """A box of the same size as the signed one will have."""
        message = cose.unsigned1(self._payload(digest), {cose.KID: self._session.kid}, signature)
        return self._box(message, scale, duration)

    def _box(self, message: bytes, scale: int, duration: int) -> bytes:
        numbers = (scale, 0, duration, self._sequence & 0xFFFFFFFF)
        return box(b"emsg", _HEAD, *(number.to_bytes(4, "big") for number in numbers), message)


def read(segment: bytes) -> Info | None:
    """What a segment says of its signature; None when it has none.

    Raises:
        BadPayload: the bytes are no boxes, or the signature is not what it should be; nothing else.
    """
    found = [one for one in boxes(segment) if EXCLUSIONS[0].covers(segment, one)]
    if not found:
        return None
    if len(found) > 1:
        raise BadPayload("a segment with more than one signature")
    start = found[0].content + len(_HEAD) + 16
    if segment[found[0].content : found[0].content + len(_HEAD)] != _HEAD or start > found[0].end:
        raise BadPayload("a signature's box that does not begin as it must")
    message = cose.read(segment[start : found[0].end])
    if message.payload is None:
        raise BadPayload("a signature without what it signs")
    payload = decode(message.payload)
    sequence, urn = field(payload, "sequenceNumber", int), field(payload, "manifestId", str)
    if sequence < 0:
        raise BadPayload("a sequence number below zero")
    return Info(
        sequence=sequence,
        urn=urn,
        kid=field(message.unprotected, cose.KID, bytes),
        digest=stated_hash(field(payload, "bmffHash", dict), EXCLUSIONS),
        message=message,
    )


def digest(segment: bytes) -> bytes:
    """The hash that a segment's signature must state. Raises BadPayload."""
    return bmff_hash(segment, EXCLUSIONS)
