"""The server's side of one RTMP connection, without any I/O: bytes and `now` in, events and answers out.

    HELLO --C0, C1--> GREETED --C2--> CONNECTED --publish, key accepted--> PUBLISHING --its end--> CLOSED
      any state --a deadline, a limit, bytes that are not RTMP, a key that is refused--> CLOSED

A peer has one deadline at a time: for the handshake, then for its stream key, then for its next picture or
sound. In CLOSED nothing is read any more; the owner sends what `data_to_send` still holds and hangs up.

Time is in seconds of any clock that never goes back.

Source: Adobe, Real-Time Messaging Protocol 1.0 (2012); what encoders send in truth is in the tests' records.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from quality_creator.media.rtmp import amf, flv
from quality_creator.media.rtmp import message as messages
from quality_creator.media.rtmp.chunk import DEFAULT_CHUNK_BYTES, ChunkReader, chunked
from quality_creator.media.rtmp.limits import Limits
from quality_creator.media.rtmp.message import Kind, Message
from quality_creator.model.errors import BadPayload, Conflict, Forbidden
from quality_creator.model.ids import SourceId

VERSION = 3
HANDSHAKE_BYTES = 1536
"""C1, S1, C2 and S2 each: a time, four zeros and 1528 random bytes."""

_WINDOW_BYTES = 2_500_000
_CHUNK_BYTES = 4096
_PUBLISHED_STREAM = 1

Admit: TypeAlias = Callable[[str], SourceId]
"""Says which source a stream key belongs to, or raises Forbidden or Conflict with words for both sides."""


@dataclass(frozen=True, slots=True)
class Published:
    """The peer may publish: tags follow."""

    source: SourceId
    application: str
    encoder: str
    """What the peer says it is; empty when it does not."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The publisher said good-bye."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The peer was cut off, or never let in."""

    words: str


Event: TypeAlias = Published | flv.Tag | Ended | Refused


class State(Enum):
    """How far the peer has come."""

    HELLO = auto()
    GREETED = auto()
    CONNECTED = auto()
    PUBLISHING = auto()
    CLOSED = auto()


class Connection:
    """One peer, from its first byte to the reason for its last."""

    def __init__(self, *, now: float, admit: Admit, nonce: bytes, limits: Limits | None = None) -> None:
        """Wait for a peer.

        Args:
            now: When the connection was made.
            admit: Asked once, for the key of the first `publish`.
            nonce: 1528 random bytes, which the peer has to echo.
            limits: What the peer may ask of us.
        """
        assert len(nonce) == HANDSHAKE_BYTES - 8
        self.state = State.HELLO
        self._limits = limits or Limits()
        self._admit = admit
        self._nonce = nonce
        self._began = now
        self._heard = now
        """When the last whole picture or sound came."""
        self._handshake = bytearray()
        self._chunks = ChunkReader(self._limits)
        self._out = bytearray()
        self._chunk_size = DEFAULT_CHUNK_BYTES
        self._window = _WINDOW_BYTES
        self._acknowledged = 0
        self._application = ""
        self._encoder = ""

    @property
    def closed(self) -> bool:
        """There is nothing more to read."""
        return self.state is State.CLOSED

    @property
    def deadline(self) -> float | None:
        """When `tick` has to be called at the latest; None when the connection is closed."""
        match self.state:
            case State.HELLO | State.GREETED:
                return self._began + self._limits.handshake_s
            case State.CONNECTED:
                return self._began + self._limits.publish_s
            case State.PUBLISHING:
                return self._heard + self._limits.idle_s
            case State.CLOSED:
                return None

    def receive(self, data: bytes, now: float) -> list[Event]:
        """What the peer's next bytes say. After CLOSED, nothing."""
        events = self.tick(now)
        if self.closed:
            return events
        try:
            for event in self._read(data, now):
                events.append(event)
        except BadPayload as error:
            events.append(self._cut(str(error)))
        return events

    def tick(self, now: float) -> list[Event]:
        """Cut the peer off if its deadline has passed."""
        if self.deadline is None or now < self.deadline:
            return []
        limits = self._limits
        match self.state:
            case State.HELLO | State.GREETED:
                return [self._cut(f"no complete RTMP handshake within {limits.handshake_s:g} s")]
            case State.CONNECTED:
                return [self._cut(f"no stream key within {limits.publish_s:g} s")]
            case State.PUBLISHING | State.CLOSED:
                return [self._cut(f"no picture or sound for {limits.idle_s:g} s")]

    def excuse_silence(self, now: float) -> None:
        """The peer could not be heard until now because we did not read."""
        self._heard = max(self._heard, now)

    def refuse(self, words: str) -> list[Event]:
        """Cut the peer off for a reason of ours; it is told."""
        return [] if self.closed else [self._cut(words)]

    def data_to_send(self) -> bytes:
        """Our answers since the last call; each byte is given once."""
        data = bytes(self._out)
        self._out.clear()
        return data

    # --- bytes -------------------------------------------------------------------------------------------

    def _read(self, data: bytes, now: float) -> Iterator[Event]:
        if self.state in (State.HELLO, State.GREETED):
            data = self._shake_hands(data)
        for message in self._chunks.receive(data):
            self._acknowledge()
            yield from self._obey(message, now)
            if self.closed:
                return

    def _shake_hands(self, data: bytes) -> bytes:
        """Answer the handshake; returns the bytes after it."""
        self._handshake += data
        if self.state is State.HELLO:
            if self._handshake and self._handshake[0] != VERSION:
                raise BadPayload(_not_rtmp(self._handshake[0]))
            if len(self._handshake) < 1 + HANDSHAKE_BYTES:
                return b""
            hello = self._handshake[1 : 1 + HANDSHAKE_BYTES]
            self._out += bytes([VERSION]) + bytes(8) + self._nonce + hello
            del self._handshake[: 1 + HANDSHAKE_BYTES]
            self.state = State.GREETED
        if len(self._handshake) < HANDSHAKE_BYTES:
            return b""
        # The echo in C2 is not compared: encoders fill it with whatever they like.
        rest = bytes(self._handshake[HANDSHAKE_BYTES:])
        self._handshake.clear()
        self.state = State.CONNECTED
        return rest

    def _acknowledge(self) -> None:
        consumed = self._chunks.consumed
        if consumed - self._acknowledged >= self._window:
            self._acknowledged = consumed
            self._send(messages.number(Kind.ACKNOWLEDGEMENT, consumed % messages.MODULUS))

    def _send(self, message: Message, chunk_stream: int = 2) -> None:
        self._out += chunked(message, chunk_stream, self._chunk_size)

    def _cut(self, words: str) -> Refused:
        """Close, and say why in the one way that encoders show to a person."""
        if self.state in (State.CONNECTED, State.PUBLISHING):
            code = (
                "NetStream.Publish.BadName" if self.state is State.CONNECTED else "NetStream.Publish.Failed"
            )
            self._status("error", code, words)
        self.state = State.CLOSED
        return Refused(words)

    # --- messages ----------------------------------------------------------------------------------------

    def _obey(self, message: Message, now: float) -> Iterator[Event]:
        match message.kind:
            case Kind.AUDIO | Kind.VIDEO | Kind.AGGREGATE | Kind.DATA | Kind.DATA_AMF3:
                yield from self._take_media(message, now)
            case Kind.COMMAND | Kind.COMMAND_AMF3:
                yield from self._command(self._values(message), now)
            case Kind.WINDOW_ACKNOWLEDGEMENT_SIZE:
                # A tiny window would make us answer every message.
                self._window = max(int.from_bytes(message.payload[:4], "big"), 1 << 16)
            case Kind.USER_CONTROL if message.payload[:2] == b"\x00\x06":
                self._send(messages.pong(message.payload[2:]))
            case _:
                pass  # acknowledgements, bandwidths and shared objects ask nothing of us

    def _take_media(self, message: Message, now: float) -> Iterator[flv.Tag]:
        if self.state is not State.PUBLISHING:
            raise BadPayload("picture, sound or metadata before a stream key was accepted")
        parts = messages.parts(message) if message.kind == Kind.AGGREGATE else (message,)
        for part in parts:
            tag = self._tag(part)
            if tag is None:
                continue
            flv.check_codec(tag)
            if tag.kind != flv.SCRIPT:
                self._heard = now
            yield tag

    def _tag(self, message: Message) -> flv.Tag | None:
        """The FLV tag in a message; None where it holds nothing for us."""
        match message.kind:
            case Kind.AUDIO if message.payload:
                return flv.Tag(flv.AUDIO, message.timestamp, message.payload)
            case Kind.VIDEO if message.payload:
                return flv.Tag(flv.VIDEO, message.timestamp, message.payload)
            case Kind.DATA | Kind.DATA_AMF3:
                return self._metadata(message)
            case _:
                return None

    def _metadata(self, message: Message) -> flv.Tag | None:
        """`onMetaData`, written anew; cue points and captions would open streams that nobody reads."""
        match self._values(message):
            case ["@setDataFrame", "onMetaData", dict() as fields, *_] | ["onMetaData", dict() as fields, *_]:
                return flv.Tag(flv.SCRIPT, message.timestamp, flv.metadata(fields))
            case _:
                return None

    # --- commands ----------------------------------------------------------------------------------------

    def _values(self, message: Message) -> list[amf.Value]:
        """What stands in a command or in metadata. The AMF3 kinds have a zero first, and AMF0 after it."""
        if len(message.payload) > self._limits.command_bytes:
            raise BadPayload(
                f"a command or metadata of {len(message.payload)} bytes;"
                f" {self._limits.command_bytes} are taken"
            )
        wrapped = message.kind in (Kind.COMMAND_AMF3, Kind.DATA_AMF3)
        return amf.decode(message.payload.removeprefix(b"\x00") if wrapped else message.payload)

    def _command(self, values: list[amf.Value], now: float) -> Iterator[Event]:
        match values:
            case ["connect", int() | float() as transaction, *arguments]:
                self._connect(transaction, arguments[0] if arguments else None)
            case ["createStream", int() | float() as transaction, *_]:
                self._reply(transaction, None, _PUBLISHED_STREAM)
            case ["releaseStream" | "FCPublish" as name, int() | float() as transaction, *_]:
                self._reply(transaction, None, None)
                if name == "FCPublish":
                    self._on_fc("onFCPublish", "NetStream.Publish.Start")
            case ["publish", int() | float(), _, str() as name, *_]:
                yield from self._publish(name, now)
            case ["publish", *_]:
                raise BadPayload(_NO_KEY)
            case ["play" | "play2", *_]:
                raise BadPayload("asked to play a stream; this port only takes streams")
            case ["FCUnpublish" | "deleteStream" | "closeStream" as name, *_]:
                yield from self._unpublish(str(name))
            case [str(), int() | float() as transaction, *_]:
                if transaction:
                    self._reply(
                        transaction, None, None
                    )  # _checkbw and the like: "done" satisfies all of them
            case _:
                raise BadPayload("a command without a name and a transaction number")

    def _connect(self, transaction: float, argument: amf.Value) -> None:
        fields = argument if isinstance(argument, dict) else {}
        self._application = _text(fields.get("app"))
        self._encoder = _text(fields.get("flashVer"))
        self._send(messages.number(Kind.WINDOW_ACKNOWLEDGEMENT_SIZE, _WINDOW_BYTES))
        self._send(messages.peer_bandwidth(_WINDOW_BYTES))
        self._send(messages.number(Kind.SET_CHUNK_SIZE, _CHUNK_BYTES))
        self._chunk_size = _CHUNK_BYTES
        # objectEncoding 0 tells a peer that offered AMF3 to stay with AMF0.
        self._reply(
            transaction,
            {"fmsVer": "FMS/3,0,1,123", "capabilities": 31.0, "fourCcList": list(flv.FOUR_CC)},
            {
                "level": "status",
                "code": "NetConnection.Connect.Success",
                "description": "Connected.",
                "objectEncoding": 0.0,
            },
        )

    def _publish(self, name: str, now: float) -> Iterator[Event]:
        if self.state is State.PUBLISHING:
            raise BadPayload("a second stream on one connection; open a connection for each")
        # Encoders add parameters to the key as to an address.
        key = name.partition("?")[0]
        if not key:
            raise BadPayload(_NO_KEY)
        try:
            source = self._admit(key)
        except (Forbidden, Conflict) as refusal:
            yield self._cut(str(refusal))
            return
        self.state = State.PUBLISHING
        self._heard = now
        self._chunks.trust(self._limits.message_bytes)
        self._send(messages.stream_begin(_PUBLISHED_STREAM))
        self._status("status", "NetStream.Publish.Start", "Publishing.")
        yield Published(source, self._application, self._encoder)

    def _unpublish(self, name: str) -> Iterator[Event]:
        if self.state is not State.PUBLISHING:
            return
        if name == "FCUnpublish":
            self._on_fc("onFCUnpublish", "NetStream.Unpublish.Success")
        self._status("status", "NetStream.Unpublish.Success", "Stopped publishing.")
        self.state = State.CLOSED
        yield Ended()

    def _reply(self, transaction: float, *values: amf.Value) -> None:
        self._send(messages.command(0, "_result", transaction, *values), 3)

    def _on_fc(self, name: str, code: str) -> None:
        self._send(messages.command(0, name, 0.0, None, {"code": code, "description": ""}), 3)

    def _status(self, level: str, code: str, description: str) -> None:
        details = {"level": level, "code": code, "description": description}
        self._send(messages.command(_PUBLISHED_STREAM, "onStatus", 0.0, None, details), 5)


_NO_KEY = "no stream key; the address must end in the application and the key, as in rtmp://host/live/KEY"


def _text(value: amf.Value) -> str:
    """A name that the peer gives, fit to be shown."""
    return "".join(filter(str.isprintable, value[:256])) if isinstance(value, str) else ""


def _not_rtmp(first: int) -> str:
    """What a peer that begins with this byte probably is."""
    match first:
        case 0x16:
            return "TLS instead of RTMP; use rtmp://, not rtmps://"
        case 0x06 | 0x08 | 0x09:
            return "encrypted RTMP (RTMPE); use rtmp://"
        case _ if chr(first) in "GPHOCDT":
            return "HTTP instead of RTMP"
        case _:
            return f"not RTMP version {VERSION}: the first byte is {first}"
