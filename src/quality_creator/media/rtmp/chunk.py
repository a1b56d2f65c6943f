"""Messages cut into chunks: how RTMP lets a long picture and a short sound share one connection.

A chunk has a basic header (format 0 to 3 and the chunk stream's id in 1, 2 or 3 bytes), a message header of
11, 7, 3 or 0 bytes (what is left out is as in the chunk stream's last message), 4 bytes of extended timestamp
where the 24-bit one is all ones, and at most `chunk_size` bytes of its message. Chunks of different chunk
streams may alternate; within one chunk stream a message is finished before the next one begins.

Source: Adobe, Real-Time Messaging Protocol 1.0 (2012), section 5.3.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from quality_creator.media.rtmp.limits import Limits
from quality_creator.media.rtmp.message import MODULUS, Kind, Message
from quality_creator.model.errors import BadPayload

DEFAULT_CHUNK_BYTES = 128
"""Until a side says otherwise."""

_EXTENDED = 0xFFFFFF
_HEADER_BYTES = (11, 7, 3, 0)


def chunked(message: Message, chunk_stream: int, chunk_size: int = DEFAULT_CHUNK_BYTES) -> bytes:
    """A message as chunks: the first with a full header, the others with none."""
    extended = message.timestamp >= _EXTENDED
    tail = struct.pack(">I", message.timestamp) if extended else b""
    stamp = min(message.timestamp, _EXTENDED).to_bytes(3, "big")
    size = len(message.payload).to_bytes(3, "big")
    first = basic_header(0, chunk_stream) + stamp + size + bytes([message.kind])
    out = [first, struct.pack("<I", message.stream), tail, message.payload[:chunk_size]]
    again = basic_header(3, chunk_stream) + tail
    for at in range(chunk_size, len(message.payload), chunk_size):
        out += (again, message.payload[at : at + chunk_size])
    return b"".join(out)


def basic_header(form: int, chunk_stream: int) -> bytes:
    """A chunk's first 1, 2 or 3 bytes."""
    if chunk_stream < 64:
        return bytes([form << 6 | chunk_stream])
    if chunk_stream < 320:
        return bytes([form << 6, chunk_stream - 64])
    return bytes([form << 6 | 1]) + struct.pack("<H", chunk_stream - 64)


@dataclass(slots=True)
class _ChunkStream:
    """What later headers of a chunk stream may leave out, and its message in the making."""

    timestamp: int = 0
    delta: int = 0
    stamp: int = 0
    """The last timestamp field, extended or not, as it was sent."""
    extended: bool = False
    size: int = 0
    kind: int = 0
    stream: int = 0
    payload: bytearray = field(default_factory=bytearray)
    open: bool = False


class ChunkReader:
    """Bytes in, messages out; obeys Set Chunk Size and Abort itself."""

    def __init__(self, limits: Limits) -> None:
        self._most = limits.command_bytes
        """The longest message that is taken now."""
        self._allowance: int | None = limits.before_publish_bytes
        """What may be sent in all; None once the peer is trusted."""
        self.consumed = 0
        """Bytes that belong to whole chunks so far."""
        self._limits = limits
        self._chunk_size = DEFAULT_CHUNK_BYTES
        self._streams: dict[int, _ChunkStream] = {}
        self._buffer = bytearray()
        self._current: _ChunkStream | None = None
        self._left = 0
        """Bytes of the current chunk's payload that have not come yet."""
        self._promised = 0
        """What the messages in the making will hold when they are whole."""

    def trust(self, most: int) -> None:
        """The peer may publish: take messages of so many bytes, for as long as it likes."""
        self._most = most
        self._allowance = None

    def receive(self, data: bytes) -> Iterator[Message]:
        """Messages that these bytes complete. Run it to its end, or never call it again.

        Raises:
            BadPayload: bytes that are not chunks, or more than the limits allow; the messages before have
                been given.
        """
        self._buffer += data
        at = 0
        while True:
            if self._current is None:
                end = self._begin_chunk(at)
                if end is None:
                    break
                self._count(end - at)
                at = end
            stream = self._current
            assert stream is not None
            taken = bytes(self._buffer[at : at + self._left])
            at += len(taken)
            stream.payload += taken
            self._left -= len(taken)
            self._count(len(taken))
            if self._left:
                break
            self._current = None
            if len(stream.payload) == stream.size:
                yield from self._finished(stream)
        del self._buffer[:at]

    def _count(self, size: int) -> None:
        self.consumed += size
        if self._allowance is not None and self.consumed > self._allowance:
            raise BadPayload(f"more than {self._allowance} bytes before a stream key")

    def _finished(self, stream: _ChunkStream) -> Iterator[Message]:
        message = Message(stream.kind, stream.timestamp, stream.stream, bytes(stream.payload))
        self._drop(stream)
        if message.kind == Kind.SET_CHUNK_SIZE:
            self._set_chunk_size(message.payload)
        elif message.kind == Kind.ABORT:
            self._abort(message.payload)
        else:
            yield message

    def _drop(self, stream: _ChunkStream) -> None:
        if stream.open:
            self._promised -= stream.size
        stream.payload.clear()
        stream.open = False

    def _set_chunk_size(self, payload: bytes) -> None:
        size = int.from_bytes(payload[:4], "big")
        if len(payload) < 4 or not self._limits.least_chunk_bytes <= size < 1 << 31:
            raise BadPayload(
                f"a chunk size of {size} bytes; {self._limits.least_chunk_bytes} to 2147483647 are taken"
            )
        self._chunk_size = size

    def _abort(self, payload: bytes) -> None:
        if len(payload) < 4:
            raise BadPayload("an Abort message that does not say which chunk stream")
        stream = self._streams.get(int.from_bytes(payload[:4], "big"))
        if stream is not None:
            self._drop(stream)

    def _begin_chunk(self, at: int) -> int | None:
        """Read a chunk's headers from there; where its payload begins, or None when bytes are missing."""
        basic = self._basic_header(at)
        if basic is None:
            return None
        form, number, at = basic
        known = self._streams.get(number)
        end = at + _HEADER_BYTES[form]
        if len(self._buffer) < end:
            return None
        header = self._buffer[at:end]
        stream = known or self._new_stream(form, number)
        field = int.from_bytes(header[:3], "big")
        extended = field == _EXTENDED if header else stream.extended
        if extended:
            if len(self._buffer) < end + 4:
                return None
            value = int.from_bytes(self._buffer[end : end + 4], "big")
            # Some old encoders leave the extended timestamp out of a message's later chunks.
            if not stream.open or value == stream.stamp:
                field, end = value, end + 4
        elif not header:
            field = stream.stamp
        # Nothing is changed before this line: it is run again when bytes were missing.
        self._streams[number] = stream
        if not stream.open:
            stream.extended = extended
            self._begin_message(stream, form, bytes(header), field)
        elif header:
            raise BadPayload(f"a new message on chunk stream {number} before the last one was complete")
        self._current = stream
        self._left = min(self._chunk_size, stream.size - len(stream.payload))
        return end

    def _basic_header(self, at: int) -> tuple[int, int, int] | None:
        """Format, chunk stream and where the message header begins."""
        head = self._buffer[at : at + 3]
        if not head:
            return None
        form, number = head[0] >> 6, head[0] & 0x3F
        length = {0: 2, 1: 3}.get(number, 1)
        if len(head) < length:
            return None
        if number < 2:
            number = 64 + int.from_bytes(head[1:length], "little")
        return form, number, at + length

    def _new_stream(self, form: int, number: int) -> _ChunkStream:
        # librtmp begins the chunk stream of its ping answers with format 1.
        if form > 1:
            raise BadPayload(f"chunk stream {number} begins without a header (format {form})")
        if len(self._streams) >= self._limits.chunk_streams:
            raise BadPayload(f"more than {self._limits.chunk_streams} chunk streams")
        return _ChunkStream()

    def _begin_message(self, stream: _ChunkStream, form: int, header: bytes, field: int) -> None:
        stream.stamp = field
        if form == 0:
            stream.timestamp = 0
            stream.stream = int.from_bytes(header[7:11], "little")
        if form <= 1:
            stream.size = int.from_bytes(header[3:6], "big")
            stream.kind = header[6]
        # After a full header, a header of format 3 repeats its timestamp as the delta (section 5.3.1.2.4).
        stream.timestamp = (stream.timestamp + field) % MODULUS
        stream.open = True
        if stream.size > self._most:
            raise BadPayload(f"a message of {stream.size} bytes; {self._most} are taken")
        self._promised += stream.size
        if self._promised > 2 * self._most:
            raise BadPayload(f"more than {2 * self._most} bytes in unfinished messages")
