"""The programme, tick by tick: sources at their places, transitions, and their sound."""

import threading
from collections.abc import Mapping
from typing import Protocol

import av

from quality_creator.media import transition, wire
from quality_creator.media.compose import Composer
from quality_creator.media.encode import SOUND_AHEAD
from quality_creator.media.limiter import LATENCY
from quality_creator.media.loudness import Meter
from quality_creator.media.overlay import Artist, Overlay
from quality_creator.media.playout import Player, Shown
from quality_creator.media.scale import Planes, Tile, planes_of
from quality_creator.media.scene import HEIGHT, WIDTH, Rectangle, places
from quality_creator.media.slate import slate
from quality_creator.media.sound import Mixer, Samples
from quality_creator.media.strip import Faders, Strip
from quality_creator.media.transition import Move
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Mix
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text

HEARD_AHEAD = SOUND_AHEAD + LATENCY
"""Samples by which sources are heard before their pictures are seen: encoder and limiter hold sound back."""

_SLATES = 96
"""Kept; an inset that is dragged about would otherwise leave one at each of its places."""


class Slates:
    """Slates that are drawn once; drawing takes longer than a tick leaves. Any thread may ask."""

    def __init__(self, names: Mapping[SourceId, Text], words: str) -> None:
        self._names = dict(names)
        self._words = words
        self._cards: dict[SourceId, str] = {}
        self._lock = threading.Lock()
        self._drawn: dict[tuple[SourceId, Rectangle], Tile] = {}

    def card(self, source: SourceId, name: Text, words: str) -> None:
        """A source whose slate is a person's card: their name, and below it who they are."""
        if (self._names.get(source), self._cards.get(source)) != (name, words):
            with self._lock:
                self._names[source], self._cards[source] = name, words
                for key in [key for key in self._drawn if key[0] == source]:
                    del self._drawn[key]

    def prepare(self, scene: Scene) -> None:
        """Draw what a scene may need, before it is on air."""
        for source, place in zip(scene.shown, places(scene.layout, scene.inset), strict=False):
            self.get(source, place)

    def get(self, source: SourceId, place: Rectangle) -> Tile:
        """A source's slate; one that is not known is named by its id."""
        key = (source, place)
        found = self._drawn.get(key)
        if found is None:
            name = self._names.get(source) or Text(zh=source, en=source)
            found = slate(name, self._cards.get(source, self._words), place)
            with self._lock:
                self._drawn[key] = found
                while len(self._drawn) > _SLATES:
                    del self._drawn[next(iter(self._drawn))]
        return found


class Shows(Protocol):
    """What stands in the place of a source."""

    def show(self, place: Rectangle) -> Shown | None:
        """Its picture, made for the place; None where its slate belongs."""


class Stage:
    """A scene on a canvas of its own. For one thread."""

    def __init__(self, canvas: Planes, players: Mapping[SourceId, Shows], slates: Slates) -> None:
        self.canvas = canvas
        self._composer = Composer(canvas)
        self._players = players
        self._slates = slates

    def paint(self, scene: Scene) -> dict[SourceId, int]:
        """Paint a scene as it is at this tick; returns when each source's frame was taken, 0 for a slate."""
        taken: dict[SourceId, int] = {}
        standing = places(scene.layout, scene.inset)
        tiles: list[Tile | None] = [None] * len(standing)
        for number, (source, place) in enumerate(zip(scene.shown, standing, strict=False)):
            player = self._players.get(source)
            shown = player.show(place) if player else None
            tiles[number] = shown.tile if shown else self._slates.get(source, place)
            taken[source] = shown.taken if shown else 0
        self._composer.compose(scene, tiles)
        return taken

    def spoil(self) -> None:
        """Something else was painted over it."""
        self._composer.spoil()


class Programme:
    """What is on air. For one thread."""

    def __init__(
        self, players: Mapping[SourceId, Player], slates: Slates, artist: Artist, canvas: Planes, mix: Mix
    ) -> None:
        self._players = players
        self._overlay = Overlay(artist, mix.graphics)
        self._stage = Stage(canvas, players, slates)
        self._wings = Stage(blank(), players, slates)
        self._mixer = Mixer()
        self._faders = Faders(mix.channels)
        self._strips: dict[SourceId, Strip] = {}
        self.meter = Meter()
        """How loud the programme is."""
        self._scene = mix.program
        self._move: Move | None = None
        self._black = self._black_goal = 1.0 if mix.black else 0.0
        self._black_rate = 1.0
        self._taken: dict[SourceId, int] = {}
        self.voices: dict[SourceId, Samples] = {}
        """What each source sounded like at the last tick."""
        self.gains: dict[SourceId, float] = {}
        """How loud each was in the programme."""
        self._place()

    @property
    def shown(self) -> frozenset[SourceId]:
        """Who is in the picture, or about to be."""
        coming = self._move.scene.shown if self._move else ()
        return frozenset((*self._scene.shown, *coming))

    @property
    def muted(self) -> frozenset[SourceId]:
        """Whom nobody hears, wherever they stand."""
        return frozenset(source for source, channel in self._faders.channels.items() if channel.mute)

    def attend(self) -> None:
        """Sources came or left: whoever is there learns where they stand."""
        self._place()

    @property
    def canvas(self) -> Planes:
        """The picture that was made last."""
        return self._stage.canvas

    def change(self, change: wire.Change) -> None:
        """Change the mix, from the next picture on."""
        if change.scene is not None:
            if self._move is not None and self._move.scene != change.scene:
                self._scene = self._move.scene if self._move.goal >= 1 else self._scene
                self._move = None
            if change.scene != self._scene or self._move is not None:
                self._move = transition.take(self._move, change.scene, change.transition)
            self._place()
        if change.channels is not None:
            self._faders.channels = change.channels
        if change.graphics is not None:
            self._overlay.change(change.graphics)
        if change.black is not None:
            self._black_goal = float(change.black)
            self._black_rate = 1.0 if change.transition.kind == "cut" else 1.0 / change.transition.frames

    def pull(self, tbar: wire.Tbar) -> None:
        """Somebody moves the T-bar."""
        self._move = transition.pull(self._move, tbar.scene, tbar.kind, tbar.position)
        self._place()

    def tick(self, tick: float, now: float) -> tuple[Samples, dict[SourceId, int]]:
        """Make the picture and the sound of an instant; the picture stands on the canvas then.

        Args:
            tick: The instant on the monotonic clock.
            now: What that clock says; later than `tick` while catching up.

        Returns:
            The sound, and for each source in the picture when the frame shown was taken, 0 where none was.
        """
        for player in self._players.values():
            player.advance(tick, now)
        self._step()
        self._paint()
        voices = {}
        for name, player in self._players.items():
            strip = self._strips.setdefault(name, Strip())
            voices[name] = strip.work(player.hear(tick, HEARD_AHEAD), self._faders.channel(name))
        self.voices, self.gains = voices, self._gains(voices)
        sound = self._mixer.mix(voices, self.gains)
        self.meter.hear(sound)
        return sound, self._taken

    def _step(self) -> None:
        if self._move is not None:
            self._move = self._move.step()
            if self._move.done:
                self._scene = self._move.scene
            if self._move.done or self._move.undone:
                self._move = None
                self._place()
        up = min(self._black_goal, self._black + self._black_rate)
        self._black = round(max(up, self._black - self._black_rate), 9)

    def _paint(self) -> None:
        self._taken = {}
        if self._black >= 1:
            self._stage.spoil()
            transition.darken(self._stage.canvas, 1.0)
            return
        self._taken |= self._stage.paint(self._scene)
        if self._move is not None and self._move.level > 0:
            self._taken |= self._wings.paint(self._move.scene)
            transition.blend(self._move.kind, self._stage.canvas, self._wings.canvas, self._move.level)
            self._stage.spoil()
        if self._overlay.put(self._stage.canvas):
            self._stage.spoil()
        if self._black > 0:
            transition.darken(self._stage.canvas, self._black)
            self._stage.spoil()

    def _gains(self, voices: Mapping[SourceId, Samples]) -> dict[SourceId, float]:
        gains = dict.fromkeys(self._scene.sources, 1.0)
        if self._move is not None:
            going, coming = transition.loudness(self._move.kind, self._move.level)
            gains = dict.fromkeys(gains, going)
            for source in self._move.scene.sources:
                gains[source] = min(gains.get(source, 0.0) + coming, 1.0)
        heard = self._faders.gains(gains, tuple(voices), voices)
        return {source: gain * (1 - self._black) for source, gain in heard.items()}

    def _place(self) -> None:
        """Tell the sources where they stand, so that they come in the right size."""
        stand: dict[SourceId, Rectangle] = {}
        for scene in (self._scene, self._move.scene if self._move else None):
            if scene is not None:
                for source, place in zip(scene.shown, places(scene.layout, scene.inset), strict=False):
                    stand.setdefault(source, place)
        for source, player in self._players.items():
            player.place(stand.get(source))


def blank() -> Planes:
    """A canvas of the programme's size."""
    return Planes(*planes_of(av.VideoFrame(WIDTH, HEIGHT, "yuv420p")))
