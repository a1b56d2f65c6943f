"""Means, ranges and standard deviations of many subgroups at once.

Each subgroup's numbers are computed by the same operations in the same order whichever other
subgroups come with it, so a stream may be cut anywhere without moving a digit.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quality_creator.quality.chart import Floats

Spread = Literal["range", "deviation"]

LARGEST = float(np.finfo(np.float64).max)
"""A range that no double can hold is shown as the largest double: still beyond every limit."""

_BLOCK = 1 << 11
"""Subgroups reduced at once: their values stay in the cache."""

_DOWN, _UP = 2.0**-520, 2.0**520
"""Exact factors that bring numbers near the ends of the double range to its middle."""


@dataclass(frozen=True, slots=True, eq=False)
class Subgroups:
    """One entry a subgroup; NaN where it has no value (mean) or fewer than two (spread)."""

    mean: Floats
    spread: Floats
    count: NDArray[np.int64] | None
    """Values in each subgroup; None when all are full."""


def reduce(rows: Floats, spread: Spread) -> Subgroups:
    """Mean and spread of each row of shape (subgroups, size); NaN is a missing value.

    The deviation has n − 1 in its denominator.
    """
    total, size = rows.shape
    mean, width = np.empty(total), np.empty(total)
    scratch = np.empty((3, size, min(_BLOCK, max(total, 1))))
    for start in range(0, total, _BLOCK):
        stop = min(start + _BLOCK, total)
        columns, work, extra = scratch[:, :, : stop - start]
        np.copyto(columns, rows[start:stop].T)
        out = mean[start:stop]
        _mean(columns, out)
        if spread == "range":
            _range(columns, work[0], width[start:stop])
        else:
            _deviation(columns, out, work[0], extra[0], width[start:stop])
    if np.isfinite(mean.sum()) and np.isfinite(width.sum()) and (spread == "range" or _no_underflow(width)):
        return Subgroups(mean, width, None)
    return _mend(rows, spread, mean, width)


def moving_range(values: Floats, previous: float) -> Floats:
    """Distance of each value from its predecessor; NaN beside a missing value."""
    distance = np.empty(len(values))
    if len(values):
        np.subtract(values[1:], values[:-1], out=distance[1:])
        distance[0] = values[0] - previous
        np.abs(distance, out=distance)
    return distance


def clip(values: Floats) -> Floats:
    """Overflowed values as the largest double; the array itself when there are none."""
    if values.size and not values.max() <= LARGEST:  # NaN is not, either
        return np.minimum(values, LARGEST)
    return values


def _mean(columns: Floats, out: Floats) -> None:
    # Column by column: numpy's own sum pairs terms differently for different shapes.
    np.copyto(out, columns[0])
    for column in columns[1:]:
        out += column
    out /= len(columns)


def _range(columns: Floats, work: Floats, out: Floats) -> None:
    np.copyto(out, columns[0])
    np.copyto(work, columns[0])
    for column in columns[1:]:
        np.maximum(out, column, out=out)
        np.minimum(work, column, out=work)
    out -= work


def _deviation(columns: Floats, mean: Floats, work: Floats, square: Floats, out: Floats) -> None:
    out[:] = 0.0
    for column in columns:
        np.subtract(column, mean, out=work)
        np.multiply(work, work, out=square)
        out += square
    out /= len(columns) - 1
    np.sqrt(out, out=out)


def _no_underflow(deviation: Floats) -> bool:
    return bool(deviation.min(initial=1.0) > 1e-140)


def _mend(rows: Floats, spread: Spread, mean: Floats, width: Floats) -> Subgroups:
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
    for number in np.flatnonzero(suspicious).tolist():
        values = rows[number][~missing[number]]
        if len(values):
            mean[number], width[number] = _extreme(values, spread)
    return Subgroups(mean, width, count)


def _underflown(rows: Floats, width: Floats) -> NDArray[np.int64]:
    """Subgroups whose values differ, but whose squares are too small to say so."""
    tiny = np.flatnonzero(width < 1e-140)
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
