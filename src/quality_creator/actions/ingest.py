"""Take readings in: each once, durably, judged, and handed on the moment they are kept.

The life of a batch: `take` puts it into a queue; the one task of `run` gathers what lies there
into a transaction (measurements, charts, estimations, counters, refusals), commits it, tells the
subscribers, and only then lets `take` return. So what a sender was told is on the disk, and what
a viewer sees was told to the sender. What subscribers were told lately is kept with it: one that
comes after a restart takes up what nobody had stamped yet (`recent`).

The order on a chart is the order of arrival. Only within one batch, as its sender made it,
measurements are put in the order of their times: that does not depend on when we happened to
commit, and nothing that is charted already ever moves.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from quality_creator import quality
from quality_creator.actions import choosing, judging
from quality_creator.actions.judging import Chart, Judgement
from quality_creator.actions.sorting import Sorted, sort_out, suspicious
from quality_creator.config import Config
from quality_creator.factory.intake import Batch, Outcome
from quality_creator.model.characteristic import Characteristic
from quality_creator.model.clock import Micros, Utc, micros, utc
from quality_creator.model.errors import BadInput, Conflict, NotFound, QualityCreatorError, Unavailable
from quality_creator.model.event import Counters, Definitions, Point
from quality_creator.model.ids import CharacteristicId, GaugeId, LineId
from quality_creator.model.reading import Count, Measurement
from quality_creator.store import charts, counters, measurements, refusals, told
from quality_creator.store.charts import Choice
from quality_creator.store.database import Database, Transaction
from quality_creator.store.measurements import Known, Stream
from quality_creator.store.refusals import RefusalCount

GATHER_S = 0.002
"""How long a transaction waits for company; a reading is seldom alone."""

AT_ONCE = 1_000
"""Readings after which a transaction takes no further batch: about 20 ms of work."""

STOPPED = "the hub is stopping; send the same again later"

ROOM = 20_000
"""Readings that may wait; above it `take` makes its callers wait before it takes more."""

RECENT_S = 30.0
"""How long what was told can be asked for again: far longer than a frame waits for its values."""

RECENT_POINTS = 20_000
"""How many points at most; a picture can't show more in that time."""

FORGET_S = 1.0
"""How often what is no longer recent is let go."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one transaction brought, told right after it was committed."""

    points: tuple[tuple[Characteristic, Point], ...]
    """Of all characteristics, public or not; of each in the order of its chart."""
    counters: tuple[Counters, ...]


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    """`Judged` as the store keeps it."""

    points: tuple[Point, ...]
    counters: tuple[Counters, ...]


class IngestStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How taking in goes, for the operator."""

    waiting: int
    """Readings that are not durable yet."""
    measurements: int
    """Taken in since the start."""
    transactions: int
    last_commit: Utc | None
    last_commit_s: float
    """How long the newest transaction took."""
    last_error: str
    """Why the newest transaction that failed did so; empty when none did."""


class GaugeCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one gauge's readings since the start."""

    accepted: int = 0
    duplicates: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the database knows: where charts and counters stand, and what was told lately."""

    charts: dict[CharacteristicId, Chart]
    counts: dict[str, Count]
    recent: list[tuple[Micros, Judged]]


@dataclass(frozen=True, slots=True)
class _Done:
    """What a transaction brought; it counts once it is committed."""

    kept: Sorted
    judgements: Sequence[Judgement]
    judged: Judged
    streams: Mapping[Stream, Known]


@dataclass(slots=True)
class _Waiting:
    batch: Batch
    done: asyncio.Future[Outcome]
    size: int


@dataclass(slots=True)
class _Change:
    """Something that a person does to a chart."""

    name: CharacteristicId
    act: Callable[[Transaction, Chart, datetime], Chart]
    done: asyncio.Future[Chart]


@dataclass(slots=True)
class _Tally:
    measurements: int = 0
    transactions: int = 0
    last_commit: datetime | None = None
    last_commit_s: float = 0.0
    last_error: str = ""
    gauges: dict[GaugeId, GaugeCounts] = field(default_factory=dict)


class Ingest:
    """Where every reading goes through; made by `open`, alive while `run` runs."""

    def __init__(
        self,
        config: Config,
        database: Database,
        kept: _Kept,
        clock: Callable[[], datetime],
    ) -> None:
        self._characteristics = {one.id: one for one in config.characteristics}
        self._line_names = {line.id: line.name for line in config.lines}
        self._database = database
        self._clock = clock
        # What follows is what the newest commit left.
        self._charts = kept.charts
        self._counts = kept.counts
        self._streams: dict[Stream, Known] = {}
        self._recent = deque(kept.recent)
        self._recent_points = sum(len(judged.points) for _, judged in self._recent)
        self._forgotten = Micros(0)
        # Who waits, and who listens.
        self._queue: deque[_Waiting] = deque()
        self._queued = 0
        self._changes: deque[_Change] = deque()
        self._changed = asyncio.Condition()
        self._running = self._stopped = False
        self._subscribers: list[Callable[[Judged], None]] = []
        self._tally = _Tally()

    @classmethod
    async def open(
        cls, database: Database, config: Config, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> "Ingest":
        """Take up every chart where it was kept.

        Raises:
            Unavailable: the database can't be read.
            BadPayload: a chart in the database can't be read.
        """
        return cls(config, database, await database.look(_load, config.characteristics), clock)

    # --- for connectors --------------------------------------------------------------------------

    async def take(self, batch: Batch) -> Outcome:
        """Take a batch in; when this returns, it is durable, judged, and told to the subscribers.

        A batch is kept whole or not at all. Waits until `run` runs, and while too much else waits.

        Raises:
            Unavailable: nothing of it was kept; offer it again later.
        """
        size = max(1, len(batch.measurements))
        async with self._changed:
            await self._changed.wait_for(lambda: self._stopped or (self._running and self._queued < ROOM))
            if self._stopped:
                raise Unavailable(STOPPED)
            waiting = _Waiting(batch, asyncio.get_running_loop().create_future(), size)
            self._queue.append(waiting)
            self._queued += size
            self._changed.notify_all()
        return await waiting.done

    # --- for the quality engineer ----------------------------------------------------------------

    async def freeze(self, name: CharacteristicId, estimation: quality.Estimation) -> Chart:
        """Let a person's limits judge from the next point on; when this returns, that is durable.

        Raises:
            NotFound: there is no such characteristic.
            Conflict: the limits are of another chart.
            Unavailable: it could not be kept.
        """

        def act(transaction: Transaction, chart: Chart, now: datetime) -> Chart:
            return choosing.freeze(transaction, chart, estimation, now)

        return await self._change(name, act)

    async def choose_rules(self, name: CharacteristicId, rules: tuple[str, ...] | None, *, by: str) -> Chart:
        """Judge by other rules from the next point on; None goes back to the configuration's.

        Raises:
            NotFound: there is no such characteristic.
            BadInput: a rule does not exist, or does not fit the chart.
            Unavailable: it could not be kept.
        """
        return await self._choose(name, by, {"rules": rules})

    async def choose_public(self, name: CharacteristicId, public: bool | None, *, by: str) -> Chart:
        """Show a characteristic to viewers or not, from the next segment on; None as configured.

        Raises:
            NotFound: there is no such characteristic.
            Unavailable: it could not be kept.
        """
        return await self._choose(name, by, {"public": public})

    def chart(self, name: CharacteristicId) -> Chart:
        """Where a chart stands. Raises NotFound."""
        if name not in self._charts:
            raise NotFound(f"there is no characteristic {name!r}")
        return self._charts[name]

    def configured(self, name: CharacteristicId) -> Characteristic:
        """A characteristic as the configuration has it. Raises NotFound."""
        if name not in self._characteristics:
            raise NotFound(f"there is no characteristic {name!r}")
        return self._characteristics[name]

    async def _choose(self, name: CharacteristicId, by: str, chosen: Mapping[str, object]) -> Chart:
        configured = self.configured(name)

        def act(transaction: Transaction, chart: Chart, now: datetime) -> Chart:
            before = charts.chosen(transaction).get(name) or Choice(characteristic=name, made=now, by=by)
            choice = msgspec.structs.replace(before, made=now, by=by, **chosen)
            return choosing.choose(transaction, chart, configured, choice)

        return await self._change(name, act)

    async def _change(
        self, name: CharacteristicId, act: Callable[[Transaction, Chart, datetime], Chart]
    ) -> Chart:
        self.chart(name)
        async with self._changed:
            if self._stopped:
                raise Unavailable(STOPPED)
            change = _Change(name, act, asyncio.get_running_loop().create_future())
            self._changes.append(change)
            self._changed.notify_all()
        return await change.done

    # --- for the stamper, pages and the operator -------------------------------------------------

    def subscribe(self, hear: Callable[[Judged], None]) -> Callable[[], None]:
        """Be told of every commit, at once and in order; returns what ends it.

        `hear` is called on the event loop and must be quick: it puts the points where they are
        needed and returns. There is no queue that could fill or lose anything.
        """
        self._subscribers.append(hear)
        return lambda: self._subscribers.remove(hear)

    def recent(self) -> list[Judged]:
        """What was told in the last seconds (`RECENT_S`), the oldest first, also before a restart.

        A subscriber that takes up where another left off begins with this, without an `await` between
        it and `subscribe`, and leaves out the points whose index it has seen.
        """
        return [judged for _, judged in self._recent]

    def definitions(self) -> Definitions:
        """Every public characteristic with its present limits."""
        return Definitions(
            characteristics=tuple(
                judging.definition(chart, self._line_names[chart.characteristic.line])
                for chart in self._charts.values()
                if chart.characteristic.public
            )
        )

    def counters(self) -> tuple[Counters, ...]:
        """The newest counters of every line."""
        return tuple(_event(count) for count in self._counts.values())

    def counts(self) -> dict[GaugeId, GaugeCounts]:
        """What became of each gauge's readings since the start."""
        return dict(self._tally.gauges)

    async def refusals(self) -> list[RefusalCount]:
        """Every reason of every gauge since the database was made, the newest first."""
        return await self._database.look(refusals.listed)

    def status(self) -> IngestStatus:
        """How taking in goes."""
        return IngestStatus(
            waiting=self._queued,
            measurements=self._tally.measurements,
            transactions=self._tally.transactions,
            last_commit=self._tally.last_commit,
            last_commit_s=self._tally.last_commit_s,
            last_error=self._tally.last_error,
        )

    # --- the one task ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Commit what is taken until cancelled; who still waits then is told `Unavailable`."""
        self._running = True
        await self._make_room(())
        try:
            while True:
                async with self._changed:
                    await self._changed.wait_for(lambda: self._queue or self._changes)
                while self._changes:
                    await self._carry_out(self._changes.popleft())
                if not self._queue:
                    continue
                if self._queued < AT_ONCE:
                    await asyncio.sleep(GATHER_S)
                await self._commit(self._gather())
        finally:
            self._stopped = True
            for waiting in self._queue:
                _fail(waiting, Unavailable(STOPPED))
            for change in self._changes:
                _fail(change, Unavailable(STOPPED))
            await self._make_room(self._queue)

    def _gather(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        size = 0
        while self._queue and size < AT_ONCE:
            group.append(self._queue.popleft())
            size += group[-1].size
        return group

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        began = self._clock()
        try:
            batches = [waiting.batch for waiting in group]
            done = await self._database.transact(self._transaction, batches, micros(began))
        except Unavailable as error:
            self._tally.last_error = str(error)
            for waiting in group:
                _fail(waiting, error)
        except BaseException:
            # The loop is ending, or there is a bug: nobody may wait for ever.
            for waiting in group:
                _fail(waiting, Unavailable(STOPPED))
            raise
        else:
            self._adopt(done, began)
            self._tell(done.judged, micros(began))
            for waiting, outcome in zip(group, done.kept.outcomes, strict=True):
                if not waiting.done.done():
                    waiting.done.set_result(outcome)
        finally:
            await self._make_room(group)

    async def _carry_out(self, change: _Change) -> None:
        try:
            after = await self._database.transact(change.act, self._charts[change.name], self._clock())
        except (BadInput, Conflict, Unavailable) as error:
            _fail(change, error)
        except BaseException:
            _fail(change, Unavailable(STOPPED))
            raise
        else:
            self._charts[change.name] = after
            if not change.done.done():
                change.done.set_result(after)

    async def _make_room(self, group: Sequence[_Waiting]) -> None:
        async with self._changed:
            self._queued -= sum(waiting.size for waiting in group)
            self._changed.notify_all()

    def _transaction(self, transaction: Transaction, batches: Sequence[Batch], now: Micros) -> _Done:
        """Everything between the beginning of a transaction and its commit; runs off the event loop."""
        streams = self._known(transaction, batches)
        times = {
            stream: measurements.times(transaction, streams[stream].number, sequences)
            for stream, sequences in suspicious(batches, streams).items()
        }
        kept = sort_out(batches, times, self._counts)
        judgements = self._judge(kept.measurements)
        judged = Judged(
            points=tuple((j.chart.characteristic, point) for j in judgements for point in j.points),
            counters=tuple(_event(count) for count in kept.counts.values()),
        )
        measurements.add(transaction, kept.measurements, streams, now)
        _store(transaction, kept, judgements, now)
        _remember(transaction, judged, now)
        if now - self._forgotten > FORGET_S * 1e6:
            told.forget(transaction, Micros(now - round(RECENT_S * 1e6)))
            self._forgotten = now
        return _Done(kept, judgements, judged, _higher(streams, kept.measurements))

    def _known(self, transaction: Transaction, batches: Sequence[Batch]) -> dict[Stream, Known]:
        """The streams of these batches; of one that was not seen since the start, the store is asked."""
        needed = {(m.gauge, m.characteristic, m.tag) for batch in batches for m in batch.measurements}
        return {
            stream: self._streams.get(stream) or measurements.known(transaction, stream) for stream in needed
        }

    def _judge(self, new: Sequence[Measurement]) -> list[Judgement]:
        by_characteristic: dict[CharacteristicId, list[Measurement]] = {}
        for one in new:
            by_characteristic.setdefault(one.characteristic, []).append(one)
        return [judging.judge(self._charts[name], values) for name, values in by_characteristic.items()]

    def _adopt(self, done: _Done, began: datetime) -> None:
        kept = done.kept
        for judgement in done.judgements:
            self._charts[judgement.chart.characteristic.id] = judgement.chart
        self._counts |= kept.counts
        self._streams |= done.streams
        tally = self._tally
        tally.measurements += len(kept.measurements)
        tally.transactions += 1
        tally.last_commit = self._clock()
        tally.last_commit_s = (tally.last_commit - began).total_seconds()
        for gauge, outcome in zip(kept.gauges, kept.outcomes, strict=True):
            old = tally.gauges.get(gauge, GaugeCounts())
            tally.gauges[gauge] = GaugeCounts(
                accepted=old.accepted + outcome.accepted,
                duplicates=old.duplicates + len(outcome.duplicates) + len(outcome.stale_counts),
                refused=old.refused + len(outcome.refusals),
            )

    def _tell(self, judged: Judged, now: Micros) -> None:
        if not judged.points and not judged.counters:
            return
        self._recent.append((now, judged))
        self._recent_points += len(judged.points)
        while self._recent_points > RECENT_POINTS or self._recent[0][0] < now - RECENT_S * 1e6:
            self._recent_points -= len(self._recent.popleft()[1].points)
        for hear in tuple(self._subscribers):
            hear(judged)


def _load(transaction: Transaction, characteristics: Sequence[Characteristic]) -> _Kept:
    rows, choices = charts.load(transaction), charts.chosen(transaction)
    states = {}
    for configured in characteristics:
        one = choosing.effective(configured, choices.get(configured.id))
        row = rows.get(one.id)
        states[one.id] = judging.fresh(one) if row is None else judging.resumed(one, row)
    return _Kept(states, counters.load(transaction), _remembered(transaction, states))


def _remembered(
    transaction: Transaction, states: Mapping[CharacteristicId, Chart]
) -> list[tuple[Micros, Judged]]:
    found = []
    for at, data in told.load(transaction):
        kept = msgspec.msgpack.decode(data, type=_Told)
        pairs = (
            (states[p.characteristic].characteristic, p) for p in kept.points if p.characteristic in states
        )
        found.append((at, Judged(tuple(pairs), kept.counters)))
    return found


def _remember(transaction: Transaction, judged: Judged, now: Micros) -> None:
    if judged.points or judged.counters:
        kept = _Told(points=tuple(point for _, point in judged.points), counters=judged.counters)
        told.add(transaction, msgspec.msgpack.encode(kept), now)


def _store(transaction: Transaction, kept: Sorted, judgements: Sequence[Judgement], at: Micros) -> None:
    now = utc(at)
    charts.save(transaction, [judgement.chart.row() for judgement in judgements])
    for judgement in judgements:
        for estimation in judgement.estimations:
            name = judgement.chart.characteristic.id
            charts.add_estimation(transaction, name, estimation, by=estimation.by, made=now)
    counters.save(transaction, kept.counts.values())
    refusals.add(transaction, [refusal for outcome in kept.outcomes for refusal in outcome.refusals], now)


def _higher(streams: Mapping[Stream, Known], new: Sequence[Measurement]) -> dict[Stream, Known]:
    """The streams as they stand after these measurements."""
    top = {stream: known.highest for stream, known in streams.items()}
    for one in new:
        stream = (one.gauge, one.characteristic, one.tag)
        top[stream] = max(top[stream], one.sequence)
    return {stream: Known(streams[stream].number, highest) for stream, highest in top.items()}


def _event(count: Count) -> Counters:
    return Counters(line=LineId(count.line), time=count.time, total=count.total, rejected=count.rejected)


def _fail(waiting: _Waiting | _Change, why: QualityCreatorError) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(why)
