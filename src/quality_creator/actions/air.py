"""One episode on air: what the worker makes is stamped, kept and announced, in this order."""

import asyncio
import contextlib
import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

import msgspec
import structlog

from quality_creator.actions import stamped
from quality_creator.actions.captions import Captions
from quality_creator.actions.desk import Desk
from quality_creator.actions.forum import Forum
from quality_creator.actions.ingest import Ingest, Judged
from quality_creator.actions.signing import EpisodeSigning, Signatory
from quality_creator.actions.stamped import StampedSignal, Timeline
from quality_creator.actions.stream import NAMES, announced, known
from quality_creator.config import AnyCamera
from quality_creator.media import cmaf, emsg, hls, stamp, wire
from quality_creator.media.supervisor import Supervisor
from quality_creator.model.clock import TICKS, MediaTime, Micros, micros
from quality_creator.model.episode import Episode
from quality_creator.model.errors import BadInput, NotFound, Unavailable
from quality_creator.model.event import FrameData, TimedMessage
from quality_creator.model.ids import CharacteristicId, Slug
from quality_creator.model.mix import Mix
from quality_creator.model.stream import PART_TICKS, RENDITIONS, SEGMENT_PARTS
from quality_creator.store.recording import OpenSegment, Recording, SpooledPart, StoredSegment

log = structlog.get_logger()

LONGEST_FILL = Micros(15_000_000)
"""Of a gap that a new worker fills with pictures; a longer one is a discontinuity."""

IN_MEMORY = 12
"""Finished segments whose parts are answered from memory; players ask for parts of the last few."""

TAKE_UP = 18
"""Segments in which a new hub looks for what is stamped already: more than `Ingest.recent` reaches back."""

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


class Air:
    """Owned by the one task of `run`; any number of requests read it meanwhile."""

    def __init__(
        self,
        episode: Episode,
        *,
        mix: Mix,
        forum: Forum,
        on_source: Callable[[wire.SourceState], None],
        cameras: Sequence[AnyCamera],
        recording: Recording,
        ingest: Ingest,
        signatory: Signatory | None,
        hold_back: float,
        rtmp: socket.socket | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.episode = episode
        self.slug: Slug = episode.slug
        self.newest: wire.Part | None = None
        self.left_out = 0
        self._cameras = tuple(cameras)
        self._recording = recording
        self._ingest = ingest
        self._hold_back = hold_back
        self._clock = clock
        title = episode.title.en or episode.title.zh
        self._signing = None if signatory is None else EpisodeSigning(signatory, title, clock)
        self._supervisor = Supervisor(start=self._start, on_message=self._told, rtmp=rtmp)
        self.desk = Desk(mix, self._supervisor, on_source)
        self._forum = forum
        forum.attach(self._supervisor.tell, lambda: self.desk.mix)
        # What is announced.
        self._window = hls.Window(NAMES, hold_back=hold_back)
        self._inits: dict[str, str] = {}
        self._current = self._inits  # those of the segment at hand
        self._codecs: dict[str, str] = {}
        self._memory: OrderedDict[int, Bytes] = OrderedDict()
        self._rows: OrderedDict[int, StoredSegment] = OrderedDict()
        self._signals: list[StampedSignal] = []
        self._changed = asyncio.Event()
        self._texts: dict[tuple[str, bool, bool], tuple[int, bytes]] = {}
        # Where it goes on.
        self._edge = Edge()
        self._break = False  # the next part starts a segment that does not go on from the one before
        self._recorded = True  # the segment at hand, as far as it goes
        self._stamps = stamp.State()
        self._captions = Captions(mix.graphics, ingest.definitions)
        self._stamped: dict[CharacteristicId, int] = {}  # by the hub before this one
        self._sealing: asyncio.Queue[int] = asyncio.Queue()
        self._unsealed: dict[int, list[TimedMessage]] = {}
        self._trouble = self._note = ""
        self._over = asyncio.Event()

    @classmethod
    async def open(
        cls,
        episode: Episode,
        *,
        mix: Mix,
        forum: Forum,
        on_source: Callable[[wire.SourceState], None],
        cameras: Sequence[AnyCamera],
        recording: Recording,
        ingest: Ingest,
        signatory: Signatory | None,
        hold_back: float,
        rtmp: socket.socket | None,
    ) -> Self:
        """An episode that starts, or that a hub before this one left on air.

        Raises:
            Unavailable: what was kept of it can't be read.
        """
        air = cls(
            episode,
            mix=mix,
            forum=forum,
            on_source=on_source,
            cameras=cameras,
            recording=recording,
            ingest=ingest,
            signatory=signatory,
            hold_back=hold_back,
            rtmp=rtmp,
        )
        await air._take_up()
        return air

    # --- the one task ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the episode on air until `end`; cancelled, it can be taken up again."""
        unsubscribe = self._ingest.subscribe(self._judged)
        for judged in self._ingest.recent() if self._edge.position else ():
            self._judged(self._unseen(judged))
        try:
            async with asyncio.TaskGroup() as tasks:
                sealer = tasks.create_task(self._seal())
                await self._supervisor.run()
                await self._close()
                self._window.end()
                self._announce()
                with contextlib.suppress(TimeoutError):  # the spool keeps what a replay then puts away
                    await asyncio.wait_for(self._sealing.join(), LAST_SEAL_S)
                sealer.cancel()
        finally:
            unsubscribe()
            self._forum.detach(self._supervisor.tell)
            self._over.set()

    async def end(self) -> None:
        """Let the worker finish its part, put everything away, and end `run`."""
        await self._supervisor.stop()
        await self._over.wait()

    # --- what the worker says --------------------------------------------------------------------

    async def _start(self) -> wire.Start:
        """Where a worker starts: asked each time that one does."""
        self._captions.again()
        now = micros(self._clock())
        edge = self._edge
        if edge.utc is not None:
            gap = now - edge.utc
            if self._break or not -1_000_000 <= gap <= LONGEST_FILL:
                await self._close()
                self._break = True
                edge = Edge(self._edge.msn, self._edge.part, self._edge.position, now)
                log.warning("discontinuity", episode=self.slug, gap_s=round(gap / 1e6, 2))
        else:
            edge = Edge(edge.msn, edge.part, edge.position, now)
        self._edge = edge
        return wire.Start(
            cameras=self._cameras,
            mix=self.desk.mix,
            guests=self._forum.begin(),
            webrtc=self._forum.options,
            renditions=RENDITIONS,
            msn=edge.msn,
            part=edge.part,
            position=edge.position,
            utc=edge.utc or now,
        )

    async def _told(self, message: wire.Up) -> None:
        match message:
            case wire.Init():
                await self._init(message)
            case wire.Part():
                await self._part(message)
            case wire.Changed():
                self._captions.changed(message)
                self.desk.hear(message)
            case wire.SourceState() | wire.Pictures() | wire.Meters():
                self.desk.hear(message)
            case wire.Answer() | wire.Seat() | wire.Levels():
                self._forum.hear(message)
            case wire.Note():
                self._note = message.words
                log.warning("worker", episode=self.slug, words=message.words)

    async def _init(self, init: wire.Init) -> None:
        if self._signing is None or not self._signing.knows(init.rendition, init.data):
            first = self._edge.msn + bool(self._edge.part)
            await self._keep_init(init.rendition, init.data, first)
        if self._edge.part and self._inits.get(init.rendition) != self._current.get(init.rendition):
            # Another version encodes differently: what follows can't be in the segment at hand.
            self._break = True
            self._supervisor.replace()
        self._codecs[init.rendition] = init.codecs

    async def _keep_init(self, rendition: str, init: bytes, msn: int) -> None:
        """Keep what the segments from a number on begin with, signed anew."""
        try:
            signed = init if self._signing is None else self._signing.init(rendition, init, msn)
            self._inits[rendition] = await self._recording.keep_init(rendition, signed)
        except Unavailable as error:
            self._trouble = str(error)
            raise

    async def _part(self, part: wire.Part) -> None:
        edge = self._edge
        if self._break and part.part:
            return  # of a worker that is being replaced
        if (part.msn, part.part) != (edge.msn, edge.part) or part.start != edge.position:
            raise ValueError(f"part {part.msn}.{part.part} at {part.start}; {edge} was due")
        self._stamps, messages = stamp.step(
            self._stamps,
            stamp.Interval(start=part.start, utc=part.utc, shown=part.shown),
            self._ingest.definitions() if part.part == 0 else None,
        )
        self.left_out = self._stamps.left_out
        messages = self._captions.stamp(part, messages)
        values = self._captions.values(self.desk.mix.graphics)
        if values is not None:
            self.desk.tell(values)
        boxes = emsg.encode(messages)
        data = {name: emsg.insert(bytes_, boxes) for name, bytes_ in part.data.items()}
        starts = part.part == 0
        if starts:
            await self._begin(part.msn)
        if self._signing is not None:
            data = self._signing.part(data, last=part.part == SEGMENT_PARTS - 1)
        spooled = SpooledPart(
            msn=part.msn,
            part=part.part,
            start=part.start,
            utc=part.utc,
            duration=PART_TICKS,
            independent=part.independent,
            discontinuity=self._break,
            inits=self._current,
            data=data,
        )
        kept = await self._record(spooled)
        if starts:
            self._recorded = kept
            self._window.open(part.msn, part.utc, self._current, discontinuity=self._break)
            self._break = False
        self._recorded = self._recorded and kept
        self._keep(spooled, messages)
        self._window.add(hls.Part(PART_TICKS, part.independent))
        self.newest = part
        self._edge = Edge(
            part.msn,
            part.part + 1,
            MediaTime(part.start + PART_TICKS),
            Micros(part.utc + PART_TICKS * 100 // 9),
        )
        if part.part == SEGMENT_PARTS - 1:
            await self._close()
        self._announce()

    async def _begin(self, msn: int) -> None:
        """A segment starts: with a new session key, if it is time for one."""
        if self._signing is not None:
            for name, init in self._signing.rotate(msn).items():
                self._inits[name] = await self._recording.keep_init(name, init)
            self._signing.begin(msn)
        self._current = dict(self._inits)

    async def _record(self, part: SpooledPart) -> bool:
        """Keep a part. A disk that refuses does not end the broadcast; the operator is told."""
        try:
            kept = await self._recording.append(part)
        except Unavailable as error:
            self._trouble = str(error)
            log.error("not recorded", episode=self.slug, words=str(error))
            return False
        self._trouble = ""
        return kept

    def _judged(self, judged: Judged) -> None:
        self._captions.judged(judged)
        self._stamps = stamp.add(
            self._stamps,
            ((point, one.camera) for one, point in judged.points if one.public),
            judged.counters,
            now=micros(self._clock()),
        )

    def _unseen(self, judged: Judged) -> Judged:
        """What the hub before this one was told and did not get to stamp."""
        return Judged(
            points=tuple(
                (one, point) for one, point in judged.points if point.index > self._stamped.get(one.id, -1)
            ),
            counters=judged.counters,
        )

    # --- what is announced and kept ----------------------------------------------------------------

    def _keep(self, part: SpooledPart, messages: Sequence[TimedMessage]) -> None:
        memory = self._memory.setdefault(part.msn, Bytes())
        for name, data in part.data.items():
            memory.parts[name].append(data)
        memory.messages.extend(messages)
        self._signals.extend(stamped.signals(messages))

    async def _close(self) -> None:
        """Finish the segment at hand, if it has a part."""
        if not self._edge.part:
            return
        if self._edge.part < SEGMENT_PARTS and self._signing is not None:
            await self._sign_behind(self._signing.close(self._edge.part))
        self._finish()

    def _finish(self) -> None:
        """The segment at hand is complete; what is left is to put it away."""
        msn = self._edge.msn
        self._window.close(recorded=self._recorded)
        self._unsealed[msn] = self._memory[msn].messages
        self._sealing.put_nowait(msn)
        self._forget()
        self._edge = Edge(msn + 1, 0, self._edge.position, self._edge.utc)

    async def _sign_behind(self, signatures: dict[str, bytes]) -> None:
        """Put signatures behind the parts of a segment that ended early: they are announced already."""
        if not signatures:
            return
        behind = SpooledPart(
            msn=self._edge.msn,
            part=self._edge.part,
            start=self._edge.position,
            utc=self._edge.utc or Micros(0),
            duration=0,
            independent=False,
            discontinuity=False,
            inits=self._current,
            data=signatures,
        )
        self._recorded = await self._record(behind) and self._recorded
        self._keep(behind, ())

    def _announce(self) -> None:
        """Wake whoever waits. A new event, so that nobody who comes later is woken for this."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _seal(self) -> None:
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
                    self._trouble = str(error)
                    log.error("not put away", episode=self.slug, segment=msn, words=str(error))
                    await asyncio.sleep(SEAL_AGAIN_S)
            self._rows[msn] = row
            del self._unsealed[msn]
            self._forget()
            self._sealing.task_done()

    def _forget(self) -> None:
        """Let go of what is old enough to be read from the disk."""
        while len(self._memory) > IN_MEMORY:
            self._memory.popitem(last=False)
        while len(self._rows) > IN_MEMORY:
            self._rows.popitem(last=False)

    async def _take_up(self) -> None:
        """Build the window from what was kept, and find where to go on."""
        index = await self._recording.index()
        for row in index:
            self._show(row)
        for signals in await self._recording.signals():
            self._signals.extend(msgspec.convert(signals, list[StampedSignal]))
        if index:
            for row in index[-TAKE_UP:]:
                stored = await self._recording.messages(row.msn)
                self._note_stamped(msgspec.json.decode(stored, type=list[TimedMessage]))
        left = self._recording.left_open
        for segment in left:
            whole = segment is not left[-1] or len(segment.parts) == SEGMENT_PARTS
            await self._show_open(segment, whole=whole or not segment.parts[-1].duration)
        if not self._edge.part:
            await self._sign_on()

    async def _sign_on(self) -> None:
        """Go on with the renditions' inits under this process's own session key."""
        for name, init in self._inits.items():
            data = await self._recording.init(name, init)
            self._codecs[name] = cmaf.describe(data).codecs
            if self._signing is not None:
                await self._keep_init(name, data, self._edge.msn)

    def _note_stamped(self, messages: Sequence[TimedMessage]) -> None:
        """Remember how far each characteristic got into the stream."""
        for timed in messages:
            for point in timed.message.points if isinstance(timed.message, FrameData) else ():
                newest = max(point.index, self._stamped.get(point.characteristic, -1))
                self._stamped[point.characteristic] = newest

    def _show(self, row: StoredSegment) -> None:
        """Announce a segment that was put away."""
        self._window.restore(announced(row))
        self._inits = dict(row.inits)
        self._rows[row.msn] = row
        if len(self._rows) > IN_MEMORY:
            self._rows.popitem(last=False)
        end = MediaTime(row.start + row.duration)
        self._edge = Edge(row.msn + 1, 0, end, Micros(row.utc + row.duration * 100 // 9))

    async def _show_open(self, segment: OpenSegment, *, whole: bool) -> None:
        """Announce again what was announced of a segment that was not put away.

        One that goes on does so with a new init segment: its signature will be by a key of this process.
        """
        first, last = segment.parts[0], segment.parts[-1]
        self._edge = Edge(first.msn, 0, first.start, first.utc)
        self._inits = dict(last.inits)
        if not whole:
            await self._sign_on()
            if self._signing is not None:
                self._signing.begin(first.msn, [part.data for part in segment.parts])
        self._current = dict(self._inits)
        self._window.open(first.msn, first.utc, self._current, discontinuity=first.discontinuity)
        self._recorded = segment.recorded
        for part in segment.parts:
            messages = emsg.messages(part.data[NAMES[0]]) if part.data else []
            self._note_stamped(messages)
            self._keep(part, messages)
            if not part.duration:
                continue
            self._window.add(hls.Part(part.duration, part.independent))
            end = MediaTime(part.start + part.duration)
            self._edge = Edge(part.msn, part.part + 1, end, Micros(part.utc + part.duration * 100 // 9))
        if whole:
            self._finish()

    # --- what players ask ----------------------------------------------------------------------------

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self._window.ended

    @property
    def edge(self) -> MediaTime:
        """Where the next part begins."""
        return self._edge.position

    @property
    def seconds(self) -> float:
        """Of stream announced so far."""
        return self._edge.position / TICKS

    def multivariant(self) -> bytes:
        """The playlist of playlists. Raises Unavailable before a worker has said what it encodes."""
        if set(self._codecs) != set(NAMES):
            raise Unavailable("the first pictures are on their way; ask again in a second")
        return hls.multivariant([hls.variant(one, self._codecs[one.name]) for one in RENDITIONS])

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
        if msn >= self._edge.msn:
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
            return msgspec.json.encode(self._memory[msn].messages), msn >= self._edge.msn
        if msn in self._unsealed:
            return msgspec.json.encode(self._unsealed[msn]), False
        return await self._recording.messages(msn), False

    async def signals(self) -> bytes:
        """See `Stream.signals`."""
        return msgspec.json.encode(Timeline(duration=self._edge.position, signals=tuple(self._signals)))

    async def _wait(self, deadline: float) -> None:
        """Until something is announced. Nothing is awaited between the caller's look and this wait."""
        try:
            async with asyncio.timeout_at(deadline):
                await self._changed.wait()
        except TimeoutError:
            raise Unavailable("nothing new has come; the media worker may be starting again") from None

    # --- for the operator ------------------------------------------------------------------------------

    @property
    def worker(self) -> str:
        """Its process, how often it was replaced, and the last thing that it or we had to say."""
        pid = self._supervisor.pid
        state = f"process {pid}" if pid is not None else "starting"
        return f"{state}, {self._supervisor.restarts} restarts" + (f"; {self._note}" if self._note else "")

    @property
    def recording(self) -> str:
        """Whether what is on air is kept."""
        disk = self._recording.disk
        return "on" if disk.recording else f"OFF: {disk.free:.1%} of the disk is free"

    def warnings(self) -> tuple[str, ...]:
        """What the operator should do something about."""
        disk = self._recording.disk
        found = []
        if not disk.recording:
            found.append(f"{self.slug}: not recorded, {disk.free:.1%} of the disk is free; make room")
        elif disk.warning:
            found.append(f"{self.slug}: {disk.free:.0%} of the disk is free; make room")
        if self._trouble:
            found.append(f"{self.slug}: {self._trouble}")
        return tuple(found)
