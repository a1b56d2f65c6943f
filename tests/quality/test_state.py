"""A state's bytes come back as they were, or not at all."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given as always
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.quality import Plan, decode, encode, given, start, step
from quality_creator.quality.rules import NELSON
from quality_creator.quality.state import MAGIC, seal

PLAN = Plan(kind="xbar-r", size=3, rules=NELSON)
STATE, _ = step(start(PLAN, given(PLAN, center=1.0, sigma=2.0)), [float(number % 7) for number in range(50)])
DATA = encode(STATE)


def test_a_state_comes_back_from_its_bytes() -> None:
    assert decode(DATA) == STATE
    assert len(DATA) < 1000


@always(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, change: int) -> None:
    mutated = bytearray(DATA)
    mutated[place] ^= change
    with pytest.raises(BadPayload):
        decode(bytes(mutated))


@always(st.integers(0, len(DATA) - 1))
def test_cut_bytes_are_refused(length: int) -> None:
    with pytest.raises(BadPayload):
        decode(DATA[:length])
    with pytest.raises(BadPayload):
        decode(DATA + DATA[:length] + b"\0")


@always(st.binary(max_size=200))
def test_any_bytes_are_refused_even_with_a_right_digest(body: bytes) -> None:
    with pytest.raises(BadPayload):
        decode(body)
    with pytest.raises(BadPayload):
        decode(seal(MAGIC, body))


@always(st.dictionaries(st.integers(0, len(DATA) - 17), st.integers(0, 255), min_size=1, max_size=4))
def test_a_changed_body_with_a_right_digest_is_refused_or_a_state(changes: dict[int, int]) -> None:
    body = bytearray(DATA[16:])
    for place, byte in changes.items():
        body[place] = byte
    try:
        state = decode(seal(MAGIC, bytes(body)))
    except BadPayload:
        return
    assert encode(state)


@pytest.mark.parametrize(
    "change",
    [
        {"history": (0,)},
        {"history": (1 << 16,) * len(STATE.history)},
        {"pending": (1.0, 2.0, 3.0)},
        {"plotted": -1},
        {"previous": math.inf},
        {"plan": Plan(kind="xbar-r", size=1)},
    ],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadPayload):
        decode(encode(msgspec.structs.replace(STATE, **change)))


def test_a_later_format_is_named() -> None:
    with pytest.raises(BadPayload, match="format 02"):
        decode(b"QCS\x02" + DATA[4:])
