"""Keys and names as text: one text a key, one key a text, and weak keys not at all."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust import did, multikey

SMALL = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
]


@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_read_as_it_was_written(seed: bytes) -> None:
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
    text = multikey.encode(public)
    assert text.startswith("z6Mk")
    assert multikey.decode(text).public_bytes_raw() == public.public_bytes_raw()
    assert multikey.did_key(public) == f"did:key:{text}"


@given(st.binary(max_size=80))
def test_base58_is_read_as_it_was_written(data: bytes) -> None:
    assert multikey.from_base58(multikey.base58(data)) == data


@pytest.mark.parametrize("encoded", SMALL)
def test_a_weak_key_can_not_be_written_as_a_multikey_that_is_read(encoded: str) -> None:
    text = "z" + multikey.base58(b"\xed\x01" + bytes.fromhex(encoded))
    with pytest.raises(BadPayload):
        multikey.decode(text)


@given(st.text(max_size=200))
def test_any_text_is_a_key_or_is_refused(text: str) -> None:
    for one in (text, f"z{text}", f"z6Mk{text}"):
        with pytest.raises(BadPayload):
            multikey.decode(one)


def test_a_p256_key_is_refused() -> None:
    with pytest.raises(BadPayload):
        multikey.decode("zDnaerx9CtbPJ1q36T5Ln5wYt3MQYeGRG5ehnPAmxcf5mDZpv")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("did:web:inspect.example", "https://inspect.example/.well-known/did.json"),
        ("did:web:inspect.example:unit:7", "https://inspect.example/unit/7/did.json"),
        ("did:web:inspect.example%3A8443", "https://inspect.example:8443/.well-known/did.json"),
    ],
)
def test_a_name_leads_to_an_address(name: str, address: str) -> None:
    assert did.address(name) == address


@pytest.mark.parametrize(
    "name",
    [
        "did:web:",
        "did:web:UPPER.example",
        "did:web:localhost",
        "did:key:z6Mk",
        "did:web:a.b/c",
        "did:web:a.b#k",
        "did:web:a..b",
        "https://a.b",
        "did:web:a.b:" + "x" * 65,
    ],
)
def test_what_is_no_did_web_is_refused(name: str) -> None:
    with pytest.raises(BadPayload):
        did.web(name)
