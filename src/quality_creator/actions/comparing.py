"""Say where what was shown is not what follows: points, and definitions in their order. Pure."""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any, TypeVar

import msgspec

from quality_creator.model.event import Definition, JointDefinition, JointPoint, Point

Defined = TypeVar("Defined", Definition, JointDefinition)


def same(one: Any, other: Any, close: float) -> bool:
    """Whether two values are the same, but for the last digits of their floats."""
    if isinstance(one, float) and isinstance(other, float):
        both = math.isnan(one) and math.isnan(other)
        return both or math.isclose(one, other, rel_tol=close, abs_tol=1e-12)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one == other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key], close) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(*pair, close) for pair in zip(one, other, strict=True))
    return bool(one == other)


def point(
    shown: Point | JointPoint, expected: Point | JointPoint, fields: Sequence[str], close: float
) -> str:
    """In what a point differs from the one that follows; empty where they are the same.

    That it came late is no difference: nobody can compute that again.
    """
    bare = msgspec.structs.replace(shown, late=False) if shown.late else shown
    if bare == expected or same(msgspec.to_builtins(bare), msgspec.to_builtins(expected), close):
        return ""
    for name in fields:
        one, other = getattr(shown, name), getattr(expected, name)
        if not same(one, other, close):
            return f"was shown with {name} {one}, and {other} follows"
    said = [signal.rule for signal in shown.signals]
    due = [signal.rule for signal in expected.signals]
    return f"was shown with the signals {said}, and {due} follow"


def definitions(
    shown: Sequence[tuple[int, Defined]],
    points: Sequence[Point | JointPoint],
    since: Sequence[int],
    due: Callable[[int, Defined], Defined],
    close: float,
) -> Iterator[tuple[str, int]]:
    """Each is one of those that the chart went through, in their order and never behind its points.

    Args:
        shown: Each, and how many points stood in the stream before it.
        points: Those of the stream.
        since: Of each stage of the chart, the number of its first point.
        due: What the chart would be defined as in a stage.
        close: Relative difference below which two numbers are the same.

    Returns:
        For each that is none of those, what was shown, and the number of the point that was due next.
    """
    stage = 0
    newest_of = [-1, *accumulate((one.index for one in points), max)]
    for before, definition in shown:
        newest = newest_of[before]
        while stage + 1 < len(since) and since[stage + 1] <= newest:
            stage += 1
        for number in range(stage, len(since)):
            if same(msgspec.to_builtins(due(number, definition)), msgspec.to_builtins(definition), close):
                stage = number
                break
        else:
            yield _different_line(definition, due(stage, definition), close), newest + 1


def _different_line(shown: Defined, expected: Defined, close: float) -> str:
    given, due = msgspec.to_builtins(shown), msgspec.to_builtins(expected)
    for name in {**given, **due}:
        if not same(given.get(name), due.get(name), close):
            return f"{name} was shown as {given.get(name)}, and {due.get(name)} follows"
    return "another definition was shown than follows"
