"""A programme as the worker makes it: real x264 and AAC, cut into parts by our writer."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np
import numpy.typing as npt
import pytest
from av.codec.context import Flags

from quality_creator.media import avc, cmaf
from quality_creator.model.clock import MediaTime
from quality_creator.model.stream import (
    AUDIO_FRAME,
    AUDIO_RATE,
    FRAME_TICKS,
    PART_AUDIO_FRAMES,
    PART_FRAMES,
    PART_TICKS,
    SEGMENT_PARTS,
)

WIDTH, HEIGHT = 320, 180


def noise(samples: int) -> npt.NDArray[np.float32]:
    """Sound whose position can be found again to the sample; the same every time."""
    rough = np.random.default_rng(7).standard_normal(samples + 32)
    return (np.convolve(rough, np.hanning(32) / 16, "valid")[:samples] * 0.2).astype(np.float32)


@dataclass
class Programme:
    """Parts of one rendition, and what they were made of."""

    init: bytes
    first: int
    """Number of the first part since the episode's start."""
    parts: list[bytes] = field(default_factory=list)
    video_extradata: bytes = b""
    audio_config: bytes = b""
    access_units: list[bytes] = field(default_factory=list)
    sound: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))

    @property
    def segments(self) -> list[bytes]:
        """Whole segments, joined from their parts."""
        return [
            b"".join(self.parts[at : at + SEGMENT_PARTS]) for at in range(0, len(self.parts), SEGMENT_PARTS)
        ]

    def open(self, *pieces: bytes) -> "av.container.InputContainer":
        """The init and these pieces (all parts without any) in FFmpeg's demuxer."""
        return av.open(io.BytesIO(self.init + b"".join(pieces or self.parts)), "r")


def make(count: int, first: int = 0, keep_priming: bool = False) -> Programme:
    """Encode `count` parts, of which the first has the number `first` in its episode."""
    video = av.CodecContext.create("libx264", "w")
    video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    video.time_base, video.framerate, video.thread_count = Fraction(1, 90_000), Fraction(25), 1
    video.flags |= Flags.global_header
    video.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "forced-idr": "1",
        "x264-params": "keyint=48:min-keyint=48:scenecut=0:sliced-threads=0",
    }
    video.open()
    audio = av.CodecContext.create("aac", "w")
    audio.sample_rate, audio.layout, audio.format = AUDIO_RATE, "mono", "fltp"
    audio.bit_rate, audio.time_base = 128_000, Fraction(1, AUDIO_RATE)
    audio.open()

    pictures, start = [], first * PART_FRAMES
    plane = np.add.outer(np.arange(HEIGHT * 3 // 2), np.arange(WIDTH)).astype(np.uint8)
    for number in range(count * PART_FRAMES):
        frame = av.VideoFrame.from_ndarray(plane + np.uint8(number), format="yuv420p")
        frame.pts, frame.time_base = (start + number) * FRAME_TICKS, video.time_base
        frame.pict_type = av.video.frame.PictureType(1 if number % 48 == 0 else 0)
        pictures += [bytes(packet) for packet in video.encode(frame)]
    pictures += [bytes(packet) for packet in video.encode(None)]

    sound_start = first * PART_AUDIO_FRAMES * AUDIO_FRAME
    samples = noise(count * PART_AUDIO_FRAMES * AUDIO_FRAME)
    packets = []
    for at in range(0, len(samples), AUDIO_FRAME):
        block = av.AudioFrame.from_ndarray(samples[None, at : at + AUDIO_FRAME], format="fltp", layout="mono")
        block.sample_rate, block.time_base, block.pts = AUDIO_RATE, audio.time_base, sound_start + at
        packets += audio.encode(block)
    packets += audio.encode(None)
    sound = [bytes(p) for p in packets if keep_priming or not cmaf.is_priming(p.pts, sound_start)]

    assert video.extradata is not None
    assert audio.extradata is not None
    programme = Programme(
        init=cmaf.init_segment(
            video_extradata=video.extradata, audio_config=audio.extradata, width=WIDTH, height=HEIGHT
        ),
        first=first,
        video_extradata=video.extradata,
        audio_config=audio.extradata,
        access_units=pictures,
        sound=samples,
    )
    for number in range(count):
        programme.parts.append(
            cmaf.part(
                sequence=first + number + 1,
                position=MediaTime((first + number) * PART_TICKS),
                pictures=[avc.sample(unit) for unit in pictures[number * 8 : number * 8 + 8]],
                sound=sound[number * PART_AUDIO_FRAMES : (number + 1) * PART_AUDIO_FRAMES],
                starts_segment=(first + number) % SEGMENT_PARTS == 0,
            )
        )
    return programme


@pytest.fixture(scope="session")
def programme() -> Programme:
    """Three segments."""
    return make(3 * SEGMENT_PARTS)


@pytest.fixture(scope="session")
def encode() -> Callable[..., Programme]:
    """Makes other programmes: `encode(parts, first)`."""
    return make
