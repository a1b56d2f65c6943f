"""Write into the log what is on air: that an episode began, what was served of it every few seconds, its end.

One task watches what is on air; the broadcast knows nothing of it and waits for nothing. What it has not
entered when a hub stops, the next one enters: the digests of what was served stand in the database, and
segments without one are in the recording.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from quality_creator.actions import standings
from quality_creator.actions.air import Air
from quality_creator.actions.hub import Hub
from quality_creator.actions.stream import NAMES, Stream
from quality_creator.model.clock import iso, micros
from quality_creator.model.episode import Episode
from quality_creator.model.errors import NotFound, Unavailable
from quality_creator.model.ids import Slug
from quality_creator.store import ledger
from quality_creator.store.database import Transaction
from quality_creator.store.ledger import Digests
from quality_creator.trust import dossier
from quality_creator.trust.log import living, note
from quality_creator.trust.log.living import END, PROGRESS, START
from quality_creator.trust.log.tile import Tree

log = structlog.get_logger()

AT_ONCE = 200
"""Segments whose digests one entry adds at most: of an hour that nobody wrote down it takes ten."""


def subject(episode: Episode) -> str:
    """What entries about an episode name as their subject."""
    return f"urn:uuid:{episode.id}"


class Record:
    """What the log has of one episode."""

    def __init__(self, hub: Hub, episode: Episode) -> None:
        self.episode = episode
        self.ended = False
        self._hub = hub
        self._next = 0
        self._segments = Tree()
        self._messages = Tree()
        self._started = self._open = False

    async def step(self, stream: Stream, until: int) -> None:
        """Enter what was served of the segments below a number.

        Raises:
            Unavailable: it can't be kept or read now; the next step does it.
        """
        await self._begin()
        while self._next < until:
            upper = min(until, self._next + AT_ONCE)
            found = [
                one for msn in range(self._next, upper) if (one := await _digests(stream, msn)) is not None
            ]
            await self._enter(found, upper)

    async def finish(self, stream: Stream, until: int) -> None:
        """Enter the rest, and that there is no more. Raises Unavailable."""
        await self.step(stream, until)
        document = living.End(
            type="end/1",
            id=_id(),
            episode=subject(self.episode),
            at=_now(),
            segments=living.served(self._segments),
            measurements=living.served(self._messages),
        )
        await self._hub.ledger.enter(
            living.encode(document), type=END, id=document.id, subject=document.episode
        )
        self.ended = True

    async def _begin(self) -> None:
        """Take up what an earlier hub entered, or enter the start."""
        if not self._open:
            kept = await self._hub.database.look(ledger.digests_of, self.episode.id)
            self._add(kept)
            about = await self._hub.ledger.about(subject(self.episode), START, END)
            self._started = any(entry.type == START for entry in about)
            self.ended = any(entry.type == END for entry in about)
            self._open = True
        if not self._started:
            opening = await self._hub.database.look(standings.opening, self.episode.id)
            document = self._start(opening)
            await self._hub.ledger.enter(
                living.encode(document), type=START, id=document.id, subject=document.episode
            )
            self._started = True

    def _start(self, opening: bytes) -> living.Start:
        newest = self._hub.ledger.newest
        seen = newest.seen.signed.checkpoint if newest else None
        return living.Start(
            type="start/1",
            id=_id(),
            episode=subject(self.episode),
            slug=self.episode.slug,
            at=_now(),
            started=living.Started(size=seen.size, root=note.encode64(seen.root)) if seen else None,
            charts=dossier.digest_sri(opening) if opening else "",
        )

    async def _enter(self, found: Sequence[Digests], upper: int) -> None:
        segments = living.add(self._segments, [one.segments for one in found])
        messages = living.add(self._messages, [one.messages for one in found])
        document = living.Progress(
            type="progress/1",
            id=_id(),
            episode=subject(self.episode),
            at=_now(),
            last=upper - 1,
            segments=living.served(segments),
            measurements=living.served(messages),
        )

        def act(transaction: Transaction) -> None:
            ledger.add_digests(transaction, self.episode.id, found)
            self._hub.ledger.enter_in(
                transaction,
                living.encode(document),
                type=PROGRESS,
                id=document.id,
                subject=document.episode,
            )

        await self._hub.ledger.transact(act)
        self._segments, self._messages, self._next = segments, messages, upper

    def _add(self, kept: Sequence[Digests]) -> None:
        self._segments = living.add(self._segments, [one.segments for one in kept])
        self._messages = living.add(self._messages, [one.messages for one in kept])
        self._next = kept[-1].msn + 1 if kept else 0


async def keep(hub: Hub) -> None:
    """Write down what is on air until cancelled."""
    records: dict[Slug, tuple[Record, Air]] = {}
    await _end_what_ended(hub)
    while True:
        for slug, air in hub.air.items():
            if slug not in records:
                records[slug] = (Record(hub, air.episode), air)
        for slug, (record, air) in list(records.items()):
            if not air.begun:
                continue
            try:
                await _look(record, air)
            except Unavailable as error:
                log.warning("not in the log yet", episode=slug, words=str(error))
            if record.ended:
                del records[slug]
        await asyncio.sleep(hub.config.log.progress_s)


async def _look(record: Record, air: Air) -> None:
    newest = air.newest
    if air.shelf.ended:
        await record.finish(air.shelf, 0 if newest is None else newest.msn + 1)
    else:
        await record.step(air.shelf, 0 if newest is None else newest.msn)


async def _end_what_ended(hub: Hub) -> None:
    """Enter the end of what ended while nobody could."""
    for episode in await hub.database.episodes.in_states("ended"):
        about = await hub.ledger.about(subject(episode), START, END)
        if [entry.type for entry in about] != [START]:
            continue
        try:
            replay = await hub.replays.get(episode.slug)
            index = await (await hub.recordings.open(episode.id)).index()
            await Record(hub, episode).finish(replay, index[-1].msn + 1 if index else 0)
        except (NotFound, Unavailable) as error:
            log.warning("the end is not in the log yet", episode=episode.slug, words=str(error))


async def _digests(stream: Stream, msn: int) -> Digests | None:
    """Of what was served of a segment; None of one that was never recorded and is forgotten."""
    try:
        bodies = [await stream.segment(name, msn) for name in NAMES]
        messages, _ = await stream.data(msn)
    except NotFound:
        return None
    segments = b"".join([hashlib.sha256(body).digest() for body in bodies])
    return Digests(msn=msn, segments=segments, messages=hashlib.sha256(messages).digest())


def _id() -> str:
    return f"urn:uuid:{uuid.uuid4()}"


def _now() -> str:
    return iso(micros(datetime.now(UTC)))
