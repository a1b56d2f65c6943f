"""Charts of counts: p, np, c, u, and Laney's p′ and u′ for counts that scatter too much.

A point of `p`, `u` and Laney's is a pair: the count, and what it was found in (items for `p`,
units for `u`), so each point has its own limits. A lower limit below 0 stands at 0 and an upper
one of a proportion above 1 stands at 1: neither can be crossed.

Source: Montgomery, chapter 7; NIST/SEMATECH e-Handbook 6.3.3; Laney (2002), Quality
Engineering 14(4).
"""

import math

import numpy as np
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality.chart import Estimation, Floats, Limits, Lines, Plan, PointLines
from quality_creator.quality.estimate import Chosen, Sigma, range_constants, record
from quality_creator.quality.judge import Plotted
from quality_creator.quality.subgroups import individuals

BINOMIAL = ("p", "np", "laney-p")
LANEY = ("laney-p", "laney-u")


def lines(plan: Plan, center: float, found_in: float | None = None, dispersion: float = 1.0) -> Limits:
    """Limits for points found in `found_in` items or units.

    Args:
        plan: Its kind is one of `chart.ATTRIBUTES`.
        center: Mean proportion for `p` and Laney's p′, mean count for `np` and `c`, mean count of
            one unit for `u` and Laney's u′.
        found_in: Items or units of an ordinary point; `np` has the plan's size, `c` needs none.
        dispersion: Laney's sigma_z.
    """
    highest = {"p": 1.0, "laney-p": 1.0, "np": float(plan.size)}.get(plan.kind, math.inf)
    if not 0.0 < center < highest:
        allowed = f"above 0 and below {highest:g}" if math.isfinite(highest) else "a number above 0"
        raise BadInput(f"the centre of a {plan.kind} chart is {allowed}, not {center}")
    if not (math.isfinite(dispersion) and dispersion > 0.0):
        raise BadInput(f"the dispersion is a positive number, not {dispersion}; equal points have none")
    one = _one(plan, center)
    reach = plan.width * dispersion * one / math.sqrt(found_in or 1.0)
    return Limits(
        center=center,
        sigma=one,
        location=Lines(center=center, lower=max(0.0, center - reach), upper=min(highest, center + reach)),
        dispersion=dispersion,
    )


def _one(plan: Plan, center: float) -> float:
    """The standard deviation of a point found in one item or unit (`np`: in the plan's size)."""
    match plan.kind:
        case "p" | "laney-p":
            return math.sqrt(center * (1.0 - center))
        case "np":
            return math.sqrt(center * (1.0 - center / plan.size))
        case _:
            return math.sqrt(center)


def estimate(plan: Plan, rows: Floats, *, method: str | None, which: Chosen, by: str) -> Estimation:
    """Limits from the chosen points of shape (points, 1 or 2), with their record."""
    if method not in (None, "ratio", "laney"):
        raise BadInput(f"counts give their own sigma; {method!r} does not estimate {plan.kind}")
    check(plan, rows)
    first, last = which.span
    counts = which.cut(rows[:, 0])
    found_in = _found_in(plan, rows[first:last])
    present = ~(np.isnan(counts) | np.isnan(found_in))
    used = int(present.sum())
    if used < 2:
        raise BadInput(f"an estimation needs at least 2 points with values, not {used}")
    total, whole = float(counts[present].sum()), float(found_in[present].sum())
    if total == 0.0:
        raise BadInput("nothing was counted in the whole span, so there are no limits; choose a longer span")
    center = total / whole
    if plan.kind in BINOMIAL and center >= 1.0:
        raise BadInput("everything was nonconforming in the whole span, so there are no limits")
    constants: dict[str, float] = {}
    dispersion = 1.0
    if plan.kind in LANEY:
        dispersion, constants = _dispersion(plan, counts, found_in, center)
    typical = whole / used
    limits = lines(plan, center * plan.size if plan.kind == "np" else center, typical, dispersion)
    if plan.kind in ("np", "c"):
        limits = lines(plan, limits.center)
    name = "laney" if plan.kind in LANEY else "ratio"
    sigma = Sigma(limits.sigma, constants)
    return record(plan, method=name, sigma=sigma, which=which, used=used, by=by, limits=limits)


def _dispersion(
    plan: Plan, counts: Floats, found_in: Floats, center: float
) -> tuple[float, dict[str, float]]:
    scores = (counts / found_in - center) / (_one(plan, center) / np.sqrt(found_in))
    ranges = individuals(scores, math.nan).spread
    ranges = ranges[~np.isnan(ranges)]
    if not len(ranges):
        raise BadInput("Laney's dispersion needs at least 2 points in a row")
    known = range_constants(plan)
    return float(ranges.mean()) / known.d2(2), {"d2": known.d2(2)}


def plot(plan: Plan, limits: Limits, rows: Floats) -> Plotted:
    """The proportions or counts of rows of shape (points, 1 or 2), and each point's lines."""
    check(plan, rows)
    nothing = np.full(len(rows), np.nan)
    if plan.kind in ("np", "c"):
        return Plotted(rows[:, 0], nothing, limits.sigma, limits.location, None)
    found_in = rows[:, 1]
    unit = limits.dispersion * limits.sigma / np.sqrt(found_in)
    center = np.full(len(rows), limits.center)
    reach = plan.width * unit
    highest = 1.0 if plan.kind in BINOMIAL else math.inf
    drawn = PointLines(
        center=center,
        lower=np.maximum(0.0, center - reach),
        upper=np.minimum(highest, center + reach),
    )
    return Plotted(rows[:, 0] / found_in, nothing, unit, drawn, None)


def check(plan: Plan, rows: Floats) -> None:
    """Refuse what can't be a count, or what it can't have been found in, by its place."""
    counts, found_in = rows[:, 0], _found_in(plan, rows)
    _refuse(counts < 0, counts, "a count is 0 or more")
    _refuse(counts != np.floor(counts), counts, "a count is a whole number")
    _refuse(found_in <= 0, found_in, "a point was found in more than 0 items or units")
    if plan.kind in BINOMIAL:
        _refuse(found_in != np.floor(found_in), found_in, "the number inspected is a whole number")
        _refuse(counts > found_in, counts, "no more can be nonconforming than were inspected")


def _found_in(plan: Plan, rows: Floats) -> Floats:
    if plan.kind in ("np", "c"):
        return np.full(len(rows), float(plan.size))
    return rows[:, 1]


def _refuse(wrong: NDArray[np.bool_], values: Floats, rule: str) -> None:
    # A comparison with a missing value is false for < and >; for != it is true.
    places = np.flatnonzero(wrong & ~np.isnan(values))
    if len(places):
        raise BadInput(f"{rule}: point {places[0]}, counted from 0, has {values[places[0]]:g}")
