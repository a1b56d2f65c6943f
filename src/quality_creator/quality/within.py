"""The spread within subgroups, and how many degrees of freedom it carries: capability's short-term sigma."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from quality_creator.model.errors import BadInput
from quality_creator.quality.constants import c4, d2, d3
from quality_creator.quality.sample import Floats, check_result, moments

Within = Literal["rbar", "sbar", "pooled", "mrbar"]
"""Mean range / d2, mean s / c4, pooled s / c4, mean moving range / d2(2) of single values."""


@dataclass(frozen=True, slots=True)
class WithinSigma:
    """One estimate of the short-term sigma."""

    sigma: float
    method: Within
    degrees: float
    """Of the chi distribution with the same relative spread as this estimate (Patnaik 1950)."""
    subgroups: int


def within_sigma(values: Floats, sizes: Sequence[int], method: Within | None = None) -> WithinSigma:
    """Estimate sigma from the spread inside subgroups.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite, subgroup after subgroup.
    sizes : sequence of int
        How many values each subgroup has; all 1 for single values.
    method : {"rbar", "sbar", "pooled", "mrbar"}, optional
        By default the moving range for single values, the mean range for equal subgroups of up to 8,
        s̄/c4 for larger or unequal ones.

    Returns
    -------
    WithinSigma
        Ranges and deviations of unequal subgroups are divided by their own constants and averaged
        without weights (R qcc's UWAVE). Subgroups of one value have no spread and are left out.

    References
    ----------
    Montgomery, *Introduction to Statistical Quality Control*, ch. 6; Patnaik (1950), Biometrika 37.

    Examples
    --------
    >>> round(within_sigma(np.array([1.0, 3.0, 2.0, 4.0]), [2, 2]).sigma, 6)
    1.772454
    """
    if sum(sizes) != len(values):
        raise BadInput(
            "the subgroup sizes add up to {total}, but there are {count} values",
            total=sum(sizes),
            count=len(values),
        )
    chosen = method or default_method(sizes)
    if chosen == "mrbar":
        if max(sizes) > 1:
            raise BadInput("moving ranges are for single values; choose rbar, sbar or pooled for subgroups")
        return _moving(values)
    if chosen == "rbar" and min(sizes) == max(sizes) > 1:
        return _ranges(values.reshape(len(sizes), -1))
    groups = [group for group in _split(values, sizes) if len(group) > 1]
    if not groups:
        raise BadInput(
            "{chosen} needs subgroups of 2 or more values; for single values choose mrbar", chosen=chosen
        )
    counts = [len(group) for group in groups]
    if chosen == "pooled":
        return _pooled(groups, counts)
    if chosen == "rbar":
        each = [float(group.max() / d2(len(group)) - group.min() / d2(len(group))) for group in groups]
        spread = sum((d3(n) / d2(n)) ** 2 for n in counts)
    else:
        each = [moments(group).deviation / c4(len(group)) for group in groups]
        spread = sum(1.0 / c4(n) ** 2 - 1.0 for n in counts)
    sigma = math.fsum(one / len(each) for one in each)
    check_result(sigma)
    return WithinSigma(sigma, chosen, chi_degrees(spread / len(groups) ** 2), len(groups))


def default_method(sizes: Sequence[int]) -> Within:
    """What the engine takes when nothing is said."""
    if max(sizes) == 1:
        return "mrbar"
    return "rbar" if len(set(sizes)) == 1 and sizes[0] <= 8 else "sbar"


def chi_degrees(relative_variance: float) -> float:
    """The degrees of freedom at which s/σ has this variance relative to its squared mean.

    >>> round(chi_degrees(1.0 / c4(11) ** 2 - 1.0), 6)
    10.0
    """
    low, high = math.log(1e-3), math.log(1e9)
    if _relative_variance(math.exp(high)) > relative_variance:
        return math.exp(high)
    # Halving rather than scipy's root finder: importing that takes longer than a thousand of these.
    while high - low > 1e-12:
        middle = (low + high) / 2.0
        if _relative_variance(math.exp(middle)) > relative_variance:
            low = middle
        else:
            high = middle
    return math.exp((low + high) / 2.0)


def _relative_variance(degrees: float) -> float:
    if degrees > 1e5:
        return 1.0 / (2.0 * degrees)
    log_ratio = math.lgamma((degrees + 1.0) / 2.0) - math.lgamma(degrees / 2.0)
    return degrees / 2.0 * math.exp(-2.0 * log_ratio) - 1.0


def _ranges(groups: Floats) -> WithinSigma:
    """The mean range of subgroups of one size, shape (subgroups, size)."""
    count, size = groups.shape
    each = groups.max(axis=1) / d2(size) - groups.min(axis=1) / d2(size)
    sigma = math.fsum(each / count)
    check_result(sigma)
    return WithinSigma(sigma, "rbar", chi_degrees((d3(size) / d2(size)) ** 2 / count), count)


def _pooled(groups: Sequence[Floats], counts: Sequence[int]) -> WithinSigma:
    degrees = sum(n - 1 for n in counts)
    deviations = [moments(group).deviation for group in groups]
    widest = max(deviations) or 1.0
    total = math.fsum((n - 1) * (s / widest) ** 2 for n, s in zip(counts, deviations, strict=True))
    sigma = widest * math.sqrt(total / degrees) / c4(degrees + 1)
    return WithinSigma(sigma, "pooled", float(degrees), len(groups))


def _moving(values: Floats) -> WithinSigma:
    if len(values) < 2:
        raise BadInput("moving ranges need at least 2 values")
    steps = len(values) - 1
    sigma = math.fsum(np.abs(values[1:] / d2(2) - values[:-1] / d2(2)) / steps)
    check_result(sigma)
    # Neighbouring ranges share a value: Cov(|X1−X2|, |X2−X3|) = (4/π)(√¾ + π/12 − 1)σ².
    variance = 2.0 - 4.0 / math.pi
    covariance = 4.0 / math.pi * (math.sqrt(0.75) + math.pi / 12.0 - 1.0)
    of_mean = (variance + 2.0 * covariance * (steps - 1) / steps) / steps
    return WithinSigma(sigma, "mrbar", chi_degrees(of_mean / d2(2) ** 2), len(values))


def _split(values: Floats, sizes: Sequence[int]) -> list[Floats]:
    return np.split(values, np.cumsum(np.asarray(sizes))[:-1])
