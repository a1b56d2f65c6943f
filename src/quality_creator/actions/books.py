"""What taking in goes by: where charts, counters and streams stand, and how batches are entered.

Entering happens inside one transaction, off the event loop, and changes nothing here; only when
the transaction is on the disk is it adopted. So what these books say is what the database says.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from quality_creator.actions import benches, choosing, joint, judging, shifts
from quality_creator.actions.joining import Arrival
from quality_creator.actions.joint import Joint
from quality_creator.actions.judging import Chart, Judgement
from quality_creator.actions.shifts import Use
from quality_creator.actions.sorting import Before, Sorted, offered, sort_out, suspicious
from quality_creator.actions.telling import JointSeen, Judged, Recent
from quality_creator.config import Config, Oee
from quality_creator.factory.intake import Batch
from quality_creator.model.clock import Micros, utc
from quality_creator.model.errors import BadInput
from quality_creator.model.event import Counters
from quality_creator.model.ids import CharacteristicId, ChartId, LineId
from quality_creator.model.joint_row import Kept
from quality_creator.model.reading import Count, Measurement
from quality_creator.quality.oee import ShiftSummary
from quality_creator.quality.trace import Envelope
from quality_creator.store import charts, counters, effectiveness, joints, measurements, refusals
from quality_creator.store.database import Transaction
from quality_creator.store.measurements import Known, Stream


@dataclass(frozen=True, slots=True)
class Entered:
    """What a transaction brought; it counts once it is committed."""

    kept: Sorted
    judgements: Sequence[Judgement]
    joint: Sequence[joint.Judgement]
    judged: Judged
    streams: Mapping[Stream, Known]
    uses: Mapping[LineId, Use]


@dataclass(slots=True)
class Books:
    """As the newest commit left them."""

    charts: dict[CharacteristicId, Chart]
    counts: dict[str, Count]
    recent: Recent
    joints: dict[ChartId, Joint] = field(default_factory=dict)
    """The charts of several characteristics."""
    members: Mapping[CharacteristicId, Sequence[tuple[ChartId, int]]] = field(default_factory=dict)
    """In which of those a characteristic is, and at which place."""
    streams: dict[Stream, Known] = field(default_factory=dict)
    """Those that brought something since the start."""
    plans: Mapping[LineId, Oee] = field(default_factory=dict)
    """Of the lines whose OEE is reckoned."""
    uses: dict[LineId, Use] = field(default_factory=dict)
    envelopes: Mapping[str, Envelope] = field(default_factory=dict)
    """By test."""

    @classmethod
    def load(cls, transaction: Transaction, config: Config, now: Micros) -> "Books":
        """Take up every chart and line where it was kept.

        Raises:
            BadPayload: one can't be read.
            BadInput: a test's envelope can't be.
        """
        rows, choices = charts.load(transaction), charts.chosen(transaction)
        found: dict[CharacteristicId, Chart] = {}
        for configured in config.characteristics:
            one = choosing.effective(configured, choices.get(configured.id))
            row = rows.get(one.id)
            found[one.id] = judging.fresh(one) if row is None else judging.resumed(one, row)
        kept_joints = joints.load(transaction) if config.charts else {}
        found_joints: dict[ChartId, Joint] = {}
        members: dict[CharacteristicId, list[tuple[ChartId, int]]] = {}
        for chart in config.charts:
            several = choosing.effective_joint(chart, choices.get(CharacteristicId(chart.id)))
            seen = [found[name].points for name in several.characteristics]
            standing = kept_joints.get(chart.id)
            try:
                found_joints[chart.id] = (
                    joint.fresh(several, seen) if standing is None else joint.resumed(several, standing, seen)
                )
            except BadInput as error:
                raise BadInput(f"the chart {chart.id!r} of several characteristics: {error}") from error
            for place, name in enumerate(several.characteristics):
                members.setdefault(name, []).append((chart.id, place))
        plans = {line.id: line.oee for line in config.lines if line.oee is not None}
        kept = effectiveness.load(transaction)
        uses = {
            line: shifts.begin(plan) if line not in kept else shifts.resumed(plan, kept[line])
            for line, plan in plans.items()
        }
        return cls(
            found,
            counters.load(transaction),
            Recent.load(transaction, found, found_joints, now),
            joints=found_joints,
            members=members,
            plans=plans,
            uses=uses,
            envelopes=benches.envelopes(config),
        )

    def enter(self, transaction: Transaction, batches: Sequence[Batch], now: Micros) -> Entered:
        """Sort out, judge and keep batches, in the order of their arrival."""
        sequences = offered(batches)
        streams = self._known(transaction, sequences)
        times = {
            stream: measurements.times(transaction, streams[stream].number, asked)
            for stream, asked in suspicious(sequences, streams).items()
        }
        traces = [trace for batch in batches for trace in batch.traces]
        said: dict[str, Micros] = {line: use.said for line, use in self.uses.items()}
        kept = sort_out(batches, times, Before(self.counts, said, benches.known(transaction, traces)))
        judgements = self._judge(kept.measurements)
        jointly = self._judge_jointly(kept.measurements) if self.members else []
        judged = Judged(
            points=tuple((j.chart.characteristic, point) for j in judgements for point in j.points),
            counters=tuple(event(count) for count in kept.counts.values()),
            joint=tuple(seen for one in jointly for seen in self._seen(one)),
        )
        measurements.add(transaction, kept.measurements, streams, now)
        _keep(transaction, kept, judgements, now)
        _keep_jointly(transaction, jointly, now)
        benches.enter(transaction, self.envelopes, kept.traces, now)
        uses = self._use(transaction, kept)
        self.recent.keep(transaction, judged, now)
        return Entered(kept, judgements, jointly, judged, _higher(streams, sequences), uses)

    def adopt(self, entered: Entered, now: Micros) -> None:
        """The transaction is on the disk."""
        for judgement in entered.judgements:
            self.charts[judgement.chart.characteristic.id] = judgement.chart
        for one in entered.joint:
            self.joints[one.joint.chart.id] = one.joint
        self.counts |= entered.kept.counts
        self.streams |= entered.streams
        self.uses |= entered.uses
        if entered.judged:
            self.recent.add(entered.judged, now)

    def _use(self, transaction: Transaction, kept: Sorted) -> dict[LineId, Use]:
        """The lines that said or counted something, as they stand then; ended shifts are kept."""
        uses: dict[LineId, Use] = {}
        ended: dict[LineId, list[tuple[Micros, ShiftSummary]]] = {}
        for line, plan in self.plans.items():
            states = [state for state in kept.states if state.line == line]
            count = kept.counts.get(line)
            if states or count is not None:
                uses[line], over = shifts.step(plan, self.uses[line], states, count)
                ended[line] = [(one.start, one) for one in over]
        effectiveness.save(transaction, [use.row(line) for line, use in uses.items()])
        effectiveness.end_shifts(transaction, ended)
        return uses

    def _known(self, transaction: Transaction, needed: Iterable[Stream]) -> dict[Stream, Known]:
        """What is kept of streams; of one that was not seen since the start, the store is asked."""
        return {
            stream: self.streams.get(stream) or measurements.known(transaction, stream) for stream in needed
        }

    def _judge(self, new: Sequence[Measurement]) -> list[Judgement]:
        by_characteristic: dict[CharacteristicId, list[Measurement]] = {}
        for one in new:
            by_characteristic.setdefault(one.characteristic, []).append(one)
        return [judging.judge(self.charts[name], values) for name, values in by_characteristic.items()]

    def _judge_jointly(self, new: Sequence[Measurement]) -> list[joint.Judgement]:
        arrivals: dict[ChartId, list[Arrival]] = {}
        for one in new:
            for chart, place in self.members.get(one.characteristic, ()):
                arrivals.setdefault(chart, []).append((place, one))
        return [joint.judge(self.joints[chart], arrived) for chart, arrived in arrivals.items()]

    def _seen(self, judgement: joint.Judgement) -> list[JointSeen]:
        """The points of observations, each with the camera of the value that completed it."""
        names = judgement.joint.chart.characteristics
        return [
            JointSeen(point=point, camera=self.charts[names[one.newest]].characteristic.camera)
            for one, point in zip(judgement.observations, judgement.points, strict=True)
        ]

    def joint_public(self, chart: ChartId) -> bool:
        """Whether viewers see a chart of several: while they see all of its characteristics."""
        one = self.joints[chart].chart
        return one.public and all(self.charts[name].characteristic.public for name in one.characteristics)


def event(count: Count) -> Counters:
    """A line's counters in the words of the stream."""
    return Counters(line=LineId(count.line), time=count.time, total=count.total, rejected=count.rejected)


def _keep(transaction: Transaction, kept: Sorted, judgements: Sequence[Judgement], at: Micros) -> None:
    now = utc(at)
    charts.save(transaction, [judgement.chart.row() for judgement in judgements])
    for judgement in judgements:
        for estimation in judgement.estimations:
            name = judgement.chart.characteristic.id
            charts.add_estimation(transaction, name, estimation, by=estimation.by, made=now)
    counters.save(transaction, kept.counts.values())
    refusals.add(transaction, [refusal for outcome in kept.outcomes for refusal in outcome.refusals], now)


def _keep_jointly(transaction: Transaction, judgements: Sequence[joint.Judgement], at: Micros) -> None:
    joints.save(transaction, [one.joint.row() for one in judgements])
    for one in judgements:
        chart = one.joint.chart.id
        rows = zip(one.points, one.observations, one.uppers, strict=True)
        joints.add(transaction, chart, [Kept(point=p, values=o.values, upper=upper) for p, o, upper in rows])
        for estimation in one.estimations:
            charts.add_estimation(
                transaction, CharacteristicId(chart), estimation, by=estimation.by, made=utc(at)
            )


def _higher(streams: Mapping[Stream, Known], offered: Mapping[Stream, Sequence[int]]) -> dict[Stream, Known]:
    """The streams as they stand after these sequences: those that are not new are no higher either."""
    return {
        stream: Known(streams[stream].number, max(streams[stream].highest, *sequences))
        for stream, sequences in offered.items()
    }
