"""Means, ranges and standard deviations of many subgroups at once.

Each subgroup's numbers are computed by the same operations in the same order whichever other
subgroups come with it, so a stream may be cut anywhere without moving a digit.
"""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quality_creator.quality.chart import Floats

Spread = Literal["range", "deviation"]

LARGEST = float(np.finfo(np.float64).max)
"""A range that no double can hold is shown as the largest double: still beyond every limit."""

_BLOCK = 1 << 15
"""Values reduced at once: they stay in the cache, and the calls' own time is small beside theirs."""

_DOWN, _UP = 2.0**-520, 2.0**520
"""Exact factors that bring numbers near the ends of the double range to its middle."""


@dataclass(frozen=True, slots=True, eq=False)
class Subgroups:
    """One entry a subgroup; NaN where it has no value (mean) or fewer than two (spread)."""

    mean: Floats
    spread: Floats
    count: NDArray[np.int64] | None
    """Values in each subgroup; None when all are full."""
    mean_sum: float
    """Of all entries; not finite when one is missing or the sum leaves the double range."""
    spread_sum: float
    """As `mean_sum`; the first entry of a moving range is left out when nothing came before."""


def reduce(rows: Floats, spread: Spread) -> Subgroups:
    """Mean and spread of each row of shape (subgroups, size >= 2); NaN is a missing value.

    The deviation has n − 1 in its denominator.
    """
    total, size = rows.shape
    mean, width = np.empty(total), np.empty(total)
    block = max(16, min(_BLOCK // size, total))
    columns, work = np.empty((size, block)), np.empty((2, block))
    for start in range(0, total, block):
        stop = min(start + block, total)
        part, one, two = columns[:, : stop - start], work[0, : stop - start], work[1, : stop - start]
        np.copyto(part, rows[start:stop].T)
        _mean(part, mean[start:stop])
        if spread == "range":
            _range(part, one, width[start:stop])
        else:
            _deviation(part, mean[start:stop], (one, two), width[start:stop])
    mean_sum, spread_sum = float(mean.sum()), float(width.sum())
    underflow = spread == "deviation" and total > 0 and float(width.min()) <= _TINY
    if math.isfinite(mean_sum) and math.isfinite(spread_sum) and not underflow:
        return Subgroups(mean, width, None, mean_sum, spread_sum)
    counts = _mend(rows, spread, mean, width)
    return Subgroups(mean, width, counts, float(mean.sum()), float(width.sum()))


def individuals(values: Floats, previous: float) -> Subgroups:
    """Single values and the distance of each from its predecessor; NaN beside a missing value.

    Args:
        values: Shape (n,).
        previous: The value before the first; NaN when there was none.
    """
    distance = np.empty(len(values))
    sums: list[tuple[float, float]] = []
    for start in range(0, len(values), _BLOCK):
        part, out = values[start : start + _BLOCK], distance[start : start + _BLOCK]
        np.subtract(part[1:], part[:-1], out=out[1:])
        out[0] = part[0] - (values[start - 1] if start else previous)
        np.abs(out, out=out)
        first = 1 if start == 0 and math.isnan(previous) else 0
        sums.append((float(part.sum()), float(out[first:].sum())))
    mean_sum, spread_sum = (sum(column) for column in zip(*sums, strict=True)) if sums else (0.0, 0.0)
    if not math.isfinite(spread_sum):
        distance = clip(distance)
    return Subgroups(values, distance, None, mean_sum, spread_sum)


_TINY = 1e-140
"""Deviations whose squares are close to the smallest double are computed again in another scale."""


def clip(values: Floats) -> Floats:
    """Overflowed values as the largest double; the array itself when there are none."""
    if values.size and not values.max() <= LARGEST:  # NaN is not, either
        return np.minimum(values, LARGEST)
    return values


def _mean(columns: Floats, out: Floats) -> None:
    # Column by column: numpy's own sum pairs terms differently for different shapes.
    np.add(columns[0], columns[1], out=out)
    for column in columns[2:]:
        out += column
    out /= len(columns)


def _range(columns: Floats, work: Floats, out: Floats) -> None:
    np.maximum(columns[0], columns[1], out=out)
    np.minimum(columns[0], columns[1], out=work)
    for column in columns[2:]:
        np.maximum(out, column, out=out)
        np.minimum(work, column, out=work)
    out -= work


def _deviation(columns: Floats, mean: Floats, work: tuple[Floats, Floats], out: Floats) -> None:
    distance, square = work
    out[:] = 0.0
    for column in columns:
        np.subtract(column, mean, out=distance)
        np.multiply(distance, distance, out=square)
        out += square
    out /= len(columns) - 1
    np.sqrt(out, out=out)


def _mend(rows: Floats, spread: Spread, mean: Floats, width: Floats) -> NDArray[np.int64] | None:
    """Redo the subgroups with missing values and those at the ends of the double range."""
    missing = np.isnan(rows)
    short = missing.any(axis=1)
    count = None
    if short.any():
        count = rows.shape[1] - missing.sum(axis=1)
        mean[short], width[short] = _short(rows[short], missing[short], spread)
    suspicious = ~np.isfinite(mean) | ~np.isfinite(width)
    if spread == "deviation":
        suspicious[_underflown(rows, width)] = True
    # Infinite values are refused by the caller, who finds them by their sum.
    suspicious &= ~np.isinf(rows).any(axis=1)
    for number in np.flatnonzero(suspicious).tolist():
        values = rows[number][~missing[number]]
        if len(values):
            mean[number], width[number] = _extreme(values, spread)
    return count


def _underflown(rows: Floats, width: Floats) -> NDArray[np.int64]:
    """Subgroups whose values differ, but whose squares are too small to say so."""
    tiny = np.flatnonzero(width <= _TINY)
    differ = np.fmax.reduce(rows[tiny], axis=1) != np.fmin.reduce(rows[tiny], axis=1)
    chosen: NDArray[np.int64] = tiny[differ]
    return chosen


def _short(rows: Floats, missing: NDArray[np.bool_], spread: Spread) -> tuple[Floats, Floats]:
    present = np.asarray(rows.shape[1] - missing.sum(axis=1), dtype=np.float64)
    mean = np.zeros(len(rows))
    for column, gap in zip(rows.T, missing.T, strict=True):
        mean += np.where(gap, 0.0, column)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        mean /= present
        if spread == "range":
            width = np.where(missing, -np.inf, rows).max(axis=1) - np.where(missing, np.inf, rows).min(axis=1)
        else:
            width = np.zeros(len(rows))
            for column, gap in zip(rows.T, missing.T, strict=True):
                width += np.where(gap, 0.0, column - mean) ** 2
            width = np.sqrt(width / (present - 1.0))
    width[present < 2] = np.nan
    return mean, width


def _extreme(values: Floats, spread: Spread) -> tuple[float, float]:
    largest = float(np.abs(values).max())
    low, back = (_DOWN, _UP) if largest > 1.0 else (_UP, _DOWN)
    scaled = values * low
    mean = sum(scaled.tolist()) / len(values)
    if len(values) < 2:
        return mean * back, float("nan")
    if spread == "range":
        width = float(scaled.max() - scaled.min())
    else:
        distance = scaled - mean
        widest = float(np.abs(distance).max())
        # Relative to the widest, so that no square leaves the double range.
        width = widest and widest * float(np.sqrt(((distance / widest) ** 2).sum() / (len(values) - 1)))
    return _bounded(mean * back), _bounded(width * back)


def _bounded(value: float) -> float:
    return max(-LARGEST, min(LARGEST, value))
