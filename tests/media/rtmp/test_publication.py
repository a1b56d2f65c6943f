"""What we say to a server, against the one that we have ourselves, and answers of all kinds."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media.rtmp import amf, flv
from quality_creator.media.rtmp.connection import Ended, Published
from quality_creator.media.rtmp.publication import (
    Accepted,
    Event,
    Publication,
    Refused,
    State,
    picture,
    picture_header,
    sound,
    sound_header,
)
from quality_creator.model.errors import BadPayload
from tests.media.rtmp.peer import (
    AAC_FRAME,
    AAC_HEADER,
    AVC_FRAME,
    AVC_HEADER,
    AVC_KEY_FRAME,
    NONCE,
    command,
    commands,
    connection,
    split,
    whole,
    without_handshake,
)

HELLO = b"\x03" + bytes(8) + b"s" * 1528 + bytes(1536)
"""S0, S1 and S2."""

CONNECTED = command("_result", 1.0, None, {"code": "NetConnection.Connect.Success"}, piece=128)
CREATED = command("_result", 4.0, None, 1.0, piece=128)
STARTED = command("onStatus", 0.0, None, {"level": "status", "code": "NetStream.Publish.Start"}, piece=128)


def publication(key: str = "KEY") -> Publication:
    return Publication(
        address="rtmp://example.org/live", application="live", key=key, encoder="FMLE/3.0", nonce=NONCE
    )


def live() -> Publication:
    ours = publication()
    assert ours.receive(HELLO + CONNECTED + CREATED + STARTED) == [Accepted()]
    ours.data_to_send()
    return ours


@given(st.lists(st.integers(0, 8000), max_size=20), st.lists(st.integers(0, 8000), max_size=20))
def test_a_server_takes_the_stream_however_what_is_said_is_cut(up: list[int], down: list[int]) -> None:
    ours, theirs = publication(), connection()
    ours_heard: list[Event] = []
    theirs_heard: list[object] = []

    def exchange() -> None:
        while sent := ours.data_to_send():
            for piece in split(sent, up):
                theirs_heard.extend(theirs.receive(piece, 0.0))
            for piece in split(theirs.data_to_send(), down):
                ours_heard.extend(ours.receive(piece))

    exchange()
    assert ours_heard == [Accepted()]
    tags = [
        flv.Tag(flv.SCRIPT, 0, flv.metadata({"width": 1280.0})),
        flv.Tag(flv.VIDEO, 0, AVC_HEADER),
        flv.Tag(flv.AUDIO, 0, AAC_HEADER),
        flv.Tag(flv.VIDEO, 40, AVC_KEY_FRAME + bytes(20_000)),
        flv.Tag(flv.AUDIO, 43, AAC_FRAME),
        flv.Tag(flv.VIDEO, 0xFFFFFF + 40, AVC_FRAME),
    ]
    for tag in tags:
        ours.send(tag)
    exchange()
    ours.bye()
    exchange()
    assert theirs_heard == [Published(theirs_heard[0].source, "live", "FMLE/3.0"), *tags, Ended()]  # type: ignore[attr-defined]


def test_commands_come_in_the_order_of_obs() -> None:
    ours = publication("a-key?with=parameters")
    ours.data_to_send()
    ours.receive(HELLO + CONNECTED + CREATED)
    sent = ours.data_to_send()
    assert sent[:1536] == bytes(8) + b"s" * 1528
    # `connect` goes out in chunks of 128 bytes; what follows it in the size that we announce in between.
    heard = [values[0] for values in commands(whole(1, struct.pack(">I", 128), chunk_stream=2) + sent[1536:])]
    assert heard == ["connect", "releaseStream", "FCPublish", "createStream", "publish"]
    assert b"a-key?with=parameters" in sent


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            command(
                "_error", 1.0, None, {"code": "NetConnection.Rejected", "description": "no app"}, piece=128
            ),
            "no app",
        ),
        (
            CONNECTED + command("_error", 4.0, None, {"code": "NetStream.Failed"}, piece=128),
            "NetStream.Failed",
        ),
        (
            CONNECTED
            + CREATED
            + command(
                "onStatus",
                0.0,
                None,
                {"level": "error", "code": "NetStream.Publish.BadName", "description": "KEY is in use\n"},
                piece=128,
            ),
            "•••• is in use",
        ),
        (CONNECTED + CREATED + command("_error", 5.0, None, None, piece=128), "it refused without a word"),
        (CONNECTED + CREATED + STARTED + command("close", 0.0, None, piece=128), "it refused without a word"),
    ],
)
def test_a_refusal_is_told_in_the_servers_own_words_and_never_with_the_key(answer: bytes, words: str) -> None:
    ours = publication()
    events = ours.receive(HELLO + answer)
    assert events[-1] == Refused(words)
    assert ours.state is State.CLOSED


def test_errors_to_what_only_some_servers_know_mean_nothing() -> None:
    ours = publication()
    errors = command("_error", 2.0, None, None, piece=128) + command("_error", 3.0, None, None, piece=128)
    assert ours.receive(HELLO + CONNECTED + errors + CREATED + STARTED) == [Accepted()]


def test_a_server_that_asks_whether_we_are_there_is_answered() -> None:
    ours = live()
    ours.receive(whole(4, b"\x00\x06\x00\x00\x12\x34", chunk_stream=2, piece=128))
    assert b"\x00\x07\x00\x00\x12\x34" in ours.data_to_send()


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"HTTP/1.1 400 Bad Request\r\n", "HTTP"), (b"\x15\x03\x01", "TLS"), (b"\x06", "first byte is 6")],
)
def test_who_does_not_speak_rtmp_is_told_apart(data: bytes, words: str) -> None:
    with pytest.raises(BadPayload, match=words):
        publication().receive(data)


def test_the_pieces_of_a_stream_have_the_form_of_flv() -> None:
    assert picture_header(b"\x01") == bytes.fromhex("1700000000 01")
    assert picture(b"x", key=True) == bytes.fromhex("1701000000") + b"x"
    assert picture(b"x", key=False) == bytes.fromhex("2701000000") + b"x"
    assert sound_header(b"\x12\x08") == AAC_HEADER
    assert sound(b"x") == b"\xaf\x01x"


@given(st.data())
def test_whatever_a_server_says_is_understood_or_refused(data: st.DataObject) -> None:
    talk = bytearray(CONNECTED + CREATED + STARTED + whole(4, b"\x00\x06" + bytes(4), piece=128))
    for _ in range(data.draw(st.integers(1, 8))):
        talk[data.draw(st.integers(0, len(talk) - 1))] = data.draw(st.integers(0, 255))
    ours = publication()
    try:
        ours.receive(HELLO + bytes(talk))
    except BadPayload:
        return
    assert len(without_handshake(ours.data_to_send())) < 10_000


def test_nothing_that_is_no_amf_comes_through() -> None:
    with pytest.raises(BadPayload):
        live().receive(whole(20, amf.encode("onStatus") + b"\x02\xff\xff", piece=128))
