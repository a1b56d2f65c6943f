"""What logs and witnesses say to each other: a checkpoint goes, a cosignature comes back (C2SP tlog-witness).

    old <size>
    <base64 of each hash of the proof of consistency>

    <the checkpoint>

`consider` is the witness' whole judgement: no clock, no key of its own, no state but the tree it saw last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import checkpoint, merkle, note
from quality_creator.trust.log.checkpoint import Checkpoint, Signed
from quality_creator.trust.log.note import Key, Signature

MOST_HASHES = 63
LARGEST = 64 << 10
"""Bytes of a request that a witness reads: a proof, and a checkpoint with many signatures."""

SIZE_TYPE = "text/x.tlog.size"
"""The content type of the answer that states the size which the witness has seen."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a log asks of a witness."""

    old: int
    """The size that the log believes the witness to have seen."""
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """As it is posted."""
        head = [f"old {self.old}", *map(note.encode64, self.proof), ""]
        return "".join(f"{line}\n" for line in head).encode() + self.note


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a witness does not cosign, as HTTP says it."""

    status: int
    words: str
    """For 409 the size that it has seen, else for people."""


def decode(data: bytes) -> Request:
    """Read a request. Raises BadPayload; the checkpoint in it is not read yet."""
    head, parted, below = data.partition(b"\n\n")
    if not parted:
        raise BadPayload("a request has a checkpoint below an empty line")
    try:
        first, *lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise BadPayload("a request whose head is not ASCII") from error
    if not first.startswith("old "):
        raise BadPayload("a request starts with `old` and a size")
    if len(lines) > MOST_HASHES:
        raise BadPayload(f"a proof of {len(lines)} hashes; {MOST_HASHES} are enough for any tree")
    old = note.decode_number(first.removeprefix("old "))
    return Request(old, tuple(map(note.decode_hash, lines)), below)


def consider(request: Request, keys: Sequence[Key], seen: Checkpoint | None) -> Signed | Refusal:
    """Whether a witness may cosign.

    Args:
        request: What was asked.
        keys: Of the logs that the witness watches.
        seen: The checkpoint of this log that it cosigned last; None before the first.

    Returns:
        The checkpoint to remember and then to cosign, or why not.
    """
    signed = _opened(request, keys)
    if isinstance(signed, Refusal):
        return signed
    new = signed.checkpoint
    size, root = (seen.size, seen.root) if seen else (0, merkle.EMPTY)
    if request.old > new.size:
        return Refusal(400, f"the old size {request.old} is above the checkpoint's, {new.size}")
    if request.old != size:
        return Refusal(409, f"{size}\n")
    try:
        merkle.check_consistency(request.proof, size, new.size, root, new.root)
    except BadPayload as error:
        return Refusal(422, str(error))
    return signed


def _opened(request: Request, keys: Sequence[Key]) -> Signed | Refusal:
    try:
        origin = origin_of(request)
    except BadPayload as error:
        return Refusal(400, str(error))
    if all(key.name != origin for key in keys):
        return Refusal(404, f"the log {origin!r} is not watched here")
    try:
        return checkpoint.open_signed(request.note, keys)
    except BadPayload as error:
        return Refusal(403, str(error))


def origin_of(request: Request) -> str:
    """Which log a request claims to be of. Raises BadPayload."""
    return checkpoint.parse(note.decode(request.note).text).origin


def cosignatures(answer: bytes, signed: Signed, key: Key) -> list[Signature]:
    """The cosignatures of a witness in its answer, verified; those of other keys are passed over.

    Raises:
        BadPayload: the answer is none, or a signature in it claims to be the witness', and is not.
    """
    try:
        lines = answer.decode().removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise BadPayload("an answer that is not UTF-8") from error
    if len(lines) > note.MOST_SIGNATURES:
        raise BadPayload(f"an answer with {len(lines)} signatures")
    found = [one for one in map(note.signature, lines) if one.of(key)]
    for one in found:
        checkpoint.verify_cosignature(signed.checkpoint, signed.note.text, key, one)
    return found


def decode_size(answer: bytes) -> int:
    """The size that a witness says it has seen, from a 409's body. Raises BadPayload."""
    try:
        return note.decode_number(answer.decode("ascii").removesuffix("\n"))
    except UnicodeDecodeError as error:
        raise BadPayload("a size that is not ASCII") from error
