import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import checkpoint, note
from quality_creator.trust.log.note import Key, Note, Signature
from tests.trust.log.strategies import LOG, ORIGIN

keys = st.builds(
    lambda name, kind, seed: note.key(
        name, kind, Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    ),
    st.text(min_size=1, max_size=12).filter(note.good_name),
    st.sampled_from([note.KIND_ED25519, note.KIND_COSIGNATURE]),
    st.binary(min_size=32, max_size=32),
)
texts = (
    st.lists(st.text(st.characters(exclude_categories=["C"])), min_size=1).map("\n".join).map("{}\n".format)
)
signatures = st.builds(
    Signature,
    st.text(min_size=1, max_size=12).filter(note.good_name),
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=80),
)
notes = st.builds(Note, texts, st.lists(signatures, min_size=1, max_size=4).map(tuple))


@given(keys)
def test_a_key_is_its_one_word(key: Key) -> None:
    assert note.vkey(str(key)) == key


@given(notes)
def test_a_note_is_read_as_it_was_written(one: Note) -> None:
    assert note.decode(one.encode()) == one


def test_a_weak_key_is_refused_wherever_it_comes_from() -> None:
    weak = Key("log.example", note.KIND_ED25519, (1).to_bytes(32, "little"))
    with pytest.raises(BadPayload, match="small order"):
        note.vkey(str(weak))
    with pytest.raises(BadPayload, match="small order"):
        note.key(weak.name, weak.kind, weak.public)


def test_a_verifier_key_whose_id_is_not_its_own_is_refused() -> None:
    word = str(checkpoint.log_key(ORIGIN, LOG))
    name, id_, data = word.split("+", 2)
    with pytest.raises(BadPayload, match="the id"):
        note.vkey(f"{name}+{int(id_, 16) ^ 1:08x}+{data}")
    with pytest.raises(BadPayload, match="the id"):
        note.vkey(f"{name}x+{id_}+{data}")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2028b", "a\nb", "\ud800"])
def test_a_name_that_could_be_read_in_two_ways_is_refused(name: str) -> None:
    with pytest.raises(BadPayload, match="name"):
        note.key(name, note.KIND_ED25519, LOG.public_key().public_bytes_raw())


def test_base64_has_one_form() -> None:
    assert note.decode64("AA==") == b"\0"
    for other in ("AB==", "AA", "AA=", "AA==\n", " AA==", "A A==", "_w==", "Ａ==="):
        with pytest.raises(BadPayload):
            note.decode64(other)


@pytest.mark.parametrize("text", ["", "-1", "01", "+1", "1 ", "٣", "9223372036854775808", "1_0"])
def test_numbers_have_one_form(text: str) -> None:
    with pytest.raises(BadPayload):
        note.decode_number(text)
    assert note.decode_number("0") == 0
    assert note.decode_number("9223372036854775807") == 2**63 - 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        b"text\n\n\xe2\x80\x94 a AAAAAAA=",
        b"text\n\n- a AAAAAAA=\n",
        b"text\n\n\xe2\x80\x94 a AAAAAA==\n",
        b"te\txt\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\xff\n\n\xe2\x80\x94 a AAAAAAA=\n",
        b"text\n\n" + b"\xe2\x80\x94 a AAAAAAA=\n" * 101,
        b"text\n" * 200_001 + b"\n\xe2\x80\x94 a AAAAAAA=\n",
    ],
)
def test_what_is_not_a_note_is_refused(data: bytes) -> None:
    with pytest.raises(BadPayload):
        note.decode(data)


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_are_a_note_or_are_refused(data: bytes) -> None:
    with contextlib.suppress(BadPayload):
        assert note.decode(data).encode() == data


@given(st.text(max_size=80))
def test_any_text_is_a_verifier_key_or_is_refused(text: str) -> None:
    with contextlib.suppress(BadPayload):
        assert str(note.vkey(text)) == text
