"""The programme, tick by tick: sources at their places, their sound, and the encoders behind them."""

from collections.abc import Mapping, Sequence

from quality_creator.media.compose import Composer
from quality_creator.media.encode import SOUND_AHEAD, Encoded, Encoder
from quality_creator.media.playout import Player
from quality_creator.media.scale import Planes, Tile, planes_of
from quality_creator.media.scene import Rectangle, places
from quality_creator.media.slate import slate
from quality_creator.media.sound import Mixer
from quality_creator.model.ids import SourceId
from quality_creator.model.scene import Scene
from quality_creator.model.stream import PART_FRAMES
from quality_creator.model.text import Text


class Slates:
    """Slates that are drawn once; drawing takes longer than a tick leaves. Any thread may ask."""

    def __init__(self, names: Mapping[SourceId, Text], words: str) -> None:
        self._names = names
        self._words = words
        self._drawn: dict[tuple[SourceId, Rectangle], Tile] = {}

    def prepare(self, scene: Scene) -> None:
        """Draw what a scene may need, before it is on air."""
        for source, place in zip(scene.shown, places(scene.layout), strict=False):
            self.get(source, place)

    def get(self, source: SourceId, place: Rectangle) -> Tile:
        """A source's slate; one that is not known is named by its id."""
        key = (source, place)
        if key not in self._drawn:
            name = self._names.get(source) or Text(zh=source, en=source)
            self._drawn[key] = slate(name, self._words, place)
        return self._drawn[key]


class Programme:
    """What is on air. For one thread."""

    def __init__(
        self, players: Mapping[SourceId, Player], slates: Slates, encoder: Encoder, scene: Scene
    ) -> None:
        self._players = players
        self._slates = slates
        self._encoder = encoder
        self._composer = Composer(Planes(*planes_of(encoder.canvas)))
        self._mixer = Mixer()
        self._scene = scene
        self._places: Sequence[Rectangle] = ()
        self._picture = 0
        self._shown: dict[SourceId, list[int]] = {}
        self.set_scene(scene)

    def set_scene(self, scene: Scene) -> None:
        """Change who stands where, from the next picture on."""
        self._scene = scene
        self._places = places(scene.layout)
        stand = dict(zip(scene.shown, self._places, strict=False))
        for source, player in self._players.items():
            player.place(stand.get(source))

    def tick(self, tick: float, now: float) -> tuple[Encoded, dict[SourceId, tuple[int, ...]]] | None:
        """Make the picture and the sound of an instant.

        Args:
            tick: The instant on the monotonic clock.
            now: What that clock says; later than `tick` while catching up.

        Returns:
            When this picture completes a part: the part, and for each source in it when the frame shown at
            each of its pictures was taken, 0 where none was.
        """
        for player in self._players.values():
            player.advance(tick, now)
        self._composer.compose(self._scene.layout, self._tiles())
        voices = {name: player.hear(tick, SOUND_AHEAD) for name, player in self._players.items()}
        sound = self._mixer.mix(voices, dict.fromkeys(self._scene.sources, 1.0))
        encoded = self._encoder.encode(sound)
        self._picture += 1
        if encoded is None:
            return None
        shown = {source: tuple(times) for source, times in self._shown.items()}
        self._shown, self._picture = {}, 0
        return encoded, shown

    def _tiles(self) -> list[Tile | None]:
        tiles: list[Tile | None] = [None] * len(self._places)
        for number, (source, place) in enumerate(zip(self._scene.shown, self._places, strict=False)):
            times = self._shown.setdefault(source, [0] * PART_FRAMES)
            player = self._players.get(source)
            shown = player.show(place) if player else None
            if shown is None:
                tiles[number] = self._slates.get(source, place)
            else:
                tiles[number] = shown.tile
                times[self._picture] = shown.taken
        return tiles
