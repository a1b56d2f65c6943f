"""A worker in a process of its own, and everything that it said; its parts are read with FFmpeg's demuxer."""

import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import av
import numpy as np
import numpy.typing as npt

from quality_creator.config import AnyCamera
from quality_creator.media import barcode, wire
from quality_creator.media.scene import HEIGHT, WIDTH, Rectangle
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Mix
from quality_creator.model.scene import Layout, Scene
from quality_creator.model.stream import RENDITIONS
from quality_creator.model.text import Text

Heard = TypeVar("Heard")


def now() -> Micros:
    return Micros(time.time_ns() // 1000)


def name(text: str) -> Text:
    return Text(zh=text, en=text)


def scene(layout: Layout, *sources: str) -> Scene:
    return Scene(layout=layout, sources=tuple(SourceId(source) for source in sources))


def start(cameras: Sequence[AnyCamera], shown: Scene | None = None, ago_s: float = 0.0) -> wire.Start:
    """A start at the episode's beginning, which was `ago_s` seconds ago."""
    return wire.Start(
        cameras=tuple(cameras),
        mix=Mix(program=shown or scene("full", *(camera.id for camera in cameras))),
        renditions=RENDITIONS,
        msn=0,
        part=0,
        position=MediaTime(0),
        utc=Micros(now() - round(ago_s * 1e6)),
    )


@dataclass
class Broadcast:
    """What a worker says, as it comes."""

    messages: list[tuple[float, wire.Up]] = field(default_factory=list)
    """Each with the monotonic time at which it was here."""
    news: threading.Condition = field(default_factory=threading.Condition)
    say: Callable[[wire.Down], None] = lambda message: None
    process: "subprocess.Popen[bytes] | None" = None

    def heard(self, kind: type[Heard]) -> list[Heard]:
        """All messages of a kind so far."""
        return [message for _, message in self.messages if isinstance(message, kind)]

    @property
    def parts(self) -> list[wire.Part]:
        return self.heard(wire.Part)

    def wait(self, condition: Callable[[], object], timeout: float = 15) -> None:
        """Wait until something is so; looked at after every message."""
        with self.news:
            if not self.news.wait_for(condition, timeout):
                states = self.heard(wire.SourceState)
                raise AssertionError(f"not so in {timeout} s; {len(self.parts)} parts, {states}")

    def wait_for(self, source: str, condition: wire.SourceCondition, timeout: float = 15) -> wire.SourceState:
        """Wait until a source is in a condition now."""
        self.wait(lambda: (state := self.state(source)) and state.condition == condition, timeout)
        state = self.state(source)
        assert state is not None
        return state

    def state(self, source: str) -> wire.SourceState | None:
        return next((s for s in reversed(self.heard(wire.SourceState)) if s.source == source), None)

    def wait_parts(self, count: int, timeout: float = 15) -> None:
        """Wait for so many more parts."""
        goal = len(self.parts) + count
        self.wait(lambda: len(self.parts) >= goal, timeout)

    def file(self, rendition: str = "720p") -> bytes:
        """Init and all parts: what a player or an archive has in the end."""
        init = next(i.data for i in self.heard(wire.Init) if i.rendition == rendition)
        return init + b"".join(part.data[rendition] for part in self.parts)

    def shown(self, source: str) -> list[int]:
        """For each picture of the broadcast, when the source's frame in it was taken, 0 for a slate."""
        return [taken for p in self.parts for taken in p.shown.get(SourceId(source), (0,) * 8)]


@contextmanager
def broadcast(begin: wire.Start, rtmp: socket.socket | None = None) -> Iterator[Broadcast]:
    """A running worker, which is killed in the end."""
    up_read, up_write = os.pipe()
    down_read, down_write = os.pipe()
    command = [sys.executable, "-m", "quality_creator.media.worker"]
    process = subprocess.Popen(
        [*command, "--up", str(up_write), "--down", str(down_read)],
        pass_fds=(up_write, down_read, *([rtmp.fileno()] if rtmp else [])),
    )
    os.close(up_write)
    os.close(down_read)

    def say(message: wire.Down) -> None:
        os.write(down_write, wire.frame(message))

    running = Broadcast(say=say, process=process)
    thread = threading.Thread(target=_listen, args=(up_read, running))
    thread.start()
    say(begin)
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        thread.join()
        os.close(down_write)


def _listen(descriptor: int, running: Broadcast) -> None:
    with os.fdopen(descriptor, "rb") as pipe:
        while len(header := pipe.read(4)) == 4:
            message = wire.up(pipe.read(wire.length(header)))
            with running.news:
                running.messages.append((time.monotonic(), message))
                running.news.notify_all()


# --- reading what was broadcast ----------------------------------------------------------------------------


def pictures(file: bytes) -> list[tuple[int, npt.NDArray[np.uint8]]]:
    """Each picture's time in ticks, and its luma."""
    found = []
    with av.open(io.BytesIO(file), "r") as container:
        for frame in container.decode(video=0):
            assert frame.pts is not None
            luma = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
            found.append(
                (frame.pts, luma.reshape(-1, frame.planes[0].line_size)[: frame.height, : frame.width])
            )
    return found


def sound(file: bytes) -> tuple[list[int], npt.NDArray[np.float32]]:
    """The time of each AAC frame in samples, and all samples, shape (2, n)."""
    times, samples = [], []
    with av.open(io.BytesIO(file), "r") as container:
        for frame in container.decode(audio=0):
            assert frame.pts is not None
            times.append(frame.pts)
            samples.append(frame.to_ndarray())
    return times, np.concatenate(samples, axis=1)


def number(luma: npt.NDArray[np.uint8], place: Rectangle, source: tuple[int, int]) -> int | None:
    """The bar code of a source that fills its place, None where it can't be read."""
    scale = luma.shape[1] / WIDTH
    assert luma.shape[0] == round(HEIGHT * scale)
    tile = (place.x * scale, place.y * scale, place.width * scale, place.height * scale)
    return barcode.read(luma, barcode.Strip.of(*source).through(source, tile))
