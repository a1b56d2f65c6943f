"""From measurements to judged points: one characteristic's chart, from collecting to frozen limits.

Pure: a chart and measurements go in, the next chart and points come out, and it does not matter
how the stream of measurements is cut.

A chart without given limits collects: its points are plotted and nothing is judged, until the
first `estimate_from` of them give the limits. From then on they are frozen, and the chart goes on
as if it had had them from its first collected value. Values that can't give limits (all of them
equal, say) are let go, and collecting begins again.

EWMA and CUSUM plot nothing before they have a centre: while they collect, the values or means
stand in their place. Limits that a person freezes let them begin anew: what they remembered was
measured against another centre.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from quality_creator import quality
from quality_creator.model.characteristic import (
    COUNTS,
    PAIRED,
    PROPORTIONS,
    WEIGHTED,
    Characteristic,
    ChartPlan,
)
from quality_creator.model.characteristic import Limits as GivenLimits
from quality_creator.model.chart_row import ChartRow
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.model.event import Capability, ChartLimits, Definition, Point, Signal
from quality_creator.model.reading import Measurement
from quality_creator.model.text import Text
from quality_creator.quality.chart import check_plan
from quality_creator.quality.rules import REACH

BEHIND = 250
"""Points that can be shown again as they were judged; a weighted chart keeps its state so far back."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A characteristic's chart between two steps."""

    characteristic: Characteristic
    state: quality.State
    frozen: bool
    """Whether the state has the limits that judge; while collecting, its limits mean nothing."""
    waiting: tuple[float, ...]
    """What was collected so far; empty when frozen."""
    points: int
    """The number of the next measurement."""
    since: int = 0
    """The plotted point from which a weighted chart remembers; 0 for all others."""
    behind: tuple[quality.State, ...] = ()
    """Of a weighted chart one or two earlier states, the oldest first: none where it has not come so far
    yet, and of two the older one `BEHIND` points back or more."""

    def row(self) -> ChartRow:
        """As the store keeps it."""
        return ChartRow(
            characteristic=self.characteristic.id,
            plan=self.characteristic.chart,
            state=quality.encode(self.state),
            frozen=self.frozen,
            waiting=self.waiting,
            points=self.points,
            since=self.since,
            behind=_MESSAGE_PACK.encode([quality.encode(one) for one in self.behind]) if self.behind else b"",
        )


_MESSAGE_PACK = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of measurements: one point for each, in their order."""

    chart: Chart
    points: Sequence[Point]
    estimations: Sequence[quality.Estimation] = ()
    """Limits that were frozen on the way; at most one."""


# --- where a chart begins ------------------------------------------------------------------------


def fresh(characteristic: Characteristic, *, plotted: int = 0, points: int = 0) -> Chart:
    """A chart before its first value, or, with numbers to go on from, before its next."""
    plan = characteristic.chart
    if plan.limits is None:
        return _collecting(characteristic, plotted=plotted, points=points)
    state = quality.start(plan_of(plan), _lined(plan, plan.limits))
    return Chart(
        characteristic,
        msgspec.structs.replace(state, plotted=plotted),
        True,
        (),
        points,
        since=plotted if plan.kind in WEIGHTED else 0,
    )


def resumed(characteristic: Characteristic, row: ChartRow) -> Chart:
    """A chart that goes on where it was kept.

    When the configuration's plan is another than the one that was kept, the chart begins anew
    and the numbers go on; limits that were estimated for the same statistic, or that a person
    froze, stay until the configuration gives other ones.
    """
    try:
        state = quality.decode(row.state)
        kept = msgspec.msgpack.decode(row.behind, type=list[bytes]) if row.behind else []
        behind = tuple(map(quality.decode, kept))
    except (BadPayload, msgspec.MsgspecError) as error:
        raise BadPayload(f"the chart of {characteristic.id!r} in the database: {error}") from error
    if _same_judgement(row.plan, characteristic.chart):
        return Chart(characteristic, state, row.frozen, row.waiting, row.points, row.since, behind)
    plan = characteristic.chart
    same_statistic = (row.plan.kind, row.plan.size) == (plan.kind, plan.size)
    if row.frozen and (row.plan.limits, row.plan.target) == (plan.limits, plan.target) and same_statistic:
        assert isinstance(state.limits, quality.Limits)  # a characteristic's chart judges it alone
        anew = quality.start(plan_of(plan), _relined(plan, row.plan, state.limits))
        return Chart(
            characteristic,
            msgspec.structs.replace(anew, plotted=state.plotted),
            True,
            (),
            row.points,
            since=state.plotted if plan.kind in WEIGHTED else 0,
        )
    return fresh(characteristic, plotted=state.plotted, points=row.points)


def under(
    chart: Chart, characteristic: Characteristic, limits: quality.Limits, recent: Sequence[float]
) -> Chart:
    """The chart with these limits and the characteristic's rules, from its next point on.

    Args:
        chart: Where it stands.
        characteristic: The same one, perhaps with other rules.
        limits: What judges from now on.
        recent: What its last points were made of, whole subgroups, oldest first: seen again with the
            limits, so that runs and moving ranges go on; what is found in them is not told. A
            weighted chart begins anew instead.
    """
    weighted = characteristic.chart.kind in WEIGHTED
    state = quality.start(plan_of(characteristic.chart), limits)
    state, _ = quality.step(state, [] if weighted else recent)
    state = msgspec.structs.replace(state, plotted=chart.state.plotted, pending=chart.state.pending)
    return Chart(characteristic, state, True, (), chart.points, since=chart.state.plotted if weighted else 0)


def recent(chart: Chart, rows: Sequence[Measurement]) -> list[float]:
    """What the chart's last points were made of, as far back as any rule looks, oldest first.

    Args:
        chart: Where it stands.
        rows: Its newest measurements in the order of their arrival, `recent_rows` of them or more.
    """
    plan = chart.characteristic.chart
    size, waiting = plan.each, len(chart.state.pending)
    good = [one for one in rows[-recent_rows(chart) :] if one.status != "bad"]
    whole = good[: len(good) - waiting]
    last = whole[len(whole) % size :][-(REACH + 1) * size :]
    return [part for one in last for part in charted(plan, one)]


def recent_rows(chart: Chart) -> int:
    """How many measurements back `recent` looks; bad ones stand between the others and are not charted."""
    return 2 * (REACH + 1) * chart.characteristic.chart.each + len(chart.state.pending)


def renamed(chart: Chart, characteristic: Characteristic) -> Chart:
    """The chart as it stands, of a characteristic of which something else than the judging changed."""
    return replace(chart, characteristic=characteristic)


def check(characteristic: Characteristic) -> None:
    """Refuse a plan that no chart can follow. Raises BadInput."""
    check_plan(plan_of(characteristic.chart))


def _same_judgement(one: ChartPlan, other: ChartPlan) -> bool:
    return msgspec.structs.replace(one, estimate_from=other.estimate_from) == other


def plan_of(chart: ChartPlan) -> quality.Plan:
    """The plan in the words of the statistics room."""
    return quality.Plan(
        kind=chart.kind,
        size=chart.size,
        rules=() if chart.kind in WEIGHTED else chart.rules,
        width=chart.width,
        weight=chart.weight,
        slack=chart.slack,
        decision=chart.decision,
        head_start=chart.head_start,
        reset=chart.reset,
    )


def _lined(plan: ChartPlan, given: GivenLimits) -> quality.Limits:
    """The lines around a given centre."""
    return quality.given(
        plan_of(plan),
        center=given.center,
        sigma=None if plan.kind in COUNTS else given.sigma,
        dispersion=given.dispersion,
    )


def _relined(plan: ChartPlan, before: ChartPlan, limits: quality.Limits) -> quality.Limits:
    """Frozen limits under a plan with other parameters: the same centre and sigma, perhaps other lines."""
    if msgspec.structs.replace(before, rules=plan.rules, estimate_from=plan.estimate_from) == plan:
        return limits
    kept = GivenLimits(center=limits.center, sigma=limits.sigma, dispersion=limits.dispersion)
    return _lined(plan, kept)


def estimate(
    plan: ChartPlan,
    values: Sequence[float],
    *,
    method: str | None = None,
    exclude: Mapping[int, str] | None = None,
    by: str,
) -> quality.Estimation:
    """Limits from what points were made of; a chart with a target has it for a centre.

    Raises:
        BadInput: the values can't give limits, and why.
    """
    found = quality.estimate(plan_of(plan), values, method=method, exclude=exclude, by=by)
    if plan.target is None:
        return found
    sigma = found.limits.sigma
    if not sigma > 0:
        return found
    return msgspec.structs.replace(found, limits=_lined(plan, GivenLimits(center=plan.target, sigma=sigma)))


def _collecting(characteristic: Characteristic, *, plotted: int, points: int) -> Chart:
    plan = plan_before_limits(characteristic.chart)
    # These limits judge nothing; the centre is only one that the chart can have.
    if plan.kind in COUNTS:
        center = {"np": plan.size / 2}.get(plan.kind, 0.5 if plan.kind in PROPORTIONS else 1.0)
        limits = quality.given(plan, center=center)
    else:
        limits = quality.given(plan, center=0.0, sigma=1.0)
    state = quality.start(plan, limits)
    return Chart(characteristic, msgspec.structs.replace(state, plotted=plotted), False, (), points)


def plan_before_limits(chart: ChartPlan) -> quality.Plan:
    """How points are plotted while limits are collected: by no rule, and weighted ones as what they weigh."""
    plan = msgspec.structs.replace(plan_of(chart), rules=())
    if chart.kind in WEIGHTED:
        return msgspec.structs.replace(plan, kind="i-mr" if chart.size == 1 else "xbar-r")
    return plan


def charted(plan: ChartPlan, one: Measurement) -> tuple[float, ...]:
    """What a measurement gives to its chart: the value, or for counts in unequal numbers a pair.

    NaN where it can't be a count: what was measured before the characteristic was counted.
    """
    if plan.kind not in COUNTS:
        return (one.value,)
    found_in = float(plan.size) if plan.kind == "np" else one.found_in if plan.kind in PAIRED else math.inf
    sound = one.value >= 0 and one.value == math.floor(one.value) and found_in is not None and found_in > 0
    if plan.kind in (*PROPORTIONS, "np"):
        sound = sound and found_in is not None and one.value <= found_in
    if plan.kind in PROPORTIONS:
        sound = sound and found_in is not None and found_in == math.floor(found_in)
    value = one.value if sound else math.nan
    if plan.kind not in PAIRED:
        return (value,)
    return (value, math.nan if not sound or found_in is None else found_in)


# --- judging -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Plots:
    """What was plotted, by the position of the value that completed it."""

    number: dict[int, int]
    location: dict[int, float | None]
    spread: dict[int, float | None]
    signals: dict[int, tuple[Signal, ...]]
    own: dict[int, tuple[float | None, float | None]]
    """Lower and upper limit of points that have their own."""

    def add(self, points: quality.Points, offset: int, *, chart: Chart) -> None:
        positions = [offset + position for position in points.value_index.tolist()]
        self.number.update(zip(positions, points.index.tolist(), strict=True))
        self.location.update(zip(positions, _finite(points.location), strict=True))
        if chart.frozen or chart.characteristic.chart.kind not in WEIGHTED:
            self.spread.update(zip(positions, _finite(points.spread), strict=True))
        if chart.frozen and not isinstance(points.location_lines, quality.Lines):
            self.own.update(zip(positions, own_limits(chart, points), strict=True))
        for signal in points.signals:
            position = positions[signal.row]
            found = Signal(rule=signal.rule, continuing=signal.continuing)
            self.signals[position] = (*self.signals.get(position, ()), found)


def judge(chart: Chart, measurements: Sequence[Measurement]) -> Judgement:
    """Number, plot and judge measurements in the order in which they came.

    A bad one gets its number and nothing else; an uncertain one is judged as a good one.
    """
    plan = chart.characteristic.chart
    good = [one for one in measurements if one.status != "bad"]
    values = [one.value for one in good]
    if plan.kind in COUNTS:
        values = [part for one in good for part in charted(plan, one)]
    plots = _Plots({}, {}, {}, {}, {})
    estimations: list[quality.Estimation] = []
    done = 0
    while done < len(values):
        part = values[done : done + _stretch(chart)]
        state, points = quality.step(chart.state, part)
        plots.add(points, done, chart=chart)
        done += len(part)
        waiting = () if chart.frozen else (*chart.waiting, *part)
        chart = replace(chart, state=state, waiting=waiting, behind=_left_behind(chart, state))
        if not chart.frozen and _missing(chart) == 0:
            chart, estimation = _freeze(chart)
            estimations += [estimation] if estimation else []
    judged = _points(chart, measurements, plots)
    return Judgement(replace(chart, points=chart.points + len(measurements)), judged, estimations)


def _stretch(chart: Chart) -> int:
    """How many values are judged before something is to be done about the chart."""
    if not chart.frozen:
        return _missing(chart)
    plan = chart.characteristic.chart
    if plan.kind not in WEIGHTED:
        return sys.maxsize
    return (_next_kept(chart) - chart.state.plotted) * plan.size - len(chart.state.pending)


def _left_behind(chart: Chart, state: quality.State) -> tuple[quality.State, ...]:
    """The earlier states to keep when a chart has come to this one."""
    if not chart.frozen or chart.characteristic.chart.kind not in WEIGHTED:
        return ()
    return chart.behind if state.plotted < _next_kept(chart) else (*chart.behind[-1:], state)


def _next_kept(chart: Chart) -> int:
    """The number of points at which a weighted chart's state is kept again."""
    newest = chart.behind[-1].plotted if chart.behind else chart.since
    # A chart from before states were kept catches up at once.
    return max(newest + BEHIND, chart.state.plotted + (not chart.behind))


def before(chart: Chart, points: int) -> quality.State:
    """Where a weighted chart stood before its newest points, so many or as few more as it still knows."""
    begun = msgspec.structs.replace(quality.start(chart.state.plan, chart.state.limits), plotted=chart.since)
    known = (begun, *(one for one in chart.behind if one.plotted <= chart.state.plotted - points))
    # What was waiting then is part of the first point behind it.
    return msgspec.structs.replace(known[-1], pending=())


def _missing(chart: Chart) -> int:
    """How many values are still to be collected."""
    plan = chart.characteristic.chart
    return plan.estimate_from * plan_of(plan).take - len(chart.waiting)


def _freeze(chart: Chart) -> tuple[Chart, quality.Estimation | None]:
    plan = chart.characteristic.chart
    try:
        estimation = estimate(plan, chart.waiting, by="the first points")
        state = quality.start(plan_of(plan), estimation.limits)
    except BadInput:
        return Chart(chart.characteristic, chart.state, False, (), chart.points), None
    if not estimation.limits.sigma > 0:
        return Chart(chart.characteristic, chart.state, False, (), chart.points), None
    # The collected values are seen again with the limits that they gave, so that runs and moving
    # ranges go on across the freezing; what is found in them was aired long ago and is not told.
    state, _ = quality.step(state, chart.waiting)
    state = msgspec.structs.replace(state, plotted=chart.state.plotted)
    since = chart.state.plotted - plan.estimate_from if plan.kind in WEIGHTED else 0
    return Chart(chart.characteristic, state, True, (), chart.points, since), estimation


def _points(chart: Chart, measurements: Sequence[Measurement], plots: _Plots) -> list[Point]:
    characteristic = chart.characteristic.id
    judged: list[Point] = []
    wide = 2 if chart.characteristic.chart.kind in PAIRED else 1
    position = wide - 1  # the point stands where its last part is
    number, location, spread = plots.number.get, plots.location.get, plots.spread.get
    signals, own = plots.signals.get, plots.own.get
    for index, one in enumerate(measurements, chart.points):
        if one.status == "bad":
            judged.append(
                Point(
                    characteristic=characteristic,
                    index=index,
                    time=one.time,
                    value=one.value,
                    status="bad",
                    found_in=one.found_in,
                )
            )
            continue
        lower, upper = own(position, (None, None))
        judged.append(
            Point(
                characteristic=characteristic,
                index=index,
                time=one.time,
                value=one.value,
                status=one.status,
                plotted=number(position),
                location=location(position),
                spread=spread(position),
                signals=signals(position, ()),
                found_in=one.found_in,
                lower=lower,
                upper=upper,
            )
        )
        position += wide
    return judged


def own_limits(chart: Chart, points: quality.Points) -> list[tuple[float | None, float | None]]:
    """Each point's lower and upper limit; (None, None) where the definition's hold."""
    lines, limits = points.location_lines, chart.state.limits
    assert isinstance(limits, quality.Limits)  # a characteristic's chart judges it alone
    if isinstance(lines, quality.Lines):
        return [(None, None)] * len(points)
    floor = 0.0 if chart.characteristic.chart.kind in COUNTS else -math.inf
    pairs = zip(lines.lower.tolist(), lines.upper.tolist(), strict=True)
    found: list[tuple[float | None, float | None]] = []
    for lower, upper in pairs:
        settled = chart.characteristic.chart.kind in WEIGHTED and abs(
            limits.location.upper - upper
        ) < 1e-4 * (limits.location.upper - limits.center)
        if settled or not math.isfinite(upper):
            found.append((None, None))
        else:
            found.append((lower if lower > floor else None, upper))
    return found


def _finite(values: NDArray[np.float64]) -> Sequence[float | None]:
    found: list[float | None] = values.tolist()
    if np.isfinite(values).all():  # as nearly always
        return found
    return [value if value is not None and math.isfinite(value) else None for value in found]


# --- what a viewer needs to draw it --------------------------------------------------------------


def definition(chart: Chart, line_name: Text, capability: Capability | None = None) -> Definition:
    """All that is needed to draw the chart, with its present limits."""
    one = chart.characteristic
    kind = one.chart.kind
    limits = chart.state.limits if chart.frozen else None
    floor = 0.0 if kind in COUNTS or kind == "cusum" else -math.inf
    location = None if limits is None else _lines(limits.location, floor=floor)
    if location is not None and kind in PAIRED:
        location = ChartLimits(center=location.center)  # each point has its own limits
    return Definition(
        characteristic=one.id,
        name=one.name,
        unit=one.unit,
        line=one.line,
        line_name=line_name,
        decimals=one.decimals,
        chart=one.chart.kind,
        size=one.chart.size,
        rules=one.chart.rules,
        specification=one.specification,
        location=location,
        spread=None if limits is None or limits.spread is None else _lines(limits.spread, floor=0.0),
        collected=None if chart.frozen else len(chart.waiting) // plan_of(one.chart).take,
        estimate_from=None if chart.frozen else one.chart.estimate_from,
        weight=one.chart.weight if kind == "ewma" else None,
        width=one.chart.width if kind == "ewma" else None,
        slack=one.chart.slack if kind == "cusum" else None,
        decision=one.chart.decision if kind == "cusum" else None,
        capability=capability,
    )


def _lines(lines: quality.Lines, floor: float = -math.inf) -> ChartLimits:
    """A limit at the floor of what the statistic can be is never crossed, and not drawn."""
    lower = lines.lower if lines.lower > floor else None
    return ChartLimits(center=lines.center, lower=lower, upper=lines.upper)
