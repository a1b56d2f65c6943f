"""The kinds of message that RTMP knows, and those that we send ourselves.

Source: Adobe, Real-Time Messaging Protocol 1.0 (2012), sections 5.4, 6.2 and 7.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from quality_creator.media.rtmp import amf
from quality_creator.model.errors import BadPayload

MODULUS = 1 << 32
"""Timestamps count milliseconds up to here and begin again."""


class Kind(IntEnum):
    """Message type ids that mean something to a server that only takes streams."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_ACKNOWLEDGEMENT_SIZE = 5
    SET_PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA_AMF3 = 15
    COMMAND_AMF3 = 17
    DATA = 18
    COMMAND = 20
    AGGREGATE = 22


MEDIA = frozenset({Kind.AUDIO, Kind.VIDEO, Kind.AGGREGATE})


@dataclass(frozen=True, slots=True)
class Message:
    """One whole message, as its sender meant it."""

    kind: int
    """The message type id."""
    timestamp: int
    """Milliseconds modulo 2**32, from an epoch of the sender's choice."""
    stream: int
    """The message stream's id; 0 is the connection itself."""
    payload: bytes


def number(kind: Kind, value: int) -> Message:
    """A protocol control message that says one number."""
    return Message(kind, 0, 0, struct.pack(">I", value))


def peer_bandwidth(size: int) -> Message:
    """How much the peer may send without our acknowledgement; 2 leaves the kind of limit to it."""
    return Message(Kind.SET_PEER_BANDWIDTH, 0, 0, struct.pack(">IB", size, 2))


def stream_begin(stream: int) -> Message:
    """The user control event that comes before the answer to `publish`."""
    return Message(Kind.USER_CONTROL, 0, 0, struct.pack(">HI", 0, stream))


def pong(question: bytes) -> Message:
    """The answer to a ping: its own time stamp."""
    return Message(Kind.USER_CONTROL, 0, 0, b"\x00\x07" + question[:4])


def command(stream: int, *values: amf.Value) -> Message:
    """A command's name, its transaction and its arguments."""
    return Message(Kind.COMMAND, 0, stream, amf.encode(*values))


def parts(aggregate: Message) -> Iterator[Message]:
    """The messages inside of an aggregate: FLV tags whose times count from the aggregate's own.

    Raises:
        BadPayload: cut short, or an aggregate inside of the aggregate.
    """
    payload = aggregate.payload
    at = 0
    first: int | None = None
    while at < len(payload):
        kind = payload[at]
        size = int.from_bytes(payload[at + 1 : at + 4], "big")
        end = at + 11 + size
        if end + 4 > len(payload):
            raise BadPayload(f"an aggregate message that ends in the middle of its part at byte {at}")
        if kind == Kind.AGGREGATE:
            raise BadPayload("an aggregate message inside of an aggregate message")
        stamp = payload[at + 7] << 24 | int.from_bytes(payload[at + 4 : at + 7], "big")
        first = stamp if first is None else first
        timestamp = (aggregate.timestamp + stamp - first) % MODULUS
        yield Message(kind, timestamp, aggregate.stream, payload[at + 11 : end])
        at = end + 4  # after each part stands its length, for readers that go backwards
