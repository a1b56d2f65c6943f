"""What is read from offers and written into answers; nothing that peers send breaks it."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media.webrtc import sdp
from quality_creator.model.errors import BadPayload

OFFER = (
    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:111 opus/48000/2\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 102\r\nc=IN IP4 0.0.0.0\r\na=rtpmap:96 VP8/90000\r\n"
    "a=rtpmap:102 H264/90000\r\n"
    "a=candidate:1 1 udp 2130706431 10.0.0.5 50000 typ host\r\n"
    "a=candidate:2 1 udp 2130706431 fd00::5 50001 typ host\r\n"
    "a=candidate:3 1 udp 1694498815 203.0.113.9 50002 typ srflx raddr 10.0.0.5 rport 50000\r\n"
)


def test_an_offer_says_what_it_has() -> None:
    assert sdp.wish(OFFER) == sdp.Wish(("audio", "video"), True)
    assert sdp.wish(OFFER.replace("H264", "AV1")).h264 is False


def test_only_host_addresses_of_the_same_kind_are_replaced() -> None:
    answer = sdp.announced(OFFER, "198.51.100.7")
    assert "2130706431 198.51.100.7 50000 typ host" in answer
    assert "fd00::5 50001" in answer
    assert "203.0.113.9 50002" in answer
    assert sdp.announced(OFFER, "") == OFFER


def test_the_limit_stands_in_the_video_alone() -> None:
    audio, video = sdp.capped(OFFER, 1800).split("m=video")
    assert "b=" not in audio
    assert "b=AS:1800\r\nb=TIAS:1800000\r\n" in video


def test_a_fragment_has_its_candidates_and_its_end() -> None:
    text = (
        "a=ice-ufrag:EsAw\r\na=mid:0\r\na=candidate:1 1 udp 1 10.0.0.5 5 typ host\r\na=end-of-candidates\r\n"
    )
    assert sdp.fragment(text) == sdp.Fragment("EsAw", (("0", "1 1 udp 1 10.0.0.5 5 typ host"),), True)


@pytest.mark.parametrize("text", ["", "hello", "a=candidate:1", "a=candidate:1 x udp y 1.2.3.4 z typ host"])
def test_a_fragment_with_nothing_in_it_is_refused(text: str) -> None:
    with pytest.raises(BadPayload):
        sdp.fragment(text)


@given(st.text(max_size=200), st.integers(0, len(OFFER)), st.integers(0, 40))
def test_any_text_is_read_or_refused(text: str, at: int, length: int) -> None:
    mutated = OFFER[:at] + text + OFFER[at + length :]
    for read in (sdp.wish, sdp.fragment):
        with contextlib.suppress(BadPayload):
            read(mutated)
