"""The targets of one episode while it is on air: each is published to by a task of its own."""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime

from quality_creator.actions.air import Air
from quality_creator.media import wire
from quality_creator.media.restream import Address, Health, Restream
from quality_creator.media.rtmp.remux import Piece
from quality_creator.model.clock import micros


class Restreams:
    """Hands the programme's parts to whoever is switched on; of the hub's loop only."""

    def __init__(self, air: Air, tasks: asyncio.TaskGroup, tls: ssl.SSLContext) -> None:
        self._tasks = tasks
        self._tls = tls
        self._inits: dict[str, bytes] = {}
        self._running: dict[str, tuple[Restream, asyncio.Task[None]]] = {}
        self._stop: Callable[[], None] = air.follow(self._hear)

    def put(self, target: str, name: str, address: Address, key: str, rendition: str) -> None:
        """Publish to a target from now on; one that is published to already is left first."""
        self.drop(target)
        one = Restream(
            name, address, key, rendition=rendition, tls=self._tls, utc=lambda: micros(datetime.now(UTC))
        )
        self._running[target] = one, self._tasks.create_task(one.run(), name=f"restream {name}")

    def drop(self, target: str) -> None:
        """Leave a target, if it is published to."""
        if target in self._running:
            _, task = self._running.pop(target)
            task.cancel()

    def health(self, target: str) -> Health | None:
        """How a target is doing; None for one that is not published to."""
        return self._running[target][0].health() if target in self._running else None

    async def end(self) -> None:
        """Leave them all."""
        self._stop()
        tasks = [task for _, task in self._running.values()]
        for target in tuple(self._running):
            self.drop(target)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _hear(self, message: wire.Init | wire.Part) -> None:
        if isinstance(message, wire.Init):
            self._inits[message.rendition] = message.data
            return
        for one, _ in self._running.values():
            name = one.rendition.name
            if name in message.data and name in self._inits:
                one.feed(Piece(self._inits[name], message.data[name], message.independent))
