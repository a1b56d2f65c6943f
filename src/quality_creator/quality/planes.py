"""Sixty-four points in a word: the run rules as word operations.

A plane holds one condition's truth for many points, one bit each. Two layouts share the rules:
`along` packs one long series along time (a shift by k bits is the view k points earlier, and a
row of older words comes first), `across` packs a tick of many characteristics (a row earlier is
a tick earlier). Planes of the two sides of a rule are stacked in front.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quality_creator.quality.rules import CONDITIONS, Condition, Rule

Words = NDArray[np.uint64]
WORD = np.dtype("<u8")
"""Little-endian, so that bit i of the bytes is bit i of the word on every machine."""

INDEX: dict[Condition, int] = {condition: number for number, condition in enumerate(CONDITIONS)}

Past = Callable[[Words, int, int], Words]
"""`past(plane, k, span)`: the plane as it was k points earlier, for the points that have `span`
predecessors; 0 <= k <= span."""


def along(planes: Words, k: int, span: int) -> Words:
    """Past of a series packed along its last axis; the first word is history, so all points remain."""
    if k == 0:
        return planes
    shifted = planes << np.uint64(k)
    shifted[..., 1:] |= planes[..., :-1] >> np.uint64(64 - k)
    return shifted


def across(planes: Words, k: int, span: int) -> Words:
    """Past of ticks stacked along the axis before the last; the first `span` rows are used up."""
    return planes[..., span - k : planes.shape[-2] - k, :]


def holds(rule: Rule, planes: dict[Condition, Words], past: Past) -> Words:
    """Where the rule holds, stacked by side: shape (1 or 2, ...), as long as `past` leaves it."""
    first, second = (planes[condition] for condition in rule.conditions)
    match rule.form:
        case "sides":
            sides = np.stack((first, second))
            return _in_a_row(sides, rule.of, past) if rule.need == rule.of else _most(sides, rule, past)
        case "turns":
            turn = (past(first, 0, 1) & past(second, 1, 1)) | (past(second, 0, 1) & past(first, 1, 1))
            return _in_a_row(turn[None], rule.of, past)
        case "within":
            return _in_a_row((first & second)[None], rule.of, past)
        case "either":
            return _in_a_row((first | second)[None], rule.of, past)
        case "both":
            mixed = _in_a_row((first | second)[None], rule.of, past)
            pure = _in_a_row(np.stack((first, second)), rule.of, past)
            return mixed & ~(pure[:1] | pure[1:])


def _in_a_row(plane: Words, length: int, past: Past) -> Words:
    reached = 1
    while reached < length:
        step = min(reached, length - reached)
        plane = past(plane, 0, step) & past(plane, step, step)
        reached += step
    return plane


def _most(plane: Words, rule: Rule, past: Past) -> Words:
    """At least need − 1 of the of − 1 predecessors, and the point itself."""
    wanted, seen = rule.need - 1, rule.of - 1
    at_least: list[Words | None] = [None] * (wanted + 1)
    for number in range(1, seen + 1):
        earlier = past(plane, number, seen)
        # From the top down, so that each predecessor counts once; counts that can no longer
        # reach `wanted` are not kept.
        for count in range(min(number, wanted), max(1, wanted - (seen - number)) - 1, -1):
            below = at_least[count - 1]
            more = earlier if count == 1 else None if below is None else below & earlier
            held = at_least[count]
            if more is not None:
                at_least[count] = more if held is None else held | more
    enough = at_least[wanted]
    assert enough is not None
    return past(plane, 0, seen) & enough
