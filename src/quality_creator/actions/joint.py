"""From measurements to judged observations: one chart of several characteristics, from collecting to limits.

Pure: a chart and what came of its characteristics go in, the next chart and points come out, and it does not
matter how the stream is cut. As `judging`, for charts that judge several characteristics together: until the
first `estimate_from` points have given the limits, observations are numbered and nothing is judged; then the
chart goes on as if it had had the limits from its first collected observation.

Limits that a person freezes let a MEWMA begin anew: what it remembered was measured against another centre.
"""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from quality_creator import quality
from quality_creator.actions import joining
from quality_creator.actions.joining import Arrival, Observation
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.model.event import ChartLimits, JointDefinition, JointPoint, Signal
from quality_creator.model.ids import LineId
from quality_creator.model.joint import JointChart
from quality_creator.model.joint_row import JointRow, Waiting
from quality_creator.model.text import Text


@dataclass(frozen=True, slots=True)
class Joint:
    """A chart of several characteristics between two steps."""

    chart: JointChart
    """With what a person chose for it."""
    state: quality.State
    frozen: bool
    """Whether the state has the limits that judge; while collecting, its limits mean nothing."""
    collected: tuple[float, ...]
    points: int
    """The number of the next observation."""
    waiting: Waiting

    @property
    def place(self) -> int:
        """How many measurements of its characteristics there were before: where in its stream it stands."""
        return sum(self.waiting.seen)

    @property
    def limits(self) -> quality.MultivariateLimits | None:
        """Those that judge; None while they are collected for."""
        limits = self.state.limits
        return limits if self.frozen and isinstance(limits, quality.MultivariateLimits) else None

    def row(self) -> JointRow:
        """As the store keeps it."""
        return JointRow(
            chart=self.chart.id,
            plan=self.chart,
            state=quality.encode(self.state),
            frozen=self.frozen,
            collected=self.collected,
            points=self.points,
            waiting=self.waiting,
        )


@dataclass(frozen=True, slots=True)
class Judgement:
    """What came of measurements: one point for each observation that they completed."""

    joint: Joint
    observations: Sequence[Observation]
    points: Sequence[JointPoint]
    uppers: Sequence[float | None]
    """The limit of each point's time."""
    estimations: Sequence[quality.MultivariateEstimation] = ()
    """Limits that were frozen on the way; at most one."""


# --- where a chart begins ------------------------------------------------------------------------


def fresh(chart: JointChart, seen: Sequence[int], *, plotted: int = 0, points: int = 0) -> Joint:
    """A chart before its first value, or, with numbers to go on from, before its next.

    Args:
        chart: The chart.
        seen: Numbers of its characteristics' next measurements.
        plotted: Of the next point.
        points: Of the next observation.
    """
    return _beginning(chart, joining.nothing(seen), plotted=plotted, points=points)


def _beginning(chart: JointChart, waiting: Waiting, *, plotted: int, points: int) -> Joint:
    plan, given = plan_of(chart), chart.limits
    p = len(chart.characteristics)
    if given is not None:
        limits = quality.given_multivariate(plan, center=given.center, covariance=given.covariance)
    else:  # these limits judge nothing
        one = [[float(i == j) for j in range(p)] for i in range(p)]
        limits = _unjudging(plan, one)
    state = msgspec.structs.replace(quality.start(plan, limits), plotted=plotted)
    return Joint(chart, state, given is not None, (), points, waiting)


def _unjudging(plan: quality.Plan, unit: Sequence[Sequence[float]]) -> quality.MultivariateLimits:
    """Limits that a chart has while it has none: with these no MEWMA's threshold needs to be sought."""
    p = float(plan.variables)
    return quality.MultivariateLimits(
        center=(0.0,) * plan.variables,
        covariance=tuple(map(tuple, unit)),
        location=quality.Lines(center=p, lower=0.0, upper=sys.float_info.max),
        retrospective=sys.float_info.max,
    )


def resumed(chart: JointChart, row: JointRow, seen: Sequence[int]) -> Joint:
    """A chart that goes on where it was kept.

    When the configuration's plan is another than the one that was kept, the chart begins anew and the
    numbers go on; a MEWMA keeps its centre and covariance until the configuration gives other ones, and has
    the h of its new plan. Where measurements passed while the chart was not configured, what
    waited is let go.
    """
    try:
        state = quality.decode(row.state)
    except BadPayload as error:
        raise BadPayload(f"the chart {chart.id!r} in the database: {error}") from error
    old, waiting = row.plan, row.waiting
    if old.characteristics != chart.characteristics:
        return fresh(chart, seen, plotted=state.plotted, points=row.points)
    if waiting.seen != tuple(seen):
        waiting = joining.skipped(waiting, seen)
    elif _joining(old) != _joining(chart):
        waiting = joining.skipped(waiting, waiting.seen)
    if plan_of(old) == plan_of(chart) and old.limits == chart.limits:
        return Joint(chart, state, row.frozen, row.collected, row.points, waiting)
    limits = state.limits
    same = (old.kind, old.size, old.limits) == (chart.kind, chart.size, chart.limits)
    if row.frozen and same and chart.kind == "mewma":
        # Another h around the same centre. A T² limit depends on how many points gave the covariance, too.
        assert isinstance(limits, quality.MultivariateLimits)
        plan = plan_of(chart)
        limits = quality.given_multivariate(plan, center=limits.center, covariance=limits.covariance)
        begun = msgspec.structs.replace(quality.start(plan, limits), plotted=state.plotted)
        return Joint(chart, begun, True, (), row.points, waiting)
    return _beginning(chart, waiting, plotted=state.plotted, points=row.points)


def _joining(chart: JointChart) -> tuple[object, ...]:
    return chart.join, chart.tolerance_s, chart.lags_s, chart.wait


def under(joint: Joint, limits: quality.MultivariateLimits) -> Joint:
    """The chart with these limits, from its next point on."""
    state = quality.start(plan_of(joint.chart), limits)
    state = msgspec.structs.replace(state, plotted=joint.state.plotted, pending=joint.state.pending)
    return replace(joint, state=state, frozen=True, collected=())


def renamed(joint: Joint, chart: JointChart) -> Joint:
    """The chart as it stands, where something else than the judging changed."""
    return replace(joint, chart=chart)


def plan_of(chart: JointChart) -> quality.Plan:
    """The plan in the words of the statistics room."""
    return quality.Plan(
        kind=chart.kind,
        size=chart.size,
        rules=(),
        weight=chart.weight,
        variables=len(chart.characteristics),
        alpha=chart.alpha,
    )


def estimate(
    chart: JointChart,
    values: Sequence[float],
    *,
    method: str | None = None,
    exclude: Mapping[int, str] | None = None,
    by: str,
) -> quality.MultivariateEstimation:
    """Limits from whole points, observation by observation. Raises BadInput."""
    return quality.estimate_multivariate(plan_of(chart), values, method=method, exclude=exclude, by=by)


# --- judging -------------------------------------------------------------------------------------


def judge(joint: Joint, arrivals: Sequence[Arrival]) -> Judgement:
    """Join, number, plot and judge what came of the characteristics, in the order of arrival."""
    waiting, observations = joining.join(joint.chart, joint.waiting, arrivals)
    joint = replace(joint, waiting=waiting)
    points: list[JointPoint] = []
    uppers: list[float | None] = []
    estimations: list[quality.MultivariateEstimation] = []
    done = 0
    while done < len(observations):
        part = observations[done : done + _stretch(joint)]
        joint, judged = _step(joint, part)
        points += judged
        limits = joint.limits
        uppers += [None if limits is None else limits.location.upper] * len(judged)
        done += len(part)
        if not joint.frozen and _missing(joint) <= 0:
            joint, estimation = _freeze(joint)
            estimations += [estimation] if estimation else []
    return Judgement(joint, observations, points, uppers, estimations)


def _step(joint: Joint, observations: Sequence[Observation]) -> tuple[Joint, list[JointPoint]]:
    """Judge observations while nothing is to be done about the chart."""
    values = [value for one in observations for value in one.values]
    variables = len(joint.chart.characteristics)
    state, points = quality.step(joint.state, values)
    parts = quality.contributions(joint.state, values).tolist() if joint.frozen else []
    judged = [
        JointPoint(chart=joint.chart.id, index=joint.points + n, time=one.time, of=one.of, status=one.status)
        for n, one in enumerate(observations)
    ]
    signals: dict[int, tuple[Signal, ...]] = {}
    for found in points.signals if joint.frozen else ():
        signal = Signal(rule=found.rule, continuing=found.continuing)
        signals[found.row] = (*signals.get(found.row, ()), signal)
    for row, place in enumerate(points.value_index.tolist()):
        at = place // variables
        judged[at] = msgspec.structs.replace(
            judged[at],
            plotted=points.first + row,
            location=float(points.location[row]) if joint.frozen else None,
            parts=tuple(parts[row]) if joint.frozen else (),
            signals=signals.get(row, ()),
        )
    collected = () if joint.frozen else (*joint.collected, *values)
    after = replace(joint, state=state, collected=collected, points=joint.points + len(observations))
    return after, judged


def _stretch(joint: Joint) -> int:
    """How many observations are judged before something is to be done about the chart."""
    return sys.maxsize if joint.frozen else max(_missing(joint), 1)


def _missing(joint: Joint) -> int:
    """How many observations are still to be collected; fewer than 0 where fewer are asked for than before."""
    chart = joint.chart
    return chart.estimate_from * chart.size - len(joint.collected) // len(chart.characteristics)


def _freeze(joint: Joint) -> tuple[Joint, quality.MultivariateEstimation | None]:
    """Freeze what the collected points give; what can't give limits is let go, for others to be collected."""
    try:
        estimation = estimate(joint.chart, joint.collected, by="the first points")
    except BadInput:
        return replace(joint, collected=()), None
    state = quality.start(plan_of(joint.chart), estimation.limits)
    # Seen again with the limits, so that a MEWMA goes on; what is found was aired long ago and is not told.
    state, _ = quality.step(state, joint.collected)
    state = msgspec.structs.replace(state, plotted=joint.state.plotted)
    return replace(joint, state=state, frozen=True, collected=()), estimation


# --- what a viewer needs to draw it --------------------------------------------------------------


def definition(joint: Joint, line: LineId, line_name: Text) -> JointDefinition:
    """All that is needed to draw the chart, with its present limits."""
    chart, limits = joint.chart, joint.limits
    sigma: tuple[float, ...] = ()
    correlation: tuple[tuple[float, ...], ...] = ()
    if limits is not None:
        sigma = tuple(math.sqrt(limits.covariance[n][n]) for n in range(len(limits.center)))
        correlation = tuple(
            tuple(cell / sigma[i] / sigma[j] for j, cell in enumerate(row))
            for i, row in enumerate(limits.covariance)
        )
    return JointDefinition(
        chart=chart.id,
        name=chart.name,
        line=line,
        line_name=line_name,
        kind=chart.kind,
        characteristics=chart.characteristics,
        size=chart.size,
        alpha=chart.alpha,
        weight=chart.weight if chart.kind == "mewma" else None,
        location=None
        if limits is None
        else ChartLimits(center=limits.location.center, upper=limits.location.upper),
        mean=() if limits is None else limits.center,
        sigma=sigma,
        correlation=correlation,
        collected=None if joint.frozen else len(joint.collected) // plan_of(chart).take,
        estimate_from=None if joint.frozen else chart.estimate_from,
        alone=joint.waiting.alone if any(joint.waiting.alone) else (),
    )
