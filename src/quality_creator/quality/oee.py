"""How well a line used its time: availability × performance × quality, shift by shift.

    state = start()
    state, summaries = step(state, events)     # a summary for each shift that ended
    current(state, now)                        # the shift that is running

Time is spent in one of four states: running, stopped (a loss), planned-stop (a break or no orders:
no loss, no planned production time) and unknown (nobody said: left out of planned time, and told).
Counters are cumulative; a total that falls is a counter that started again from 0. Performance
above 1 is reported, not clipped: then the ideal cycle is too long or something is counted twice.
Instants are whole microseconds, so a stream cut anywhere gives the same summaries.

Source: Nakajima, *Introduction to TPM* (1988); ISO 22400-2:2014; the worked example of oee.com.
"""

import math
from collections.abc import Iterable
from typing import Literal

import msgspec

from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.quality.note import Note
from quality_creator.quality.state import seal, unseal

MAGIC = b"QCO\x01"
"""Of a state's bytes: three letters and the format's number."""

MachineState = Literal["running", "stopped", "planned-stop", "unknown"]
MACHINE_STATES: tuple[MachineState, ...] = ("running", "stopped", "planned-stop", "unknown")


class StateChanged(msgspec.Struct, frozen=True, kw_only=True, tag="state", forbid_unknown_fields=True):
    """From `time` on the line is in `state`."""

    time: Micros
    state: MachineState


class Counted(msgspec.Struct, frozen=True, kw_only=True, tag="count", forbid_unknown_fields=True):
    """The line's cumulative counters at `time`; at a shift's last instant they belong to that shift."""

    time: Micros
    total: int
    rejected: int


class CycleSet(msgspec.Struct, frozen=True, kw_only=True, tag="cycle", forbid_unknown_fields=True):
    """From `time` on a product is made whose ideal cycle is this."""

    time: Micros
    ideal_cycle_s: float


class ShiftBegan(msgspec.Struct, frozen=True, kw_only=True, tag="begin", forbid_unknown_fields=True):
    """A shift begins; one that still runs ends."""

    time: Micros
    name: str


class ShiftEnded(msgspec.Struct, frozen=True, kw_only=True, tag="end", forbid_unknown_fields=True):
    """The shift ends and none follows at once."""

    time: Micros


Event = StateChanged | Counted | CycleSet | ShiftBegan | ShiftEnded


class Oee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The figures; None where nothing can be said: no planned time, no run time, nothing made."""

    planned_s: float
    """Planned production time."""
    run_s: float
    ideal_s: float
    """What the items made would take at the ideal cycle."""
    total: int
    rejected: int
    good: int
    availability: float | None
    performance: float | None
    quality: float | None
    oee: float | None
    """Ideal time of good items over planned time: for one product, the product of the three."""
    availability_loss_s: float
    performance_loss_s: float
    """Negative when performance is above 1."""
    quality_loss_s: float
    notes: tuple[Note, ...] = ()


class ShiftSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shift, ended or so far."""

    name: str
    start: Micros
    end: Micros
    ended: bool
    stopped_s: float
    planned_stop_s: float
    unknown_s: float
    stops: int
    """How often the line went from running to stopped."""
    figures: Oee


class OeeState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered between two steps."""

    at: Micros | None = None
    """The last event's time."""
    machine: MachineState = "unknown"
    cycle_s: float | None = None
    counter_total: int | None = None
    """The counters as last read; None before the first reading, which then is where counting begins."""
    counter_rejected: int = 0
    name: str | None = None
    """Of the running shift; None between shifts."""
    begun: Micros = Micros(0)
    running: int = 0
    """Microseconds in each state since the shift began."""
    stopped: int = 0
    planned_stop: int = 0
    unknown: int = 0
    stops: int = 0
    total: int = 0
    rejected: int = 0
    ideal_good_s: float = 0.0
    ideal_s: float = 0.0
    uncounted: int = 0
    """Items made while no ideal cycle was known."""


def oee(
    *,
    planned_s: float,
    run_s: float,
    ideal_cycle_s: float | None = None,
    total: int,
    rejected: int = 0,
    ideal_s: float | None = None,
) -> Oee:
    """The figures from totals.

    Args:
        planned_s: Planned production time: the shift without breaks.
        run_s: Planned production time without stops.
        ideal_cycle_s: The ideal seconds for one item.
        total: Items made, good and bad.
        rejected: Items that were not right the first time.
        ideal_s: Instead of a cycle: ideal seconds for all items, when there were several products.

    Raises:
        BadInput: a time or a count is negative or not finite, or run time exceeds planned time.

    The example of oee.com prints 88.81 %, 86.11 %, 97.80 % and 74.79 %:

    >>> found = oee(planned_s=420 * 60, run_s=373 * 60, ideal_cycle_s=1.0, total=19271, rejected=423)
    >>> [round(100 * x, 2) for x in (found.availability, found.performance, found.quality, found.oee)]
    [88.81, 86.11, 97.8, 74.79]
    """
    for name, value in (("planned time", planned_s), ("run time", run_s), ("ideal time", ideal_s or 0.0)):
        if not (math.isfinite(value) and value >= 0.0):
            raise BadInput(
                "the {name} is a number of seconds, 0 or more, not {value}", name=name, value=value
            )
    if run_s > planned_s * (1.0 + 1e-12):
        raise BadInput(
            "the run time of {run_s:g} s exceeds the planned time of {planned_s:g} s",
            run_s=run_s,
            planned_s=planned_s,
        )
    if total < 0 or rejected < 0:
        raise BadInput("counts are 0 or more, not {least}", least=min(total, rejected))
    if ideal_s is None:
        if ideal_cycle_s is None:
            raise BadInput("give the ideal cycle or the ideal time")
        check_cycle(ideal_cycle_s)
        ideal_s = ideal_cycle_s * total
    good = total - rejected
    ideal = (ideal_s, ideal_s * good / total if total else 0.0)
    return _figures(planned_s, run_s, ideal, total, rejected)


def check_cycle(ideal_cycle_s: float) -> None:
    """Refuse an ideal cycle that is no positive number of seconds."""
    if not (math.isfinite(ideal_cycle_s) and ideal_cycle_s > 0.0):
        raise BadInput(
            "the ideal cycle is a number of seconds above 0, not {ideal_cycle_s}", ideal_cycle_s=ideal_cycle_s
        )


def start(*, ideal_cycle_s: float | None = None, counter: tuple[int, int] | None = None) -> OeeState:
    """The state before the first event.

    Args:
        ideal_cycle_s: The product's ideal cycle, if it is known from the start.
        counter: What the counters (total, rejected) stood at before; (0, 0) for counters that begin
            with the shift. None: the first reading is where counting begins.
    """
    if ideal_cycle_s is not None:
        check_cycle(ideal_cycle_s)
    if counter is None:
        return OeeState(cycle_s=ideal_cycle_s)
    return OeeState(cycle_s=ideal_cycle_s, counter_total=counter[0], counter_rejected=counter[1])


def step(state: OeeState, events: Iterable[Event]) -> tuple[OeeState, tuple[ShiftSummary, ...]]:
    """Take in events in the order of their times.

    Returns:
        The next state, and a summary of each shift that ended.

    Raises:
        BadInput: time runs backwards, a count is negative, or more rejects disappear than came.
    """
    ended: list[ShiftSummary] = []
    for event in events:
        state = _until(state, event.time)
        match event:
            case StateChanged():
                stops = state.stops + (state.machine == "running" and event.state == "stopped")
                state = msgspec.structs.replace(state, machine=event.state, stops=stops)
            case Counted():
                state = _count(state, event)
            case CycleSet():
                check_cycle(event.ideal_cycle_s)
                state = msgspec.structs.replace(state, cycle_s=event.ideal_cycle_s)
            case ShiftBegan():
                if state.name is not None:
                    ended.append(_summary(state, event.time, ended=True))
                state = _fresh(state, event.name, event.time)
            case ShiftEnded():
                if state.name is not None:
                    ended.append(_summary(state, event.time, ended=True))
                state = _fresh(state, None, event.time)
    return state, tuple(ended)


def current(state: OeeState, now: Micros) -> ShiftSummary | None:
    """The running shift so far; None between shifts."""
    if state.name is None:
        return None
    return _summary(_until(state, now), now, ended=False)


def encode(state: OeeState) -> bytes:
    """The state as bytes, for `decode` after a restart."""
    return seal(MAGIC, msgspec.msgpack.encode(state))


def decode(data: bytes) -> OeeState:
    """The state of these bytes.

    Raises:
        BadPayload: the bytes are not exactly those that `encode` made.
    """
    try:
        return msgspec.msgpack.decode(unseal(MAGIC, data), type=OeeState)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadPayload(f"an OEE state that can't be: {error}") from error


def _until(state: OeeState, time: Micros) -> OeeState:
    """Spend the time since the last event in the state that the line was in."""
    if state.at is None:
        return msgspec.structs.replace(state, at=time)
    passed = time - state.at
    if passed < 0:
        raise BadInput("an event is {passed:g} s before the one that came before it", passed=-passed / 1e6)
    if state.name is None:
        return msgspec.structs.replace(state, at=time)
    match state.machine:
        case "running":
            return msgspec.structs.replace(state, at=time, running=state.running + passed)
        case "stopped":
            return msgspec.structs.replace(state, at=time, stopped=state.stopped + passed)
        case "planned-stop":
            return msgspec.structs.replace(state, at=time, planned_stop=state.planned_stop + passed)
        case "unknown":
            return msgspec.structs.replace(state, at=time, unknown=state.unknown + passed)


def _count(state: OeeState, event: Counted) -> OeeState:
    if event.total < 0 or event.rejected < 0:
        raise BadInput("counters are 0 or more, not {least}", least=min(event.total, event.rejected))
    after = msgspec.structs.replace(state, counter_total=event.total, counter_rejected=event.rejected)
    if state.counter_total is None:
        return after
    restarted = event.total < state.counter_total
    made = event.total - (0 if restarted else state.counter_total)
    bad = event.rejected - (0 if restarted else state.counter_rejected)
    if bad < 0:
        raise BadInput(
            "the rejects fell from {counter_rejected} to {rejected} while the total did not start again",
            counter_rejected=state.counter_rejected,
            rejected=event.rejected,
        )
    if state.name is None:
        return after
    cycle = state.cycle_s
    return msgspec.structs.replace(
        after,
        total=state.total + made,
        rejected=state.rejected + bad,
        ideal_s=state.ideal_s + (cycle or 0.0) * made,
        ideal_good_s=state.ideal_good_s + (cycle or 0.0) * (made - bad),
        uncounted=state.uncounted + (made if cycle is None else 0),
    )


def _fresh(state: OeeState, name: str | None, time: Micros) -> OeeState:
    return OeeState(
        at=time,
        machine=state.machine,
        cycle_s=state.cycle_s,
        counter_total=state.counter_total,
        counter_rejected=state.counter_rejected,
        name=name,
        begun=time,
    )


def _summary(state: OeeState, end: Micros, *, ended: bool) -> ShiftSummary:
    assert state.name is not None  # a shift is running
    run = state.running / 1e6
    figures = _figures(
        (state.running + state.stopped) / 1e6,
        run,
        (state.ideal_s, state.ideal_good_s),
        state.total,
        state.rejected,
    )
    notes = list(figures.notes)
    if state.unknown:
        text = f"For {state.unknown / 1e6:g} s nobody said what the line did; they are left out."
        notes.append(Note(code="unknown-time", text=text))
    if state.uncounted:
        text = f"{state.uncounted} items were made without a known ideal cycle; performance misses them."
        notes.append(Note(code="no-ideal-cycle", text=text))
    return ShiftSummary(
        name=state.name,
        start=state.begun,
        end=end,
        ended=ended,
        stopped_s=state.stopped / 1e6,
        planned_stop_s=state.planned_stop / 1e6,
        unknown_s=state.unknown / 1e6,
        stops=state.stops,
        figures=msgspec.structs.replace(figures, notes=tuple(notes)),
    )


def _figures(planned_s: float, run_s: float, ideal: tuple[float, float], total: int, rejected: int) -> Oee:
    """`ideal` is the ideal time of all items and of the good ones."""
    ideal_s, ideal_good_s = ideal
    good = total - rejected
    performance = ideal_s / run_s if run_s > 0.0 else None
    notes: list[Note] = []
    if performance is not None and performance > 1.0:
        text = (
            f"Performance is {performance:.1%}: the ideal cycle is too long, or something is counted twice."
        )
        notes.append(Note(code="performance-above-1", text=text))
    if rejected > total:
        text = f"{rejected} rejects are more than the {total} items made: quality is below 0."
        notes.append(Note(code="rejects-above-total", text=text))
    if run_s == 0.0 and total > 0:
        text = f"{total} items were made while the line never ran: states or counters are wrong."
        notes.append(Note(code="made-while-stopped", text=text))
    return Oee(
        planned_s=planned_s,
        run_s=run_s,
        ideal_s=ideal_s,
        total=total,
        rejected=rejected,
        good=good,
        availability=run_s / planned_s if planned_s > 0.0 else None,
        performance=performance,
        quality=good / total if total > 0 else None,
        oee=ideal_good_s / planned_s if planned_s > 0.0 else None,
        availability_loss_s=planned_s - run_s,
        performance_loss_s=run_s - ideal_s,
        quality_loss_s=ideal_s - ideal_good_s,
        notes=tuple(notes),
    )
