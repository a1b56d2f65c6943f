"""Which units of a lot are inspected: drawn so that nobody could choose, and anyone can repeat it.

1. The lot is announced: how many units, how they are named, how many are drawn, and whose cosignatures
   decide. It is an entry of the log, at the place i; the checkpoint of i + 1 entries ends with it.
2. One more entry follows. The checkpoint of exactly i + 2 entries decides: its root, and the cosignatures
   that the named witnesses gave it. It did not exist when the lot was announced.
3. The units follow from SHA-256 by rejection sampling: no unit is likelier than another.

The root alone would not do: the log's writer knows it beforehand, and could try many second entries until one
suits. A cosignature it can't know before the witness gives it, and an honest witness gives one for this size.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from quality_creator.model.errors import BadPayload
from quality_creator.trust import jcs
from quality_creator.trust.log import checkpoint, note
from quality_creator.trust.log.checkpoint import Signed
from quality_creator.trust.log.leaf import Leaf
from quality_creator.trust.log.policy import Policy, Seen

LOT = "lot/1"
"""The announcement's kind of entry."""

MARK = "mark/1"
"""The entry that follows it, and says nothing."""

DRAW = "draw/1"
"""The entry that says what was drawn."""

MOST_UNITS = 10_000_000
MOST_DRAWN = 10_000

_DOMAIN = b"quality-creator/draw/1\n"
_WORD = 8  # bytes of a random number


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The sampling plan by which the lot is accepted or not: fixed before anybody knows the units."""

    standard: str
    aql: str
    """Percent nonconforming, a decimal number as text."""
    level: str
    severity: str
    accept: Annotated[int, msgspec.Meta(ge=0, le=MOST_DRAWN)]
    """Up to so many nonconforming units the lot is accepted."""
    reject: Annotated[int, msgspec.Meta(ge=1, le=MOST_DRAWN + 1)]
    """From so many on it is not."""


class Lot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The announcement."""

    type: Literal["lot/1"] = "lot/1"
    id: str
    episode: str
    what: str
    """What the units are, in the maker's words."""
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_UNITS)]
    serials: tuple[str, ...] = ()
    """Their names, as many as there are units; empty where they are told apart by position, from 1 on."""
    drawn: Annotated[int, msgspec.Meta(ge=1, le=MOST_DRAWN)]
    """How many."""
    witnesses: tuple[str, ...]
    """Verifier keys of those whose cosignatures decide; empty only where the log has no witnesses."""
    plan: Plan | msgspec.UnsetType = msgspec.UNSET
    """Absent where nothing is decided by the sample."""

    def encode(self) -> bytes:
        """The document's bytes. Raises BadPayload when it contradicts itself."""
        if self.serials and (len(self.serials) != self.count or len(set(self.serials)) != self.count):
            raise BadPayload(f"{len(set(self.serials))} different serials for {self.count} units")
        if self.drawn > self.count:
            raise BadPayload(f"{self.drawn} of {self.count} units can't be drawn")
        for word in self.witnesses:
            note.vkey(word)
        return jcs.encode(msgspec.to_builtins(self))

    def name(self, unit: int) -> str:
        """What a unit is called."""
        return self.serials[unit] if self.serials else str(unit + 1)


class Draw(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was drawn, and all that decided it."""

    type: Literal["draw/1"] = "draw/1"
    id: str
    episode: str
    lot: str
    """SHA-256 of the announcement, in hex."""
    index: Annotated[int, msgspec.Meta(ge=0, le=jcs.LARGEST)]
    """The announcement's place in the log."""
    announced: str
    """The checkpoint that ends with the announcement."""
    decided: str
    """The checkpoint that decided: with one entry more."""
    units: tuple[Annotated[int, msgspec.Meta(ge=0, lt=MOST_UNITS)], ...]
    """Counted from 0, in the order in which they were drawn."""

    def encode(self) -> bytes:
        """The document's bytes. Raises BadPayload."""
        return jcs.encode(msgspec.to_builtins(self))


_Document = TypeVar("_Document", Lot, Draw)


def decode_lot(data: bytes) -> Lot:
    """Read an announcement. Raises BadPayload: it is none, or not in its one form."""
    return _decoded(data, Lot)


def decode_draw(data: bytes) -> Draw:
    """Read a draw. Raises BadPayload: it is none, or not in its one form. Nothing of it is checked."""
    return _decoded(data, Draw)


def draw(
    lot: Lot,
    leaf: Leaf,
    announced: bytes,
    decided: bytes,
    *,
    policy: Policy,
    id: str,  # noqa: A002
    index: int,
) -> Draw:
    """Draw the units of a lot.

    Args:
        lot: The announcement.
        leaf: Its entry.
        announced: The checkpoint that ends with the entry.
        decided: The checkpoint with one entry more.
        policy: Whom one believes.
        id: Of the draw's document.
        index: The announcement's place in the log.

    Raises:
        BadPayload: these checkpoints can't decide; the text says why.
    """
    first, second = policy.open(announced), policy.open(decided)
    units = _units(lot, leaf, index, (first, second), policy)
    return Draw(
        id=id,
        episode=lot.episode,
        lot=leaf.sha256,
        index=index,
        announced=announced.decode(),
        decided=decided.decode(),
        units=units,
    )


def check(made: Draw, lot: Lot, leaf: Leaf, policy: Policy, root_of: Callable[[int], bytes]) -> None:
    """Repeat a draw.

    Args:
        made: The draw as it was announced.
        lot: The lot.
        leaf: The entry at the place that the draw says, from the log; it must be the lot's.
        policy: Whom the caller believes.
        root_of: The root of the log's tree at a size.

    Raises:
        BadPayload: it was not drawn so; the text says what is not right.
    """
    if leaf.type != LOT or leaf.sha256 != made.lot or leaf.sha256 != _digest(lot.encode()):
        raise BadPayload(f"the log's entry {made.index} is not the announcement of this lot")
    first, second = (policy.open(text.encode()) for text in (made.announced, made.decided))
    for seen in (first, second):
        there = seen.signed.checkpoint
        if root_of(there.size) != there.root:
            raise BadPayload(f"the checkpoint of {there.size} entries is not of this log")
    if _units(lot, leaf, made.index, (first, second), policy) != made.units:
        raise BadPayload("other units follow from the log than those that are said to be drawn")


def choose(seed: bytes, count: int, drawn: int) -> tuple[int, ...]:
    """So many different units of `count`, each sequence as likely as any other.

    The first steps of a Fisher-Yates shuffle; numbers are SHA-256(seed, counter) in words of 64 bits, and a
    word from the uneven end of their range is passed over instead of wrapped around.
    """
    words = _words(seed)
    moved: dict[int, int] = {}
    units = []
    for position in range(drawn):
        other = position + _below(count - position, words)
        units.append(moved.get(other, other))
        moved[other] = moved.get(position, position)
    return tuple(units)


def seed(leaf: Leaf, decided: Signed, witnesses: Sequence[str]) -> bytes:
    """What the draw follows from.

    Raises:
        BadPayload: one of the witnesses did not cosign, or its signature is not its own.
    """
    parts = [leaf.hash, decided.checkpoint.root]
    for word in witnesses:
        key = note.vkey(word)
        at = checkpoint.cosigned_at(decided, key)
        if at is None:
            raise BadPayload(f"{key.name} was to decide, and did not cosign")
        lines = [one.data for one in decided.note.by(key) if one.data[:8] == at.to_bytes(8)]
        parts.append(min(lines))
    return hashlib.sha256(_DOMAIN + b"".join(parts)).digest()


def _units(lot: Lot, leaf: Leaf, index: int, seen: tuple[Seen, Seen], policy: Policy) -> tuple[int, ...]:
    first, second = seen
    sizes = first.signed.checkpoint.size, second.signed.checkpoint.size
    if sizes != (index + 1, index + 2):
        raise BadPayload(
            f"checkpoints of {sizes[0]} and {sizes[1]} entries; the draw of an announcement at {index} is "
            f"decided by that of {index + 2}, after that of {index + 1}"
        )
    if not policy.holds(first.times) or not policy.holds(second.times):
        raise BadPayload("a checkpoint that decides has not the quorum of the policy")
    if policy.witnesses and not lot.witnesses:
        raise BadPayload(
            "the announcement names no witness, though the log has some: its writer could choose"
        )
    known = {str(one.key): one.name for one in policy.witnesses}
    for word in lot.witnesses:
        if word not in known:
            raise BadPayload(f"{word.partition('+')[0]} was to decide, and is no witness of the policy")
        if first.met_at is not None and second.times.get(known[word], first.met_at) < first.met_at:
            raise BadPayload("what decided was cosigned before the announcement was seen")
    return choose(seed(leaf, second.signed, lot.witnesses), lot.count, lot.drawn)


def _words(start: bytes) -> Iterator[int]:
    counter = 0
    while True:
        block = hashlib.sha256(start + counter.to_bytes(8)).digest()
        for at in range(0, len(block), _WORD):
            yield int.from_bytes(block[at : at + _WORD])
        counter += 1


def _below(limit: int, words: Iterator[int]) -> int:
    """A number below a limit, none likelier than another."""
    whole = (1 << 8 * _WORD) // limit * limit
    return next(word for word in words if word < whole) % limit


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _decoded(data: bytes, kind: type[_Document]) -> _Document:
    value: Any = jcs.canonical(data)
    try:
        found = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadPayload(f"it is no {kind.__name__.lower()}: {error}") from error
    if found.encode() != data:
        raise BadPayload(f"a {kind.__name__.lower()} that leaves something out")
    return found


def together(types: Sequence[str], before: str) -> int:
    """How many of the entries that wait come into the next checkpoint.

    An announcement ends one, and the entry behind it has one of its own: else no checkpoint would have
    exactly the size that decides.

    Args:
        types: Of the waiting entries.
        before: Of the last entry of the tree; empty when there is none.
    """
    if before == LOT:
        return min(1, len(types))
    for number, kind in enumerate(types, 1):
        if kind == LOT:
            return number
    return len(types)
