"""Set up and run a chart: estimate or give limits, start, step.

    estimation = estimate(plan, values, by="Lin")
    state = start(plan, estimation.limits)
    state, points = step(state, more_values)

The state goes in and comes out; a stream cut anywhere gives the same points.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from quality_creator.model.errors import BadInput
from quality_creator.quality import attributes, multivariate, rules, variables, weighted
from quality_creator.quality.chart import (
    ATTRIBUTES,
    MULTIVARIATE,
    VARIABLES,
    WEIGHTED,
    AnyLimits,
    Estimation,
    Floats,
    Limits,
    MultivariateEstimation,
    MultivariateLimits,
    Plan,
    Points,
    check_plan,
)
from quality_creator.quality.estimate import choose
from quality_creator.quality.judge import Plotted, judge
from quality_creator.quality.state import State


def given(
    plan: Plan,
    *,
    center: float,
    sigma: float | None = None,
    found_in: float | None = None,
    dispersion: float = 1.0,
) -> Limits:
    """Limits from a known centre and sigma.

    Args:
        plan: The chart; one characteristic.
        center: The process mean, in the values' unit; of counts the mean of what is plotted.
        sigma: One value's standard deviation. Counts have theirs from the centre.
        found_in: Items or units of an ordinary point of `p`, `u` and Laney's; 1 without it.
        dispersion: Laney's sigma_z.

    >>> given(Plan(kind="xbar-r", size=4), center=10.0, sigma=1.0).location
    Lines(center=10.0, lower=8.5, upper=11.5)
    >>> given(Plan(kind="c"), center=16.0).location
    Lines(center=16.0, lower=4.0, upper=28.0)
    """
    _univariate(plan, "given_multivariate")
    if plan.kind in ATTRIBUTES:
        if sigma is not None:
            raise BadInput(f"the sigma of {plan.kind} follows from its centre; leave it out")
        if found_in is not None and not (math.isfinite(found_in) and found_in > 0.0):
            raise BadInput(f"a point was found in more than 0 items or units, not {found_in}")
        if dispersion != 1.0 and plan.kind not in attributes.LANEY:
            raise BadInput(f"{plan.kind} knows no dispersion of its own; Laney's charts do")
        return attributes.lines(plan, center, found_in, dispersion)
    if sigma is None:
        raise BadInput(f"given limits of {plan.kind} need a sigma as well as a centre")
    if plan.kind in WEIGHTED:
        return weighted.lines(plan, center, sigma)
    return variables.lines(plan, center, sigma)


def given_multivariate(plan: Plan, *, center: ArrayLike, covariance: ArrayLike) -> MultivariateLimits:
    """Limits from known means, shape (variables,), and their covariance, shape (variables, variables).

    >>> plan = Plan(kind="t2", variables=2, alpha=0.01)
    >>> round(given_multivariate(plan, center=[0, 0], covariance=[[1, 0], [0, 1]]).location.upper, 3)
    9.21
    """
    _multivariate(plan, "given")
    return multivariate.lines(plan, center, covariance)


def estimate(
    plan: Plan,
    values: ArrayLike,
    *,
    method: str | None = None,
    span: tuple[int, int] | None = None,
    exclude: Mapping[int, str] | None = None,
    by: str = "",
) -> Estimation:
    """Phase I: limits from data, with their record.

    Args:
        plan: The chart; one characteristic.
        values: In the order in which they were made, `plan.take` a point; any shape is read row
            by row. NaN is a missing value; an unequal subgroup ends in NaN.
        method: One of `estimate.METHODS`; without it, the chart's default.
        span: First point and the one after the last, from 0; all without it.
        exclude: Points to leave out, each with the reason.
        by: Who decided.

    Raises:
        BadInput: the values can't give limits, and why.

    >>> estimate(Plan(kind="c"), [3, 5, 4, 4], by="Lin").limits.location
    Lines(center=4.0, lower=0.0, upper=10.0)
    """
    _univariate(plan, "estimate_multivariate")
    rows = _rows(plan, values)
    which = choose(len(rows), span, exclude or {})
    with np.errstate(all="ignore"):
        if plan.kind not in VARIABLES:
            _finite(rows.reshape(-1), float(rows.sum()))
            if plan.kind in ATTRIBUTES:
                return attributes.estimate(plan, rows, method=method, which=which, by=by)
            return weighted.estimate(plan, rows, method=method, which=which, by=by)
        subgroups = variables.reduced(plan, rows, math.nan)
        _finite(rows.reshape(-1), subgroups.mean_sum)
        return variables.estimate(plan, rows, subgroups, method=method, which=which, by=by)


def estimate_multivariate(
    plan: Plan,
    values: ArrayLike,
    *,
    method: str | None = None,
    span: tuple[int, int] | None = None,
    exclude: Mapping[int, str] | None = None,
    by: str = "",
) -> MultivariateEstimation:
    """Phase I of several characteristics together; arguments as of `estimate`.

    Values are read row by row: each row has the characteristics of one item, and `plan.size`
    rows make a point. The method is one of `multivariate.METHODS`.
    """
    _multivariate(plan, "estimate")
    rows = _rows(plan, values)
    which = choose(len(rows), span, exclude or {})
    with np.errstate(all="ignore"):
        _finite(rows.reshape(-1), float(rows.sum()))
        return multivariate.estimate(plan, rows, method=method, which=which, by=by)


def start(plan: Plan, limits: AnyLimits) -> State:
    """A chart before its first value."""
    check_plan(plan)
    if isinstance(limits, MultivariateLimits) != (plan.kind in MULTIVARIATE):
        raise BadInput(f"these limits are not made for {plan.kind}")
    return State(plan=plan, limits=limits)


def step(state: State, values: ArrayLike) -> tuple[State, Points]:
    """Judge values in the order in which they were made.

    Args:
        state: What the last step returned, or `start()`.
        values: `plan.take` values a point; any shape is read row by row, n may be 0. NaN is a
            missing value: it breaks a run. The location of an `i-mr` chart is a view of them.

    Returns:
        The next state, and the points that the values completed. Values of a point that is not
        complete wait in the state.

    Raises:
        BadInput: a value is infinite, or can't be a count.

    >>> plan = Plan(kind="i-mr")
    >>> state = start(plan, given(plan, center=0.0, sigma=1.0))
    >>> state, points = step(state, [0.5, 3.5, 3.1])
    >>> list(points.signals)
    [Signal(row=1, rule='nelson-1', continuing=False), Signal(row=2, rule='nelson-1', continuing=True)]
    """
    plan = state.plan
    fresh = _flat(values)
    flat = np.concatenate((np.array(state.pending), fresh)) if state.pending else fresh
    whole = len(flat) - len(flat) % plan.take
    rows, rest = flat[:whole].reshape(-1, plan.take), flat[whole:]
    with np.errstate(all="ignore"):
        if plan.kind in VARIABLES:
            subgroups = variables.reduced(plan, rows, state.previous)
            _finite(fresh, subgroups.mean_sum + float(rest.sum()))
            assert isinstance(state.limits, Limits)
            plotted, memory = variables.plot(plan, state.limits, subgroups), state.memory
        else:
            _finite(fresh, float(fresh.sum()))
            plotted, memory = _plot(state, rows)
        return _judged(state, plotted, memory, rest)


def contributions(state: State, values: ArrayLike) -> Floats:
    """What drives T² or the MEWMA at the points that `step` would plot of the same state and values.

    Returns:
        By how much the statistic would be smaller without each variable; shape (points, variables).

    >>> plan = Plan(kind="t2", variables=2)
    >>> limits = given_multivariate(plan, center=[0, 0], covariance=[[1.0, 0.8], [0.8, 1.0]])
    >>> contributions(start(plan, limits), [1.0, -1.0]).round(3).tolist()
    [[9.0, 9.0]]
    """
    plan, limits = state.plan, state.limits
    if not isinstance(limits, MultivariateLimits):
        raise BadInput("{kind} judges one characteristic; nothing can be attributed", kind=plan.kind)
    flat = np.concatenate((np.array(state.pending), _flat(values)))
    rows = flat[: len(flat) - len(flat) % plan.take].reshape(-1, plan.take)
    with np.errstate(all="ignore"):
        return multivariate.contributions(plan, limits, rows, state.memory)


def analyse(
    plan: Plan,
    values: ArrayLike,
    *,
    method: str | None = None,
    span: tuple[int, int] | None = None,
    exclude: Mapping[int, str] | None = None,
    by: str = "",
) -> tuple[Estimation, State, Points]:
    """Estimate limits from a span of values and judge all of them by these, in one sweep.

    Arguments and errors as of `estimate`; the result is that of `estimate`, `start` and `step`
    one after the other.
    """
    _univariate(plan, "estimate_multivariate")
    if plan.kind not in VARIABLES:
        estimation = estimate(plan, values, method=method, span=span, exclude=exclude, by=by)
        return estimation, *step(start(plan, estimation.limits), values)
    rows = _rows(plan, values)
    which = choose(len(rows), span, exclude or {})
    with np.errstate(all="ignore"):
        subgroups = variables.reduced(plan, rows, math.nan)
        _finite(rows.reshape(-1), subgroups.mean_sum)
        estimation = variables.estimate(plan, rows, subgroups, method=method, which=which, by=by)
        plotted = variables.plot(plan, estimation.limits, subgroups)
        state, points = _judged(start(plan, estimation.limits), plotted, (), rows[:0, 0])
    return estimation, state, points


def _plot(state: State, rows: Floats) -> tuple[Plotted, tuple[float, ...]]:
    """The statistics of all charts but those of `VARIABLES`."""
    plan, limits = state.plan, state.limits
    if isinstance(limits, MultivariateLimits):
        return multivariate.plot(plan, limits, rows, state.memory)
    if plan.kind in WEIGHTED:
        return weighted.plot(plan, limits, rows, state.memory)
    return attributes.plot(plan, limits, rows), ()


def _judged(state: State, plotted: Plotted, memory: tuple[float, ...], rest: Floats) -> tuple[State, Points]:
    """The state after these points, and the points with their signals."""
    plan, count = state.plan, len(plotted.location)
    signals, history = judge(rules.asked(plan.rules, plan.kind), plotted, state.previous, state.history)
    points = Points(
        first=state.plotted,
        completed=plan.take - 1 - len(state.pending),
        take=plan.take,
        location=plotted.location,
        spread=plotted.spread,
        location_lines=plotted.location_lines,
        spread_lines=plotted.spread_lines,
        signals=signals,
    )
    after = State(
        plan=plan,
        limits=state.limits,
        plotted=state.plotted + count,
        pending=tuple(rest.tolist()),
        previous=float(plotted.location[-1]) if count else state.previous,
        memory=memory,
        history=history,
    )
    return after, points


def _univariate(plan: Plan, instead: str) -> None:
    check_plan(plan)
    if plan.kind in MULTIVARIATE:
        raise BadInput(f"{plan.kind} judges several characteristics together; call {instead}()")


def _multivariate(plan: Plan, instead: str) -> None:
    check_plan(plan)
    if plan.kind not in MULTIVARIATE:
        raise BadInput(f"{plan.kind} judges one characteristic; call {instead}()")


def _flat(values: ArrayLike) -> Floats:
    try:
        return np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"values are numbers: {error}") from error


def _finite(values: Floats, total: float) -> None:
    """Refuse infinities; a finite sum has only finite terms, which is nearly always so."""
    if not math.isfinite(total) and np.isinf(values).any():
        index = int(np.flatnonzero(np.isinf(values))[0])
        raise BadInput(f"value {index} is infinite; a missing value is written NaN")


def _rows(plan: Plan, values: ArrayLike) -> Floats:
    flat = _flat(values)
    if len(flat) % plan.take:
        raise BadInput(
            f"{len(flat)} values don't make whole points of {plan.take}; end a short subgroup with NaN"
        )
    return flat.reshape(-1, plan.take)
