"""Cameras that push: a scene is drawn, stamped, encoded and sent over RTMP, 25 times a second."""

import logging
import math
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, Protocol, cast

import av
import av.error
import numpy as np
from av.audio.stream import AudioStream
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.plane import VideoPlane
from av.video.stream import VideoStream

from quality_creator.demo.drawing import Pixels
from quality_creator.demo.floor import Floor
from quality_creator.demo.overlay import Moment
from quality_creator.demo.picture import HEIGHT, WIDTH, Picture, Planes
from quality_creator.demo.sound import RATE, Samples, excerpt
from quality_creator.media import barcode, sei
from quality_creator.model.clock import Micros

log = logging.getLogger(__name__)

FRAME_US: Final = 40_000
_SAMPLES: Final = RATE // 25
_BT709 = 1
_LIMITED = 1
_MILLISECOND = Fraction(1, 1000)
_PAUSE_S: Final = 0.3
_LATEST_US = 5 * FRAME_US
"""Frames that are later than this are left out: what is shown is then now again."""

STRIP: Final = barcode.Strip(x=540, y=26, width=320, height=32)
"""Where the bar code stands when it is asked for: between the camera's name and the time."""


class Scene(Protocol):
    """What a camera sees."""

    picture: Picture
    gauge: str
    """The tag whose newest value the bar code names."""
    sound: Samples
    """One cycle; its first sample belongs to the factory's first instant."""

    def paint(self, moment: Moment) -> None:
        """Draw a moment into `picture`."""


class Camera:
    """One camera: draws only while somebody takes its pictures."""

    def __init__(
        self, scene: Scene, floor: Floor, url: str, *, with_barcode: bool = False,
        wall_clock: Callable[[], int] = time.time_ns,
    ) -> None:  # fmt: skip
        self._scene, self._floor, self._url = scene, floor, url
        self._with_barcode = with_barcode
        self._wall_clock = wall_clock

    def run(self, stop: threading.Event) -> None:
        """Push until told to stop; whoever goes away is called again."""
        reached = True
        while not stop.is_set():
            began = time.monotonic()
            try:
                self._push(stop)
            except (av.error.FFmpegError, OSError) as error:
                # The error's own text repeats the address, and with it the key.
                words = error.strerror or type(error).__name__
                if reached or time.monotonic() - began > 1:
                    log.info("%s: %s; trying again", self._url.rpartition("/")[0], words)
                reached = False
                stop.wait(_PAUSE_S)

    def _push(self, stop: threading.Event) -> None:
        with av.open(self._url, "w", format="flv", options={"flvflags": "no_duration_filesize"}) as container:
            video, audio = _streams(container)
            container.start_encoding()
            ticks = Ticks(self._wall_clock() // 1000, time.monotonic_ns() // 1000)
            position: int | None = None
            while not stop.is_set():
                now = time.monotonic_ns() // 1000
                if (due := ticks.due_in(now)) > 0:
                    stop.wait(due / 1e6)
                    continue
                number, taken = ticks.take(now, self._wall_clock() // 1000)
                moment = self._floor.at(taken)
                self._scene.paint(moment)
                container.mux(self._encoded(video, number, taken, moment))
                expected = moment.elapsed * RATE // 1_000_000
                if position is None or abs(position - expected) > _SAMPLES:
                    position = expected
                container.mux(_sound(audio, number, excerpt(self._scene.sound, position, _SAMPLES)))
                position += _SAMPLES

    def _encoded(
        self, video: VideoStream, number: int, taken: Micros, moment: Moment
    ) -> "list[av.Packet[Any]]":
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        frame.pts, frame.time_base = number * FRAME_US // 1000, _MILLISECOND
        frame.colorspace, frame.color_range = _BT709, _LIMITED
        planes = [_writable(plane) for plane in frame.planes]
        for target, source in zip(planes, self._scene.picture.planes, strict=True):
            target[:] = source
        if self._with_barcode:
            newest = moment.newest(self._scene.gauge)
            _draw_barcode((planes[0], planes[1], planes[2]), newest.time if newest else 0)
        return [_stamped(packet, taken, video) for packet in video.encode(frame)]


class Ticks:
    """When frames are due and what time they bear: an even beat, tied to the wall clock."""

    def __init__(self, wall: int, now: int) -> None:
        """The first frame is due `now` (monotonic), which is `wall` on the clock; microseconds."""
        self._began = now
        self._offset = wall - now
        self._number = 0

    def due_in(self, now: int) -> int:
        """Microseconds until the next frame is due; 0 or less when it is."""
        return self._began + self._number * FRAME_US - now

    def take(self, now: int, wall: int) -> tuple[int, Micros]:
        """The number and the time of the frame that is due.

        Numbers of frames that are far too late are left out. The time follows the wall clock when
        that was set, else it keeps the even beat.
        """
        late = -self.due_in(now)
        if late > _LATEST_US:
            self._number += late // FRAME_US
        offset = wall - now
        if abs(offset - self._offset) > FRAME_US // 2:
            self._offset = offset
        number = self._number
        self._number += 1
        return number, Micros(self._began + number * FRAME_US + self._offset)


def _streams(container: OutputContainer) -> tuple[VideoStream, AudioStream]:
    options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "x264-params": (
            "keyint=50:min-keyint=50:scenecut=0:vbv-maxrate=4000:vbv-bufsize=2000:sliced-threads=0"
        ),
    }
    video = container.add_stream("libx264", rate=25, options=options)
    video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    video.bit_rate = 3_000_000
    context = video.codec_context
    context.thread_count = 1
    context.time_base = _MILLISECOND
    context.flags |= Flags.global_header
    context.colorspace = context.color_primaries = context.color_trc = _BT709
    context.color_range = _LIMITED
    audio = container.add_stream("aac", rate=RATE, layout="mono", options={"aac_coder": "fast"})
    audio.bit_rate = 64_000
    return video, audio


def _stamped(packet: "av.Packet[Any]", taken: Micros, video: VideoStream) -> "av.Packet[Any]":
    stamped = av.Packet(sei.stamp(bytes(packet), taken))
    stamped.pts, stamped.dts, stamped.time_base = packet.pts, packet.dts, packet.time_base
    stamped.is_keyframe = packet.is_keyframe
    stamped.stream = video
    return stamped


def _sound(audio: AudioStream, number: int, samples: Samples) -> "list[av.Packet[Any]]":
    frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = RATE, number * _SAMPLES, Fraction(1, RATE)
    return audio.encode(frame)


def _writable(plane: VideoPlane) -> Pixels:
    """A view of a frame's plane."""
    flat: Pixels = np.frombuffer(cast("bytes", plane), np.uint8)
    return flat.reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _draw_barcode(planes: Planes, number: int) -> None:
    barcode.draw(planes[0], number, STRIP)
    left, top = math.floor(STRIP.x / 2), math.floor(STRIP.y / 2)
    right, bottom = math.ceil((STRIP.x + STRIP.width) / 2), math.ceil((STRIP.y + STRIP.height) / 2)
    for plane in planes[1:]:
        plane[top:bottom, left:right] = 128
