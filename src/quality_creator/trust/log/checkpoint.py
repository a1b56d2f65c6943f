"""Checkpoints: what a log says of itself, and what witnesses say of it.

Formats: C2SP tlog-checkpoint and tlog-cosignature.

    <origin>
    <size>
    <base64 of the root>
    <extensions, if any>

A log's signature says: this is my tree. A cosignature says: at this time it was the largest tree that I
had seen of this log, and it begins with every tree that I had seen before.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import note
from quality_creator.trust.log.note import Key, Note, Signature

FILE = "checkpoint"
"""What a log publishes it as."""

LATEST = 253_402_300_799
"""The last second of the year 9999; a cosignature's time is refused beyond it."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree that a log stands by."""

    origin: str
    """The log's name."""
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    """Lines that others may have put there; we write none."""

    @property
    def text(self) -> str:
        """What is signed."""
        return "".join(
            f"{line}\n" for line in (self.origin, self.size, note.encode64(self.root), *self.extensions)
        )


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint whose log signature was verified."""

    checkpoint: Checkpoint
    note: Note

    def encode(self) -> bytes:
        """As it is sent and kept."""
        return self.note.encode()

    def with_signatures(self, more: Sequence[Signature]) -> "Signed":
        """With further signatures below it; the caller has verified them."""
        new = tuple(one for one in more if one not in self.note.signatures)
        return Signed(self.checkpoint, Note(self.note.text, self.note.signatures + new))


def log_key(name: str, private: Ed25519PrivateKey) -> Key:
    """The key that verifies what `sign` makes. Raises BadPayload for a name that can't be one."""
    return note.key(name, note.KIND_ED25519, private.public_key().public_bytes_raw())


def witness_key(name: str, private: Ed25519PrivateKey) -> Key:
    """The key that verifies what `cosign` makes. Raises BadPayload for a name that can't be one."""
    return note.key(name, note.KIND_COSIGNATURE, private.public_key().public_bytes_raw())


def sign(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> Signed:
    """The log signs: the key's name is the log's."""
    key = log_key(checkpoint.origin, private)
    signature = Signature(key.name, key.id, private.sign(checkpoint.text.encode()))
    return Signed(checkpoint, Note(checkpoint.text, (signature,)))


def cosign(signed: Signed, name: str, private: Ed25519PrivateKey, at: int) -> Signature:
    """A witness signs.

    Args:
        signed: A checkpoint that is consistent with all that the witness has seen.
        name: The witness'.
        private: Its key, which is used for nothing else.
        at: Now, in seconds since 1970.
    """
    key = witness_key(name, private)
    made = private.sign(_cosigned(signed.note.text, at))
    return Signature(name, key.id, struct.pack(">Q", at) + made)


def parse(text: str) -> Checkpoint:
    """Read a checkpoint's text. Raises BadPayload."""
    lines = text.split("\n")
    if len(lines) < 4 or lines.pop() or not all(lines):
        raise BadPayload("a checkpoint is at least three lines, none of them empty: origin, size, root")
    return Checkpoint(lines[0], note.decode_number(lines[1]), note.decode_hash(lines[2]), tuple(lines[3:]))


def open_signed(data: bytes, keys: Sequence[Key]) -> Signed:
    """Read a checkpoint and verify that its log signed it.

    Args:
        data: The note.
        keys: Of the logs that are believed; a key's name is its log's origin.

    Raises:
        BadPayload: it is no checkpoint, or not of one of these logs.
    """
    found = note.decode(data)
    checkpoint = parse(found.text)
    signed = False
    for key in keys:
        for one in found.by(key) if key.name == checkpoint.origin and key.kind == note.KIND_ED25519 else ():
            _verify_ed25519(key, one, one.data, found.text.encode())
            signed = True
    if not signed:
        raise BadPayload(
            f"the checkpoint of {checkpoint.origin!r} is not signed by a log that is believed here"
        )
    return Signed(checkpoint, found)


def cosigned_at(signed: Signed, key: Key) -> int | None:
    """When a witness first cosigned, in seconds since 1970; None when it did not.

    Raises:
        BadPayload: a signature claims to be this witness', and is not.
    """
    times = [verify_cosignature(signed.checkpoint, signed.note.text, key, one) for one in signed.note.by(key)]
    return min(times, default=None)


def verify_cosignature(checkpoint: Checkpoint, text: str, key: Key, signature: Signature) -> int:
    """The time that a cosignature states. Raises BadPayload when it is not this key's."""
    if key.kind not in (note.KIND_COSIGNATURE, note.KIND_ML_DSA_COSIGNATURE):
        raise BadPayload(f"the key of {key.name} is not one that cosigns")
    if len(signature.data) < 8:
        raise BadPayload(f"the cosignature of {key.name} is too short")
    at = int.from_bytes(signature.data[:8], "big")
    if not 0 < at <= LATEST:
        raise BadPayload(f"the cosignature of {key.name} has no possible time")
    made = signature.data[8:]
    if key.kind == note.KIND_COSIGNATURE:
        _verify_ed25519(key, signature, made, _cosigned(text, at))
    else:
        _verify_ml_dsa(key, made, _cosigned_subtree(key.name, checkpoint, at))
    return at


def _cosigned(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _cosigned_subtree(name: str, checkpoint: Checkpoint, at: int) -> bytes:
    who, origin = name.encode(), checkpoint.origin.encode()
    if len(who) > 255 or len(origin) > 255:
        raise BadPayload("a name that is too long for an ML-DSA cosignature")
    return b"".join(
        (
            b"subtree/v1\n\0",
            bytes([len(who)]) + who,
            struct.pack(">Q", at),
            bytes([len(origin)]) + origin,
            struct.pack(">QQ", 0, checkpoint.size),
            checkpoint.root,
        )
    )


def _verify_ed25519(key: Key, signature: Signature, made: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(made, message)
    except InvalidSignature as error:
        raise BadPayload(f"the signature of {signature.name} is not of this text") from error


def _verify_ml_dsa(key: Key, made: bytes, message: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

    try:
        MLDSA44PublicKey.from_public_bytes(key.public).verify(made, message)
    except InvalidSignature as error:
        raise BadPayload(f"the signature of {key.name} is not of this text") from error
