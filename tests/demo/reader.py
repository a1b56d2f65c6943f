"""Reading instruments in a picture, as a person would: digits by their shapes, a needle by its colour."""

import functools
import itertools
import math

import numpy as np
import numpy.typing as npt

from quality_creator.demo.drawing import Pixels, text_mask
from quality_creator.demo.picture import Area

Luma = npt.NDArray[np.float64]


def number(luma: Pixels, area: Area, size: float) -> str:
    """The bold digits in a part of a light picture, from the left; "" when there is nothing."""
    part = luma[area.y : area.y + area.height, area.x : area.x + area.width].astype(float)
    dark = part < (part.max() + part.min()) / 2
    if part.max() - part.min() < 60:
        return ""
    runs = _runs(dark.any(axis=0))
    # A wide gap ends the number: what follows is its unit.
    gaps = [
        n for n, (one, other) in enumerate(itertools.pairwise(runs), 1) if other[0] - one[1] > size * 0.25
    ]
    return "".join(_glyph(dark[:, left:right], size) for left, right in runs[: min(gaps, default=len(runs))])


def _runs(columns: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where the characters are: columns with ink between columns without."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], columns.astype(int), [0]))))
    runs = list(zip(edges[::2], edges[1::2], strict=True))
    return [(int(left), int(right)) for left, right in runs if right - left > 2]


def _glyph(dark: npt.NDArray[np.bool_], size: float) -> str:
    """Which character a shape is: the one whose own shape differs in the fewest pixels."""
    shape = _trimmed(dark)
    if shape.shape[0] < size * 0.3:
        return "."
    return min(_shapes(size).items(), key=lambda item: _difference(shape, item[1]))[0]


@functools.cache
def _shapes(size: float) -> dict[str, npt.NDArray[np.bool_]]:
    return {character: _trimmed(text_mask(character, size, "Bold") > 127) for character in "0123456789"}


def _trimmed(shape: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    rows, columns = np.flatnonzero(shape.any(axis=1)), np.flatnonzero(shape.any(axis=0))
    return shape[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _difference(one: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> int:
    height, width = max(one.shape[0], other.shape[0]), max(one.shape[1], other.shape[1])
    canvas = np.zeros((2, height, width), bool)
    canvas[0, : one.shape[0], : one.shape[1]] = one
    canvas[1, : other.shape[0], : other.shape[1]] = other
    return int((canvas[0] != canvas[1]).sum())


def needle(rgb: Pixels, middle: tuple[float, float], colour: tuple[int, int, int], reach: float) -> float:
    """The direction of the needle's tip from the dial's middle, in degrees clockwise from the right."""
    near = np.abs(rgb.astype(int) - np.array(colour)).sum(axis=-1) < 60
    rows, columns = np.nonzero(near)
    across, down = columns + 0.5 - middle[0], rows + 0.5 - middle[1]
    distance = np.hypot(across, down)
    blade = (distance > reach * 0.5) & (distance < reach)
    assert blade.any(), "no needle"
    # The blade is symmetric, so the mean of its directions is the direction of its tip.
    turn = math.atan2(
        float((down[blade] / distance[blade]).mean()), float((across[blade] / distance[blade]).mean())
    )
    return math.degrees(turn) % 360
