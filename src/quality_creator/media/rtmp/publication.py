"""The other side of RTMP: what we say to a server that shall take a stream, and what its answers mean.

A core without I/O, as `connection` is for the side that listens: bytes go in, events come out, and what is
to be sent lies in `data_to_send`. The handshake is the plain one, which every server takes; commands are
those that OBS and FFmpeg send, in their order.

Source: Adobe, Real-Time Messaging Protocol 1.0 (2012), sections 5.2 and 7.2.
"""

import struct
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from quality_creator.media.rtmp import amf, flv
from quality_creator.media.rtmp import message as messages
from quality_creator.media.rtmp.chunk import DEFAULT_CHUNK_BYTES, ChunkReader, chunked
from quality_creator.media.rtmp.connection import HANDSHAKE_BYTES, VERSION
from quality_creator.media.rtmp.limits import Limits
from quality_creator.media.rtmp.message import Kind, Message
from quality_creator.model.errors import BadPayload

_CHUNK_BYTES = 4096
"""As OBS has it; every server takes it."""

_CONNECT, _RELEASE, _FC, _CREATE, _PUBLISH = 1.0, 2.0, 3.0, 4.0, 5.0
"""Transaction numbers."""

_LONGEST_WORDS = 300

_CHUNK_STREAM = {flv.AUDIO: 4, flv.VIDEO: 6, flv.SCRIPT: 4}


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server takes the stream: tags may be sent."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not take the stream, or not any longer."""

    words: str
    """Its own."""


Event: TypeAlias = Accepted | Refused


class State(Enum):
    """How far we have come."""

    HELLO = auto()
    GREETED = auto()
    CONNECTING = auto()
    CREATING = auto()
    PUBLISHING = auto()
    LIVE = auto()
    CLOSED = auto()


class Publication:
    """One attempt to publish one stream."""

    def __init__(self, *, address: str, application: str, key: str, encoder: str, nonce: bytes) -> None:
        """Begin the handshake; `data_to_send` has it.

        Args:
            address: Where the application is, as in `rtmp://host/live`.
            application: Its path, as in `live`.
            key: The stream key; it goes to the server and into no text of ours.
            encoder: What we say that we are.
            nonce: 1528 random bytes.
        """
        assert len(nonce) == HANDSHAKE_BYTES - 8
        self.state = State.HELLO
        self._address = address
        self._application = application
        self._key = key
        self._encoder = encoder
        self._out = bytearray(bytes([VERSION]) + bytes(8) + nonce)
        self._in = bytearray()
        limits = Limits()
        self._chunks = ChunkReader(limits)
        # A server that talks for hours says many small things.
        self._chunks.trust(limits.command_bytes)
        self._chunk_size = DEFAULT_CHUNK_BYTES
        self._stream = 0
        self._window = 0
        self._acknowledged = 0

    def receive(self, data: bytes) -> list[Event]:
        """What the server's next bytes say.

        Raises:
            BadPayload: it does not speak RTMP, or breaks it.
        """
        if self.state in (State.HELLO, State.GREETED):
            data = self._shake_hands(data)
        events: list[Event] = []
        for message in self._chunks.receive(data):
            if self._window and self._chunks.consumed - self._acknowledged >= self._window:
                self._acknowledged = self._chunks.consumed
                self._send(messages.number(Kind.ACKNOWLEDGEMENT, self._acknowledged % messages.MODULUS))
            events += self._obey(message)
        return events

    def send(self, tag: flv.Tag) -> None:
        """Send picture, sound or metadata; allowed once the stream was accepted."""
        assert self.state is State.LIVE
        payload = tag.payload
        if tag.kind == flv.SCRIPT:
            payload = amf.encode("@setDataFrame") + payload
        self._send(Message(tag.kind, tag.timestamp, self._stream, payload), _CHUNK_STREAM[tag.kind])

    def bye(self) -> None:
        """Say that the stream has ended."""
        if self.state is State.LIVE:
            self._command(0, "FCUnpublish", 6.0, None, self._key)
            self._command(0, "deleteStream", 7.0, None, float(self._stream))
        self.state = State.CLOSED

    def data_to_send(self) -> bytes:
        """Our bytes since the last call; each is given once."""
        data = bytes(self._out)
        self._out.clear()
        return data

    # --- within ---

    def _shake_hands(self, data: bytes) -> bytes:
        """Take S0, S1 and S2; returns the bytes after them."""
        self._in += data
        if self._in and self._in[0] != VERSION:
            raise BadPayload(_not_rtmp(self._in[0]))
        if self.state is State.HELLO and len(self._in) > HANDSHAKE_BYTES:
            self._out += self._in[1 : 1 + HANDSHAKE_BYTES]
            self.state = State.GREETED
        if len(self._in) < 1 + 2 * HANDSHAKE_BYTES:
            return b""
        rest = bytes(self._in[1 + 2 * HANDSHAKE_BYTES :])
        self._in.clear()
        self.state = State.CONNECTING
        about = {
            "app": self._application,
            "type": "nonprivate",
            "flashVer": self._encoder,
            "swfUrl": self._address,
            "tcUrl": self._address,
        }
        self._command(0, "connect", _CONNECT, about)
        return rest

    def _obey(self, message: Message) -> list[Event]:
        match message.kind:
            case Kind.WINDOW_ACKNOWLEDGEMENT_SIZE:
                self._window = max(int.from_bytes(message.payload[:4], "big"), 1 << 16)
            case Kind.USER_CONTROL if message.payload[:2] == b"\x00\x06":
                self._send(messages.pong(message.payload[2:]))
            case Kind.COMMAND | Kind.COMMAND_AMF3:
                wrapped = message.kind == Kind.COMMAND_AMF3
                return self._answered(
                    amf.decode(message.payload.removeprefix(b"\x00") if wrapped else message.payload)
                )
            case _:
                pass  # acknowledgements, bandwidths and shared objects ask nothing of us
        return []

    def _answered(self, values: list[amf.Value]) -> list[Event]:
        match values:
            case ["_result", int() | float() as number, *_] if number == _CONNECT:
                return self._create()
            case ["_result", int() | float() as number, _, int() | float() as stream, *_] if (
                number == _CREATE
            ):
                return self._publish(stream)
            case ["_error", int() | float() as number, *rest] if number in (_CONNECT, _CREATE, _PUBLISH):
                return [self._refused(rest)]
            case ["onStatus", _, _, dict() as about, *_]:
                return self._status(about)
            case ["close", *rest]:
                return [self._refused(rest)]
            case _:
                return []  # onBWDone, onFCPublish, answers to what needs none

    def _create(self) -> list[Event]:
        if self.state is State.CONNECTING:
            self.state = State.CREATING
            self._send(messages.number(Kind.SET_CHUNK_SIZE, _CHUNK_BYTES))
            self._chunk_size = _CHUNK_BYTES
            self._command(0, "releaseStream", _RELEASE, None, self._key)
            self._command(0, "FCPublish", _FC, None, self._key)
            self._command(0, "createStream", _CREATE, None)
        return []

    def _publish(self, stream: float) -> list[Event]:
        if self.state is State.CREATING:
            if not 0 < stream < messages.MODULUS:
                raise BadPayload(f"it calls the stream {stream}")
            self.state = State.PUBLISHING
            self._stream = int(stream)
            self._command(self._stream, "publish", _PUBLISH, None, self._key, "live")
        return []

    def _status(self, about: dict[str, amf.Value]) -> list[Event]:
        code, level = about.get("code"), about.get("level")
        if level == "error":
            return [self._refused([about])]
        if code == "NetStream.Publish.Start" and self.state is State.PUBLISHING:
            self.state = State.LIVE
            return [Accepted()]
        if code == "NetStream.Unpublish.Success" and self.state is State.LIVE:
            return [self._refused([about])]
        return []

    def _refused(self, about: list[amf.Value]) -> Refused:
        self.state = State.CLOSED
        return Refused(_words(about, self._key) or "it refused without a word")

    def _command(self, stream: int, *values: amf.Value) -> None:
        self._send(messages.command(stream, *values), 3 if not stream else 4)

    def _send(self, message: Message, chunk_stream: int = 2) -> None:
        self._out += chunked(message, chunk_stream, self._chunk_size)


def _words(about: list[amf.Value], key: str) -> str:
    """What a server has to say of a refusal, fit to be shown: printable, short, and without the key."""
    pieces: list[str] = []
    for value in about:
        fields = value if isinstance(value, dict) else {}
        for name in ("description", "code"):
            text = fields.get(name)
            if isinstance(text, str) and text and not pieces:
                pieces.append(text)
    text = "".join(filter(str.isprintable, " ".join(pieces)))
    for secret in {key, key.partition("?")[0]} - {""}:
        text = text.replace(secret, "••••")
    return text[:_LONGEST_WORDS]


def _not_rtmp(first: int) -> str:
    match first:
        case 0x15 | 0x16:
            return "it answers with TLS; use rtmps://"
        case 0x48:
            return "it answers with HTTP; this is no RTMP server"
        case _:
            return f"it does not speak RTMP: its first byte is {first}"


# --- the stream's own tags ------------------------------------------------------------------------


def picture_header(record: bytes) -> bytes:
    """The payload before the first picture: its `AVCDecoderConfigurationRecord`."""
    return b"\x17\x00\x00\x00\x00" + record


def picture(sample: bytes, *, key: bool) -> bytes:
    """The payload of a picture in 4-byte lengths, shown when it is decoded."""
    return struct.pack(">BI", 0x17 if key else 0x27, 1 << 24) + sample


def sound_header(config: bytes) -> bytes:
    """The payload before the first sound: its `AudioSpecificConfig`."""
    return b"\xaf\x00" + config


def sound(frame: bytes) -> bytes:
    """The payload of an AAC frame."""
    return b"\xaf\x01" + frame
