import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media import cmaf, emsg
from quality_creator.media.box import boxes, full_box
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadPayload
from quality_creator.model.event import (
    SCHEME,
    Counters,
    Definition,
    Definitions,
    FrameData,
    Message,
    Point,
    Signal,
    TimedMessage,
)
from quality_creator.model.ids import CharacteristicId, LineId
from quality_creator.model.stream import FRAME_TICKS
from quality_creator.model.text import Text

micros = st.integers(0, 1 << 62).map(Micros)
finite = st.floats(allow_nan=False, allow_infinity=False)
points = st.builds(
    Point,
    characteristic=st.text(max_size=9).map(CharacteristicId),
    index=st.integers(0, 1 << 40),
    time=micros,
    value=finite,
    late=st.booleans(),
    plotted=st.none() | st.integers(0, 1 << 40),
    location=st.none() | finite,
    signals=st.lists(st.builds(Signal, rule=st.text(max_size=9)), max_size=2).map(tuple),
)
counters = st.builds(
    Counters, line=st.text(max_size=9).map(LineId), time=micros, total=st.integers(0), rejected=st.integers(0)
)
definition = Definition(
    characteristic=CharacteristicId("glaze"),
    name=Text(zh="釉层厚度", en="glaze thickness"),
    unit="µm",
    line=LineId("kiln"),
    line_name=Text(zh="窑炉", en="kiln"),
    decimals=1,
    chart="i-mr",
    size=1,
    rules=("nelson-1",),
)
messages: st.SearchStrategy[Message] = st.builds(
    FrameData,
    utc=micros,
    points=st.lists(points, max_size=3).map(tuple),
    counters=st.lists(counters, max_size=2).map(tuple),
) | st.just(Definitions(characteristics=(definition,)))
timed = st.builds(TimedMessage, at=st.integers(0, 1 << 50), message=messages)


@given(st.lists(timed, max_size=4))
def test_what_is_put_into_a_part_is_read_from_it(programme: Any, sent: list[TimedMessage]) -> None:
    part = emsg.insert(programme.parts[0], emsg.encode(sent))
    assert emsg.messages(part) == sent


def test_a_segments_messages_are_read_in_order_of_its_parts(programme: Any) -> None:
    sent = [TimedMessage(at=n * 8 * FRAME_TICKS, message=FrameData(utc=Micros(n))) for n in range(6)]
    parts = [
        emsg.insert(part, emsg.encode([message]))
        for part, message in zip(programme.parts[:6], sent, strict=True)
    ]
    assert emsg.messages(b"".join(parts)) == sent


def test_boxes_stand_between_styp_and_moof(programme: Any) -> None:
    sent = emsg.encode([TimedMessage(at=0, message=FrameData(utc=Micros(0)))] * 2)
    assert [b.kind for b in boxes(emsg.insert(programme.parts[0], sent))] == [
        b"styp",
        b"emsg",
        b"emsg",
        b"moof",
        b"mdat",
    ]
    assert next(b.kind for b in boxes(emsg.insert(programme.parts[1], sent))) == b"emsg"


def test_samples_are_found_behind_messages(programme: Any) -> None:
    sent = emsg.encode([TimedMessage(at=0, message=FrameData(utc=Micros(0)))])
    part = programme.parts[0]
    moved = emsg.insert(part, sent)
    (before,), (after,) = cmaf.fragments(part), cmaf.fragments(moved)
    old, new = (
        [data[s.start : s.end] for run in f.runs for s in run.samples]
        for data, f in ((part, before), (moved, after))
    )
    assert old == new


def test_a_part_with_messages_still_decodes(programme: Any) -> None:
    sent = emsg.encode([TimedMessage(at=0, message=FrameData(utc=Micros(0)))])
    with programme.open(*(emsg.insert(part, sent) for part in programme.parts)) as container:
        assert len(list(container.decode(video=0))) == 144


def test_the_box_is_laid_out_as_the_standards_say() -> None:
    """Byte for byte against ISO/IEC 23009-1 (5.10.3.3.3) and ID3v2.4 (3.1, 4, 4.2.6)."""
    message = FrameData(utc=Micros(7))
    (raw,) = (emsg.encode([TimedMessage(at=3 * FRAME_TICKS, message=message)]),)
    text = b'{"type":"data","utc":7,"points":[],"counters":[]}'
    value = b"\x03" + SCHEME.encode() + b"\x00" + text
    assert len(value) < 128
    tag = b"ID3\x04\x00\x00" + bytes((0, 0, 0, 10 + len(value)))
    tag += b"TXXX" + bytes((0, 0, 0, len(value))) + b"\x00\x00" + value
    body = (
        b"\x01\x00\x00\x00"
        + (90_000).to_bytes(4, "big")
        + (3 * FRAME_TICKS).to_bytes(8, "big")
        + (3_600).to_bytes(4, "big")
        + (3 * 16).to_bytes(4, "big")
        + b"https://aomedia.org/emsg/ID3\x00\x00"
        + tag
    )
    assert raw == (8 + len(body)).to_bytes(4, "big") + b"emsg" + body


def test_a_long_text_has_a_size_in_groups_of_seven_bits() -> None:
    message = FrameData(utc=Micros(0), counters=(counters_of(1000),))
    raw = emsg.encode([TimedMessage(at=0, message=message)])
    start = raw.index(b"ID3\4") + 6
    size = raw[start : start + 4]
    assert all(byte < 128 for byte in size)
    assert (
        sum(byte << shift for byte, shift in zip(size, (21, 14, 7, 0), strict=True)) == len(raw) - start - 4
    )
    assert emsg.messages(raw) == [TimedMessage(at=0, message=message)]


def counters_of(length: int) -> Counters:
    return Counters(line=LineId("长" * length), time=Micros(0), total=0, rejected=0)


def test_ids_differ_between_frames_and_within_a_frame() -> None:
    data = FrameData(utc=Micros(0))
    raw = emsg.encode([TimedMessage(at=n // 2 * FRAME_TICKS, message=data) for n in range(400)])
    ids = [raw[box.content + 20 : box.content + 24] for box in boxes(raw)]
    assert len(set(ids)) == 400


def test_messages_of_others_are_passed_over(programme: Any) -> None:
    ours = TimedMessage(at=0, message=FrameData(utc=Micros(0)))
    raw = emsg.encode([ours])
    others = [
        full_box(b"emsg", 0, 0, b"urn:c2pa:verifiable-segment-info\0fseg\0", bytes(16), b"\xd2\x84"),
        full_box(b"emsg", 1, 0, bytes(20), b"urn:scte:scte35:2013:bin\0\0", b"\xfc"),
        raw.replace(SCHEME.encode(), b"X" * len(SCHEME)),
        raw.replace(b"TXXX", b"PRIV"),
        raw.replace(b"ID3\4", b"ID3\3"),
    ]
    part = emsg.insert(programme.parts[0], b"".join(others) + raw + others[0])
    assert emsg.messages(part) == [ours]


def test_ours_with_a_value_of_another_version_is_refused() -> None:
    raw = emsg.encode([TimedMessage(at=0, message=FrameData(utc=Micros(0)))])
    with pytest.raises(BadPayload, match="at 0 can't be read"):
        emsg.messages(raw.replace(b'"utc"', b'"ctu"'))


def test_nesting_without_end_is_refused() -> None:
    raw = emsg._box(0, 0, b'{"x":' + b"[" * 5000 + b"]" * 5000 + b',"type":"data"}')
    with pytest.raises(BadPayload, match="recursion"):
        emsg.messages(raw)


@given(st.lists(timed, max_size=5))
def test_what_is_written_of_messages_is_their_json(sent: list[TimedMessage]) -> None:
    assert emsg.written(emsg.encode(sent)) == msgspec.json.encode(sent)


@pytest.mark.parametrize(
    "text", [b'{"type":"data","utc":1}},{"at":0,"message":{"type":"data","utc":2}', b"", b"{", b"1 2"]
)
def test_a_text_that_is_more_or_less_than_one_value_is_not_written(text: bytes) -> None:
    with pytest.raises(BadPayload):
        emsg.written(emsg._box(0, 0, text))


def test_nothing_can_be_put_into_bytes_without_a_moof() -> None:
    with pytest.raises(BadPayload, match="moof"):
        emsg.insert(full_box(b"free", 0, 0), b"")


@given(data=st.data(), sent=st.lists(timed, min_size=1, max_size=2))
def test_mutated_messages_give_bad_payload_and_nothing_else(
    data: st.DataObject, sent: list[TimedMessage]
) -> None:
    mutated = bytearray(emsg.encode(sent))
    for at in data.draw(st.lists(st.integers(0, len(mutated) - 1), min_size=1, max_size=3)):
        mutated[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(BadPayload):
        emsg.messages(bytes(mutated[: data.draw(st.integers(0, len(mutated)))]))
    with contextlib.suppress(BadPayload):
        emsg.written(bytes(mutated[: data.draw(st.integers(0, len(mutated)))]))


def test_every_single_changed_byte_is_survived() -> None:
    raw = emsg.encode([TimedMessage(at=0, message=FrameData(utc=Micros(0)))])
    for at in range(len(raw)):
        for value in (0, 1, 0x7F, 0x80, 0xFF):
            with contextlib.suppress(BadPayload):
                emsg.messages(raw[:at] + bytes([value]) + raw[at + 1 :])
