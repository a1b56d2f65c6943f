"""What guests get back: one encoding of the picture for all of them, and to each the sound without their own.

The mixer hands over a tick and goes on; a thread encodes. Pictures are encoded while somebody receives
them, once for each codec that is received, with a whole picture whenever a receiver lost one.
"""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import Interpolation, VideoReformatter

from quality_creator.media.encode import copied
from quality_creator.media.sound import Samples
from quality_creator.media.webrtc.words import VideoCodec
from quality_creator.model.clock import TICKS
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import AUDIO_RATE, FRAME_RATE, FRAME_TICKS

Encoded: TypeAlias = "Packet[Any]"

WIDTH, HEIGHT = 640, 360
_BITRATE = 700_000
_SOUND_BITRATE = 64_000
_OPUS = 960
"""Samples in a packet: 20 ms."""

_WAITING = 3
"""Ticks that wait for the encoder; more would only be late."""

_KEY_EVERY = 10
"""Ticks between two whole pictures at least, however many receivers ask."""

_INTRA = 1


@dataclass(frozen=True, slots=True)
class Tick:
    """One instant of the programme."""

    number: int
    picture: av.VideoFrame
    """Of any size; not written to any more by whoever gave it."""
    sounds: Mapping[SourceId, Samples]
    """For each guest who listens, what they hear."""


class Return:
    """One guest's connection as the encoder sees it."""

    def __init__(
        self,
        guest: SourceId,
        codec: VideoCodec | None,
        deliver: Callable[[Encoded | None, Encoded | None], None],
    ) -> None:
        """Nothing is encoded yet.

        Args:
            guest: Whose.
            codec: Of the picture; None where only sound is received.
            deliver: Called in the encoder's thread with a packet of the picture or one of the sound.
        """
        self.guest = guest
        self.codec: VideoCodec | None = codec
        self.deliver = deliver
        self._opus = _opus()
        self._at = 0

    def hear(self, samples: Samples) -> None:
        """Encode and deliver a tick of sound."""
        interleaved = np.ascontiguousarray(samples.T).reshape(1, -1)
        for start in range(0, samples.shape[1], _OPUS):
            block = np.ascontiguousarray(interleaved[:, 2 * start : 2 * (start + _OPUS)])
            frame = AudioFrame.from_ndarray(block, "flt", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, self._at, Fraction(1, AUDIO_RATE)
            for packet in self._opus.encode(frame):
                packet.pts, packet.time_base = self._at, Fraction(1, AUDIO_RATE)
                self.deliver(None, packet)
            self._at += _OPUS


class Returns:
    """The thread that encodes; `tick` is the mixer's, the rest anybody's."""

    def __init__(self) -> None:
        self._ticks: queue.Queue[Tick] = queue.Queue(_WAITING)
        self._lock = threading.Lock()
        self._returns: dict[str, Return] = {}
        self._encoders: dict[VideoCodec, _Picture] = {}
        self._thread = threading.Thread(target=self._run, name="returns", daemon=True)
        self._started = False

    @property
    def guests(self) -> set[SourceId]:
        """Who listens."""
        return {one.guest for one in list(self._returns.values())}

    def add(self, session: str, one: Return) -> None:
        """Somebody receives from now on."""
        with self._lock:
            self._returns[session] = one
            if not self._started:
                self._started = True
                self._thread.start()
        self.refresh(one.codec)

    def remove(self, session: str) -> None:
        """Nobody receives there any more."""
        with self._lock:
            self._returns.pop(session, None)

    def refresh(self, codec: VideoCodec | None) -> None:
        """A receiver needs a picture that stands for itself."""
        if codec is not None and (encoder := self._encoders.get(codec)) is not None:
            encoder.key = True

    def tick(self, tick: Tick) -> None:
        """Hand over an instant; it is dropped when the encoder is behind."""
        with contextlib.suppress(queue.Full):
            self._ticks.put_nowait(tick)

    def _run(self) -> None:
        while True:
            tick = self._ticks.get()
            with self._lock:
                returns = list(self._returns.values())
            for codec in {one.codec for one in returns if one.codec is not None}:
                encoder = self._encoders.setdefault(codec, _Picture(codec))
                packet = encoder.encode(tick.picture, tick.number)
                for one in returns:
                    if one.codec == codec and packet is not None:
                        one.deliver(packet, None)
            for one in returns:
                samples = tick.sounds.get(one.guest)
                if samples is not None:
                    one.hear(samples)


class _Picture:
    """One codec's encoder."""

    def __init__(self, codec: VideoCodec) -> None:
        self.key = True
        self._since_key = _KEY_EVERY
        self._scaler = VideoReformatter()
        self._context = _h264() if codec == "h264" else _vp8()

    def encode(self, picture: av.VideoFrame, number: int) -> Encoded | None:
        frame = self._scaler.reformat(
            picture, WIDTH, HEIGHT, "yuv420p", interpolation=Interpolation.AREA, threads=1
        )
        if frame is picture:
            frame = copied(picture)  # others read it at this moment; what is set below is ours
        frame.pts, frame.time_base = number * FRAME_TICKS, Fraction(1, TICKS)
        self._since_key += 1
        key = self.key and self._since_key >= _KEY_EVERY
        if key:
            self.key, self._since_key = False, 0
        frame.pict_type = _INTRA if key else 0
        packets = self._context.encode(frame)
        return packets[0] if packets else None


def _h264() -> VideoCodecContext:
    """What every browser decodes: constrained baseline, parameter sets before each whole picture."""
    kilobits = _BITRATE // 1000
    context = _video("libx264")
    context.profile = "Baseline"
    context.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "forced-idr": "1",
        "level": "31",
        "x264-params": (
            f"keyint=infinite:scenecut=0:vbv-maxrate={kilobits}:vbv-bufsize={kilobits // 2}:sliced-threads=0"
        ),
    }
    context.open()
    return context


def _vp8() -> VideoCodecContext:
    """For browsers without H.264."""
    context = _video("libvpx")
    context.gop_size = 3000
    context.qmin, context.qmax = 4, 56
    context.options = {
        "cpu-used": "-8",
        "deadline": "realtime",
        "lag-in-frames": "0",
        "minrate": str(_BITRATE),
        "maxrate": str(_BITRATE),
        "bufsize": str(_BITRATE),
        "static-thresh": "1",
    }
    context.open()
    return context


def _video(name: str) -> VideoCodecContext:
    context = av.CodecContext.create(name, "w")
    assert isinstance(context, VideoCodecContext)
    context.width, context.height, context.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    context.time_base = Fraction(1, TICKS)
    context.framerate = Fraction(FRAME_RATE, 1)
    context.bit_rate = _BITRATE
    context.thread_count = 1
    return context


def _opus() -> AudioCodecContext:
    context = av.CodecContext.create("libopus", "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.format = AUDIO_RATE, "stereo", "flt"
    context.bit_rate = _SOUND_BITRATE
    context.time_base = Fraction(1, AUDIO_RATE)
    # Of ten steps: at this rate speech sounds the same, and there is one encoder a guest.
    context.options = {"application": "lowdelay", "frame_duration": "20", "compression_level": "3"}
    context.open()
    return context
