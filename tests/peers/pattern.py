"""What test cameras film: a pattern in motion with a number in it, as raw pictures at their own pace.

`python -m tests.peers.pattern 640x360 25 count` writes I420 pictures to standard output, each with the strip
of `quality_creator.media.barcode` in its usual place: the picture's index since the start (`count`), or the
microseconds since 1970 at which it was made (`clock`). Whoever does not take pictures in time misses some.
"""

import sys
import time
from collections.abc import Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt

from quality_creator.media import barcode

Number = Literal["count", "clock"]


def command(width: int, height: int, rate: int, number: Number = "count") -> list[str]:
    """How to run it."""
    return [sys.executable, "-m", "tests.peers.pattern", f"{width}x{height}", str(rate), number]


def pictures(width: int, height: int) -> Iterator[npt.NDArray[np.uint8]]:
    """I420 pictures of shape (height * 3 / 2, width) without a number: stripes that drift, and colours."""
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    stripes = (96 + 64 * np.sin((across + down) / 24)).astype(np.uint8)
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    colours = picture[height:].reshape(2, height // 2, width // 2)
    # Below the strip the colours stay neutral.
    colours[0, height // 4 :] = np.linspace(64, 192, width // 2)
    colours[1, height // 4 :] = np.linspace(192, 64, width // 2)
    step = 0
    while True:
        picture[:height] = np.roll(stripes, step, axis=1)
        yield picture
        step = (step + 3) % width


def main() -> None:
    """Write pictures until nobody reads them."""
    size, rate, number = sys.argv[1:]
    width, height = map(int, size.split("x"))
    start, index = time.monotonic(), 0
    for picture in pictures(width, height):
        time.sleep(max(start + index / int(rate) - time.monotonic(), 0))
        index = int((time.monotonic() - start) * int(rate) + 0.01)
        barcode.draw(picture[:height], index if number == "count" else time.time_ns() // 1000)
        try:
            sys.stdout.buffer.write(picture.tobytes())
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            sys.stdout = None  # type: ignore[assignment] # nothing is left to flush
            return
        index += 1


if __name__ == "__main__":
    main()
