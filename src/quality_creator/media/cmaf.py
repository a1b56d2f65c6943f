"""Picture and sound as fragmented MP4: the init segment, the parts, and a reader that trusts neither.

A rendition is one init segment and a row of parts, each `[styp][emsg*][moof][mdat]`. Its bytes
one after the other are a playable file, from wherever a key frame stands.

**A stream goes on across encoders** (a worker that was started again) with the init segment it
began with, as long as these are equal: the SPS and PPS of the picture (so: size, profile, level,
encoder settings and version), the `AudioSpecificConfig` of the sound, and the time scales (which are
fixed here). `init_segment` gives equal bytes for equal arguments and nothing else goes into it, so
comparing its digest is enough. If it differs, the next part starts a new segment behind
`EXT-X-DISCONTINUITY` with the new init. Times always go on: a part states its position in the
episode, whoever made it.

**AAC's priming.** An encoder's first packet decodes to 1,024 samples that come *before* the first
that was fed to it, and says so by its time. `is_priming` finds it, and it is left out; all later
packets keep their own times. Were it kept and the rest moved up behind it, sound would be 21 ms
late. (An edit list would say the same, but players of media segments do not read those.) What is
lost is the overlap of the first 1,024 samples: sound fades in over 21 ms where an encoder starts.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from quality_creator.media import avc
from quality_creator.media.box import Box, Fields, box, boxes, full_box
from quality_creator.model.clock import TICKS, MediaTime
from quality_creator.model.errors import BadPayload
from quality_creator.model.stream import AUDIO_FRAME, AUDIO_RATE, FRAME_TICKS

PICTURE = 1
"""Track of the picture; its times are MediaTime."""

SOUND = 2
"""Track of the sound; its times are samples at 48 kHz."""

_U16 = struct.Struct(">H")
_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")

_KEY = 0x02000000
"""Sample flags: depends on no other sample."""

_NOT_KEY = 0x01010000
"""Sample flags: depends on others, and is no sync sample."""

_BASE_IS_MOOF = 0x020000
_DEFAULT_DURATION = 0x08
_DEFAULT_SIZE = 0x10
_DEFAULT_FLAGS = 0x20
_OFFSET = 0x1
_FIRST_FLAGS = 0x4
_DURATIONS = 0x100
_SIZES = 0x200
_FLAGS = 0x400
_COMPOSITION = 0x800
_UNITY = b"".join(_U32.pack(n) for n in (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000))

_STYP = box(b"styp", b"msdh", _U32.pack(0), b"msdh", b"iso6")

_MOST_SAMPLES = 1 << 16
"""In one run; a run of this length would be 40 minutes of picture."""


def codecs(parameter_sets: avc.ParameterSets, audio_config: bytes) -> str:
    """The value of `CODECS` in a multivariant playlist (RFC 6381)."""
    return f"{parameter_sets.codec},{_audio_codec(audio_config)}"


def is_priming(pts: int, start: int) -> bool:
    """Whether an AAC packet comes before the sound that was fed to its encoder, and must be left out.

    Args:
        pts: The packet's time, in samples.
        start: The time of the first frame that was given to this encoder, in samples.
    """
    return pts < start


def sound_at(position: MediaTime) -> int:
    """A picture's position, in samples of sound; exact wherever a picture starts."""
    return position * AUDIO_RATE // TICKS


# --- writing --------------------------------------------------------------------------------------


def init_segment(*, video_extradata: bytes, audio_config: bytes, width: int, height: int) -> bytes:
    """What a player needs before the first part: `[ftyp][moov]`, muxed H.264 and AAC.

    Args:
        video_extradata: SPS and PPS as the encoder gives them (Annex B or `avcC`).
        audio_config: `AudioSpecificConfig` (ISO/IEC 14496-3, 1.6.2.1), the AAC encoder's extradata.
        width: Of the picture, in pixels.
        height: Of the picture, in pixels.

    Raises:
        BadPayload: the extradata is not what it should be.
    """
    sets = avc.ParameterSets.read(video_extradata)
    picture_entry = box(
        b"avc1",
        bytes(6) + _U16.pack(1) + bytes(16),
        _U16.pack(width) + _U16.pack(height),
        _U32.pack(0x480000) * 2 + bytes(4) + _U16.pack(1) + bytes(32),  # 72 dpi, one frame, no name
        b"\0\x18\xff\xff",
        box(b"avcC", sets.record()),
    )
    sound_entry = box(
        b"mp4a",
        bytes(6) + _U16.pack(1) + bytes(8),
        _U16.pack(_channels(audio_config)) + _U16.pack(16) + bytes(4) + _U32.pack(AUDIO_RATE << 16),
        full_box(b"esds", 0, 0, _decoder_config(audio_config)),
    )
    movie = full_box(
        b"mvhd",
        0,
        0,
        bytes(8) + _U32.pack(TICKS) + bytes(4) + b"\0\1\0\0\1\0" + bytes(10) + _UNITY + bytes(24),
        _U32.pack(SOUND + 1),
    )
    return box(b"ftyp", b"iso6", _U32.pack(0), b"iso6", b"mp41") + box(
        b"moov",
        movie,
        _track(
            PICTURE,
            TICKS,
            b"vide",
            header=full_box(b"vmhd", 0, 1, bytes(8)),
            entry=picture_entry,
            size=(width, height),
        ),
        _track(
            SOUND,
            AUDIO_RATE,
            b"soun",
            header=full_box(b"smhd", 0, 0, bytes(4)),
            entry=sound_entry,
            size=None,
        ),
        box(b"mvex", *(full_box(b"trex", 0, 0, _numbers(n, 1, 0, 0, 0)) for n in (PICTURE, SOUND))),
    )


def part(
    *,
    sequence: int,
    position: MediaTime,
    pictures: Sequence[bytes],
    sound: Sequence[bytes],
    sound_position: int | None = None,
    starts_segment: bool = False,
) -> bytes:
    """One part: `[moof][mdat]`, with `styp` in front at a segment's start.

    Args:
        sequence: Grows from part to part; a part's number since the episode began will do.
        position: Of the first picture.
        pictures: Samples with 4-byte lengths (`avc.sample`), in order of decoding, which is that of
            showing; each lasts `FRAME_TICKS`. Key frames are recognised.
        sound: Raw AAC frames (no ADTS), each of `AUDIO_FRAME` samples.
        sound_position: Of the first AAC frame, in samples; the picture's position when left out.
        starts_segment: True for a segment's first part.

    Raises:
        BadPayload: a picture is not in 4-byte lengths, or something comes before the episode's start.
    """
    sound_position = sound_at(position) if sound_position is None else sound_position
    if position < 0 or sound_position < 0:
        raise BadPayload(
            f"a part at {position} with sound at {sound_position}; an episode starts at 0 (AAC priming?)"
        )
    picture_data, sound_data = b"".join(pictures), b"".join(sound)
    picture_rows = [_numbers(len(data), _KEY if avc.is_key(data) else _NOT_KEY) for data in pictures]
    sound_rows = [_U32.pack(len(data)) for data in sound]
    header = b""
    for _ in range(2):  # offsets count from the moof's start, so its size must be known first
        offset = len(header) + 8
        runs = b""
        if pictures:
            runs += _run(
                PICTURE,
                position,
                duration=FRAME_TICKS,
                flags=_NOT_KEY,
                shape=_OFFSET | _SIZES | _FLAGS,
                offset=offset,
                rows=picture_rows,
            )
        if sound:
            runs += _run(
                SOUND,
                sound_position,
                duration=AUDIO_FRAME,
                flags=_KEY,
                shape=_OFFSET | _SIZES,
                offset=offset + len(picture_data),
                rows=sound_rows,
            )
        header = box(b"moof", full_box(b"mfhd", 0, 0, _U32.pack(sequence)), runs)
    mdat = _U32.pack(8 + len(picture_data) + len(sound_data)) + b"mdat"
    return b"".join((_STYP if starts_segment else b"", header, mdat, picture_data, sound_data))


def _run(
    track: int, at: int, *, duration: int, flags: int, shape: int, offset: int, rows: list[bytes]
) -> bytes:
    return box(
        b"traf",
        full_box(
            b"tfhd",
            0,
            _BASE_IS_MOOF | _DEFAULT_DURATION | _DEFAULT_FLAGS,
            _numbers(track, duration, flags),
        ),
        full_box(b"tfdt", 1, 0, _U64.pack(at)),
        full_box(b"trun", 0, shape, _numbers(len(rows), offset), *rows),
    )


def _numbers(*values: int) -> bytes:
    return b"".join(map(_U32.pack, values))


def _track(
    number: int, scale: int, kind: bytes, *, header: bytes, entry: bytes, size: tuple[int, int] | None
) -> bytes:
    width, height = size or (0, 0)
    track_header = full_box(
        b"tkhd",
        0,
        3,  # enabled, in the movie
        bytes(8) + _U32.pack(number) + bytes(16) + bytes(4),
        (b"\0\0" if size else b"\1\0") + bytes(2) + _UNITY,  # volume
        _numbers(width << 16, height << 16),
    )
    media_header = full_box(b"mdhd", 0, 0, bytes(8) + _U32.pack(scale) + bytes(4) + b"\x55\xc4\0\0")  # "und"
    handler = full_box(b"hdlr", 0, 0, bytes(4) + kind + bytes(12) + kind + b"\0")
    reference = box(b"dinf", full_box(b"dref", 0, 0, _U32.pack(1), full_box(b"url ", 0, 1)))
    table = box(
        b"stbl",
        full_box(b"stsd", 0, 0, _U32.pack(1), entry),
        *(full_box(name, 0, 0, bytes(4)) for name in (b"stts", b"stsc")),
        full_box(b"stsz", 0, 0, bytes(8)),
        full_box(b"stco", 0, 0, bytes(4)),
    )
    media = box(b"mdia", media_header, handler, box(b"minf", header, reference, table))
    return box(b"trak", track_header, media)


def _decoder_config(audio_config: bytes) -> bytes:
    """The descriptors of an `esds` box (ISO/IEC 14496-1, 7.2.6)."""
    specific = _descriptor(5, audio_config)
    # 0x40: MPEG-4 audio; 0x15: an audio stream; buffer and bit rates unknown
    decoder = _descriptor(4, b"\x40\x15" + bytes(11) + specific)
    return _descriptor(3, _U16.pack(SOUND) + b"\0" + decoder + _descriptor(6, b"\2"))


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes((tag, 0x80, 0x80, 0x80, len(content))) + content


def _audio_codec(audio_config: bytes) -> str:
    if len(audio_config) < 2:
        raise BadPayload("an AudioSpecificConfig of less than two bytes")
    return f"mp4a.40.{audio_config[0] >> 3}"


def _channels(audio_config: bytes) -> int:
    """The channel configuration; only plain 48 kHz is taken, since the cadence rests on it."""
    bits = int.from_bytes(audio_config[:2], "big")
    if len(audio_config) < 2 or bits >> 7 & 15 != 3:
        raise BadPayload("the AudioSpecificConfig does not say 48 kHz, on which parts' boundaries rest")
    return bits >> 3 & 15


# --- reading --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture or AAC frame, and where its bytes stand."""

    start: int
    end: int
    duration: int
    key: bool


@dataclass(frozen=True, slots=True)
class Run:
    """The samples of one track in one part."""

    track: int
    at: int
    """Time of the first sample, in the track's scale."""
    samples: tuple[Sample, ...]

    @property
    def end(self) -> int:
        """Time at which the last sample ends."""
        return self.at + sum(sample.duration for sample in self.samples)


@dataclass(frozen=True, slots=True)
class Fragment:
    """One `moof` and what it says of the `mdat` behind it."""

    start: int
    sequence: int
    runs: tuple[Run, ...]

    def run(self, track: int) -> Run | None:
        """A track's samples, or None when the fragment has none of them."""
        return next((run for run in self.runs if run.track == track), None)


@dataclass(frozen=True, slots=True)
class Description:
    """What an init segment says of its stream."""

    codecs: str
    width: int
    height: int


def fragments(data: bytes) -> list[Fragment]:
    """The fragments of a part, a segment, or a whole recording, in order.

    Every sample lies in the bytes that were given. Raises BadPayload and nothing else.
    """
    found = []
    for outer in boxes(data):
        if outer.kind != b"moof":
            continue
        sequence = 0
        runs = []
        for inner in boxes(data, outer.content, outer.end):
            if inner.kind == b"mfhd":
                fields = Fields(data, inner)
                fields.take(4)
                sequence = fields.number(4)
            elif inner.kind == b"traf":
                runs.append(_read_run(data, outer, inner))
        found.append(Fragment(outer.start, sequence, tuple(runs)))
    return found


def describe(init: bytes) -> Description:
    """Size and codecs of an init segment of ours. Raises BadPayload and nothing else."""
    entry, video, sound = _entries(init)
    entry.take(24)
    return Description(codecs(avc.ParameterSets.read(video), sound), entry.number(2), entry.number(2))


def configurations(init: bytes) -> tuple[bytes, bytes]:
    """The `AVCDecoderConfigurationRecord` and `AudioSpecificConfig` of an init of ours. Raises BadPayload."""
    _, video, sound = _entries(init)
    avc.ParameterSets.read(video)
    return video, sound


def _entries(init: bytes) -> tuple[Fields, bytes, bytes]:
    """The picture's sample entry, and the configurations of picture and sound."""
    entry = None
    video = sound = b""
    for track in _inside(init, None, b"moov", b"trak"):
        for table in _inside(init, track, b"mdia", b"minf", b"stbl", b"stsd"):
            for kind in boxes(init, table.content + 8, table.end):
                if kind.kind == b"avc1":
                    entry = Fields(init, kind)
                    inner = boxes(init, kind.content + 78, kind.end)
                    video = next((init[b.content : b.end] for b in inner if b.kind == b"avcC"), b"")
                elif kind.kind == b"mp4a":
                    inner = boxes(init, kind.content + 28, kind.end)
                    sound = next((init[b.content : b.end] for b in inner if b.kind == b"esds"), b"")
    if entry is None or len(sound) < 35:
        raise BadPayload("an init segment without H.264 picture or AAC sound")
    # The configuration stands at a fixed place: all descriptors before it have fixed sizes.
    return entry, video, sound[35 : 35 + sound[34]]


def _inside(data: bytes, outer: Box | None, *path: bytes) -> list[Box]:
    """All boxes at a path of kinds below a box (or the whole)."""
    found = [Box(b"", 0, 0, len(data)) if outer is None else outer]
    for kind in path:
        found = [b for place in found for b in boxes(data, place.content, place.end) if b.kind == kind]
    return found


def _read_run(data: bytes, moof: Box, traf: Box) -> Run:
    inner = {b.kind: b for b in boxes(data, traf.content, traf.end)}
    if not {b"tfhd", b"tfdt", b"trun"} <= inner.keys():
        raise BadPayload(f"the track fragment at {traf.start} lacks tfhd, tfdt or trun")
    track, duration, size, flags = _read_header(Fields(data, inner[b"tfhd"]))
    times = Fields(data, inner[b"tfdt"])
    at = times.number(8 if times.number(4) >> 24 else 4)
    fields = Fields(data, inner[b"trun"])
    shape = fields.number(4) & 0xFFFFFF
    count = fields.number(4)
    if count > _MOST_SAMPLES or not shape & _OFFSET:
        raise BadPayload(f"a run of {count} samples, or without an offset, at {traf.start}")
    position = moof.start + fields.number(4)
    first_flags = fields.number(4) if shape & _FIRST_FLAGS else None
    samples = []
    for index in range(count):
        lasts = fields.number(4) if shape & _DURATIONS else duration
        length = fields.number(4) if shape & _SIZES else size
        marks = fields.number(4) if shape & _FLAGS else flags
        if shape & _COMPOSITION:
            fields.take(4)  # composition offset: ours has none
        if index == 0 and first_flags is not None:
            marks = first_flags
        if position + length > len(data):
            raise BadPayload(f"sample {index} of the run at {traf.start} lies outside of what was received")
        samples.append(Sample(position, position + length, lasts, not marks & 0x10000))
        position += length
    return Run(track, at, tuple(samples))


def _read_header(fields: Fields) -> tuple[int, int, int, int]:
    """Track, and its samples' default duration, size and flags."""
    shape = fields.number(4) & 0xFFFFFF
    track = fields.number(4)
    if not shape & _BASE_IS_MOOF or shape & 1:
        raise BadPayload("a track fragment whose offsets do not count from its moof")
    if shape & 2:
        fields.take(4)
    duration = fields.number(4) if shape & _DEFAULT_DURATION else 0
    size = fields.number(4) if shape & _DEFAULT_SIZE else 0
    return track, duration, size, fields.number(4) if shape & _DEFAULT_FLAGS else 0
