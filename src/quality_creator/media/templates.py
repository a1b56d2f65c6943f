"""Templates of graphics, as files: EBU OGraf's manifest, and how ours is drawn in the vendor's field.

OGraf draws by a web component in a browser; our mixer has none, so `v_quality_creator` says with boxes, words
and charts what stands where. Everything else is as in the specification (ograf.ebu.io).
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from quality_creator.model.text import Text

FOLDER = Path(__file__).parent / "templates"
SUFFIX = ".ograf.json"

Needs = Literal["nothing", "characteristic", "until", "line", "challenge", "image"]
"""What a graphic shows beside its fields. The challenge's code is filled in by the hub."""

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the graphic's area."""


class Fill(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A filled box."""

    box: Box
    fill: str
    alpha: float = 1.0


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Straight lines from point to point."""

    line: tuple[tuple[int, int], ...]
    fill: str
    width: int = 1


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Text; `{name.en}` is the field's wording, `{value}` and `{countdown}` are live."""

    words: str
    at: tuple[int, int]
    """Where it is anchored; its height's middle."""
    width: int
    """At most; longer text is cut with an ellipsis."""
    size: int
    weight: Literal["regular", "bold"] = "regular"
    fill: str
    anchor: Literal["left", "middle", "right"] = "left"
    edge: str = ""
    """The colour of an edge around letters that have no ground below them."""
    lines: int = 1
    """How many lines it may take, each 1.36 times its size below the one before."""


class Runs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text that runs through the area from right to left."""

    runs: str
    at: int
    """The middle of its height."""
    size: int
    fill: str


class ChartBox(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the characteristic's newest points are drawn."""

    chart: Box


class QrCode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words as a QR code (ISO/IEC 18004), on light ground."""

    qr: str
    at: Box
    """Square; the modules are as large as fits."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a graphic is drawn."""

    name: Text
    needs: Needs
    area: Annotated[Box, msgspec.Meta(description="in pixels of the picture, even")]
    draw: tuple[dict[str, object], ...]

    @property
    def pieces(self) -> "tuple[Piece, ...]":
        """What is drawn, in order."""
        kinds: dict[str, type[Piece]] = {
            "box": Fill,
            "line": Line,
            "words": Words,
            "runs": Runs,
            "chart": ChartBox,
            "qr": QrCode,
        }
        return tuple(
            msgspec.convert(one, next(kinds[key] for key in kinds if key in one)) for one in self.draw
        )


Piece = Fill | Line | Words | Runs | ChartBox | QrCode


class _Property(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["string"]
    title: str
    v_title: Text


class _Schema(msgspec.Struct, frozen=True, kw_only=True):
    type: Literal["object"]
    properties: dict[str, _Property]


class Template(msgspec.Struct, frozen=True, kw_only=True):
    """A manifest; keys that only other programs need are passed over."""

    id: str
    schema: _Schema
    v_quality_creator: Drawn

    @property
    def fields(self) -> dict[str, Text]:
        """What can be filled in, and what each is called."""
        return {name: one.v_title for name, one in self.schema.properties.items()}

    @property
    def needs(self) -> Needs:
        """What it shows beside its fields."""
        return self.v_quality_creator.needs


@cache
def templates() -> dict[str, Template]:
    """All templates by their ids."""
    found = {}
    for path in sorted(FOLDER.glob("*" + SUFFIX)):
        one = msgspec.json.decode(path.read_bytes(), type=Template)
        found[one.id] = one
    return found
