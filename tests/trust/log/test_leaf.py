import contextlib
import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import leaf, merkle
from quality_creator.trust.log.leaf import leaf_of
from tests.trust.log.strategies import leaf as some


def test_an_entry_is_canonical_json_of_five_words() -> None:
    made = leaf_of("零".encode(), type="dossier/1", id="urn:uuid:1", issuer="did:web:例", subject='"é\n"')
    assert made.encode().decode() == (
        '{"id":"urn:uuid:1","issuer":"did:web:例",'
        f'"sha256":"{hashlib.sha256("零".encode()).hexdigest()}",'
        '"subject":"\\"é\\n\\"","type":"dossier/1"}'
    )
    assert made.hash == merkle.leaf_hash(made.encode())
    assert leaf.decode(made.encode()) == made


@pytest.mark.parametrize(
    "entry",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        some(1).encode() + b" ",
        some(1).encode().replace(b'"id"', b' "id"'),
        some(1).encode().replace(b"remark/1", b"remark"),
        some(1).encode().replace(b"remark/1", b"remark/1\\n"),
        some(1).encode().replace(b"remark/1", b"Remark/1"),
        msgspec.json.encode({**msgspec.structs.asdict(some(1)), "more": 1}),
        msgspec.json.encode({**msgspec.structs.asdict(some(1)), "sha256": "A" * 64}),
    ],
)
def test_what_is_not_an_entry_of_ours_is_refused(entry: bytes) -> None:
    with pytest.raises(BadPayload):
        leaf.decode(entry)


def test_an_entry_that_is_too_long_is_refused() -> None:
    with pytest.raises(BadPayload, match="65535"):
        msgspec.structs.replace(some(1), subject="x" * 65_536).encode()


@given(st.binary(max_size=120), st.integers(0, 250), st.integers(0, 40))
def test_any_bytes_are_an_entry_or_are_refused(data: bytes, at: int, cut: int) -> None:
    whole = some(1).encode()
    for mutated in (data, whole[:at] + data[:3] + whole[at + cut :]):
        with contextlib.suppress(BadPayload):
            assert leaf.decode(mutated).encode() == mutated
