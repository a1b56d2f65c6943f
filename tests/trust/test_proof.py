"""`eddsa-jcs-2022` against W3C's published vector, and against everything that could be changed in it."""

import copy
import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust import contexts, jcs, multikey, proof

VECTOR = Path(__file__).parents[1] / "data" / "trust" / "eddsa-jcs-2022"
SIGNED: dict[str, Any] = json.loads((VECTOR / "signedJCS.json").read_bytes())
KEYS = json.loads((VECTOR / "keyPair.json").read_bytes())
PRIVATE = Ed25519PrivateKey.from_private_bytes(multikey.from_base58(KEYS["privateKeyMultibase"][1:])[2:])
PUBLIC = multikey.decode(KEYS["publicKeyMultibase"])
BARE = {name: value for name, value in SIGNED.items() if name != "proof"}


def _lines(name: str) -> str:
    return (VECTOR / name).read_text(encoding="utf-8").strip()


def test_the_published_document_is_written_canonically_byte_for_byte() -> None:
    assert jcs.encode(BARE).decode() == _lines("canonDocJCS.txt")
    assert jcs.digest(BARE).hex() == _lines("docHashJCS.txt")
    options = {name: value for name, value in SIGNED["proof"].items() if name != "proofValue"}
    assert jcs.encode(options).decode() == _lines("proofCanonJCS.txt")
    assert jcs.digest(options).hex() == _lines("proofHashJCS.txt")


def test_signing_gives_the_published_proof() -> None:
    made = proof.sign(
        BARE,
        PRIVATE,
        method=SIGNED["proof"]["verificationMethod"],
        created=datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC),
    )
    assert made == SIGNED
    assert multikey.from_base58(made["proof"]["proofValue"][1:]).hex() == _lines("sigHexJCS.txt")


def test_the_published_proof_verifies_under_its_key_and_no_other() -> None:
    claimed = proof.read(SIGNED)
    claimed.verify(PUBLIC)
    assert claimed.created == datetime(2023, 2, 24, 23, 36, 38, tzinfo=UTC)
    with pytest.raises(BadPayload):
        claimed.verify(Ed25519PrivateKey.generate().public_key())


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(name="Alumni credential"),
        lambda d: d.update(extra=1),
        lambda d: d.pop("description"),
        lambda d: d["@context"].append("https://example.org/more"),
        lambda d: d["proof"].update(created="2023-02-24T23:36:39Z"),
        lambda d: d["proof"].update(created="2023-02-24T23:36:38.0Z"),
        lambda d: d["proof"].update(created="2023-02-24T23:36:38+00:00"),
        lambda d: d["proof"].update(verificationMethod="did:key:other"),
        lambda d: d["proof"].update(proofPurpose="authentication"),
        lambda d: d["proof"].update(cryptosuite="eddsa-rdfc-2022"),
        lambda d: d["proof"].update(challenge="x"),
        lambda d: d["proof"].pop("@context"),
        lambda d: d["proof"].update({"@context": d["@context"][:1]}),
        lambda d: d["proof"].update(proofValue=d["proof"]["proofValue"][:-1]),
        lambda d: d["proof"].update(proofValue="z1" + d["proof"]["proofValue"][1:]),
        lambda d: d["proof"].update(proofValue="u" + d["proof"]["proofValue"][1:]),
        lambda d: d.update(proof=[d["proof"]]),
        lambda d: d.update(proof=[d["proof"], d["proof"]]),
        lambda d: d.pop("proof"),
        lambda d: d.update(proof=None),
    ],
)
def test_nothing_can_be_changed_added_or_taken_out(change: Any) -> None:
    document = copy.deepcopy(SIGNED)
    change(document)
    with pytest.raises(BadPayload):
        proof.read(document).verify(PUBLIC)


@pytest.mark.parametrize("seed", range(8))
def test_a_document_with_any_byte_changed_is_never_accepted_as_another_document(seed: int) -> None:
    chance = random.Random(seed)
    data = jcs.encode(SIGNED)
    for _ in range(150):
        mutant = bytearray(data)
        mutant[chance.randrange(len(mutant))] ^= 1 << chance.randrange(8)
        try:
            document = jcs.decode_object(bytes(mutant))
            proof.read(document).verify(PUBLIC)
        except BadPayload:
            continue
        raise AssertionError(f"accepted: {bytes(mutant)!r}")


@given(
    st.dictionaries(
        st.sampled_from(["a", "b", "proof", "@context", "type"]), st.text(max_size=5) | st.integers()
    )
)
def test_any_document_is_read_or_refused(document: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        proof.read(document).verify(PUBLIC)


def test_a_document_is_not_signed_twice() -> None:
    with pytest.raises(BadPayload):
        proof.sign(SIGNED, PRIVATE, method="x", created=datetime.now(UTC))


def test_a_context_of_the_package_is_the_pinned_one_and_others_are_refused() -> None:
    for address in contexts.addresses():
        assert "@context" in json.loads(contexts.text(address))
    with pytest.raises(BadPayload):
        contexts.text("https://www.w3.org/ns/credentials/examples/v2")
