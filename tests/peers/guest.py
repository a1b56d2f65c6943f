"""Guests that are no browsers: peer connections of a second kind, whose pictures and sound a test chooses.

What they send carries its own time as a bar code, and a tone; what they get can be measured.
"""

import asyncio
import fractions
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import av
import numpy as np
import numpy.typing as npt
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

from quality_creator.media import barcode

Answered = TypeVar("Answered")
Ask = Callable[[str], str]
"""Takes an offer to where it is answered, and brings the answer."""


class Camera(MediaStreamTrack):
    """Pictures with the time at which each was drawn, as a bar code."""

    kind = "video"

    def __init__(self, width: int = 640, height: int = 360, rate: int = 25) -> None:
        super().__init__()
        self._size, self._rate = (width, height), rate
        self._began: float | None = None
        self._number = 0

    async def recv(self) -> av.VideoFrame:
        if self._began is None:
            self._began = time.monotonic()
        await asyncio.sleep(max(self._began + self._number / self._rate - time.monotonic(), 0))
        frame = av.VideoFrame(*self._size, "yuv420p")
        for plane, grey in zip(frame.planes, (90, 128, 128), strict=True):
            plane.update(bytes([grey]) * plane.buffer_size)
        plane = frame.planes[0]
        luma = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[
            : frame.height, : frame.width
        ]
        barcode.draw(luma, time.time_ns() // 1000, barcode.Strip.of(*self._size))
        frame.pts = self._number * 90_000 // self._rate
        frame.time_base = fractions.Fraction(1, 90_000)
        self._number += 1
        return frame


class Microphone(MediaStreamTrack):
    """A tone of -20 dBFS; it can be silenced."""

    kind = "audio"

    def __init__(self, hertz: float) -> None:
        super().__init__()
        self.hertz = hertz
        self.silent = False
        self._began: float | None = None
        self._at = 0

    async def recv(self) -> av.AudioFrame:
        if self._began is None:
            self._began = time.monotonic()
        await asyncio.sleep(max(self._began + self._at / 48_000 - time.monotonic(), 0))
        at = np.arange(self._at, self._at + 960)
        wave = np.zeros(960) if self.silent else 0.1 * np.sin(2 * np.pi * self.hertz / 48_000 * at)
        samples = (np.repeat(wave, 2) * 32767).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(samples, "s16", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, self._at, fractions.Fraction(1, 48_000)
        self._at += 960
        return frame


class Peers:
    """An event loop in a thread, for the peer connections of a test."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._made: list[RTCPeerConnection] = []

    def close(self) -> None:
        """End what is left, and the loop."""
        for connection in self._made:
            self.run(connection.close())
        self.run(_cancel_rest())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def run(self, work: Coroutine[Any, Any, Answered]) -> Answered:
        """Do something in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def send(self, ask: Ask, *tracks: MediaStreamTrack, codec: str = "") -> "Sender":
        """Connect as a guest who sends."""
        return Sender(self, self._offer(ask, tracks, codec))

    def receive(self, ask: Ask, kinds: tuple[str, ...] = ("audio", "video"), codec: str = "") -> "Receiver":
        """Connect as a guest who receives."""
        receiver = Receiver(self)
        receiver.connection = self._offer(ask, (), codec, receive=kinds, on_track=receiver.take)
        return receiver

    def _offer(
        self,
        ask: Ask,
        tracks: tuple[MediaStreamTrack, ...],
        codec: str,
        receive: tuple[str, ...] = (),
        on_track: Callable[[Any], None] | None = None,
    ) -> RTCPeerConnection:
        async def begin() -> RTCPeerConnection:
            connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
            self._made.append(connection)
            if on_track is not None:
                connection.on("track", on_track)
            wanted = [*((track, "sendonly") for track in tracks), *((kind, "recvonly") for kind in receive)]
            for what, direction in wanted:
                transceiver = connection.addTransceiver(what, direction=direction)
                if codec and transceiver.kind == "video":
                    known = RTCRtpSender.getCapabilities("video").codecs
                    chosen = [c for c in known if c.mimeType.lower() in (f"video/{codec}", "video/rtx")]
                    transceiver.setCodecPreferences(chosen)
            await connection.setLocalDescription(await connection.createOffer())
            return connection

        async def finish(answer: str) -> None:
            await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))

        connection = self.run(begin())
        self.run(finish(ask(connection.localDescription.sdp)))
        return connection


async def _cancel_rest() -> None:
    rest = asyncio.all_tasks() - {asyncio.current_task()}
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


class Sender:
    """A guest who sends."""

    def __init__(self, peers: Peers, connection: RTCPeerConnection) -> None:
        self._peers = peers
        self.connection = connection

    def vanish(self) -> None:
        """Be cut off without a word: no packet leaves any more."""
        for transceiver in self.connection.getTransceivers():
            ice = transceiver.receiver.transport.transport
            for protocol in ice._connection._protocols:
                protocol.transport.close()

    def close(self) -> None:
        """Leave in order."""
        self._peers.run(self.connection.close())


class Receiver:
    """A guest who receives: pictures' bar codes with the time they came, and the sound."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self.connection: RTCPeerConnection | None = None
        self.pictures: list[tuple[float, av.VideoFrame]] = []
        self._sound: list[npt.NDArray[np.float32]] = []
        self._tasks: list[asyncio.Task[None]] = []

    def take(self, track: Any) -> None:
        """A track comes."""
        self._tasks.append(asyncio.get_running_loop().create_task(self._read(track)))

    async def _read(self, track: Any) -> None:
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self.pictures.append((time.time(), frame))
                else:
                    samples = frame.to_ndarray().reshape(-1, 2)[:, 0]
                    self._sound.append(samples.astype(np.float32) / 32768)
        except MediaStreamError:
            return

    def sound(self, seconds: float) -> npt.NDArray[np.float32]:
        """The next so many seconds of the left channel."""
        self._sound.clear()
        deadline = time.monotonic() + seconds + 10
        while sum(len(piece) for piece in self._sound) < seconds * 48_000:
            assert time.monotonic() < deadline, "no sound comes"
            time.sleep(0.02)
        return np.concatenate(self._sound)


_PIECE = 4800


def loudness(samples: npt.NDArray[np.float32], hertz: float) -> float:
    """How loud a tone is, in dBFS of its amplitude: in the middle of all tenths of a second.

    A machine that has no time drops a piece of sound now and then, and its edges sound at every pitch; that
    says nothing of who is heard, and is in few of the tenths.

    Args:
        samples: Shape (n,) at 48 kHz, at least a tenth of a second.
        hertz: All that lies within 3 % of it counts: clocks that differ are followed by bending the pitch a
            little.
    """
    pieces = samples[: len(samples) // _PIECE * _PIECE].reshape(-1, _PIECE)
    window = np.hanning(_PIECE)
    spectra = np.abs(np.fft.rfft(pieces * window, axis=1)) * 2 / np.sum(window)
    frequencies = np.fft.rfftfreq(_PIECE, 1 / 48_000)
    band = spectra[:, np.abs(frequencies - hertz) < 0.03 * hertz]
    # A Hann window spreads a tone's power over one and a half bins.
    amplitude = float(np.median(np.sqrt(np.sum(band**2, axis=1) / 1.5)))
    return float(20 * np.log10(max(amplitude, 1e-6)))
