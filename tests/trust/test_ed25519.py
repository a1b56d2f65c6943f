import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust.ed25519 import public_key

P = 2**255 - 19

# All encodings of the eight points of small order, canonical or not: table 1 of Chalkias, Garillot,
# Nikolaenko, "Taming the many EdDSAs" (2020).
SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("encoded", SMALL)
def test_a_key_of_small_order_is_refused_in_every_encoding(encoded: str) -> None:
    with pytest.raises(BadPayload):
        public_key(bytes.fromhex(encoded))


@given(st.integers(P, 2**255 - 1), st.booleans())
def test_a_key_that_is_not_canonical_is_refused(y: int, sign: bool) -> None:
    with pytest.raises(BadPayload, match="canonically"):
        public_key((y | sign << 255).to_bytes(32, "little"))


@given(st.binary(min_size=32, max_size=32))
def test_a_generated_key_is_taken_as_it_is(seed: bytes) -> None:
    key = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    assert public_key(key.public_bytes_raw()) == key


@given(st.binary(max_size=40))
def test_any_bytes_are_a_key_or_are_refused(data: bytes) -> None:
    with contextlib.suppress(BadPayload):
        assert public_key(data).public_bytes_raw() == data
