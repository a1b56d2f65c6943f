"""Phase I: limits from a span of data, with the record of how they came to be.

Estimation is one act. What it returns names the span, the method with its constants, what was
left out and why, and who decided; judging uses the limits as frozen and never moves them.

Source: Montgomery, chapters 6 and 7; ISO 7870-2; Burr (1969), JQT 1(3), for unequal subgroups.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput, Words
from quality_creator.quality.chart import Estimation, Exclusion, Floats, Limits, Plan
from quality_creator.quality.constants import c4, c5, d2, d3
from quality_creator.quality.subgroups import Spread, Subgroups

Method = Literal["mrbar", "median-mr", "sd", "rbar", "rbar-mvlue", "sbar", "sbar-mvlue", "pooled"]

METHODS: dict[Method, str] = {
    "mrbar": "mean moving range / d2(2)",
    "median-mr": "median moving range / its median for sigma 1 (0.954)",
    "sd": "standard deviation / c4(count)",
    "rbar": "mean of range / d2(n)",
    "rbar-mvlue": "ranges with the weights of least variance",
    "sbar": "mean of standard deviation / c4(n)",
    "sbar-mvlue": "standard deviations with the weights of least variance",
    "pooled": "root of the pooled variance / c4(degrees of freedom + 1)",
}

INDIVIDUAL: tuple[Method, ...] = ("mrbar", "median-mr", "sd")
RANGED: tuple[Method, ...] = ("rbar", "rbar-mvlue")
SUBGROUPED: tuple[Method, ...] = (*RANGED, "sbar", "sbar-mvlue", "pooled")

MEDIAN_MOVING_RANGE = 0.9538725524
"""Median of |x − y| of two standard normal values: √2 times the upper quartile of the normal."""


@dataclass(frozen=True, slots=True)
class Sigma:
    """A process sigma and the constants that made it."""

    value: float
    constants: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class RangeConstants:
    """d2 and d3 as the plan wants them."""

    d2: Callable[[int], float]
    d3: Callable[[int], float]


def range_constants(plan: Plan) -> RangeConstants:
    """The constants of ranges: exact, or rounded as printed tables have them."""
    if plan.constants == "exact":
        return RangeConstants(d2, d3)
    return RangeConstants(lambda n: round(d2(n), 3), lambda n: round(d3(n), 3))


def methods(plan: Plan) -> tuple[Method, ...]:
    """The methods that fit the plan, the default first."""
    if plan.size == 1:
        return INDIVIDUAL
    if plan.kind == "xbar-s" or (plan.kind != "xbar-r" and plan.size > 8):
        return ("sbar", "sbar-mvlue", "pooled", *RANGED)
    return SUBGROUPED


def chosen(plan: Plan, method: str | None) -> Method:
    """The method to use: the asked one, or the plan's default."""
    fitting = methods(plan)
    if method is None:
        return fitting[0]
    for name in fitting:
        if name == method:
            return name
    raise BadInput(
        "{method!r} does not estimate the sigma of {kind}; choose one of {fitting}",
        method=method,
        kind=plan.kind,
        fitting=tuple(fitting),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Which points an estimation uses."""

    span: tuple[int, int]
    kept: NDArray[np.bool_]
    """For each point of the span."""
    excluded: tuple[Exclusion, ...]

    def cut(self, values: Floats) -> Floats:
        """The span's values, with NaN for those left out."""
        part = values[self.span[0] : self.span[1]]
        return part if not self.excluded else np.where(self.kept, part, np.nan)


def choose(points: int, span: tuple[int, int] | None, exclude: Mapping[int, str]) -> Chosen:
    """Check a span and its exclusions against the points that there are."""
    first, last = span or (0, points)
    if points == 0:
        raise BadInput("there are no values to estimate limits from")
    if not 0 <= first < last <= points:
        raise BadInput(
            "the span {first}:{last} is not inside the {points} points that there are (0:{points})",
            first=first,
            last=last,
            points=points,
        )
    kept = np.ones(last - first, np.bool_)
    for index, reason in exclude.items():
        if not first <= index < last:
            raise BadInput(
                "point {index} can't be left out: it is not in the span {first}:{last}",
                index=index,
                first=first,
                last=last,
            )
        if not reason.strip():
            raise BadInput("say why point {index} is left out", index=index)
        kept[index - first] = False
    excluded = tuple(Exclusion(index=index, reason=exclude[index]) for index in sorted(exclude))
    return Chosen((first, last), kept, excluded)


def record(
    plan: Plan, *, method: str, sigma: Sigma, which: Chosen, used: int, by: str, limits: Limits
) -> Estimation:
    """The record of an estimation that used `used` points."""
    return Estimation(
        kind=plan.kind,
        method=method,
        constants=dict(sigma.constants),
        span=which.span,
        used=used,
        excluded=which.excluded,
        missing=which.span[1] - which.span[0] - len(which.excluded) - used,
        by=by,
        limits=limits,
    )


def mean(values: Floats) -> float:
    """The mean of finite values, also where their sum overflows."""
    with np.errstate(over="ignore"):
        plain = float(values.sum()) / len(values)
    return plain if math.isfinite(plain) else float((values * 2.0**-70).sum()) / len(values) * 2.0**70


def individuals_sigma(plan: Plan, values: Subgroups, method: Method) -> Sigma:
    """Sigma of single values from the moving ranges between them, of which the first is none."""
    if method == "sd":
        present = values.mean[~np.isnan(values.mean)]
        _enough(len(present), Words("values"))
        return Sigma(_deviation(present) / c4(len(present)), {"c4": c4(len(present))})
    ranges = values.spread[1:]
    known = range_constants(plan)
    constants = {"d2": known.d2(2), "d3": known.d3(2)}
    if method == "mrbar" and math.isfinite(values.spread_sum) and len(ranges):
        return Sigma(values.spread_sum / len(ranges) / known.d2(2), constants)
    present = ranges[~np.isnan(ranges)]
    if not len(present):
        raise BadInput("a moving range needs at least 2 values in a row")
    if method == "median-mr":
        return Sigma(float(np.median(present)) / MEDIAN_MOVING_RANGE, {"d4": MEDIAN_MOVING_RANGE})
    return Sigma(mean(present) / known.d2(2), constants)


def subgroups_sigma(plan: Plan, subgroups: Subgroups, method: Method) -> Sigma:
    """Sigma of the values in subgroups whose spread is the one that `method` needs."""
    spread, counts = subgroups.spread, subgroups.count
    if counts is None:
        sizes = {plan.size: len(spread)}
    else:
        usable = ~np.isnan(spread)
        if not usable.any():
            raise BadInput("no subgroup has the 2 values that a spread within subgroups needs")
        spread, counts = spread[usable], counts[usable]
        found, often = np.unique(counts, return_counts=True)
        sizes = dict(zip(found.tolist(), often.tolist(), strict=True))
    if method == "pooled":
        return _pooled(spread, counts, plan.size)
    known = range_constants(plan)
    center, deviation = (known.d2, known.d3) if method in RANGED else (c4, c5)
    constants = _named((("d2", known.d2), ("d3", known.d3)) if method in RANGED else (("c4", c4),), sizes)
    if counts is None:
        total = subgroups.spread_sum
        average = total / len(spread) if math.isfinite(total) else mean(spread)
        return Sigma(average / center(plan.size), constants)
    centers = _table(center, sizes)[counts]
    if method in ("rbar", "sbar"):
        return Sigma(mean(spread / centers), constants)
    weights = centers / _table(deviation, sizes)[counts] ** 2
    return Sigma(mean(spread * weights) / mean(centers * weights), constants)


def needed_spread(method: Method) -> Spread:
    """Which spread of the subgroups the method is computed from."""
    return "range" if method in RANGED else "deviation"


def _pooled(spread: Floats, counts: NDArray[np.int64] | None, size: int) -> Sigma:
    freedom = np.full(len(spread), size - 1.0) if counts is None else counts - 1.0
    total = int(freedom.sum())
    widest = float(spread.max()) or 1.0
    # Relative to the widest, so that no square leaves the double range.
    pooled = widest * math.sqrt(float((freedom * (spread / widest) ** 2).sum()) / total)
    return Sigma(pooled / c4(total + 1), {"c4": c4(total + 1), "degrees of freedom": total})


def _deviation(values: Floats) -> float:
    distance = values - mean(values)
    widest = float(np.abs(distance).max()) or 1.0
    return widest * math.sqrt(float(((distance / widest) ** 2).sum()) / (len(values) - 1))


def _named(
    pairs: tuple[tuple[str, Callable[[int], float]], ...], sizes: Mapping[int, int]
) -> dict[str, float]:
    if len(sizes) == 1:
        return {name: constant(n) for name, constant in pairs for n in sizes}
    return {f"{name}({n})": constant(n) for name, constant in pairs for n in sizes}


def _table(constant: Callable[[int], float], sizes: Mapping[int, int]) -> Floats:
    table = np.full(max(sizes) + 1, np.nan)
    for n in sizes:
        table[n] = constant(n)
    return table


def _enough(count: int, noun: Words) -> None:
    if count < 2:
        raise BadInput("an estimation needs at least 2 {noun}, not {count}", noun=noun, count=count)
