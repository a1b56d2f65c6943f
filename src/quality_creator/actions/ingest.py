"""Take readings in: each once, durably, judged, and handed on the moment they are kept.

The life of a batch: `take` puts it into a queue; the one task of `run` gathers what lies there
into a transaction (`books`: measurements, charts, estimations, counters, refusals), commits it, tells the
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
from typing import TypeVar

import msgspec

from quality_creator import quality
from quality_creator.actions import choosing, joint, judging, shifts, standings
from quality_creator.actions.books import Books, event
from quality_creator.actions.joint import Joint
from quality_creator.actions.judging import Chart
from quality_creator.actions.shifts import Use
from quality_creator.actions.sorting import Sorted
from quality_creator.actions.telling import Judged
from quality_creator.config import Config
from quality_creator.factory.intake import Batch, Outcome
from quality_creator.model.characteristic import Characteristic
from quality_creator.model.clock import Micros, Utc, micros
from quality_creator.model.errors import BadInput, Conflict, NotFound, QualityCreatorError, Unavailable
from quality_creator.model.event import Capability, Counters, Definitions, JointDefinition, LineOee
from quality_creator.model.ids import CharacteristicId, ChartId, EpisodeId, GaugeId, LineId
from quality_creator.model.joint import JointChart
from quality_creator.store import charts, refusals
from quality_creator.store.charts import Choice
from quality_creator.store.database import Database, Transaction
from quality_creator.store.refusals import RefusalCount

__all__ = ["GaugeCounts", "Ingest", "IngestStatus", "Judged"]

GATHER_S = 0.002
"""How long a transaction waits for company; a reading is seldom alone."""

AT_ONCE = 1_000
"""Readings after which a transaction takes no further batch: about 20 ms of work."""

STOPPED = "the hub is stopping; send the same again later"

ROOM = 20_000
"""Readings that may wait; above it `take` makes its callers wait before it takes more."""


K = TypeVar("K")
C = TypeVar("C")


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


@dataclass(slots=True)
class _Waiting:
    batch: Batch
    done: asyncio.Future[Outcome]
    size: int


@dataclass(slots=True)
class _Change:
    """Something that a person does to a chart."""

    act: Callable[[Transaction, datetime], Callable[[], None]]
    """Keeps it, and returns what adopts it when that is on the disk."""
    done: asyncio.Future[None]


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
        books: Books,
        clock: Callable[[], datetime],
    ) -> None:
        self._characteristics = {one.id: one for one in config.characteristics}
        self._lines = config.lines
        self._line_names = {line.id: line.name for line in config.lines}
        self._joint_charts = {chart.id: chart for chart in config.charts}
        self._joint_lines = {chart.id: config.line_of(chart) for chart in config.charts}
        self._capabilities: dict[CharacteristicId, Capability] = {}
        self._database = database
        self._clock = clock
        self._books = books
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
            BadInput: a test's envelope can't be.
        """
        return cls(config, database, await database.look(Books.load, config, micros(clock())), clock)

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

    async def freeze_joint(self, name: ChartId, estimation: quality.MultivariateEstimation) -> Joint:
        """As `freeze`, of a chart of several characteristics. Raises NotFound, Conflict or Unavailable."""

        def act(transaction: Transaction, one: Joint, now: datetime) -> Joint:
            return choosing.freeze_joint(transaction, one, estimation, now)

        return await self._change_joint(name, act)

    async def choose_joint_public(self, name: ChartId, public: bool | None, *, by: str) -> Joint:
        """As `choose_public`, of a chart of several characteristics. Raises NotFound or Unavailable."""
        configured = self.configured_joint(name)

        def act(transaction: Transaction, one: Joint, now: datetime) -> Joint:
            choice = Choice(characteristic=CharacteristicId(name), public=public, made=now, by=by)
            return choosing.choose_joint(transaction, one, configured, choice)

        return await self._change_joint(name, act)

    def joint(self, name: ChartId) -> Joint:
        """Where a chart of several characteristics stands. Raises NotFound."""
        if name not in self._books.joints:
            raise NotFound("there is no chart {name!r} of several characteristics", name=name)
        return self._books.joints[name]

    def joint_public(self, name: ChartId) -> bool:
        """Whether viewers see a chart of several characteristics."""
        return self._books.joint_public(name)

    def configured_joint(self, name: ChartId) -> JointChart:
        """A chart of several characteristics as the configuration has it. Raises NotFound."""
        if name not in self._joint_charts:
            raise NotFound("there is no chart {name!r} of several characteristics", name=name)
        return self._joint_charts[name]

    def chart(self, name: CharacteristicId) -> Chart:
        """Where a chart stands. Raises NotFound."""
        if name not in self._books.charts:
            raise NotFound(f"there is no characteristic {name!r}")
        return self._books.charts[name]

    def use(self, line: LineId) -> Use:
        """Where a line's OEE stands. Raises NotFound."""
        if line not in self._books.uses:
            raise NotFound(f"there is no line {line!r} whose OEE is configured")
        return self._books.uses[line]

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
        return await self._changing(self._books.charts, name, act)

    async def _change_joint(
        self, name: ChartId, act: Callable[[Transaction, Joint, datetime], Joint]
    ) -> Joint:
        self.joint(name)
        return await self._changing(self._books.joints, name, act)

    async def _changing(self, kept: dict[K, C], name: K, act: Callable[[Transaction, C, datetime], C]) -> C:
        """Have the one task change a chart between two batches; the chart right behind it."""
        changed: list[C] = []

        def carry_out(transaction: Transaction, now: datetime) -> Callable[[], None]:
            after = act(transaction, kept[name], now)

            def adopt() -> None:
                kept[name] = after
                changed.append(after)

            return adopt

        async with self._changed:
            if self._stopped:
                raise Unavailable(STOPPED)
            change = _Change(carry_out, asyncio.get_running_loop().create_future())
            self._changes.append(change)
            self._changed.notify_all()
        await change.done
        return changed[0]

    # --- for the stamper, pages and the operator -------------------------------------------------

    def subscribe(self, hear: Callable[[Judged], None]) -> Callable[[], None]:
        """Be told of every commit, at once and in order; returns what ends it.

        `hear` is called on the event loop and must be quick: it puts the points where they are
        needed and returns. There is no queue that could fill or lose anything.
        """
        self._subscribers.append(hear)
        return lambda: self._subscribers.remove(hear)

    def charts(self) -> tuple[Chart, ...]:
        """Where every chart stands behind what was told so far."""
        return tuple(self._books.charts.values())

    def joints(self) -> tuple[Joint, ...]:
        """As `charts`, of several characteristics."""
        return tuple(self._books.joints.values())

    async def write_down(self, episode: EpisodeId, charts: Sequence[Chart], joints: Sequence[Joint]) -> None:
        """Keep where charts stood when an episode began to listen. Raises Unavailable."""
        await self._database.transact(standings.write_down, episode, charts, joints, micros(self._clock()))

    def recent(self, since: Micros = Micros(0)) -> list[Judged]:
        """What was told lately (`telling.RECENT_S`), the oldest first, also before a restart.

        A subscriber that takes up where another left off begins with this, without an `await` between
        it and `subscribe`, and leaves out the points whose index it has seen.
        """
        return self._books.recent.since(since)

    def definitions(self) -> Definitions:
        """Every public characteristic with its present limits, and how the public lines use their time."""
        return Definitions(
            characteristics=tuple(
                judging.definition(
                    chart,
                    self._line_names[chart.characteristic.line],
                    self._capabilities.get(chart.characteristic.id),
                )
                for chart in self._books.charts.values()
                if chart.characteristic.public
            ),
            lines=self.lines(),
            charts=self._joint_definitions() or msgspec.UNSET,
        )

    def _joint_definitions(self) -> tuple[JointDefinition, ...]:
        return tuple(
            joint.definition(one, self._joint_lines[name].id, self._joint_lines[name].name)
            for name, one in self._books.joints.items()
            if self._books.joint_public(name)
        )

    def lines(self) -> tuple[LineOee, ...]:
        """How the public lines use their time, in the shifts that run."""
        now = micros(self._clock())
        told = (
            shifts.told(line.id, line.name, line.oee, self._books.uses[line.id], now)
            for line in self._lines
            if line.oee is not None and line.oee.public
        )
        return tuple(line for line in told if line is not None)

    def tell_capability(self, name: CharacteristicId, found: Capability | None) -> None:
        """What viewers are told of a characteristic from the next segment on."""
        if found is None:
            self._capabilities.pop(name, None)
        else:
            self._capabilities[name] = found

    def counters(self) -> tuple[Counters, ...]:
        """The newest counters of every line."""
        return tuple(event(count) for count in self._books.counts.values())

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
        now = micros(began)
        try:
            entered = await self._database.transact(
                self._books.enter, [waiting.batch for waiting in group], now
            )
        except Unavailable as error:
            self._tally.last_error = str(error)
            for waiting in group:
                _fail(waiting, Unavailable(str(error)))
        except BaseException:
            # The loop is ending, or there is a bug: nobody may wait for ever.
            for waiting in group:
                _fail(waiting, Unavailable(STOPPED))
            raise
        else:
            self._books.adopt(entered, now)
            self._note(entered.kept, began)
            if entered.judged:
                for hear in tuple(self._subscribers):
                    hear(entered.judged)
            for waiting, outcome in zip(group, entered.kept.outcomes, strict=True):
                if not waiting.done.done():
                    waiting.done.set_result(outcome)
        finally:
            await self._make_room(group)

    async def _carry_out(self, change: _Change) -> None:
        try:
            adopt = await self._database.transact(change.act, self._clock())
        except (BadInput, Conflict, Unavailable) as error:
            _fail(change, error)
        except BaseException:
            _fail(change, Unavailable(STOPPED))
            raise
        else:
            adopt()
            if not change.done.done():
                change.done.set_result(None)

    async def _make_room(self, group: Sequence[_Waiting]) -> None:
        async with self._changed:
            self._queued -= sum(waiting.size for waiting in group)
            self._changed.notify_all()

    def _note(self, kept: Sorted, began: datetime) -> None:
        tally = self._tally
        tally.measurements += len(kept.measurements)
        tally.transactions += 1
        tally.last_commit = self._clock()
        tally.last_commit_s = (tally.last_commit - began).total_seconds()
        for gauge, outcome in zip(kept.gauges, kept.outcomes, strict=True):
            old = tally.gauges.get(gauge, GaugeCounts())
            tally.gauges[gauge] = GaugeCounts(
                accepted=old.accepted + outcome.accepted,
                duplicates=old.duplicates
                + len(outcome.duplicates)
                + len(outcome.stale_counts)
                + outcome.overtaken,
                refused=old.refused + len(outcome.refusals),
            )


def _fail(waiting: _Waiting | _Change, why: QualityCreatorError) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(why)
