"""What hub and media worker say to each other, and how it is framed.

Two pipes: settings go down, parts and states come up. Each frame is a 4-byte big-endian length
and one msgpack message. The worker's standard output is for its log alone.
"""

import struct
from typing import Literal

import msgspec

from quality_creator.config import AnyCamera, Webrtc
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import BadPayload
from quality_creator.model.event import LineOee
from quality_creator.model.guest import Guest
from quality_creator.model.ids import CharacteristicId, SourceId
from quality_creator.model.mix import Channel, Graphic, Mix
from quality_creator.model.scene import CUT, Scene, Transition
from quality_creator.model.stream import Rendition
from quality_creator.model.text import Text

MAX_FRAME = 64 << 20
"""Bytes; a length above this is a broken stream, not a long message."""


# --- down ----------------------------------------------------------------------------------------


class Record(msgspec.Struct, frozen=True, kw_only=True, tag="record"):
    """Which sources are recorded alone from now on, and where to."""

    folder: str = ""
    sources: tuple[SourceId, ...] = ()


class Start(msgspec.Struct, frozen=True, kw_only=True, tag="start"):
    """The first message: everything that the worker needs to go on air."""

    cameras: tuple[AnyCamera, ...]
    mix: Mix
    renditions: tuple[Rendition, ...]
    msn: int
    part: int
    """Number of the part to emit first."""
    position: MediaTime
    """Its position in the stream."""
    utc: Micros
    """Its wall time. What lies between it and now is caught up at once, so that nothing is missing."""
    rtmp_fd: int | None = None
    """A listening socket that the hub opened, so that pushes wait while a worker is away."""
    slate: str = ""
    """What a slate says below a lost source's name."""
    guests: tuple[Guest, ...] = ()
    """Who may come."""
    webrtc: Webrtc = Webrtc()
    record: Record = Record()
    cued: tuple[Graphic, ...] = ()
    """What lies over the preview's picture."""
    images: dict[str, bytes] = {}
    """As in `Images`."""


class Change(msgspec.Struct, frozen=True, kw_only=True, tag="change"):
    """Change the mix, all at the same picture; what is left out stays as it is."""

    number: int = 0
    """Returned in `Changed`, so that the asker knows when it was on air."""
    scene: Scene | None = None
    transition: Transition = CUT
    """How the scene comes, and how long a fade to or from black takes."""
    black: bool | None = None
    graphics: tuple[Graphic, ...] | None = None
    channels: dict[SourceId, Channel] | None = None


class Tbar(msgspec.Struct, frozen=True, kw_only=True, tag="tbar"):
    """The transition to a scene is moved by hand; at 1 the scene is on air."""

    scene: Scene
    kind: Literal["mix", "wipe", "dip"]
    position: float


class SetPreview(msgspec.Struct, frozen=True, kw_only=True, tag="preview"):
    """What is looked at before it is on air."""

    scene: Scene
    graphics: tuple[Graphic, ...] = ()


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The newest values of a characteristic, for graphics made of data."""

    characteristic: CharacteristicId
    name: Text
    unit: str
    decimals: int
    values: tuple[float, ...]
    """The oldest first."""
    room: int
    """How many values a chart has room for."""
    center: float | None = None
    lower: float | None = None
    upper: float | None = None


class Values(msgspec.Struct, frozen=True, kw_only=True, tag="values"):
    """What graphics made of data show from now on; of what is not named, what was said before."""

    series: tuple[Series, ...] = ()
    lines: tuple[LineOee, ...] = ()


class Images(msgspec.Struct, frozen=True, kw_only=True, tag="images"):
    """Pictures that graphics may show; said before the first one that does."""

    images: dict[str, bytes]
    """PNG by its digest, as `media.logo` made it."""


class Watch(msgspec.Struct, frozen=True, kw_only=True, tag="watch"):
    """Somebody looks at the sources: send their pictures and levels for so long."""

    seconds: float


class SetGuests(msgspec.Struct, frozen=True, kw_only=True, tag="guests"):
    """Who may come from now on; whoever is not among them is let go."""

    guests: tuple[Guest, ...]


class Talk(msgspec.Struct, frozen=True, kw_only=True, tag="talk"):
    """Who hears the producer's own voice; nobody when left out."""

    guest: SourceId | None = None


Way = Literal["send", "receive", "talk"]


class Offer(msgspec.Struct, frozen=True, kw_only=True, tag="offer"):
    """A guest's browser asks to send or to receive, or the producer's to talk."""

    number: int
    """Returned in `Answer`."""
    session: str
    """A name for the connection, given by the hub; used once."""
    way: Way
    guest: SourceId
    sdp: str


class Trickle(msgspec.Struct, frozen=True, kw_only=True, tag="trickle"):
    """More about how the other side of a connection can be reached (RFC 8840)."""

    number: int
    session: str
    fragment: str


class Hangup(msgspec.Struct, frozen=True, kw_only=True, tag="hangup"):
    """End a connection."""

    session: str


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """Finish the part at hand, emit it and leave."""


Forum = SetGuests | Talk | Offer | Trickle | Hangup
"""What is said about guests."""

Down = Start | Change | Tbar | SetPreview | Values | Images | Watch | Record | Forum | Stop

# --- up ------------------------------------------------------------------------------------------


class Init(msgspec.Struct, frozen=True, kw_only=True, tag="init"):
    """A rendition's initialisation segment; sent before the first part."""

    rendition: str
    data: bytes
    codecs: str
    """RFC 6381, as in `CODECS`."""


class Part(msgspec.Struct, frozen=True, kw_only=True, tag="part"):
    """One part of every rendition: they are made, kept and announced together."""

    msn: int
    part: int
    start: MediaTime
    utc: Micros
    """Wall time of the part's first picture."""
    independent: bool
    data: dict[str, bytes]
    """`[moof][mdat]` by the rendition's name."""
    shown: dict[SourceId, tuple[int, ...]]
    """For each source in the picture: when the frame shown at each picture was taken, in
    microseconds since 1970 by the source's clock, or 0 where a slate stands."""
    cpu_s: float
    """CPU seconds that the worker has used since it started."""
    late_ms: float
    """How late the mixer's worst tick in this part was."""


SourceCondition = Literal["connecting", "live", "frozen", "slate"]


class SourceState(msgspec.Struct, frozen=True, kw_only=True, tag="source"):
    """How a source is doing; sent when it changes."""

    source: SourceId
    condition: SourceCondition
    words: str = ""
    """The peer's own words, or ours, for the operator."""


class Changed(msgspec.Struct, frozen=True, kw_only=True, tag="changed"):
    """A change is on air from this position on; of a transition it is the first picture."""

    number: int
    position: MediaTime
    graphics: tuple[Graphic, ...] | None = None
    """What lies over the picture from there on, where the change changed it."""


class Pictures(msgspec.Struct, frozen=True, kw_only=True, tag="pictures"):
    """Small pictures for whoever looks at the sources; sent only while somebody does."""

    sources: dict[SourceId, bytes]
    """JPEG."""
    program: bytes
    preview: bytes


class Meters(msgspec.Struct, frozen=True, kw_only=True, tag="meters"):
    """How loud sources and programme are, for whoever looks on; sent only while somebody does."""

    sources: dict[SourceId, tuple[float, float]]
    """Before the faders, since the last message: the peak and the mean (RMS), in dB of full scale."""
    momentary: float | None
    short: float | None
    integrated: float | None
    """Of the programme in LUFS, since this worker began; None before there is enough, or for silence."""
    true_peak: float | None
    """dBTP."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, tag="answer"):
    """To an offer or a trickle, in any order."""

    number: int
    sdp: str = ""
    refusal: str = ""
    """Why not, in words for whoever asked; empty when it was done."""


class Seat(msgspec.Struct, frozen=True, kw_only=True, tag="seat"):
    """Which of a guest's connections stand; sent when that changes."""

    guest: SourceId
    sending: str = ""
    receiving: str = ""


class Levels(msgspec.Struct, frozen=True, kw_only=True, tag="levels"):
    """How loud each source is, before any fader; sent five times a second while there are guests."""

    levels: dict[SourceId, float]
    """The loudest 40 ms since the last message, as RMS in dBFS, at least -100."""
    speaker: SourceId | None = None
    """The guest who speaks, or spoke last."""
    speaking: tuple[SourceId, ...] = ()
    """The guests who speak at this moment, the loudest first."""


IsoCondition = Literal["off", "waiting", "recording"]


class IsoState(msgspec.Struct, frozen=True, kw_only=True, tag="iso"):
    """How the recording of a source alone is doing; sent when it changes."""

    source: SourceId
    condition: IsoCondition
    words: str = ""
    """Why it waits, where that is not the source's fault."""


class Note(msgspec.Struct, frozen=True, kw_only=True, tag="note"):
    """Something that the operator should read."""

    words: str


Up = Init | Part | SourceState | Changed | Pictures | Meters | Answer | Seat | Levels | IsoState | Note

_LENGTH = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()
_down: msgspec.msgpack.Decoder[Down] = msgspec.msgpack.Decoder(Down)
_up: msgspec.msgpack.Decoder[Up] = msgspec.msgpack.Decoder(Up)


def frame(message: msgspec.Struct) -> bytes:
    """A message with its length, ready for the pipe."""
    body = _encoder.encode(message)
    return _LENGTH.pack(len(body)) + body


def length(header: bytes) -> int:
    """How many bytes follow a 4-byte header. Raises BadPayload above `MAX_FRAME`."""
    (size,) = _LENGTH.unpack(header)
    if size > MAX_FRAME:
        raise BadPayload(f"a message of {size} bytes on the worker's pipe; at most {MAX_FRAME} are allowed")
    return int(size)


def down(body: bytes) -> Down:
    """What the hub said. Raises BadPayload."""
    try:
        return _down.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"the hub's message can't be read: {error}") from error


def up(body: bytes) -> Up:
    """What the worker said. Raises BadPayload."""
    try:
        return _up.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"the worker's message can't be read: {error}") from error
