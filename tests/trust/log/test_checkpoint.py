import contextlib
import struct
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust import ed25519
from quality_creator.trust.log import checkpoint, note
from quality_creator.trust.log.checkpoint import Checkpoint
from quality_creator.trust.log.note import Signature
from tests.trust.log.strategies import LOG, ORIGIN, WITNESSES, leaf, signed

KEY = checkpoint.log_key(ORIGIN, LOG)
COMMITTEE = checkpoint.witness_key("committee.example", WITNESSES["committee"])
ENTRIES = [leaf(number).encode() for number in range(3)]

checkpoints = st.builds(
    Checkpoint,
    st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
    st.lists(st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=9), max_size=2).map(tuple),
)


@given(checkpoints)
def test_a_checkpoint_is_read_as_it_was_written(one: Checkpoint) -> None:
    assert checkpoint.parse(one.text) == one


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log\n1\n",
        "log\n1\nAAAA\n",
        f"log\n01\n{'A' * 43}=\n",
        f"log\n-1\n{'A' * 43}=\n",
        f"\n1\n{'A' * 43}=\n",
        f"log\n1\n{'A' * 43}=\n\n",
        f"log\n1\n{'A' * 43}=",
        f"log\n1\n{'A' * 42}B=\n",
    ],
)
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadPayload):
        checkpoint.parse(text)


def test_a_log_opens_what_it_signed_and_nobody_opens_what_another_signed() -> None:
    data = signed(ENTRIES, {}).encode()
    assert checkpoint.open_signed(data, [KEY]).checkpoint.size == 3
    with pytest.raises(BadPayload, match="believed"):
        checkpoint.open_signed(data, [checkpoint.log_key(ORIGIN, WITNESSES["committee"])])
    with pytest.raises(BadPayload, match="believed"):
        checkpoint.open_signed(data, [checkpoint.log_key("other.example", LOG)])
    with pytest.raises(BadPayload, match="believed"):
        checkpoint.open_signed(data, [COMMITTEE])


def test_a_signature_under_another_text_is_refused() -> None:
    data = signed(ENTRIES, {}).encode()
    with pytest.raises(BadPayload, match="not of this text"):
        checkpoint.open_signed(data.replace(b"\n3\n", b"\n4\n"), [KEY])


def test_a_key_may_sign_for_its_own_log_only() -> None:
    made = checkpoint.sign(Checkpoint(ORIGIN, 0, bytes(32)), LOG)
    other = made.note.text.replace(ORIGIN, "other.example")
    line = Signature(KEY.name, KEY.id, LOG.sign(other.encode()))
    with pytest.raises(BadPayload, match="believed"):
        checkpoint.open_signed(note.Note(other, (line,)).encode(), [KEY])


def test_a_cosignature_says_when_and_the_earliest_counts() -> None:
    made = signed(ENTRIES, {"committee": 1_700_000_000})
    again = made.with_signatures(
        [checkpoint.cosign(made, "committee.example", WITNESSES["committee"], 1_600_000_000)]
    )
    assert checkpoint.cosigned_at(made, COMMITTEE) == 1_700_000_000
    assert checkpoint.cosigned_at(again, COMMITTEE) == 1_600_000_000
    assert checkpoint.cosigned_at(signed(ENTRIES, {"inst01": 5}), COMMITTEE) is None


def test_a_cosignature_whose_time_was_changed_is_refused() -> None:
    made = signed(ENTRIES, {})
    line = checkpoint.cosign(made, "committee.example", WITNESSES["committee"], 1_700_000_000)
    moved = Signature(line.name, line.id, struct.pack(">Q", 1_700_000_001) + line.data[8:])
    with pytest.raises(BadPayload, match="not of this text"):
        checkpoint.cosigned_at(made.with_signatures([moved]), COMMITTEE)


@pytest.mark.parametrize("at", [0, checkpoint.LATEST + 1, 2**64 - 1])
def test_a_cosignature_without_a_possible_time_is_refused(at: int) -> None:
    made = signed(ENTRIES, {})
    line = checkpoint.cosign(made, "committee.example", WITNESSES["committee"], at)
    with pytest.raises(BadPayload, match="time"):
        checkpoint.cosigned_at(made.with_signatures([line]), COMMITTEE)


def test_a_logs_signature_is_no_cosignature() -> None:
    made = signed(ENTRIES, {})
    line = Signature(KEY.name, KEY.id, (5).to_bytes(8) + bytes(64))
    with pytest.raises(BadPayload, match="not one that cosigns"):
        checkpoint.cosigned_at(made.with_signatures([line]), KEY)


def test_a_cosignature_with_ml_dsa_counts_too() -> None:
    private = MLDSA44PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    key = note.vkey(str(note.key("post.example", note.KIND_ML_DSA_COSIGNATURE, public)))
    made = signed(ENTRIES, {})
    origin, who = ORIGIN.encode(), b"post.example"
    message = b"subtree/v1\n\0" + bytes([len(who)]) + who + (1_700_000_000).to_bytes(8)
    message += bytes([len(origin)]) + origin + (0).to_bytes(8) + (3).to_bytes(8) + made.checkpoint.root
    data = (1_700_000_000).to_bytes(8) + private.sign(message)
    good = made.with_signatures([Signature(key.name, key.id, data)])
    assert checkpoint.cosigned_at(good, key) == 1_700_000_000
    bad = made.with_signatures([Signature(key.name, key.id, data[:-1] + bytes([data[-1] ^ 1]))])
    with pytest.raises(BadPayload, match="not of this text"):
        checkpoint.cosigned_at(bad, key)


def test_the_example_of_gos_package_note_verifies() -> None:
    # golang.org/x/mod/sumdb/note, whose notes these are: the example of its documentation.
    key = note.vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    found = note.decode(
        (
            "If you think cryptography is the answer to your problem,\n"
            "then you don't know what your problem is.\n\n"
            "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
            "otpRZb6KE6RyyBwJnAM=\n"
        ).encode()
    )
    (line,) = found.by(key)
    ed25519.public_key(key.public).verify(line.data, found.text.encode())


def test_openssl_verifies_a_checkpoint(tmp_path: Path) -> None:
    found = note.decode(signed(ENTRIES, {}).encode())
    (line,) = found.by(KEY)
    public = Ed25519PrivateKey.from_private_bytes(b"L" * 32).public_key()
    (tmp_path / "key.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "signature").write_bytes(line.data)
    for text, good in ((found.text, True), (found.text.replace("\n3\n", "\n4\n"), False)):
        (tmp_path / "text").write_text(text, encoding="utf-8")
        command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in text -sigfile signature"
        answer = subprocess.run(command.split(), check=False, cwd=tmp_path, capture_output=True, timeout=20)
        assert (answer.returncode == 0, b"Verified Successfully" in answer.stdout) == (good, good)


@given(st.data())
def test_a_checkpoint_with_a_byte_changed_is_refused_or_says_the_same(data: st.DataObject) -> None:
    whole = signed(ENTRIES, {"committee": 1_700_000_000})
    encoded = bytearray(whole.encode())
    at = data.draw(st.integers(0, len(encoded) - 1))
    encoded[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadPayload):
        opened = checkpoint.open_signed(bytes(encoded), [KEY])
        assert opened.checkpoint == whole.checkpoint
        assert checkpoint.cosigned_at(opened, COMMITTEE) in (1_700_000_000, None)
