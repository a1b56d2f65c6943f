"""A camera that needs none: bars, a moving line, a clock, and the picture's own time as a bar code."""

import time
from functools import cache

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from quality_creator.config import GeneratedCamera
from quality_creator.media import barcode
from quality_creator.media.capture.source import Feed, Picture
from quality_creator.media.scale import Plane, Planes, Raw, Scaler, planes_of
from quality_creator.media.sound import TICK, Samples
from quality_creator.model.clock import Micros, utc
from quality_creator.model.stream import AUDIO_RATE, FRAME_RATE

_AHEAD_S = 0.06
"""A picture is drawn this long before it is due, so that it is there when it is."""

_SOUND_AHEAD_TICKS = 8
_LEVEL = 0.1
"""-20 dBFS, as line-up tones have it."""

_SWEEP_S = 4.0
"""In which the line crosses the picture."""

_BARS = (
    (180, 128, 128),
    (162, 44, 142),
    (131, 156, 44),
    (112, 72, 58),
    (84, 184, 198),
    (65, 100, 212),
    (35, 212, 114),
)
"""75 % colour bars in BT.709: white, yellow, cyan, green, magenta, red, blue."""


class GeneratedCapture:
    """Draws 25 pictures a second; the time in the bar code is when each is due."""

    def __init__(self, camera: GeneratedCamera) -> None:
        self._camera = camera
        self._scaler = Scaler()
        self._base = _base(camera.width, camera.height)
        self._strip = _strip(camera.width, camera.height)

    def play(self, feed: Feed) -> None:
        """See `Capture`."""
        camera = self._camera
        feed.begin(remote=False)
        feed.sends = f"generated {camera.width}x{camera.height} at {FRAME_RATE}/s"
        start = feed.on_beat(time.monotonic() + _AHEAD_S)
        feed.offset = start
        number = 0
        for tick in range(_SOUND_AHEAD_TICKS):
            self._sound(feed, tick)
        while feed.sleep_until(start + number / FRAME_RATE - _AHEAD_S):
            due = start + number / FRAME_RATE
            taken = feed.wall.utc(due)
            raw = Raw(self.draw(taken), camera.width / camera.height)
            place = feed.place
            tile = self._scaler.tile(raw, place) if place else None
            feed.put(Picture(due=due, ready=time.monotonic(), taken=taken, raw=raw, tile=tile))
            self._sound(feed, number + _SOUND_AHEAD_TICKS)
            number += 1
            if time.monotonic() - due > 1:
                # The machine was suspended, or has no time for this; what was missed is not caught up.
                number += round((time.monotonic() - due) * FRAME_RATE)

    def draw(self, taken: Micros) -> av.VideoFrame:
        """The picture of an instant."""
        width, height = self._camera.width, self._camera.height
        frame = av.VideoFrame(width, height, "yuv420p")
        frame.colorspace, frame.color_range = 1, 1
        picture = Planes(*planes_of(frame))
        picture.put(self._base)
        x = int(taken / 1e6 % _SWEEP_S / _SWEEP_S * width)
        line = max(width // 160, 2)
        picture.y[height // 2 :, x : x + line] = 235
        for chroma in (picture.u, picture.v):
            chroma[height // 4 + 1 :, x // 2 : (x + line) // 2] = 128
        clock = _clock(f"{utc(taken):%H:%M:%S}.{taken // 1000 % 1000:03d}", max(height // 12, 8))
        top, left = height // 4, width // 16
        place = picture.y[top : top + clock.shape[0], left : left + clock.shape[1]]
        place[...] = clock[: place.shape[0], : place.shape[1]]
        if self._strip is not None:
            barcode.draw(picture.y, taken, self._strip)
        return frame

    def _sound(self, feed: Feed, tick: int) -> None:
        hertz = self._camera.tone_hz
        if hertz:
            at = np.arange(tick * TICK, (tick + 1) * TICK, dtype=np.float64)
            wave = (_LEVEL * np.sin(2 * np.pi * hertz / AUDIO_RATE * at)).astype(np.float32)
            samples: Samples = np.stack((wave, wave))
            feed.ring.write(tick * TICK, samples)


def _strip(width: int, height: int) -> barcode.Strip | None:
    """The bar code's usual place; None in a picture that is too small for it."""
    try:
        return barcode.Strip.of(width, height)
    except ValueError:
        return None


def _base(width: int, height: int) -> Planes:
    """What does not move: bars in the lower half, dark above."""
    picture = Planes(*planes_of(av.VideoFrame(width, height, "yuv420p")))
    picture.y[...], picture.u[...], picture.v[...] = 32, 128, 128
    for plane, level in zip((picture.y, picture.u, picture.v), range(3), strict=True):
        edges = np.linspace(0, plane.shape[1], len(_BARS) + 1).round().astype(int)
        for bar, left, right in zip(_BARS, edges[:-1], edges[1:], strict=True):
            plane[-(plane.shape[0] // 2) :, left:right] = bar[level]
    return picture


def _clock(text: str, size: int) -> Plane:
    """A text of digits, dots and colons as luma."""
    return np.concatenate([_glyph(character, size) for character in text], axis=1)


@cache
def _glyph(character: str, size: int) -> Plane:
    font = ImageFont.load_default(size)
    width = round(size * (0.62 if character.isdigit() else 0.32))
    image = Image.new("L", (width, round(size * 1.2)), 32)
    ImageDraw.Draw(image).text((width / 2, size * 0.6), character, 235, font, anchor="mm")
    return np.asarray(image)
