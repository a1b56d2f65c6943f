"""Pictures that stand in a page without scripts: a trace in its envelope, how a shift was spent."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quality_creator.quality.oee import ShiftSummary
from quality_creator.quality.trace import Corner, Envelope, TraceResult

WIDTH, HEIGHT = 640, 300


@dataclass(frozen=True, slots=True)
class Mark:
    """A number on an axis, and where it stands."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class TraceDrawing:
    """Shapes in a picture of `WIDTH` by `HEIGHT`."""

    band: str
    """Corners of the allowed area."""
    upper: str
    lower: str
    runs: Sequence[str]
    """The trace, a polyline for each stretch without a missing sample."""
    worst: tuple[float, float] | None
    x_marks: Sequence[Mark]
    y_marks: Sequence[Mark]


def trace(
    xs: Sequence[float], ys: Sequence[float | None], limits: Envelope, result: TraceResult
) -> TraceDrawing:
    """A trace and the envelope that judged it."""
    corners = [*limits.upper, *limits.lower]
    across = [*xs, *(x for x, _ in corners)]
    along = [*(y for y in ys if y is not None), *(y for _, y in corners)]
    x, x_range = _scale(across, 0.0, WIDTH)
    y, y_range = _scale(along, HEIGHT, 0.0)

    def line(points: Sequence[Corner]) -> str:
        return " ".join(f"{x(a):.2f},{y(b):.2f}" for a, b in points)

    ceiling = limits.upper or ((x_range[0], y_range[1]), (x_range[1], y_range[1]))
    floor = limits.lower or ((x_range[0], y_range[0]), (x_range[1], y_range[0]))
    runs: list[list[Corner]] = [[]]
    for a, b in zip(xs, ys, strict=True):
        if b is None:
            runs.append([])
        else:
            runs[-1].append((a, b))
    return TraceDrawing(
        band=line([*ceiling, *reversed(floor)]),
        upper=line(limits.upper),
        lower=line(limits.lower),
        runs=[line(run) for run in runs if len(run) > 1],
        worst=None if result.worst is None else (round(x(result.worst.x), 2), round(y(result.worst.y), 2)),
        x_marks=[Mark(round(x(one), 2), text) for one, text in marks(*x_range, 6)],
        y_marks=[Mark(round(y(one), 2), text) for one, text in marks(*y_range, 5)],
    )


def _scale(
    values: Sequence[float], start: float, end: float
) -> tuple[Callable[[float], float], tuple[float, float]]:
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or 1.0
    low, high = low - room, high + room

    def place(value: float) -> float:
        return start + (value - low) / (high - low) * (end - start)

    return place, (low, high)


def marks(low: float, high: float, most: int) -> list[tuple[float, str]]:
    """Round numbers between two, with their texts, at most `most`."""
    rough = (high - low) / most
    if not (math.isfinite(rough) and rough > 0.0):
        return []
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [
        (n * step, f"{n * step:.{decimals}f}".replace("-", "\N{MINUS SIGN}")) for n in range(first, last + 1)
    ]


@dataclass(frozen=True, slots=True)
class Stretch:
    """How much of a shift went by in a state, in a bar of `WIDTH`."""

    state: str
    seconds: float
    x: float
    width: float


def spent(shift: ShiftSummary) -> list[Stretch]:
    """A shift's time by states."""
    times = [
        ("running", shift.figures.run_s),
        ("stopped", shift.stopped_s),
        ("planned-stop", shift.planned_stop_s),
        ("unknown", shift.unknown_s),
    ]
    total = sum(seconds for _, seconds in times) or 1.0
    found, x = list[Stretch](), 0.0
    for state, seconds in times:
        width = seconds / total * WIDTH
        found.append(Stretch(state, seconds, round(x, 2), round(width, 2)))
        x += width
    return found
