"""Guests in a real worker, with peer connections that are no browser's."""

import itertools
import os
import re
import signal
import time
from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from quality_creator.config import GeneratedCamera, Webrtc
from quality_creator.media import wire
from quality_creator.media.scene import places
from quality_creator.model.guest import TALKBACK, Guest
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Channel
from quality_creator.model.stream import PART_TICKS
from tests.media.broadcast import Broadcast, broadcast, name, number, pictures, scene, sound, start
from tests.peers.guest import Ask, Camera, Microphone, Peers, loudness
from tests.peers.processes import family

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


def test_nobody_hears_themselves_and_only_who_is_meant_hears_the_producer(peers: Peers) -> None:
    with broadcast(invited(WANG, LI)) as running:
        running.wait_for("cam", "live")
        tones = {WANG: 1000.0, LI: 1700.0}
        microphones = {guest: Microphone(hertz) for guest, hertz in tones.items()}
        for guest in tones:
            peers.send(door(running, guest, "send"), Camera(), microphones[guest])
        returns = {guest: peers.receive(door(running, guest, "receive")) for guest in tones}
        for guest in tones:
            running.wait_for(guest.id, "live")
        time.sleep(1.5)
        for guest, other in ((WANG, LI), (LI, WANG)):
            heard = returns[guest].sound(1.0)
            assert loudness(heard, tones[other]) > -30
            assert loudness(heard, 440) > -30  # the camera's line-up tone
            assert loudness(heard, tones[guest]) < -70
        levels = running.heard(wire.Levels)[-1]
        assert {"cam", "wang", "li"} == levels.levels.keys()
        assert all(-26 < level < -20 for level in levels.levels.values())  # RMS of -20 dBFS peaks
        # The producer talks to one of them.
        talk = Guest(id=TALKBACK, name=name(""))
        peers.send(door(running, talk, "talk"), Microphone(2900))
        running.say(wire.Talk(guest=WANG.id))
        time.sleep(1.5)
        assert loudness(returns[WANG].sound(1.0), 2900) > -30
        assert loudness(returns[LI].sound(1.0), 2900) < -70
        running.wait_parts(3)
        _, samples = sound(running.file())
        assert loudness(samples[0, -48_000:], 2900) < -70
        assert loudness(samples[0, -48_000:], 1000) > -30
        # Muted, nobody hears a guest, who is measured still.
        running.say(wire.Change(channels={WANG.id: Channel(mute=True)}))
        time.sleep(1.0)
        assert loudness(returns[LI].sound(1.0), tones[WANG]) < -70
        assert running.heard(wire.Levels)[-1].levels[WANG.id] > -26
        assert WANG.id not in running.heard(wire.Levels)[-1].speaking


@pytest.mark.parametrize("codec", ["h264", "vp8"])
def test_the_return_has_the_programmes_picture(peers: Peers, codec: str) -> None:
    with broadcast(invited(WANG, shown=("cam",))) as running:
        running.wait_for("cam", "live")
        receiver = peers.receive(door(running, WANG, "receive"), codec=codec)
        deadline = time.monotonic() + 15
        while len(receiver.pictures) < 30:
            assert time.monotonic() < deadline, "no pictures come"
            time.sleep(0.1)
    frame = receiver.pictures[-1][1]
    assert (frame.width, frame.height) == (640, 360)
    plane = frame.planes[0]
    luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[:360, :640]
    drawn = number(luma, places("three-up")[0], (1280, 720))
    assert drawn is not None
    assert abs(drawn / 1e6 - receiver.pictures[-1][0]) < 5


def test_a_guest_who_is_cut_off_freezes_then_gives_way_to_the_card_and_comes_back(peers: Peers) -> None:
    with broadcast(invited(WANG, shown=("wang",))) as running:
        first = peers.send(door(running, WANG, "send", "first"), Camera(), Microphone(1000))
        running.wait_for("wang", "live")
        first.vanish()
        running.wait_for("wang", "slate")
        conditions = [s.condition for s in running.heard(wire.SourceState) if s.source == "wang"]
        # On a busy machine it may stumble before.
        assert conditions[0] == "connecting"
        assert conditions[-2:] == ["frozen", "slate"]
        peers.send(door(running, WANG, "send", "second"), Camera(), Microphone(1000))
        running.wait_for("wang", "live")
        running.wait(lambda: running.heard(wire.Seat)[-1].sending == "second")


def test_whoever_comes_later_takes_the_place_and_a_silent_connection_is_let_go(peers: Peers) -> None:
    with broadcast(invited(WANG, shown=("wang",))) as running:
        peers.send(door(running, WANG, "send", "first"), Camera(), Microphone(1000))
        running.wait_for("wang", "live")
        second = peers.send(door(running, WANG, "send", "second"), Camera(), Microphone(1000))
        running.wait(lambda: running.heard(wire.Seat)[-1].sending == "second")
        second.vanish()
        running.wait(lambda: running.heard(wire.Seat)[-1].sending == "")


def test_when_the_guests_process_dies_the_programme_goes_on_and_they_come_back(peers: Peers) -> None:
    with broadcast(invited(WANG, LI, shown=("cam", "wang"))) as running:
        peers.send(door(running, WANG, "send", "first"), Camera(), Microphone(1000))
        peers.receive(door(running, LI, "receive", "ear"))
        running.wait_for("wang", "live")
        running.wait(lambda: running.heard(wire.Seat)[-1].receiving == "ear")
        _, guests = family(running.process.pid)
        os.kill(guests, signal.SIGKILL)
        running.wait_for("wang", "slate")
        for guest in (WANG.id, LI.id):
            running.wait(
                lambda guest=guest: (
                    [s for s in running.heard(wire.Seat) if s.guest == guest][-1] == wire.Seat(guest=guest)
                )
            )
        running.wait(lambda: len(family(running.process.pid)) == 2)
        second = peers.send(door(running, WANG, "send", "second"), Camera(), Microphone(1000))
        again = peers.receive(door(running, LI, "receive", "another ear"))
        running.wait_for("wang", "live")
        running.wait(lambda: loudness(again.sound(0.5), 1000) > -30)
        second.vanish()
        running.wait_parts(3)
        # No part is missing, and no tick waited for any of it.
        assert [p.start // PART_TICKS for p in running.parts] == list(range(len(running.parts)))


def test_what_guests_ask_while_their_process_is_away_is_refused(peers: Peers) -> None:
    with broadcast(invited(WANG, shown=("cam",))) as running:
        peers.send(door(running, WANG, "send"), Camera())
        running.wait_for("wang", "live")
        _, guests = family(running.process.pid)
        os.kill(guests, signal.SIGSTOP)
        one = next(_numbers)
        running.say(wire.Offer(number=one, session="late", way="send", guest=WANG.id, sdp=""))
        time.sleep(0.5)
        os.kill(guests, signal.SIGKILL)
        assert "try again" in answered(running, one).refusal


def test_without_a_camera_a_guest_is_heard_and_their_card_stands(peers: Peers) -> None:
    with broadcast(invited(WANG, shown=("wang",))) as running:
        peers.send(door(running, WANG, "send"), Microphone(1000))
        running.wait(lambda: (state := running.state("wang")) and state.words.startswith("voice only"))
        running.wait_parts(6)
        assert running.shown("wang")[-8:] == [0] * 8
        _, samples = sound(running.file())
        assert loudness(samples[0, -24_000:], 1000) > -30


def test_an_offer_that_cannot_be_taken_is_refused_with_words(peers: Peers) -> None:
    with broadcast(invited(WANG, shown=("cam",))) as running:
        running.wait_for("cam", "live")
        for sdp, words in (
            ("", "this is no session description"),
            ("v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", "an offer of application"),
            ("v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 96\r\n" * 2, "at most one of each"),
            ("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 96\r\n", "the offer can't be taken"),
        ):
            one = next(_numbers)
            running.say(wire.Offer(number=one, session=f"s{one}", way="send", guest=WANG.id, sdp=sdp))
            assert words in answered(running, one).refusal
        one = next(_numbers)
        running.say(wire.Trickle(number=one, session="nobody's", fragment="a=end-of-candidates"))
        assert "over" in answered(running, one).refusal
        running.wait_parts(2)


def test_ports_are_those_of_the_range_and_the_address_is_the_announced_one(peers: Peers) -> None:
    with broadcast(invited(WANG, shown=("cam",), ports=[43000, 43099], announce="198.51.100.7")) as running:
        running.wait_for("cam", "live")
        answers: list[str] = []

        def ask(offer: str) -> str:
            answers.append(door(running, WANG, "send")(offer))
            return answers[-1]

        peers.send(ask, Camera())
        found = re.findall(r"^a=candidate:\S+ 1 udp \d+ (\d+\.\S+) (\d+) typ host", answers[0], re.MULTILINE)
        assert found
        assert {address for address, _ in found} == {"198.51.100.7"}
        assert all(43000 <= int(port) <= 43099 for _, port in found)
        assert "b=AS:1800" in answers[0]
        # Whoever sends can be reached all the same: it calls us from its own address.
        running.wait_for("wang", "live")
