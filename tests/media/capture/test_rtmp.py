"""Cameras that call us: real encoders, and one that stamps its pictures."""

import queue
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from quality_creator.config import RtmpCamera
from quality_creator.media import barcode
from quality_creator.media.capture.rtmp import RtmpCapture
from quality_creator.media.rtmp.listener import Listener
from quality_creator.model.ids import SourceId
from tests.media.broadcast import name, now
from tests.media.capture.watch import Watched, watched

CAMERA = RtmpCamera(id=SourceId("near"), name=name("Near"), key="a-long-key", delay_ms=200)


@contextmanager
def called(camera: RtmpCamera = CAMERA) -> Iterator[tuple[Watched, str]]:
    """A source that waits for a push, and the address for it."""
    capture = RtmpCapture(camera)
    refusals: queue.SimpleQueue[object] = queue.SimpleQueue()
    with (
        Listener(
            ("127.0.0.1", 0), {camera.id: camera.key}, on_ingest=capture.accept, on_refusal=refusals.put
        ) as listener,
        watched(camera, capture) as running,
    ):
        yield running, f"rtmp://127.0.0.1:{listener.address[1]}/live/{camera.key}"


@contextmanager
def pushing(address: str, size: str = "320x180") -> Iterator["subprocess.Popen[bytes]"]:
    command = (
        f"ffmpeg -hide_banner -loglevel error -re -f lavfi -i testsrc2=size={size}:rate=25 -re -f lavfi"
        " -i sine=sample_rate=44100 -c:v libx264 -preset ultrafast -tune zerolatency -g 25"
        " -c:a aac -ac 1 -f flv"
    )
    process = subprocess.Popen([*command.split(), address], stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def stamped_push(address: str, ahead_us: int = 0) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.media.capture.stamping", address, str(ahead_us)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[3], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def test_a_publisher_is_seen_and_heard_and_its_arrival_less_the_delay_is_its_time() -> None:
    with called() as (running, address):
        assert running.trouble() == "waiting for the camera to push"
        with pushing(address):
            pictures = running.wait_pictures(60)
            assert running.feed.trouble == ""
            assert running.feed.sends.startswith(
                "h264 320x180 at 25/s, aac sound; times by arrival less 200 ms; jitter "
            )
            running.sound(9_600, at=48_000)
    # As even as the camera took them, whatever the network and our threads did: the mapping moves little.
    late = pictures[30:]
    assert all(running.feed.wall.utc(p.due) - p.taken == 200_000 for p in late)
    assert np.diff([p.due for p in late]).std() < 0.02


def test_a_stamp_in_the_picture_is_its_time_to_the_microsecond() -> None:
    with called() as (running, address), stamped_push(address):
        pictures = running.wait_pictures(20)
        assert "times by its stamps in the picture" in running.feed.sends
    for picture in pictures:
        assert picture.taken == barcode.read(picture.raw.frame.to_ndarray(format="gray"))


def test_a_camera_with_a_wrong_clock_is_told_of_and_its_arrival_counts() -> None:
    with called() as (running, address), stamped_push(address, ahead_us=3_600_000_000):
        pictures = running.wait_pictures(20)
        assert "the camera's clock is +3" in running.feed.sends
        assert "off and not used: set it" in running.feed.sends
    assert all(abs(p.taken - now()) < 60_000_000 for p in pictures)


def test_a_publisher_that_leaves_may_come_again_as_another() -> None:
    with called() as (running, address):
        with pushing(address):
            running.wait_pictures(5)
        assert running.trouble() in ("the publisher hung up", "the publisher stopped")
        with pushing(address, size="480x270"):
            running.wait(lambda: running.pictures and running.pictures[-1].raw.frame.width == 480)
            assert running.feed.trouble == ""


def test_a_publisher_of_sound_alone_is_sent_away_in_words() -> None:
    with called() as (running, address):
        command = "ffmpeg -loglevel error -re -f lavfi -i sine -c:a aac -f flv"
        with subprocess.Popen([*command.split(), address], stderr=subprocess.DEVNULL) as process:
            running.wait(lambda: running.feed.trouble == "there are no pictures in what it sends")
            assert process.wait(15) != 0
