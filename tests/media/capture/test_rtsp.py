"""Cameras that we call, against GStreamer's RTSP server."""

import socket
from contextlib import AbstractContextManager

import av
import pytest

from quality_creator.config import RtspCamera
from quality_creator.media import barcode
from quality_creator.media.capture.rtsp import RtspCapture
from quality_creator.media.capture.source import Picture
from quality_creator.model.ids import SourceId
from tests.media.broadcast import name
from tests.media.capture.watch import Watched, watched
from tests.peers.rtsp_server import rtsp_camera


def calling(url: str, username: str = "", password: str = "") -> AbstractContextManager[Watched]:
    camera = RtspCamera(
        id=SourceId("far"), name=name("Far"), url=url, username=username, password=password, delay_ms=40
    )
    return watched(camera, RtspCapture(camera))


def code(picture: Picture) -> int:
    found = barcode.read(picture.raw.frame.to_ndarray(format="gray"))
    assert found is not None
    return found


def test_a_camera_is_seen_and_heard_and_its_own_clock_is_believed() -> None:
    with rtsp_camera(number="clock", sound="aac") as camera, calling(camera.url) as running:
        running.wait(lambda: "times by RTCP" in running.feed.sends)
        seen = len(running.pictures)
        running.wait_pictures(seen + 25)
        ours = running.pictures[seen:]
        assert running.feed.ring.end is not None
        assert (
            running.feed.sends
            == "h264 640x360 at 25/s, aac sound; times by RTCP, as exact as the camera's clock"
        )
    # The number is the time at which the picture was made, right before the camera stamped it.
    apart = [picture.taken - code(picture) for picture in ours]
    assert min(apart) > 0
    assert max(apart) < 1_000_000
    # The times run like the pictures: no two are the same, and none goes back.
    taken = [picture.taken for picture in ours]
    assert taken == sorted(set(taken))


def test_credentials_get_in_and_are_never_spoken_of() -> None:
    with rtsp_camera(user="viewer", password="pa ss/@:1", sound=None) as camera:
        bare = f"rtsp://127.0.0.1:{camera.port}/camera"
        with calling(bare, "viewer", "pa ss/@:1") as running:
            running.wait_pictures(1)
        for url, user, password in (
            (bare, "", ""),
            (bare, "viewer", "open sesame"),
            (bare.replace("127", "viewer:open%20sesame@127"), "", ""),
            (bare.replace("/camera", "/open%20sesame"), "viewer", "open sesame"),
        ):
            with calling(url, user, password) as running:
                said = running.trouble()
            assert "401" in said or "404" in said
            assert "sesame" not in said
            assert "viewer" not in said


def test_secrets_in_the_libraries_own_words_are_blotted_out() -> None:
    camera = RtspCamera(
        id=SourceId("far"), name=name("Far"), url="rtsp://me:s%20cret@host/path", password="pass/word"
    )
    error = av.error.FFmpegError(1, "can't reach rtsp://me:s%20cret@host/path")
    said = [(av.logging.ERROR, "rtsp", "Authorization: pass/word, pass%2Fword or s%20cret is wrong\n")]
    assert RtspCapture(camera)._words(error, said) == (
        "can't reach host/path; Authorization: ***, *** or *** is wrong"
    )


def test_the_peers_own_words_are_told() -> None:
    with rtsp_camera(sound=None) as camera:
        with calling(camera.url.replace("/camera", "/elsewhere")) as running:
            assert "404" in running.trouble()
        port = camera.port
        camera.kill()
        with calling(camera.url) as running:
            assert "Connection refused" in running.trouble()
    # A peer that lets us in and says nothing.
    with socket.create_server(("127.0.0.1", port)), calling(camera.url) as running:
        assert running.trouble() == "the camera did not answer within 5 s"
    with socket.create_server(("127.0.0.1", port)) as server, calling(camera.url) as running:
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>garbage</html>\r\n")
        assert running.trouble()


@pytest.mark.parametrize("how", ["kill", "stall"])
def test_a_camera_that_goes_away_or_hangs_is_called_again(how: str) -> None:
    with rtsp_camera(sound=None) as camera, calling(camera.url) as running:
        running.wait_pictures(5)
        getattr(camera, how)()
        assert running.trouble()
        before = len(running.pictures)
        if how == "kill":
            camera.start()
        else:
            camera.resume()
        running.wait(lambda: len(running.pictures) > before + 5)
        assert running.feed.trouble == ""
        # It counts anew: sound of before would not fit any more.
        assert running.feed.epoch >= 2


def test_a_tall_camera_with_telephone_sound() -> None:
    with (
        rtsp_camera(width=360, height=640, rate=30, sound="pcmu") as camera,
        calling(camera.url) as running,
    ):
        (first,) = running.wait_pictures(1)
        assert first.tile is not None
        assert first.tile.planes.size == (404, 720)
        running.wait(lambda: running.feed.ring.end is not None)
