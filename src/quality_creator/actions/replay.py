"""An ended episode as players ask for it."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import msgspec

from quality_creator.actions import stamped
from quality_creator.actions.stamped import StampedSignal, Timeline
from quality_creator.actions.stream import NAMES, announced, known
from quality_creator.media import cmaf, emsg, hls
from quality_creator.model.clock import MediaTime
from quality_creator.model.errors import NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.stream import RENDITIONS
from quality_creator.store.database import Database
from quality_creator.store.recording import OpenSegment, Recording, Recordings, StoredSegment

KEPT = 8
"""Ended episodes whose playlists stay in memory; a four-hour one takes about a megabyte."""


class Replay:
    """One ended episode."""

    ended = True

    def __init__(
        self, slug: Slug, recording: Recording, rows: Sequence[StoredSegment], codecs: dict[str, str]
    ) -> None:
        self.slug = slug
        self._recording = recording
        self._rows = {row.msn: row for row in rows}
        self._variants = [hls.variant(one, codecs[one.name]) for one in RENDITIONS]
        self._window = hls.Window(NAMES, segments=map(announced, rows), ended=True)
        self._end = MediaTime(rows[-1].start + rows[-1].duration)

    def multivariant(self) -> bytes:
        """See `Stream.multivariant`."""
        return hls.multivariant(self._variants)

    async def playlist(
        self, rendition: str, msn: int | None, part: int | None, *, skip: bool, gzip: bool
    ) -> bytes:
        """See `Stream.playlist`; it is complete, so there is nothing to wait for."""
        make = self._window.playlist_gzip if gzip else self._window.playlist
        return make(known(rendition), skip=skip)

    async def init(self, rendition: str, name: str) -> bytes:
        """See `Stream.init`."""
        return await self._recording.init(known(rendition), name)

    async def segment(self, rendition: str, msn: int) -> bytes:
        """See `Stream.segment`."""
        return await self._recording.segment(known(rendition), msn)

    async def part(self, rendition: str, msn: int, part: int) -> bytes:
        """See `Stream.part`."""
        row = self._rows.get(msn)
        if row is None:
            raise NotFound(f"there is no segment {msn}")
        return await self._recording.part(known(rendition), row, part)

    async def data(self, msn: int) -> tuple[bytes, bool]:
        """See `Stream.data`."""
        return await self._recording.messages(msn), False

    async def signals(self) -> bytes:
        """See `Stream.signals`."""
        found = [
            one
            for signals in await self._recording.signals()
            for one in msgspec.convert(signals, list[StampedSignal])
        ]
        return msgspec.json.encode(Timeline(duration=self._end, signals=tuple(found)))


class Replays:
    """The ended episodes that were asked for last."""

    def __init__(self, database: Database, recordings: Recordings) -> None:
        self._database = database
        self._recordings = recordings
        self._kept: OrderedDict[Slug, Replay] = OrderedDict()
        self._opening = asyncio.Lock()

    async def get(self, slug: Slug) -> Replay:
        """An ended episode. Raises NotFound when there is none, or nothing of it was ever on air."""
        async with self._opening:
            found = self._kept.get(slug)
            if found is None:
                found = await self._open(slug)
                self._kept[slug] = found
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(slug)
            return found

    async def _open(self, slug: Slug) -> Replay:
        episode = await self._database.episodes.by_slug(slug)
        if episode is None or episode.state not in ("ended", "published"):
            raise NotFound(f"nothing of {slug!r} can be played")
        recording = await self._recordings.open(episode.id)
        for segment in recording.left_open:
            await _put_away(recording, segment)
        rows = await recording.index()
        if not rows:
            raise NotFound(f"{slug!r} was ended before its first part")
        inits = {name: await recording.init(name, rows[-1].inits[name]) for name in NAMES}
        codecs = {name: cmaf.describe(data).codecs for name, data in inits.items()}
        return Replay(slug, recording, rows, codecs)


async def _put_away(recording: Recording, segment: OpenSegment) -> None:
    """Seal what the hub that ended the episode could not."""
    messages = [timed for part in segment.parts if part.data for timed in emsg.messages(part.data[NAMES[0]])]
    signals = msgspec.to_builtins(stamped.signals(messages))
    await recording.seal(segment.msn, msgspec.json.encode(messages), signals)
