"""Proofs that travel with a document: it is in the log, and enough witnesses saw that (C2SP tlog-proof).

    c2sp.org/tlog-proof@v1
    index <position>
    <base64 of each hash of the proof of inclusion>

    <the checkpoint>

Kept as `<document>.tlog-proof`; checked with a policy and nothing else, now or years later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import merkle, note
from quality_creator.trust.log.leaf import Leaf
from quality_creator.trust.log.policy import Policy

SUFFIX = ".tlog-proof"
"""Of a file with a proof."""

MOST_HASHES = 63
"""In a proof of inclusion."""

LARGEST = note.LARGEST + 64 * 45 + 1_000
"""Bytes of a proof without extra data."""

_FIRST = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as it is kept; nobody has checked it yet."""

    index: int
    path: tuple[bytes, ...]
    """The proof of inclusion, the leaf's sibling first."""
    checkpoint: bytes
    """The signed note."""
    extra: bytes = b""
    """Whatever else its maker put there; nothing vouches for it, and we write none."""

    def encode(self) -> bytes:
        """As a file."""
        head = [_FIRST]
        if self.extra:
            head.append(f"extra {note.encode64(self.extra)}")
        head.append(f"index {self.index}")
        head += map(note.encode64, self.path)
        return "".join(f"{line}\n" for line in [*head, ""]).encode() + self.checkpoint


@dataclass(frozen=True, slots=True)
class Logged:
    """What a proof proves: an entry is in a log, and a quorum of witnesses saw it there."""

    origin: str
    """The log's name."""
    index: int
    """The entry's position, which orders it among all entries."""
    size: int
    """Of the tree that the proof is about."""
    root: bytes
    time: datetime | None
    """When the cosignatures first satisfied the policy: the entry is not younger. None: it asks for none."""
    witnesses: tuple[str, ...]
    """Who cosigned, by the policy's names."""


def decode(data: bytes) -> Proof:
    """Read a proof.

    Raises:
        BadPayload: it is none. (What it proves is not asked.)
    """
    if len(data) > LARGEST:
        raise BadPayload(f"a proof of {len(data)} bytes; {LARGEST} are allowed")
    head, parted, checkpoint = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise BadPayload("a proof whose head is not ASCII") from error
    if not parted or lines.pop(0) != _FIRST:
        raise BadPayload(f"a proof starts with {_FIRST!r} and has a checkpoint below an empty line")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = note.decode64(lines.pop(0).removeprefix("extra "))
    if not lines or not lines[0].startswith("index "):
        raise BadPayload("a proof without an index")
    index = note.decode_number(lines.pop(0).removeprefix("index "))
    if len(lines) > MOST_HASHES:
        raise BadPayload(f"a proof of {len(lines)} hashes; {MOST_HASHES} are enough for any tree")
    return Proof(index, tuple(map(note.decode_hash, lines)), checkpoint, extra)


def verify(data: bytes, leaf: Leaf, policy: Policy) -> Logged:
    """Check that a document's entry was logged, and seen by the policy's quorum; needs no network.

    Args:
        data: The bytes of the `.tlog-proof`.
        leaf: The entry as it follows from the document in hand: see `leaf.leaf_of`.
        policy: Whom the caller believes; never the one that came with the proof, unless it is known.

    Returns:
        Where the entry is, and when the quorum was first met.

    Raises:
        BadPayload: the proof is damaged, is of another entry, or its checkpoint is not what the policy asks.
    """
    return verify_entry(data, leaf.encode(), policy)


def verify_entry(data: bytes, entry: bytes, policy: Policy) -> Logged:
    """`verify`, for entries of any log."""
    proof = decode(data)
    seen = policy.open(proof.checkpoint)
    checkpoint = seen.signed.checkpoint
    merkle.check_inclusion(proof.path, merkle.leaf_hash(entry), proof.index, checkpoint.size, checkpoint.root)
    if not policy.holds(seen.times):
        who = ", ".join(sorted(seen.times)) or "nobody"
        raise BadPayload(f"the quorum of the policy is not met; cosigned by {who}")
    return Logged(
        checkpoint.origin, proof.index, checkpoint.size, checkpoint.root, seen.time, tuple(sorted(seen.times))
    )


def make(index: int, size: int, hashes: merkle.Hashes, checkpoint: bytes) -> Proof:
    """The proof of an entry in the tree of `size` whose cosigned checkpoint is given."""
    path: Sequence[bytes] = merkle.inclusion(index, size, hashes)
    return Proof(index, tuple(path), checkpoint)
