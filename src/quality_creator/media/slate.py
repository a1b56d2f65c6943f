"""What stands where a source is missing: its name and a word of explanation, never a frozen or empty place.

Chinese needs a font that has it. One of the system is used; where there is none, the Chinese line is left
out rather than shown as boxes, and the Latin lines are drawn with the font inside Pillow.
"""

import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from quality_creator.media.scale import Planes, Raw, Scaler, Tile
from quality_creator.media.scene import HEIGHT, WIDTH, Rectangle
from quality_creator.model.text import Text

GROUND = (23, 22, 20)
"""Ink with a trace of warmth; around places, and behind slates."""

PANEL = (36, 34, 31)
RULE = (74, 70, 64)
WORDS = (166, 160, 150)
NAME = (242, 238, 230)

_CHINESE = (
    # file, face
    ("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc", 2),
    ("/usr/share/fonts/opentype/source-han-sans/SourceHanSansCN-Regular.otf", 0),
    ("/usr/share/fonts/adobe-source-han-sans/SourceHanSansCN-Regular.otf", 0),
    ("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 0),
    ("/System/Library/Fonts/Hiragino Sans GB.ttc", 0),
    ("/System/Library/Fonts/STHeiti Light.ttc", 1),
    ("C:/Windows/Fonts/msyh.ttc", 0),
    ("C:/Windows/Fonts/Deng.ttf", 0),
)
_NOWHERE = "\U0010ffff"
"""A character that no font has; what it looks like is what a missing one looks like."""

Font = ImageFont.FreeTypeFont


def slate(name: Text, words: str, place: Rectangle) -> Tile:
    """A source's slate for a place.

    Args:
        name: The source's; both languages are shown where a font has them.
        words: Below the name, on one line; cut where it is too long. Of pieces with " · " between them,
            those that no font has are left out.
        place: Where it will stand.
    """
    image = Image.new("RGB", (place.width, place.height), PANEL)
    draw = ImageDraw.Draw(image)
    # A small place has relatively larger letters: they must live through half the resolution.
    unit = max(min(place.height, place.width * 9 // 16) / 18, 15)
    lines = [(line, size, colour) for line, size, colour in _lines(name, words, unit) if line]
    leading = [round(size * 1.5) for _, size, _ in lines]
    y = (place.height - sum(leading)) / 2
    for (line, size, colour), height in zip(lines, leading, strict=True):
        font = _font(round(size))
        text = _shortened(line, font, place.width - 3 * unit)
        draw.text((place.width / 2, y + height / 2), text, colour, font, anchor="mm")
        y += height
    middle, half = place.width / 2, unit
    top = (place.height - sum(leading)) / 2 - unit * 0.75
    draw.rectangle((middle - half, top, middle + half, top + max(unit / 12, 1)), RULE)
    return Tile(place, place, _planes(image))


def ground(places: Sequence[Rectangle]) -> Planes:
    """The programme's picture without any source: empty places on the ground."""
    image = Image.new("RGB", (WIDTH, HEIGHT), GROUND)
    draw = ImageDraw.Draw(image)
    for place in places:
        draw.rectangle((place.x, place.y, place.right - 1, place.bottom - 1), PANEL)
    return _planes(image)


def _lines(name: Text, words: str, unit: float) -> list[tuple[str, float, tuple[int, int, int]]]:
    chinese = name.zh if drawable(name.zh) else ""
    english = name.en if drawable(name.en) and name.en != chinese else ""
    first, second = (chinese, english) if chinese else (english, "")
    return [
        (first, unit * 1.5, NAME),
        (second, unit, NAME),
        (" · ".join(filter(drawable, words.split(" · "))), unit * 0.8, WORDS),
    ]


def drawable(text: str) -> bool:
    """Whether the font has every character of a text."""
    return all(character.isspace() or _has(character) for character in text)


@cache
def _has(character: str) -> bool:
    font = _font(24)
    return bytes(font.getmask(character)) != bytes(font.getmask(_NOWHERE))


@cache
def _font(size: int) -> Font:
    file = system_font()
    if file is not None:
        return ImageFont.truetype(file[0], size, index=file[1])
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font


@cache
def system_font() -> tuple[str, int] | None:
    """A font file of the system with Chinese, and the face in it; None where there is none."""
    for file, face in _CHINESE:
        if Path(file).is_file():
            return file, face
    if shutil.which("fc-match"):
        asked = ["fc-match", "-f", "%{file}\n%{index}\n%{lang}", "sans-serif:lang=zh-cn"]
        answer = subprocess.run(asked, capture_output=True, text=True, timeout=10, check=False)
        file, face_number, languages = [*answer.stdout.split("\n"), "", "", ""][:3]
        if "zh-cn" in languages.split("|") and face_number.isdigit():
            return file, int(face_number)
    return None


def _shortened(text: str, font: Font, width: float) -> str:
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "...") > width:
        text = text[:-1]
    return text.rstrip() + "..."


def _planes(image: Image.Image) -> Planes:
    frame = av.VideoFrame.from_ndarray(np.asarray(image), "rgb24")
    whole = Rectangle(0, 0, image.width, image.height)
    return Scaler().tile(Raw(frame, image.width / image.height), whole).planes
