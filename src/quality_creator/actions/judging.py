"""From measurements to judged points: one characteristic's chart, from collecting to frozen limits.

Pure: a chart and measurements go in, the next chart and points come out, and it does not matter
how the stream of measurements is cut.

A chart without given limits collects: its points are plotted and nothing is judged, until the
first `estimate_from` of them give the limits. From then on they are frozen, and the chart goes on
as if it had had them from its first collected value. Values that can't give limits (all of them
equal, say) are let go, and collecting begins again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from quality_creator import quality
from quality_creator.model.characteristic import Characteristic, ChartPlan
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.model.event import ChartLimits, Definition, Point, Signal
from quality_creator.model.reading import Measurement
from quality_creator.model.text import Text
from quality_creator.quality.chart import check_plan
from quality_creator.store.charts import ChartRow


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

    def row(self) -> ChartRow:
        """As the store keeps it."""
        return ChartRow(
            characteristic=self.characteristic.id,
            plan=self.characteristic.chart,
            state=quality.encode(self.state),
            frozen=self.frozen,
            waiting=self.waiting,
            points=self.points,
        )


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
    return _frozen(characteristic, plan.limits.center, plan.limits.sigma, plotted=plotted, points=points)


def resumed(characteristic: Characteristic, row: ChartRow) -> Chart:
    """A chart that goes on where it was kept.

    When the configuration's plan is another than the one that was kept, the chart begins anew
    and the numbers go on; limits that were estimated for the same statistic, or that a person
    froze, stay until the configuration gives other ones.
    """
    try:
        state = quality.decode(row.state)
    except BadPayload as error:
        raise BadPayload(f"the chart of {characteristic.id!r} in the database: {error}") from error
    if _same_judgement(row.plan, characteristic.chart):
        return Chart(characteristic, state, row.frozen, row.waiting, row.points)
    plan = characteristic.chart
    same_statistic = (row.plan.kind, row.plan.size) == (plan.kind, plan.size)
    if row.frozen and row.plan.limits == plan.limits and same_statistic:
        anew = quality.start(plan_of(plan), state.limits)
        return Chart(
            characteristic, msgspec.structs.replace(anew, plotted=state.plotted), True, (), row.points
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
        recent: The values of its last points, whole subgroups, oldest first: seen again with the
            limits, so that runs and moving ranges go on; what is found in them is not told.
    """
    state = quality.start(plan_of(characteristic.chart), limits)
    state, _ = quality.step(state, recent)
    state = msgspec.structs.replace(state, plotted=chart.state.plotted, pending=chart.state.pending)
    return Chart(characteristic, state, True, (), chart.points)


def renamed(chart: Chart, characteristic: Characteristic) -> Chart:
    """The chart as it stands, of a characteristic of which something else than the judging changed."""
    return Chart(characteristic, chart.state, chart.frozen, chart.waiting, chart.points)


def check(characteristic: Characteristic) -> None:
    """Refuse a plan that no chart can follow. Raises BadInput."""
    check_plan(plan_of(characteristic.chart))


def _same_judgement(one: ChartPlan, other: ChartPlan) -> bool:
    return msgspec.structs.replace(one, estimate_from=other.estimate_from) == other


def plan_of(chart: ChartPlan) -> quality.Plan:
    """The plan in the words of the statistics room."""
    return quality.Plan(kind=chart.kind, size=chart.size, rules=chart.rules)


def _frozen(
    characteristic: Characteristic, center: float, sigma: float, *, plotted: int, points: int
) -> Chart:
    plan = plan_of(characteristic.chart)
    state = quality.start(plan, quality.given(plan, center=center, sigma=sigma))
    return Chart(characteristic, msgspec.structs.replace(state, plotted=plotted), True, (), points)


def _collecting(characteristic: Characteristic, *, plotted: int, points: int) -> Chart:
    plan = msgspec.structs.replace(plan_of(characteristic.chart), rules=())
    state = quality.start(plan, quality.given(plan, center=0.0, sigma=1.0))
    return Chart(characteristic, msgspec.structs.replace(state, plotted=plotted), False, (), points)


# --- judging -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Plots:
    """What was plotted, by the position of the value that completed it."""

    number: dict[int, int]
    location: dict[int, float | None]
    spread: dict[int, float | None]
    signals: dict[int, tuple[Signal, ...]]

    def add(self, points: quality.Points, offset: int) -> None:
        positions = [offset + position for position in points.value_index.tolist()]
        self.number.update(zip(positions, points.index.tolist(), strict=True))
        self.location.update(zip(positions, map(_finite, points.location.tolist()), strict=True))
        self.spread.update(zip(positions, map(_finite, points.spread.tolist()), strict=True))
        for signal in points.signals:
            position = positions[signal.row]
            found = Signal(rule=signal.rule, continuing=signal.continuing)
            self.signals[position] = (*self.signals.get(position, ()), found)


def judge(chart: Chart, measurements: Sequence[Measurement]) -> Judgement:
    """Number, plot and judge measurements in the order in which they came.

    A bad one gets its number and nothing else; an uncertain one is judged as a good one.
    """
    values = [one.value for one in measurements if one.status != "bad"]
    plots = _Plots({}, {}, {}, {})
    estimations: list[quality.Estimation] = []
    done = 0
    while done < len(values):
        step = len(values) - done if chart.frozen else min(_missing(chart), len(values) - done)
        part = values[done : done + step]
        state, points = quality.step(chart.state, part)
        plots.add(points, done)
        done += step
        waiting = () if chart.frozen else (*chart.waiting, *part)
        chart = Chart(chart.characteristic, state, chart.frozen, waiting, chart.points)
        if not chart.frozen and _missing(chart) == 0:
            chart, estimation = _freeze(chart)
            estimations += [estimation] if estimation else []
    judged = _points(chart, measurements, plots)
    after = Chart(
        chart.characteristic, chart.state, chart.frozen, chart.waiting, chart.points + len(measurements)
    )
    return Judgement(after, judged, estimations)


def _missing(chart: Chart) -> int:
    """How many values are still to be collected."""
    plan = chart.characteristic.chart
    return plan.estimate_from * plan.size - len(chart.waiting)


def _freeze(chart: Chart) -> tuple[Chart, quality.Estimation | None]:
    plan = plan_of(chart.characteristic.chart)
    try:
        estimation = quality.estimate(plan, chart.waiting, by="the first points")
        state = quality.start(plan, estimation.limits)
    except BadInput:
        return Chart(chart.characteristic, chart.state, False, (), chart.points), None
    if not estimation.limits.sigma > 0:
        return Chart(chart.characteristic, chart.state, False, (), chart.points), None
    # The collected values are seen again with the limits that they gave, so that runs and moving
    # ranges go on across the freezing; what is found in them was aired long ago and is not told.
    state, _ = quality.step(state, chart.waiting)
    state = msgspec.structs.replace(state, plotted=chart.state.plotted)
    return Chart(chart.characteristic, state, True, (), chart.points), estimation


def _points(chart: Chart, measurements: Sequence[Measurement], plots: _Plots) -> list[Point]:
    characteristic = chart.characteristic.id
    judged: list[Point] = []
    position = 0
    for index, one in enumerate(measurements, chart.points):
        if one.status == "bad":
            judged.append(
                Point(
                    characteristic=characteristic, index=index, time=one.time, value=one.value, status="bad"
                )
            )
            continue
        judged.append(
            Point(
                characteristic=characteristic,
                index=index,
                time=one.time,
                value=one.value,
                status=one.status,
                plotted=plots.number.get(position),
                location=plots.location.get(position),
                spread=plots.spread.get(position),
                signals=plots.signals.get(position, ()),
            )
        )
        position += 1
    return judged


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


# --- what a viewer needs to draw it --------------------------------------------------------------


def definition(chart: Chart, line_name: Text) -> Definition:
    """All that is needed to draw the chart, with its present limits."""
    one = chart.characteristic
    limits = chart.state.limits if chart.frozen else None
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
        location=None if limits is None else _lines(limits.location),
        spread=None if limits is None or limits.spread is None else _lines(limits.spread, floor=0.0),
        collected=None if chart.frozen else len(chart.waiting) // one.chart.size,
        estimate_from=None if chart.frozen else one.chart.estimate_from,
    )


def _lines(lines: quality.Lines, floor: float = -math.inf) -> ChartLimits:
    """A limit at the floor of what the statistic can be is never crossed, and not drawn."""
    lower = lines.lower if lines.lower > floor else None
    return ChartLimits(center=lines.center, lower=lower, upper=lines.upper)
