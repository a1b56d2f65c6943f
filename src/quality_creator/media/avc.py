"""H.264 as encoders give it and as MP4 wants it: NAL units, parameter sets (ISO/IEC 14496-15)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from quality_creator.model.errors import BadPayload

_IDR = 5
_SPS = 7
_PPS = 8
_DELIMITER = 9
_NOT_IN_SAMPLES = frozenset((_SPS, _PPS, _DELIMITER))

_WITH_CHROMA = frozenset((100, 110, 122, 144, 244, 44, 83, 86, 118, 128, 138))
"""Profiles whose parameter sets (and so whose `avcC`) state chroma format and bit depths."""


def annex_b_units(data: bytes) -> Iterator[bytes]:
    """NAL units of a byte stream with start codes (H.264 Annex B), without the start codes."""
    mark = data.find(b"\0\0\1")
    while mark >= 0:
        start = mark + 3
        mark = data.find(b"\0\0\1", start)
        # A unit never ends in a zero byte; what stands there belongs to the next start code.
        unit = data[start : mark if mark >= 0 else len(data)].rstrip(b"\0")
        if unit:
            yield unit


def length_units(data: bytes) -> Iterator[bytes]:
    """NAL units of a sample with 4-byte lengths. Raises BadPayload where a length leaves the sample."""
    position = 0
    while position < len(data):
        size = int.from_bytes(data[position : position + 4], "big")
        position += 4
        if position + size > len(data) or not size:
            raise BadPayload(f"a NAL unit of {size} bytes does not fit into a sample of {len(data)}")
        yield data[position : position + size]
        position += size


def sample(access_unit: bytes) -> bytes:
    """An access unit from Annex B to 4-byte lengths, as a sample of `avc1` must be.

    Parameter sets stand in the init segment and delimiters are not allowed: both are left out.
    An access unit that already has lengths is a sample and does not come here: the two can't be
    told apart by looking (a unit of 256 to 511 bytes has a length that reads as a start code).

    Raises:
        BadPayload: there is no picture in it.
    """
    pieces: list[bytes] = []
    for unit in annex_b_units(access_unit):
        if unit[0] & 31 not in _NOT_IN_SAMPLES:
            pieces += (len(unit).to_bytes(4, "big"), unit)
    if not pieces:
        raise BadPayload("an access unit without a picture; is it Annex B?")
    return b"".join(pieces)


def is_key(data: bytes) -> bool:
    """Whether decoding can start at a sample (4-byte lengths). Raises BadPayload."""
    return any(unit[0] & 31 == _IDR for unit in length_units(data))


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """What a decoder must know before the first picture."""

    sps: bytes
    pps: bytes

    @classmethod
    def read(cls, extradata: bytes) -> Self:
        """From an encoder's extradata: Annex B, or an `avcC` record with one of each.

        Raises:
            BadPayload: either is missing, or there are several.
        """
        units = list(_record_units(extradata) if extradata[:1] == b"\1" else annex_b_units(extradata))
        sps = [unit for unit in units if unit[0] & 31 == _SPS]
        pps = [unit for unit in units if unit[0] & 31 == _PPS]
        if len(sps) != 1 or len(pps) != 1 or len(sps[0]) < 4:
            raise BadPayload(f"{len(sps)} SPS and {len(pps)} PPS in the extradata; one of each is needed")
        return cls(sps[0], pps[0])

    @property
    def codec(self) -> str:
        """As in RFC 6381: profile, constraints, level."""
        return f"avc1.{self.sps[1:4].hex()}"

    def record(self) -> bytes:
        """The `AVCDecoderConfigurationRecord`, content of an `avcC` box. Raises BadPayload."""
        record = b"\1" + self.sps[1:4] + b"\xff\xe1"  # 4-byte lengths; one SPS
        record += len(self.sps).to_bytes(2, "big") + self.sps
        record += b"\1" + len(self.pps).to_bytes(2, "big") + self.pps
        if self.sps[1] in _WITH_CHROMA:
            chroma, luma_depth, chroma_depth = _chroma(self.sps)
            record += bytes((0xFC | chroma, 0xF8 | luma_depth, 0xF8 | chroma_depth, 0))
        return record


def _record_units(record: bytes) -> Iterator[bytes]:
    """The units of an `AVCDecoderConfigurationRecord`."""
    position = 5
    for mask in (31, 255):  # the count of SPS has three reserved bits above it
        count = record[position] & mask if position < len(record) else 0
        position += 1
        for _ in range(count):
            size = int.from_bytes(record[position : position + 2], "big")
            unit = record[position + 2 : position + 2 + size]
            position += 2 + size
            if not unit or position > len(record):
                raise BadPayload("the avcC record is cut off")
            yield unit


def _chroma(sps: bytes) -> tuple[int, int, int]:
    """Chroma format and the bit depths of luma and chroma above 8 (H.264, 7.3.2.1.1)."""
    raw = sps[4:].replace(b"\0\0\3", b"\0\0")
    bits = _Bits(raw)
    bits.exp_golomb()  # seq_parameter_set_id
    chroma = bits.exp_golomb()
    if chroma == 3:
        bits.take(1)  # separate_colour_plane_flag
    depths = bits.exp_golomb(), bits.exp_golomb()
    if chroma > 3 or max(depths) > 6:
        raise BadPayload(
            f"an SPS with chroma format {chroma} and bit depths {depths[0] + 8}, {depths[1] + 8}"
        )
    return chroma, *depths


class _Bits:
    """Reads bits from the highest down."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def exp_golomb(self) -> int:
        """An unsigned Exp-Golomb number, `ue(v)`."""
        zeros = 0
        while not self.take(1):
            zeros += 1
        return (1 << zeros) - 1 + self.take(zeros)

    def take(self, count: int) -> int:
        """The next `count` bits as a number."""
        if count > self._left:
            raise BadPayload("the SPS is cut off")
        self._left -= count
        return self._number >> self._left & ((1 << count) - 1)
