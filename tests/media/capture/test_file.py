"""Films as cameras, with the oddities that real cameras have."""

import gc
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from quality_creator.config import FileCamera
from quality_creator.media.capture.file import FileCapture
from quality_creator.media.scene import WHOLE, Rectangle, fit
from quality_creator.model.ids import SourceId
from tests.media.broadcast import name
from tests.media.capture.watch import Watched, watched
from tests.media.films import ffmpeg

TEST = "-f lavfi -i testsrc2=size={size}:rate={rate}:duration={seconds}"
TONE = "-f lavfi -i sine=frequency=440:sample_rate={rate}:duration={seconds}"


def picture(size: str = "320x180", rate: int = 25, seconds: float = 1) -> str:
    return TEST.format(size=size, rate=rate, seconds=seconds)


@contextmanager
def playing(path: Path, place: Rectangle | None = WHOLE) -> Iterator[Watched]:
    camera = FileCamera(id=SourceId("film"), name=name("Film"), path=str(path))
    with watched(camera, FileCapture(camera), place) as running:
        yield running


def as_ffmpeg_shows_it(film: Path, width: int, height: int) -> npt.NDArray[np.uint8]:
    """The first picture's luma, turned, scaled and in BT.709 by the ffmpeg command."""
    command = f"ffmpeg -loglevel error -i {film} -frames:v 1 -f rawvideo -pix_fmt yuv420p"
    scale = f"scale={width}:{height}:flags=bilinear:out_color_matrix=bt709:out_range=tv"
    made = subprocess.run([*command.split(), "-vf", scale, "-"], capture_output=True, check=True, timeout=60)
    return np.frombuffer(made.stdout, np.uint8)[: width * height].reshape(height, width)


@pytest.mark.parametrize(
    ("inputs", "options", "aspect"),
    [
        (picture("322x182"), "-pix_fmt yuv420p", 322 / 182),
        (picture("321x181"), "-pix_fmt yuv444p", 321 / 181),
        (picture("320x240"), "-pix_fmt yuv420p", 4 / 3),
        (picture("360x288"), "-vf setsar=16/15 -pix_fmt yuv420p", 4 / 3),
        (picture(), "-pix_fmt yuv420p10le", 16 / 9),
        (picture(), "-pix_fmt yuvj420p", 16 / 9),
        (picture(), "-pix_fmt yuv420p -colorspace bt709 -vf scale=out_color_matrix=bt709", 16 / 9),
        (picture(), "-pix_fmt yuv420p -c:v libx265 -x265-params log-level=none", 16 / 9),
        (picture(), "-pix_fmt yuv420p -bf 3 -preset medium", 16 / 9),
        (picture(), "-c:v mjpeg -pix_fmt yuvj422p", 16 / 9),
    ],
)
def test_an_odd_film_is_shown_as_ffmpeg_shows_it(
    tmp_path: Path, inputs: str, options: str, aspect: float
) -> None:
    film = ffmpeg(tmp_path / "film.mov", inputs, options)
    place = Rectangle(16, 128, 832, 468)
    with playing(film, place) as running:
        (first,) = running.wait_pictures(1)
    how = fit(aspect, place)
    assert first.tile is not None
    assert first.tile.at == how.at
    assert first.tile.planes.size == (how.at.width, how.at.height)
    expected = as_ffmpeg_shows_it(film, how.width, how.height)
    expected = expected[how.crop_y :, how.crop_x :][: how.at.height, : how.at.width]
    difference = np.abs(first.tile.planes.y.astype(int) - expected)
    assert difference.mean() < 2


@pytest.mark.parametrize(
    "matrix",
    [
        (0, 1, -1, 0),
        (0, -1, 1, 0),
        (-1, 0, 0, -1),
        (-1, 0, 0, 1),
        (1, 0, 0, -1),
        (0, 1, 1, 0),
        (0, -1, -1, 0),
    ],
)
def test_a_turned_or_mirrored_film_is_shown_upright(tmp_path: Path, matrix: tuple[int, ...]) -> None:
    film = ffmpeg(tmp_path / "film.mp4", picture(), "-pix_fmt yuv420p")
    # The track header's matrix (ISO/IEC 14496-12, 8.3.2), which phones set.
    header = film.read_bytes()
    at = header.index(b"tkhd") + 44
    a, b, c, d = (n << 16 for n in matrix)
    film.write_bytes(header[:at] + struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30) + header[at + 36 :])
    with playing(film) as running:
        (first,) = running.wait_pictures(1)
    how = fit(16 / 9 if matrix[0] else 9 / 16, WHOLE)
    assert first.tile is not None
    assert first.tile.at == how.at
    difference = np.abs(first.tile.planes.y.astype(int) - as_ffmpeg_shows_it(film, how.width, how.height))
    assert difference.mean() < 3


def test_a_film_that_changes_its_size_on_the_way_keeps_its_shape(tmp_path: Path) -> None:
    wide = ffmpeg(tmp_path / "wide.ts", picture("320x180"), "-pix_fmt yuv420p")
    tall = ffmpeg(tmp_path / "tall.ts", picture("180x320"), "-pix_fmt yuv420p -output_ts_offset 1")
    (tmp_path / "film.ts").write_bytes(wide.read_bytes() + tall.read_bytes())
    with playing(tmp_path / "film.ts") as running:
        pictures = running.wait_pictures(30)
    shapes = {(one.raw.frame.width, round(one.raw.aspect, 3)) for one in pictures}
    assert shapes == {(320, round(16 / 9, 3)), (180, round(9 / 16, 3))}


@pytest.mark.parametrize(
    "colours",
    [
        "-color_trc arib-std-b67 -color_primaries bt2020 -colorspace bt2020nc",  # HLG
        "-color_trc bt709 -color_primaries bt2020 -colorspace bt2020nc",
    ],
)
def test_ten_bits_of_hlg_and_of_wide_colour_are_shown(tmp_path: Path, colours: str) -> None:
    film = ffmpeg(tmp_path / "film.mp4", picture(), f"-pix_fmt yuv420p10le {colours}")
    with playing(film) as running:
        (first,) = running.wait_pictures(1)
        assert running.feed.trouble == ""
    assert first.tile is not None
    luma = first.tile.planes.y
    assert luma.std() > 20
    difference = np.abs(luma.astype(int) - as_ffmpeg_shows_it(film, luma.shape[1], luma.shape[0]))
    assert difference.mean() < 2


def test_uneven_times_are_kept(tmp_path: Path) -> None:
    film = ffmpeg(
        tmp_path / "film.mkv",
        picture(rate=25, seconds=2),
        "-pix_fmt yuv420p -vf select='not(mod(n\\,5))+eq(mod(n\\,5)\\,1)' -fps_mode vfr",
    )
    with av.open(str(film)) as container:
        times = [frame.time for frame in container.decode(video=0) if frame.time is not None]
    with playing(film) as running:
        pictures = running.wait_pictures(len(times))
    dues = np.array([picture.due for picture in pictures])
    assert dues - dues[0] == pytest.approx(np.array(times) - times[0], abs=1e-6)
    # Each is handed over before it is due, and says when it plays.
    assert [running.feed.wall.utc(due) for due in dues] == [picture.taken for picture in pictures]


def test_of_sixty_pictures_a_second_only_as_many_are_scaled_as_can_be_shown(tmp_path: Path) -> None:
    film = ffmpeg(tmp_path / "film.mp4", picture(rate=60), "-pix_fmt yuv420p")
    with playing(film) as running:
        dues = [picture.due for picture in running.wait_pictures(25)]
    assert np.diff(dues) == pytest.approx(1 / 30, abs=0.001)


def test_rounds_follow_each_other_without_a_seam(tmp_path: Path) -> None:
    film = ffmpeg(
        tmp_path / "film.mp4",
        f"{picture(seconds=0.6)} {TONE.format(rate=48_000, seconds=0.6)}",
        "-pix_fmt yuv420p",
    )
    with playing(film) as running:
        dues = [picture.due for picture in running.wait_pictures(40)]
        samples = running.sound(48_000)
    assert np.diff(dues) == pytest.approx(0.04, abs=1e-6)
    # No hole in the sound where a round begins.
    assert np.abs(samples[0]).reshape(-1, 480).max(axis=1).min() > 0.05


def test_memory_is_given_back_without_waiting_for_the_collector(tmp_path: Path) -> None:
    film = ffmpeg(tmp_path / "film.mp4", picture(seconds=4), "-pix_fmt yuv420p -g 1")

    def frames() -> int:
        return sum(isinstance(thing, av.VideoFrame) for thing in gc.get_objects())

    gc.collect()
    gc.disable()
    try:
        with playing(film) as running:
            # Sixty key frames, of which none is kept here.
            until = time.monotonic() + 2.4
            running.wait(lambda: running.pictures.clear() or time.monotonic() > until)
            left = frames()
    finally:
        gc.enable()
    # What waits to be played, and what is being decoded.
    assert left < 30


def test_the_files_of_a_folder_are_played_in_the_order_of_their_names(tmp_path: Path) -> None:
    for file, size in (("b.mp4", "320x180"), ("a.mp4", "480x270"), ("c.mp4", "640x360")):
        ffmpeg(tmp_path / file, picture(size, seconds=0.4), "-pix_fmt yuv420p")
    (tmp_path / "b2.txt").write_text("not a film")
    (tmp_path / ".hidden.mp4").write_bytes(b"")
    with playing(tmp_path, None) as running:
        pictures = running.wait_pictures(31)
    assert [p.raw.frame.width for p in pictures] == [480] * 10 + [320] * 10 + [640] * 10 + [480]
    assert np.diff([p.due for p in pictures]) == pytest.approx(0.04, abs=1e-6)


@pytest.mark.parametrize(
    ("layout", "rate", "codec"),
    [
        ("mono", 44_100, "aac"),
        ("stereo", 8_000, "aac"),
        ("5.1", 48_000, "ac3"),
        ("mono", 16_000, "pcm_s16le"),
    ],
)
def test_any_sound_becomes_stereo_at_48_kilohertz(tmp_path: Path, layout: str, rate: int, codec: str) -> None:
    sound = f"-f lavfi -i sine=frequency=440:sample_rate={rate}:duration=1,aformat=channel_layouts={layout}"
    film = ffmpeg(tmp_path / "film.mov", f"{picture()} {sound}", f"-pix_fmt yuv420p -c:a {codec}")
    with playing(film) as running:
        running.wait_pictures(1)
        samples = running.sound(9_600)
    for channel in samples:
        spectrum = np.abs(np.fft.rfft(channel * np.hanning(9_600)))
        assert spectrum.argmax() * 48_000 / 9_600 == pytest.approx(440, abs=5)


def test_a_film_without_sound_is_silent(tmp_path: Path) -> None:
    film = ffmpeg(tmp_path / "film.mp4", picture(), "-pix_fmt yuv420p")
    with playing(film) as running:
        running.wait_pictures(3)
        assert running.feed.ring.end is None
        assert running.feed.sends == "h264 320x180 at 25/s, no sound; times are those of its playing"


@pytest.mark.parametrize(
    ("file", "inputs", "options", "words"),
    [
        ("still.png", picture(), "-frames:v 1 -c:v png", "a still picture; a file camera plays films"),
        ("still.jpg", picture(), "-frames:v 1 -c:v mjpeg -pix_fmt yuvj420p", "a still picture"),
        ("song.mp4", TONE.format(rate=48_000, seconds=1), "", "there are no pictures in what it sends"),
        (
            "hdr.mp4",
            picture(),
            "-pix_fmt yuv420p10le -color_trc smpte2084 -color_primaries bt2020 -colorspace bt2020nc",
            "sends HDR pictures (PQ, SMPTE ST 2084)",
        ),
        ("blink.mp4", picture(seconds=0.08), "-pix_fmt yuv420p", "shorter than 0.2 s"),
    ],
)
def test_what_can_not_be_played_is_refused_in_words(
    tmp_path: Path, file: str, inputs: str, options: str, words: str
) -> None:
    ffmpeg(tmp_path / file, inputs, options)
    with playing(tmp_path / file) as running:
        said = running.trouble()
    assert words in said
    assert file in said


def test_a_path_without_films_is_refused_in_words_and_taken_up_when_one_is_there(tmp_path: Path) -> None:
    (tmp_path / "films").mkdir()
    (tmp_path / "garbage.mp4").write_bytes(b"\x00\x01garbage" * 100)
    for path, words in (
        ("none.mp4", "No such file or directory"),
        ("garbage.mp4", "Invalid data found"),
        ("films", "no files in this folder"),
    ):
        with playing(tmp_path / path) as running:
            assert words in running.trouble()
    with playing(tmp_path / "films") as running:
        running.trouble()
        ffmpeg(tmp_path / "made.mp4", picture(), "-pix_fmt yuv420p").rename(tmp_path / "films" / "a.mp4")
        running.wait_pictures(1)
        assert running.feed.trouble == ""


def test_a_film_that_could_not_be_played_in_time_goes_on_from_now(tmp_path: Path) -> None:
    film = ffmpeg(tmp_path / "film.mp4", picture(seconds=1), "-pix_fmt yuv420p")
    with playing(film) as running:
        running.wait_pictures(3)
        epoch, feed = running.feed.epoch, running.feed
        # The thread hangs for longer than is made up for.
        hang = feed.sleep_until
        feed.sleep_until = lambda instant: time.sleep(2.5) or hang(instant)  # type: ignore[method-assign]
        time.sleep(0.1)
        feed.sleep_until = hang  # type: ignore[method-assign]
        running.wait(lambda: feed.epoch > epoch)
        running.wait(lambda: running.pictures[-1].due > time.monotonic())
