"""What a transaction tells, and what was told lately: who comes after a restart misses nothing of it."""

from collections import deque
from collections.abc import Container, Mapping
from dataclasses import dataclass

import msgspec

from quality_creator.actions.judging import Chart
from quality_creator.model.characteristic import Characteristic
from quality_creator.model.clock import Micros
from quality_creator.model.event import Counters, JointPoint, Point
from quality_creator.model.ids import CharacteristicId, ChartId, SourceId
from quality_creator.store import told
from quality_creator.store.database import Transaction

RECENT_S = 30.0
"""How long what was told can be asked for again: far longer than a frame waits for its values. What was told
before a restart can be for as long after it, however long nobody was there."""

RECENT_POINTS = 20_000
"""How many points at most; a picture can't show more in that time."""

FORGET_S = 1.0
"""How often what is no longer recent is let go."""


class JointSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A judged observation, and where it can be seen."""

    point: JointPoint
    camera: SourceId | None
    """Of the characteristic whose value completed it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one transaction brought, told right after it was committed."""

    points: tuple[tuple[Characteristic, Point], ...]
    """Of all characteristics, public or not; of each in the order of its chart."""
    counters: tuple[Counters, ...]
    joint: tuple[JointSeen, ...] = ()
    """Of all charts of several characteristics, public or not; of each in its order."""

    def __bool__(self) -> bool:
        return bool(self.points or self.counters)


class _Kept(msgspec.Struct, frozen=True, kw_only=True):
    """`Judged` as the store has it."""

    points: tuple[Point, ...]
    counters: tuple[Counters, ...]
    joint: tuple[JointSeen, ...] = ()


class Recent:
    """The last seconds of what was told."""

    def __init__(self, began: Micros) -> None:
        self._told: deque[tuple[Micros, Judged]] = deque()
        self._points = 0
        self._forgotten = self._began = began

    @classmethod
    def load(
        cls,
        transaction: Transaction,
        charts: Mapping[CharacteristicId, Chart],
        joints: Container[ChartId],
        now: Micros,
    ) -> "Recent":
        """What was kept; points of characteristics and charts that are no more are left out."""
        recent = cls(now)
        for at, data in told.load(transaction):
            kept = msgspec.msgpack.decode(data, type=_Kept)
            pairs = (
                (charts[p.characteristic].characteristic, p)
                for p in kept.points
                if p.characteristic in charts
            )
            joint = tuple(one for one in kept.joint if one.point.chart in joints)
            recent.add(Judged(tuple(pairs), kept.counters, joint), at)
        return recent

    def keep(self, transaction: Transaction, judged: Judged, now: Micros) -> None:
        """Write down what is told when the transaction is committed."""
        if judged:
            points = tuple(point for _, point in judged.points)
            kept = _Kept(points=points, counters=judged.counters, joint=judged.joint)
            told.add(transaction, msgspec.msgpack.encode(kept), now)
        if now - self._forgotten > FORGET_S * 1e6 and (before := self._forgets(now)):
            told.forget(transaction, before)
            self._forgotten = now

    def add(self, judged: Judged, now: Micros) -> None:
        """It was told."""
        self._told.append((now, judged))
        self._points += len(judged.points)
        oldest = self._forgets(now)
        while self._told and (self._points > RECENT_POINTS or self._told[0][0] < oldest):
            self._points -= len(self._told.popleft()[1].points)

    def since(self, instant: Micros) -> list[Judged]:
        """What was told at an instant or later, the oldest first."""
        return [judged for at, judged in self._told if at >= instant]

    def _forgets(self, now: Micros) -> Micros:
        """What was told before this instant can be let go; 0 while a new start may still ask for all."""
        recent = round(RECENT_S * 1e6)
        return Micros(now - recent if abs(now - self._began) > recent else 0)
