"""The FLV stream that the demuxer gets."""

import struct

import pytest

from quality_creator.media.rtmp import flv
from quality_creator.media.rtmp.flv import FlvStream, Tag
from tests.media.rtmp.peer import AAC_FRAME, AVC_FRAME

BOTH, SOUND, PICTURE = 5, 4, 1

picture = Tag(flv.VIDEO, 0, AVC_FRAME)
sound = Tag(flv.AUDIO, 0, AAC_FRAME)


def described(**fields: float) -> Tag:
    return Tag(flv.SCRIPT, 0, flv.metadata(fields))


def parsed(data: bytes) -> tuple[int, list[Tag]]:
    """The header's flags and the tags, read by the letter of annex E."""
    signature, version, flags, offset, zero = struct.unpack(">3sBBII", data[:13])
    assert (signature, version, offset, zero) == (b"FLV", 1, 9, 0)
    at, tags = 13, []
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 4])
        stamp = int.from_bytes(data[at + 4 : at + 7]) | data[at + 7] << 24
        assert data[at + 8 : at + 11] == b"\0\0\0"
        tags.append(Tag(data[at], stamp, data[at + 11 : at + 11 + size]))  # type: ignore[arg-type]
        assert int.from_bytes(data[at + 11 + size : at + 15 + size]) == size + 11
        at += size + 15
    return flags, tags


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ([described(videocodecid=7.0, audiocodecid=10.0)], BOTH),
        ([described(videocodecid=7.0)], PICTURE),
        ([described(audiocodecid=10.0)], SOUND),
        ([described(width=1280.0), picture, sound], BOTH),
        ([sound, picture], BOTH),
        ([picture, Tag(flv.VIDEO, 1000, AVC_FRAME)], PICTURE),
        ([sound, Tag(flv.AUDIO, 1000, AAC_FRAME)], SOUND),
        ([Tag(flv.VIDEO, 2**32 - 500, AVC_FRAME), Tag(flv.VIDEO, 500, AVC_FRAME)], PICTURE),
        ([Tag(flv.VIDEO, 0, bytes(1 << 20))], PICTURE),
        ([described(), Tag(flv.SCRIPT, 1000, flv.metadata({}))], BOTH),
    ],
)
def test_the_header_promises_what_will_come_and_no_tag_is_lost(tags: list[Tag], flags: int) -> None:
    stream = FlvStream()
    written = [stream.write(tag) for tag in tags]
    assert written[:-1] == [b""] * (len(tags) - 1)
    assert parsed(written[-1]) == (flags, tags)
    later = Tag(flv.VIDEO, 0xFEDCBA98, AVC_FRAME)
    assert parsed(written[-1] + stream.write(later)) == (flags, [*tags, later])


def test_small_tags_without_end_do_not_wait_for_ever() -> None:
    stream = FlvStream()
    written = 0
    while not stream.write(Tag(flv.AUDIO, 0, b"\xaf")):
        written += 1
    assert written < 100_000
