"""A line's shifts, live: machine states and counters in, the running shift and the ended ones out.

Pure but for the tables of time zones. Shifts begin by the clock of the line's place; one ends where
the next begins. A state or a count that comes late holds from the newest instant that was heard of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from quality_creator.config import Oee
from quality_creator.model.clock import Micros, micros, utc
from quality_creator.model.errors import BadInput
from quality_creator.model.event import LineOee
from quality_creator.model.ids import LineId
from quality_creator.model.reading import Count, LineState
from quality_creator.model.text import Text
from quality_creator.quality import oee
from quality_creator.quality.oee import Counted, Event, OeeState, ShiftBegan, ShiftSummary, StateChanged
from quality_creator.store.effectiveness import OeeRow

FORGET = timedelta(days=14)
"""After so long a silence nobody knows what a line did: its shifts begin anew."""

NEVER = Micros(-1)


@dataclass(frozen=True, slots=True)
class Use:
    """A line's OEE between two steps."""

    state: OeeState
    said: Micros = NEVER
    """When its newest machine state was."""

    def row(self, line: LineId) -> OeeRow:
        """As the store keeps it."""
        return OeeRow(line=line, state=oee.encode(self.state), said=self.said)


def begin(plan: Oee) -> Use:
    """A line before its first word."""
    return Use(oee.start(ideal_cycle_s=plan.ideal_cycle_s))


def resumed(plan: Oee, row: OeeRow) -> Use:
    """A line that goes on where it was kept, with the ideal cycle of now. Raises BadPayload."""
    state = oee.decode(row.state)
    return Use(msgspec.structs.replace(state, cycle_s=plan.ideal_cycle_s), row.said)


def step(
    plan: Oee, use: Use, states: Sequence[LineState], count: Count | None
) -> tuple[Use, list[ShiftSummary]]:
    """Take in what a line said, and its newest counters.

    Returns:
        Where it stands then, and the shifts that ended on the way.
    """
    events: list[Event] = [StateChanged(time=one.time, state=one.state) for one in states]
    if count is not None:
        events.append(Counted(time=count.time, total=count.total, rejected=count.rejected))
    state, ended = use.state, list[ShiftSummary]()
    for event in sorted(events, key=lambda one: one.time):
        state, over = _shifts(plan, state, event.time)
        ended += over
        time = event.time if state.at is None else max(event.time, state.at)
        state = _take(state, msgspec.structs.replace(event, time=time))
    said = max((one.time for one in states), default=use.said)
    return Use(state, max(said, use.said)), ended


def _take(state: OeeState, event: Event) -> OeeState:
    try:
        return oee.step(state, [event])[0]
    except BadInput:
        # Rejects that fall while the total does not: the counters were set by hand. Count from here.
        return oee.step(msgspec.structs.replace(state, counter_total=None), [event])[0]


def so_far(plan: Oee, use: Use, now: Micros) -> tuple[ShiftSummary | None, list[ShiftSummary]]:
    """The shift that runs, and those that ended since the line last said something."""
    if use.state.at is None:
        return None, []
    state, ended = _shifts(plan, use.state, now)
    return oee.current(state, max(now, state.at or now)), ended


def told(line: LineId, name: Text, plan: Oee, use: Use, now: Micros) -> LineOee | None:
    """What viewers are told of a line; None before it has said anything."""
    running, _ = so_far(plan, use, now)
    if running is None:
        return None
    figures = running.figures
    return LineOee(
        line=line,
        name=name,
        shift=running.name,
        start=running.start,
        time=running.end,
        availability=figures.availability,
        performance=figures.performance,
        quality=figures.quality,
        oee=figures.oee,
        unknown_s=running.unknown_s,
    )


def _shifts(plan: Oee, state: OeeState, until: Micros) -> tuple[OeeState, list[ShiftSummary]]:
    """Let the shifts begin that begin before `until`; a count on the stroke belongs to the old one."""
    if state.at is not None and until - state.at > FORGET / timedelta(microseconds=1):
        state = oee.start(ideal_cycle_s=plan.ideal_cycle_s)
    ended: list[ShiftSummary] = []
    if state.name is None:
        first = _running(plan, until)
        return oee.step(state, [first])[0], ended
    for event in _beginnings(plan, state.begun, until):
        state, over = oee.step(state, [event])
        ended += over
    return state, ended


def _running(plan: Oee, at: Micros) -> ShiftBegan:
    """The beginning of the shift that runs at an instant."""
    return list(_beginnings(plan, Micros(at - 48 * 3_600 * 1_000_000), Micros(at + 1)))[-1]


def _beginnings(plan: Oee, after: Micros, before: Micros) -> Iterator[ShiftBegan]:
    """Every shift that begins after one instant and before another."""
    zone = ZoneInfo(plan.zone)
    day = utc(after).astimezone(zone).date()
    last = utc(before).astimezone(zone).date()
    while day <= last:
        for shift in sorted(plan.shifts, key=lambda one: one.start):
            hour, minute = map(int, shift.start.split(":"))
            time = micros(datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone))
            if after < time < before:
                yield ShiftBegan(time=time, name=shift.name)
        day += timedelta(days=1)
