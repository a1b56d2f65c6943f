"""A camera's picture as the encoder wants it, of which only what moves is drawn anew.

The still part of a scene is drawn once. What moves is drawn in patches: each starts from the still part,
is painted in RGB and then put into the planes. Bytes outside the patches are never touched, which is what
keeps both the drawing and the encoding cheap.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from quality_creator.demo.drawing import Pixels

WIDTH = 1280
HEIGHT = 720

# BT.709, limited range: what a picture of this size is taken for everywhere.
_TO_YUV = np.array(
    [
        [0.18259, 0.61423, 0.06201, 16.0],
        [-0.10064, -0.33857, 0.43922, 128.0],
        [0.43922, -0.39894, -0.04027, 128.0],
    ]
)


Planes = tuple[Pixels, Pixels, Pixels]
"""Y, U and V; the latter two have half the width and height."""


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the picture. All four numbers are even, because two pixels share a colour."""

    x: int
    y: int
    width: int
    height: int

    @classmethod
    def around(cls, x: float, y: float, width: float, height: float) -> "Area":
        """The smallest one around a part, within the picture."""
        left, top = max(math.floor(x / 2) * 2, 0), max(math.floor(y / 2) * 2, 0)
        right = min(math.ceil((x + width) / 2) * 2, WIDTH)
        bottom = min(math.ceil((y + height) / 2) * 2, HEIGHT)
        return cls(left, top, right - left, bottom - top)

    def of(self, pixels: Pixels) -> Pixels:
        """A view of this part."""
        return pixels[self.y : self.y + self.height, self.x : self.x + self.width]

    def put(self, part: Planes, into: Planes) -> None:
        """Copy this part's planes into the picture's."""
        for source, target, size in zip(part, into, (1, 2, 2), strict=True):
            rows = slice(self.y // size, (self.y + self.height) // size)
            target[rows, self.x // size : (self.x + self.width) // size] = source


def to_yuv(rgb: Pixels) -> Planes:
    """RGB of even width and height as planes Y, U and V; the latter two at half the size."""
    yuv = np.asarray(cv2.transform(rgb, _TO_YUV), np.uint8)
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    chroma = cv2.resize(np.ascontiguousarray(yuv[..., 1:]), half, interpolation=cv2.INTER_AREA)
    return yuv[..., 0], np.asarray(chroma[..., 0], np.uint8), np.asarray(chroma[..., 1], np.uint8)


class Picture:
    """The planes of one camera's newest frame; `planes` is what the encoder copies."""

    def __init__(self, still: Pixels) -> None:
        """Start with `still`, what never moves: opaque, shape (HEIGHT, WIDTH, 3 or 4)."""
        self.still: Pixels = np.ascontiguousarray(still[..., :3])
        self.planes: Planes = _contiguous(to_yuv(self.still))

    @contextmanager
    def patch(self, area: Area) -> Iterator[Pixels]:
        """Paint a part anew: what is given is its still picture, to be painted in place."""
        rgb = area.of(self.still).copy()
        yield rgb
        area.put(to_yuv(rgb), self.planes)


class Loop:
    """A part of the picture that goes through the same positions again and again.

    Each position is composed once and kept as planes; after the first round showing one is a copy.
    """

    def __init__(self, picture: Picture, area: Area, compose: Callable[[Pixels, int], None]) -> None:
        """`compose` paints a position's picture, in place, on the still part of the area."""
        self._picture, self._area, self._compose = picture, area, compose
        self._kept: dict[int, Planes] = {}
        self._shown: int | None = None

    def show(self, position: int) -> None:
        """Bring the picture to a position; the caller has few of them."""
        if position == self._shown:
            return
        if position not in self._kept:
            rgb = self._area.of(self._picture.still).copy()
            self._compose(rgb, position)
            self._kept[position] = _contiguous(to_yuv(rgb))
        self._area.put(self._kept[position], self._picture.planes)
        self._shown = position


def _contiguous(planes: Planes) -> Planes:
    y, u, v = planes
    return np.ascontiguousarray(y), np.ascontiguousarray(u), np.ascontiguousarray(v)


def rgb_of(planes: Planes) -> npt.NDArray[np.uint8]:
    """The planes as RGB again, for a look at them; what halving the colour took stays away."""
    y, u, v = planes
    size = (y.shape[1], y.shape[0])
    full = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (u, v)]
    yuv = np.stack([y, *full], axis=-1).astype(np.float64)
    linear = np.linalg.inv(_TO_YUV[:, :3])
    rgb = np.rint((yuv - _TO_YUV[:, 3]) @ linear.T)
    return np.asarray(np.clip(rgb, 0, 255), np.uint8)
