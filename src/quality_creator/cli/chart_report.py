"""Judge a series and say so in the words of `qc chart --json`: the same fields for every chart."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import msgspec
import numpy as np

from quality_creator.cli.chart_series import Series
from quality_creator.model.characteristic import Specification
from quality_creator.model.errors import BadInput
from quality_creator.quality import arl, attributes
from quality_creator.quality.arl_rules import shewhart
from quality_creator.quality.chart import (
    ATTRIBUTES,
    MULTIVARIATE,
    VARIABLES,
    Estimation,
    Exclusion,
    Limits,
    MultivariateEstimation,
    MultivariateLimits,
    Plan,
    Points,
)
from quality_creator.quality.control import estimate, estimate_multivariate, given, start, step
from quality_creator.quality.multivariate import retrospective

if TYPE_CHECKING:
    from numpy.typing import NDArray

Line = float | list[float | None]
"""One number for all points, or one for each; null where there is none."""

SPREADS = {"i-mr": "moving range", "xbar-r": "range", "xbar-s": "standard deviation"}


@dataclass(frozen=True, slots=True)
class Question:
    """How a series is to be judged."""

    plan: Plan
    span: tuple[int, int] | None
    exclude: Mapping[int, str]
    by: str
    method: str | None
    center: float | None
    sigma: float | None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that holds at a point."""

    index: int
    """Of the point, from 0."""
    rule: str
    continuing: bool
    """False where the pattern completes, true at later points of the same pattern."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """The lower of a pair of charts."""

    statistic: str
    center: Line
    lower: Line
    upper: Line
    points: list[float | None]


class RunLength(msgspec.Struct, frozen=True, kw_only=True):
    """Points to the first false alarm, on average."""

    value: float
    standard_error: float


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """The specification, and how many values are outside it."""

    lower: float | None
    target: float | None
    upper: float | None
    outside: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What `qc chart --json` prints; docs/quality/json.md explains each field."""

    chart: str
    value: str
    size: int
    rules: tuple[str, ...]
    method: str
    constants: Mapping[str, float]
    span: tuple[int, int] | None
    used: int | None
    missing: int | None
    excluded: tuple[Exclusion, ...]
    by: str
    center: float | tuple[float, ...]
    sigma: Line | None
    lower: Line | None
    upper: Line
    points: list[float | None]
    signals: list[Found]
    spread: Spread | None = None
    sizes: list[float | None] | None = None
    labels: tuple[str, ...] | None = None
    sigma_z: float | None = None
    c_plus: list[float | None] | None = None
    c_minus: list[float | None] | None = None
    decision_interval: float | None = None
    covariance: tuple[tuple[float, ...], ...] | None = None
    upper_phase1: float | None = None
    upper_phase2: float | None = None
    in_control_arl: RunLength | None = None
    specification: Outside | None = None

    @property
    def decimals(self) -> int:
        """How many decimals show a thousandth of the distance between the limits."""
        lower, upper = np.broadcast_arrays(np.array(self.lower or 0.0, float), np.array(self.upper, float))
        distance = float(np.nanmax(upper - lower))
        return max(0, 3 - math.floor(math.log10(distance))) if distance > 0.0 else 3


def judge(question: Question, series: Series, specification: Specification) -> Report:
    """Estimate or take limits, judge every point, and report."""
    plan = question.plan
    outside = _outside(plan, series, specification)
    if plan.kind in MULTIVARIATE:
        return _several(question, series)
    if question.center is None and question.sigma is None:
        estimation = estimate(
            plan,
            series.values,
            method=question.method,
            span=question.span,
            exclude=question.exclude,
            by=question.by,
        )
        limits = estimation.limits
    else:
        estimation, limits = None, _given(question, series)
    _, points = step(start(plan, limits), series.values)
    spread = None
    if plan.kind in VARIABLES:
        assert points.spread_lines is not None
        spread = Spread(
            statistic=SPREADS[plan.kind],
            center=_line(points.spread_lines.center),
            lower=_line(points.spread_lines.lower),
            upper=_line(points.spread_lines.upper),
            points=_numbers(points.spread),
        )
    cusum = plan.kind == "cusum"
    return Report(
        chart=plan.kind,
        value=series.name,
        size=plan.size,
        rules=tuple(points.signals.names),
        **_record(estimation, question.by),
        center=limits.center,
        sigma=_sigma(plan, limits, series),
        lower=None if cusum else _line(points.location_lines.lower),
        upper=_line(points.location_lines.upper),
        points=_numbers(points.location),
        signals=_signals(points),
        spread=spread,
        sizes=_sizes(plan, series),
        labels=series.labels,
        sigma_z=limits.dispersion if plan.kind in attributes.LANEY else None,
        c_plus=_numbers(points.location) if cusum else None,
        c_minus=_numbers(points.spread) if cusum else None,
        decision_interval=plan.decision if cusum else None,
        in_control_arl=_in_control(plan),
        specification=outside,
    )


def _several(question: Question, series: Series) -> Report:
    plan = question.plan
    if question.center is not None or question.sigma is not None:
        raise BadInput(f"{plan.kind} has a centre for each column; estimate its limits with --limits-from")
    estimation = estimate_multivariate(
        plan,
        series.values,
        method=question.method,
        span=question.span,
        exclude=question.exclude,
        by=question.by,
    )
    limits = estimation.limits
    _, later = step(start(plan, limits), series.values)
    _, used = step(start(plan, retrospective(limits)), series.values)
    numbers = np.arange(len(later))
    first, last = estimation.span
    within = (numbers >= first) & (numbers < last)
    # Points that made the limits have another distribution than those that come later.
    rows = sorted(row for row in used.signals.row.tolist() if within[row])
    rows += sorted(row for row in later.signals.row.tolist() if not within[row])
    name = later.signals.names[0]
    phases = plan.kind == "t2"
    return Report(
        chart=plan.kind,
        value=series.name,
        size=plan.size,
        rules=tuple(later.signals.names),
        **_record(estimation, question.by),
        center=limits.center,
        sigma=None,
        lower=limits.location.lower,
        upper=_line(np.where(within, limits.retrospective, limits.location.upper)),
        points=_numbers(later.location),
        signals=[Found(index=row, rule=name, continuing=row - 1 in rows) for row in sorted(rows)],
        labels=series.labels,
        covariance=limits.covariance,
        upper_phase1=limits.retrospective if phases else None,
        upper_phase2=limits.location.upper if phases else None,
        in_control_arl=_in_control(plan, limits),
    )


def _given(question: Question, series: Series) -> Limits:
    plan = question.plan
    if question.span is not None or question.exclude or question.method is not None:
        raise BadInput("given limits are not estimated; leave --limits-from, --exclude and --method out")
    if question.center is None:
        raise BadInput("a given --sigma needs a --center")
    found_in = None
    if plan.kind in ATTRIBUTES and plan.take == 2:
        found_in = float(np.nanmean(series.values[:, 1]))
    return given(plan, center=question.center, sigma=question.sigma, found_in=found_in)


class _Record(TypedDict):
    method: str
    constants: Mapping[str, float]
    span: tuple[int, int] | None
    used: int | None
    missing: int | None
    excluded: tuple[Exclusion, ...]
    by: str


def _record(estimation: Estimation | MultivariateEstimation | None, by: str) -> _Record:
    if estimation is None:
        return _Record(method="given", constants={}, span=None, used=None, missing=None, excluded=(), by=by)
    return _Record(
        method=estimation.method,
        constants=estimation.constants if isinstance(estimation, Estimation) else {},
        span=estimation.span,
        used=estimation.used,
        missing=estimation.missing,
        excluded=estimation.excluded,
        by=by,
    )


def _sigma(plan: Plan, limits: Limits, series: Series) -> Line:
    if plan.kind in ("p", "laney-p"):
        return _line(limits.sigma / np.sqrt(series.values[:, 1]))
    return limits.sigma


def _sizes(plan: Plan, series: Series) -> list[float | None] | None:
    if plan.kind in ATTRIBUTES:
        return _numbers(series.values[:, 1]) if plan.take == 2 else None
    there = (~np.isnan(series.values)).sum(axis=1)
    return _numbers(there.astype(float)) if (there != plan.size).any() and plan.size > 1 else None


def _signals(points: Points) -> list[Found]:
    return [
        Found(index=signal.row, rule=signal.rule, continuing=signal.continuing) for signal in points.signals
    ]


def _in_control(plan: Plan, limits: MultivariateLimits | None = None) -> RunLength | None:
    """The expected false alarms of the choice; counts have none that holds for all."""
    if plan.kind in VARIABLES:
        if not plan.rules or plan.width <= 2.0:
            return None
        found = shewhart(plan.rules, 0.0, plan.width)
        return _finite(RunLength(value=found.value, standard_error=found.standard_error))
    try:
        match plan.kind:
            case "ewma" if plan.settled or plan.weight >= 0.02:  # below it would take minutes
                value = arl.ewma(plan.weight, plan.width, settled=plan.settled)
            case "cusum":
                value = arl.cusum(plan.slack, plan.decision, head_start=plan.head_start)
            case "t2":
                value = 1.0 / plan.alpha
            case "mewma" if limits is not None:
                value = arl.mewma(plan.weight, plan.variables, limits.location.upper)
            case _:
                return None
    except BadInput:  # a choice that can be charted and not reckoned
        return None
    return _finite(RunLength(value=value, standard_error=0.0))


def _finite(length: RunLength) -> RunLength | None:
    return length if math.isfinite(length.value) else None


def _outside(plan: Plan, series: Series, specification: Specification) -> Outside | None:
    lower, target, upper = specification.lower, specification.target, specification.upper
    if lower is None and target is None and upper is None:
        return None
    if plan.kind in ATTRIBUTES + MULTIVARIATE:
        raise BadInput(
            f"a specification is for single measurements; leave --lsl, --usl and --target out of {plan.kind}"
        )
    below = 0 if lower is None else int((series.values < lower).sum())
    above = 0 if upper is None else int((series.values > upper).sum())
    return Outside(lower=lower, target=target, upper=upper, outside=below + above)


def _line(line: "float | NDArray[np.float64]") -> Line:
    """One number where it is the same for all points."""
    if not isinstance(line, np.ndarray):
        return float(line)
    if len(line) and (line == line[0]).all():
        return float(line[0])
    return _numbers(line)


def _numbers(values: "NDArray[np.float64]") -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values.tolist()]
