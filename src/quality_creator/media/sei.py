"""The camera's own clock inside the picture: the precision time stamp of MISB ST 0604 in H.264 and H.265.

A frame that carries it says itself when it was taken, whatever the network did to it afterwards. The stamp is
an SEI message of type user_data_unregistered: 16 bytes of UUID, one byte of status (MISB ST 0603), and the
microseconds since 1970 in UTC, with 0xFF after every second byte so that no start code can arise.

Source: MISB ST 0604.3 (precision time stamp), ITU-T H.264 7.3.2.3 and D.1.6, ITU-T H.265 7.3.2.4.
"""

import re
from collections.abc import Iterator
from typing import Literal

from quality_creator.model.clock import Micros

UUID = b"MISPmicrosectime"
"""Marks microseconds; free of zero bytes, so that it stands unescaped in any stream."""

LOCKED = 0x1F
"""Status: the clock is locked to a reference, time runs on without a jump."""

UNLOCKED = 0x9F
"""Status: the clock runs by itself."""

Codec = Literal["h264", "hevc"]

_USER_DATA_UNREGISTERED = 5
_H264_SEI = 6
_HEVC_PREFIX_SEI = 39
_START_CODE = re.compile(rb"\x00\x00\x01")
_ESCAPE = re.compile(rb"\x00\x00\x03")
_NEEDS_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def write(taken: Micros, *, codec: Codec = "h264", status: int = UNLOCKED) -> bytes:
    """One SEI NAL unit with a time stamp, without start code or length."""
    if not 0 <= taken < 1 << 64:
        raise ValueError(f"{taken} is not a time of 64 bits")
    time = taken.to_bytes(8, "big")
    pairs = b"\xff".join(time[i : i + 2] for i in range(0, 8, 2))
    payload = UUID + bytes([status]) + pairs
    header = b"\x06" if codec == "h264" else bytes([_HEVC_PREFIX_SEI << 1, 1])
    message = bytes([_USER_DATA_UNREGISTERED, len(payload)]) + payload + b"\x80"
    return header + _NEEDS_ESCAPE.sub(b"\x00\x00\x03", message)


def stamp(access_unit: bytes, taken: Micros, *, codec: Codec = "h264", status: int = UNLOCKED) -> bytes:
    """An encoder's picture (Annex B) with its time in front of the first slice.

    It is what a camera does; give the result to a muxer in place of the encoder's packet.
    """
    unit = b"\x00\x00\x00\x01" + write(taken, codec=codec, status=status)
    for start, end in _annex_b(access_unit):
        if start < end and _is_slice(access_unit[start], codec):
            # A start code of four bytes keeps its leading zero with the slice.
            cut = start - 4 if start >= 4 and access_unit[start - 4] == 0 else start - 3
            return access_unit[:cut] + unit + access_unit[cut:]
    return access_unit + unit


def read(packet: bytes, *, codec: Codec = "h264", length_size: int = 0) -> Micros | None:
    """When the picture in a packet was taken, by its own stamp; None where it has none.

    Args:
        packet: One access unit as a demuxer gives it; any bytes are allowed.
        codec: Where to look for SEI.
        length_size: Bytes of length before each NAL unit (1 to 4; see `length_size`), or 0 for Annex B.
    """
    if UUID not in packet:
        return None
    for start, end in _length_prefixed(packet, length_size) if length_size else _annex_b(packet):
        if not _is_sei(packet[start:end], codec):
            continue
        body = _ESCAPE.sub(b"\x00\x00", packet[start + (1 if codec == "h264" else 2) : end])
        for kind, payload in _messages(body):
            if kind == _USER_DATA_UNREGISTERED and len(payload) >= 28 and payload.startswith(UUID):
                pairs = payload[17:28]
                return Micros(int.from_bytes(pairs[0:2] + pairs[3:5] + pairs[6:8] + pairs[9:11], "big"))
    return None


def length_size(extradata: bytes | None, codec: Codec = "h264") -> int:
    """How long the NAL units' lengths are by the codec's configuration record; 0 where it is Annex B."""
    if not extradata or extradata[0] != 1:
        return 0
    at = 4 if codec == "h264" else 21
    return (extradata[at] & 3) + 1 if len(extradata) > at else 0


def _annex_b(data: bytes) -> Iterator[tuple[int, int]]:
    starts = [match.end() for match in _START_CODE.finditer(data)]
    for i, start in enumerate(starts):
        yield start, starts[i + 1] - 3 if i + 1 < len(starts) else len(data)


def _length_prefixed(data: bytes, size: int) -> Iterator[tuple[int, int]]:
    at = 0
    while at + size <= len(data):
        start = at + size
        at = start + int.from_bytes(data[at:start], "big")
        yield start, min(at, len(data))


def _is_sei(unit: bytes, codec: Codec) -> bool:
    if not unit:
        return False
    return unit[0] & 0x1F == _H264_SEI if codec == "h264" else unit[0] >> 1 & 0x3F == _HEVC_PREFIX_SEI


def _is_slice(first: int, codec: Codec) -> bool:
    return 1 <= first & 0x1F <= 5 if codec == "h264" else first >> 1 & 0x3F < 32


def _messages(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The SEI messages of an unescaped NAL unit: type and payload. Broken ones end the walk."""
    at = 0
    # The last byte is the trailing bits.
    while at + 2 < len(body):
        numbers = []
        for _ in range(2):
            value = 0
            while at < len(body) and body[at] == 0xFF:
                value += 255
                at += 1
            if at >= len(body):
                return
            numbers.append(value + body[at])
            at += 1
        kind, size = numbers
        if at + size > len(body):
            return
        yield kind, body[at : at + size]
        at += size
