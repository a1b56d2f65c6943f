"""The graphics on the programme: drawn beside the mixer, laid over its picture, fading in and out."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from quality_creator.media import wire
from quality_creator.media.graphics import Layer, Material, draw, left_s
from quality_creator.media.scale import Planes
from quality_creator.media.templates import templates
from quality_creator.model.event import LineOee
from quality_creator.model.ids import CharacteristicId, LineId
from quality_creator.model.mix import Graphic

FADE_PICTURES = 8
_LOOK_S = 0.2
"""How often what is live is drawn anew; a countdown is never a second late."""

_BEHIND = 5
"""Niceness."""

_KEPT = 48
"""Drawings that are kept beside those that are shown; older ones are drawn again when they are asked for."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A graphic as it was drawn last, and from what."""

    graphic: Graphic
    material: Material
    layer: Layer


class Artist:
    """Draws graphics where the mixer need not wait for it."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """Prepare; `clock` gives microseconds since 1970."""
        self._clock = clock
        self._lock = threading.Lock()
        self._drawings: dict[bytes, _Drawing] = {}
        self._held: dict[str, frozenset[bytes]] = {}
        self._series: dict[CharacteristicId, wire.Series] = {}
        self._lines: dict[LineId, LineOee] = {}
        self._images: dict[str, bytes] = {}

    def start(self) -> None:
        """Keep what is live as it is now."""
        threading.Thread(target=self._run, name="graphics", daemon=True).start()

    def prepare(self, graphics: Sequence[Graphic]) -> None:
        """Draw what is not drawn yet, in the caller's thread; a template that is not known is left out."""
        for graphic in graphics:
            key = key_of(graphic)
            if graphic.template in templates() and key not in self._drawings:
                self._draw(key, graphic)

    def hold(self, who: str, keys: Iterable[bytes]) -> None:
        """These are shown: their drawings stay, however many others come. In the place of who's last ones."""
        with self._lock:
            self._held[who] = frozenset(keys)

    def values(self, values: wire.Values) -> None:
        """The newest of what graphics made of data show."""
        self._series.update({one.characteristic: one for one in values.series})
        self._lines.update({one.line: one for one in values.lines})

    def images(self, images: Mapping[str, bytes]) -> None:
        """Pictures that graphics may show."""
        self._images.update(images)

    def layer(self, key: bytes) -> Layer | None:
        """A graphic as it was drawn last."""
        found = self._drawings.get(key)
        return found.layer if found else None

    def _material(self, graphic: Graphic) -> Material:
        return Material(
            series=self._series.get(graphic.characteristic) if graphic.characteristic else None,
            line=self._lines.get(graphic.line) if graphic.line else None,
            left_s=left_s(graphic, self._clock()),
            picture=self._images.get(graphic.image.digest) if graphic.image else None,
        )

    def _draw(self, key: bytes, graphic: Graphic) -> None:
        material = self._material(graphic)
        layer = draw(graphic, templates()[graphic.template].v_quality_creator, material)
        with self._lock:
            self._drawings.pop(key, None)
            self._drawings[key] = _Drawing(graphic, material, layer)
            held = frozenset[bytes]().union(*self._held.values())
            spare = [one for one in self._drawings if one not in held]
            for one in spare[:-_KEPT]:
                del self._drawings[one]

    def _run(self) -> None:
        if sys.platform == "linux":
            os.nice(_BEHIND)  # there, of this thread alone
        while True:
            time.sleep(_LOOK_S)
            for key, one in list(self._drawings.items()):
                if self._material(one.graphic) != one.material:
                    self._draw(key, one.graphic)


def key_of(graphic: Graphic) -> bytes:
    """By what a graphic's drawing is found."""
    return msgspec.json.encode(graphic)


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
        keys = [key_of(graphic) for graphic in graphics]
        before = {one.key: one for one in self._shown}
        gone = [one for one in self._shown if one.key not in keys]
        for one in gone:
            one.wanted = False
        coming = [before.get(key) or _Shown(key, wanted=True) for key in keys]
        for one in coming:
            one.wanted = True
        self._shown = gone + coming
        self._artist.hold("programme", (one.key for one in self._shown))

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
