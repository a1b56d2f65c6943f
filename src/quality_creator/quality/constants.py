"""The control-chart constants d2, d3 and c4, exact for every subgroup size.

Tables round them to three or four digits, which moves a limit by up to 3e-4 sigma; here they are
integrals of the normal distribution, good to about 1e-13.

Source: Tippett (1925), Biometrika 17; ISO 7870-2, annex; Montgomery, appendix VI.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput

LARGEST_RANGE_SIZE = 1000
"""Above this the range wastes nearly all of a subgroup, and its integrals take long."""


@lru_cache(maxsize=256)
def d2(n: int) -> float:
    """The mean range of n standard normal values, by which a mean range becomes a sigma.

    >>> round(d2(2), 6), round(d2(5), 6), round(d2(25), 5)
    (1.128379, 2.325929, 3.93063)
    """
    _check_range_size(n)
    # E[W] = ∫ P(some value ≤ x < some other) dx; the trapezoid rule converges exponentially here.
    x, step = _line(10.0, 801)
    below = _below(x)
    return float(np.sum(1.0 - below**n - below[::-1] ** n) * step)


@lru_cache(maxsize=256)
def d3(n: int) -> float:
    """The standard deviation of the range of n standard normal values.

    >>> round(d3(2), 6), round(d3(5), 6), round(d3(10), 6)
    (0.852502, 0.864082, 0.797051)
    """
    _check_range_size(n)
    nodes, weights = np.polynomial.legendre.leggauss(120)
    widest = 18.0
    w = (nodes + 1.0) * widest / 2.0
    x, step = _line(10.0, 201)
    # P(W ≤ w) = n ∫ φ(x) (Φ(x + w) − Φ(x))^(n−1) dx, and E[W²] = 2 ∫ w P(W > w) dw.
    density = np.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi)
    inside = (_below(x[None, :] + w[:, None]) - _below(x)[None, :]) ** (n - 1)
    within = n * step * (inside @ density)
    second = 2.0 * float(np.sum(weights * w * (1.0 - within))) * widest / 2.0
    return math.sqrt(second - d2(n) ** 2)


@lru_cache(maxsize=1024)
def c4(n: int) -> float:
    """The mean standard deviation of n standard normal values, by which s becomes unbiased.

    >>> round(c4(2), 6), round(c4(5), 6), round(c4(20), 6)
    (0.797885, 0.939986, 0.986934)
    """
    if n < 2:
        raise BadInput(f"c4 needs at least 2 values in a subgroup, not {n}")
    z = (n - 1) / 2.0
    if n <= 200:
        return math.exp(math.lgamma(z + 0.5) - math.lgamma(z)) / math.sqrt(z)
    # lgamma of large numbers loses digits in the difference; Stirling's series does not.
    return 1.0 - 1.0 / (8.0 * z) + 1.0 / (128.0 * z**2) + 5.0 / (1024.0 * z**3) - 21.0 / (32768.0 * z**4)


def c5(n: int) -> float:
    """The standard deviation of the standard deviation of n standard normal values: √(1 − c4²)."""
    if n <= 200:
        return math.sqrt(1.0 - c4(n) ** 2)
    z = 1.0 / ((n - 1) / 2.0)
    # 1 − c4² from the series itself: subtracting it from 1 would lose what is left.
    return math.sqrt(z * (0.25 - z * (1.0 / 32.0 + z * (1.0 / 128.0 - z * 5.0 / 2048.0))))


def _check_range_size(n: int) -> None:
    if not 2 <= n <= LARGEST_RANGE_SIZE:
        raise BadInput(
            f"a range needs 2 to {LARGEST_RANGE_SIZE} values in a subgroup, not {n}; "
            "use an s chart for larger subgroups, an i-mr chart for single values"
        )


def _line(reach: float, points: int) -> tuple[NDArray[np.float64], float]:
    x = np.linspace(-reach, reach, points)
    return x, 2.0 * reach / (points - 1)


def _below(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The normal distribution's Φ; scipy's is as exact, but takes longer to load than a hub may to start."""
    flat = [math.erfc(value) / 2.0 for value in (x.ravel() * -math.sqrt(0.5)).tolist()]
    return np.array(flat).reshape(x.shape)
