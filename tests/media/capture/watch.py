"""One source in this process, watched as the mixer would."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from quality_creator.config import AnyCamera, GeneratedCamera
from quality_creator.media.capture.file import FileCapture
from quality_creator.media.capture.generated import GeneratedCapture
from quality_creator.media.capture.rtsp import RtspCapture
from quality_creator.media.capture.source import Capture, Feed, Picture, Source
from quality_creator.media.scene import WHOLE, Rectangle
from quality_creator.media.wallclock import WallClock
from quality_creator.model.ids import SourceId
from tests.media.broadcast import name

ANY = GeneratedCamera(id=SourceId("any"), name=name("Any"))


@dataclass
class Watched:
    """A running source, and what it handed over."""

    source: Source
    pictures: list[Picture] = field(default_factory=list)

    @property
    def feed(self) -> Feed:
        return self.source.feed

    def wait(self, condition: Callable[[], object], timeout: float = 15) -> None:
        """Take pictures until something is so."""
        deadline = time.monotonic() + timeout
        while True:
            self.pictures += self.feed.take()
            if condition():
                return
            if time.monotonic() > deadline:
                raise AssertionError(f"not so; {len(self.pictures)} pictures, {self.feed.trouble!r}")
            time.sleep(0.01)

    def wait_pictures(self, count: int, timeout: float = 15) -> list[Picture]:
        """So many pictures from the first one on."""
        self.wait(lambda: len(self.pictures) >= count, timeout)
        return self.pictures[:count]

    def trouble(self, timeout: float = 15) -> str:
        """The first words about what is wrong."""
        self.wait(lambda: self.feed.trouble, timeout)
        return self.feed.trouble

    def sound(self, count: int, at: int = 2_400) -> npt.NDArray[np.float32]:
        """Samples from a place in the source's own time, once they are there; shape (2, count)."""
        ring = self.feed.ring
        self.wait(lambda: (ring.end or 0) >= at + count)
        return ring.read(at, count)[0]


@contextmanager
def watched(
    camera: AnyCamera, capture: Capture, place: Rectangle | None = WHOLE, beat: float = 0.0
) -> Iterator[Watched]:
    """A source that is connecting, or more; it is let go in the end."""
    source = Source(camera, capture, WallClock(), beat)
    source.feed.place = place
    source.start()
    try:
        yield Watched(source)
    finally:
        source.stop()
        assert source.join(10)


__all__ = ["ANY", "FileCapture", "GeneratedCapture", "RtspCapture", "Watched", "watched"]
