"""A publisher made by hand: writes RTMP byte by byte from the specification, and reads what comes back."""

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from quality_creator.media.rtmp import amf
from quality_creator.media.rtmp.chunk import ChunkReader
from quality_creator.media.rtmp.connection import HANDSHAKE_BYTES, Connection, Event
from quality_creator.media.rtmp.limits import Limits
from quality_creator.media.rtmp.message import Message
from quality_creator.model.errors import Conflict, Forbidden
from quality_creator.model.ids import SourceId

NONCE = bytes(range(191)) * 8
HELLO = b"\x03" + bytes(8) + b"c" * 1528
ECHO = bytes(8) + NONCE

AVC_HEADER = bytes.fromhex("1700000000 0142c00affe1001867")
AVC_KEY_FRAME = bytes.fromhex("1701000000") + b"k" * 300
AVC_FRAME = bytes.fromhex("2701000000") + b"p" * 100
AAC_HEADER = bytes.fromhex("af001208")
AAC_FRAME = bytes.fromhex("af01") + b"a" * 50

FULL, SAME_STREAM, SAME_LENGTH, SAME_ALL = range(4)
"""The four formats of a chunk's message header."""


def chunk(
    form: int,
    chunk_stream: int,
    payload: bytes = b"",
    *,
    stamp: int = 0,
    extended: int | None = None,
    size: int | None = None,
    kind: int = 9,
    stream: int = 1,
) -> bytes:
    """One chunk with just these fields; `size` is the message's, when the chunk holds only a piece of it."""
    if chunk_stream <= 63:
        head = struct.pack("B", form * 64 + chunk_stream)
    elif chunk_stream <= 319:
        head = struct.pack("BB", form * 64, chunk_stream - 64)
    else:
        third, second = divmod(chunk_stream - 64, 256)
        head = struct.pack("BBB", form * 64 + 1, second, third)
    if form <= SAME_LENGTH:
        head += struct.pack(">I", 0xFFFFFF if extended is not None else stamp)[1:]
    if form <= SAME_STREAM:
        head += struct.pack(">I", len(payload) if size is None else size)[1:] + struct.pack("B", kind)
    if form == FULL:
        head += struct.pack("<I", stream)
    if extended is not None:
        head += struct.pack(">I", extended)
    return head + payload


def whole(kind: int, payload: bytes, *, stamp: int = 0, chunk_stream: int = 4, piece: int = 4096) -> bytes:
    """A message with a full header, cut into chunks; 128 is the size before anything else was agreed."""
    extended = stamp if stamp >= 0xFFFFFF else None
    out = chunk(
        FULL, chunk_stream, payload[:piece], stamp=stamp, extended=extended, size=len(payload), kind=kind
    )
    for at in range(piece, len(payload), piece):
        out += chunk(SAME_ALL, chunk_stream, payload[at : at + piece], extended=extended)
    return out


def command(*values: amf.Value, kind: int = 20, chunk_stream: int = 3, piece: int = 4096) -> bytes:
    """A command message."""
    wrapper = b"\x00" if kind == 17 else b""
    return whole(kind, wrapper + amf.encode(*values), chunk_stream=chunk_stream, piece=piece)


def obs(key: str, *, address: str = "rtmp://127.0.0.1/live") -> list[bytes]:
    """What OBS sends up to its first picture, one item for each time that it waits for an answer."""
    connect = {
        "app": "live",
        "type": "nonprivate",
        "flashVer": "FMLE/3.0 (compatible; FMSc/1.0)",
        "swfUrl": address,
        "tcUrl": address,
    }
    return [
        HELLO,
        ECHO + command("connect", 1.0, connect, piece=128),
        # librtmp raises its chunk size, and answers our window with one of its own.
        whole(1, struct.pack(">I", 4096), chunk_stream=2)
        + whole(5, struct.pack(">I", 2_500_000), chunk_stream=2)
        + command("releaseStream", 2.0, None, key)
        + command("FCPublish", 3.0, None, key)
        + command("createStream", 4.0, None),
        command("publish", 5.0, None, key, "live", chunk_stream=4),
    ]


def admit(key: str) -> SourceId:
    """Knows one key, and one more that is in use."""
    if key == "BUSY":
        raise Conflict("the stream key of 'camera' is in use by 192.0.2.1:1935")
    if key != "KEY":
        raise Forbidden("unknown stream key")
    return SourceId("camera")


def connection(limits: Limits | None = None) -> Connection:
    """The server's side, at time 0."""
    return Connection(now=0.0, admit=admit, nonce=NONCE, limits=limits)


def publishing(limits: Limits | None = None) -> Connection:
    """The server's side after a key was accepted, with its answers taken."""
    server = connection(limits)
    for sent in obs("KEY"):
        server.receive(sent, 0.0)
    server.data_to_send()
    return server


def answers(data: bytes) -> list[Message]:
    """The messages in what a server sent after it had answered `connect`."""
    chunk_size = whole(1, struct.pack(">I", 4096), chunk_stream=2)
    return list(ChunkReader(Limits()).receive(chunk_size + data))


def commands(data: bytes) -> list[list[amf.Value]]:
    """The commands in what a server sent after it had answered `connect`."""
    return [amf.decode(message.payload) for message in answers(data) if message.kind == 20]


def without_handshake(sent: bytes) -> bytes:
    """What a server sent after S0, S1 and S2."""
    return sent[1 + 2 * HANDSHAKE_BYTES :]


@dataclass
class Fed:
    """What came out of a connection that was fed in pieces."""

    events: list[Event]
    sent: bytes


def feed(server: Connection, pieces: Iterator[bytes]) -> Fed:
    """Feed pieces at time 0 until they are used up."""
    fed = Fed([], b"")
    for piece in pieces:
        fed.events += server.receive(piece, 0.0)
        fed.sent += server.data_to_send()
    return fed


def split(data: bytes, cuts: list[int]) -> Iterator[bytes]:
    """The data in pieces that end at the cuts; empty pieces happen."""
    edges = [0, *sorted(cuts), len(data)]
    return (data[start:end] for start, end in itertools.pairwise(edges))
