"""Guests in a real worker, with peer connections that are no browser's."""

import itertools
from collections.abc import Iterator

import msgspec
import pytest

from quality_creator.config import GeneratedCamera, Webrtc
from quality_creator.media import wire
from quality_creator.media.scene import places
from quality_creator.model.guest import Guest
from quality_creator.model.ids import SourceId
from tests.media.broadcast import Broadcast, broadcast, name, number, pictures, scene, start
from tests.peers.guest import Ask, Camera, Microphone, Peers

CAMERA = GeneratedCamera(id=SourceId("cam"), name=name("Camera"), tone_hz=440)
WANG = Guest(id=SourceId("wang"), name=name("Wang Min"), title=name("Institute of Testing"))
LI = Guest(id=SourceId("li"), name=name("Li Na"))

_numbers = itertools.count(1)


def invited(*guests: Guest, shown: tuple[str, ...] = ("cam", "wang", "li"), **options: object) -> wire.Start:
    """A start with guests."""
    begin = start([CAMERA], scene("three-up", *shown))
    return msgspec.structs.replace(begin, guests=guests, webrtc=msgspec.convert(options, Webrtc))


def door(running: Broadcast, guest: Guest, way: wire.Way, session: str = "") -> Ask:
    """Where a guest's offers are answered."""

    def ask(offer: str) -> str:
        one = next(_numbers)
        running.say(wire.Offer(number=one, session=session or f"s{one}", way=way, guest=guest.id, sdp=offer))
        answer = answered(running, one)
        assert not answer.refusal, answer.refusal
        return answer.sdp

    return ask


def answered(running: Broadcast, one: int) -> wire.Answer:
    """The worker's answer to a question."""
    running.wait(lambda: any(a.number == one for a in running.heard(wire.Answer)))
    return next(a for a in running.heard(wire.Answer) if a.number == one)


@pytest.fixture
def peers() -> Iterator[Peers]:
    made = Peers()
    yield made
    made.close()


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_guest_is_a_source_like_a_camera(peers: Peers, codec: str) -> None:
    with broadcast(invited(WANG, shown=("cam", "wang"))) as running:
        assert running.wait_for("cam", "live")
        peers.send(door(running, WANG, "send", "first"), Camera(), Microphone(1000), codec=codec)
        running.wait_for("wang", "live")
        running.wait_parts(6)
    place = places("three-up")[1]
    read = [number(luma, place, (640, 360)) for _, luma in pictures(running.file())]
    drawn = [code for code in read if code is not None]
    assert len(set(drawn)) > 10
    assert drawn == sorted(drawn)
    seats = running.heard(wire.Seat)
    assert seats[-1] == wire.Seat(guest=WANG.id, sending="first")
    state = running.state("wang")
    assert state is not None
    assert codec in state.words
