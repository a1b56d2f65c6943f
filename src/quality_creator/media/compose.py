"""Puts tiles onto the programme's canvas, touching no more of it than has changed."""

from collections.abc import Sequence

from quality_creator.media.scale import Planes, Tile
from quality_creator.media.scene import Rectangle, places
from quality_creator.media.slate import ground
from quality_creator.model.scene import Layout

_EDGE = 2
"""Pixels of light edge around an inset, so that it stands off the picture below it."""

_EDGE_LUMA = 200


class Composer:
    """Paints one picture after the other onto a canvas that it alone writes to."""

    def __init__(self, canvas: Planes) -> None:
        self._canvas = canvas
        self._painted: object = None
        self._grounds: dict[Layout, Planes] = {}

    def compose(self, layout: Layout, tiles: Sequence[Tile | None]) -> None:
        """Paint the next picture.

        Args:
            layout: Who stands where.
            tiles: One for each of the layout's places, made for it; None leaves the place empty.
        """
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
            # An inset that has no source leaves the picture below it whole.
            shown = places(layout)[:1] if layout == "picture-in-picture" else places(layout)
            self._grounds[layout] = ground(shown)
        return self._grounds[layout]
