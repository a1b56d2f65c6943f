"""What the worker and the guests' process say to each other.

Framed as between hub and worker: a 4-byte big-endian length and one msgpack message.
"""

from typing import Literal, TypeVar

import msgspec

from quality_creator.config import Webrtc
from quality_creator.media import wire
from quality_creator.model.errors import BadPayload
from quality_creator.model.ids import SourceId

_Word = TypeVar("_Word")

Kind = Literal["audio", "video"]
VideoCodec = Literal["h264", "vp8"]

DECODERS = {"vp8": "vp8", "h264": "h264", "opus": "libopus"}
"""What a guest may send, and who decodes it."""

# --- down ----------------------------------------------------------------------------------------


class Begin(msgspec.Struct, frozen=True, kw_only=True, tag="begin"):
    """The first message: how guests reach us."""

    options: Webrtc


class Admit(msgspec.Struct, frozen=True, kw_only=True, tag="admit"):
    """Somebody may come from now on."""

    guest: SourceId


class Dismiss(msgspec.Struct, frozen=True, kw_only=True, tag="dismiss"):
    """Somebody may not come any more; who is there is let go."""

    guest: SourceId


class OnProgram(msgspec.Struct, frozen=True, kw_only=True, tag="program"):
    """Who is in the picture now: they may send a large one."""

    guests: tuple[SourceId, ...]


class Spoiled(msgspec.Struct, frozen=True, kw_only=True, tag="spoiled"):
    """Pictures of a connection can't be decoded without one that stands for itself."""

    connection: str


class Deliver(msgspec.Struct, frozen=True, kw_only=True, tag="deliver"):
    """A packet for whoever receives on a connection."""

    connection: str
    kind: Kind
    data: bytes
    at: int
    """In ticks of the packet's rate."""
    rate: int
    """Ticks a second."""


Order = wire.Offer | wire.Trickle | wire.Hangup
Down = Begin | Admit | Dismiss | OnProgram | Spoiled | Deliver | Order

# --- up ------------------------------------------------------------------------------------------


class Began(msgspec.Struct, frozen=True, kw_only=True, tag="began"):
    """A guest came, or came back; what they send follows."""

    guest: SourceId
    connection: str


class Arrived(msgspec.Struct, frozen=True, kw_only=True, tag="arrived"):
    """A frame came whole."""

    connection: str
    kind: Kind
    codec: str
    stamp: int
    data: bytes
    now: float
    """When, on the monotonic clock."""


class Reported(msgspec.Struct, frozen=True, kw_only=True, tag="reported"):
    """The sender said which moment of its clock a stamp was."""

    connection: str
    kind: Kind
    stamp: int
    ntp: int


class Gone(msgspec.Struct, frozen=True, kw_only=True, tag="gone"):
    """The connection ended."""

    connection: str
    words: str


class Listens(msgspec.Struct, frozen=True, kw_only=True, tag="listens"):
    """A guest receives from now on."""

    guest: SourceId
    connection: str
    codec: VideoCodec | None
    """Of the picture; None where only sound is received."""


class Left(msgspec.Struct, frozen=True, kw_only=True, tag="left"):
    """Nobody receives there any more."""

    connection: str


class Refresh(msgspec.Struct, frozen=True, kw_only=True, tag="refresh"):
    """A receiver needs a picture that stands for itself."""

    codec: VideoCodec


News = Began | Arrived | Reported | Gone
"""What becomes of a guest who sends."""

Up = News | Listens | Left | Refresh | wire.Answer | wire.Seat

LOST = "the guest's connection is lost"

_down: msgspec.msgpack.Decoder[Down] = msgspec.msgpack.Decoder(Down)
_up: msgspec.msgpack.Decoder[Up] = msgspec.msgpack.Decoder(Up)


def down(body: bytes) -> Down:
    """What the worker said. Raises BadPayload."""
    return _decoded(_down, body)


def up(body: bytes) -> Up:
    """What the guests' process said. Raises BadPayload."""
    return _decoded(_up, body)


def _decoded(decoder: msgspec.msgpack.Decoder[_Word], body: bytes) -> _Word:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"a message about guests can't be read: {error}") from error
