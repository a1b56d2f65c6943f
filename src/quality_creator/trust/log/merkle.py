"""The log's Merkle tree (RFC 6962, 2.1): proofs that an entry is in it, and that it only ever grew.

A proof is made from the hashes of complete subtrees, wherever those come from: `Hashes` is asked for
the root over entries `[index << level, (index + 1) << level)`. Which of them are asked for depends on
sizes and positions alone, never on their values; `tile.needed` relies on that.
"""

import hashlib
from collections.abc import Callable, Sequence

from quality_creator.model.errors import BadPayload

Hashes = Callable[[int, int], bytes]
"""The root over a complete subtree: (level, index) → 32 bytes."""

EMPTY = hashlib.sha256(b"").digest()
"""The root of the tree without entries."""

LARGEST = 2**63 - 1
"""The most entries of a tree."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two hashes."""
    return hashlib.sha256(b"\1" + left + right).digest()


def in_memory(leaves: Sequence[bytes]) -> Hashes:
    """`Hashes` over leaf hashes that are all at hand; each is computed once."""
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([node_hash(*below[i : i + 2]) for i in range(0, len(below) - 1, 2)])

    def hash_of(level: int, index: int) -> bytes:
        return levels[level][index]

    return hash_of


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes that are all at hand."""
    return root(len(leaves), in_memory(leaves))


def root(size: int, hashes: Hashes) -> bytes:
    """The root over the first `size` entries."""
    return _over(0, size, hashes) if size else EMPTY


def inclusion(index: int, size: int, hashes: Hashes) -> list[bytes]:
    """The proof that the entry at `index` is in the tree of `size` entries, the leaf's sibling first."""
    if not 0 <= index < size:
        raise ValueError(f"entry {index} of a tree of {size}")
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_over(middle, end, hashes))
            end = middle
        else:
            path.append(_over(start, middle, hashes))
            start = middle
    return path[::-1]


def consistency(old: int, new: int, hashes: Hashes) -> list[bytes]:
    """The proof that the tree of `new` entries begins with the tree of `old`; empty for 0 and for `new`."""
    if not 0 <= old <= new:
        raise ValueError(f"from {old} to {new} entries")
    if old in (0, new):
        return []
    start, end, path = 0, new, []
    whole = True  # the old tree is a subtree of the new one, whose root the checker has
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_over(middle, end, hashes))
            end = middle
        else:
            path.append(_over(start, middle, hashes))
            start, whole = middle, False
    if not whole:
        path.append(_over(start, end, hashes))
    return path[::-1]


def check_inclusion(proof: Sequence[bytes], leaf: bytes, index: int, size: int, expected: bytes) -> None:
    """Check a proof of inclusion (RFC 9162, 2.1.3.2).

    Args:
        proof: As `inclusion` makes it.
        leaf: The entry's leaf hash.
        index: The entry's position.
        size: Of the tree.
        expected: The tree's root.

    Raises:
        BadPayload: it does not prove that.
    """
    if not 0 <= index < size <= LARGEST:
        raise BadPayload(f"a tree of {size} entries has no entry {index}")
    _check_hashes(leaf, expected, *proof)
    at, last, result = index, size - 1, leaf
    for other in proof:
        if last == 0:
            raise BadPayload("a proof of inclusion that is too long")
        if at & 1 or at == last:
            result = node_hash(other, result)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            result = node_hash(result, other)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise BadPayload("a proof of inclusion that is too short")
    if result != expected:
        raise BadPayload(f"the proof does not lead from the entry at {index} to the tree's root")


def check_consistency(proof: Sequence[bytes], old: int, new: int, old_root: bytes, new_root: bytes) -> None:
    """Check a proof that a tree only grew (RFC 9162, 2.1.4.2).

    Raises:
        BadPayload: it does not prove that.
    """
    if not 0 <= old <= new <= LARGEST:
        raise BadPayload(f"a tree can't grow from {old} to {new} entries")
    _check_hashes(old_root, new_root, *proof)
    if old in (0, new):
        if proof:
            raise BadPayload("a proof of consistency where none is needed")
        if (old == 0 and old_root != EMPTY) or (old == new and old_root != new_root):
            raise BadPayload("one size, two roots: this is a fork")
        return
    hashes = [*([old_root] if old & (old - 1) == 0 else []), *proof]
    if _climb(hashes, old, new) != (old_root, new_root):
        raise BadPayload(f"the tree of {new} entries does not begin with the tree of {old}")


def _climb(hashes: Sequence[bytes], old: int, new: int) -> tuple[bytes, bytes]:
    """The two roots that a proof of consistency leads to."""
    if not hashes:
        raise BadPayload("a proof of consistency that is too short")
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            raise BadPayload("a proof of consistency that is too long")
        if at & 1 or at == last:
            before, after = node_hash(other, before), node_hash(other, after)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, other)
        at, last = at >> 1, last >> 1
    if last != 0:
        raise BadPayload("a proof of consistency that is too short")
    return before, after


def _check_hashes(*hashes: bytes) -> None:
    if any(len(one) != len(EMPTY) for one in hashes):
        raise BadPayload(f"a hash has {len(EMPTY)} bytes")


def _over(start: int, end: int, hashes: Hashes) -> bytes:
    """The root over entries `[start, end)`, a range that RFC 6962's recursion visits."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return hashes(level, start >> level)
    middle = start + _split(size)
    return node_hash(_over(start, middle, hashes), _over(middle, end, hashes))


def _split(size: int) -> int:
    """The largest power of two below `size`, which is above 1."""
    return 1 << (size - 1).bit_length() - 1
