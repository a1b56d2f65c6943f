"""The stream's cadence: where parts and segments begin and end, in picture and sound."""

import msgspec

FRAME_RATE = 25
FRAME_TICKS = 3_600
"""One picture, in ticks of MediaTime."""

AUDIO_RATE = 48_000
AUDIO_FRAME = 1_024
"""Samples in one AAC frame."""

PART_FRAMES = 8
PART_AUDIO_FRAMES = 15
PART_TICKS = PART_FRAMES * FRAME_TICKS
"""0.32 s: 8 pictures at 25/s are exactly 15 AAC frames at 48 kHz, so both end together."""

SEGMENT_PARTS = 6
SEGMENT_TICKS = SEGMENT_PARTS * PART_TICKS
"""1.92 s; a segment starts with a key frame."""

assert PART_TICKS * AUDIO_RATE == PART_AUDIO_FRAMES * AUDIO_FRAME * 90_000


class Rendition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One encoding of the programme: picture and sound muxed."""

    name: str
    width: int
    height: int
    video_bitrate: int
    """Bits a second; also the buffer's size in bits."""
    audio_bitrate: int = 128_000


RENDITIONS: tuple[Rendition, ...] = (
    Rendition(name="720p", width=1280, height=720, video_bitrate=3_000_000),
    Rendition(name="360p", width=640, height=360, video_bitrate=800_000),
)
