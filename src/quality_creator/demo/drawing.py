"""Drawing the scenes: shapes, gradients, shadows and words on a sheet that is four times too large.

Coordinates are pixels of the finished picture, fractions allowed. A sheet is premultiplied RGBA at
`SCALE` times the size; `finish` brings it down, which is what makes the edges smooth. A sheet that
starts transparent becomes a sprite.
"""

import functools
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

import cv2
import numpy as np
import numpy.typing as npt
from PIL import ImageFont

Pixels = npt.NDArray[np.uint8]
"""Shape (height, width, 3) for RGB or (height, width, 4) for premultiplied RGBA."""
Colour = tuple[int, int, int]
Point = tuple[float, float]

SCALE: Final = 2
_SHIFT = 4
"""cv2 takes fixed-point coordinates with so many binary digits."""

# --- the palette: ink on paper, greys with a trace of warmth, one accent ------------------------------

PAPER: Final[Colour] = (245, 243, 236)
WALL: Final[Colour] = (231, 227, 216)
FLOOR: Final[Colour] = (213, 209, 198)
MIST: Final[Colour] = (201, 197, 189)
STONE: Final[Colour] = (172, 168, 160)
IRON: Final[Colour] = (126, 121, 114)
SLATE: Final[Colour] = (82, 78, 72)
INK: Final[Colour] = (34, 31, 28)
WHITE: Final[Colour] = (253, 252, 249)
BOARD: Final[Colour] = (214, 190, 154)
BOARD_EDGE: Final[Colour] = (181, 150, 109)
ACCENT: Final[Colour] = (32, 80, 138)
ACCENT_LIGHT: Final[Colour] = (134, 165, 204)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Between two colours; 0 is the first."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


# --- words -------------------------------------------------------------------------------------------

Weight = Literal["Regular", "Bold"]
Anchor = Literal["left", "middle", "right"]


@functools.cache
def font(size: float, weight: Weight = "Regular") -> ImageFont.FreeTypeFont:
    """The package's own cut of Noto Sans SC: the same picture on every machine, and never a box."""
    path = Path(__file__).parent / "fonts" / f"NotoSansSC-{weight}.subset.otf"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def text_mask(words: str, size: float, weight: Weight = "Regular") -> Pixels:
    """Coverage of a line of words, shape (height, width): as wide as its advance, and its height is
    that of every line of this size, so that lines with different words stand on one base line."""
    face = font(size, weight)
    ascent, descent = face.getmetrics()
    mask = np.zeros((ascent + descent, max(math.ceil(text_width(words, size, weight)), 1)), np.uint8)
    x = 0.0
    for number, piece in enumerate(words.split(_DOT)):
        if number:
            _print(mask, face, ".", x, ascent - round(size * _DOT_RISE))
            x += face.getlength(".")
        _print(mask, face, piece, x, ascent)
        x += face.getlength(piece)
    return mask


def text_width(words: str, size: float, weight: Weight = "Regular") -> float:
    """The advance of a line of words."""
    face = font(size, weight)
    return float(face.getlength(words.replace(_DOT, ".")))


_DOT = "·"
"""In a Chinese font it is as wide as a character; in a unit such as N·m it is a raised full stop."""
_DOT_RISE = 0.28


def _print(mask: Pixels, face: ImageFont.FreeTypeFont, words: str, x: float, base: int) -> None:
    core, (left, top) = face.getmask2(words, mode="L", anchor="ls")
    across, down = core.size
    if not across or not down:
        return
    glyphs = np.asarray(core, np.uint8).reshape(down, across)
    column, row = max(round(x) + left, 0), max(base + top, 0)
    target = mask[row : row + down, column : column + across]
    target[:] = np.maximum(target, glyphs[: target.shape[0], : target.shape[1]])


# --- the sheet ---------------------------------------------------------------------------------------


class Sheet:
    """A picture under construction."""

    def __init__(self, width: int, height: int, fill: Colour | None = None) -> None:
        self.width, self.height = width, height
        self.pixels: Pixels = np.zeros((height * SCALE, width * SCALE, 4), np.uint8)
        if fill is not None:
            self.pixels[:] = (*fill, 255)

    def finish(self) -> Pixels:
        """Premultiplied RGBA at the finished size."""
        size = (self.width, self.height)
        return np.asarray(cv2.resize(self.pixels, size, interpolation=cv2.INTER_AREA), np.uint8)

    def polygon(self, points: Sequence[Point], fill: Colour, alpha: float = 1.0) -> None:
        """A filled shape."""
        if alpha < 1.0:
            self._blend(self._mask(points), fill, alpha)
        else:
            cv2.fillPoly(self.pixels, [_fixed(points)], (*fill, 255), cv2.LINE_AA, _SHIFT)

    def line(
        self, points: Sequence[Point], colour: Colour, width: float = 1.5, *, closed: bool = False
    ) -> None:
        """A line through points; its corners and ends are round."""
        thickness = max(1, round(width * SCALE))
        cv2.polylines(self.pixels, [_fixed(points)], closed, (*colour, 255), thickness, cv2.LINE_AA, _SHIFT)

    def rectangle(
        self, x: float, y: float, width: float, height: float, fill: Colour,
        *, radius: float = 0.0, alpha: float = 1.0,
    ) -> None:  # fmt: skip
        """A filled rectangle, its corners rounded."""
        self.polygon(rounded(x, y, width, height, radius), fill, alpha)

    def frame(
        self, x: float, y: float, width: float, height: float, colour: Colour,
        *, line: float = 1.5, radius: float = 0.0,
    ) -> None:  # fmt: skip
        """A rectangle's outline."""
        self.line(rounded(x, y, width, height, radius), colour, line, closed=True)

    def ellipse(self, x: float, y: float, across: float, down: float, fill: Colour) -> None:
        """A filled ellipse; `across` and `down` are its half axes."""
        self.polygon(oval(x, y, across, down), fill)

    def ring(self, x: float, y: float, radius: float, colour: Colour, width: float = 1.5) -> None:
        """A circle's outline."""
        self.line(oval(x, y, radius, radius), colour, width, closed=True)

    def gradient(
        self, points: Sequence[Point], stops: Sequence[tuple[float, Colour]], *, across: bool = False
    ) -> None:
        """A shape filled from its top to its bottom, or from left to right, through colours at shares
        of its extent."""
        mask = self._mask(points)
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        low, high = (min(xs), max(xs)) if across else (min(ys), max(ys))
        length = self.pixels.shape[1 if across else 0]
        share = ((np.arange(length) + 0.5) / SCALE - low) / max(high - low, 1e-6)
        at = [stop for stop, _ in stops]
        ramp = np.stack([np.interp(share, at, [c[i] for _, c in stops]) for i in range(3)], axis=-1)
        self._blend(mask, ramp[None] if across else ramp[:, None], 1.0)

    def shadow(
        self, points: Sequence[Point], *, blur: float = 8.0, strength: float = 0.25, below: float = 4.0
    ) -> None:
        """The soft shadow of a shape, moved down."""
        mask = self._mask([(x, y + below) for x, y in points])
        soft = cv2.GaussianBlur(mask, (0, 0), blur * SCALE / 2)
        self._blend(np.asarray(soft, np.uint8), INK, strength)

    def text(
        self, x: float, y: float, words: str, size: float, colour: Colour = INK,
        *, weight: Weight = "Regular", anchor: Anchor = "left",
    ) -> None:  # fmt: skip
        """A line of words whose base line is at `y`."""
        x, y, size = x * SCALE, y * SCALE, size * SCALE
        write(self.pixels, x, y, words, size, colour=colour, weight=weight, anchor=anchor)

    def cover(self, mask: Pixels, fill: Colour, alpha: float = 1.0) -> None:
        """Paint through a mask of the sheet's own, larger size."""
        self._blend(mask, fill, alpha)

    def _mask(self, points: Sequence[Point]) -> Pixels:
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.fillPoly(mask, [_fixed(points)], 255, cv2.LINE_AA, _SHIFT)
        return mask

    def _blend(self, mask: Pixels, fill: Colour | npt.NDArray[np.float64], alpha: float) -> None:
        left, top, width, height = cv2.boundingRect(mask)
        rows, columns = slice(top, top + height), slice(left, left + width)
        cover = (mask[rows, columns].astype(np.float32) * (alpha / 255))[..., None]
        paint = np.full((1, 1, 4), 255.0, np.float32)
        if isinstance(fill, tuple):
            paint[..., :3] = fill
        else:
            part = fill[:, columns] if fill.shape[0] == 1 else fill[rows]
            paint = np.concatenate((part, np.full((*part.shape[:2], 1), 255.0)), axis=-1).astype(np.float32)
        target = self.pixels[rows, columns]
        target[:] = np.rint(target * (1 - cover) + paint * cover)


def write(
    target: Pixels, x: float, y: float, words: str, size: float, *, colour: Colour = INK,
    weight: Weight = "Regular", anchor: Anchor = "left",
) -> None:  # fmt: skip
    """A line of words on finished pixels, its base line at `y`."""
    mask = text_mask(words, size, weight)
    share = {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor]
    left, top = round(x - mask.shape[1] * share), round(y) - font(size, weight).getmetrics()[0]
    sprite = (mask[..., None].astype(np.uint16) * np.array((*colour, 255), np.uint16) + 127) // 255
    over(target, sprite.astype(np.uint8), left, top)


def over(target: Pixels, sprite: Pixels, x: int, y: int) -> None:
    """Lay a premultiplied sprite on RGB or premultiplied RGBA in place; what sticks out is cut off."""
    left, top = max(x, 0), max(y, 0)
    right = min(x + sprite.shape[1], target.shape[1])
    bottom = min(y + sprite.shape[0], target.shape[0])
    if right <= left or bottom <= top:
        return
    part = sprite[top - y : bottom - y, left - x : right - x]
    below = target[top:bottom, left:right]
    rest = 255 - part[..., 3:].astype(np.uint16)
    below[:] = part[..., : below.shape[2]] + ((below * rest + 127) // 255).astype(np.uint8)


# --- shapes ------------------------------------------------------------------------------------------


def rounded(x: float, y: float, width: float, height: float, radius: float) -> list[Point]:
    """A rectangle's outline, its corners rounded."""
    radius = min(radius, width / 2, height / 2)
    if radius <= 0:
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    corners = [
        (x + width - radius, y + height - radius, 0),
        (x + radius, y + height - radius, 90),
        (x + radius, y + radius, 180),
        (x + width - radius, y + radius, 270),
    ]
    return [
        p
        for cx, cy, start in corners
        for p in arc(cx, cy, radius, radius, start=start, end=start + 90, steps=8)
    ]


def oval(x: float, y: float, across: float, down: float) -> list[Point]:
    """An ellipse's outline."""
    return arc(x, y, across, down, start=0, end=360, steps=max(24, round(max(across, down))))[:-1]


def arc(
    x: float, y: float, across: float, down: float, *, start: float, end: float, steps: int = 48
) -> list[Point]:
    """Points on an ellipse; degrees, clockwise from the right."""
    angles = [math.radians(start + (end - start) * i / steps) for i in range(steps + 1)]
    return [(x + across * math.cos(a), y + down * math.sin(a)) for a in angles]


def curve(points: Sequence[Point], steps: int = 16) -> list[Point]:
    """A smooth line through points (Catmull and Rom's)."""
    padded = [points[0], *points, points[-1]]
    smooth: list[Point] = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            weights = (
                (-t + 2 * t**2 - t**3) / 2,
                (2 - 5 * t**2 + 3 * t**3) / 2,
                (t + 4 * t**2 - 3 * t**3) / 2,
                (t**3 - t**2) / 2,
            )
            around = (a, b, c, d)
            smooth.append(
                (
                    sum(w * p[0] for w, p in zip(weights, around, strict=True)),
                    sum(w * p[1] for w, p in zip(weights, around, strict=True)),
                )
            )
    return [*smooth, points[-1]]


def left_of(points: Sequence[Point], edge: float) -> list[Point]:
    """What of a shape lies to the left of an upright line."""
    kept: list[Point] = []
    for a, b in zip(points, [*points[1:], points[0]], strict=True):
        if a[0] <= edge:
            kept.append(a)
        if (a[0] <= edge) != (b[0] <= edge):
            kept.append((edge, a[1] + (b[1] - a[1]) * (edge - a[0]) / (b[0] - a[0])))
    return kept


def _fixed(points: Sequence[Point]) -> npt.NDArray[np.int32]:
    # cv2's integers are the centres of pixels, ours are their corners.
    scaled = (np.asarray(points, np.float64) * SCALE - 0.5) * (1 << _SHIFT)
    return np.rint(scaled).astype(np.int32)
