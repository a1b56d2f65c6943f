"""What the stream says of the graphics that are burned into its picture."""

from collections.abc import Sequence

from quality_creator.media import captions, wire
from quality_creator.model.clock import MediaTime
from quality_creator.model.event import TimedMessage
from quality_creator.model.mix import Graphic


class Captions:
    """Of one episode on air."""

    def __init__(self, graphics: tuple[Graphic, ...]) -> None:
        self._on = graphics
        self._changes: list[captions.Change] = []

    def changed(self, message: wire.Changed) -> None:
        """The mixer carried a change out."""
        if message.graphics is not None:
            self._changes.append((message.position, message.graphics))

    def begins(self, position: MediaTime, graphics: tuple[Graphic, ...]) -> None:
        """A worker begins here with these; what another was asked for meanwhile is among them."""
        self._changes = [change for change in self._changes if change[0] < position]
        self._changes.append((position, graphics))

    def stamp(self, part: wire.Part, messages: Sequence[TimedMessage]) -> list[TimedMessage]:
        """A part's messages with what is burned into its pictures."""
        end = captions.after(part.start)
        now, self._changes = captions.due(self._changes, end)
        if part.part == 0 and self._on:
            now.insert(0, (part.start, self._on))
        if now:
            self._on = now[-1][1]
        return captions.with_graphics(messages, now, part.start, part.utc)
