import contextlib
import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import merkle

# The entries and roots that every implementation of RFC 6962 is tested with, from Certificate
# Transparency's own reference implementation: the trees of the first 1, 2, … 8 of these entries.
ENTRIES = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def mth(entries: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, word by word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\1" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """RFC 6962, 2.1.1, word by word."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2, word by word."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def split(n: int) -> int:
    return max(1 << bit for bit in range(n.bit_length()) if 1 << bit < n)


def some(size: int) -> list[bytes]:
    return [number.to_bytes(2) for number in range(size)]


def hashes(size: int) -> merkle.Hashes:
    return merkle.in_memory([merkle.leaf_hash(entry) for entry in some(size)])


def root(size: int) -> bytes:
    return merkle.root(size, hashes(size))


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle.root_of([merkle.leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root() -> None:
    assert merkle.root_of([]) == hashlib.sha256(b"").digest()


@given(st.integers(0, 300))
def test_roots_follow_the_definition(size: int) -> None:
    assert root(size) == mth(some(size))


@given(st.data())
def test_proofs_of_inclusion_follow_the_definition_and_check(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index = data.draw(st.integers(0, size - 1))
    proof = merkle.inclusion(index, size, hashes(size))
    assert proof == path(index, some(size))
    merkle.check_inclusion(proof, merkle.leaf_hash(some(size)[index]), index, size, root(size))


@given(st.data())
def test_proofs_of_consistency_follow_the_definition_and_check(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 300))
    old = data.draw(st.integers(1, new))
    proof = merkle.consistency(old, new, hashes(new))
    assert proof == subproof(old, some(new), True)
    merkle.check_consistency(proof, old, new, root(old), root(new))


def test_every_proof_of_small_trees_checks_for_its_own_entry_and_for_no_other() -> None:
    for size in range(1, 20):
        for index in range(size):
            proof = merkle.inclusion(index, size, hashes(size))
            for other in range(size):
                fits = contextlib.nullcontext() if other == index else pytest.raises(BadPayload)
                with fits:
                    merkle.check_inclusion(
                        proof, merkle.leaf_hash(some(size)[index]), other, size, root(size)
                    )


def test_a_tree_in_which_something_changed_is_not_a_continuation() -> None:
    for old in range(1, 20):
        for new in range(old, 20):
            proof = merkle.consistency(old, new, hashes(new))
            changed = merkle.root_of([merkle.leaf_hash(b"!" + entry) for entry in some(old)])
            with pytest.raises(BadPayload):
                merkle.check_consistency(proof, old, new, changed, root(new))


@given(st.data())
def test_a_changed_proof_is_never_accepted(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 70))
    old = data.draw(st.integers(1, new))
    index = data.draw(st.integers(0, new - 1))
    leaf = merkle.leaf_hash(some(new)[index])
    for proof, check in (
        (
            merkle.inclusion(index, new, hashes(new)),
            lambda proof: merkle.check_inclusion(proof, leaf, index, new, root(new)),
        ),
        (
            merkle.consistency(old, new, hashes(new)),
            lambda proof: merkle.check_consistency(proof, old, new, root(old), root(new)),
        ),
    ):
        changed = data.draw(changes(proof))
        if changed != proof:
            with pytest.raises(BadPayload):
                check(changed)


@st.composite
def changes(draw: st.DrawFn, proof: list[bytes]) -> list[bytes]:
    """A proof with a hash dropped, doubled, moved, put in or flipped in one bit."""
    kind = draw(st.sampled_from(["drop", "double", "swap", "insert", "flip"]))
    if kind == "insert" or not proof:
        at = draw(st.integers(0, len(proof)))
        return [*proof[:at], draw(st.binary(min_size=32, max_size=32)), *proof[at:]]
    at, other = draw(st.integers(0, len(proof) - 1)), draw(st.integers(0, len(proof) - 1))
    result = list(proof)
    match kind:
        case "drop":
            del result[at]
        case "double":
            result.insert(at, proof[at])
        case "swap":
            result[at], result[other] = result[other], result[at]
        case "flip":
            bit = draw(st.integers(0, 255))
            result[at] = (int.from_bytes(proof[at]) ^ 1 << bit).to_bytes(32)
    return result


def test_one_size_with_two_roots_is_a_fork() -> None:
    with pytest.raises(BadPayload, match="fork"):
        merkle.check_consistency([], 3, 3, root(3), root(2))
    with pytest.raises(BadPayload, match="fork"):
        merkle.check_consistency([], 0, 3, root(2), root(3))


def test_what_is_no_hash_is_refused() -> None:
    with pytest.raises(BadPayload, match="32 bytes"):
        merkle.check_inclusion([], b"", 0, 1, b"")
    with pytest.raises(BadPayload, match="32 bytes"):
        merkle.check_consistency([b""], 1, 2, root(1), root(2))


@given(
    st.lists(st.binary(min_size=31, max_size=33), max_size=66),
    st.integers(-1, 1 << 65),
    st.integers(-1, 1 << 65),
    st.binary(min_size=32, max_size=32),
)
def test_any_proof_is_accepted_or_refused_as_a_bad_one(
    proof: list[bytes], one: int, other: int, digest: bytes
) -> None:
    with contextlib.suppress(BadPayload):
        merkle.check_inclusion(proof, digest, one, other, digest)
    with contextlib.suppress(BadPayload):
        merkle.check_consistency(proof, one, other, digest, digest)
