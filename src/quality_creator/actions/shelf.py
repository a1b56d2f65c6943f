"""What was aired of an episode on air: at hand for players, and put away segment by segment."""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import structlog

from quality_creator.actions import stamped
from quality_creator.actions.stamped import StampedSignal, Timeline
from quality_creator.actions.stream import NAMES, announced, known
from quality_creator.media import hls
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import BadInput, NotFound, Unavailable
from quality_creator.model.event import TimedMessage
from quality_creator.model.ids import Slug
from quality_creator.model.stream import RENDITIONS
from quality_creator.store.recording import Recording, SpooledPart, StoredSegment

log = structlog.get_logger()

IN_MEMORY = 12
"""Finished segments whose parts are answered from memory; players ask for parts of the last few."""

SEAL_AGAIN_S = 2.0
"""Pause before a segment that could not be put away is tried again."""

LAST_SEAL_S = 30.0
"""How long an ending episode waits for its segments to be put away."""


@dataclass(slots=True)
class Bytes:
    """A segment in memory: by rendition its parts, and what was stamped into it."""

    parts: dict[str, list[bytes]] = field(default_factory=lambda: {name: [] for name in NAMES})
    messages: list[TimedMessage] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Edge:
    """Where the stream has got to: what the next part will be."""

    msn: int = 0
    part: int = 0
    position: MediaTime = MediaTime(0)
    utc: Micros | None = None
    """When the next picture is due; None before the first."""


class Shelf:
    """Filled by the one task of an episode; any number of requests read it meanwhile."""

    def __init__(self, slug: Slug, recording: Recording, *, hold_back: float) -> None:
        self.slug = slug
        self.edge = Edge()
        self.codecs: dict[str, str] = {}
        """Of each rendition, once it is known."""
        self.trouble = ""
        """Why the last segment could not be put away."""
        self._recording = recording
        self._window = hls.Window(NAMES, hold_back=hold_back)
        self._memory: OrderedDict[int, Bytes] = OrderedDict()
        self._rows: OrderedDict[int, StoredSegment] = OrderedDict()
        self._signals: list[StampedSignal] = []
        self._changed = asyncio.Event()
        self._texts: dict[tuple[str, bool, bool], tuple[int, bytes]] = {}
        self._recorded = True  # the segment at hand, as far as it goes
        self._sealing: asyncio.Queue[int] = asyncio.Queue()
        self._unsealed: dict[int, list[TimedMessage]] = {}

    # --- what is announced -------------------------------------------------------------------------

    def open(
        self, msn: int, utc: Micros, inits: Mapping[str, str], *, discontinuity: bool, recorded: bool
    ) -> None:
        """A segment begins."""
        self._recorded = recorded
        self._window.open(msn, utc, inits, discontinuity=discontinuity)

    def add(self, part: SpooledPart, messages: Sequence[TimedMessage], *, recorded: bool) -> None:
        """A part comes into the open segment; of no length, it is a signature behind the last one."""
        self._recorded = self._recorded and recorded
        memory = self._memory.setdefault(part.msn, Bytes())
        for name, data in part.data.items():
            memory.parts[name].append(data)
        memory.messages.extend(messages)
        self._signals.extend(stamped.signals(messages))
        if part.duration:
            self._window.add(hls.Part(part.duration, part.independent))
            end = MediaTime(part.start + part.duration)
            self.edge = Edge(part.msn, part.part + 1, end, Micros(part.utc + part.duration * 100 // 9))

    def close(self) -> None:
        """The open segment is complete; what is left is to put it away."""
        msn = self.edge.msn
        self._window.close(recorded=self._recorded)
        self._unsealed[msn] = self._memory[msn].messages
        self._sealing.put_nowait(msn)
        self._forget()
        self.edge = Edge(msn + 1, 0, self.edge.position, self.edge.utc)

    def announce(self) -> None:
        """Wake whoever waits. A new event, so that nobody who comes later is woken for this."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def end(self) -> None:
        """Nothing more will come."""
        self._window.end()
        self.announce()

    def restore(self, row: StoredSegment) -> None:
        """Announce a segment that was put away."""
        self._window.restore(announced(row))
        self._rows[row.msn] = row
        if len(self._rows) > IN_MEMORY:
            self._rows.popitem(last=False)
        end = MediaTime(row.start + row.duration)
        self.edge = Edge(row.msn + 1, 0, end, Micros(row.utc + row.duration * 100 // 9))

    def remember(self, signals: Sequence[StampedSignal]) -> None:
        """Signals that were stamped before this hub began."""
        self._signals.extend(signals)

    # --- what is put away --------------------------------------------------------------------------

    async def seal(self) -> None:
        """Put finished segments away, one after another; what can't be put away now is tried again."""
        while True:
            msn = await self._sealing.get()
            messages = self._unsealed[msn]
            while True:
                try:
                    row = await self._recording.seal(
                        msn, msgspec.json.encode(messages), msgspec.to_builtins(stamped.signals(messages))
                    )
                    break
                except Unavailable as error:
                    self.trouble = str(error)
                    log.error("not put away", episode=self.slug, segment=msn, words=str(error))
                    await asyncio.sleep(SEAL_AGAIN_S)
            self.trouble = ""
            self._rows[msn] = row
            del self._unsealed[msn]
            self._forget()
            self._sealing.task_done()

    async def sealed(self) -> None:
        """Wait a while until all is put away; what is not, the spool keeps, and a replay puts it away."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._sealing.join(), LAST_SEAL_S)

    def _forget(self) -> None:
        """Let go of what is old enough to be read from the disk."""
        while len(self._memory) > IN_MEMORY:
            self._memory.popitem(last=False)
        while len(self._rows) > IN_MEMORY:
            self._rows.popitem(last=False)

    # --- what players ask --------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._window.ended

    def multivariant(self) -> bytes:
        """The playlist of playlists. Raises Unavailable before a worker has said what it encodes."""
        if set(self.codecs) != set(NAMES):
            raise Unavailable("the first pictures are on their way; ask again in a second")
        return hls.multivariant([hls.variant(one, self.codecs[one.name]) for one in RENDITIONS])

    async def playlist(
        self, rendition: str, msn: int | None, part: int | None, *, skip: bool, gzip: bool
    ) -> bytes:
        """See `Stream.playlist`."""
        known(rendition)
        deadline = asyncio.get_running_loop().time() + hls.BLOCK_S
        while (ready := self._window.ready(msn, part)) == "wait" or self._window.newest is None:
            await self._wait(deadline)
        if ready == "refuse":
            raise BadInput(f"segment {msn}, part {part} is further ahead than may be waited for")
        key = (rendition, skip, gzip)
        version, text = self._texts.get(key, (-1, b""))
        if version != self._window.version:
            make = self._window.playlist_gzip if gzip else self._window.playlist
            text = make(rendition, skip=skip)
            self._texts[key] = (self._window.version, text)
        return text

    async def init(self, rendition: str, name: str) -> bytes:
        """See `Stream.init`."""
        return await self._recording.init(known(rendition), name)

    async def segment(self, rendition: str, msn: int) -> bytes:
        """See `Stream.segment`."""
        known(rendition)
        if msn >= self.edge.msn:
            raise NotFound(f"segment {msn} is not finished")
        memory = self._memory.get(msn)
        if memory is not None and memory.parts[rendition]:
            return b"".join(memory.parts[rendition])
        return await self._recording.segment(rendition, msn)

    async def part(self, rendition: str, msn: int, part: int) -> bytes:
        """See `Stream.part`."""
        known(rendition)
        deadline = asyncio.get_running_loop().time() + hls.BLOCK_S
        while self._window.hint == (msn, part):
            await self._wait(deadline)
        memory = self._memory.get(msn)
        if memory is not None and part < len(memory.parts[rendition]):
            return memory.parts[rendition][part]
        row = self._rows.get(msn)
        if row is None:
            raise NotFound(f"part {msn}.{part} is not announced any more, or not yet")
        return await self._recording.part(rendition, row, part)

    async def data(self, msn: int) -> tuple[bytes, bool]:
        """See `Stream.data`."""
        if msn in self._memory:
            return msgspec.json.encode(self._memory[msn].messages), msn >= self.edge.msn
        if msn in self._unsealed:
            return msgspec.json.encode(self._unsealed[msn]), False
        return await self._recording.messages(msn), False

    async def signals(self) -> bytes:
        """See `Stream.signals`."""
        return msgspec.json.encode(Timeline(duration=self.edge.position, signals=tuple(self._signals)))

    async def _wait(self, deadline: float) -> None:
        """Until something is announced. Nothing is awaited between the caller's look and this wait."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._changed.wait()
        except TimeoutError:
            raise Unavailable("nothing new has come; the media worker may be starting again") from None
