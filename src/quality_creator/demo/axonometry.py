"""Solid things on flat paper: a parallel projection, and the boxes, discs and posts drawn with it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from quality_creator.demo.drawing import (
    INK,
    SCALE,
    WHITE,
    Colour,
    Point,
    Sheet,
    Weight,
    arc,
    font,
    mix,
    text_mask,
)


@dataclass(frozen=True, slots=True)
class Projection:
    """Where a place in the room stands on the paper. Heights go straight up."""

    origin: Point
    along: Point
    """What one unit to the right is on the paper."""
    forward: Point
    """What one unit towards the viewer is on the paper."""

    def at(self, x: float, y: float, z: float = 0.0) -> Point:
        """A place: along, forward, up."""
        return (
            self.origin[0] + x * self.along[0] + y * self.forward[0],
            self.origin[1] + x * self.along[1] + y * self.forward[1] - z,
        )

    def path(self, *places: Sequence[float]) -> list[Point]:
        """Several places, each of (x, y) or (x, y, z)."""
        return [self.at(*place) for place in places]

    def disc(self, x: float, y: float, z: float, radius: float) -> list[Point]:
        """The outline of a lying disc."""
        flat = arc(0, 0, radius, radius, start=0, end=360, steps=72)[:-1]
        return [self.at(x + dx, y + dy, z) for dx, dy in flat]

    def box(
        self, sheet: Sheet, corner: Sequence[float], size: Sequence[float], colour: Colour,
        *, top: Colour | None = None, edge: bool = True,
    ) -> None:  # fmt: skip
        """A box, seen from the front right and from above; the light comes from the left."""
        x, y, z = corner
        right, front, up = x + size[0], y + size[1], z + size[2]
        faces = (
            (self.path((x, front, z), (right, front, z), (right, front, up), (x, front, up)), colour),
            (
                self.path((right, y, z), (right, front, z), (right, front, up), (right, y, up)),
                mix(colour, INK, 0.22),
            ),
            (
                self.path((x, y, up), (right, y, up), (right, front, up), (x, front, up)),
                top or mix(colour, WHITE, 0.45),
            ),
        )
        for points, fill in faces:
            sheet.polygon(points, fill)
        if edge:
            for points, fill in faces:
                sheet.line(points, mix(fill, INK, 0.28), 1.0, closed=True)

    def post(
        self, sheet: Sheet, centre: Sequence[float], radius: float, height: float, colour: Colour
    ) -> None:
        """A standing cylinder; its shine runs down its left half."""
        x, y, z = centre
        low, high = self.disc(x, y, z, radius), self.disc(x, y, z + height, radius)
        left, right = min(p[0] for p in low), max(p[0] for p in low)
        row = self.at(x, y, z)[1]
        body = [(left, row - height), (right, row - height), (right, row), *_lower(low), (left, row)]
        dark, light = mix(colour, INK, 0.35), mix(colour, WHITE, 0.55)
        sheet.gradient(
            body, ((0, mix(colour, INK, 0.1)), (0.3, light), (0.6, colour), (1, dark)), across=True
        )
        sheet.polygon(high, mix(colour, WHITE, 0.4))
        sheet.line(high, mix(colour, INK, 0.3), 1.0, closed=True)

    def letter(
        self, sheet: Sheet, words: str, place: Sequence[float], size: float, colour: Colour,
        *, weight: Weight = "Bold",
    ) -> None:  # fmt: skip
        """A line of words on an upright face that looks to the viewer; its base line starts at a place."""
        mask = text_mask(words, size * SCALE, weight)
        x, y = self.at(*place)
        ascent = font(size * SCALE, weight).getmetrics()[0]
        length = math.hypot(*self.along)
        matrix = np.array(
            [
                [self.along[0] / length, 0.0, x * SCALE],
                [self.along[1] / length, 1.0, y * SCALE - ascent],
            ]
        )
        height, width = sheet.pixels.shape[:2]
        flat = cv2.warpAffine(mask, matrix, (width, height), flags=cv2.INTER_LINEAR)
        sheet.cover(np.asarray(flat, np.uint8), colour)


def _lower(outline: list[Point]) -> list[Point]:
    """The lower half of an outline, from right to left."""
    middle = sum(p[1] for p in outline) / len(outline)
    return sorted((p for p in outline if p[1] >= middle), key=lambda p: -p[0])
