"""The RTSP camera itself: what the media tests rely on."""

import itertools
import time
from collections.abc import Iterator

import av
import pytest

from quality_creator.media import barcode
from tests.peers.rtsp_server import Sound, rtsp_camera

OPTIONS = {"rtsp_transport": "tcp", "analyzeduration": "300000", "probesize": "500000"}


def opened(url: str) -> "av.container.InputContainer":
    return av.open(url, "r", options=OPTIONS, timeout=(5.0, 1.0))


def numbers(container: "av.container.InputContainer") -> Iterator[int | None]:
    for frame in container.decode(video=0):
        yield barcode.read(frame.to_ndarray(format="gray"))


@pytest.mark.parametrize(
    ("width", "height", "rate", "sound", "codecs"),
    [
        (640, 360, 25, "aac", ["h264", "aac"]),
        (360, 640, 30, "pcmu", ["h264", "pcm_mulaw"]),
        (320, 240, 15, None, ["h264"]),
    ],
)
def test_every_picture_shows_its_number(
    width: int, height: int, rate: int, sound: Sound | None, codecs: list[str]
) -> None:
    with (
        rtsp_camera(width=width, height=height, rate=rate, sound=sound) as camera,
        opened(camera.url) as stream,
    ):
        assert [part.codec.name for part in stream.streams] == codecs
        assert (stream.streams.video[0].width, stream.streams.video[0].height) == (width, height)
        # From the second on: the server may flush a few pictures when the first viewer begins to play.
        found = list(itertools.islice(numbers(stream), 5, 30))
        assert None not in found
        assert found == sorted(set(found))


def test_a_picture_may_tell_the_time_at_which_it_was_made() -> None:
    with rtsp_camera(number="clock") as camera, opened(camera.url) as stream:
        (made,) = itertools.islice(numbers(stream), 10, 11)
        assert made is not None
        assert 0 < time.time() - made / 1e6 < 60


def test_credentials_are_wanted_and_any_viewer_may_come_again() -> None:
    with rtsp_camera(user="viewer", password="pass", sound=None) as camera:
        with pytest.raises(av.error.HTTPUnauthorizedError):
            opened(camera.url.replace("viewer:pass@", ""))
        with pytest.raises(av.error.HTTPUnauthorizedError):
            opened(camera.url.replace("pass@", "wrong@"))
        for _ in range(2):
            with opened(camera.url) as stream:
                assert None not in set(itertools.islice(numbers(stream), 3, 6))


def test_a_camera_can_stall_and_go_on_and_be_killed_and_come_back_where_it_was() -> None:
    with rtsp_camera(sound=None) as camera:
        with opened(camera.url) as stream:
            pictures = numbers(stream)
            before = next(pictures)
            camera.stall()
            with pytest.raises(av.error.ExitError):
                list(pictures)
            camera.resume()
        with opened(camera.url) as stream:
            after = next(numbers(stream))
            assert before is not None
            assert after is not None
            assert after > before + 20
            camera.kill()
            list(numbers(stream))
        url = camera.url
        camera.start()
        assert camera.url == url
        with opened(url) as stream:
            assert next(numbers(stream)) is not None
