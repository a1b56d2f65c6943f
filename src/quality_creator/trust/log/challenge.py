"""A code that could not be known before: filmed in the factory, it shows that the picture is not older.

It follows from a checkpoint with its cosignatures. The log's writer can work out roots beforehand, but not
what its witnesses will sign, nor when: until they have, nobody knows the code. What was served soon after
is in the log, too, so that the picture lies between two clocks which the broadcaster does not own.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from quality_creator.model.errors import BadPayload
from quality_creator.trust import jcs
from quality_creator.trust.log.policy import Policy

CHALLENGE = "challenge/1"
"""The kind of entry."""

DIGITS = 8

_DOMAIN = b"quality-creator/challenge/1\n"


class Challenge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A code was shown."""

    type: Literal["challenge/1"]
    id: str
    episode: str
    code: str
    checkpoint: str
    """From which it follows, with its signatures."""
    at: str
    """By the hub's clock: from when on."""

    def encode(self) -> bytes:
        """The document's one and only bytes. Raises BadPayload."""
        return jcs.encode(msgspec.to_builtins(self))


@dataclass(frozen=True, slots=True)
class Checked:
    """What a challenge shows."""

    code: str
    size: int
    """Of the tree that the code follows from."""
    not_before: datetime | None
    """What shows the code is not older; None where the log has no witnesses, whose clocks would say it."""


def code(checkpoint: bytes) -> str:
    """The eight digits of a published checkpoint, signatures included."""
    number = int.from_bytes(hashlib.sha256(_DOMAIN + checkpoint).digest())
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def decode(data: bytes) -> Challenge:
    """Read a challenge. Raises BadPayload: it is none, or not in its one form. Nothing of it is checked."""
    value = jcs.canonical(data)
    try:
        return msgspec.convert(value, Challenge)
    except msgspec.ValidationError as error:
        raise BadPayload(f"it is no challenge: {error}") from error


def check(shown: Challenge, policy: Policy) -> Checked:
    """That a code follows from a checkpoint that the policy's quorum has seen.

    Raises:
        BadPayload: it does not.
    """
    data = shown.checkpoint.encode()
    seen = policy.open(data)
    if not policy.holds(seen.times):
        raise BadPayload("the challenge's checkpoint has not the quorum of the policy")
    if shown.code != code(data):
        raise BadPayload(f"the code of this checkpoint is {code(data)}, not {shown.code}")
    return Checked(shown.code, seen.signed.checkpoint.size, seen.time)
