"""The recorders of all sources of a worker: who is recorded, and what reaches whom."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from quality_creator.config import RtmpCamera, RtspCamera
from quality_creator.media import wire
from quality_creator.media.capture.source import Source
from quality_creator.media.iso import Place, Recorder
from quality_creator.media.playout import Player
from quality_creator.media.sound import TICK, Samples
from quality_creator.model.ids import SourceId

_SILENCE = np.zeros((2, TICK), np.float32)


class Isos:
    """For the mixer's thread."""

    def __init__(
        self,
        order: wire.Record,
        place: Place,
        sources: Mapping[SourceId, Source],
        players: Mapping[SourceId, Player],
        tell: Callable[[wire.IsoState], None],
    ) -> None:
        """Begin with what the hub says at a start."""
        self._place = place
        self._sources = sources
        self._players = players
        self._tell = tell
        self._recorders: dict[SourceId, Recorder] = {}
        self.record(order)

    def record(self, order: wire.Record) -> None:
        """These sources are recorded from now on, and no others."""
        for name in order.sources:
            if name not in self._recorders and name in self._sources:
                self._recorders[name] = self._recorder(name, Path(order.folder))
        for name, recorder in self._recorders.items():
            recorder.switch(name in order.sources)

    def tick(self, tick: float, voices: Mapping[SourceId, Samples]) -> None:
        """The mixer made an instant of the programme."""
        for name, recorder in self._recorders.items():
            player = self._players.get(name)
            recorder.show(tick, player.raw if player else None, voices.get(name, _SILENCE))

    def close(self) -> None:
        """The worker leaves: finish all files."""
        for recorder in self._recorders.values():
            recorder.close("the programme ended")

    def _recorder(self, name: SourceId, folder: Path) -> Recorder:
        source = self._sources[name]
        recorder = Recorder(name, folder, self._place, self._tell)
        recorder.delay = lambda: player.delay_s if (player := self._players.get(name)) else 0.0
        recorder.encodes = not _sends_packets(source.camera)
        source.feed.recorder = recorder if _sends_packets(source.camera) else None
        return recorder


def _sends_packets(camera: object) -> bool:
    """A file's packets jump at its loop, and a guest's browser changes size: these are encoded."""
    return isinstance(camera, RtspCamera | RtmpCamera)
