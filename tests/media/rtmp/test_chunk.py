"""Chunks against the specification's own examples, and against a writer made by hand."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media.rtmp.chunk import ChunkReader, chunked
from quality_creator.media.rtmp.limits import Limits
from quality_creator.media.rtmp.message import Message
from quality_creator.model.errors import BadPayload
from tests.media.rtmp.peer import FULL, SAME_ALL, SAME_LENGTH, SAME_STREAM, chunk, split, whole


def read(data: bytes, limits: Limits | None = None) -> list[Message]:
    return list(ChunkReader(limits or Limits()).receive(data))


def stamps(data: bytes) -> list[int]:
    return [message.timestamp for message in read(data)]


def test_the_specifications_first_example_four_sounds_of_which_two_have_no_header() -> None:
    """RTMP 1.0, section 5.3.2.1."""
    sounds = [bytes([number]) * 32 for number in range(4)]
    data = (
        chunk(FULL, 3, sounds[0], stamp=1000, kind=8, stream=12345)
        + chunk(SAME_LENGTH, 3, sounds[1], stamp=20)
        + chunk(SAME_ALL, 3, sounds[2])
        + chunk(SAME_ALL, 3, sounds[3])
    )
    assert len(data) == 44 + 36 + 33 + 33
    assert read(data) == [Message(8, 1000 + 20 * number, 12345, sounds[number]) for number in range(4)]


def test_the_specifications_second_example_a_picture_in_three_chunks() -> None:
    """RTMP 1.0, section 5.3.2.2."""
    picture = bytes(range(256)) + bytes(51)
    data = (
        chunk(FULL, 4, picture[:128], stamp=1000, size=307, kind=9, stream=12346)
        + chunk(SAME_ALL, 4, picture[128:256])
        + chunk(SAME_ALL, 4, picture[256:])
    )
    assert len(data) == 140 + 129 + 52
    assert read(data) == [Message(9, 1000, 12346, picture)]


@pytest.mark.parametrize("number", [2, 63, 64, 319, 320, 65_599])
def test_all_three_forms_of_the_basic_header_are_read_and_written(number: int) -> None:
    message = Message(9, 5, 1, b"x" * 200)
    assert read(chunked(message, number)) == [message]
    assert chunked(message, number) == whole(9, message.payload, stamp=5, chunk_stream=number, piece=128)


def test_pieces_of_picture_and_sound_alternate() -> None:
    data = (
        chunk(FULL, 6, b"p" * 128, size=200)
        + chunk(FULL, 4, b"s" * 10, kind=8)
        + chunk(SAME_ALL, 6, b"p" * 72)
    )
    assert read(data) == [Message(8, 0, 1, b"s" * 10), Message(9, 0, 1, b"p" * 200)]


def test_messages_without_payload_are_messages() -> None:
    assert read(chunk(FULL, 4, b"", kind=8) + chunk(SAME_ALL, 4)) == [Message(8, 0, 1, b"")] * 2


# --- timestamps ------------------------------------------------------------------------------------------


def test_after_a_full_header_no_header_repeats_its_timestamp_as_the_delta() -> None:
    assert stamps(chunk(FULL, 4, b"a", stamp=40) + chunk(SAME_ALL, 4, b"b")) == [40, 80]


def test_an_extended_timestamp_stands_in_every_chunk_of_its_message() -> None:
    late = 0x01234567
    data = (
        chunk(FULL, 4, b"p" * 128, extended=late, size=300)
        + chunk(SAME_ALL, 4, b"p" * 128, extended=late)
        + chunk(SAME_ALL, 4, b"p" * 44, extended=late)
        + chunk(SAME_STREAM, 4, b"q", stamp=40)
    )
    assert read(data) == [Message(9, late, 1, b"p" * 300), Message(9, late + 40, 1, b"q")]
    assert chunked(Message(9, late, 1, b"p" * 300), 4) == data[: 16 + 128 + 5 + 128 + 5 + 44]


def test_an_extended_timestamp_that_an_old_encoder_leaves_out_of_later_chunks_is_not_missed() -> None:
    data = chunk(FULL, 4, b"p" * 128, extended=0x01234567, size=200) + chunk(SAME_ALL, 4, b"p" * 72)
    assert read(data) == [Message(9, 0x01234567, 1, b"p" * 200)]


def test_the_first_timestamp_that_needs_extending_is_all_ones_itself() -> None:
    assert stamps(chunk(FULL, 4, b"a", extended=0xFFFFFF)) == [0xFFFFFF]
    assert stamps(whole(9, b"a", stamp=0xFFFFFE)) == [0xFFFFFE]


def test_an_extended_delta_is_a_delta_also_without_a_header() -> None:
    long = 0x02000000
    data = (
        chunk(FULL, 4, b"a", stamp=1000)
        + chunk(SAME_STREAM, 4, b"b", extended=long)
        + chunk(SAME_ALL, 4, b"c", extended=long)
    )
    assert stamps(data) == [1000, 1000 + long, 1000 + 2 * long]


def test_deltas_lead_past_the_24_bits_without_any_extension() -> None:
    data = (
        chunk(FULL, 4, b"a", stamp=0xFFFFF0)
        + chunk(SAME_LENGTH, 4, b"b", stamp=40)
        + chunk(SAME_ALL, 4, b"c")
    )
    assert stamps(data) == [0xFFFFF0, 0xFFFFF0 + 40, 0xFFFFF0 + 80]


def test_timestamps_begin_again_after_32_bits() -> None:
    assert stamps(chunk(FULL, 4, b"a", extended=0xFFFFFFF0) + chunk(SAME_LENGTH, 4, b"b", stamp=40)) == [
        0xFFFFFFF0,
        24,
    ]


# --- control ---------------------------------------------------------------------------------------------


def test_set_chunk_size_holds_from_the_next_chunk_on() -> None:
    data = (
        whole(1, (1000).to_bytes(4, "big"), chunk_stream=2)
        + chunk(FULL, 4, b"p" * 1000, size=1100)
        + chunk(SAME_ALL, 4, b"p" * 100)
    )
    assert read(data) == [Message(9, 0, 1, b"p" * 1100)]


def test_set_chunk_size_holds_in_the_middle_of_a_message() -> None:
    data = (
        chunk(FULL, 4, b"p" * 128, size=500)
        + whole(1, (256).to_bytes(4, "big"), chunk_stream=2)
        + chunk(SAME_ALL, 4, b"p" * 256)
        + chunk(SAME_ALL, 4, b"p" * 116)
    )
    assert read(data) == [Message(9, 0, 1, b"p" * 500)]


def test_abort_drops_the_message_in_the_making() -> None:
    data = (
        chunk(FULL, 6, b"p" * 128, size=200, stamp=1000)
        + whole(2, (6).to_bytes(4, "big"), chunk_stream=2)
        + whole(2, (99).to_bytes(4, "big"), chunk_stream=2)
        + chunk(SAME_STREAM, 6, b"q", stamp=40)
    )
    assert read(data) == [Message(9, 1040, 1, b"q")]


# --- what is refused -------------------------------------------------------------------------------------

SMALL = Limits(command_bytes=1000, chunk_streams=3, before_publish_bytes=5000)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (chunk(FULL, 4, b"", size=1001), "a message of 1001 bytes; 1000 are taken"),
        (
            b"".join(chunk(FULL, n, b"p" * 128, size=900) for n in (4, 5, 6)),
            "more than 2000 bytes in unfinished",
        ),
        (b"".join(chunk(FULL, n, b"p") for n in (4, 5, 6, 7)), "more than 3 chunk streams"),
        (chunk(SAME_LENGTH, 4, b"p"), "chunk stream 4 begins without a header"),
        (chunk(SAME_ALL, 70, b"p"), "chunk stream 70 begins without a header"),
        (chunk(FULL, 4, b"p" * 128, size=200) + chunk(FULL, 4, b"p"), "before the last one was complete"),
        (whole(1, (127).to_bytes(4, "big")), "a chunk size of 127 bytes; 128 to"),
        (whole(1, (1 << 31).to_bytes(4, "big")), "a chunk size of 2147483648 bytes"),
        (whole(1, b"\x01\x00"), "a chunk size of 256 bytes"),
        (whole(2, b"\x01"), "an Abort message that does not say which"),
        (
            b"".join(whole(9, b"p" * 900, piece=128) for _ in range(6)),
            "more than 5000 bytes before a stream key",
        ),
    ],
)
def test_what_breaks_the_rules_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(BadPayload, match=words):
        read(data, SMALL)


def test_messages_before_the_bad_bytes_are_given() -> None:
    reader = ChunkReader(SMALL).receive(whole(9, b"good") + chunk(SAME_ALL, 9))
    assert next(reader).payload == b"good"
    with pytest.raises(BadPayload):
        next(reader)


# --- properties ------------------------------------------------------------------------------------------

messages = st.lists(
    st.builds(
        Message,
        st.sampled_from([8, 9, 18, 20]),
        st.integers(0, 2**32 - 1),
        st.integers(0, 2**32 - 1),
        st.binary(max_size=400),
    ),
    max_size=8,
)


@given(messages, st.data())
def test_messages_that_are_cut_and_woven_in_any_way_are_read(
    written: list[Message], data: st.DataObject
) -> None:
    """Each on a chunk stream of its own, their chunks in any order, the bytes in any pieces."""
    strands = []
    for number, message in enumerate(written):
        first = chunked(message, 3 + number)
        head = 12 + 4 * (message.timestamp >= 0xFFFFFF)
        edges = [0, *range(head + 128, len(first), 129 + head - 12), len(first)]
        strands.append([first[a:b] for a, b in itertools.pairwise(edges)])
    woven, rng = b"", random.Random(data.draw(st.integers()))
    while strands:
        strand = rng.choice(strands)
        woven += strand.pop(0)
        strands = [strand for strand in strands if strand]
    cuts = data.draw(st.lists(st.integers(0, len(woven)), max_size=20))
    reader = ChunkReader(Limits())
    found = [message for piece in split(woven, cuts) for message in reader.receive(piece)]
    assert sorted(found, key=repr) == sorted(written, key=repr)
    assert reader.consumed == len(woven)


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2**26), max_size=12), st.data())
def test_timestamps_are_right_however_the_headers_are_shortened(
    begin: int, deltas: list[int], data: st.DataObject
) -> None:
    out = whole(9, b"xy", stamp=begin)
    expected = [begin]
    last: int | None = begin
    for delta in deltas:
        expected.append((expected[-1] + delta) % 2**32)
        forms = [FULL, SAME_STREAM, SAME_LENGTH] + [SAME_ALL] * (delta == last)
        form = data.draw(st.sampled_from(forms))
        field = expected[-1] if form == FULL else delta
        extended = field if field >= 0xFFFFFF else None
        out += chunk(form, 4, b"xy", stamp=field, extended=extended)
        last = field
    assert stamps(out) == expected
