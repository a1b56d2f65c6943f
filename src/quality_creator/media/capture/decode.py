"""From an open stream to pictures and sound with times: what RTSP, RTMP and files have in common."""

import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import InputContainer
from av.filter import Graph
from av.packet import Packet
from av.sidedata.sidedata import SideData
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from quality_creator.media import sei
from quality_creator.media.capture.source import Feed, Picture
from quality_creator.media.scale import UPRIGHT, Orientation, Raw, Scaler, orientation, refusal
from quality_creator.media.sound import Samples
from quality_creator.media.timing import Lateness
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadPayload
from quality_creator.model.stream import AUDIO_RATE

_CLOSEST_S = 0.024
"""Pictures that follow each other faster than this are more than can be shown; the rest is left out."""

_PAST_US, _FUTURE_US = 10_000_000, 1_000_000
"""A source whose own clock is further off than this is not believed."""

_LOOK_S = 5.0
"""How often the operator's words about a source are renewed."""

_DAMAGED = 100
"""Packets in a row that can't be decoded before the source is given up: about four seconds."""

_PRFT = struct.Struct("<q")


class Pace(Protocol):
    """When a stamp of the source is due, in seconds of the monotonic clock."""

    @property
    def offset(self) -> float | None:
        """Our clock minus the stamps; None before the first picture."""

    @property
    def epoch(self) -> int:
        """Grows when the stamps began anew."""

    def due(self, stamp: float, now: float) -> float:
        """When a picture that came now is due."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """What travels with a packet through the decoder: when its frame was taken, and who says so."""

    taken: Micros
    by: str


class Decoding:
    """Plays the packets of one connection or file into a feed."""

    def __init__(
        self,
        container: InputContainer,
        feed: Feed,
        pace: Pace,
        *,
        delay_ms: int,
        live: bool,
        shift: float = 0.0,
    ) -> None:
        """Choose the streams and ready the decoders.

        Args:
            container: Open, with its streams known.
            feed: Where pictures and sound go; its `begin` has been called.
            pace: When they are due.
            delay_ms: How long before its arrival a frame was taken, where nothing better is known.
            live: Whether the source's own clock counts. A recording's is the past.
            shift: Seconds that are added to all stamps.

        Raises:
            BadPayload: there is no picture in it, or none that can be decoded.
        """
        self._container = container
        self._feed = feed
        self._pace = pace
        self._delay_us = delay_ms * 1000
        self._live = live
        self._shift = shift
        self._video = _picture_stream(container)
        self._audio = next((a for a in container.streams.audio if a.codec_context is not None), None)
        # Threads that decode ahead would hold back as many pictures as there are threads.
        self._video.thread_type = "NONE"
        self._video.codec_context.flags |= Flags.copy_opaque
        name = self._video.codec_context.name
        self._codec: sei.Codec | None = "h264" if name == "h264" else "hevc" if name == "hevc" else None
        self._length_size = sei.length_size(self._video.codec_context.extradata, self._codec or "h264")
        self._scaler = Scaler()
        self._sound: Resampling | None = None
        self._jitter = Lateness()
        self._epoch = pace.epoch
        self._aspect = 1.0
        self._orientation: Orientation | None = None
        self._seen = (0, 0, 0)  # width, height and rotation of the frame that was looked at
        self._last_due = float("-inf")
        self._damaged = 0
        self._next_look = 0.0
        self.picture_end = self.sound_end = shift
        """The stamps at which the last picture and the last sound ended, shift included."""

    def packets(self) -> "Iterator[Packet[Any]]":
        """What arrives, until the source ends; each goes to `picture` or `sound`."""
        yield from self._container.demux(*[s for s in (self._video, self._audio) if s is not None])

    def take(self, packet: "Packet[Any]") -> None:
        """Decode a packet as soon as it came, and hand over what is in it."""
        if packet.stream is self._video:
            for frame, due, now in self.pictures(packet):
                self.hand_over(frame, due, now)
        else:
            self.sound(packet)
        if self._feed.recorder is not None:
            # Behind the decoder: by then it is known when the packet is due.
            self._feed.recorder.take(packet, self._video, self._audio, self._pace.offset, self._pace.epoch)

    def is_picture(self, packet: "Packet[Any]") -> bool:
        """Whether a packet is for `pictures`, or else for `sound`."""
        return packet.stream is self._video

    # --- pictures ----------------------------------------------------------------------------------------

    def pictures(self, packet: "Packet[VideoStream]") -> Iterator[tuple[VideoFrame, float, float]]:
        """The frames that a packet completes, when each is due, and when the packet was here."""
        now = time.monotonic()
        mark = self._mark(packet)
        if mark is not None:
            packet.opaque = mark
        for frame in self._decoded(packet):
            if self._orientation is None or self._seen != (frame.width, frame.height, frame.rotation):
                self._look_at(frame)
            stamp = self._stamp(frame, now)
            rate = self._video.average_rate
            self.picture_end = stamp + (1 / float(rate) if rate else 0.04)
            due = self._pace.due(stamp, now)
            self._keep_epoch()
            if not 0 <= due - self._last_due < _CLOSEST_S:
                self._last_due = due
                yield frame, due, now

    def hand_over(self, frame: VideoFrame, due: float, now: float) -> None:
        """Scale a frame and give it to the mixer."""
        raw = Raw(frame, self._aspect, self._orientation or UPRIGHT)
        place = self._feed.place
        tile = self._scaler.tile(raw, place) if place else None
        self._jitter.observe(now - due)
        taken, words = self._time_of(frame, due, now)
        self._feed.put(Picture(due=due, ready=time.monotonic(), taken=taken, raw=raw, tile=tile))
        if now >= self._next_look:
            self._next_look = now + _LOOK_S
            self._feed.sends = f"{self._what(frame)}; {words}"

    def _stamp(self, frame: VideoFrame, now: float) -> float:
        """The frame's time by the source's clock; where it has none, right after the one before."""
        time_base = frame.time_base
        if frame.pts is not None and time_base is not None:
            return float(frame.pts * time_base) + self._shift
        return now - (self._pace.offset or 0.0) if self._live else self.picture_end

    def _mark(self, packet: "Packet[VideoStream]") -> _Mark | None:
        """A frame's own time, where the source gives one: in the picture, else by RTCP's sender reports."""
        if not self._live or not packet.size:
            return None
        if self._codec is not None:
            taken = sei.read(bytes(packet), codec=self._codec, length_size=self._length_size)
            if taken is not None:
                return _Mark(taken, "its stamps in the picture")
        if packet.has_sidedata("prft"):
            data = bytes(packet.get_sidedata("prft"))
            return _Mark(Micros(_PRFT.unpack_from(data)[0]), "RTCP")
        return None

    def _time_of(self, frame: VideoFrame, due: float, now: float) -> tuple[Micros, str]:
        """When a frame was taken, and how well that is known, in words."""
        by_arrival = Micros(self._feed.wall.utc(due) - self._delay_us)
        if not self._live:
            return by_arrival, "times are those of its playing"
        mark = frame.opaque
        words = (
            f"times by arrival less {self._delay_us // 1000} ms; jitter {self._jitter.value * 1e3:.0f} ms, "
            "the camera's own delay is unknown"
        )
        if not isinstance(mark, _Mark):
            return by_arrival, words
        off_us = mark.taken - self._feed.wall.utc(now)
        if -_PAST_US <= off_us <= _FUTURE_US:
            return mark.taken, f"times by {mark.by}, as exact as the camera's clock"
        return by_arrival, f"the camera's clock is {off_us / 1e6:+.1f} s off and not used: set it; {words}"

    def _what(self, frame: VideoFrame) -> str:
        rate = self._video.average_rate
        pictures = f"{self._video.codec_context.name} {frame.width}x{frame.height}"
        pace = f" at {float(rate):.4g}/s" if rate else ""
        sound = f"{self._audio.codec_context.name} sound" if self._audio is not None else "no sound"
        return f"{pictures}{pace}, {sound}"

    def _look_at(self, frame: VideoFrame) -> None:
        """How frames from here on are meant to be seen. Raises BadPayload.

        Not for every frame: one whose side data was looked at refers to itself from then on, and its memory
        is only given back by the garbage collector.
        """
        words = refusal(frame)
        if words is not None:
            raise BadPayload(words)
        data = frame.side_data.get("DISPLAYMATRIX")
        self._orientation = orientation(bytes(data)) if isinstance(data, SideData) else UPRIGHT
        self._seen = (frame.width, frame.height, frame.rotation)
        pixel = self._video.sample_aspect_ratio
        aspect = frame.width / frame.height * (float(pixel) if pixel else 1.0)
        self._aspect = 1 / aspect if self._orientation.turns % 2 else aspect

    def _keep_epoch(self) -> None:
        if self._pace.epoch != self._epoch:
            self._epoch = self._pace.epoch
            self._sound = None
            self._feed.begin(remote=self._live)
        self._feed.offset = self._pace.offset

    # --- sound -------------------------------------------------------------------------------------------

    def sound(self, packet: "Packet[AudioStream]") -> None:
        """Decode a packet of sound and give it to the mixer; dropped before the first picture."""
        for frame in self._decoded(packet):
            if frame.pts is None or self._pace.offset is None:
                continue
            if self._sound is None or not self._sound.takes(frame):
                self._sound = Resampling(frame)
            for at, samples in self._sound.convert(frame):
                place = at + round(self._shift * AUDIO_RATE)
                self._feed.ring.write(place, samples)
                self.sound_end = (place + samples.shape[1]) / AUDIO_RATE

    def _decoded(self, packet: "Packet[Any]") -> list[Any]:
        """A packet's frames; none when it is damaged, which networks and joining in the middle bring."""
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            self._damaged += 1
            if self._damaged > _DAMAGED:
                name = packet.stream.codec_context.name
                raise BadPayload(f"its {name} can't be decoded: {error.strerror}") from error
            return []
        self._damaged = 0
        return frames


class Resampling:
    """Any sound to 48 kHz stereo floats, gaps filled with silence."""

    def __init__(self, frame: AudioFrame) -> None:
        self._shape = _shape(frame)
        self._graph = Graph()
        self._graph.threads = 1
        source = self._graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=frame.time_base,
        )
        resample = self._graph.add("aresample", f"{AUDIO_RATE}:async=1000:min_hard_comp=0.05")
        form = self._graph.add(
            "aformat", f"sample_fmts=fltp:channel_layouts=stereo:sample_rates={AUDIO_RATE}"
        )
        self._graph.link_nodes(source, resample, form, self._graph.add("abuffersink")).configure()

    def takes(self, frame: AudioFrame) -> bool:
        """Whether a frame is of the shape that this was made for."""
        return _shape(frame) == self._shape

    def convert(self, frame: AudioFrame) -> Iterator[tuple[int, Samples]]:
        """Runs of samples, each with its place in 1/48000 s."""
        self._graph.push(frame)
        while True:
            try:
                out = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(out, AudioFrame)
            assert out.pts is not None
            assert out.time_base is not None
            yield round(out.pts * out.time_base * AUDIO_RATE), out.to_ndarray().astype(np.float32, copy=False)


def _shape(frame: AudioFrame) -> tuple[object, ...]:
    return frame.sample_rate, frame.format.name, frame.layout.name, frame.time_base


def _picture_stream(container: InputContainer) -> VideoStream:
    """The stream with the pictures; a cover in a music file is none."""
    streams = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    if not streams:
        raise BadPayload("there are no pictures in what it sends")
    if streams[0].codec_context is None:
        raise BadPayload("its pictures are in a format that can't be decoded; set the camera to H.264")
    return streams[0]
