"""What real encoders sent, in any pieces and with any bytes changed."""

import io
import random
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.media.rtmp.connection import Ended, Event, Published, Refused
from quality_creator.media.rtmp.flv import FlvStream, Tag
from tests.media.rtmp.peer import connection, feed, split
from tests.media.rtmp.record import DATA, ENCODERS

RECORDS = {name: (DATA / name).read_bytes() for name in ENCODERS}
names = st.sampled_from(sorted(RECORDS))


def once(data: bytes) -> Iterator[bytes]:
    yield data


def flv_of(events: list[Event]) -> bytes:
    stream = FlvStream()
    return b"".join(stream.write(event) for event in events if isinstance(event, Tag))


@pytest.mark.parametrize(
    ("name", "encoder", "codecs", "pictures"),
    [
        ("ffmpeg_5.1_h264_aac.bin", "FMLE/3.0 (compatible; Lavf59.27.100)", {"h264", "aac"}, 10),
        ("ffmpeg_8_hvc1_opus.bin", "FMLE/3.0 (compatible; Lavf62.12.102)", {"hevc", "opus"}, 10),
        ("librtmp_h264_aac.bin", "", {"h264", "aac"}, 10),
        ("gstreamer_rtmp2_h264_aac.bin", "LNX 10,0,32,18", {"h264", "aac"}, 10),
    ],
)
def test_a_recorded_push_is_a_stream_that_ffmpeg_decodes(
    name: str, encoder: str, codecs: set[str], pictures: int
) -> None:
    published, *tags, ended = feed(connection(), once(RECORDS[name])).events
    assert published == Published("camera", "live", encoder)
    assert ended == Ended()
    assert tags[0].kind == 18
    with av.open(io.BytesIO(flv_of(tags)), format="flv") as container:
        assert {stream.codec.name for stream in container.streams} == codecs
        frames = list(container.decode(video=0))
        assert len(frames) == pictures
        assert container.metadata


@settings(deadline=None)
@given(names, st.lists(st.integers(0, 16_000), max_size=40))
def test_the_events_and_the_answers_do_not_depend_on_how_the_bytes_are_cut(
    name: str, cuts: list[int]
) -> None:
    data = RECORDS[name]
    whole = feed(connection(), once(data))
    cut = feed(connection(), split(data, [min(at, len(data)) for at in cuts]))
    assert cut == whole
    assert cut.events[-1] == Ended()


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_a_byte_at_a_time_is_as_good_as_all_at_once(name: str) -> None:
    data = RECORDS[name]
    assert feed(connection(), (data[at : at + 1] for at in range(len(data)))) == feed(
        connection(), once(data)
    )


@pytest.mark.parametrize("name", sorted(RECORDS))
def test_changed_bytes_never_do_worse_than_a_refusal(name: str) -> None:
    """Flipped, dropped, doubled and exchanged stretches; the same events however they are cut."""
    rng = random.Random(name)
    refusals = set()
    tracemalloc.start()
    try:
        for _ in range(100):
            data = mutated(RECORDS[name], rng)
            fed = feed(connection(), once(data))
            assert all(not isinstance(event, Refused) for event in fed.events[:-1])
            refusals.update(event.words for event in fed.events[-1:] if isinstance(event, Refused))
            cuts = [rng.randrange(len(data) + 1) for _ in range(10)]
            assert feed(connection(), split(data, cuts)) == fed
            flv_of(fed.events)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(refusals) > 10
    assert peak < 4_000_000


def mutated(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data)
    # Mostly behind the handshake, where every byte means something.
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(min(3073, len(out) - 1) if rng.random() < 0.95 else 0, len(out))
        length = min(rng.choice([1, 1, 2, 4, 40]), len(out) - at)
        match rng.randrange(5):
            case 0:
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                out[at : at + length] = rng.randbytes(length)
            case 2:
                del out[at : at + length]
            case 3:
                out[at:at] = out[at : at + length]
            case 4:
                out[at : at + length] = rng.choice([b"\x00", b"\xff", b"\x7f", b"\x80"]) * length
    return bytes(out)


def test_every_record_is_described() -> None:
    described = (DATA / "README.md").read_text()
    assert sorted(path.name for path in Path(DATA).glob("*.bin")) == sorted(ENCODERS)
    assert [name for name in ENCODERS if f"`{name}`" not in described] == []
