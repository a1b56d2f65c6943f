"""Charts of measurements: I-MR, Xbar-R and Xbar-S, of equal or unequal subgroups.

Source: Shewhart (1931); Montgomery, chapter 6; ISO 7870-2; NIST/SEMATECH e-Handbook 6.3.2.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quality_creator.model.errors import BadInput
from quality_creator.quality.chart import Estimation, Floats, Limits, Lines, Plan, PointLines
from quality_creator.quality.constants import c4, c5
from quality_creator.quality.estimate import (
    Chosen,
    Method,
    Sigma,
    chosen,
    individuals_sigma,
    mean,
    needed_spread,
    range_constants,
    record,
    subgroups_sigma,
)
from quality_creator.quality.judge import Plotted
from quality_creator.quality.subgroups import Spread, Subgroups, individuals, reduce


def spread_constants(plan: Plan, n: int) -> tuple[float, float]:
    """Mean and standard deviation of the chart's spread of n values of sigma 1."""
    if plan.kind == "xbar-s":
        return c4(n), c5(n)
    ranges = range_constants(plan)
    return ranges.d2(2 if plan.kind == "i-mr" else n), ranges.d3(2 if plan.kind == "i-mr" else n)


def lines(plan: Plan, center: float, sigma: float, *, spread_center: float | None = None) -> Limits:
    """Limits for points of the plan's size.

    Args:
        plan: Its kind is one of `chart.VARIABLES`.
        center: Mean of the values.
        sigma: Standard deviation of one value.
        spread_center: The weighted mean spread of unequal subgroups; it then serves them all.
    """
    if math.isnan(center) or math.isnan(sigma):
        raise BadInput(f"a centre and a sigma are numbers, not {center} and {sigma}")
    if not (math.isfinite(center) and math.isfinite(sigma)):
        raise BadInput(
            f"a centre of {center} and a sigma of {sigma} leave the range of numbers; scale the values"
        )
    if sigma <= 0.0:
        raise BadInput(f"sigma is a positive number, not {sigma}; constant values have no control limits")
    reach = plan.width * sigma / math.sqrt(plan.size)
    mean, deviation = spread_constants(plan, plan.size)
    middle = mean * sigma if spread_center is None else spread_center
    limits = Limits(
        center=center,
        sigma=sigma,
        location=Lines(center=center, lower=center - reach, upper=center + reach),
        spread=Lines(
            center=middle,
            lower=max(0.0, middle - plan.width * deviation * sigma),
            upper=middle + plan.width * deviation * sigma,
        ),
        common_spread=spread_center is not None,
    )
    assert limits.spread is not None
    if not all(map(math.isfinite, (limits.location.lower, limits.location.upper, limits.spread.upper))):
        raise BadInput(
            f"limits {plan.width} sigma around {center} leave the range of numbers; scale the values"
        )
    return limits


def reduced(plan: Plan, rows: Floats, previous: float) -> Subgroups:
    """The mean and the chart's spread of rows of shape (points, size).

    Args:
        plan: Individuals have their moving range for a spread.
        rows: One point's values each; NaN is a missing value.
        previous: The individual before the first; NaN when there was none.
    """
    if plan.size == 1:
        return individuals(rows[:, 0], previous)
    return reduce(rows, shown(plan))


def estimate(
    plan: Plan, rows: Floats, subgroups: Subgroups, *, method: str | None, which: Chosen, by: str
) -> Estimation:
    """Limits from the chosen points, with their record.

    Args:
        plan: Its kind is one of `chart.VARIABLES`.
        rows: All values, shape (points, size).
        subgroups: What `reduced` made of all rows, after nothing.
        method: One of `estimate.methods(plan)`; None for the first of them.
        which: The points to use.
        by: Who decided.
    """
    name = chosen(plan, method)
    process = understand(plan, rows, subgroups, name, which)
    limits = lines(plan, process.center, process.sigma.value, spread_center=process.spread_center)
    return record(
        plan, method=name, sigma=process.sigma, which=which, used=process.used, by=by, limits=limits
    )


@dataclass(frozen=True, slots=True)
class Process:
    """What a span of data says about the process."""

    center: float
    sigma: Sigma
    used: int
    spread_center: float | None
    """The weighted mean spread where subgroups are unequal."""


def understand(plan: Plan, rows: Floats, subgroups: Subgroups, method: Method, which: Chosen) -> Process:
    """Centre and sigma of the process from the chosen points; arguments as of `estimate`."""
    first, last = which.span
    # The sums were taken along the way; where a value is missing or left out they don't serve.
    sums = (subgroups.mean_sum, subgroups.spread_sum)
    whole = not which.excluded and (first, last) == (0, len(rows)) and all(map(math.isfinite, sums))
    if plan.size == 1:
        return _from_individuals(plan, rows[first:last, 0], subgroups if whole else None, method, which)
    pictured = shown(plan)
    if not whole:
        rows = rows[first:last][which.kept]
        rows = rows[~np.isnan(rows).all(axis=1)]
        subgroups = reduce(rows, pictured)
    _enough(len(rows))
    needed = needed_spread(method)
    sigma = subgroups_sigma(plan, subgroups if needed == pictured else reduce(rows, needed), method)
    if subgroups.count is None:
        return Process(_mean(subgroups), sigma, len(rows), None)
    weight = subgroups.count / subgroups.count.sum()
    center = float((subgroups.mean * weight).sum())
    return Process(center, sigma, len(rows), _weighted_spread(subgroups))


def _from_individuals(
    plan: Plan, values: Floats, whole: Subgroups | None, method: Method, which: Chosen
) -> Process:
    if whole is None:
        whole = individuals(np.where(which.kept, values, np.nan), math.nan)
    present = whole.mean if math.isfinite(whole.mean_sum) else whole.mean[~np.isnan(whole.mean)]
    _enough(len(present))
    center = _mean(whole) if present is whole.mean else mean(present)
    return Process(center, individuals_sigma(plan, whole, method), len(present), None)


def _mean(subgroups: Subgroups) -> float:
    if math.isfinite(subgroups.mean_sum):
        return subgroups.mean_sum / len(subgroups.mean)
    return mean(subgroups.mean)


def _weighted_spread(subgroups: Subgroups) -> float:
    assert subgroups.count is not None
    usable = ~np.isnan(subgroups.spread)
    counts = subgroups.count[usable]
    return float((subgroups.spread[usable] * (counts / counts.sum())).sum())


def shown(plan: Plan) -> Spread:
    """Which spread of its subgroups the chart shows."""
    return "range" if plan.kind == "xbar-r" else "deviation"


def _enough(points: int) -> None:
    if points < 2:
        raise BadInput(f"an estimation needs at least 2 points with values, not {points}")


def plot(plan: Plan, limits: Limits, subgroups: Subgroups) -> Plotted:
    """What `reduced` made, with the lines it is judged by."""
    if subgroups.count is None:
        unit = limits.sigma / math.sqrt(plan.size)
        return Plotted(subgroups.mean, subgroups.spread, unit, limits.location, limits.spread)
    counts = subgroups.count
    units = _per_count(plan, lambda n: limits.sigma / math.sqrt(n))[counts]
    center = np.full(len(counts), limits.center)
    reach = plan.width * units
    return Plotted(
        subgroups.mean,
        subgroups.spread,
        units,
        PointLines(center=center, lower=center - reach, upper=center + reach),
        _spread_lines(plan, limits, subgroups),
    )


def _spread_lines(plan: Plan, limits: Limits, subgroups: Subgroups) -> PointLines:
    assert limits.spread is not None
    assert subgroups.count is not None
    middle = limits.spread.center if limits.common_spread else None

    def center(n: int) -> float:
        return spread_constants(plan, n)[0] * limits.sigma if middle is None else middle

    def reach(n: int) -> float:
        return plan.width * spread_constants(plan, n)[1] * limits.sigma

    centers = _per_count(plan, center, least=2)[subgroups.count]
    reaches = _per_count(plan, reach, least=2)[subgroups.count]
    return PointLines(center=centers, lower=np.maximum(0.0, centers - reaches), upper=centers + reaches)


def _per_count(plan: Plan, value: Callable[[int], float], least: int = 1) -> Floats:
    """`value(n)` at index n, NaN where n values make no statistic."""
    return np.array([value(n) if n >= least else math.nan for n in range(plan.size + 1)])
