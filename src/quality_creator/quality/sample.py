"""What every study asks of its values: finite, enough, not all the same; moments that don't overflow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality_creator.model.errors import BadInput

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and standard deviation (n − 1 in its denominator) of `n` values."""

    n: int
    mean: float
    deviation: float


def check_values(values: ArrayLike, *, at_least: int = 1, what: str = "values") -> Floats:
    """The values as a new array of shape (n,).

    Raises:
        BadInput: they are not one row of numbers, not finite, or fewer than `at_least`.
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput(f"the {what} are not all numbers") from None
    if array.ndim != 1:
        raise BadInput(f"the {what} must be one row of numbers, not an array of shape {array.shape}")
    if array.size == 0:
        raise BadInput(f"there are no {what}")
    if not np.isfinite(array).all():
        where = int(np.flatnonzero(~np.isfinite(array))[0])
        raise BadInput(
            f"the {what} must be finite numbers; the one at index {where} is {array[where]}: "
            "leave it out or correct it"
        )
    if array.size < at_least:
        raise BadInput(f"{array.size} {what} are too few; at least {at_least} are needed")
    return array


def check_spread(values: Floats, what: str = "values") -> None:
    """Refuse values that are all the same, from which no spread can be estimated."""
    if values.min() == values.max():
        raise BadInput(
            f"the {what} are all {values[0]:g}: without spread there is nothing to estimate; "
            "measure with a finer resolution"
        )


def moments(values: Floats) -> Moments:
    """Mean and standard deviation, right also where squares would overflow or vanish.

    >>> moments(np.array([1e308, -1e308])).deviation / 1e308 > 1.41
    True
    """
    n = len(values)
    scale = power_of_two(values)
    scaled = values / scale
    mean = float(scaled.mean())
    mean += float((scaled - mean).mean())
    if n < 2:
        return Moments(n, mean * scale, 0.0)
    distance = scaled - mean
    widest = float(np.abs(distance).max())
    if widest == 0.0:
        return Moments(n, mean * scale, 0.0)
    unit = power_of_two(distance)
    deviation = unit * math.sqrt(float(((distance / unit) ** 2).sum()) / (n - 1))
    result = Moments(n, mean * scale, deviation * scale)
    check_result(result.mean, result.deviation)
    return result


def power_of_two(values: Floats) -> float:
    """A power of two by which values come to lie within ±1 or so; dividing by it is exact."""
    largest = float(np.abs(values).max())
    if largest == 0.0:
        return 1.0
    return math.ldexp(1.0, min(max(math.frexp(largest)[1], -1021), 1023))


def check_result(*results: float) -> None:
    """Refuse what no double can hold, rather than let infinity or NaN travel on."""
    if not all(math.isfinite(result) for result in results):
        raise BadInput("a result is too large for a number of 64 bits; give the values in a larger unit")


def check_share(value: float, name: str) -> float:
    """A number strictly between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise BadInput(f"{name} lies between 0 and 1 (both excluded), not {value:g}")
    return value


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names for a message, cut short when there are many."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
