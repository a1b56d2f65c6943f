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
from quality_creator.quality import rules, variables
from quality_creator.quality.chart import Estimation, Floats, Limits, Plan, Points, check_plan
from quality_creator.quality.estimate import choose
from quality_creator.quality.judge import judge, no_signals
from quality_creator.quality.state import State


def given(plan: Plan, *, center: float, sigma: float) -> Limits:
    """Limits from a known centre and sigma.

    Args:
        plan: The chart.
        center: The process mean, in the values' unit.
        sigma: One value's standard deviation.

    >>> given(Plan(kind="xbar-r", size=4), center=10.0, sigma=1.0).location
    Lines(center=10.0, lower=8.5, upper=11.5)
    """
    check_plan(plan)
    return variables.lines(plan, center, sigma)


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
        plan: The chart.
        values: In the order in which they were made, `plan.take` a point; any shape is read row
            by row. NaN is a missing value; an unequal subgroup ends in NaN.
        method: One of `estimate.METHODS`; without it, the chart's default.
        span: First point and the one after the last, from 0; all without it.
        exclude: Points to leave out, each with the reason.
        by: Who decided.

    Raises:
        BadInput: the values can't give limits, and why.
    """
    check_plan(plan)
    rows = _rows(plan, values)
    which = choose(len(rows), span, exclude or {})
    with np.errstate(all="ignore"):
        subgroups = variables.reduced(plan, rows, math.nan)
        return variables.estimate(plan, rows, subgroups, method=method, which=which, by=by)


def start(plan: Plan, limits: Limits) -> State:
    """A chart before its first value."""
    check_plan(plan)
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
        BadInput: a value is infinite.
    """
    plan = state.plan
    flat = _flat(values)
    waiting = len(state.pending)
    if waiting:
        flat = np.concatenate((np.array(state.pending), flat))
    count, rest = divmod(len(flat), plan.take)
    whole = len(flat) - rest
    chosen = rules.asked(plan.rules, plan.kind)
    with np.errstate(all="ignore"):
        subgroups = variables.reduced(plan, flat[:whole].reshape(count, plan.take), state.previous)
        plotted = variables.plot(plan, state.limits, subgroups)
        signals, history = judge(chosen, plotted, state.previous, state.history)
    points = Points(
        first=state.plotted,
        completed=plan.take - 1 - waiting,
        take=plan.take,
        location=plotted.location,
        spread=plotted.spread,
        location_lines=plotted.location_lines,
        spread_lines=plotted.spread_lines,
        signals=signals if count else no_signals(chosen),
    )
    after = State(
        plan=plan,
        limits=state.limits,
        plotted=state.plotted + count,
        pending=tuple(flat[whole:].tolist()),
        previous=float(plotted.location[-1]) if count else state.previous,
        memory=state.memory,
        history=history,
    )
    return after, points


def _flat(values: ArrayLike) -> Floats:
    try:
        flat = np.ascontiguousarray(values, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"values are numbers: {error}") from error
    # A finite sum has finite terms, which is nearly always so; only otherwise look at each.
    with np.errstate(all="ignore"):
        clear = math.isfinite(flat.sum())
    if not clear and np.isinf(flat).any():
        index = int(np.flatnonzero(np.isinf(flat))[0])
        raise BadInput(f"value {index} is infinite; a missing value is written NaN")
    return flat


def _rows(plan: Plan, values: ArrayLike) -> Floats:
    flat = _flat(values)
    if len(flat) % plan.take:
        raise BadInput(
            f"{len(flat)} values don't make whole points of {plan.take}; end a short subgroup with NaN"
        )
    return flat.reshape(-1, plan.take)
