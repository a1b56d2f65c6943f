"""Parts as the worker makes them: picture and sound end together, wherever an encoder begins."""

import io

import av
import numpy as np
import numpy.typing as npt
import pytest

from quality_creator.media import cmaf
from quality_creator.media.encode import SOUND_AHEAD, Encoded, Encoder
from quality_creator.media.scale import planes_of
from quality_creator.media.sound import TICK
from quality_creator.model.clock import MediaTime
from quality_creator.model.stream import FRAME_TICKS, PART_TICKS, RENDITIONS
from tests.media.broadcast import pictures, sound


def noise(count: int) -> npt.NDArray[np.float32]:
    """Sound whose place can be found again to the sample."""
    rough = np.random.default_rng(7).standard_normal(count + 63)
    return (np.convolve(rough, np.hanning(64) / 8, "valid")[:count] * 0.2).astype(np.float32)


def encode(
    parts: int, *, msn: int = 0, part: int = 0
) -> tuple[Encoder, list[Encoded], npt.NDArray[np.float32]]:
    """An encoder's parts, and the sound of their time. Each picture is as bright as its number."""
    position = MediaTime((msn * 6 + part) * PART_TICKS)
    encoder = Encoder(RENDITIONS, msn=msn, part=part, position=position)
    y, u, v = planes_of(encoder.canvas)
    wave, made = noise(parts * 8 * TICK + SOUND_AHEAD), []
    for number in range(parts * 8):
        y[...], u[...], v[...] = 16 + number, 128, 128
        at = SOUND_AHEAD + number * TICK
        done = encoder.encode(np.stack([wave[at : at + TICK]] * 2))
        if done is not None:
            made.append(done)
    return encoder, made, wave[: parts * 8 * TICK]


def test_picture_and_sound_of_each_part_cover_the_same_time() -> None:
    _, parts, _ = encode(13)
    for number, part in enumerate(parts):
        assert part.start == number * PART_TICKS
        for data in part.data.values():
            (fragment,) = cmaf.fragments(data)
            picture, heard = fragment.run(cmaf.PICTURE), fragment.run(cmaf.SOUND)
            assert picture is not None
            assert heard is not None
            assert (picture.at, picture.end) == (part.start, part.start + PART_TICKS)
            assert (heard.at * 90_000, heard.end * 90_000) == (picture.at * 48_000, picture.end * 48_000)
    assert [(p.msn, p.part) for p in parts[:8]] == [*((0, n) for n in range(6)), (1, 0), (1, 1)]
    assert [p.independent for p in parts] == [n % 6 == 0 for n in range(13)]


@pytest.mark.parametrize(("msn", "part"), [(0, 0), (3, 2), (3, 5)])
def test_every_picture_is_there_and_sound_stands_where_its_picture_does(msn: int, part: int) -> None:
    encoder, parts, wave = encode(8, msn=msn, part=part)
    init, codecs = encoder.inits()["720p"]
    assert codecs == "avc1.64001f,mp4a.40.2"
    file = init + b"".join(p.data["720p"] for p in parts)
    film = pictures(file)
    begin = (msn * 6 + part) * PART_TICKS
    assert [time for time, _ in film] == [begin + n * FRAME_TICKS for n in range(64)]
    assert [round(float(luma.mean())) for _, luma in film] == [16 + n for n in range(64)]
    times, samples = sound(file)
    assert times[0] * 90_000 == begin * 48_000
    # Found again by correlation; the first frames are silent while the encoder looks ahead.
    piece = wave[20_000:60_000]
    places = [float(samples[0, 20_000 + n : 60_000 + n] @ piece) for n in range(-1500, 1500)]
    assert int(np.argmax(places)) - 1500 == 0


def test_an_encoder_that_begins_within_a_segment_begins_with_a_key_frame_and_so_does_the_next_segment() -> (
    None
):
    encoder, parts, _ = encode(12, msn=5, part=4)
    assert [(p.msn, p.part) for p in parts if p.independent] == [(5, 4), (6, 0), (7, 0)]
    file = encoder.inits()["360p"][0] + b"".join(p.data["360p"] for p in parts)
    with av.open(io.BytesIO(file), "r") as container:
        keys = [p.pts for p in container.demux(video=0) if p.size and p.is_keyframe]
    assert keys == [p.start for p in parts if p.independent]


def test_two_encoders_follow_each_other_in_one_stream() -> None:
    one, first, _ = encode(7)
    other, second, _ = encode(6, msn=1, part=1)
    assert one.inits() == other.inits()
    file = one.inits()["720p"][0] + b"".join(p.data["720p"] for p in (*first, *second))
    assert [time for time, _ in pictures(file)] == [n * FRAME_TICKS for n in range(13 * 8)]
    assert sound(file)[0] == [n * 1024 for n in range(13 * 15)]


def test_a_part_that_a_segment_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="part 6"):
        Encoder(RENDITIONS, msn=0, part=6, position=MediaTime(0))
