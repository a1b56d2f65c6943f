"""What every study asks of its values: finite, enough, not all the same; moments that don't overflow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality_creator.model.errors import BadInput, Words

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Moments:
    """Mean and standard deviation (n − 1 in its denominator) of `n` values."""

    n: int
    mean: float
    deviation: float


_VALUES = Words("values")


def check_values(values: ArrayLike, *, at_least: int = 1, what: Words = _VALUES) -> Floats:
    """The values as a new array of shape (n,).

    Raises:
        BadInput: they are not one row of numbers, not finite, or fewer than `at_least`.
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput("the {what} are not all numbers", what=what) from None
    if array.ndim != 1:
        raise BadInput(
            "the {what} must be one row of numbers, not an array of shape {shape}",
            what=what,
            shape=array.shape,
        )
    if array.size == 0:
        raise BadInput("there are no {what}", what=what)
    if not np.isfinite(array).all():
        where = int(np.flatnonzero(~np.isfinite(array))[0])
        raise BadInput(
            "the {what} must be finite numbers; the one at index {where} is {value}: leave it out or "
            "correct it",
            what=what,
            where=where,
            value=array[where],
        )
    if array.size < at_least:
        raise BadInput(
            "{size} {what} are too few; at least {at_least} are needed",
            size=array.size,
            what=what,
            at_least=at_least,
        )
    return array


def check_spread(values: Floats, what: Words = _VALUES) -> None:
    """Refuse values that are all the same, from which no spread can be estimated."""
    if values.min() == values.max():
        raise BadInput(
            "the {what} are all {value:g}: without spread there is nothing to estimate; measure with"
            " a finer resolution",
            what=what,
            value=values[0],
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
        raise BadInput("{name} lies between 0 and 1 (both excluded), not {value:g}", name=name, value=value)
    return value


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names for a message, cut short when there are many."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
