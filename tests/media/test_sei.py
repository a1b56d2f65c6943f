import io
from fractions import Fraction

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media import sei
from quality_creator.model.clock import Micros

TIMES = st.integers(min_value=0, max_value=(1 << 64) - 1).map(Micros)
CODECS: list[sei.Codec] = ["h264", "hevc"]


def test_a_stamp_is_laid_out_as_st_0604_says() -> None:
    # 2012-04-19T13:33:32.448320Z, by hand: type 5, 28 bytes, UUID, status, four pairs with 0xFF between them.
    assert sei.write(Micros(0x0004_BE08_37D3_3A40), status=sei.LOCKED).hex(" ") == (
        "06 05 1c 4d 49 53 50 6d 69 63 72 6f 73 65 63 74 69 6d 65 1f 00 04 ff be 08 ff 37 d3 ff 3a 40 80"
    )


@given(TIMES, st.sampled_from(CODECS))
def test_what_is_written_is_read(taken: Micros, codec: sei.Codec) -> None:
    assert sei.read(b"\x00\x00\x01" + sei.write(taken, codec=codec), codec=codec) == taken


@given(TIMES)
def test_a_stamp_never_holds_a_start_code(taken: Micros) -> None:
    unit = sei.write(taken)
    assert not any(unit[i : i + 2] == b"\0\0" and unit[i + 2] < 3 for i in range(len(unit) - 2))


@given(TIMES, st.binary(max_size=40), st.binary(max_size=40), st.integers(1, 4))
def test_a_stamp_is_found_between_other_units_with_lengths(
    taken: Micros, before: bytes, after: bytes, size: int
) -> None:
    # Slices: a unit type without meaning for the reader.
    units = [b"\x41" + before, sei.write(taken), b"\x41" + after]
    packet = b"".join(len(unit).to_bytes(size, "big") + unit for unit in units)
    assert sei.read(packet, length_size=size) == taken


@given(st.binary(max_size=80), st.binary(max_size=60), st.sampled_from(CODECS), st.integers(0, 4))
def test_any_bytes_give_a_time_or_nothing(head: bytes, tail: bytes, codec: sei.Codec, size: int) -> None:
    sei.read(head + tail, codec=codec, length_size=size)
    sei.read(head + sei.UUID + tail, codec=codec, length_size=size)
    sei.read(b"\0\0\1\x06\x05" + head + sei.UUID + tail, codec=codec, length_size=size)
    sei.length_size(head, codec)


def test_a_number_that_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="64 bits"):
        sei.write(Micros(-1))


def _encode(codec: str, times: list[Micros]) -> bytes:
    """A Matroska file whose pictures are stamped as a camera would."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as container:
        stream = container.add_stream("libx264" if codec == "h264" else "libx265", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.options = {"tune": "zerolatency", "x265-params": "log-level=none"}
        packets: list[av.Packet] = []
        for number in range(len(times)):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            packets += stream.encode(frame)
        packets += stream.encode()
        for packet in packets:
            taken = times[round(packet.pts * packet.time_base * 25)]
            stamped = av.Packet(sei.stamp(bytes(packet), taken, codec="h264" if codec == "h264" else "hevc"))
            stamped.pts, stamped.dts, stamped.time_base = packet.pts, packet.dts, packet.time_base
            stamped.is_keyframe, stamped.stream = packet.is_keyframe, stream
            container.mux(stamped)
    return file.getvalue()


@pytest.mark.parametrize("codec", CODECS)
def test_libavcodec_sees_the_same_stamps(codec: sei.Codec) -> None:
    times = [Micros(1_760_000_000_000_000 + number * 40_000) for number in range(5)]
    with av.open(io.BytesIO(_encode(codec, times))) as container:
        stream = container.streams.video[0]
        size = sei.length_size(stream.codec_context.extradata, codec)
        assert size == 4
        ours, theirs = [], []
        for packet in container.demux(stream):
            if packet.size:
                ours.append((packet.pts, sei.read(bytes(packet), codec=codec, length_size=size)))
            for frame in packet.decode():
                theirs += [
                    (frame.pts, bytes(data)[17:28])
                    for data in frame.side_data
                    if data.type.name == "SEI_UNREGISTERED" and bytes(data).startswith(sei.UUID)
                ]
    assert [taken for _, taken in sorted(ours)] == times
    assert [int.from_bytes(bytes(x for i, x in enumerate(p) if i % 3 < 2), "big") for _, p in theirs] == times
