"""Logs for the tests, made on the spot."""

from collections.abc import Iterator, Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import strategies as st

from quality_creator.trust.log import checkpoint, merkle, policy, proof, tile
from quality_creator.trust.log.checkpoint import Checkpoint, Signed
from quality_creator.trust.log.leaf import Leaf, leaf_of
from quality_creator.trust.log.policy import Policy
from quality_creator.trust.log.proof import Proof

ORIGIN = "log.example/quality"
LOG = Ed25519PrivateKey.from_private_bytes(b"L" * 32)
WITNESSES = {
    name: Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32, b"."))
    for name in ("committee", "inst01", "inst02", "inst03")
}

sizes = st.integers(1, 600)


def policy_text(quorum: str = "double") -> bytes:
    """The committee, and two of three institutions."""
    lines = ["# Whom the tests believe", f"log {checkpoint.log_key(ORIGIN, LOG)}", ""]
    for name, private in WITNESSES.items():
        lines.append(
            f"witness {name} {checkpoint.witness_key(f'{name}.example', private)} https://{name}.example/"
        )
    lines += ["group inspection 2 inst01 inst02 inst03", "group double all committee inspection"]
    return "".join(f"{line}\n" for line in [*lines, f"quorum {quorum}"]).encode()


def the_policy(quorum: str = "double") -> Policy:
    return policy.parse(policy_text(quorum))


def leaf(number: int) -> Leaf:
    return leaf_of(
        f"document {number}".encode(),
        type="remark/1",
        id=f"urn:example:{number}",
        issuer="did:web:example",
        subject="urn:example:episode",
    )


def signed(entries: Sequence[bytes], cosigners: dict[str, int]) -> Signed:
    """A checkpoint over entries, cosigned at the times given."""
    root = merkle.root_of([merkle.leaf_hash(entry) for entry in entries])
    made = checkpoint.sign(Checkpoint(ORIGIN, len(entries), root), LOG)
    return made.with_signatures(
        [checkpoint.cosign(made, f"{name}.example", WITNESSES[name], at) for name, at in cosigners.items()]
    )


def proven(index: int, size: int, cosigners: dict[str, int]) -> Proof:
    entries = [leaf(number).encode() for number in range(size)]
    hashes = merkle.in_memory([merkle.leaf_hash(entry) for entry in entries])
    return proof.make(index, size, hashes, signed(entries, cosigners).encode())


def files_of(entries: Sequence[bytes], cuts: Sequence[int]) -> Iterator[tuple[tile.Tree, dict[str, bytes]]]:
    """A log grown step by step; after each step the tree, and all files written so far."""
    tree, files = tile.Tree(), dict[str, bytes]()
    for start, end in zip([0, *cuts], [*cuts, len(entries)], strict=True):
        tree, new = tile.grow(tree, entries[start:end])
        for path, data in new.items():
            assert files.setdefault(path, data) == data, path
        yield tree, files
