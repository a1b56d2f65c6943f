"""Who stands where in the picture, and how one scene gives way to the next."""

from typing import Annotated, Literal

import msgspec

from quality_creator.model.ids import SourceId

Layout = Literal[
    "full",
    "side-by-side",
    "picture-in-picture",
    "three-up",
    "four-up",
    "five-up",
    "six-up",
    "forum-strip",
    "data-panel",
]

PLACES: dict[Layout, int] = {
    "full": 1,
    "side-by-side": 2,
    "picture-in-picture": 2,
    "three-up": 3,
    "four-up": 4,
    "five-up": 5,
    "six-up": 6,
    "forum-strip": 5,
    "data-panel": 1,
}
"""How many sources each layout shows."""


class Inset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the inset of a picture in picture stands, in shares of the picture's width and height."""

    x: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    """Of its left edge; what would stick out is moved inside."""
    y: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
    width: Annotated[float, msgspec.Meta(ge=0.1, le=0.5)] = 0.3
    """Its height follows: it is 16:9."""


class Scene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A layout and the sources in it, the most important first.

    Fewer sources than places leave places empty; more are not shown, but may be heard.
    """

    layout: Layout
    sources: tuple[SourceId, ...]
    inset: Inset | None = None
    """For a picture in picture; left out, it stands at the top right."""

    @property
    def shown(self) -> tuple[SourceId, ...]:
        """The sources that are in the picture."""
        return self.sources[: PLACES[self.layout]]


class Transition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one scene gives way to the next."""

    kind: Literal["cut", "mix", "wipe", "dip"] = "cut"
    """A dip goes through black."""
    frames: Annotated[int, msgspec.Meta(ge=1, le=250)] = 20
    """How long it takes; nothing to a cut."""


CUT = Transition()
