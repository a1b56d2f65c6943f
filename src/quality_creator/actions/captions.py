"""What graphics need from the hub, and what the stream says of them: values down, burned-in data up."""

from collections import deque
from collections.abc import Callable, Sequence

from quality_creator.actions.ingest import Judged
from quality_creator.media import captions, wire
from quality_creator.model.event import Definitions, TimedMessage
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.mix import Graphic

ROOM = 40
"""Values that a burned-in chart has room for."""


class Captions:
    """Of one episode on air."""

    def __init__(self, graphics: tuple[Graphic, ...], definitions: Callable[[], Definitions]) -> None:
        self._on = graphics
        self._definitions = definitions
        self._changes: list[captions.Change] = []
        self._values: dict[CharacteristicId, deque[float]] = {}
        self._fresh: set[CharacteristicId] = set()

    def changed(self, message: wire.Changed) -> None:
        """The mixer carried a change out."""
        if message.graphics is not None:
            self._changes.append((message.position, message.graphics))

    def judged(self, judged: Judged) -> None:
        """Points came; those that viewers may see can be burned in."""
        for one, point in judged.points:
            if one.public and point.status != "bad":
                self._values.setdefault(one.id, deque(maxlen=ROOM)).append(point.value)
                self._fresh.add(one.id)

    def stamp(self, part: wire.Part, messages: Sequence[TimedMessage]) -> list[TimedMessage]:
        """A part's messages with what is burned into its pictures."""
        end = captions.after(part.start)
        now, self._changes = captions.due(self._changes, end)
        if part.part == 0 and self._on:
            now.insert(0, (part.start, self._on))
        if now:
            self._on = now[-1][1]
        return captions.with_graphics(messages, now, part.start, part.utc)

    def values(self, graphics: Sequence[Graphic]) -> wire.Values | None:
        """What graphics on the picture show, where something new came since the last call."""
        wanted = {one.characteristic for one in graphics if one.characteristic is not None}
        fresh = wanted & self._fresh
        if not fresh:
            return None
        self._fresh -= fresh
        series = []
        for one in self._definitions().characteristics:
            if one.characteristic in fresh:
                limits = one.location
                series.append(
                    wire.Series(
                        characteristic=one.characteristic,
                        name=one.name,
                        unit=one.unit,
                        decimals=one.decimals,
                        values=tuple(self._values[one.characteristic]),
                        room=ROOM,
                        center=limits.center if limits else None,
                        lower=limits.lower if limits else None,
                        upper=limits.upper if limits else None,
                    )
                )
        return wire.Values(series=tuple(series))

    def again(self) -> None:
        """A new worker knows no values."""
        self._fresh = set(self._values)
