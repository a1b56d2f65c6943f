"""The port, with real encoders on the other side, and with peers that misbehave."""

import contextlib
import logging
import logging.handlers
import queue
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import av
import pytest

from quality_creator.media.rtmp.ingest import Ingest, Refusal
from quality_creator.media.rtmp.limits import Limits
from quality_creator.media.rtmp.listener import Listener
from quality_creator.model.errors import Unavailable
from quality_creator.model.ids import SourceId
from tests.media.rtmp.peer import AVC_FRAME, AVC_HEADER, HELLO, command, obs, whole
from tests.peers.packages import need

KEYS = {SourceId("camera"): "KEY", SourceId("bench"): "OTHER-KEY"}
FRAMES = 30


@dataclass
class Port:
    """A listener, and what it reported."""

    listener: Listener
    ingests: "queue.Queue[Ingest]"
    refusals: "queue.Queue[Refusal]"

    def address(self, key: str) -> str:
        return f"rtmp://127.0.0.1:{self.listener.address[1]}/live/{key}"

    def ingest(self) -> Ingest:
        return self.ingests.get(timeout=10)

    def refusal(self) -> Refusal:
        return self.refusals.get(timeout=10)

    def dial(self) -> socket.socket:
        return socket.create_connection(self.listener.address, timeout=10)

    @contextmanager
    def publish(self, key: str) -> Iterator[socket.socket]:
        """A hand-made publisher that was let in."""
        with self.dial() as peer:
            for sent in obs(key):
                peer.sendall(sent)
                peer.recv(1 << 16)
            yield peer


@contextmanager
def listening(limits: Limits | None = None) -> Iterator[Port]:
    """A listener in which nothing may go wrong unnoticed."""
    mistakes: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = logging.handlers.QueueHandler(mistakes)
    logging.getLogger("asyncio").addHandler(handler)
    try:
        with _listening(limits) as port:
            yield port
    finally:
        logging.getLogger("asyncio").removeHandler(handler)
    assert mistakes.empty(), mistakes.get()


@contextmanager
def _listening(limits: Limits | None) -> Iterator[Port]:
    ingests: queue.Queue[Ingest] = queue.Queue()
    refusals: queue.Queue[Refusal] = queue.Queue()
    with Listener(
        ("127.0.0.1", 0), KEYS, on_ingest=ingests.put, on_refusal=refusals.put, limits=limits
    ) as listener:
        yield Port(listener, ingests, refusals)


@pytest.fixture
def port() -> Iterator[Port]:
    with listening() as port:
        yield port


@dataclass
class Camera:
    """Decodes an ingest in a thread of its own, as the programme does."""

    ingest: Ingest
    widths: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    sounds: int = 0

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        options = {"analyzeduration": "200000", "probesize": "200000"}
        with av.open(self.ingest.stream, "r", format="flv", options=options) as container:
            for frame in container.decode():
                if isinstance(frame, av.VideoFrame):
                    self.widths.append(frame.width)
                    assert frame.time is not None
                    self.times.append(frame.time)
                else:
                    self.sounds += 1

    def first_picture(self) -> None:
        deadline = time.monotonic() + 10
        while not self.widths and time.monotonic() < deadline:
            time.sleep(0.01)
        assert self.widths

    def finished(self) -> list[int]:
        self.thread.join(10)
        assert not self.thread.is_alive()
        return self.widths


def push(address: str, *, width: int = 320, frames: int = FRAMES, options: str = "") -> subprocess.Popen[str]:
    """A real encoder, at its own pace."""
    command = (
        f"ffmpeg -hide_banner -loglevel error -re -f lavfi -i testsrc2=size={width}x180:rate=25"
        f" -re -f lavfi -i sine=sample_rate=48000 -frames:v {frames} -t {frames / 25}"
        f" -c:v libx264 -preset ultrafast -tune zerolatency -g 10 -c:a aac {options} -f flv"
    )
    return subprocess.Popen([*command.split(), address], stderr=subprocess.PIPE, text=True)


# --- real encoders ---------------------------------------------------------------------------------------


def test_two_encoders_publish_at_once_on_one_port(port: Port) -> None:
    with push(port.address("KEY"), width=320) as one, push(port.address("OTHER-KEY"), width=480) as two:
        cameras = {camera.ingest.source: camera for camera in (Camera(port.ingest()), Camera(port.ingest()))}
        assert cameras["camera"].finished() == [320] * FRAMES
        assert cameras["bench"].finished() == [480] * FRAMES
        assert (one.wait(10), two.wait(10)) == (0, 0)
    assert all(camera.sounds > FRAMES for camera in cameras.values())
    ingest = cameras["camera"].ingest
    assert (ingest.application, ingest.stream.ended) == ("live", "the publisher stopped")
    assert ingest.encoder.startswith("FMLE/3.0 (compatible; Lavf")
    assert port.refusals.empty()


def test_a_wrong_key_and_a_doubled_key_are_refused_and_the_running_publisher_goes_on(port: Port) -> None:
    with push(port.address("KEY"), frames=50) as running:
        camera = Camera(port.ingest())
        camera.first_picture()
        with push(port.address("SECRET")) as stranger:
            refusal = port.refusal()
            assert (refusal.source, refusal.words) == (None, "unknown stream key (6 characters, 'SE...')")
            assert refusal.words in stranger.communicate(timeout=10)[1]
            assert stranger.returncode != 0
        with push(port.address("KEY")) as double:
            refusal = port.refusal()
            assert refusal.words == f"the stream key of 'camera' is in use by {camera.ingest.peer}"
            assert refusal.words in double.communicate(timeout=10)[1]
            assert double.returncode != 0
        assert camera.finished() == [320] * 50
        assert running.wait(10) == 0
    assert port.ingests.empty()


def test_an_encoder_that_was_killed_may_come_back_at_once(port: Port) -> None:
    with push(port.address("KEY"), frames=500) as first:
        camera = Camera(port.ingest())
        camera.first_picture()
        first.kill()
    with push(port.address("KEY"), width=480) as second:
        again = Camera(port.ingest())
        assert again.finished() == [480] * FRAMES
        assert second.wait(10) == 0
    assert 0 < len(camera.finished()) < 500
    assert camera.ingest.stream.ended in {
        "the publisher hung up",
        "the connection was lost: Connection reset by peer",
    }
    assert port.refusals.empty()


def test_pictures_keep_their_pace_while_timestamps_grow_beyond_24_bits(port: Port) -> None:
    """From 0.5 s before 0xFFFFFF ms, about 4 h 40 min, from where FFmpeg extends them."""
    with push(port.address("KEY"), options="-output_ts_offset 16776.7"):
        camera = Camera(port.ingest())
        assert camera.finished() == [320] * FRAMES
    assert camera.times[0] < 0xFFFFFF / 1000 < camera.times[-1]
    steps = [after - before for before, after in zip(camera.times, camera.times[1:], strict=False)]
    assert steps == pytest.approx([0.04] * (FRAMES - 1), abs=0.0015)


@pytest.mark.parametrize("sink", ["rtmpsink", "rtmp2sink"])
def test_gstreamers_two_clients_publish_one_of_them_with_librtmp(port: Port, sink: str) -> None:
    need(
        "gstreamer1.0-tools",
        "gstreamer1.0-plugins-good",
        "gstreamer1.0-plugins-bad",
        "gstreamer1.0-plugins-ugly",
    )
    command = (
        "gst-launch-1.0 -q videotestsrc num-buffers=25 is-live=true"
        " ! video/x-raw,width=320,height=180,framerate=25/1"
        f" ! x264enc speed-preset=ultrafast tune=zerolatency ! flvmux streamable=true ! {sink} location="
    )
    with subprocess.Popen(
        (command + port.address("KEY")).split(), stderr=subprocess.PIPE, text=True
    ) as encoder:
        assert Camera(port.ingest()).finished() == [320] * 25
        assert encoder.communicate(timeout=10)[1] == ""
    assert port.refusals.empty()


def here(peer: socket.socket) -> str:
    host, number = peer.getsockname()
    return f"{host}:{number}"


# --- peers that misbehave --------------------------------------------------------------------------------


def read_all(peer: socket.socket) -> bytes:
    """Everything until the server hangs up."""
    peer.settimeout(10)
    data = b""
    while piece := peer.recv(1 << 16):
        data += piece
    return data


def test_a_browser_is_told_apart_and_hung_up_on(port: Port) -> None:
    with port.dial() as peer:
        peer.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        assert port.refusal() == Refusal(here(peer), None, "HTTP instead of RTMP")
        assert read_all(peer) == b""


def test_a_silent_peer_and_a_peer_that_stops_sending_pictures_are_cut_off() -> None:
    with listening(Limits(handshake_s=0.5, publish_s=5, idle_s=0.5)) as port:
        with port.dial() as peer:
            assert port.refusal().words == "no complete RTMP handshake within 0.5 s"
            assert read_all(peer) == b""
        with port.publish("KEY") as peer:
            ingest = port.ingest()
            peer.sendall(whole(9, AVC_HEADER))
            refusal = port.refusal()
            assert (refusal.source, refusal.words) == ("camera", "no picture or sound for 0.5 s")
            assert b"no picture or sound" in read_all(peer)
        assert ingest.stream.ended == "no picture or sound for 0.5 s"


def test_a_refused_peer_has_a_moment_to_read_why_and_deadlines_that_pass_meanwhile_are_past() -> None:
    with listening(Limits(handshake_s=0.5)) as port, port.dial() as peer:
        for sent in obs("WRONG"):
            peer.sendall(sent)
        assert port.refusal().words.startswith("unknown stream key")
        time.sleep(0.7)
        assert b"unknown stream key" in read_all(peer)
    assert port.refusals.empty()


def test_more_peers_than_allowed_are_turned_away_and_the_others_stay() -> None:
    with listening(Limits(connections=2)) as port, port.publish("KEY"), port.dial() as second:
        second.sendall(HELLO)
        assert second.recv(1) == b"\x03"
        with port.dial() as third:
            assert port.refusal() == Refusal(here(third), None, "more than 2 connections at once")
            assert read_all(third) == b""
        assert port.ingest().stream.ended is None


def test_a_peer_that_does_not_read_our_answers_is_cut_off() -> None:
    with listening(Limits(unread_bytes=1 << 14, idle_s=60)) as port, port.publish("KEY") as peer:
        questions = command("connect", 1.0, {}) * 1000
        while port.refusals.empty():
            with contextlib.suppress(ConnectionError):
                peer.sendall(questions)
        refusal = port.refusal()
        assert refusal.source == "camera"
        assert refusal.words.startswith("does not read our answers; ")


# --- a programme that is slow ----------------------------------------------------------------------------


def test_a_publisher_has_to_wait_while_the_programme_does_not_read_and_then_nothing_is_missing() -> None:
    pictures = [AVC_FRAME[:5] + struct.pack(">I", number) + bytes(4000) for number in range(4000)]
    with listening(Limits(pipe_bytes=1 << 20, idle_s=1.0)) as port, port.publish("KEY") as peer:
        sent = 0

        def send() -> None:
            nonlocal sent
            for number, picture in enumerate(pictures):
                peer.sendall(whole(9, picture, stamp=number))
                sent += 1

        sender = threading.Thread(target=send)
        sender.start()
        ingest = port.ingest()
        # Longer than the limit for silence: it is our silence, not the publisher's.
        time.sleep(1.5)
        stopped_at = sent
        assert stopped_at < len(pictures)
        assert port.refusals.empty()
        data = bytearray()
        while len(data) < 13 + len(pictures) * (4009 + 15):
            data += ingest.stream.read(100_000)
        sender.join(10)
    found = [data[at + 11 : at + 20] for at in range(13, len(data), 4009 + 15)]
    assert found == [picture[:9] for picture in pictures]


def test_a_publisher_is_cut_off_when_the_programme_is_stuck_and_its_key_is_free_again() -> None:
    with listening(Limits(pipe_bytes=1 << 16, stuck_s=0.2)) as port:
        with port.publish("KEY") as peer:
            peer.sendall(whole(9, AVC_HEADER) + whole(9, AVC_FRAME + bytes(1 << 17), stamp=1000))
            refusal = port.refusal()
            assert (refusal.source, refusal.words) == (
                "camera",
                "the programme has not taken the stream for 0.2 s",
            )
            assert b"has not taken the stream" in read_all(peer)
        with port.publish("KEY"):
            assert [port.ingest().stream.ended, port.ingest().stream.ended] == [refusal.words, None]


def test_closing_the_stream_sends_the_publisher_away(port: Port) -> None:
    with push(port.address("KEY"), frames=500) as encoder:
        port.ingest().stream.close("the picture can't be decoded")
        assert port.refusal().words == "the picture can't be decoded"
        assert encoder.wait(10) != 0


# --- opening and closing ---------------------------------------------------------------------------------


def test_a_socket_that_listens_already_is_used() -> None:
    bound = socket.create_server(("127.0.0.1", 0))
    address = bound.getsockname()
    with Listener(bound, KEYS, on_ingest=lambda _: None, on_refusal=lambda _: None) as listener:
        assert listener.address == address
        with socket.create_connection(address) as peer:
            peer.sendall(HELLO)
            assert peer.recv(1) == b"\x03"


def test_a_port_in_use_is_one_clear_line(port: Port) -> None:
    number = port.listener.address[1]
    with pytest.raises(Unavailable, match=f"^can't take RTMP at 127.0.0.1:{number}: Address already in use$"):
        Listener(("127.0.0.1", number), KEYS, on_ingest=lambda _: None, on_refusal=lambda _: None)


def test_closing_ends_every_stream_and_gives_the_port_back() -> None:
    with (
        listening() as port,
        port.publish("KEY"),
        port.dial(),
        push(port.address("OTHER-KEY"), frames=500) as encoder,
    ):
        one, two = port.ingest(), port.ingest()
        reader = threading.Thread(target=lambda: [None for _ in iter(one.stream.read, b"")])
        reader.start()
        port.listener.close()
        port.listener.close()
        reader.join(5)
        assert not reader.is_alive()
        assert {one.stream.ended, two.stream.ended} == {"the listener was closed"}
        one.stream.close()
        assert encoder.wait(10) != 0
        again = Listener(port.listener.address, KEYS, on_ingest=lambda _: None, on_refusal=lambda _: None)
        again.close()


def test_keys_have_to_be_different_and_not_empty() -> None:
    for keys in ({SourceId("a"): "same", SourceId("b"): "same"}, {SourceId("a"): ""}):
        with pytest.raises(ValueError, match="a stream key of its own"):
            Listener(("127.0.0.1", 0), keys, on_ingest=lambda _: None, on_refusal=lambda _: None)
