"""The one way to write JSON: it means one value, and everything else is refused with our own error."""

import contextlib
import json
import unicodedata

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust import jcs

TEXT = st.text(st.characters(exclude_categories=("Cs",))).map(lambda text: unicodedata.normalize("NFC", text))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-jcs.LARGEST, jcs.LARGEST) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_written_is_read_as_the_same_value_and_written_the_same_again(value: object) -> None:
    data = jcs.encode(value)
    assert jcs.decode(data) == value
    assert jcs.encode(jcs.decode(data)) == data


@given(VALUES)
def test_it_is_what_another_writer_of_the_rfc_makes_of_it(value: object) -> None:
    assert jcs.encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(VALUES)
def test_layout_and_order_of_names_do_not_matter(value: object) -> None:
    loose = json.dumps(value, indent=3, ensure_ascii=True).encode()
    assert jcs.encode(jcs.decode(loose)) == jcs.encode(value)


def test_names_are_in_the_order_of_their_utf_16_code_units() -> None:
    # RFC 8785, 3.2.3: U+1F600 is the surrogates D83D DE00 and so stands before U+FB33.
    # (The RFC's own example has U+FB33, which is not NFC and therefore refused here; U+FB03 is.)
    names = ["\u20ac", "\r", "\ufb03", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = jcs.encode(dict.fromkeys(names, 0))
    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb03"]


@pytest.mark.parametrize(
    "text",
    [
        "1.5",
        "1e3",
        "NaN",
        "Infinity",
        "9007199254740992",
        "-9007199254740992",
        "1" * 5000,
        '{"a":1,"a":1}',
        '"e\u0301"',
        '{"e\u0301":1}',
        '"\\ud800"',
        "[" * 100_000,
        "[" * 40 + "]" * 40,
        "",
        "{",
        "\ufeff{}",
    ],
)
def test_what_two_programs_could_read_differently_is_refused(text: str) -> None:
    with pytest.raises(BadPayload):
        jcs.decode(text.encode())


@pytest.mark.parametrize("value", [1.0, 2**53, "e\u0301", b"bytes", {1: 2}, {"a": {3}}, "\ud800"])
def test_what_has_no_one_way_to_be_written_is_refused(value: object) -> None:
    with pytest.raises(BadPayload):
        jcs.encode(value)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_or_are_refused(data: bytes) -> None:
    with contextlib.suppress(BadPayload):
        jcs.encode(jcs.decode(data))


def test_a_document_whose_digest_counts_is_written_canonically() -> None:
    assert jcs.canonical(b'{"a":1,"b":2}') == {"a": 1, "b": 2}
    for other in (b'{"b":2,"a":1}', b'{"a":1, "b":2}', b'{"a":1,"b":2}\n'):
        with pytest.raises(BadPayload):
            jcs.canonical(other)
