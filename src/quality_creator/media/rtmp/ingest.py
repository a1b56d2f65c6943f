"""A publisher as a camera's thread sees it: who it is, and a stream of bytes to read."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from quality_creator.model.ids import SourceId


class Pipe:
    """What `av.open(pipe, format="flv")` reads from.

    One thread writes and never blocks: `write` says when the pipe is full, and `on_room` is called, in the
    reading thread, when it may go on. One thread reads and blocks until there is something. Either side ends
    it, from any thread: the writer with `finish`, after which the rest is read, the reader with `close`.
    """

    def __init__(self, limit: int, *, on_room: Callable[[], None], on_close: Callable[[str], None]) -> None:
        """Make an empty pipe.

        Args:
            limit: Bytes from which on the pipe is full; half of it is room again.
            on_room: Called by the reader's thread when a full pipe has room again.
            on_close: Called once with the words of `close`, in the thread that closed.
        """
        self._limit = limit
        self._on_room = on_room
        self._on_close = on_close
        self._ready = threading.Condition()
        self._pieces: deque[memoryview] = deque()
        self._size = 0
        self._full = False
        self._ended: str | None = None
        self._closed = False

    @property
    def ended(self) -> str | None:
        """Why nothing more will come, in words; None while something may."""
        return self._ended

    def read(self, size: int = -1) -> bytes:
        """At least one byte as soon as there is one; nothing after the end.

        Args:
            size: How many at most; all that there are when negative.
        """
        with self._ready:
            self._ready.wait_for(lambda: self._pieces or self._ended is not None)
            data = self._take(self._size if size < 0 else size)
            room = self._full and self._size * 2 <= self._limit
            self._full = self._full and not room
        if room:
            self._on_room()
        return data

    def close(self, words: str = "the programme let it go") -> None:
        """The reader wants no more: whoever waits in `read` gets the end, and the publisher is cut off.

        Args:
            words: Why, for the publisher and the operator.
        """
        with self._ready:
            if self._closed:
                return
            self._closed = True
            self._pieces.clear()
            self._size = 0
            running = self._ended is None
            self._ended = self._ended or words
            self._ready.notify_all()
        if running:
            self._on_close(words)

    def write(self, data: bytes) -> bool:
        """Add bytes; False when the pipe is full and the writer should wait for `on_room`."""
        with self._ready:
            if data and self._ended is None:
                self._pieces.append(memoryview(data))
                self._size += len(data)
                self._full = self._size >= self._limit
                self._ready.notify()
            return not self._full

    def finish(self, words: str) -> None:
        """Nothing more will be written; the reader gets the end after what is left."""
        with self._ready:
            self._ended = self._ended or words
            self._ready.notify_all()

    def _take(self, size: int) -> bytes:
        taken: list[memoryview] = []
        while self._pieces and size > 0:
            piece = self._pieces.popleft()
            if len(piece) > size:
                self._pieces.appendleft(piece[size:])
                piece = piece[:size]
            taken.append(piece)
            size -= len(piece)
            self._size -= len(piece)
        return b"".join(taken)


@dataclass(frozen=True, slots=True)
class Ingest:
    """One publisher, from its accepted key to its end."""

    source: SourceId
    peer: str
    """Its address, host:port."""
    application: str
    """The part of its address before the key."""
    encoder: str
    """What it says it is; empty when it does not."""
    stream: Pipe
    """FLV; why it ended is in `stream.ended`. Close it to send the publisher away."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A peer that was not let in, or was cut off."""

    peer: str
    source: SourceId | None
    """Whose key it used; None when it never showed a good one."""
    words: str
