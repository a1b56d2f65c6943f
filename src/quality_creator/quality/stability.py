"""Whether the values of a study were in control: a chart of themselves, limits and all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quality_creator.quality.chart import Kind, Lines, Plan, PointLines
from quality_creator.quality.control import estimate, start, step
from quality_creator.quality.sample import Floats
from quality_creator.quality.within import Within, default_method


@dataclass(frozen=True, slots=True)
class Stability:
    """Points beyond the limits of a chart that was estimated from the same values."""

    kind: Kind
    points: int
    beyond: tuple[int, ...]
    """Numbers of the points at which location or spread lies beyond its limits, from 0."""

    @property
    def stable(self) -> bool:
        """No point lies beyond."""
        return not self.beyond


def stability(values: Floats, sizes: Sequence[int], method: Within | None = None) -> Stability:
    """Chart the values of a study as I-MR, Xbar-R or Xbar-S and look for points beyond the limits.

    >>> stability(np.array([1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 9.0]), [1] * 8).beyond
    (7,)
    """
    chosen = method or default_method(sizes)
    size = max(sizes)
    kind: Kind = "i-mr" if size == 1 else "xbar-r" if chosen == "rbar" else "xbar-s"
    rows = np.full((len(sizes), size), np.nan)
    position = 0
    for row, count in zip(rows, sizes, strict=True):
        row[:count] = values[position : position + count]
        position += count
    plan = Plan(kind=kind, size=size, rules=("nelson-1",))
    estimation = estimate(plan, rows, method=chosen)
    _, points = step(start(plan, estimation.limits), rows)
    out = _beyond(points.location, points.location_lines)
    if points.spread_lines is not None:
        out |= _beyond(points.spread, points.spread_lines)
    return Stability(kind, len(points), tuple(np.flatnonzero(out).tolist()))


def _beyond(plotted: Floats, lines: Lines | PointLines) -> np.ndarray:
    # NaN, where a subgroup of one has no spread, compares as inside.
    return np.asarray((plotted > lines.upper) | (plotted < lines.lower), dtype=np.bool_)
