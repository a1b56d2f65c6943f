"""Lists of revocations: bits where the standard has them, a day's life, and no bombs."""

import base64
import gzip
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust import jcs, proof, status_list
from tests.trust.authorities import NOW, signer


@given(st.sets(st.integers(0, status_list.SIZE - 1), max_size=20))
def test_a_list_is_read_as_it_was_written(indices: set[int]) -> None:
    bits = status_list.decode(status_list.encode(indices))
    assert status_list.set_positions(bits) == sorted(indices)


def test_index_0_is_the_most_significant_bit_of_the_first_byte() -> None:
    assert status_list.decode(status_list.encode([0]))[0] == 0x80
    assert status_list.decode(status_list.encode([7, 8]))[:2] == b"\x01\x80"


def test_the_standards_own_example_is_an_empty_list() -> None:
    # Bitstring Status List 1.0, example 2: 131,072 clear bits.
    text = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert status_list.set_positions(status_list.decode(text)) == []


def test_the_same_bits_are_always_the_same_text() -> None:
    assert status_list.encode([5, 70_000]) == status_list.encode([70_000, 5])


@pytest.mark.parametrize("index", [-1, status_list.SIZE])
def test_a_position_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(BadPayload):
        status_list.encode([index])


def _packed(data: bytes) -> str:
    return "u" + base64.urlsafe_b64encode(gzip.compress(data, mtime=0)).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        "zabc",
        "u!!!!",
        _packed(b""),
        _packed(bytes(16_383)),
        _packed(bytes(16_385)),
        _packed(bytes(10_000_000)),
        _packed(bytes(16_384))[:-9],
        "u" + "A" * 50_000,
    ],
)
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(BadPayload):
        status_list.decode(text)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_list_or_are_refused(data: bytes) -> None:
    for text in ("u" + base64.urlsafe_b64encode(data).decode().rstrip("="), _packed(data)):
        with pytest.raises(BadPayload):
            status_list.decode(text)


def test_a_list_says_whose_it_is_and_until_when_it_counts() -> None:
    one = signer("inst1")
    one.revoked.add(9)
    found = status_list.read(one.status_list())
    found.made.verify(one.key.public_key())
    assert (found.issuer, found.purpose, found.address) == (one.did, "revocation", one.list_address)
    assert found.valid_until - found.valid_from == timedelta(hours=24)
    assert [found.set_at(8), found.set_at(9)] == [False, True]


def test_a_list_that_wants_to_count_for_longer_than_a_day_is_refused() -> None:
    document = jcs.decode_object(signer("inst1").status_list())
    document.pop("proof")
    document["validUntil"] = proof.time_text(NOW + timedelta(hours=25))
    signed = proof.sign(document, signer("inst1").key, method=signer("inst1").method, created=NOW)
    with pytest.raises(BadPayload):
        status_list.read(jcs.encode(signed))
