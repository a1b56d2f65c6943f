"""The thread that encodes, so that the mixer can compose the next picture meanwhile."""

import os
import queue
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from quality_creator.media.encode import Encoded, Encoder, Sizes
from quality_creator.media.sound import Samples
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import PART_FRAMES

_WAITING = 2
"""Pictures that wait; with one more the mixer waits too, and is late as it would be by itself."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the mixer made of one instant."""

    sizes: Sizes
    sound: Samples
    taken: Mapping[SourceId, int]
    """When each source's frame in the picture was taken, 0 where its slate stands."""
    late: float
    """Seconds by which the mixer came to it too late."""


@dataclass(frozen=True, slots=True)
class Done:
    """A part, and what belongs to it."""

    part: Encoded
    shown: dict[SourceId, tuple[int, ...]]
    """For each source in the part, when the frame shown at each of its pictures was taken; 0 for none."""
    late: float
    """Of its pictures, the most."""


class Encoding:
    """For the mixer's thread. A fault of the encoder ends the process, as one of the mixer does."""

    def __init__(self, encoder: Encoder, done: Callable[[Done], None]) -> None:
        """Begin to wait.

        Args:
            encoder: Nobody else's from now on, but for `sizes`.
            done: Called in the thread that encodes with each part, the moment that it is complete.
        """
        self._encoder = encoder
        self._done = done
        self._waiting: queue.Queue[Made | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="encoding", daemon=True)
        self._thread.start()

    def put(self, made: Made) -> None:
        """Encode this next. Waits while the encoder is further behind than it may be."""
        self._waiting.put(made)

    def close(self) -> None:
        """Return when everything is encoded and handed on."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._encode()
        except Exception:  # noqa: BLE001 - whatever it is: without an encoder nothing is on air
            traceback.print_exc()
            os._exit(1)

    def _encode(self) -> None:
        gathered: list[Made] = []
        while (made := self._waiting.get()) is not None:
            gathered.append(made)
            part = self._encoder.encode(made.sound, made.sizes)
            if part is not None:
                self._done(Done(part, _shown(gathered), max(one.late for one in gathered)))
                gathered = []


def _shown(gathered: list[Made]) -> dict[SourceId, tuple[int, ...]]:
    assert len(gathered) == PART_FRAMES
    sources = dict.fromkeys(source for made in gathered for source in made.taken)
    return {source: tuple(made.taken.get(source, 0) for made in gathered) for source in sources}
