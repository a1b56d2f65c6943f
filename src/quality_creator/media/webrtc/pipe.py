"""The two ends of a pipe between worker and guests' process, for many small messages."""

import os
import queue
import threading
from collections.abc import Iterator
from typing import BinaryIO

from quality_creator.media import wire
from quality_creator.media.webrtc import words

_WAITING = 4000
"""Messages that wait for a reader who does not read: seconds' worth. Frames that come then are lost."""


class Mouth:
    """Says things from a thread of its own: nobody waits, and what has gathered goes in one piece."""

    def __init__(self, descriptor: int) -> None:
        """Begin; the descriptor is closed in the end."""
        self._descriptor = descriptor
        self._messages: queue.SimpleQueue[words.Down | words.Up | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="mouth", daemon=True).start()

    def say(self, message: words.Down | words.Up) -> None:
        """Say something; from any thread."""
        passing = isinstance(message, words.Arrived | words.Deliver)
        if not passing or self._messages.qsize() < _WAITING:
            self._messages.put(message)

    def close(self) -> None:
        """Say no more after what was said."""
        self._messages.put(None)

    def _run(self) -> None:
        try:
            while (message := self._messages.get()) is not None:
                pieces = [wire.frame(message)]
                while not self._messages.empty():
                    another = self._messages.get()
                    if another is None:
                        return self._write(b"".join(pieces))
                    pieces.append(wire.frame(another))
                self._write(b"".join(pieces))
        except BrokenPipeError:
            pass  # whoever reads from the other process notices its end, and says what follows from it
        finally:
            os.close(self._descriptor)

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(self._descriptor, left) :]


def heard(pipe: BinaryIO) -> Iterator[bytes]:
    """The messages that come on a pipe, until it is closed. Raises BadPayload."""
    while len(header := pipe.read(4)) == 4:
        size = wire.length(header)
        body = pipe.read(size)
        if len(body) < size:
            return  # cut off: whoever wrote it is dead
        yield body
