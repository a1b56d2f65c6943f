"""What the mixer shall do: the scene on air, what lies over it, and how each source sounds."""

from typing import Annotated, Literal

import msgspec

from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, LineId, SourceId
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text

SILENT_DB = -60.0
"""A channel with this gain is not heard at all."""

Corner = Literal["top-left", "top-right", "bottom-left", "bottom-right"]


class Placed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A picture that was brought along, and where it stands."""

    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the PNG, in hex."""
    corner: Corner = "top-right"
    width: Annotated[float, msgspec.Meta(ge=0.03, le=0.5)] = 0.12
    """As a share of the picture's width."""


class Logged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document of the transparency log, so that anyone can look up what a graphic shows of it."""

    type: str
    """As the log's entry has it: `remark/1`, `draw/1`."""
    id: str
    index: int
    """Of the entry."""
    sha256: str
    """Of the document, in hex."""


class Graphic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that lies over the picture: a template with its places filled in."""

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    """One of a kind on the screen; another of the same id takes its place."""
    template: str
    fields: dict[str, Text] = {}
    """By the template's own names."""
    characteristic: CharacteristicId | None = None
    """Whose values it shows, for graphics made of data."""
    line: LineId | None = None
    """Whose OEE it shows."""
    image: Placed | None = None
    """For a logo."""
    until: Micros | None = None
    """What a countdown counts to."""
    stays: bool = False
    """It stays over the take of the next item, as a logo does."""
    logged: Logged | None = None
    """What it shows, where that stands in the log: an expert's remark, a draw."""


class Channel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How a source is heard."""

    gain_db: Annotated[float, msgspec.Meta(ge=SILENT_DB, le=20.0)] = 0.0
    """At `SILENT_DB` it is silent."""
    mute: bool = False
    solo: bool = False
    """While any source is solo, the others are not heard."""
    delay_ms: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    high_pass: bool = False
    """Leaves out what is below 80 Hz: hum, steps, wind."""
    heard: Literal["with-picture", "always", "never"] = "with-picture"
    """With its picture: while it is in the scene."""
    duck: Literal["none", "voice", "bed"] = "none"
    """While a voice speaks, beds are 12 dB softer."""


class Mix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """All of it; a worker that starts again begins with this."""

    program: Scene
    preview: Scene | None = None
    black: bool = False
    """Faded to black, in picture and sound."""
    graphics: tuple[Graphic, ...] = ()
    """The later lie over the earlier."""
    channels: dict[SourceId, Channel] = {}
    """A source that is not named has a channel as it is made."""
