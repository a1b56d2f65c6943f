"""A 64-bit number drawn into the picture, so that anyone can tell which frame is on screen and how old it is.

The strip is a grid of 20 by 4 cells, black or white, row by row from the top left. The outer columns are
guards (white, black, white, black on the left, the opposite on the right): they tell the reader what black
and white have become and that there is a strip at all. The 18 inner columns carry 72 bits, the highest
first: the number, then its CRC-8. A frame in which anything is in doubt gives None, not a wrong number.

It is made to live through x264 at low rates and through scaling: a cell needs about four pixels each way
in the picture that is read. `frontend/src/barcode.ts` reads the same strip in a browser.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

COLUMNS = 20
ROWS = 4
BITS = 72
BLACK = 16
WHITE = 235
"""Limited-range luma, as video has it."""

Image = npt.NDArray[np.uint8]
"""A luma plane of shape (height, width), or RGB(A) of shape (height, width, 3 or 4)."""

_LEAST_CONTRAST = 60
"""Between the guards' black and white; a dissolve or a shadow gives less."""

_DOUBT = 0.2
"""A cell whose level is nearer to the middle than this share of the contrast is not read."""

_SPOTS = np.linspace(0.3, 0.7, 5)
"""Where a cell is sampled each way, in cells: away from its edges, which bleed when scaled."""

_LEFT = np.array([1, 0, 1, 0], np.uint8)
_RIGHT = np.array([0, 1, 0, 1], np.uint8)
_LUMA = np.array([0.299, 0.587, 0.114])
"""BT.601; exact weights do not matter for black and white."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Where the grid stands in a picture, in that picture's pixels; fractions are allowed when reading."""

    x: float
    y: float
    width: float
    height: float

    @classmethod
    def of(cls, width: int, height: int) -> Self:
        """The usual place: the top left corner, half of the picture's width, cells twice as wide as high.

        640x360 has cells of 16x8 pixels, 1280x720 of 32x16.
        """
        cell = width // (2 * COLUMNS)
        cell_height = max(cell // 2, 1)
        if cell < 4 or cell_height * ROWS > height:
            raise ValueError(f"a picture of {width}x{height} is too small for a strip")
        return cls(0, 0, cell * COLUMNS, cell_height * ROWS)

    def through(self, source: tuple[float, float], tile: tuple[float, float, float, float], /) -> "Strip":
        """Where the strip is after its picture of (width, height) was scaled into (x, y, width, height)."""
        across, down = tile[2] / source[0], tile[3] / source[1]
        return Strip(
            tile[0] + self.x * across, tile[1] + self.y * down, self.width * across, self.height * down
        )


def draw(
    image: Image, number: int, strip: Strip | None = None, *, black: int = BLACK, white: int = WHITE
) -> None:
    """Draw a number of 0 to 2**64 - 1 into an image, in place.

    In a YUV picture the chroma planes below the strip should be neutral (128); only luma is read.
    """
    if not 0 <= number < 1 << 64:
        raise ValueError(f"{number} is not a number of 64 bits")
    strip = strip or Strip.of(image.shape[1], image.shape[0])
    columns = np.rint(strip.x + np.arange(COLUMNS + 1) * (strip.width / COLUMNS)).astype(int)
    rows = np.rint(strip.y + np.arange(ROWS + 1) * (strip.height / ROWS)).astype(int)
    if columns[0] < 0 or rows[0] < 0 or columns[-1] > image.shape[1] or rows[-1] > image.shape[0]:
        raise ValueError(f"{strip} does not lie in a picture of {image.shape[1]}x{image.shape[0]}")
    cells = np.where(_cells(number), white, black).astype(np.uint8)
    block = cells.repeat(np.diff(rows), axis=0).repeat(np.diff(columns), axis=1)
    target = image[rows[0] : rows[-1], columns[0] : columns[-1]]
    target[...] = block if image.ndim == 2 else block[..., None]


def read(image: Image, strip: Strip | None = None) -> int | None:
    """The number in an image, or None where there is no strip that can be read without doubt."""
    strip = strip or Strip.of(image.shape[1], image.shape[0])
    levels = _levels(image, strip)
    if levels is None:
        return None
    guards = np.concatenate((levels[:, 0], levels[:, -1]))
    expected = np.concatenate((_LEFT, _RIGHT)).astype(bool)
    darkest_white, lightest_black = guards[expected].min(), guards[~expected].max()
    if darkest_white - lightest_black < _LEAST_CONTRAST:
        return None
    white, black = guards[expected].mean(), guards[~expected].mean()
    shares = (levels[:, 1:-1] - black) / (white - black) - 0.5
    if np.abs(shares).min() < _DOUBT / 2:
        return None
    packed = np.packbits(shares.ravel() > 0).tobytes()
    return int.from_bytes(packed[:8], "big") if packed[8] == _crc8(packed[:8]) else None


def _levels(image: Image, strip: Strip) -> npt.NDArray[np.float64] | None:
    """The mean luma of each cell's middle, shape (4, 20), or None when the strip leaves the image."""
    across = (np.arange(COLUMNS)[:, None] + _SPOTS).ravel() * (strip.width / COLUMNS) + strip.x
    down = (np.arange(ROWS)[:, None] + _SPOTS).ravel() * (strip.height / ROWS) + strip.y
    columns, rows = np.floor(across).astype(int), np.floor(down).astype(int)
    if columns[0] < 0 or rows[0] < 0 or columns[-1] >= image.shape[1] or rows[-1] >= image.shape[0]:
        return None
    spots = image[rows[:, None], columns].astype(np.float64)
    if spots.ndim == 3:
        spots = spots[..., :3] @ _LUMA
    means: npt.NDArray[np.float64] = spots.reshape(ROWS, len(_SPOTS), COLUMNS, len(_SPOTS)).mean(axis=(1, 3))
    return means


def _cells(number: int) -> npt.NDArray[np.bool_]:
    data = number.to_bytes(8, "big")
    bits = np.unpackbits(np.frombuffer(data + bytes([_crc8(data)]), np.uint8))
    return np.column_stack((_LEFT, bits.reshape(ROWS, BITS // ROWS), _RIGHT)).astype(bool)


def _crc8(data: bytes) -> int:
    """CRC-8/AUTOSAR: polynomial 0x2F finds any three wrong bits in as many as 119."""
    crc = 0xFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 0x2F if crc & 0x80 else crc << 1) & 0xFF
    return crc ^ 0xFF
