"""The mixer's desk: what the mixer shall do, said to the worker that is there, and what it tells back."""

import asyncio
from collections.abc import Callable

from quality_creator.media import wire
from quality_creator.media.supervisor import Supervisor
from quality_creator.model.clock import MediaTime
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Mix

Seen = wire.SourceState | wire.Pictures | wire.Meters
"""What whoever looks on gets."""


class Desk:
    """Of one episode, on air or in rehearsal."""

    def __init__(
        self, mix: Mix, supervisor: Supervisor, on_source: Callable[[wire.SourceState], None]
    ) -> None:
        self.mix = mix
        """A worker that starts begins with this."""
        self.sources: dict[SourceId, wire.SourceState] = {}
        self._supervisor = supervisor
        self._on_source = on_source
        self._changes: dict[int, asyncio.Future[MediaTime]] = {}
        self._watching: set[Callable[[Seen], None]] = set()

    def change(self, mix: Mix, change: wire.Change) -> "asyncio.Future[MediaTime]":
        """Change the mix at the next picture.

        Args:
            mix: As it is from then on; a worker that starts later begins with it.
            change: The way to it.

        Returns:
            What becomes the position of that picture.
        """
        self.mix = mix
        done: asyncio.Future[MediaTime] = asyncio.get_running_loop().create_future()
        self._changes[self._supervisor.change(change)] = done
        return done

    def tell(self, order: wire.Tbar | wire.SetPreview | wire.Values | wire.Watch | wire.Record) -> None:
        """Say what changes nothing that a worker would have to begin with."""
        self._supervisor.tell(order)

    def watch(self, see: Callable[[Seen], None]) -> Callable[[], None]:
        """Call a function with all that is seen of the sources; returns what stops it.

        Pictures come while somebody keeps asking for them by `wire.Watch`.
        """
        self._watching.add(see)
        return lambda: self._watching.discard(see)

    def hear(self, message: wire.Changed | Seen) -> None:
        """Take what the worker said."""
        match message:
            case wire.Changed():
                asker = self._changes.pop(message.number, None)
                if asker is not None and not asker.done():
                    asker.set_result(message.position)
            case wire.SourceState():
                self.sources[message.source] = message
                self._on_source(message)
                self._show(message)
            case wire.Pictures() | wire.Meters():
                self._show(message)

    def _show(self, message: Seen) -> None:
        for see in tuple(self._watching):
            see(message)
