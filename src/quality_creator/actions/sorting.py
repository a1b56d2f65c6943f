"""Tell what is new from what was taken in before, batch by batch. Pure."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from operator import lt

from quality_creator.factory.intake import Batch, Outcome
from quality_creator.model.clock import Micros, iso
from quality_creator.model.ids import GaugeId
from quality_creator.model.reading import Count, LineState, Measurement, Refusal, Trace
from quality_creator.store.measurements import Known, Stream
from quality_creator.store.traces import TraceKey, trace_key


@dataclass(frozen=True, slots=True)
class Sorted:
    """What several batches bring that is new, and what to tell their senders."""

    measurements: Sequence[Measurement]
    """In the order in which they are charted."""
    counts: Mapping[str, Count]
    """The newest of each line that brought a newer one."""
    gauges: Sequence[GaugeId]
    outcomes: Sequence[Outcome]
    """One for each batch, as is `gauges`."""
    states: Sequence[LineState] = ()
    """Those that are newer than what their lines said before."""
    traces: Sequence[Trace] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """What was known of lines and tests."""

    counts: Mapping[str, Count]
    """The newest of each line."""
    said: Mapping[str, Micros] = field(default_factory=dict)
    """When each line's newest machine state was."""
    traces: Set[TraceKey] = frozenset()
    """Those of these batches' traces that are kept already."""


def offered(batches: Sequence[Batch]) -> dict[Stream, list[int]]:
    """The sequences that each stream brings, in the order of their arrival."""
    found: dict[Stream, list[int]] = {}
    for batch in batches:
        for one in batch.measurements:
            stream = (one.gauge, one.characteristic, one.tag)
            if stream in found:
                found[stream].append(one.sequence)
            else:
                found[stream] = [one.sequence]
    return found


def suspicious(
    offered: Mapping[Stream, Sequence[int]], known: Mapping[Stream, Known]
) -> dict[Stream, Sequence[int]]:
    """The sequences that must be looked up: all those of streams that do not simply go up.

    A stream whose sequences rise above all that it ever brought, which is nearly every one, can
    hold nothing twice; only of the others the store is asked.
    """
    return {
        stream: sequences
        for stream, sequences in offered.items()
        if sequences[0] <= known[stream].highest or not all(map(lt, sequences, sequences[1:]))
    }


def sort_out(
    batches: Sequence[Batch], known: Mapping[Stream, Mapping[int, Micros]], before: Before
) -> Sorted:
    """Keep what is new.

    Args:
        batches: In the order of their arrival.
        known: For each suspicious stream, which of its sequences are kept, and their times.
        before: What lines and tests brought before.
    """
    seen = {stream: dict(times) for stream, times in known.items()}
    newest: dict[str, Count] = {}
    said = dict(before.said)
    kept_traces = set(before.traces)
    states: list[LineState] = []
    traces: list[Trace] = []
    new: list[Measurement] = []
    outcomes: list[Outcome] = []
    for batch in batches:
        fresh, duplicates, refusals = _new(batch, seen) if seen else (batch.measurements, [], [])
        new += _in_time(fresh)
        stale = []
        for position, count in enumerate(batch.counts):
            last = newest.get(count.line) or before.counts.get(count.line)
            if last is None or count.time > last.time:
                newest[count.line] = count
            else:
                stale.append(position)
        fresh_states = _newer(batch.states, said)
        fresh_traces = [one for one in batch.traces if trace_key(one) not in kept_traces]
        kept_traces |= {trace_key(one) for one in fresh_traces}
        states += fresh_states
        traces += fresh_traces
        said_of = len(fresh_states) + len(fresh_traces)
        overtaken = len(batch.states) + len(batch.traces) - said_of
        accepted = len(fresh) + len(batch.counts) - len(stale) + said_of
        outcomes.append(Outcome(accepted, duplicates, stale, [*batch.refusals, *refusals], overtaken))
    return Sorted(new, newest, [batch.gauge for batch in batches], outcomes, states, traces)


def _newer(states: Sequence[LineState], said: dict[str, Micros]) -> list[LineState]:
    """The states that were not overtaken, in the order of their times; `said` moves on with them."""
    fresh = []
    for one in sorted(states, key=lambda state: state.time):
        if one.line not in said or one.time > said[one.line]:
            said[one.line] = one.time
            fresh.append(one)
    return fresh


def _new(
    batch: Batch, seen: dict[Stream, dict[int, Micros]]
) -> tuple[list[Measurement], list[int], list[Refusal]]:
    """The batch's new measurements; they are noted in `seen`."""
    fresh: list[Measurement] = []
    duplicates: list[int] = []
    refusals: list[Refusal] = []
    for position, one in enumerate(batch.measurements):
        times = seen.get((one.gauge, one.characteristic, one.tag))
        before = None if times is None else times.get(one.sequence)
        if before is None:
            fresh.append(one)
            if times is not None:
                times[one.sequence] = one.time
        elif before == one.time:
            duplicates.append(position)
        else:
            refusals.append(_used(one, before, batch.items[position]))
    return fresh, duplicates, refusals


def _used(one: Measurement, before: Micros, index: int) -> Refusal:
    return Refusal(
        gauge=one.gauge,
        reason="bad-sequence",
        detail=f"received the sequence {one.sequence} with the time {iso(one.time)}, but it was used with "
        f"{iso(before)}; allowed: a number that was never used. A source that begins again at 0 is mapped "
        "with an empty `sequence`: then its time is the number",
        index=index,
    )


def _in_time(measurements: Sequence[Measurement]) -> Sequence[Measurement]:
    last = -1
    for one in measurements:
        if one.time < last:
            return sorted(measurements, key=lambda m: (m.time, m.sequence))
        last = one.time
    return measurements
