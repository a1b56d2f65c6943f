"""The server's side of a connection: what encoders need, and what bad and slow peers get."""

import struct
import tracemalloc

import pytest

from quality_creator.media.rtmp import amf, flv
from quality_creator.media.rtmp.connection import HANDSHAKE_BYTES, Ended, Published, Refused
from quality_creator.media.rtmp.flv import Tag
from quality_creator.media.rtmp.limits import Limits
from quality_creator.media.rtmp.message import Message
from tests.media.rtmp.peer import (
    AAC_FRAME,
    AAC_HEADER,
    AVC_FRAME,
    AVC_HEADER,
    AVC_KEY_FRAME,
    ECHO,
    FULL,
    HELLO,
    NONCE,
    SAME_STREAM,
    answers,
    chunk,
    command,
    commands,
    connection,
    obs,
    publishing,
    whole,
    without_handshake,
)

OBS = "FMLE/3.0 (compatible; FMSc/1.0)"

# --- what encoders need ----------------------------------------------------------------------------------


def test_obs_is_answered_step_by_step_until_it_publishes() -> None:
    server = connection()
    hello, greeting, create, publish = obs("KEY?token=1")

    assert server.receive(hello, 0.0) == []
    assert server.data_to_send() == b"\x03" + bytes(8) + NONCE + hello[1:]

    assert server.receive(greeting, 0.0) == []
    sent = server.data_to_send()
    window, bandwidth = whole(5, struct.pack(">I", 2_500_000)), whole(6, struct.pack(">IB", 2_500_000, 2))
    assert [message.kind for message in answers(sent)] == [5, 6, 20]
    assert window[12:] in sent
    assert bandwidth[12:] in sent
    ((name, transaction, _, status),) = commands(sent)
    assert (name, transaction) == ("_result", 1.0)
    assert isinstance(status, dict)
    assert (status["code"], status["objectEncoding"]) == ("NetConnection.Connect.Success", 0.0)

    assert server.receive(create, 0.0) == []
    assert commands(server.data_to_send()) == [
        ["_result", 2.0, None, None],
        ["_result", 3.0, None, None],
        ["onFCPublish", 0.0, None, {"code": "NetStream.Publish.Start", "description": ""}],
        ["_result", 4.0, None, 1.0],
    ]

    assert server.receive(publish, 0.0) == [Published("camera", "live", OBS)]
    begin, status_message = answers(server.data_to_send())
    assert begin == Message(4, 0, 0, bytes.fromhex("000000000001"))
    assert status_message.stream == 1
    assert amf.decode(status_message.payload) == [
        "onStatus",
        0.0,
        None,
        {"level": "status", "code": "NetStream.Publish.Start", "description": "Publishing."},
    ]


def test_tags_come_out_as_they_went_in_until_the_publisher_stops() -> None:
    server = publishing()
    metadata = amf.encode("@setDataFrame", "onMetaData", {"width": 1280.0, "encoder": "obs"})
    events = server.receive(
        whole(18, metadata)
        + whole(8, AAC_HEADER)
        + whole(9, AVC_HEADER)
        + whole(9, AVC_KEY_FRAME, stamp=40)
        + whole(8, AAC_FRAME, stamp=46)
        + whole(8, b"", stamp=50)
        + whole(18, amf.encode("onTextData", {"text": "caption"}))
        + command("FCUnpublish", 6.0, None, "KEY")
        + command("deleteStream", 7.0, None, 1.0),
        0.0,
    )
    assert events == [
        Tag(
            flv.SCRIPT,
            0,
            amf.encode("onMetaData") + b"\x08\0\0\0\2" + amf.encode({"width": 1280.0, "encoder": "obs"})[1:],
        ),
        Tag(flv.AUDIO, 0, AAC_HEADER),
        Tag(flv.VIDEO, 0, AVC_HEADER),
        Tag(flv.VIDEO, 40, AVC_KEY_FRAME),
        Tag(flv.AUDIO, 46, AAC_FRAME),
        Ended(),
    ]
    assert server.deadline is None
    assert server.receive(whole(9, AVC_FRAME), 0.0) == []


def test_commands_and_metadata_may_come_in_amf3_wrappers() -> None:
    server = connection()
    server.receive(
        HELLO + ECHO + command("connect", 1.0, {"app": "live", "objectEncoding": 3.0}, kind=17), 0.0
    )
    assert server.receive(command("publish", 2.0, None, "KEY", kind=17), 0.0) == [
        Published("camera", "live", "")
    ]
    wrapped = b"\x00" + amf.encode("onMetaData", {})
    assert server.receive(whole(15, wrapped), 0.0) == [Tag(flv.SCRIPT, 0, flv.metadata({}))]


def test_an_aggregate_message_is_taken_apart_and_its_times_count_from_its_own() -> None:
    def part(kind: int, payload: bytes, stamp: int) -> bytes:
        head = struct.pack(
            ">B3s3sB3s", kind, len(payload).to_bytes(3), (stamp % 2**24).to_bytes(3), stamp >> 24, b""
        )
        return head + payload + struct.pack(">I", 11 + len(payload))

    aggregate = (
        part(9, AVC_KEY_FRAME, 0x02000000)
        + part(8, AAC_FRAME, 0x02000000 + 10)
        + part(1, b"ignored", 0x02000000 + 20)
        + part(9, AVC_FRAME, 0x02000000 + 40)
    )
    assert publishing().receive(whole(22, aggregate, stamp=1000), 0.0) == [
        Tag(flv.VIDEO, 1000, AVC_KEY_FRAME),
        Tag(flv.AUDIO, 1010, AAC_FRAME),
        Tag(flv.VIDEO, 1040, AVC_FRAME),
    ]
    for cut in (5, 11, len(aggregate) - 1):
        (*_, refused) = publishing().receive(whole(22, aggregate[:cut]), 0.0)
        assert isinstance(refused, Refused)
        assert "ends in the middle of its part" in refused.words


def test_a_stream_goes_on_through_the_extended_timestamps() -> None:
    server = publishing()
    before, after = 0xFFFFFF - 20, 0xFFFFFF + 20
    assert server.receive(
        whole(9, AVC_KEY_FRAME, stamp=before)
        + whole(9, AVC_KEY_FRAME, stamp=after)
        + whole(9, AVC_FRAME, stamp=2**32 - 1),
        0.0,
    ) == [
        Tag(flv.VIDEO, before, AVC_KEY_FRAME),
        Tag(flv.VIDEO, after, AVC_KEY_FRAME),
        Tag(flv.VIDEO, 2**32 - 1, AVC_FRAME),
    ]


def test_pings_are_answered_also_when_librtmp_begins_with_a_short_header() -> None:
    server = publishing()
    ping = chunk(SAME_STREAM, 2, struct.pack(">HI", 6, 12345), kind=4)
    assert server.receive(ping, 0.0) == []
    assert answers(server.data_to_send()) == [Message(4, 0, 0, struct.pack(">HI", 7, 12345))]


def test_what_was_received_is_acknowledged_once_a_window() -> None:
    server = publishing()
    server.receive(whole(5, struct.pack(">I", 100_000), chunk_stream=2), 0.0)
    server.receive(whole(9, AVC_KEY_FRAME + bytes(150_000), piece=4096), 0.0)
    (acknowledgement,) = answers(server.data_to_send())
    assert acknowledgement.kind == 3
    (received,) = struct.unpack(">I", acknowledgement.payload)
    assert 150_000 < received < 153_000


def test_calls_that_nobody_knows_are_answered_and_done() -> None:
    server = publishing()
    assert server.receive(command("_checkbw", 9.0, None) + command("onIdle", 0.0, None), 0.0) == []
    assert commands(server.data_to_send()) == [["_result", 9.0, None, None]]


def test_enhanced_rtmp_is_taken_when_the_codec_is_ours() -> None:
    h265, opus = b"\x90hvc1" + b"x" * 20, b"\x90Opus" + b"x" * 20
    modified = b"\x97\x02\x00\x00\x00\x00" + b"hvc1"
    assert publishing().receive(whole(9, h265) + whole(8, opus) + whole(9, modified), 0.0) == [
        Tag(flv.VIDEO, 0, h265),
        Tag(flv.AUDIO, 0, opus),
        Tag(flv.VIDEO, 0, modified),
    ]


def test_names_that_a_peer_gives_are_fit_to_be_shown() -> None:
    server = connection()
    names = {"app": "li\x1b[31m\nve", "flashVer": "\u202eencoder" + "x" * 1000}
    server.receive(HELLO + ECHO + command("connect", 1.0, names, piece=128), 0.0)
    (published,) = server.receive(command("publish", 2.0, None, "KEY"), 0.0)
    assert published == Published("camera", "li[31mve", "encoder" + "x" * 248)


# --- who is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("nonsense", "unknown stream key"),
        ("BUSY", "the stream key of 'camera' is in use by 192.0.2.1:1935"),
        ("", "no stream key; the address must end in"),
        ("?token=1", "no stream key; the address must end in"),
    ],
)
def test_a_bad_key_is_refused_in_the_words_that_encoders_show(key: str, words: str) -> None:
    server = connection()
    for sent in obs(key)[:-1]:
        server.receive(sent, 0.0)
    server.data_to_send()
    (refused,) = server.receive(obs(key)[-1] + whole(9, AVC_HEADER), 0.0)
    assert isinstance(refused, Refused)
    assert refused.words.startswith(words)
    ((name, _, _, status),) = commands(server.data_to_send())
    assert name == "onStatus"
    assert status == {"level": "error", "code": "NetStream.Publish.BadName", "description": refused.words}
    assert server.deadline is None


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (b"\x06", "encrypted RTMP"),
        (b"\x16\x03\x01", "TLS instead of RTMP"),
        (b"GET / HTTP/1.1\r\n", "HTTP instead of RTMP"),
        (b"\xff", "not RTMP version 3: the first byte is 255"),
    ],
)
def test_a_peer_that_does_not_speak_our_rtmp_is_told_apart_by_its_first_byte(
    first: bytes, words: str
) -> None:
    (refused,) = connection().receive(first, 0.0)
    assert isinstance(refused, Refused)
    assert words in refused.words


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (command("play", 2.0, None, "KEY"), "only takes streams"),
        (whole(9, AVC_HEADER), "before a stream key"),
        (whole(18, amf.encode("onMetaData", {})), "before a stream key"),
        (command("publish", 2.0), "no stream key"),
        (command("publish", 2.0, None, None), "no stream key"),
        (command(1.0, 2.0), "without a name"),
        (command("connect", "one"), "without a name"),
        (command(), "without a name"),
        (whole(20, b"\x02\x00"), "ends in the middle"),
        (whole(17, b"\x00\x11\x0a"), "only AMF0"),
    ],
)
def test_a_peer_that_talks_nonsense_before_it_publishes_is_refused(sent: bytes, words: str) -> None:
    server = connection()
    server.receive(HELLO + ECHO, 0.0)
    (refused,) = server.receive(sent, 0.0)
    assert isinstance(refused, Refused)
    assert words in refused.words


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (command("publish", 8.0, None, "KEY"), "a second stream on one connection"),
        (
            whole(9, b"\x1c" + bytes(9)),
            "picture in codec 12; Sorenson H.263, VP6, H.264, H.265, AV1, VP9 are taken",
        ),
        (whole(9, b"\x90vvc1"), "picture in codec 'vvc1'"),
        (whole(9, b"\x90"), "picture in codec ''"),
        (whole(9, b"\x96\x00avc1"), "several pictures in one stream"),
        (whole(8, b"\xd0\x00"), "sound in codec 13"),
        (whole(8, b"\x90abcd"), "sound in codec 'abcd'"),
        (whole(8, b"\x95\x00mp4a"), "several sounds in one stream"),
        (whole(18, amf.encode("@setDataFrame", "onMetaData")[:-1]), "ends in the middle"),
        (whole(18, amf.encode("x" * 70_000)), "a command or metadata of 70005 bytes; 65536 are taken"),
        (chunk(FULL, 6, b"", size=2**22 + 1), "a message of 4194305 bytes; 4194304 are taken"),
    ],
)
def test_a_publisher_that_sends_what_we_cannot_take_is_cut_off_with_words(sent: bytes, words: str) -> None:
    server = publishing()
    (refused,) = server.receive(sent, 0.0)
    assert isinstance(refused, Refused)
    assert words in refused.words
    ((_, _, _, status),) = commands(server.data_to_send())
    assert status == {"level": "error", "code": "NetStream.Publish.Failed", "description": refused.words}


def test_what_a_publisher_sent_before_its_mistake_is_kept() -> None:
    tag, refused = publishing().receive(whole(9, AVC_KEY_FRAME) + whole(9, b"\x1c"), 0.0)
    assert tag == Tag(flv.VIDEO, 0, AVC_KEY_FRAME)
    assert isinstance(refused, Refused)


def test_our_own_reason_is_told_to_the_publisher_once() -> None:
    server = publishing()
    assert server.refuse("the episode has ended") == [Refused("the episode has ended")]
    assert server.refuse("again") == []
    ((_, _, _, status),) = commands(server.data_to_send())
    assert isinstance(status, dict)
    assert status["description"] == "the episode has ended"


# --- who is slow -----------------------------------------------------------------------------------------


def test_a_peer_that_gives_its_handshake_a_byte_at_a_time_is_cut_off() -> None:
    server = connection(Limits(handshake_s=5.0))
    now, events = 0.0, []
    for byte in HELLO:
        now += 0.01
        events += server.receive(bytes([byte]), now)
    assert events == [Refused("no complete RTMP handshake within 5 s")]
    assert now > 5.0
    assert server.data_to_send() == b""


def test_a_peer_that_never_shows_a_key_is_cut_off_also_when_it_keeps_talking() -> None:
    server = connection(Limits(publish_s=10.0))
    server.receive(HELLO + ECHO, 1.0)
    assert server.deadline == 10.0
    assert server.receive(command("createStream", 1.0, None), 9.9) == []
    assert server.tick(9.9) == []
    assert server.tick(10.0) == [Refused("no stream key within 10 s")]
    assert server.tick(11.0) == []
    assert server.receive(b"more", 11.0) == []


def test_a_publisher_has_to_finish_a_picture_or_a_sound_in_time() -> None:
    server = publishing(Limits(idle_s=5.0))
    assert server.deadline == 5.0
    assert server.receive(whole(9, AVC_FRAME), 4.0) == [Tag(flv.VIDEO, 0, AVC_FRAME)]
    assert server.deadline == 9.0
    # Neither commands nor metadata nor a picture that never ends keep it alive.
    server.receive(command("ping", 0.0) + whole(18, amf.encode("onMetaData", {})), 8.0)
    assert server.receive(chunk(FULL, 6, AVC_FRAME, size=128), 8.5) == []
    assert server.tick(9.0) == [Refused("no picture or sound for 5 s")]


def test_silence_is_excused_while_we_do_not_read() -> None:
    server = publishing(Limits(idle_s=5.0))
    server.excuse_silence(20.0)
    assert server.deadline == 25.0
    assert server.receive(whole(9, AVC_FRAME), 24.0) == [Tag(flv.VIDEO, 0, AVC_FRAME)]


# --- who is greedy ---------------------------------------------------------------------------------------


def test_a_stranger_may_send_a_quarter_of_a_megabyte_and_no_more() -> None:
    server = connection()
    server.receive(HELLO + ECHO, 0.0)
    chatter = command("chat", 0.0, "x" * 30_000, piece=128)
    events, sent = [], 0
    while not events:
        events = server.receive(chatter, 0.0)
        sent += len(chatter)
    assert events == [Refused("more than 262144 bytes before a stream key")]
    assert 1 << 18 < sent < (1 << 18) + len(chatter)


@pytest.mark.parametrize(
    ("published", "piece"),
    [
        (False, b"".join(chunk(FULL, number, b"x" * 128, size=65_000) for number in range(3, 60))),
        (True, b"".join(chunk(FULL, number, b"x" * 128, size=4_000_000) for number in range(3, 60))),
        (True, whole(18, b"\x0a\xff\xff\xff\xff" + b"\x05" * 60_000)),
        (True, whole(18, b"\x08\xff\xff\xff\xff" + b"\x00\x01a\x05" * 15_000)),
        (
            True,
            whole(5, b"\x00\x00\x00\x01")
            + b"".join(whole(20, amf.encode("onIdle", 0.0)) for _ in range(1000)),
        ),
    ],
)
def test_promises_cost_nothing_before_their_bytes_have_come(published: bool, piece: bytes) -> None:
    server = publishing() if published else connection()
    if not published:
        server.receive(HELLO + ECHO, 0.0)
        server.data_to_send()
    tracemalloc.start()
    try:
        server.receive(piece, 0.0)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4_000_000
    assert len(server.data_to_send()) < 10_000


def test_the_handshake_keeps_no_more_than_it_needs() -> None:
    server = connection()
    (refused,) = server.receive(HELLO + ECHO + bytes(1_000_000), 0.0)
    assert isinstance(refused, Refused)
    assert len(without_handshake(server.data_to_send())) < 1000
    assert len(HELLO) == 1 + HANDSHAKE_BYTES
