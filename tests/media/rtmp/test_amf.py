"""AMF0, against bytes from the specification and against anything at all."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media.rtmp import amf
from quality_creator.model.errors import BadPayload

values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=20), inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        ("00 3ff0000000000000", 1.0),
        ("01 00", False),
        ("01 02", True),
        ("02 0003 616263", "abc"),
        ("03 0003 617070 02 0004 6c697665 000009", {"app": "live"}),
        ("05", None),
        ("06", None),
        ("08 00000063 0001 61 00 4000000000000000 000009", {"a": 2.0}),
        ("0a 00000002 05 0101", [None, True]),
        ("0b 4270000000000000 0000", 2.0**40),
        ("0c 00000003 616263", "abc"),
        ("0f 00000004 3c612f3e", "<a/>"),
        ("10 0003 466f6f 0001 61 05 000009", {"a": None}),
        ("02 0002 fffe", "\ufffd\ufffd"),
    ],
)
def test_each_type_of_the_specification_is_read(data: str, value: amf.Value) -> None:
    assert amf.decode(bytes.fromhex(data)) == [value]


@given(st.lists(values, max_size=5))
def test_what_is_written_is_read(written: list[amf.Value]) -> None:
    assert amf.decode(amf.encode(*written)) == written


def test_long_texts_and_long_names_are_written() -> None:
    assert amf.decode(amf.encode("x" * 70_000)) == ["x" * 70_000]
    assert amf.decode(amf.encode({"n" * 70_000: 1.0})) == [{"n" * 65_535: 1.0}]
    (number,) = amf.decode(amf.encode(math.nan))
    assert isinstance(number, float)
    assert math.isnan(number)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("00 3ff0", "ends in the middle of a value, at byte 3"),
        ("02 ffff 61", "ends in the middle"),
        ("03 0001 61 05", "ends in the middle"),
        ("0a ffffffff", "ends in the middle"),
        ("07 0001", "no value of type 7, at byte 0"),
        ("11 0a", "only AMF0 is understood"),
        ("0a00000001" * 20, "nested deeper than 16 levels"),
    ],
)
def test_what_is_no_amf0_is_refused_in_words(data: str, words: str) -> None:
    with pytest.raises(BadPayload, match=words):
        amf.decode(bytes.fromhex(data))


@given(st.lists(values, max_size=3), st.data())
def test_changed_and_cut_bytes_give_values_or_bad_payload(
    written: list[amf.Value], data: st.DataObject
) -> None:
    mutated = bytearray(amf.encode(*written))
    for _ in range(data.draw(st.integers(0, 4))):
        if mutated:
            mutated[data.draw(st.integers(0, len(mutated) - 1))] = data.draw(st.integers(0, 255))
    del mutated[data.draw(st.integers(0, len(mutated))) :]
    try:
        decoded = amf.decode(bytes(mutated))
    except BadPayload:
        return
    amf.encode(*decoded)


@given(st.binary(max_size=200))
def test_any_bytes_give_values_or_bad_payload(data: bytes) -> None:
    try:
        amf.encode(*amf.decode(data))
    except BadPayload:
        return
