"""A producer's PNG: what is none, broken, too large or a bomb is refused; the rest stands in its corner."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from quality_creator.media import logo
from quality_creator.media.graphics import Material, draw
from quality_creator.media.scene import HEIGHT, WIDTH
from quality_creator.media.templates import templates
from quality_creator.model.errors import BadInput
from quality_creator.model.mix import Corner, Graphic, Placed
from tests.media.test_graphics import canvas


def png(width: int = 200, height: int = 100, mode: str = "RGBA", **more: object) -> bytes:
    """A red disc's bounding box: red with full alpha in the middle, nothing around it."""
    picture = Image.new(mode, (width, height))
    if mode == "RGBA":
        picture.paste((255, 0, 0, 255), (width // 4, height // 4, 3 * width // 4, 3 * height // 4))
    data = io.BytesIO()
    picture.save(data, "PNG", **more)  # type: ignore[arg-type]
    return data.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int, height: int) -> bytes:
    """A file of a few bytes whose header promises a great many pixels."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(bytes(1_000)))
    return b"\x89PNG\r\n\x1a\n" + header + data + chunk(b"IEND", b"")


def stuffed() -> bytes:
    """A small picture with a text that unpacks to 100 MB."""
    text = PngImagePlugin.PngInfo()
    text.add_text("comment", "x" * 100_000_000, zip=True)
    return png(pnginfo=text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GIF89a" + bytes(100), "no PNG"),
        (b"", "no PNG"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG"),
        (png()[:60], "broken"),
        (png() + bytes(3 << 20), "bytes; at most"),
        (png(2_001, 2_000, "L"), "at most 2000 x 2000"),
        (bomb(60_000, 60_000), "at most 2000 x 2000"),
        (bomb(1_000, 1_000), "broken"),
        (stuffed(), "broken or holds more"),
        (png(8, 8), "the least"),
    ],
    ids=["gif", "empty", "svg", "cut", "long", "wide", "bomb", "lies", "stuffed", "tiny"],
)
def test_what_can_not_be_a_logo_is_refused_with_words(data: bytes, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        logo.normal(data)


@given(st.data())
def test_a_damaged_png_is_a_picture_or_refused_and_nothing_else(data: st.DataObject) -> None:
    whole = bytearray(png(40, 40))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(8, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        kept, _ = logo.normal(bytes(whole))
    except BadInput:
        return
    assert Image.open(io.BytesIO(kept)).mode == "RGBA"


def test_what_is_kept_is_no_larger_than_is_shown_and_has_nothing_but_pixels() -> None:
    text = PngImagePlugin.PngInfo()
    text.add_text("author", "somebody")
    kept, size = logo.normal(png(1_900, 950, pnginfo=text))
    assert size == (640, 320)
    again = Image.open(io.BytesIO(kept))
    again.load()
    assert again.size == size
    assert b"somebody" not in kept


@pytest.mark.parametrize(
    ("corner", "left", "top"),
    [
        ("top-left", True, True),
        ("top-right", False, True),
        ("bottom-left", True, False),
        ("bottom-right", False, False),
    ],
)
def test_it_stands_in_its_corner_at_its_size_and_its_ground_is_seen_through(
    corner: Corner, left: bool, top: bool
) -> None:
    kept, _ = logo.normal(png())
    how = Placed(digest="0" * 64, corner=corner, width=0.2)
    graphic = Graphic(id="logo", template="picture-logo", image=how)
    drawn = templates()["picture-logo"].v_quality_creator
    picture = canvas(200)
    draw(graphic, drawn, Material(picture=kept)).put(picture, 1.0, 1)
    red = np.argwhere(picture.y < 100)
    (y0, x0), (y1, x1) = red.min(axis=0), red.max(axis=0) + 1
    # The middle half of 256 x 128 is red; around it the picture is as it was.
    assert abs(x1 - x0 - 128) <= 4
    assert abs(y1 - y0 - 64) <= 4
    middle = ((x0 + x1) / 2, (y0 + y1) / 2)
    wanted = (48 + 128 if left else WIDTH - 48 - 128, 32 + 64 if top else HEIGHT - 32 - 64)
    assert max(abs(a - b) for a, b in zip(middle, wanted, strict=True)) <= 2
    assert (picture.y[int(middle[1]), int(x0) - 20], picture.u[0, 0]) == (200, 128)


def test_a_tall_one_fits_and_one_that_is_not_there_leaves_the_picture() -> None:
    kept, _ = logo.normal(png(40, 200))
    at, _ = logo.placed(kept, Placed(digest="0" * 64, width=0.5))
    assert at.height == HEIGHT // 2
    picture = canvas()
    graphic = Graphic(id="logo", template="picture-logo", image=Placed(digest="0" * 64))
    draw(graphic, templates()["picture-logo"].v_quality_creator, Material()).put(picture, 1.0, 1)
    assert (picture.y == 120).all()
