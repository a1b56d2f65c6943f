"""Where each source stands in the programme's picture: layouts as rectangles, pictures fitted into them.

All numbers are pixels of the 1280x720 programme and even, because chroma has half the resolution.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from quality_creator.model.scene import Inset, Layout

WIDTH, HEIGHT = 1280, 720

_GAP = 16
"""Between places, and from them to the picture's edge."""

_RIM = 2
"""An inset keeps this away from the picture's edge: its own edge is seen on all sides."""

_HIDDEN = 0.125
"""How much of a source may be cropped away to fill its place. 16:10 in 16:9 loses a tenth and fills; 4:3
would lose a quarter, in which a dial may stand, and is fitted with bars instead."""


_EQUAL = 0.015
"""Aspects that differ by less are the same: no one sees it, and no pixel of the source is lost."""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A part of the picture."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


WHOLE = Rectangle(0, 0, WIDTH, HEIGHT)

PANEL = Rectangle(880, 122, 384, 476)
"""Where the data stand beside the source in the layout `data-panel`."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How a source's picture comes into its place."""

    width: int
    """To this size the upright picture is scaled ..."""
    height: int
    crop_x: int
    """... of which this much is left out at the left (and about as much at the right) ..."""
    crop_y: int
    at: Rectangle
    """... and the rest stands here; the place around it shows its ground."""


def places(layout: Layout, inset: Inset | None = None) -> tuple[Rectangle, ...]:
    """The layout's places, the most important first; later ones lie over earlier ones.

    Every place is 16:9 within a pixel, so that cameras of today fill it and nothing is cropped.

    Args:
        layout: Which one.
        inset: Where the second place of a picture in picture stands; other layouts have no use for it.
    """
    if layout == "picture-in-picture":
        return (WHOLE, _inset(inset))
    return _places(layout)


@cache
def _places(layout: Layout) -> tuple[Rectangle, ...]:
    made: dict[Layout, Callable[[], tuple[Rectangle, ...]]] = {
        "side-by-side": lambda: _rows(2),
        "three-up": _three_up,
        "four-up": lambda: _rows(2, 2),
        "five-up": lambda: _rows(2, 3),
        "six-up": lambda: _rows(3, 3),
        "forum-strip": _forum_strip,
        "data-panel": lambda: (Rectangle(_GAP, PANEL.y, 848, PANEL.height),),
    }
    return made[layout]() if layout in made else (WHOLE,)


def _rows(*counts: int) -> tuple[Rectangle, ...]:
    """Places in rows, as wide as the row's number and the picture's height allow, all in the middle."""
    highest = (HEIGHT - (len(counts) + 1) * _GAP) / len(counts)
    sizes = []
    for count in counts:
        width = _even(min((WIDTH - (count + 1) * _GAP) / count, highest * 16 / 9))
        sizes.append((count, width, _even(width * 9 / 16)))
    y = _even((HEIGHT - sum(height for _, _, height in sizes) - (len(sizes) - 1) * _GAP) / 2)
    found = []
    for count, width, height in sizes:
        x = _even((WIDTH - count * width - (count - 1) * _GAP) / 2)
        found += [Rectangle(x + n * (width + _GAP), y, width, height) for n in range(count)]
        y += height + _GAP
    return tuple(found)


def _inset(inset: Inset | None) -> Rectangle:
    if inset is None:
        # At the top: players lay their controls and captions over the bottom.
        width, margin = 384, 2 * _GAP
        return Rectangle(WIDTH - margin - width, margin, width, width * 9 // 16)
    width = _even(inset.width * WIDTH)
    height = _even(width * 9 / 16)
    x = min(_even(inset.x * WIDTH), WIDTH - width - _RIM)
    y = min(_even(inset.y * HEIGHT), HEIGHT - height - _RIM)
    return Rectangle(max(x, _RIM), max(y, _RIM), width, height)


def _forum_strip() -> tuple[Rectangle, ...]:
    """The factory, and at its right a strip of four."""
    height = _even((HEIGHT - 5 * _GAP) / 4)
    width = _even(height * 16 / 9)
    large = _even(WIDTH - 3 * _GAP - width)
    tall = _even(large * 9 / 16)
    x = 2 * _GAP + large
    strip = (Rectangle(x, _GAP + n * (height + _GAP), width, height) for n in range(4))
    return (Rectangle(_GAP, _even((HEIGHT - tall) / 2), large, tall), *strip)


def _three_up() -> tuple[Rectangle, ...]:
    """One large, and at its right two that are together as high as it."""
    # All are 16:9, so small = (width - gap * 16/9) / 2, and width + small = WIDTH - 3 gaps.
    width = round((2 * (WIDTH - 3 * _GAP) + _GAP * 16 / 9) / 3 / 16) * 16
    height = _even(width * 9 / 16)
    small_width, small_height = WIDTH - 3 * _GAP - width, _even((height - _GAP) / 2)
    x, y = 2 * _GAP + width, _even((HEIGHT - height) / 2)
    return (
        Rectangle(_GAP, y, width, height),
        Rectangle(x, y, small_width, small_height),
        Rectangle(x, y + height - small_height, small_width, small_height),
    )


def fit(aspect: float, place: Rectangle) -> Fit:
    """How a picture comes into a place.

    It fills the place when at most an eighth of it is cropped for that, else all of it is shown.

    Args:
        aspect: Width by height, as the picture is meant to be seen; above 0.
        place: Where it shall stand.
    """
    ratio = aspect / (place.width / place.height)
    if abs(ratio - 1) < _EQUAL:
        return Fit(place.width, place.height, 0, 0, place)
    width, height = place.width, place.height
    fills = min(ratio, 1 / ratio) >= 1 - _HIDDEN
    if (ratio > 1) == fills:
        width = max(_even(place.height * aspect), 2)
    else:
        height = max(_even(place.width / aspect), 2)
    if fills:
        return Fit(width, height, _half(width - place.width), _half(height - place.height), place)
    x, y = _half(place.width - width), _half(place.height - height)
    return Fit(width, height, 0, 0, Rectangle(place.x + x, place.y + y, width, height))


def _even(number: float) -> int:
    return round(number / 2) * 2


def _half(number: int) -> int:
    """Half of an even number, rounded down to an even one."""
    return number // 4 * 2
