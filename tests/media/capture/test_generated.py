import numpy as np
import pytest

from quality_creator.config import GeneratedCamera
from quality_creator.media import barcode
from quality_creator.media.capture.generated import GeneratedCapture
from quality_creator.media.scale import planes_of
from quality_creator.model.clock import Micros
from quality_creator.model.ids import SourceId
from tests.media.broadcast import name
from tests.media.capture.watch import watched


def camera(width: int = 640, height: int = 360, tone_hz: float = 1000) -> GeneratedCamera:
    return GeneratedCamera(
        id=SourceId("made"), name=name("Made"), width=width, height=height, tone_hz=tone_hz
    )


def test_the_bar_code_is_the_time_of_the_picture_and_pictures_fall_on_ticks() -> None:
    beat = 0.013
    with watched(camera(), GeneratedCapture(camera()), beat=beat) as running:
        pictures = running.wait_pictures(10)
        samples = running.sound(9_600, at=0)
    for picture in pictures:
        y, _, _ = planes_of(picture.raw.frame)
        assert barcode.read(y) == picture.taken == running.feed.wall.utc(picture.due)
        ticks = (picture.due - beat) * 25
        assert ticks == pytest.approx(round(ticks), abs=1e-5)
    spectrum = np.abs(np.fft.rfft(samples[0]))
    assert spectrum.argmax() * 5 == 1000
    assert np.abs(samples).max() == pytest.approx(0.1, rel=0.01)


def test_two_pictures_differ_and_the_same_instant_gives_the_same_picture() -> None:
    capture = GeneratedCapture(camera())
    one, again, later = (capture.draw(Micros(at)).to_ndarray() for at in (10**15, 10**15, 10**15 + 40_000))
    assert (one == again).all()
    assert (one != later).any()


@pytest.mark.parametrize(("width", "height"), [(64, 64), (65, 67), (161, 121), (3840, 2160)])
def test_any_size_is_drawn(width: int, height: int) -> None:
    frame = GeneratedCapture(camera(width, height)).draw(Micros(10**15))
    assert (frame.width, frame.height) == (width, height)
    y, _, _ = planes_of(frame)
    assert barcode.read(y) == 10**15 if width >= 160 else y.max() == 235


def test_without_a_tone_it_has_no_sound() -> None:
    silent = camera(tone_hz=0)
    with watched(silent, GeneratedCapture(silent)) as running:
        running.wait_pictures(2)
        assert running.feed.ring.end is None
