"""Whether values look normal: Anderson-Darling and Shapiro-Wilk, each with its p-value.

A small p-value speaks against the normal distribution; a large one does not prove it. With many
values every real process is found not to be normal, and what matters is by how much: look at the
probability plot too.
"""

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from quality_creator.quality import special
from quality_creator.quality.sample import Floats, check_spread, check_values, moments, power_of_two

LARGEST_SHAPIRO = 5000
"""Royston's approximation of the p-value was made for up to this many values."""


class Normality(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The two tests of one sample."""

    n: int
    anderson_darling: float
    """A², both parameters estimated (Stephens' case 3)."""
    anderson_darling_adjusted: float
    """A²·(1 + 0.75/n + 2.25/n²)."""
    anderson_darling_p: float
    shapiro_wilk: float | None
    """W; None for fewer than 3 or more than 5000 values, for which no p-value is known, and where it was
    not asked for."""
    shapiro_wilk_p: float | None


def normality(values: ArrayLike, *, shapiro: bool = True) -> Normality:
    """Test whether values may come from a normal distribution.

    Parameters
    ----------
    values : array_like, shape (n,)
        At least 8 finite values, not all the same, in any order.
    shapiro : bool
        Whether Shapiro and Wilk's test is wanted, too.

    Returns
    -------
    Normality
        Both statistics with their p-values.

    Raises
    ------
    BadInput
        Fewer than 8 values, a value that is not finite, or no spread.

    Notes
    -----
    The p-value of A² is D'Agostino & Stephens' (1986) table 4.9, the one that Minitab, JMP and R's
    `nortest` print. Shapiro and Wilk's W has Royston's (1995) p-value.

    References
    ----------
    Anderson & Darling (1954), JASA 49; D'Agostino & Stephens (1986), *Goodness-of-Fit Techniques*,
    table 4.9; Shapiro & Wilk (1965), Biometrika 52; Royston (1995), Applied Statistics 44, AS R94.

    Examples
    --------
    Bursting strengths of glass containers (Montgomery):

    >>> strength = [197, 200, 215, 221, 231, 242, 245, 258, 265, 265,
    ...             271, 275, 277, 278, 280, 283, 290, 301, 318, 346]
    >>> test = normality(strength)
    >>> round(test.anderson_darling, 4), round(test.anderson_darling_p, 3)
    (0.262, 0.667)
    >>> round(test.shapiro_wilk, 4), round(test.shapiro_wilk_p, 3)
    (0.9728, 0.812)
    """
    sample = np.sort(check_values(values, at_least=8))
    check_spread(sample)
    n = len(sample)
    statistic = anderson_darling(standardised(sample))
    adjusted = statistic * (1.0 + 0.75 / n + 2.25 / n**2)
    w: float | None = None
    w_p: float | None = None
    if shapiro and n <= LARGEST_SHAPIRO:
        from scipy import stats

        result = stats.shapiro(sample / power_of_two(sample))
        w, w_p = float(result.statistic), float(result.pvalue)
    return Normality(
        n=n,
        anderson_darling=statistic,
        anderson_darling_adjusted=adjusted,
        anderson_darling_p=anderson_darling_p(adjusted),
        shapiro_wilk=w,
        shapiro_wilk_p=w_p,
    )


def standardised(ordered: Floats) -> Floats:
    """Values less their mean, in units of their standard deviation."""
    scale = power_of_two(ordered)
    scaled = ordered / scale
    found = moments(scaled)
    return (scaled - found.mean) / found.deviation


def anderson_darling(z: Floats) -> float:
    """A² of ordered standard normal scores; tails are taken in logarithms, so none becomes log 0."""
    n = len(z)
    weight = 2.0 * np.arange(1, n + 1) - 1.0
    return float(-n - np.sum(weight * (special.log_ndtr(z) + special.log_ndtr(-z[::-1]))) / n)


def anderson_darling_p(adjusted: float) -> float:
    """The p-value of the adjusted A² when mean and sigma were estimated.

    >>> round(anderson_darling_p(0.752), 3), round(anderson_darling_p(1.035), 3)
    (0.05, 0.01)
    """
    a = adjusted
    if a >= 13.0:
        return 0.0  # the fitted parabola turns round beyond here; p is below 1e-28
    if a >= 0.6:
        return float(np.exp(1.2937 - 5.709 * a + 0.0186 * a**2))
    if a >= 0.34:
        return float(np.exp(0.9177 - 4.279 * a - 1.38 * a**2))
    if a >= 0.2:
        return float(1.0 - np.exp(-8.318 + 42.796 * a - 59.938 * a**2))
    return float(1.0 - np.exp(-13.436 + 101.14 * a - 223.73 * a**2))
