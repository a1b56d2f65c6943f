"""One episode on air: what the worker makes is stamped, kept and announced, in this order."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Self

import msgspec
import structlog

from quality_creator.actions.captions import Captions
from quality_creator.actions.desk import Desk
from quality_creator.actions.figures import Figures
from quality_creator.actions.forum import Forum
from quality_creator.actions.ingest import Ingest, Judged
from quality_creator.actions.joint import Joint
from quality_creator.actions.judging import Chart
from quality_creator.actions.shelf import Edge, Shelf
from quality_creator.actions.signing import EpisodeSigning, Signatory
from quality_creator.actions.stamped import StampedSignal
from quality_creator.actions.stream import NAMES
from quality_creator.actions.telling import RECENT_S
from quality_creator.config import AnyCamera
from quality_creator.media import cmaf, emsg, stamp, wire
from quality_creator.media.spare import Process
from quality_creator.media.supervisor import Supervisor
from quality_creator.model.clock import TICKS, MediaTime, Micros, micros
from quality_creator.model.episode import Episode
from quality_creator.model.errors import Unavailable
from quality_creator.model.event import FrameData, TimedMessage
from quality_creator.model.ids import CharacteristicId, ChartId, Slug, SourceId
from quality_creator.model.mix import Mix
from quality_creator.model.stream import PART_TICKS, RENDITIONS, SEGMENT_PARTS
from quality_creator.store.recording import OpenSegment, Recording, SpooledPart

log = structlog.get_logger()

LONGEST_FILL = Micros(15_000_000)
"""Of a gap that a new worker fills with pictures; a longer one is a discontinuity."""

TAKE_UP = 32
"""Segments in which a new hub looks for what is stamped already: twice as far as `RECENT_S` before the last
picture, since a programme that is behind stamps what is newer than its pictures."""


class Air:
    """Owned by the one task of `run`; any number of requests read it meanwhile."""

    def __init__(
        self,
        episode: Episode,
        *,
        mix: Mix,
        forum: Forum,
        figures: Figures,
        on_source: Callable[[wire.SourceState], None],
        cameras: Sequence[AnyCamera],
        recording: Recording,
        ingest: Ingest,
        signatory: Signatory | None,
        hold_back: float,
        rtmp: socket.socket | None,
        take: Callable[[socket.socket | None], Process],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.episode = episode
        self.slug: Slug = episode.slug
        self.begun = False
        self.newest: wire.Part | None = None
        self._followers: set[Callable[[wire.Init | wire.Part], None]] = set()
        self.record = wire.Record()
        """Which sources are recorded alone; set before `run`, and told to the desk when it changes."""
        self.isos: dict[SourceId, wire.IsoState] = {}
        self._made: dict[str, wire.Init] = {}  # by the worker that is there, before they are signed
        self.left_out = 0
        self._cameras = tuple(cameras)
        self._recording = recording
        self._ingest = ingest
        self._clock = clock
        title = episode.title.en or episode.title.zh
        self._signing = None if signatory is None else EpisodeSigning(signatory, title, clock)
        self._supervisor = Supervisor(start=self._start, on_message=self._told, rtmp=rtmp, take=take)
        self.desk = Desk(mix, figures, self._supervisor, on_source)
        self._figures = figures
        self._forum = forum
        forum.attach(self._supervisor.tell, lambda: self.desk.mix)
        self.shelf = Shelf(episode.slug, recording, hold_back=hold_back)
        self._inits: dict[str, str] = {}
        self._current = self._inits  # those of the segment at hand
        # Where it goes on.
        self._break = False  # the next part starts a segment that does not go on from the one before
        self._stamps = stamp.State()
        self._captions = Captions(self.desk.mix.graphics)
        self._stamped: dict[CharacteristicId | ChartId, int] = {}  # by the hub before this one
        self._trouble = self._note = ""
        self._over = asyncio.Event()

    @classmethod
    async def open(
        cls,
        episode: Episode,
        *,
        mix: Mix,
        forum: Forum,
        figures: Figures,
        on_source: Callable[[wire.SourceState], None],
        cameras: Sequence[AnyCamera],
        recording: Recording,
        ingest: Ingest,
        signatory: Signatory | None,
        hold_back: float,
        rtmp: socket.socket | None,
        take: Callable[[socket.socket | None], Process],
    ) -> Self:
        """An episode that starts, or that a hub before this one left on air.

        Raises:
            Unavailable: what was kept of it can't be read.
        """
        air = cls(
            episode,
            mix=mix,
            forum=forum,
            figures=figures,
            on_source=on_source,
            cameras=cameras,
            recording=recording,
            ingest=ingest,
            signatory=signatory,
            hold_back=hold_back,
            rtmp=rtmp,
            take=take,
        )
        await air._take_up()
        return air

    # --- the one task ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the episode on air until `end`; cancelled, it can be taken up again."""
        unsubscribe = self._ingest.subscribe(self._judged)
        charts, joints = self._ingest.charts(), self._ingest.joints()
        for judged in self._left():
            self._judged(self._unseen(judged))
        try:
            await self._write_down(charts, joints)
            async with asyncio.TaskGroup() as tasks:
                sealer = tasks.create_task(self.shelf.seal())
                await self._supervisor.run()
                await self._close()
                self.shelf.end()
                await self.shelf.sealed()
                sealer.cancel()
        finally:
            unsubscribe()
            self._forum.detach(self._supervisor.tell)
            self._over.set()

    async def _write_down(self, charts: Sequence[Chart], joints: Sequence[Joint]) -> None:
        """Keep where the charts stand; without it they can't be computed again, and the broadcast goes on."""
        try:
            await self._ingest.write_down(self.episode.id, charts, joints)
        except Unavailable as error:
            log.error("the charts' beginning is not kept", episode=self.slug, words=str(error))
        self.begun = True

    async def end(self) -> None:
        """Let the worker finish its part, put everything away, and end `run`."""
        await self._supervisor.stop()
        await self._over.wait()

    def follow(self, hear: Callable[[wire.Init | wire.Part], None]) -> Callable[[], None]:
        """Call a function with the inits and then with each part that was kept; returns what stops it."""
        for init in self._made.values():
            hear(init)
        self._followers.add(hear)
        return lambda: self._followers.discard(hear)

    def _hand_on(self, message: wire.Init | wire.Part) -> None:
        for hear in tuple(self._followers):
            hear(message)

    # --- what the worker says --------------------------------------------------------------------

    async def _start(self) -> wire.Start:
        """Where a worker starts: asked each time that one does."""
        self.isos.clear()
        now = micros(self._clock())
        edge = self.shelf.edge
        if edge.utc is not None:
            gap = now - edge.utc
            if self._break or not -1_000_000 <= gap <= LONGEST_FILL:
                await self._close()
                self._break = True
                edge = replace(self.shelf.edge, utc=now)
                log.warning("discontinuity", episode=self.slug, gap_s=round(gap / 1e6, 2))
        else:
            edge = replace(edge, utc=now)
        self.shelf.edge = edge
        images = self.desk.begin()
        self._captions.begins(edge.position, self.desk.mix.graphics)
        return wire.Start(
            cameras=self._cameras,
            mix=self.desk.mix,
            cued=self.desk.cued,
            images=images,
            guests=self._forum.begin(),
            webrtc=self._forum.options,
            record=self.record,
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
                self._made[message.rendition] = message
                self._hand_on(message)
            case wire.Part():
                await self._part(message)
            case wire.Changed():
                self._captions.changed(message)
                self.desk.hear(message)
            case wire.SourceState() | wire.Pictures() | wire.Meters():
                self.desk.hear(message)
            case wire.Answer() | wire.Seat() | wire.Levels():
                self._forum.hear(message)
            case wire.IsoState():
                self.isos[message.source] = message
            case wire.Note():
                self._note = message.words
                log.warning("worker", episode=self.slug, words=message.words)

    async def _init(self, init: wire.Init) -> None:
        if self._signing is None or not self._signing.knows(init.rendition, init.data):
            first = self.shelf.edge.msn + bool(self.shelf.edge.part)
            await self._keep_init(init.rendition, init.data, first)
        if self.shelf.edge.part and self._inits.get(init.rendition) != self._current.get(init.rendition):
            # Another version encodes differently: what follows can't be in the segment at hand.
            self._break = True
            self._supervisor.replace()
        self.shelf.codecs[init.rendition] = init.codecs

    async def _keep_init(self, rendition: str, init: bytes, msn: int) -> None:
        """Keep what the segments from a number on begin with, signed anew."""
        try:
            signed = init if self._signing is None else self._signing.init(rendition, init, msn)
            self._inits[rendition] = await self._recording.keep_init(rendition, signed)
        except Unavailable as error:
            self._trouble = str(error)
            raise

    async def _part(self, part: wire.Part) -> None:
        edge = self.shelf.edge
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
        self.desk.refresh()
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
            self.shelf.open(part.msn, part.utc, self._current, discontinuity=self._break, recorded=kept)
            self._break = False
        self.shelf.add(spooled, messages, recorded=kept)
        self.newest = part
        self._hand_on(part)
        if part.part == SEGMENT_PARTS - 1:
            await self._close()
        self.shelf.announce()

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
        self._figures.judged(judged)
        points: list[tuple[stamp.AnyPoint, SourceId | None]] = [
            (point, one.camera) for one, point in judged.points if one.public
        ]
        # An observation stands behind its own values.
        points += [(o.point, o.camera) for o in judged.joint if self._ingest.joint_public(o.point.chart)]
        self._stamps = stamp.add(
            self._stamps,
            points,
            judged.counters,
            now=micros(self._clock()),
        )

    def _left(self) -> list[Judged]:
        """What was told around the last picture of a hub before this one; what is older was in the stream."""
        utc = self.shelf.edge.utc
        return [] if utc is None else self._ingest.recent(Micros(utc - round(RECENT_S * 1e6)))

    def _unseen(self, judged: Judged) -> Judged:
        """What the hub before this one was told and did not get to stamp."""
        return Judged(
            points=tuple(
                (one, point) for one, point in judged.points if point.index > self._stamped.get(one.id, -1)
            ),
            counters=judged.counters,
            joint=tuple(o for o in judged.joint if o.point.index > self._stamped.get(o.point.chart, -1)),
        )

    async def _close(self) -> None:
        """Finish the segment at hand, if it has a part."""
        if not self.shelf.edge.part:
            return
        if self.shelf.edge.part < SEGMENT_PARTS and self._signing is not None:
            await self._sign_behind(self._signing.close(self.shelf.edge.part))
        self.shelf.close()

    async def _sign_behind(self, signatures: dict[str, bytes]) -> None:
        """Put signatures behind the parts of a segment that ended early: they are announced already."""
        if not signatures:
            return
        behind = SpooledPart(
            msn=self.shelf.edge.msn,
            part=self.shelf.edge.part,
            start=self.shelf.edge.position,
            utc=self.shelf.edge.utc or Micros(0),
            duration=0,
            independent=False,
            discontinuity=False,
            inits=self._current,
            data=signatures,
        )
        self.shelf.add(behind, (), recorded=await self._record(behind))

    # --- what a hub before this one left -------------------------------------------------------------

    async def _take_up(self) -> None:
        """Build the window from what was kept, and find where to go on."""
        index = await self._recording.index()
        for row in index:
            self.shelf.restore(row)
            self._inits = dict(row.inits)
        for signals in await self._recording.signals():
            self.shelf.remember(msgspec.convert(signals, list[StampedSignal]))
        if index:
            for row in index[-TAKE_UP:]:
                stored = await self._recording.messages(row.msn)
                self._note_stamped(msgspec.json.decode(stored, type=list[TimedMessage]))
        left = self._recording.left_open
        for segment in left:
            whole = segment is not left[-1] or len(segment.parts) == SEGMENT_PARTS
            await self._show_open(segment, whole=whole or not segment.parts[-1].duration)
        if not self.shelf.edge.part:
            await self._sign_on()

    async def _sign_on(self) -> None:
        """Go on with the renditions' inits under this process's own session key."""
        for name, init in self._inits.items():
            data = await self._recording.init(name, init)
            self.shelf.codecs[name] = cmaf.describe(data).codecs
            if self._signing is not None:
                await self._keep_init(name, data, self.shelf.edge.msn)

    def _note_stamped(self, messages: Sequence[TimedMessage]) -> None:
        """Remember how far each characteristic got into the stream."""
        for timed in messages:
            if not isinstance(timed.message, FrameData):
                continue
            stamped: list[stamp.AnyPoint] = [*timed.message.points, *(timed.message.joint or ())]
            for point in stamped:
                name = stamp.name_of(point)
                self._stamped[name] = max(point.index, self._stamped.get(name, -1))

    async def _show_open(self, segment: OpenSegment, *, whole: bool) -> None:
        """Announce again what was announced of a segment that was not put away.

        One that goes on does so with a new init segment: its signature will be by a key of this process.
        """
        first, last = segment.parts[0], segment.parts[-1]
        self.shelf.edge = Edge(first.msn, 0, first.start, first.utc)
        self._inits = dict(last.inits)
        if not whole:
            await self._sign_on()
            if self._signing is not None:
                self._signing.begin(first.msn, [part.data for part in segment.parts])
        self._current = dict(self._inits)
        self.shelf.open(
            first.msn,
            first.utc,
            self._current,
            discontinuity=first.discontinuity,
            recorded=segment.recorded,
        )
        for part in segment.parts:
            messages = emsg.messages(part.data[NAMES[0]]) if part.data else []
            self._note_stamped(messages)
            self.shelf.add(part, messages, recorded=True)
        if whole:
            self.shelf.close()

    # --- for the operator ------------------------------------------------------------------------------

    @property
    def edge(self) -> MediaTime:
        """Where the next part begins."""
        return self.shelf.edge.position

    @property
    def seconds(self) -> float:
        """Of stream announced so far."""
        return self.shelf.edge.position / TICKS

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
        found += [f"{self.slug}: {words}" for words in (self._trouble, self.shelf.trouble) if words]
        return tuple(found)
