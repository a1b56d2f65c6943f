"""Makes a producer's PNG a logo: what is no picture, too large or a bomb is refused; the rest is kept small.

A PNG says its size in its header, before anything is unpacked: what would come to too many pixels is never
unpacked. What is kept is drawn anew from the pixels alone, so that no other bytes of the file come further.
"""

import io
import struct
import zlib
from typing import TYPE_CHECKING

from quality_creator.media.scene import HEIGHT, WIDTH, Rectangle
from quality_creator.model.errors import BadInput
from quality_creator.model.mix import Placed

if TYPE_CHECKING:
    from PIL import Image

MOST_BYTES = 2 << 20
MOST_PIXELS = 4_000_000
LEAST = 16
"""Pixels of the shorter side; what is smaller is a dot on the picture."""

_KEPT = (640, 360)
"""A logo is at most half the picture wide."""

_MARGIN = (48, 32)
"""To the picture's edges, in pixels."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def normal(data: bytes) -> tuple[bytes, tuple[int, int]]:
    """A PNG as it is kept, and its size: its pixels with their alpha, no larger than is ever shown.

    Raises:
        BadInput: it is no PNG, is broken, or is too large.
    """
    from PIL import Image

    if not data.startswith(_SIGNATURE):
        raise BadInput("this is no PNG; save the logo as a PNG, with a transparent ground")
    if len(data) > MOST_BYTES:
        raise BadInput(
            "the PNG has {count} bytes; at most {most} are allowed", count=len(data), most=MOST_BYTES
        )
    # As the header has it, which is the first chunk of every PNG.
    width, height = struct.unpack(">II", data[16:24].ljust(8, b"\0"))
    if width * height > MOST_PIXELS:
        raise BadInput(
            "the PNG has {width} x {height} pixels; at most 2000 x 2000 are allowed",
            width=width,
            height=height,
        )
    if 0 < min(width, height) < LEAST:
        raise BadInput(
            "the PNG has {width} x {height} pixels; {least} x {least} is the least",
            width=width,
            height=height,
            least=LEAST,
        )
    try:
        picture = Image.open(io.BytesIO(data), formats=("PNG",)).convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error):
        raise BadInput("this PNG is broken or holds more than a picture; save it anew") from None
    picture.thumbnail(_KEPT, Image.Resampling.LANCZOS)
    kept = io.BytesIO()
    picture.save(kept, "PNG", optimize=True)
    return kept.getvalue(), picture.size


def placed(data: bytes, how: Placed) -> tuple[Rectangle, "Image.Image"]:
    """A logo at its size, and where it stands.

    Args:
        data: As `normal` made it.
        how: Its corner, and its width; a tall one is made smaller than that, so that it fits.
    """
    from PIL import Image

    picture = Image.open(io.BytesIO(data), formats=("PNG",)).convert("RGBA")
    scale = min(how.width * WIDTH / picture.width, (HEIGHT / 2) / picture.height)
    width = max(round(picture.width * scale / 2) * 2, 2)
    height = max(round(picture.height * scale / 2) * 2, 2)
    picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    vertical, horizontal = how.corner.split("-")
    across, down = _MARGIN
    x = across if horizontal == "left" else WIDTH - across - width
    y = down if vertical == "top" else HEIGHT - down - height
    return Rectangle(x, y, width, height), picture
