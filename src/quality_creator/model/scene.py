"""Who stands where in the picture."""

from typing import Literal

import msgspec

from quality_creator.model.ids import SourceId

Layout = Literal["full", "side-by-side", "picture-in-picture", "three-up"]

PLACES: dict[Layout, int] = {"full": 1, "side-by-side": 2, "picture-in-picture": 2, "three-up": 3}
"""How many sources each layout shows."""


class Scene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A layout and the sources in it, the most important first.

    Fewer sources than places leave places empty; more are not shown, but may be heard.
    """

    layout: Layout
    sources: tuple[SourceId, ...]

    @property
    def shown(self) -> tuple[SourceId, ...]:
        """The sources that are in the picture."""
        return self.sources[: PLACES[self.layout]]
