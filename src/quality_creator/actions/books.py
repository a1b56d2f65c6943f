"""What taking in goes by: where charts, counters and streams stand, and how batches are entered.

Entering happens inside one transaction, off the event loop, and changes nothing here; only when
the transaction is on the disk is it adopted. So what these books say is what the database says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from quality_creator.actions import benches, choosing, judging, shifts
from quality_creator.actions.judging import Chart, Judgement
from quality_creator.actions.shifts import Use
from quality_creator.actions.sorting import Before, Sorted, sort_out, suspicious
from quality_creator.actions.telling import Judged, Recent
from quality_creator.config import Config, Oee
from quality_creator.factory.intake import Batch
from quality_creator.model.clock import Micros, utc
from quality_creator.model.event import Counters
from quality_creator.model.ids import CharacteristicId, LineId
from quality_creator.model.reading import Count, Measurement
from quality_creator.quality.oee import ShiftSummary
from quality_creator.quality.trace import Envelope
from quality_creator.store import charts, counters, effectiveness, measurements, refusals
from quality_creator.store.database import Transaction
from quality_creator.store.measurements import Known, Stream


@dataclass(frozen=True, slots=True)
class Entered:
    """What a transaction brought; it counts once it is committed."""

    kept: Sorted
    judgements: Sequence[Judgement]
    judged: Judged
    streams: Mapping[Stream, Known]
    uses: Mapping[LineId, Use]


@dataclass(slots=True)
class Books:
    """As the newest commit left them."""

    charts: dict[CharacteristicId, Chart]
    counts: dict[str, Count]
    recent: Recent
    streams: dict[Stream, Known] = field(default_factory=dict)
    """Those that brought something since the start."""
    plans: Mapping[LineId, Oee] = field(default_factory=dict)
    """Of the lines whose OEE is reckoned."""
    uses: dict[LineId, Use] = field(default_factory=dict)
    envelopes: Mapping[str, Envelope] = field(default_factory=dict)
    """By test."""

    @classmethod
    def load(cls, transaction: Transaction, config: Config) -> "Books":
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
        plans = {line.id: line.oee for line in config.lines if line.oee is not None}
        kept = effectiveness.load(transaction)
        uses = {
            line: shifts.begin(plan) if line not in kept else shifts.resumed(plan, kept[line])
            for line, plan in plans.items()
        }
        return cls(
            found,
            counters.load(transaction),
            Recent.load(transaction, found),
            plans=plans,
            uses=uses,
            envelopes=benches.envelopes(config),
        )

    def enter(self, transaction: Transaction, batches: Sequence[Batch], now: Micros) -> Entered:
        """Sort out, judge and keep batches, in the order of their arrival."""
        streams = self._known(transaction, batches)
        times = {
            stream: measurements.times(transaction, streams[stream].number, sequences)
            for stream, sequences in suspicious(batches, streams).items()
        }
        offered = [trace for batch in batches for trace in batch.traces]
        said: dict[str, Micros] = {line: use.said for line, use in self.uses.items()}
        kept = sort_out(batches, times, Before(self.counts, said, benches.known(transaction, offered)))
        judgements = self._judge(kept.measurements)
        judged = Judged(
            points=tuple((j.chart.characteristic, point) for j in judgements for point in j.points),
            counters=tuple(event(count) for count in kept.counts.values()),
        )
        measurements.add(transaction, kept.measurements, streams, now)
        _keep(transaction, kept, judgements, now)
        benches.enter(transaction, self.envelopes, kept.traces, now)
        uses = self._use(transaction, kept)
        self.recent.keep(transaction, judged, now)
        return Entered(kept, judgements, judged, _higher(streams, kept.measurements), uses)

    def adopt(self, entered: Entered, now: Micros) -> None:
        """The transaction is on the disk."""
        for judgement in entered.judgements:
            self.charts[judgement.chart.characteristic.id] = judgement.chart
        self.counts |= entered.kept.counts
        self.streams |= entered.streams
        self.uses |= entered.uses
        if entered.judged.points or entered.judged.counters:
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

    def _known(self, transaction: Transaction, batches: Sequence[Batch]) -> dict[Stream, Known]:
        """The streams of these batches; of one that was not seen since the start, the store is asked."""
        needed = {(m.gauge, m.characteristic, m.tag) for batch in batches for m in batch.measurements}
        return {
            stream: self.streams.get(stream) or measurements.known(transaction, stream) for stream in needed
        }

    def _judge(self, new: Sequence[Measurement]) -> list[Judgement]:
        by_characteristic: dict[CharacteristicId, list[Measurement]] = {}
        for one in new:
            by_characteristic.setdefault(one.characteristic, []).append(one)
        return [judging.judge(self.charts[name], values) for name, values in by_characteristic.items()]


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


def _higher(streams: Mapping[Stream, Known], new: Sequence[Measurement]) -> dict[Stream, Known]:
    """The streams as they stand after these measurements."""
    top = {stream: known.highest for stream, known in streams.items()}
    for one in new:
        stream = (one.gauge, one.characteristic, one.tag)
        top[stream] = max(top[stream], one.sequence)
    return {stream: Known(streams[stream].number, highest) for stream, highest in top.items()}
