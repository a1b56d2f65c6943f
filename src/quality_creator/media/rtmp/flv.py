"""A publisher's tags as the FLV stream that FFmpeg's demuxer takes.

Source: Adobe, Video File Format Specification 10.1 (2010), annex E; Enhanced RTMP v1 and v2 (Veovera) for
codecs that are named by four characters.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from quality_creator.media.rtmp import amf
from quality_creator.media.rtmp.message import MODULUS
from quality_creator.model.errors import BadPayload

AUDIO: Literal[8] = 8
VIDEO: Literal[9] = 9
SCRIPT: Literal[18] = 18

TagKind: TypeAlias = Literal[8, 9, 18]

_FLAGS: Mapping[int, int] = {AUDIO: 4, VIDEO: 1}
_BOTH = 5

_PICTURES = {2: "Sorenson H.263", 4: "VP6", 7: "H.264"}
_PICTURE_CODES = {b"avc1": "H.264", b"hvc1": "H.265", b"av01": "AV1", b"vp09": "VP9"}
_SOUNDS = {
    0: "PCM",
    1: "ADPCM",
    2: "MP3",
    3: "PCM",
    7: "G.711 A-law",
    8: "G.711 mu-law",
    10: "AAC",
    14: "MP3",
}
_SOUND_CODES = {
    b"mp4a": "AAC",
    b"Opus": "Opus",
    b"fLaC": "FLAC",
    b".mp3": "MP3",
    b"ac-3": "AC-3",
    b"ec-3": "E-AC-3",
}

FOUR_CC = tuple(code.decode() for code in (*_PICTURE_CODES, *_SOUND_CODES))
"""What a peer that speaks Enhanced RTMP may send; VP8 is not among what FFmpeg reads from FLV."""

_MODIFIED = 7
"""Enhanced RTMP's packet type that only wraps another with, say, nanoseconds; FFmpeg unwraps it."""

HEADER_WAIT_MS = 1_000
HEADER_WAIT_BYTES = 1 << 20
"""How long the header waits to learn whether there is sound, when no metadata says so."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One picture, one piece of sound or one set of metadata, as FLV and RTMP both have it."""

    kind: TagKind
    timestamp: int
    """Milliseconds modulo 2**32."""
    payload: bytes


def check_codec(tag: Tag) -> None:
    """Make sure that we can decode what the tag holds.

    Raises:
        BadPayload: a codec that we do not take; the text names it and those that we do.
    """
    match tag.kind:
        case 9:
            _check_picture(tag.payload)
        case 8:
            _check_sound(tag.payload)
        case 18:
            pass


def _check_picture(payload: bytes) -> None:
    head = payload[0]
    if not head & 0x80:
        if head & 0x0F not in _PICTURES:
            raise BadPayload(
                f"picture in codec {head & 0x0F}; {_listed(_PICTURES, _PICTURE_CODES)} are taken"
            )
        return
    frame, packet = head >> 4 & 7, head & 0x0F
    if packet == 6:
        raise BadPayload(
            "several pictures in one stream (multitrack); send each with a stream key of its own"
        )
    if packet != _MODIFIED and frame != 5 and payload[1:5] not in _PICTURE_CODES:
        raise BadPayload(f"picture in codec {_code(payload)}; {_listed(_PICTURES, _PICTURE_CODES)} are taken")


def _check_sound(payload: bytes) -> None:
    form = payload[0] >> 4
    if form != 9:
        if form not in _SOUNDS:
            raise BadPayload(f"sound in codec {form}; {_listed(_SOUNDS, _SOUND_CODES)} are taken")
        return
    packet = payload[0] & 0x0F
    if packet == 5:
        raise BadPayload("several sounds in one stream (multitrack); send one mixed track")
    if packet != _MODIFIED and payload[1:5] not in _SOUND_CODES:
        raise BadPayload(f"sound in codec {_code(payload)}; {_listed(_SOUNDS, _SOUND_CODES)} are taken")


def _code(payload: bytes) -> str:
    return repr(payload[1:5].decode("ascii", "replace"))


def _listed(numbers: Mapping[int, str], codes: Mapping[bytes, str]) -> str:
    return ", ".join(dict.fromkeys([*numbers.values(), *codes.values()]))


def metadata(fields: Mapping[str, amf.Value]) -> bytes:
    """The payload of a script tag that describes the stream."""
    return amf.encode("onMetaData") + amf.encode_ecma_array(fields)


class FlvStream:
    """Tags in, FLV bytes out: the header and everything after it.

    The header says whether picture and sound will come, and FFmpeg waits for what it promises. Metadata
    says so at once; without it, tags are held until both have been seen or a second has passed.
    """

    def __init__(self) -> None:
        self._held: list[Tag] | None = []
        self._held_bytes = 0
        self._seen = 0
        """The flags of what is held."""

    def write(self, tag: Tag) -> bytes:
        """The bytes that this tag adds; none while the header waits."""
        if self._held is None:
            return _tag_bytes(tag)
        self._held.append(tag)
        self._held_bytes += len(tag.payload) + 11
        self._seen |= _FLAGS.get(tag.kind, 0)
        flags = self._flags(tag, self._held[0])
        if flags is None:
            return b""
        begun = b"FLV\x01" + struct.pack(">BII", flags, 9, 0) + b"".join(map(_tag_bytes, self._held))
        self._held = None
        return begun

    def _flags(self, tag: Tag, first: Tag) -> int | None:
        """What the header says, once that is known."""
        if tag.kind == SCRIPT and (promised := _promised(tag.payload)):
            return promised
        waited = (tag.timestamp - first.timestamp) % MODULUS >= HEADER_WAIT_MS
        if self._seen == _BOTH or waited or self._held_bytes >= HEADER_WAIT_BYTES:
            return self._seen or _BOTH
        return None


def _promised(metadata: bytes) -> int:
    """The header's flags as `onMetaData` implies them; 0 when it names no codec."""
    fields = next((value for value in amf.decode(metadata) if isinstance(value, Mapping)), {})
    named = {AUDIO: "audiocodecid", VIDEO: "videocodecid"}
    return sum(flag for kind, flag in _FLAGS.items() if fields.get(named[kind]))


def _tag_bytes(tag: Tag) -> bytes:
    size = len(tag.payload)
    head = struct.pack(">I", tag.kind << 24 | size)
    low, high = tag.timestamp & 0xFFFFFF, tag.timestamp >> 24
    return (
        head
        + struct.pack(">I", low << 8 | high)
        + b"\x00\x00\x00"
        + tag.payload
        + struct.pack(">I", size + 11)
    )
