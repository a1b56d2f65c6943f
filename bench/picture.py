"""Pictures with their own time as a bar code, raw and in step with the clock: for peers that take no camera.

`python -m bench.picture` writes yuv420p to standard output, one picture at the instant that is drawn into it.
"""

import sys
import time

import numpy as np

from quality_creator.config import GeneratedCamera
from quality_creator.media.capture.generated import GeneratedCapture
from quality_creator.model.clock import Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import FRAME_RATE
from quality_creator.model.text import Text

WIDTH, HEIGHT = 1280, 720


def main() -> None:
    """Draw until nobody reads any more."""
    camera = GeneratedCamera(id=SourceId("cam"), name=Text(zh="测试画面", en="Test picture"))
    capture = GeneratedCapture(camera)
    start, wall = time.monotonic() + 0.2, time.time() - time.monotonic()
    number = 0
    while True:
        due = start + number / FRAME_RATE
        planes = capture.draw(Micros(round((wall + due) * 1e6))).to_ndarray()
        time.sleep(max(due - time.monotonic(), 0))
        try:
            sys.stdout.buffer.write(np.ascontiguousarray(planes).data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            return
        number += 1


if __name__ == "__main__":
    main()
