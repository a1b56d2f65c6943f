"""Several characteristics judged together: Hotelling's T² and the MEWMA.

A T² of points that took part in the estimation follows another distribution than that of later
points, so there are two limits: `retrospective` (Phase I) and `location.upper` (Phase II).

Source: Tracy, Young and Mason (1992), JQT 24(2); Montgomery, chapter 11; Lowry, Woodall, Champ
and Rigdon (1992), Technometrics 34(1); Sullivan and Woodall (1996), JQT 28(4), for successive
differences; Mason and Young (2002).
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality.arl import mewma_threshold
from quality_creator.quality.chart import (
    Floats,
    Lines,
    MultivariateEstimation,
    MultivariateLimits,
    Plan,
)
from quality_creator.quality.estimate import Chosen
from quality_creator.quality.judge import Plotted

Method = Literal["covariance", "successive-differences", "within"]

METHODS: dict[Method, str] = {
    "covariance": "sample covariance of single rows",
    "successive-differences": "half the mean product of successive differences of single rows",
    "within": "mean of the covariances within subgroups",
}

Memory = tuple[float, ...]
"""MEWMA: each characteristic's z, and the variance of z in covariances. Empty before the first."""


def lines(plan: Plan, center: ArrayLike, covariance: ArrayLike) -> MultivariateLimits:
    """Limits around a known centre and covariance: chi-square for T², h4 for the MEWMA."""
    from scipy.stats import chi2

    upper = float(chi2.isf(plan.alpha, plan.variables))
    return _limits(plan, np.asarray(center, float), np.asarray(covariance, float), upper, upper)


def estimate(
    plan: Plan, rows: Floats, *, method: str | None, which: Chosen, by: str
) -> MultivariateEstimation:
    """Limits from the chosen points, shape (points, size · variables), with their record."""
    name = _chosen(plan, method)
    first, last = which.span
    cube = rows.reshape(len(rows), plan.size, plan.variables)[first:last]
    present = which.kept & ~np.isnan(cube).any(axis=(1, 2))
    used = int(present.sum())
    p, n = plan.variables, plan.size
    least = p + 2 if n == 1 else max(2, p // (n - 1) + 1)
    if used < least:
        raise BadInput(
            "{used} complete points can't give the covariance of {variables} variables; {least} or more can",
            used=used,
            variables=p,
            least=least,
        )
    data = cube[present]
    center = data.mean(axis=(0, 1))
    if not np.isfinite(center).all():
        raise BadInput("the values are too large for a covariance; scale them")
    covariance = _covariance(data, name, np.flatnonzero(present))
    limits = _limits(plan, center, covariance, *_uppers(plan, used, name))
    return MultivariateEstimation(
        kind=plan.kind,
        method=name,
        span=which.span,
        used=used,
        excluded=which.excluded,
        missing=last - first - len(which.excluded) - used,
        by=by,
        limits=limits,
    )


def retrospective(limits: MultivariateLimits) -> MultivariateLimits:
    """The limits as they judge the points that they were estimated from."""
    location = Lines(center=limits.location.center, lower=0.0, upper=limits.retrospective)
    return MultivariateLimits(
        center=limits.center,
        covariance=limits.covariance,
        location=location,
        retrospective=limits.retrospective,
    )


def plot(plan: Plan, limits: MultivariateLimits, rows: Floats, memory: Memory) -> tuple[Plotted, Memory]:
    """T² of rows of shape (points, size · variables), and what to remember after them."""
    p = plan.variables
    center = np.array(limits.center)
    factor = _inverse_root(np.array(limits.covariance))
    nothing = np.full(len(rows), np.nan)
    if plan.kind == "mewma":
        z, variances, memory = _weighted(plan, rows - center, memory)
        statistic = _length(z, factor) / variances
    else:
        means = np.zeros((len(rows), p))
        for number in range(plan.size):
            means += rows[:, number * p : (number + 1) * p]
        statistic = plan.size * _length(means / plan.size - center, factor)
    return Plotted(statistic, nothing, 1.0, limits.location, None), memory


def contributions(plan: Plan, limits: MultivariateLimits, rows: Floats, memory: Memory) -> Floats:
    """By how much each point's T² would be smaller without each variable; shape (points, variables).

    It is d_i = T² - T²_(i), whose second term is of all variables but the i-th. With y = Σ⁻¹(x - μ) it is
    y_i² / (Σ⁻¹)_ii: what the i-th adds to what the others say, conditional on them. Arguments as of `plot`.

    Source: Runger, Alt and Montgomery (1996), Communications in Statistics 25(10); Montgomery, 11.3.3;
    Mason, Tracy and Young (1995), JQT 27(2), whose last conditional terms these are.
    """
    p = plan.variables
    center = np.array(limits.center)
    factor = _inverse_root(np.array(limits.covariance))
    if plan.kind == "mewma":
        z, variances, _ = _weighted(plan, rows - center, memory)
        deviations = z / np.sqrt(variances)[:, None]
    else:
        cube = rows.reshape(len(rows), plan.size, p)
        deviations = (cube.sum(axis=1) / plan.size - center) * np.sqrt(float(plan.size))
    precision = factor.T @ factor
    found = np.empty((len(rows), p))
    for number in range(p):
        # Term by term, as in `_length`.
        pulled = np.zeros(len(rows))
        for other in range(p):
            pulled += precision[number, other] * deviations[:, other]
        found[:, number] = pulled * pulled / precision[number, number]
    return np.minimum(found, np.finfo(np.float64).max)


def _chosen(plan: Plan, method: str | None) -> Method:
    fitting: tuple[Method, ...] = ("within",) if plan.size > 1 else ("covariance", "successive-differences")
    for name in fitting:
        if method in (None, name):
            return name
    raise BadInput(
        "{method!r} does not estimate {kind} of {size} rows a point; choose one of {fitting}",
        method=method,
        kind=plan.kind,
        size=plan.size,
        fitting=fitting,
    )


def _covariance(data: Floats, name: Method, places: NDArray[np.int64]) -> Floats:
    p = data.shape[2]
    if name == "within":
        inside = data - data.mean(axis=1, keepdims=True)
        within: Floats = np.einsum("mni,mnj->ij", inside, inside) / (len(data) * (data.shape[1] - 1))
        return within
    flat = data.reshape(len(data), p)
    if name == "covariance":
        return np.cov(flat, rowvar=False).reshape(p, p)
    steps = np.diff(flat, axis=0)[np.diff(places) == 1]
    if len(steps) < p + 1:
        raise BadInput("successive differences need {least} or more complete points in a row", least=p + 2)
    moved: Floats = steps.T @ steps / (2.0 * len(steps))
    return moved


def _uppers(plan: Plan, m: int, name: Method) -> tuple[float, float]:
    """Upper limits of T² for later points (Phase II), and for those that were used (Phase I)."""
    from scipy.stats import beta, f

    p, n, alpha = plan.variables, plan.size, plan.alpha
    if n > 1:
        left = m * n - m - p + 1
        quantile = float(f.isf(alpha, p, left))
        share = p * (n - 1) / left
        return share * (m + 1) * quantile, share * (m - 1) * quantile
    # Successive differences carry less information; these degrees of freedom say how much.
    freedom = m - 1 if name == "covariance" else 2.0 * (m - 1) ** 2 / (3 * m - 4)
    if freedom <= p:
        raise BadInput(
            "{points} points are too few for the limits of {variables} variables by this method",
            points=m,
            variables=p,
        )
    share = p * freedom * (m + 1) / (m * (freedom - p + 1))
    later = share * float(f.isf(alpha, p, freedom - p + 1))
    used = (m - 1) ** 2 / m * float(beta.isf(alpha, p / 2.0, (freedom - p) / 2.0))
    return later, used


def _limits(
    plan: Plan, center: Floats, covariance: Floats, upper: float, retrospective_upper: float
) -> MultivariateLimits:
    p = plan.variables
    if center.shape != (p,) or covariance.shape != (p, p):
        raise BadInput(
            "{variables} variables have a centre of {variables} numbers and a covariance of {variables} rows "
            "of {variables}",
            variables=p,
        )
    if not (np.isfinite(center).all() and np.isfinite(covariance).all()):
        raise BadInput("the centre and the covariance are finite numbers")
    if not np.allclose(covariance, covariance.T, rtol=1e-9, atol=0.0):
        raise BadInput("a covariance is symmetric")
    _inverse_root(covariance)
    if plan.kind == "mewma":
        upper = retrospective_upper = plan.threshold or mewma_threshold(plan.weight, p, 1.0 / plan.alpha)
    return MultivariateLimits(
        center=tuple(center.tolist()),
        covariance=tuple(tuple(row) for row in covariance.tolist()),
        location=Lines(center=float(p), lower=0.0, upper=upper),
        retrospective=retrospective_upper,
    )


def _inverse_root(covariance: Floats) -> Floats:
    """Lower triangular W with W Σ Wᵀ = 1."""
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0.0).all():
        index = int(np.flatnonzero(~(scale > 0.0))[0])
        raise BadInput("variable {index} does not vary; leave it out", index=index)
    correlation = covariance / scale[:, None] / scale[None, :]
    if np.linalg.eigvalsh(correlation)[0] < 1e-12:
        raise BadInput("one variable is a combination of the others; leave it out")
    root = np.linalg.inv(np.linalg.cholesky(correlation))
    return np.tril(root) / scale[None, :]


def _length(deviations: Floats, factor: Floats) -> Floats:
    # Term by term: a matrix product rounds differently for different numbers of rows.
    total = np.zeros(len(deviations))
    for number in range(len(factor)):
        component = factor[number, 0] * deviations[:, 0]
        for other in range(1, number + 1):
            component = component + factor[number, other] * deviations[:, other]
        total += component * component
    return np.minimum(total, np.finfo(np.float64).max)


def _weighted(plan: Plan, deviations: Floats, memory: Memory) -> tuple[Floats, Floats, Memory]:
    weight, kept = plan.weight, 1.0 - plan.weight
    *old, variance = memory or (*(0.0,) * plan.variables, 0.0)
    z, out = np.array(old), np.full(deviations.shape, np.nan)
    variances = np.full(len(deviations), np.nan)
    settled = weight / (2.0 - weight)
    for number in np.flatnonzero(~np.isnan(deviations).any(axis=1)).tolist():
        z = weight * deviations[number] + kept * z
        variance = weight * weight + kept * kept * variance
        out[number] = z
        variances[number] = settled if plan.settled else variance
    return out, variances, (*z.tolist(), variance)
