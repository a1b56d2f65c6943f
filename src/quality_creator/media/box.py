"""Boxes of the ISO base media file format (ISO/IEC 14496-12): built plainly, read without trust."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from quality_creator.model.errors import BadPayload

_HEADER = struct.Struct(">I4s")
_WIDE = struct.Struct(">Q")


def box(kind: bytes, *content: bytes) -> bytes:
    """A box with its 8-byte header. Contents of 4 GiB and more do not fit."""
    body = b"".join(content)
    return _HEADER.pack(8 + len(body), kind) + body


def full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """A box that starts with a version and flags."""
    return box(kind, (version << 24 | flags).to_bytes(4, "big"), *content)


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box lies in the bytes that were read: header from `start`, content from `content` to `end`."""

    kind: bytes
    start: int
    content: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes that stand side by side in a span of bytes.

    Raises:
        BadPayload: a box is shorter than its header or longer than the span.
    """
    position = start
    last = len(data) if end is None else end
    while position < last:
        if last - position < 8:
            raise BadPayload(f"{last - position} bytes at {position} are too few for a box's header")
        size, kind = _HEADER.unpack_from(data, position)
        content = position + 8
        if size == 1:
            if last - position < 16:
                raise BadPayload(f"the long size of the box at {position} is cut off")
            (size,) = _WIDE.unpack_from(data, content)
            content += 8
        elif size == 0:
            size = last - position  # a last box may say "to the end of the file"
        if not content - position <= size <= last - position:
            raise BadPayload(
                f"the box {kind!r} at {position} says that it has {size} bytes; "
                f"{content - position} to {last - position} are possible"
            )
        yield Box(kind, position, content, position + size)
        position += size


class Fields:
    """Reads a box's content field by field; running out of bytes is a BadPayload."""

    __slots__ = ("_data", "_end", "_position")

    def __init__(self, data: bytes, box: Box) -> None:
        self._data = data
        self._position = box.content
        self._end = box.end

    @property
    def left(self) -> int:
        """Bytes not yet read."""
        return self._end - self._position

    @property
    def position(self) -> int:
        """Where the next field starts, in the bytes as a whole."""
        return self._position

    def number(self, size: int) -> int:
        """An unsigned big-endian number of `size` bytes."""
        return int.from_bytes(self.take(size), "big")

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > self.left:
            raise BadPayload(f"{size} bytes expected at {self._position}, {self.left} are left in the box")
        start = self._position
        self._position += size
        return self._data[start : self._position]

    def text(self) -> str:
        """UTF-8 up to a zero byte."""
        stop = self._data.find(b"\0", self._position, self._end)
        if stop < 0:
            raise BadPayload(f"the text at {self._position} has no end")
        raw = self.take(stop - self._position)
        self._position += 1
        try:
            return raw.decode()
        except UnicodeDecodeError as error:
            raise BadPayload(f"the text before {stop} is not UTF-8") from error
