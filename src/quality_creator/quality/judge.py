"""Judge a series of plotted points by rules, wherever the stream was cut before them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality_creator.quality.chart import Floats, Lines, PointLines, Signals
from quality_creator.quality.planes import WORD, Along, Words, holds
from quality_creator.quality.rules import PAIRS, Pair, Rule

HISTORY_BITS = 16
"""What a state keeps of each condition: one more than the longest rule looks back."""

NO_HISTORY: tuple[int, ...] = (0,) * (2 * len(PAIRS))

_NO_ROWS = np.empty(0, np.int64), np.empty(0, np.bool_)

_BLOCK = 1 << 15
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
        history: For each of `rules.PAIRS` the last 16 truths upward and downward, the newest in
            the highest bit.

    Returns:
        The signals, and the history after the points.
    """
    count = len(plotted.location)
    wanted = tuple(pair for pair in PAIRS if any(rule.pair == pair for rule in rules))
    if count == 0 or not rules:
        return no_signals(rules), history
    places = [PAIRS.index(pair) for pair in wanted]
    before = np.array(history, WORD).reshape(-1, 2)[places]
    words = np.zeros((len(wanted), 2, 1 + -(-count // 64)), WORD)
    words[:, :, 0] = before << np.uint64(64 - HISTORY_BITS)
    _fill(words, wanted, plotted, previous)
    layout = Along()
    found: list[tuple[NDArray[np.int64], NDArray[np.bool_]]] = []
    for rule in rules:
        sides = holds(rule, words[wanted.index(rule.pair)], layout)
        held = _any_side(sides)
        if held[1:].any():
            found.append(_rows(held, _any_side(sides & layout.back(sides, 1))))
        else:  # as nearly always
            found.append(_NO_ROWS)
    after = np.array(history, WORD).reshape(-1, 2)
    after[places] = _latest(words, count)
    return merge(rules, found), tuple(after.ravel().tolist())


def no_signals(rules: tuple[Rule, ...]) -> Signals:
    """What is found where there is nothing to judge."""
    nothing = np.empty(0, np.int64)
    return Signals(tuple(rule.name for rule in rules), nothing, nothing, np.empty(0, np.bool_))


def merge(rules: tuple[Rule, ...], found: Sequence[tuple[NDArray[np.int64], NDArray[np.bool_]]]) -> Signals:
    """One list of signals, ordered by row, from each rule's own."""
    if not any(len(rows) for rows, _ in found):
        return no_signals(rules)
    rows = np.concatenate([rows for rows, _ in found])
    which = np.repeat(np.arange(len(rules)), [len(rows) for rows, _ in found])
    continuing = np.concatenate([flags for _, flags in found])
    order = np.argsort(rows, kind="stable")
    return Signals(tuple(rule.name for rule in rules), rows[order], which[order], continuing[order])


def _fill(words: Words, wanted: tuple[Pair, ...], plotted: Plotted, previous: float) -> None:
    """Compare raw statistics with raw lines (no division by sigma), and pack the truths."""
    count = len(plotted.location)
    packed = words.view(np.uint8)[:, :, 8:]
    levels = [_levels(pair, plotted) for pair in wanted]
    truths = np.zeros((len(wanted), 2, 0), np.bool_)
    for start in range(0, count, _BLOCK):
        stop = min(start + _BLOCK, count)
        whole = -(-(stop - start) // 8) * 8
        if truths.shape[2] != whole:
            truths = np.zeros((len(wanted), 2, whole), np.bool_)
        location = plotted.location[start:stop]
        for pair, (over, under), sides in zip(wanted, levels, truths[:, :, : stop - start], strict=True):
            above, below = sides
            if pair == "step":
                before = plotted.location[start - 1] if start else previous
                above[0], below[0] = location[0] > before, location[0] < before
                np.greater(location[1:], location[:-1], out=above[1:])
                np.less(location[1:], location[:-1], out=below[1:])
                continue
            values = plotted.spread[start:stop] if pair == "spread" else location
            np.greater(values, _part(over, start, stop), out=above)
            # No spread is below 0: such a limit needs no look.
            if pair != "spread" or not isinstance(under, float) or under > 0.0:
                np.less(values, _part(under, start, stop), out=below)
        flat = np.packbits(truths.reshape(-1), bitorder="little")
        packed[:, :, start // 8 : start // 8 + whole // 8] = flat.reshape(len(wanted), 2, -1)


Level = float | Floats


def _levels(pair: Pair, plotted: Plotted) -> tuple[Level, Level]:
    """The lines above and below which the pair's conditions hold."""
    lines, unit = plotted.location_lines, plotted.unit
    match pair:
        case "side" | "step":
            return lines.center, lines.center
        case "beyond-1":
            return lines.center + unit, lines.center - unit
        case "beyond-2":
            return lines.center + 2.0 * unit, lines.center - 2.0 * unit
        case "within-1":
            return lines.center - unit, lines.center + unit
        case "limit":
            return lines.upper, lines.lower
        case "spread":
            assert plotted.spread_lines is not None
            return plotted.spread_lines.upper, plotted.spread_lines.lower


def _part(level: Level, start: int, stop: int) -> Level:
    return level[start:stop] if isinstance(level, np.ndarray) else level


def _any_side(plane: Words) -> Words:
    merged: Words = np.bitwise_or.reduce(plane, axis=0)
    return merged


def _rows(held: Words, going_on: Words) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The rows of set bits and whether each goes on; only words with a bit set are unpacked."""
    occupied = np.flatnonzero(held[1:])
    places = np.flatnonzero(bits(held[1:][occupied]))
    flags = bits(going_on[1:][occupied])
    return occupied[places >> 6] * 64 + (places & 63), flags[places]


def bits(words: Words | NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The bits of words or octets; the last axis grows by as many as one has."""
    return np.unpackbits(words.view(np.uint8), axis=-1, bitorder="little").view(np.bool_)


def _latest(words: Words, count: int) -> Words:
    """The last truths, in the lowest bits, the newest the highest of them."""
    word, bit = divmod(64 + count - HISTORY_BITS, 64)
    latest = words[:, :, word] >> np.uint64(bit)
    if bit > 64 - HISTORY_BITS:
        latest |= words[:, :, word + 1] << np.uint64(64 - bit)
    return np.asarray(latest & np.uint64((1 << HISTORY_BITS) - 1), WORD)
