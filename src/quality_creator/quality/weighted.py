"""Charts that remember: EWMA and the tabular CUSUM, for small shifts.

Both plot means of `size` values in units of the process sigma. An EWMA's limits widen over the
first points, because the variance of its statistic has not settled yet. A missing point leaves
the statistic where it was.

Source: Roberts (1959), Technometrics 1(3); Page (1954), Biometrika 41; Lucas and Crosier (1982),
Technometrics 24(3), for the fast initial response; Montgomery, chapter 9.
"""

import math
from itertools import accumulate

import numpy as np

from quality_creator.model.errors import BadInput
from quality_creator.quality import variables
from quality_creator.quality.chart import Estimation, Floats, Limits, Lines, Plan, PointLines
from quality_creator.quality.estimate import Chosen, chosen, record
from quality_creator.quality.judge import Plotted
from quality_creator.quality.subgroups import reduce

Memory = tuple[float, ...]
"""EWMA: z and its variance in sigma²; CUSUM: C+ and C-. Empty before the first point."""


def lines(plan: Plan, center: float, sigma: float) -> Limits:
    """Limits around a known centre and sigma; an EWMA's are those of its settled variance."""
    if not (math.isfinite(center) and math.isfinite(sigma) and sigma > 0.0):
        raise BadInput(
            f"a centre is a finite and sigma a positive number, not {center} and {sigma}; "
            "constant values have no control limits"
        )
    if plan.kind == "cusum":
        decision = Lines(center=0.0, lower=0.0, upper=plan.decision)
        return Limits(center=center, sigma=sigma, location=decision, spread=decision)
    reach = plan.width * sigma * math.sqrt(_settled(plan))
    if not (math.isfinite(center - reach) and math.isfinite(center + reach)):
        raise BadInput(
            f"limits {plan.width} sigma around {center} leave the range of numbers; scale the values"
        )
    location = Lines(center=center, lower=center - reach, upper=center + reach)
    return Limits(center=center, sigma=sigma, location=location)


def estimate(plan: Plan, rows: Floats, *, method: str | None, which: Chosen, by: str) -> Estimation:
    """Centre and sigma from the chosen points of shape (points, size), with their record."""
    name = chosen(plan, method)
    process = variables.understand(plan, rows, variables.reduced(plan, rows, math.nan), name, which)
    limits = lines(plan, process.center, process.sigma.value)
    return record(
        plan, method=name, sigma=process.sigma, which=which, used=process.used, by=by, limits=limits
    )


def plot(plan: Plan, limits: Limits, rows: Floats, memory: Memory) -> tuple[Plotted, Memory]:
    """The statistics of rows of shape (points, size), and what to remember after them."""
    if plan.size == 1:
        means, counts = rows[:, 0], np.ones(len(rows))
    else:
        subgroups = reduce(rows, "range")
        means = subgroups.mean
        counts = np.full(len(rows), float(plan.size))
        if subgroups.count is not None:
            counts[:] = subgroups.count
    return (_ewma if plan.kind == "ewma" else _cusum)(plan, limits, means, counts, memory)


def _settled(plan: Plan) -> float:
    return plan.weight / (2.0 - plan.weight) / plan.size


def _ewma(
    plan: Plan, limits: Limits, means: Floats, counts: Floats, memory: Memory
) -> tuple[Plotted, Memory]:
    z, variance = memory or (limits.center, 0.0)
    weight, kept = plan.weight, 1.0 - plan.weight
    seen = ~np.isnan(means)
    # One operation after the other, so that a cut between two points moves no digit.
    steps = accumulate((weight * means[seen]).tolist(), lambda old, new: new + kept * old, initial=z)
    values = np.array(list(steps))
    fades = kept * kept
    spreads = (weight * weight / counts[seen]).tolist()
    variances = np.array(list(accumulate(spreads, lambda old, new: new + fades * old, initial=variance)))
    location = np.full(len(means), np.nan)
    location[seen] = values[1:]
    after = (float(values[-1]), float(variances[-1]))
    nothing = np.full(len(means), np.nan)
    if plan.settled:
        unit = limits.sigma * math.sqrt(_settled(plan))
        return Plotted(location, nothing, unit, limits.location, None), after
    units = limits.sigma * np.sqrt(variances[np.cumsum(seen)])
    center = np.full(len(means), limits.center)
    reach = plan.width * units
    drawn = PointLines(center=center, lower=center - reach, upper=center + reach)
    return Plotted(location, nothing, units, drawn, None), after


def _cusum(
    plan: Plan, limits: Limits, means: Floats, counts: Floats, memory: Memory
) -> tuple[Plotted, Memory]:
    seen = ~np.isnan(means)
    scores = (means[seen] - limits.center) / (limits.sigma / np.sqrt(counts[seen]))
    # Far beyond every h, and still a number after any number of points.
    scores = np.clip(scores, -1e150, 1e150)
    slack, decision, head, reset = plan.slack, plan.decision, plan.head_start, plan.reset

    def onward(old: Memory, score: float) -> Memory:
        high, low = old
        if reset and (high > decision or low > decision):
            high = low = head
        return max(0.0, high + score - slack), max(0.0, low - score - slack)

    passed = list(accumulate(scores.tolist(), onward, initial=memory or (head, head)))
    sums = np.full((len(means), 2), np.nan)
    sums[seen] = np.reshape(passed[1:], (-1, 2))
    plotted = Plotted(sums[:, 0].copy(), sums[:, 1].copy(), 1.0, limits.location, limits.spread)
    return plotted, passed[-1]
