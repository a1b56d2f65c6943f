"""One episode's show: its log in the database, and the state that it comes to, for everybody who looks on."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Self

import msgspec
import structlog

from quality_creator.model.clock import Micros, micros
from quality_creator.model.episode import Episode
from quality_creator.model.errors import Unavailable
from quality_creator.model.ids import EpisodeId
from quality_creator.show import state as states
from quality_creator.show.event import Entry, Event, Took
from quality_creator.show.state import State
from quality_creator.store import show as store
from quality_creator.store.database import Database
from quality_creator.store.show import Line

log = structlog.get_logger()

RECENT = 200
"""Entries that are kept at hand, for whoever opens the studio."""

_event: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class Show:
    """Entries are counted by the one hub that runs the episode; whoever acts later, acts on all before."""

    def __init__(self, database: Database, episode: Episode, clock: Callable[[], datetime]) -> None:
        self.episode: EpisodeId = episode.id
        self.state: State = states.begin(episode.scene)
        self.recent: list[Entry] = []
        self.trouble = ""
        """Why the newest entries are not on the disk; the show goes on, and they are tried again."""
        self.images: dict[str, bytes] = {}
        """The bytes of `state.images`, by digest."""
        self._database = database
        self._clock = clock
        self._unsaved: list[Entry] = []
        self._saving = asyncio.Lock()
        self._listening: set[Callable[[], None]] = set()

    @classmethod
    async def open(
        cls, database: Database, episode: Episode, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> Self:
        """A show as its log has it.

        Raises:
            Unavailable: the log can't be read.
        """
        show = cls(database, episode, clock)
        for line in await database.look(store.load, episode.id):
            event = _event.decode(line.event)
            show._take(Entry(number=line.number, at=Micros(line.at), by=line.by, event=event))
        return show

    def enter(self, by: str, event: Event) -> Entry:
        """Something happened: the state has it at once, and `save` puts it on the disk.

        Raises:
            QualityCreatorError: it does not fit the state; nothing is changed.
        """
        now = micros(self._clock())
        entry = Entry(number=self.state.number + 1, at=now, by=by, event=event)
        self._take(entry)
        self._unsaved.append(entry)
        for hear in tuple(self._listening):
            hear()
        return entry

    async def save(self) -> None:
        """Put on the disk what is not there yet. A disk that refuses stops nobody; `trouble` says so.

        Raises:
            Conflict: another hub runs the same show.
        """
        async with self._saving:
            entries = tuple(self._unsaved)
            if not entries:
                return
            lines = [
                Line(number=e.number, at=e.at, by=e.by, event=msgspec.json.encode(e.event)) for e in entries
            ]
            takes = any(isinstance(entry.event, Took) for entry in entries)
            scene = self.state.mix.program if takes and not self.state.rehearsal else None
            try:
                await self._database.transact(store.append, self.episode, lines, scene)
            except Unavailable as error:
                self.trouble = str(error)
                log.error("the show's log", words=str(error))
            else:
                del self._unsaved[: len(entries)]
                self.trouble = ""

    def listen(self, hear: Callable[[], None]) -> Callable[[], None]:
        """Call a function after each entry; returns what stops it."""
        self._listening.add(hear)
        return lambda: self._listening.discard(hear)

    def _take(self, entry: Entry) -> None:
        self.state = states.step(self.state, entry)
        self.recent.append(entry)
        del self.recent[:-RECENT]
