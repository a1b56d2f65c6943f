"""Sixty-four points in a word: the run rules as word operations.

A plane holds one condition's truth for many points, one bit each; the two sides of a pair are
stacked in front. Two layouts share the rules. `Along` packs one long series along time: a shift
by k bits is the view k points earlier, and the first word is history. `Across` packs ticks of
many characteristics: a row earlier is a tick earlier, and the first rows are history.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from quality_creator.quality.rules import Rule

Words = NDArray[np.uint64]
WORD = np.dtype("<u8")
"""Little-endian, so that bit i of the bytes is bit i of the word on every machine."""


class Layout(Protocol):
    """How points lie in words, and so how one looks back."""

    def back(self, plane: Words, k: int) -> Words:
        """The judged points as they were k points earlier."""

    def run(self, plane: Words, length: int) -> Words:
        """The judged points that end `length` set bits in a row."""

    def neighbours(self, plane: Words) -> tuple[Words, Words]:
        """All points that have a predecessor, and these predecessors."""


class Along:
    """One series; its last axis is time, 64 points a word, the first word before the first point."""

    def back(self, plane: Words, k: int) -> Words:
        """Zero bits come in at the far end of history, which no rule reaches."""
        if k == 0:
            return plane
        shifted = plane << np.uint64(k)
        shifted[..., 1:] |= plane[..., :-1] >> np.uint64(64 - k)
        return shifted

    def run(self, plane: Words, length: int) -> Words:
        """Runs of one, two, four ... points, and the rest."""
        reached = 1
        while reached < length:
            step = min(reached, length - reached)
            plane = plane & self.back(plane, step)
            reached += step
        return plane

    def neighbours(self, plane: Words) -> tuple[Words, Words]:
        """Every point, and the points one earlier."""
        return plane, self.back(plane, 1)


@dataclass(frozen=True, slots=True)
class Across:
    """Ticks of many characteristics; the axis before the last is time, the last `rows` are judged."""

    rows: int

    def back(self, plane: Words, k: int) -> Words:
        """A window of rows."""
        end = plane.shape[-2] - k
        return plane[..., end - self.rows : end, :]

    def run(self, plane: Words, length: int) -> Words:
        """Runs of one, two, four ... rows and the rest."""
        plane = plane[..., -(self.rows + length - 1) :, :]
        reached = 1
        while reached < length:
            step = min(reached, length - reached)
            plane = plane[..., step:, :] & plane[..., :-step, :]
            reached += step
        return plane

    def neighbours(self, plane: Words) -> tuple[Words, Words]:
        """The rows but the first, and the rows but the last."""
        return plane[..., 1:, :], plane[..., :-1, :]


def holds(rule: Rule, pair: Words, layout: Layout) -> Words:
    """Where the rule holds: shape (sides, ...), with one side for rules that know none.

    Args:
        rule: Which rule.
        pair: The two conditions that the rule is about, shape (2, ...), with history.
        layout: How points lie in the words.
    """
    if rule.need != rule.of:
        return most(rule, pair, layout)
    if rule.form == "both":
        pure = layout.run(pair, rule.of)
        return layout.run(subject(rule, pair, layout), rule.of) & ~(pure[:1] | pure[1:])
    if rule.of == 1:
        return layout.back(pair, 0)
    return layout.run(subject(rule, pair, layout), rule.of)


def subject(rule: Rule, pair: Words, layout: Layout) -> Words:
    """What must be so at each of a rule's points, shape (sides, ...)."""
    alone: Words
    match rule.form:
        case "sides":
            return pair
        case "turns":
            now, before = layout.neighbours(pair)
            alone = (now[0] & before[1]) | (now[1] & before[0])
        case "within":
            alone = pair[0] & pair[1]
        case "either" | "both":
            alone = pair[0] | pair[1]
    return alone[None]


def most(rule: Rule, pair: Words, layout: Layout) -> Words:
    """The point itself, and all but one of its predecessors in the window."""
    now, *earlier = (layout.back(pair, k) for k in range(rule.of))
    if (rule.need, rule.of) == (2, 3):
        one, two = earlier
        return now & (one | two)
    assert (rule.need, rule.of) == (4, 5)
    one, two, three, four = earlier
    return now & ((one & two & (three | four)) | (three & four & (one | two)))
