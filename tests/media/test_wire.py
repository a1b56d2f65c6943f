import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media import wire
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import BadPayload
from quality_creator.model.ids import SourceId

PART = wire.Part(
    msn=3,
    part=1,
    start=MediaTime(0),
    utc=Micros(7),
    independent=True,
    data={"720p": b"moof"},
    shown={SourceId("bench"): (0, 1, 2)},
    cpu_s=0.5,
    late_ms=1.5,
)


@pytest.mark.parametrize(
    "message",
    [PART, wire.Note(words="a lens is dirty 镜头脏了"), wire.Changed(number=1, position=MediaTime(2))],
)
def test_what_is_framed_is_read_again(message: wire.Up) -> None:
    framed = wire.frame(message)
    assert wire.length(framed[:4]) == len(framed) - 4
    assert wire.up(framed[4:]) == message


def test_a_length_that_no_message_has_is_refused() -> None:
    with pytest.raises(BadPayload, match="at most"):
        wire.length(b"\xff\xff\xff\xff")


@given(data=st.data())
def test_mutated_messages_give_bad_payload_and_nothing_else(data: st.DataObject) -> None:
    messages = [PART, wire.Note(words="镜头"), wire.Stop()]
    body = bytearray(msgspec.msgpack.encode(data.draw(st.sampled_from(messages))))
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=3)):
        body[at] = data.draw(st.integers(0, 255))
    for read in (wire.up, wire.down):
        with contextlib.suppress(BadPayload):
            read(bytes(body))


def test_text_that_is_not_utf8_is_refused() -> None:
    body = msgspec.msgpack.encode(wire.Note(words="abcd"))[:-1] + b"\xff"
    with pytest.raises(BadPayload, match="can't be read"):
        wire.up(body)


def test_nesting_without_end_is_refused() -> None:
    body = b"\x82\xa1x" + b"\x91" * 5000 + b"\x90" + b"\xa4type\xa4note"
    for read in (wire.up, wire.down):
        with pytest.raises(BadPayload, match="can't be read"):
            read(body)
