"""The graphics on the programme: drawn beside the mixer, laid over its picture, fading in and out."""

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from quality_creator.media import wire
from quality_creator.media.graphics import Layer, draw, live
from quality_creator.media.scale import Planes
from quality_creator.media.templates import templates
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.mix import Graphic

FADE_PICTURES = 8
_LOOK_S = 0.2
"""How often what is live is drawn anew; a countdown is never a second late."""

_BEHIND = 5
"""Niceness."""

_KEPT = 48
"""Drawings that are kept; older ones are drawn again when they are asked for again."""


class Artist:
    """Draws graphics where the mixer need not wait for it."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """Prepare; `clock` gives microseconds since 1970."""
        self._clock = clock
        self._lock = threading.Lock()
        self._layers: dict[bytes, tuple[Graphic, Layer]] = {}
        self._series: dict[CharacteristicId, wire.Series] = {}

    def start(self) -> None:
        """Keep what is live as it is now."""
        threading.Thread(target=self._run, name="graphics", daemon=True).start()

    def prepare(self, graphics: Sequence[Graphic]) -> None:
        """Draw what is not drawn yet, in the caller's thread; a template that is not known is left out."""
        for graphic in graphics:
            key = msgspec.json.encode(graphic)
            template = templates().get(graphic.template)
            if template is not None and key not in self._layers:
                self._draw(key, graphic)

    def values(self, series: Sequence[wire.Series]) -> None:
        """The newest values of characteristics."""
        self._series.update({one.characteristic: one for one in series})

    def layer(self, key: bytes) -> Layer | None:
        """A graphic as it was drawn last."""
        found = self._layers.get(key)
        return found[1] if found else None

    def _draw(self, key: bytes, graphic: Graphic) -> None:
        drawn = templates()[graphic.template].v_quality_creator
        series = self._series.get(graphic.characteristic) if graphic.characteristic else None
        layer = draw(graphic, drawn, series, self._clock())
        with self._lock:
            self._layers.pop(key, None)
            self._layers[key] = (graphic, layer)
            while len(self._layers) > _KEPT:
                del self._layers[next(iter(self._layers))]

    def _run(self) -> None:
        if sys.platform == "linux":
            os.nice(_BEHIND)  # there, of this thread alone
        while True:
            time.sleep(_LOOK_S)
            for key, (graphic, _) in list(self._layers.items()):
                if live(graphic, templates()[graphic.template].v_quality_creator):
                    self._draw(key, graphic)


@dataclass(slots=True)
class _Shown:
    """A graphic on its way in or out."""

    key: bytes
    wanted: bool
    level: float = 0.0
    pictures: int = 0


class Overlay:
    """What lies over the picture. For the mixer's thread."""

    def __init__(self, artist: Artist, graphics: Sequence[Graphic]) -> None:
        self._artist = artist
        self._shown: list[_Shown] = []
        self.change(graphics)
        for one in self._shown:
            one.level = 1.0  # a worker that starts again does not fade in what was there

    def change(self, graphics: Sequence[Graphic]) -> None:
        """What shall lie over the picture from the next one on; the later over the earlier."""
        keys = [msgspec.json.encode(graphic) for graphic in graphics]
        before = {one.key: one for one in self._shown}
        gone = [one for one in self._shown if one.key not in keys]
        for one in gone:
            one.wanted = False
        coming = [before.get(key) or _Shown(key, wanted=True) for key in keys]
        for one in coming:
            one.wanted = True
        self._shown = gone + coming

    def put(self, canvas: Planes) -> bool:
        """Lay all of it over a picture. Whether anything was."""
        changed = False
        for one in self._shown:
            step = 1 / FADE_PICTURES
            one.level = min(one.level + step, 1.0) if one.wanted else one.level - step
            one.pictures += 1
            layer = self._artist.layer(one.key)
            if layer is not None and one.level > 0:
                layer.put(canvas, one.level, one.pictures)
                changed = True
        self._shown = [one for one in self._shown if one.wanted or one.level > 0]
        return changed
