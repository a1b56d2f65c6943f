"""Judge a series of plotted points by rules, wherever the stream was cut before them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality_creator.quality.chart import Floats, Lines, PointLines, Signals
from quality_creator.quality.planes import INDEX, WORD, Words, along, holds
from quality_creator.quality.rules import CONDITIONS, Condition, Rule

HISTORY_BITS = 16
"""What a state keeps of each condition: one more than the longest rule looks back."""

NO_HISTORY: tuple[int, ...] = (0,) * len(CONDITIONS)

_BLOCK = 1 << 14
"""Points compared at once: their values and truths stay in the cache."""


@dataclass(frozen=True, slots=True, eq=False)
class Plotted:
    """Statistics with the lines they are judged by; arrays of shape (points,)."""

    location: Floats
    spread: Floats
    unit: float | Floats
    """The location's sigma, in which its zones are measured."""
    location_lines: Lines | PointLines
    spread_lines: Lines | PointLines | None


def judge(
    rules: tuple[Rule, ...], plotted: Plotted, previous: float, history: tuple[int, ...]
) -> tuple[Signals, tuple[int, ...]]:
    """Find the rules' signals among points that follow those in `history`.

    Args:
        rules: Which rules, in the order in which signals of one row are listed.
        plotted: The points.
        previous: The last location before them; NaN when there was none or it was missing.
        history: For each of `rules.CONDITIONS` its last 16 truths, the newest in the highest bit.

    Returns:
        The signals, and the history after the points.
    """
    count = len(plotted.location)
    wanted = _wanted(rules)
    if count == 0 or not rules:
        return no_signals(rules), history
    words = np.zeros((len(wanted), 1 + -(-count // 64)), WORD)
    words[:, 0] = [history[INDEX[name]] << (64 - HISTORY_BITS) for name in wanted]
    _fill(words, wanted, plotted, previous)
    planes = {name: words[number] for number, name in enumerate(wanted)}
    found: list[tuple[NDArray[np.int64], NDArray[np.bool_]]] = []
    for rule in rules:
        sides = holds(rule, planes, along)
        going_on = sides & along(sides, 1, 1)
        if len(sides) == 2:
            found.append(_rows(sides[0] | sides[1], going_on[0] | going_on[1], count))
        else:
            found.append(_rows(sides[0], going_on[0], count))
    return merge(rules, found), _history(words, wanted, count, history)


def no_signals(rules: tuple[Rule, ...]) -> Signals:
    """What is found where there is nothing to judge."""
    nothing = np.empty(0, np.int64)
    return Signals(tuple(rule.name for rule in rules), nothing, nothing, np.empty(0, np.bool_))


def merge(rules: tuple[Rule, ...], found: Sequence[tuple[NDArray[np.int64], NDArray[np.bool_]]]) -> Signals:
    """One list of signals, ordered by row, from each rule's own."""
    rows = np.concatenate([rows for rows, _ in found])
    which = np.repeat(np.arange(len(rules)), [len(rows) for rows, _ in found])
    continuing = np.concatenate([flags for _, flags in found])
    order = np.argsort(rows, kind="stable")
    return Signals(tuple(rule.name for rule in rules), rows[order], which[order], continuing[order])


def _wanted(rules: tuple[Rule, ...]) -> tuple[Condition, ...]:
    asked = {condition for rule in rules for condition in rule.conditions}
    return tuple(condition for condition in CONDITIONS if condition in asked)


def _fill(words: Words, wanted: tuple[Condition, ...], plotted: Plotted, previous: float) -> None:
    """Compare raw statistics with raw lines (no division by sigma), and pack the truths."""
    count = len(plotted.location)
    packed = words.view(np.uint8)[:, 8:]
    truths = np.zeros((len(wanted), min(_BLOCK, -(-count // 8) * 8)), np.bool_)
    thresholds = [_threshold(name, plotted) for name in wanted]
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        size = stop - start
        whole = -(-size // 8) * 8
        block = truths[:, :whole]
        block[:, size:] = False
        location = plotted.location[start:stop]
        for name, threshold, out in zip(wanted, thresholds, block, strict=True):
            out = out[:size]  # noqa: PLW2901 - the truths of this block's points
            if name in ("rising", "falling"):
                compare = np.greater if name == "rising" else np.less
                before = plotted.location[start - 1] if start else previous
                out[0] = compare(location[0], before)
                compare(location[1:], location[:-1], out=out[1:])
                continue
            values = plotted.spread[start:stop] if name.startswith("spread") else location
            level = threshold[start:stop] if isinstance(threshold, np.ndarray) else threshold
            (np.greater if name in _UPWARD else np.less)(values, level, out=out)
        bits = np.packbits(block, axis=-1, bitorder="little")
        packed[:, start // 8 : start // 8 + whole // 8] = bits


_UPWARD = frozenset(("above", "above-1", "above-2", "above-limit", "over-lower-1", "spread-above"))


def _threshold(name: Condition, plotted: Plotted) -> float | Floats:  # noqa: PLR0911 - a table
    lines, unit = plotted.location_lines, plotted.unit
    match name:
        case "above" | "below":
            return lines.center
        case "above-1" | "under-upper-1":
            return lines.center + unit
        case "below-1" | "over-lower-1":
            return lines.center - unit
        case "above-2":
            return lines.center + 2.0 * unit
        case "below-2":
            return lines.center - 2.0 * unit
        case "above-limit":
            return lines.upper
        case "below-limit":
            return lines.lower
        case "rising" | "falling":
            return 0.0
        case "spread-above" | "spread-below":
            assert plotted.spread_lines is not None
            return plotted.spread_lines.upper if name == "spread-above" else plotted.spread_lines.lower


def _rows(held: Words, going_on: Words, count: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The rows of set bits and whether each goes on; only words with a bit set are unpacked."""
    occupied = np.flatnonzero(held[1:])
    bits = np.unpackbits(held[1:][occupied].view(np.uint8), bitorder="little")
    places = np.flatnonzero(bits)
    rows = occupied[places >> 6] * 64 + (places & 63)
    flags = np.unpackbits(going_on[1:][occupied].view(np.uint8), bitorder="little")[places]
    # A condition's bits beyond the last point are 0, so no rule holds there.
    assert not len(rows) or rows[-1] < count
    return rows, flags.astype(np.bool_)


def _history(
    words: Words, wanted: tuple[Condition, ...], count: int, history: tuple[int, ...]
) -> tuple[int, ...]:
    first = 64 + count - HISTORY_BITS
    word, bit = divmod(first, 64)
    kept = list(history)
    for number, name in enumerate(wanted):
        low = int(words[number, word]) >> bit
        if bit > 64 - HISTORY_BITS:
            low |= int(words[number, word + 1]) << (64 - bit)
        kept[INDEX[name]] = low & ((1 << HISTORY_BITS) - 1)
    return tuple(kept)
