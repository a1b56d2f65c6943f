"""Which picture of a source is on air at a tick, what of it is heard, and whether it is alive.

All of it is judged by pictures: a source that sends none is frozen, then a slate, whatever its connection
says; one that sends them again is live again.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np

from quality_creator.media.capture.source import Feed, Picture
from quality_creator.media.scale import Raw, Scaler, Tile
from quality_creator.media.scene import Rectangle
from quality_creator.media.sound import TICK, Samples, Voice
from quality_creator.media.timing import Delay
from quality_creator.media.wire import SourceCondition
from quality_creator.model.clock import Micros
from quality_creator.model.stream import AUDIO_RATE

FROZEN_S = 0.2
"""Without a new picture: five of a source with 25 a second."""

SLATE_S = 0.44
"""Without a new picture; a tick later is still within half a second after the last one."""

_FROZEN_PICTURES = 2.5
_SLATE_PICTURES = 4.0
"""The same in pictures, for sources that send few; the longer of the two counts."""

_INTERVALS = 16

_WAITING = 24
"""Pictures that wait to be shown at most: more than a second's, of which none needs more than a third."""

_NEAR_S = 0.01
"""A picture that is due this near to a tick may be shown at it or at the next: whichever repeats or leaves
out none. A source whose pictures come when ticks do would otherwise stumble at every breath of the network.
"""

_SOUND_GONE_S = 1.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands in a source's place at a tick."""

    tile: Tile
    taken: Micros
    """When the very frame in the tile was taken."""


class Player:
    """Plays one source's feed out, tick by tick. For the mixer's thread."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._epoch = feed.epoch
        self._waiting: deque[Picture] = deque()
        self._current: Picture | None = None
        self._tiles: dict[Rectangle, Tile] = {}
        self._scaler = Scaler()
        self._voice = Voice(feed.ring)
        self._delay = Delay()
        self._intervals: deque[float] = deque(maxlen=_INTERVALS)
        self.condition: SourceCondition = "connecting"

    @property
    def delay_s(self) -> float:
        """How long after it is due a picture is shown at present."""
        return self._delay.picture if self._feed.remote else 0.0

    def place(self, place: Rectangle | None) -> None:
        """Where the source stands from the next tick on; None when it is not in the picture."""
        self._feed.place = place
        if place is None:
            self._tiles.clear()

    def advance(self, tick: float, now: float) -> None:
        """Take what came, and choose the picture for a tick.

        Args:
            tick: The instant of the programme, on the monotonic clock; behind `now` while catching up.
            now: The monotonic clock.
        """
        for picture in self._feed.take():
            self._measure(picture)
            self._waiting.append(picture)
        before, due = self._current, tick - self.delay_s
        while self._waiting and self._waiting[0].due <= due - _NEAR_S:
            self._current = self._waiting.popleft()
        if self._current is before and self._waiting and self._waiting[0].due <= due + _NEAR_S:
            self._current = self._waiting.popleft()
        while len(self._waiting) > _WAITING:
            # The mixer is far behind: shown early is better than kept, which fills the memory.
            self._current = self._waiting.popleft()
        if self._current is None and self._waiting and tick < now - 0.1:
            # Time that is caught up has no pictures of its own: the first that came stands for it.
            self._current = self._waiting[0]
        if self._current is not before:
            self._tiles.clear()
        self.condition = self._judge(tick, now)

    def show(self, place: Rectangle) -> Shown | None:
        """What stands in the source's place; None when that is its slate."""
        if self._current is None or self.condition in ("connecting", "slate"):
            return None
        if place not in self._tiles:
            tile = self._current.tile
            # A picture that came before the source had this place is scaled here, once; so is one that
            # stands in two places while a scene gives way to another.
            self._tiles[place] = (
                tile if tile and tile.place == place else self._scaler.tile(self._current.raw, place)
            )
        return Shown(self._tiles[place], self._current.taken)

    @property
    def raw(self) -> Raw | None:
        """The picture that is on air or would be, as it came; None where a slate stands. For any thread."""
        current = self._current
        return None if current is None or self.condition in ("connecting", "slate") else current.raw

    def hear(self, tick: float, ahead: int) -> Samples:
        """The source's sound for a tick.

        Args:
            tick: As in `advance`.
            ahead: How many samples after the tick's picture it will be heard.
        """
        feed, end = self._feed, self._feed.ring.end
        if feed.epoch != self._epoch:
            self._epoch = feed.epoch
            self._voice.rest()
        if feed.offset is not None and end is not None:
            delay = self._delay.sound if feed.remote else 0.0
            target = (tick - delay - feed.offset) * AUDIO_RATE + ahead
        if feed.offset is None or end is None or target - end > _SOUND_GONE_S * AUDIO_RATE:
            self._delay.silent()
            self._voice.rest()
            return np.zeros((2, TICK), np.float32)
        samples = self._voice.read(target)
        self._delay.heard(self._voice.spare / AUDIO_RATE)
        return samples

    def _measure(self, picture: Picture) -> None:
        self._delay.arrived(picture.ready - picture.due)
        last = self._waiting[-1] if self._waiting else self._current
        if last is not None:
            self._intervals.append(picture.due - last.due)

    def _judge(self, tick: float, now: float) -> SourceCondition:
        if self._current is None:
            return "connecting"
        # A picture that is decoded ahead counts from when it is due.
        missing = min(now, tick) - max(self._current.ready, self._current.due)
        # The median: an outage or a lost frame says nothing about the camera's pace.
        interval = sorted(self._intervals)[len(self._intervals) // 2] if self._intervals else 0.0
        if missing > max(SLATE_S, _SLATE_PICTURES * interval):
            return "slate"
        if missing > max(FROZEN_S, _FROZEN_PICTURES * interval):
            return "frozen"
        return "live"
