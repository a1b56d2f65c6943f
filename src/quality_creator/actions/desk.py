"""The mixer's desk: what the mixer shall do, said to the worker that is there, and what it tells back."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from quality_creator.actions.figures import Figures
from quality_creator.media import wire
from quality_creator.media.supervisor import Supervisor
from quality_creator.model.clock import MediaTime
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Graphic, Mix
from quality_creator.model.scene import Scene
from quality_creator.show.state import PANEL

Seen = wire.SourceState | wire.Pictures | wire.Meters
"""What whoever looks on gets."""


class Desk:
    """Of one episode, on air or in rehearsal."""

    def __init__(
        self,
        mix: Mix,
        figures: Figures,
        supervisor: Supervisor,
        on_source: Callable[[wire.SourceState], None],
    ) -> None:
        self._figures = figures
        self._asked = mix
        self._cued_asked: tuple[Graphic, ...] = mix.graphics
        self.mix = self._filled(mix)
        """A worker that starts begins with this. Its graphics are those that are seen, filled in."""
        self.cued = self._seen(self._cued_asked, mix.preview)
        """What lies over the preview's picture."""
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
        before, self._asked, self.mix = self.mix, mix, self._filled(mix)
        if change.graphics is not None or self.mix.graphics != before.graphics:
            change = msgspec.structs.replace(change, graphics=self.mix.graphics)
        done: asyncio.Future[MediaTime] = asyncio.get_running_loop().create_future()
        self._changes[self._supervisor.change(change)] = done
        return done

    def preview(self, mix: Mix, graphics: tuple[Graphic, ...]) -> None:
        """What stands on the preview bus, and the graphics that a take of it brings; told when it changed.

        Args:
            mix: As it is from now on; nothing of it but the preview has changed.
            graphics: All that will lie over the picture.
        """
        before = (self.mix.preview, self.cued)
        self._asked, self._cued_asked = mix, graphics
        self.mix = self._filled(mix)
        self.cued = self._seen(graphics, mix.preview)
        if mix.preview is not None and (mix.preview, self.cued) != before:
            self._supervisor.tell(wire.SetPreview(scene=mix.preview, graphics=self.cued))

    def begin(self) -> dict[str, bytes]:
        """A new worker begins with `mix` and `cued`: the pictures that it needs."""
        self.mix = self._filled(self._asked)
        self.cued = self._seen(self._cued_asked, self._asked.preview)
        self._figures.again()
        return dict(self._figures.images)

    def refresh(self) -> None:
        """Say what graphics made of data show now; to be called for every part."""
        if self._filled(self._asked) != self.mix:
            self.change(self._asked, wire.Change())
        self.preview(self._asked, self._cued_asked)
        values = self._figures.news((*self.mix.graphics, *self.cued))
        if values is not None:
            self._supervisor.tell(values)

    def _filled(self, mix: Mix) -> Mix:
        return msgspec.structs.replace(mix, graphics=self._seen(mix.graphics, mix.program))

    def _seen(self, graphics: Sequence[Graphic], scene: Scene | None) -> tuple[Graphic, ...]:
        """A data panel is seen where the layout has a place for it, and waits where it has none."""
        beside = scene is not None and scene.layout == "data-panel"
        return self._figures.filled([one for one in graphics if beside or one.template != PANEL])

    def tell(self, order: wire.Tbar | wire.Images | wire.Watch | wire.Record) -> None:
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
