"""A camera that pushes to a receiver that is not ours: ffmpeg's own RTMP listener."""

import itertools
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from quality_creator.demo.cameras import FRAME_US, STRIP, Camera, Ticks
from quality_creator.demo.floor import Floor
from quality_creator.demo.plant import LEAK, Sample, Tally
from quality_creator.demo.tap_bench import DIGITS, DIGITS_SIZE, TapBench
from quality_creator.media import barcode, sei
from quality_creator.model.clock import Micros
from tests.demo import reader
from tests.peers.hub import free_port
from tests.peers.packages import need


@contextmanager
def ffmpeg_receiving(port: int, file: Path) -> Iterator[subprocess.Popen[bytes]]:
    need("ffmpeg")
    command = [
        "ffmpeg",
        "-v",
        "error",
        "-listen",
        "1",
        "-f",
        "flv",
        "-i",
        f"rtmp://127.0.0.1:{port}/live/key",
    ]
    with subprocess.Popen([*command, "-c", "copy", "-y", str(file)]) as child:
        try:
            yield child
        finally:
            child.terminate()
            child.wait(10)


@contextmanager
def pushing(port: int) -> Iterator[list[Sample]]:
    """A tap bench that pushes with a bar code; what its gauge sent meanwhile."""
    sent: list[Sample] = []

    def made(samples: tuple[Sample, ...], _: tuple[Tally, ...]) -> None:
        sent.extend(sample for sample in samples if sample.channel is LEAK)

    stop = threading.Event()
    floor = Floor(1, Micros(time.time_ns() // 1000 - 20_000_000), made)
    floor.at(Micros(time.time_ns() // 1000 - 16_000_000))
    camera = Camera(TapBench(), floor, f"rtmp://127.0.0.1:{port}/live/key", with_barcode=True)
    thread = threading.Thread(target=camera.run, args=(stop,), daemon=True)
    thread.start()
    try:
        yield sent
    finally:
        stop.set()
        thread.join(10)


@dataclass(frozen=True)
class Received:
    """One frame as it came out of the network."""

    taken: Micros | None
    luma: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


def received(file: Path) -> list[Received]:
    with av.open(str(file)) as container:
        video = container.streams.video[0]
        size = sei.length_size(video.codec_context.extradata)
        frames = []
        for packet in container.demux(video):
            taken = sei.read(bytes(packet), length_size=size)
            frames += [Received(taken, frame.to_ndarray(format="gray")) for frame in packet.decode()]
        return frames


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Sample]]:
    """Some seconds of a push, and what was sent meanwhile."""
    file, port = tmp_path_factory.mktemp("push") / "push.flv", free_port()
    with ffmpeg_receiving(port, file) as child, pushing(port) as sent:
        deadline = time.monotonic() + 90
        while not (file.exists() and file.stat().st_size > 900_000) and time.monotonic() < deadline:
            time.sleep(0.1)
            assert child.poll() is None
    return file, sent


def test_every_picture_says_when_it_was_taken_on_an_even_beat(
    recording: tuple[Path, list[Sample]],
) -> None:
    times = [frame.taken for frame in received(recording[0])]
    assert len(times) > 75
    steps = {b - a for a, b in itertools.pairwise(times) if a is not None and b is not None}
    assert None not in times
    # A crowded machine may leave pictures out; those that are there stand on the beat.
    assert all(step > 0 and step % FRAME_US == 0 for step in steps)


def test_digits_and_bar_code_are_the_newest_value_that_was_sent_up_to_the_pictures_own_time(
    recording: tuple[Path, list[Sample]],
) -> None:
    file, sent = recording
    seen = set()
    for frame in received(file):
        assert frame.taken is not None
        expected = max((s for s in sent if s.time <= frame.taken), key=lambda s: s.time, default=None)
        if expected is None:
            continue
        assert barcode.read(frame.luma, STRIP) == expected.time
        assert reader.number(frame.luma, DIGITS, DIGITS_SIZE) == f"{expected.value:.2f}"
        seen.add(expected.time)
    assert len(seen) >= 2, "the value never changed"


def test_it_sends_sound_too_and_one_that_can_be_heard(recording: tuple[Path, list[Sample]]) -> None:
    with av.open(str(recording[0])) as container:
        audio = container.streams.audio[0]
        assert (audio.codec_context.name, audio.codec_context.sample_rate) == ("aac", 48_000)
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio)])
    assert sound.size > 2 * 48_000
    assert 0.001 < np.sqrt(np.mean(np.square(sound))) < 0.1


def test_it_says_its_colours_and_its_rate(recording: tuple[Path, list[Sample]]) -> None:
    with av.open(str(recording[0])) as container:
        context = container.streams.video[0].codec_context
        assert (context.width, context.height, context.colorspace, context.color_range) == (1280, 720, 1, 1)
        assert container.streams.video[0].base_rate == 25


def test_a_receiver_that_goes_away_and_comes_back_gets_pictures_again(tmp_path: Path) -> None:
    port = free_port()
    with pushing(port):
        for number in range(2):
            file = tmp_path / f"{number}.flv"
            with ffmpeg_receiving(port, file):
                deadline = time.monotonic() + 90
                while not (file.exists() and file.stat().st_size > 100_000) and time.monotonic() < deadline:
                    time.sleep(0.05)
            assert file.stat().st_size > 100_000


def test_frames_bear_even_times_although_they_are_drawn_a_little_late() -> None:
    ticks = Ticks(wall=1_000_000, now=500)
    times = [ticks.take(500 + number * FRAME_US + number * 137 % 9000, 1_000_000 + number * FRAME_US + 80)
             for number in range(6)]  # fmt: skip
    assert times == [(number, 1_000_000 + number * FRAME_US) for number in range(6)]


def test_after_a_stall_the_frames_that_are_far_too_late_are_left_out() -> None:
    ticks = Ticks(wall=0, now=0)
    ticks.take(0, 0)
    assert ticks.take(10 * FRAME_US, 10 * FRAME_US) == (10, 10 * FRAME_US)
    assert ticks.due_in(10 * FRAME_US) == FRAME_US


def test_when_the_clock_is_set_the_frames_follow_it() -> None:
    ticks = Ticks(wall=0, now=0)
    ticks.take(0, 0)
    number, taken = ticks.take(FRAME_US, FRAME_US + 5_000_000)
    assert (number, taken) == (1, FRAME_US + 5_000_000)
