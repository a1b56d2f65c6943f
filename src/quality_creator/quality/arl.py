"""Average run lengths of EWMA, CUSUM, MEWMA and T², to choose a chart and to explain it.

A run length is the number of points up to and including the first signal. Shifts are in sigmas
of the plotted mean (multivariate: the Mahalanobis distance of the shift, for one row), present
from the first point on; parameters are known. Run lengths come from the integral equation
L(z) = 1 + ∫ K(z, u) L(u) du, solved at Gauss-Legendre nodes (Nyström's method); all kernels here
are smooth, so the digits converge exponentially.

Source: Crowder (1987), Technometrics 29(4), for EWMA; Goel and Wu (1971), Technometrics 13(2),
and Lucas and Crosier (1982), Technometrics 24(3), for CUSUM; Rigdon (1995), JQT 27(3), for MEWMA.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import special

Floats = NDArray[np.float64]

LONGEST = 1e12
"""Run lengths beyond this are infinity: the equations no longer hold their digits."""

LEAST_WIDENING = 0.005
"""The least weight of an EWMA whose widening limits are followed: each point has an equation of its own."""


def ewma(weight: float, width: float, shift: float = 0.0, *, settled: bool = True) -> float:
    """Average run length of a two-sided EWMA that starts at the centre.

    Args:
        weight: Lambda.
        width: L, the limits' distance in sigmas of the statistic.
        shift: Of the mean.
        settled: Whether the limits are asymptotic from the first point on, as published tables
            have it; otherwise they widen as the chart's do.

    >>> round(ewma(0.2, 2.962), 0), round(ewma(0.2, 2.962, 1.0), 1)
    (500.0, 10.5)
    """
    _check_weight(weight)
    _positive("the width L", width)
    _finite("the shift", shift)
    if weight == 1.0:
        return _bounded(1.0 / float(special.ndtr(-width - shift) + special.ndtr(-width + shift)))
    reach = width * math.sqrt(weight / (2.0 - weight))
    _told_apart(reach / weight, 230.0, f"a weight of {weight:g}")
    if not settled and weight < LEAST_WIDENING:
        raise BadInput(
            f"run lengths with limits that widen are known for weights of {LEAST_WIDENING} and more, "
            f"not for {weight:g}; ask for settled limits"
        )
    count = min(800, 40 + math.ceil(14.0 * reach / weight))
    nodes, weights = np.polynomial.legendre.leggauss(count)

    def onward(start: Floats, end: float) -> Floats:
        u = nodes * end
        density = _normal((u[None, :] - (1.0 - weight) * start[:, None]) / weight - shift) / weight
        return density * (weights * end)[None, :]

    lengths = _solve(onward(nodes * reach, reach))
    if settled:
        return _bounded(1.0 + float(onward(np.zeros(1), reach)[0] @ lengths))
    # Backward from where the variance has settled to the first point.
    fade = (1.0 - weight) ** 2
    steps = math.ceil(math.log(1e-12) / math.log(fade)) if fade > 0.0 else 1
    ends = [reach * math.sqrt(-math.expm1(number * math.log(fade))) for number in range(1, steps + 1)]
    lengths = 1.0 + onward(nodes * ends[-1], reach) @ lengths
    for start, end in zip(reversed(ends[:-1]), reversed(ends[1:]), strict=True):
        lengths = 1.0 + onward(nodes * start, end) @ lengths
    return _bounded(1.0 + float(onward(np.zeros(1), ends[0])[0] @ lengths))


def ewma_width(weight: float, arl: float, *, settled: bool = True) -> float:
    """The L with which an EWMA has this in-control average run length.

    >>> round(ewma_width(0.1, 370.4), 3)
    2.701
    """
    _check_weight(weight)
    return _invert(lambda width: ewma(weight, width, settled=settled), arl)


def cusum_one_sided(slack: float, decision: float, shift: float = 0.0, head_start: float = 0.0) -> float:
    """Average run length of the upper half of a tabular CUSUM.

    >>> round(cusum_one_sided(0.5, 5.0), 0)
    931.0
    """
    _positive("the decision interval h", decision)
    _finite("the shift", shift)
    if slack < 0.0 or not math.isfinite(slack):
        raise BadInput(f"the slack k is 0 or more, not {slack}")
    if not 0.0 <= head_start <= decision:
        raise BadInput(f"the head start lies from 0 to h = {decision}, not {head_start}")
    _told_apart(decision, 450.0, f"a decision interval of {decision:g}")
    count = min(800, 30 + math.ceil(10.0 * decision))
    nodes, weights = np.polynomial.legendre.leggauss(count)
    u = (nodes + 1.0) * decision / 2.0
    start = np.concatenate(([0.0], u))
    drift = shift - slack
    # The sum stays at 0 with a probability of its own; everywhere else it has a density.
    kernel = np.empty((count + 1, count + 1))
    kernel[:, 0] = special.ndtr(-drift - start)
    kernel[:, 1:] = _normal(u[None, :] - start[:, None] - drift) * (weights * decision / 2.0)[None, :]
    lengths = _solve(kernel)
    at_zero = float(lengths[0])
    if math.isinf(at_zero):
        return math.inf
    if head_start == 0.0:
        return _bounded(at_zero)
    density = _normal(u - head_start - drift) * weights * decision / 2.0
    return _bounded(1.0 + at_zero * float(special.ndtr(-drift - head_start)) + float(density @ lengths[1:]))


def cusum(slack: float, decision: float, shift: float = 0.0, head_start: float = 0.0) -> float:
    """Average run length of a two-sided tabular CUSUM.

    >>> round(cusum(0.5, 5.0), 0), round(cusum(0.5, 5.0, 1.0), 1), round(cusum(0.5, 5.0, 1.0, 2.5), 2)
    (465.0, 10.4, 6.35)
    """
    up = cusum_one_sided(slack, decision, shift)
    down = cusum_one_sided(slack, decision, -shift)
    if math.isinf(up) and math.isinf(down):
        return math.inf
    together = 1.0 / (1.0 / up + 1.0 / down)
    if head_start == 0.0:
        return together
    # Van Dobben de Bruyn (1968), as Lucas and Crosier have it: exact while one side's signal
    # finds the other at 0.
    ahead_up = cusum_one_sided(slack, decision, shift, head_start)
    ahead_down = cusum_one_sided(slack, decision, -shift, head_start)
    share_up, share_down = (
        1.0 if math.isinf(whole) else ahead / whole for ahead, whole in ((ahead_up, up), (ahead_down, down))
    )
    return together * (share_up + share_down - 1.0)


def cusum_decision(slack: float, arl: float) -> float:
    """The h with which a two-sided CUSUM has this in-control average run length.

    >>> round(cusum_decision(0.5, 370.4), 3)
    4.775
    """
    return _invert(lambda decision: cusum(slack, decision), arl)


def t2(variables: int, alpha: float, shift: float = 0.0, size: int = 1) -> float:
    """Average run length of a T² chart with known parameters and limit chi-square(alpha).

    >>> round(t2(2, 0.0027), 1), round(t2(2, 0.0027, 2.0), 1)
    (370.4, 9.4)
    """
    from scipy.stats import chi2, ncx2

    _check_variables(variables)
    _finite("the shift", shift)
    if size < 1:
        raise BadInput(f"a point has at least 1 row, not {size}")
    if not 0.0 < alpha < 1.0:
        raise BadInput(f"alpha lies between 0 and 1, not {alpha}")
    if shift == 0.0:
        return 1.0 / alpha
    return _bounded(1.0 / float(ncx2.sf(chi2.isf(alpha, variables), variables, size * shift * shift)))


def mewma(weight: float, variables: int, threshold: float, shift: float = 0.0) -> float:
    """Average run length of a MEWMA with its settled covariance that starts at the centre.

    The shift is Lowry's δ = √(μᵀΣ⁻¹μ); R spc's `delta` is its square.

    >>> round(mewma(0.1, 2, 8.66), 0), round(mewma(0.1, 2, 8.66, 1.0), 1)
    (202.0, 10.1)
    """
    _check_weight(weight)
    _check_variables(variables)
    _positive("the threshold h4", threshold)
    _finite("the shift", shift)
    if weight == 1.0:
        from scipy.stats import ncx2

        return _bounded(1.0 / float(ncx2.sf(threshold, variables, shift * shift)))
    radius = math.sqrt(threshold * weight / (2.0 - weight))
    if shift == 0.0:
        return _mewma_in_control(weight, variables, radius)
    return _mewma_shifted(weight, variables, radius, abs(shift))


@lru_cache(maxsize=128)
def mewma_threshold(weight: float, variables: int, arl: float) -> float:
    """The h4 with which a MEWMA has this in-control average run length.

    >>> round(mewma_threshold(0.1, 3, 200.0), 2)
    10.78
    """
    _check_weight(weight)
    _check_variables(variables)
    return _invert(lambda threshold: mewma(weight, variables, threshold), arl)


def _mewma_in_control(weight: float, p: int, radius: float) -> float:
    _told_apart(radius / weight, 250.0, f"a weight of {weight:g}")
    # Only the distance from the centre matters while the mean is where it should be.
    count = min(400, 40 + math.ceil(10.0 * radius / weight))
    nodes, weights = np.polynomial.legendre.leggauss(count)
    v = (nodes + 1.0) * radius / 2.0
    scale = weights * radius / 2.0
    lengths = _solve(_radial(v, v, weight, p) * scale[None, :])
    return _bounded(1.0 + float((_radial(np.zeros(1), v, weight, p)[0] * scale) @ lengths))


def _mewma_shifted(weight: float, p: int, radius: float, shift: float) -> float:
    _told_apart(radius / weight, 43.0, f"a weight of {weight:g}")
    # Two numbers matter: how far z lies along the shift, and how far from it in all else.
    # Polar coordinates follow the disc's edge smoothly.
    count = min(56, 12 + math.ceil(2.2 * radius / weight))
    nodes, weights = np.polynomial.legendre.leggauss(count)
    r, angle = np.meshgrid((nodes + 1.0) * radius / 2.0, (nodes + 1.0) * math.pi / 2.0, indexing="ij")
    area = np.outer(weights * radius / 2.0, weights * math.pi / 2.0) * r
    along, aside = (r * np.cos(angle)).ravel(), (r * np.sin(angle)).ravel()

    def onward(x: Floats, y: Floats) -> Floats:
        density = _normal((along[None, :] - (1.0 - weight) * x[:, None]) / weight - shift) / weight
        return density * _radial(y, aside, weight, p - 1) * area.ravel()[None, :]

    lengths = _solve(onward(along, aside))
    return _bounded(1.0 + float(onward(np.zeros(1), np.zeros(1))[0] @ lengths))


def _radial(start: Floats, end: Floats, weight: float, p: int) -> Floats:
    """Density of the length of a p-dimensional z after one in-control step, from length to length.

    It is weight times a noncentral chi with p degrees of freedom.
    """
    x = end[None, :] / weight
    distance = (1.0 - weight) / weight * start[:, None]
    order = p / 2.0 - 1.0
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        apart = (
            np.exp(-((x - distance) ** 2) / 2.0)
            * x
            * (x / distance) ** order
            * special.ive(order, x * distance)
        )
    central = np.exp(
        -x * x / 2.0
        + (p - 1.0) * np.log(x)
        - (p / 2.0 - 1.0) * math.log(2.0)
        - float(special.gammaln(p / 2.0))
    )
    return np.asarray(np.where(distance > 1e-8, apart, central) / weight, np.float64)


def _normal(z: Floats) -> Floats:
    return np.exp(-z * z / 2.0) / math.sqrt(2.0 * math.pi)


def _solve(kernel: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(np.eye(len(kernel)) - kernel, np.ones(len(kernel))), np.float64)
    except np.linalg.LinAlgError:
        # Nothing ever leaves: a signal has no probability that a double can hold.
        return np.full(len(kernel), math.inf)


def _bounded(length: float) -> float:
    # A negative length is an infinite one whose equation lost its digits.
    return length if 1.0 <= length < LONGEST else 1.0 if 0.0 < length < 1.0 else math.inf


def _invert(length: Callable[[float], float], arl: float) -> float:
    """The limit at which an increasing run length takes this value."""
    from scipy.optimize import brentq

    if not 1.5 <= arl <= 1e7:
        raise BadInput(f"an in-control average run length lies from 1.5 to 10 million, not {arl}")
    low = high = 1.0
    while length(low) >= arl:
        high, low = low, low / 2.0
        if low < 1e-3:
            raise BadInput(f"no limit gives an average run length as short as {arl}")
    while length(high) < arl:
        low, high = high, high * 1.5
    # Of logarithms, because a run length grows exponentially with its limit.
    goal = math.log(arl)
    return float(brentq(lambda limit: min(math.log(length(limit)), 40.0) - goal, low, high, xtol=1e-10))


def _told_apart(steps: float, most: float, what: str) -> None:
    """Refuse what lies so many steps of the statistic from its limit that the nodes don't resolve one."""
    if steps > most:
        raise BadInput(f"the run length can't be reckoned for {what}: a signal needs too many small steps")


def _check_weight(weight: float) -> None:
    if not 0.0 < weight <= 1.0:
        raise BadInput(f"the weight (lambda) lies above 0 and is at most 1, not {weight}")


def _check_variables(variables: int) -> None:
    if not 2 <= variables <= 100:
        raise BadInput(f"2 to 100 variables are judged together, not {variables}")


def _positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0.0):
        raise BadInput(f"{name} is a positive number, not {value}")


def _finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise BadInput(f"{name} is a finite number, not {value}")
