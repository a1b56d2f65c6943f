"""What the made-up maker makes, drawn for whichever scene it stands in."""

from typing import Final

from quality_creator.demo.drawing import (
    IRON,
    MIST,
    PAPER,
    SLATE,
    STONE,
    WHITE,
    Pixels,
    Sheet,
    arc,
    curve,
    mix,
    oval,
    rounded,
)

TAP_FOOT: Final = (62, 196)
"""Where in a tap's picture its foot is."""
BASIN_FOOT: Final = (150, 150)
"""Where in a basin's picture the middle of its foot is."""


def tap() -> Pixels:
    """A basin mixer."""
    sheet = Sheet(190, 200)
    x, foot = TAP_FOOT
    chrome = ((0, SLATE), (0.12, STONE), (0.3, WHITE), (0.5, MIST), (0.68, IRON), (0.82, STONE), (1, SLATE))
    spout = curve([(x + 4, 92), (x + 40, 84), (x + 78, 90), (x + 94, 112)])
    for width, colour, off in ((28, SLATE, 0), (24, STONE, 0), (15, MIST, -3), (6, WHITE, -6)):
        sheet.line([(px, py + off) for px, py in spout], colour, width)
    sheet.gradient(rounded(x + 80, 108, 28, 16, 3), ((0, IRON), (0.4, MIST), (1, SLATE)), across=True)
    body = [(x - 23, 74), (x + 23, 74), (x + 28, foot - 10), (x - 28, foot - 10)]
    sheet.gradient(body, chrome, across=True)
    sheet.gradient(rounded(x - 34, foot - 12, 68, 12, 4), chrome, across=True)
    sheet.gradient(rounded(x - 25, 50, 50, 28, 10), chrome, across=True)
    lever = [(x - 8, 52), (x + 10, 52), (x + 2, 44), (x - 64, 24), (x - 68, 32)]
    sheet.polygon(lever, STONE)
    sheet.line([(x - 62, 28), (x + 2, 47)], WHITE, 3.0)
    sheet.line(lever, SLATE, 1.2, closed=True)
    sheet.line([(x - 25, 78), (x + 25, 78)], SLATE, 1.5)
    return sheet.finish()


def basin() -> Pixels:
    """A vessel basin of glazed ceramic, seen from a little above."""
    sheet = Sheet(300, 160)
    x, foot = BASIN_FOOT
    rim, half = 34, 140
    outside = [
        *curve([(x - half, rim), (x - half + 14, 82), (x - 84, 128), (x - 56, foot)]),
        *curve([(x + 56, foot), (x + 84, 128), (x + half - 14, 82), (x + half, rim)]),
    ]
    glaze = ((0, STONE), (0.12, MIST), (0.34, WHITE), (0.62, WHITE), (0.86, MIST), (1, STONE))
    sheet.gradient(outside, glaze, across=True)
    sheet.line(outside, mix(STONE, SLATE, 0.3), 1.2)
    sheet.ellipse(x, rim, half, 26, WHITE)
    sheet.gradient(oval(x, rim + 1, half - 9, 20), ((0, STONE), (0.5, MIST), (1, PAPER)))
    sheet.line(oval(x, rim, half, 26), mix(STONE, SLATE, 0.3), 1.2, closed=True)
    sheet.line(arc(x, rim + 3, half - 26, 13, start=30, end=150), IRON, 1.0)
    return sheet.finish()
