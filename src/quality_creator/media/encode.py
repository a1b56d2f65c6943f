"""Picture and sound into parts whose boundaries coincide, for every rendition at once.

A part is 8 pictures and 15 AAC frames. The AAC encoder looks ahead: it gives the frame that ends at a
part's end only when it has heard 2,048 samples more, and its first packet is priming. So sound is fed
`SOUND_AHEAD` samples before the picture of the same instant, and a part is complete the moment that its last
picture is encoded.

The canvas belongs to whoever composes: what is encoded are `Sizes` of it, so that the next picture can be
composed while the last one is encoded in another thread.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import Interpolation, VideoReformatter

from quality_creator.media import avc, cmaf
from quality_creator.media.scale import Planes, planes_of
from quality_creator.media.scene import HEIGHT, WIDTH
from quality_creator.media.sound import Samples
from quality_creator.model.clock import TICKS, MediaTime
from quality_creator.model.stream import (
    AUDIO_FRAME,
    AUDIO_RATE,
    FRAME_RATE,
    FRAME_TICKS,
    PART_AUDIO_FRAMES,
    PART_FRAMES,
    PART_TICKS,
    SEGMENT_PARTS,
    Rendition,
)

SOUND_AHEAD = 2 * AUDIO_FRAME
"""Samples that the AAC encoder must have heard beyond a part's end before it gives the part's last frame."""

_INTRA = 1
_BT709 = 1
_LIMITED = 1


@dataclass(frozen=True, slots=True)
class Encoded:
    """One part of all renditions."""

    msn: int
    part: int
    start: MediaTime
    independent: bool
    data: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Sizes:
    """One picture of the programme as each rendition has it; nobody writes to it any more."""

    frames: Mapping[str, av.VideoFrame]

    def nearest(self, width: int) -> av.VideoFrame:
        """The smallest frame that is at least so wide, else the widest."""
        by_width = sorted(self.frames.values(), key=lambda frame: frame.width)
        return next((frame for frame in by_width if frame.width >= width), by_width[-1])


class Encoder:
    """The programme's encoders, from one position on; a worker that starts again makes new ones.

    Their settings depend on the renditions alone, so the init segments are the same after every start.
    `sizes` is for the thread that composes, `encode` for one other, or the same.
    """

    def __init__(
        self, renditions: tuple[Rendition, ...], *, msn: int, part: int, position: MediaTime
    ) -> None:
        if not 0 <= part < SEGMENT_PARTS:
            raise ValueError(f"part {part} of a segment; there are 0 to {SEGMENT_PARTS - 1}")
        self._msn, self._part, self._position = msn, part, position
        self._pictures = {r.name: _Picture(r) for r in renditions}
        self._sound = _Sound(max(r.audio_bitrate for r in renditions), cmaf.sound_at(position))
        self._first = True
        self._frames = 0
        self.canvas = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        """The next picture is composed into this frame."""
        self.canvas.colorspace, self.canvas.color_range = _BT709, _LIMITED

    def inits(self) -> dict[str, tuple[bytes, str]]:
        """Each rendition's init segment and its `CODECS`."""
        config = self._sound.config
        return {
            name: (
                cmaf.init_segment(
                    video_extradata=picture.extradata,
                    audio_config=config,
                    width=picture.rendition.width,
                    height=picture.rendition.height,
                ),
                cmaf.codecs(avc.ParameterSets.read(picture.extradata), config),
            )
            for name, picture in self._pictures.items()
        }

    def sizes(self) -> Sizes:
        """The canvas as it is now, in every rendition's size."""
        return Sizes({name: picture.sized(self.canvas) for name, picture in self._pictures.items()})

    def encode(self, sound: Samples, sizes: Sizes | None = None) -> Encoded | None:
        """Take the next picture, and a picture's length of sound from `SOUND_AHEAD` later.

        Args:
            sound: Shape (2, TICK).
            sizes: The picture; the canvas as it is now when left out.

        Returns:
            The part, when this picture completes it.
        """
        # A segment begins with a key frame, and so does an encoder, wherever it stands.
        key = self._frames == 0 and (self._part == 0 or self._first)
        at = self._position + self._frames * FRAME_TICKS
        for name, frame in (sizes or self.sizes()).frames.items():
            self._pictures[name].encode(frame, at, key=key)
        self._sound.encode(sound)
        self._frames += 1
        return self._complete() if self._frames == PART_FRAMES else None

    def _complete(self) -> Encoded:
        starts = self._part == 0
        sound = self._sound.take(cmaf.sound_at(self._position))
        data = {
            name: cmaf.part(
                sequence=self._msn * SEGMENT_PARTS + self._part,
                position=self._position,
                pictures=picture.take(self._position),
                sound=sound,
                starts_segment=starts,
            )
            for name, picture in self._pictures.items()
        }
        done = Encoded(self._msn, self._part, self._position, starts or self._first, data)
        self._part += 1
        if self._part == SEGMENT_PARTS:
            self._msn, self._part = self._msn + 1, 0
        self._position = MediaTime(self._position + PART_TICKS)
        self._frames = 0
        self._first = False
        return done


def copied(frame: av.VideoFrame) -> av.VideoFrame:
    """A yuv420p frame's picture in a frame of its own."""
    copy = av.VideoFrame(frame.width, frame.height, "yuv420p")
    copy.colorspace, copy.color_range = frame.colorspace, frame.color_range
    Planes(*planes_of(copy)).put(Planes(*planes_of(frame)))
    return copy


class _Picture:
    """One rendition's H.264."""

    def __init__(self, rendition: Rendition) -> None:
        self.rendition = rendition
        self._scaler = VideoReformatter()
        self._done: list[tuple[int, bytes]] = []
        kilobits = rendition.video_bitrate // 1000
        context = av.CodecContext.create("libx264", "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height, context.pix_fmt = rendition.width, rendition.height, "yuv420p"
        context.time_base = Fraction(1, TICKS)
        context.framerate = Fraction(FRAME_RATE, 1)
        context.bit_rate = rendition.video_bitrate
        context.thread_count = 1
        context.flags |= Flags.global_header
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED
        context.options = {
            "preset": "superfast",
            "tune": "zerolatency",
            "forced-idr": "1",
            "x264-params": (
                f"keyint=48:min-keyint=48:scenecut=0:vbv-maxrate={kilobits}:vbv-bufsize={kilobits}:sliced-threads=0"
            ),
        }
        context.open()
        self._context = context
        extradata = context.extradata
        assert extradata is not None
        self.extradata = bytes(extradata)

    def sized(self, canvas: av.VideoFrame) -> av.VideoFrame:
        """The canvas in this rendition's size, which is never the canvas itself."""
        size = self.rendition.width, self.rendition.height
        if size == (canvas.width, canvas.height):
            return copied(canvas)
        return self._scaler.reformat(canvas, *size, "yuv420p", interpolation=Interpolation.AREA, threads=1)

    def encode(self, frame: av.VideoFrame, at: int, *, key: bool) -> None:
        frame.pts, frame.time_base = at, Fraction(1, TICKS)
        frame.pict_type = _INTRA if key else 0
        for packet in self._context.encode(frame):
            assert packet.pts is not None
            self._done.append((packet.pts, avc.sample(bytes(packet))))

    def take(self, position: MediaTime) -> list[bytes]:
        """The part's pictures, which must all be there: the encoder holds none back."""
        times, samples = zip(*self._done, strict=True)
        assert times == tuple(position + i * FRAME_TICKS for i in range(PART_FRAMES)), times
        self._done.clear()
        return list(samples)


class _Sound:
    """The AAC that all renditions share."""

    def __init__(self, bitrate: int, start: int) -> None:
        context = av.CodecContext.create("aac", "w")
        assert isinstance(context, AudioCodecContext)
        context.sample_rate = AUDIO_RATE
        context.layout, context.format = "stereo", "fltp"
        context.bit_rate = bitrate
        context.time_base = Fraction(1, AUDIO_RATE)
        context.flags |= Flags.global_header
        # The other coder searches, for as long as ten times this on a pure tone: too long for a tick.
        context.options = {"aac_coder": "fast"}
        context.open()
        self._context = context
        extradata = context.extradata
        assert extradata is not None
        self.config = bytes(extradata)
        self._start = start
        self._next = start
        # What the look-ahead needs first; from then on a tick brings as much as a part takes.
        self._waiting = np.zeros((2, SOUND_AHEAD), np.float32)
        self._done: deque[tuple[int, bytes]] = deque()

    def encode(self, samples: Samples) -> None:
        self._waiting = np.concatenate((self._waiting, samples), axis=1)
        while self._waiting.shape[1] >= AUDIO_FRAME:
            block = np.ascontiguousarray(self._waiting[:, :AUDIO_FRAME])
            self._waiting = self._waiting[:, AUDIO_FRAME:]
            frame = AudioFrame.from_ndarray(block, "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = AUDIO_RATE, self._next, Fraction(1, AUDIO_RATE)
            self._next += AUDIO_FRAME
            for packet in self._context.encode(frame):
                assert packet.pts is not None
                if not cmaf.is_priming(packet.pts, self._start):
                    self._done.append((packet.pts, bytes(packet)))

    def take(self, at: int) -> list[bytes]:
        """The AAC frames of the part that begins at a sample."""
        frames = [self._done.popleft() for _ in range(PART_AUDIO_FRAMES)]
        times = [time for time, _ in frames]
        assert times == [at + i * AUDIO_FRAME for i in range(PART_AUDIO_FRAMES)], times
        return [data for _, data in frames]
