"""Puts tiles onto a canvas, touching no more of it than has changed."""

from collections.abc import Sequence

from quality_creator.media.scale import Planes, Tile
from quality_creator.media.scene import PANEL, Rectangle, places
from quality_creator.media.slate import ground
from quality_creator.model.scene import Layout, Scene

_EDGE = 2
"""Pixels of light edge around an inset, so that it stands off the picture below it."""

_EDGE_LUMA = 200


class Composer:
    """Paints one picture after the other onto a canvas that it alone writes to."""

    def __init__(self, canvas: Planes) -> None:
        self._canvas = canvas
        self._painted: object = None
        self._grounds: dict[Layout, Planes] = {}

    def spoil(self) -> None:
        """Somebody else painted on the canvas: the next picture is painted from the ground up."""
        self._painted = None

    def compose(self, scene: Scene, tiles: Sequence[Tile | None]) -> None:
        """Paint the next picture.

        Args:
            scene: Who stands where.
            tiles: One for each of the layout's places, made for it; None leaves the place empty.
        """
        layout = scene.layout
        standing = (layout, tuple(tile and tile.at for tile in tiles))
        if standing != self._painted:
            # What a larger tile left beside a smaller one must go.
            self._canvas.put(self._ground(layout))
            self._painted = standing
        for number, tile in enumerate(tiles):
            if tile is None:
                continue
            if number and layout == "picture-in-picture":
                self._edge(tile.place)
                self._canvas.cut(tile.place).put(self._ground(layout).cut(tile.place))
            self._canvas.cut(tile.at).put(tile.planes)

    def _edge(self, inset: Rectangle) -> None:
        rim = Rectangle(inset.x - _EDGE, inset.y - _EDGE, inset.width + 2 * _EDGE, inset.height + 2 * _EDGE)
        part = self._canvas.cut(rim)
        part.y[...] = _EDGE_LUMA
        part.u[...] = part.v[...] = 128

    def _ground(self, layout: Layout) -> Planes:
        if layout not in self._grounds:
            self._grounds[layout] = ground(_places_drawn(layout))
        return self._grounds[layout]


def _places_drawn(layout: Layout) -> Sequence[Rectangle]:
    """Which places are seen while they are empty: an inset or a strip without a source is not there."""
    match layout:
        case "picture-in-picture" | "forum-strip":
            return places(layout)[:1]
        case "data-panel":
            return (*places(layout), PANEL)
        case _:
            return places(layout)
