"""Letters for graphics: Chinese and Latin from fonts of this package, and never a box for a missing glyph."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

from PIL import ImageDraw, ImageFont

from quality_creator.media.slate import system_font

Weight = Literal["regular", "bold"]
Anchor = Literal["left", "middle", "right"]
Font = ImageFont.FreeTypeFont

_FOLDER = Path(__file__).parent / "fonts"
_NUMBERS: dict[Weight, int] = {"regular": 400, "bold": 700}
_SUBSETS = ("latin", "chinese-simplified")
_NOWHERE = "\U0010ffff"
"""A character that no font has; what it looks like is what a missing one looks like."""

_ELLIPSIS = "…"


def width(text: str, size: int, weight: Weight = "regular") -> float:
    """How wide a line is, in pixels."""
    return sum(_font(face, size, weight).getlength(piece) for face, piece in _runs(text, weight))


def shortened(text: str, size: int, weight: Weight, most: float) -> str:
    """The text, or as much of it as is not wider than `most`, with an ellipsis."""
    if width(text, size, weight) <= most:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        fits = width(text[:middle].rstrip() + _ELLIPSIS, size, weight) <= most
        low, high = (middle, high) if fits else (low, middle - 1)
    return text[:low].rstrip() + _ELLIPSIS


def wrapped(text: str, size: int, weight: Weight, most: float, lines: int) -> list[str]:
    """The text in lines that are not wider than `most`; what the last has no room for is an ellipsis.

    Lines end at spaces, and between Chinese characters, which need none.
    """
    found: list[str] = []
    rest = text.strip()
    while len(found) < lines - 1 and width(rest, size, weight) > most:
        end = max(len(shortened(rest, size, weight, most)) - len(_ELLIPSIS), 1)
        if _in_word(rest, end):
            end = max(rest.rfind(" ", 0, end), 0) or end
        found.append(rest[:end].strip())
        rest = rest[end:].strip()
    return [*found, shortened(rest, size, weight, most)]


def _in_word(text: str, at: int) -> bool:
    return all(character.isascii() and not character.isspace() for character in text[at - 1 : at + 1])


def write(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: int,
    fill: str,
    *,
    weight: Weight = "regular",
    anchor: Anchor = "left",
    edge: str = "",
) -> None:
    """Draw a line of text; `at` is its anchor, at the middle of its height."""
    x, y = at
    share = {"left": 0.0, "middle": 0.5, "right": 1.0}[anchor]
    x -= width(text, size, weight) * share
    baseline = y + size * 0.36
    for face, piece in _runs(text, weight):
        font = _font(face, size, weight)
        stroke = max(size // 12, 1) if edge else 0
        draw.text(
            (x, baseline), piece, fill, font, anchor="ls", stroke_width=stroke, stroke_fill=edge or None
        )
        x += font.getlength(piece)


def _runs(text: str, weight: Weight) -> Iterator[tuple[int, str]]:
    """A line in pieces, each with the number of the face that has it; what no face has is left out."""
    current, piece = 0, ""
    for character in text:
        if character.isspace():
            piece += " "
            continue
        face = _face(character, weight)
        if face is None:
            continue
        if face != current and piece:
            yield current, piece
            piece = ""
        current = face
        piece += character
    if piece:
        yield current, piece


@cache
def _face(character: str, weight: Weight) -> int | None:
    faces = len(_SUBSETS) + (system_font() is not None)
    return next((face for face in range(faces) if _has(face, character, weight)), None)


def _has(face: int, character: str, weight: Weight) -> bool:
    return bytes(_font(face, 24, weight).getmask(character)) != _missing(face, weight)


@cache
def _missing(face: int, weight: Weight) -> bytes:
    return bytes(_font(face, 24, weight).getmask(_NOWHERE))


@cache
def _font(face: int, size: int, weight: Weight) -> Font:
    if face < len(_SUBSETS):
        name = f"noto-sans-sc-{_SUBSETS[face]}-{_NUMBERS[weight]}-normal.woff2"
        return ImageFont.truetype(_FOLDER / name, size)
    found = system_font()
    assert found is not None
    return ImageFont.truetype(found[0], size, index=found[1])
