"""A plan's rules, ready to be judged for many charts at once.

Several ticks are judged rule by rule, along time. A single tick is judged as a whole, because
there the price is the number of calls and not the amount of work: every rule is an "or" of
"and"s of truths at this tick and the fourteen before it, so all of them are one gathering of
rows, one "and" and one "or".
"""

from dataclasses import dataclass
from itertools import accumulate, chain, combinations, pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quality_creator.quality.chart import Plan
from quality_creator.quality.planes import WORD, Across, Words, holds
from quality_creator.quality.rules import PAIRS, REACH, Pair, Rule, asked

DEEP = REACH - 1
"""Ticks that are kept: with the newest, as many as the longest rule looks at."""

Mix = Literal["up", "down", "either", "within"]
"""A truth made of a pair: one side, one of both, both at once."""

Row = tuple[Pair, Mix, int]
"""A truth so many ticks ago."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """The rules of a plan, and where each finds and leaves its truths."""

    rules: tuple[Rule, ...]
    names: tuple[str, ...]
    pairs: tuple[Pair, ...]
    """Those that compare the location with lines come first."""
    lined: int
    """How many pairs compare the location with lines."""
    places: tuple[int, ...]
    """For each rule the index of its pair."""
    sides: tuple[slice, ...]
    """For each rule the planes that say where it holds, one for each side that it knows."""
    first: NDArray[np.int64]
    """The first of these planes of each rule."""
    last: NDArray[np.int64]
    """Their last; the same one where a rule knows no sides."""
    mixed: tuple[tuple[Mix, int], ...]
    """The truths that a tick makes of pairs; they stand behind those of the sides."""
    mixed_from: int
    """How many truths are those of sides."""
    truths: int
    """How many there are of a tick."""
    all_of: NDArray[np.int64]
    """The rows of a tick that must all be true, shape (REACH, alternatives)."""
    any_of: NDArray[np.int64]
    """The alternatives of which one must be true, shape (most alternatives, planes)."""


def program(plan: Plan) -> Program:
    """The program of a plan's rules."""
    rules = asked(plan.rules, plan.kind)
    wanted = {rule.pair for rule in rules}
    lined = tuple(pair for pair in PAIRS if pair in wanted and pair not in ("step", "spread"))
    pairs = (*lined, *(pair for pair in PAIRS if pair in wanted and pair not in lined))
    planes = [_alternatives(rule, side) for rule in rules for side in _sides(rule)]
    stops = list(accumulate((len(_sides(rule)) for rule in rules), initial=0))
    used = dict.fromkeys((how, pairs.index(pair)) for pair, how, _ in chain.from_iterable(chain(*planes)))
    mixed = tuple((how, place) for how, place in used if how not in ("up", "down"))
    return Program(
        rules=rules,
        names=tuple(rule.name for rule in rules),
        pairs=pairs,
        lined=len(lined),
        places=tuple(pairs.index(rule.pair) for rule in rules),
        sides=tuple(slice(start, stop) for start, stop in pairwise(stops)),
        first=np.array(stops[:-1], np.int64),
        last=np.array(stops[1:], np.int64) - 1,
        mixed=mixed,
        mixed_from=2 * len(pairs),
        truths=2 * len(pairs) + len(mixed),
        all_of=_all_of([rows for plane in planes for rows in plane], pairs, mixed),
        any_of=_any_of([len(plane) for plane in planes]),
    )


def hold(ready: Program, history: Words, truths: Words, found: Words) -> Words:
    """Find where the rules hold at some ticks.

    Args:
        ready: The rules.
        history: The truths of the ticks before, shape (truths, DEEP, words).
        truths: Those of these ticks, shape (pairs, 2, ticks, words).
        found: To be filled in: a plane for each side of each rule, shape (ticks, sides, words).

    Returns:
        The history after.
    """
    _, _, ticks, words = truths.shape
    table = np.empty((ready.truths, DEEP + ticks, words), WORD)
    table[:, :DEEP] = history
    table[: ready.mixed_from, DEEP:] = truths.reshape(-1, ticks, words)
    mix(ready, table[:, DEEP:])
    if ticks == 1 and ready.rules:
        _at_one_tick(ready, table, found[0])
    else:
        planes = table[: ready.mixed_from].reshape(-1, 2, DEEP + ticks, words)
        _at_many_ticks(ready, planes, found)
    return table[:, -DEEP:]


def mix(ready: Program, table: Words) -> None:
    """Fill in the truths that are made of pairs, behind those of the sides, shape (truths, ticks, words)."""
    for number, (how, place) in enumerate(ready.mixed, ready.mixed_from):
        operate = np.bitwise_or if how == "either" else np.bitwise_and
        operate(table[2 * place], table[2 * place + 1], out=table[number])


def by_rule(ready: Program, planes: Words) -> Words:
    """Planes of sides as planes of rules: where any side holds, shape (..., rules, words)."""
    merged: Words = planes.take(ready.first, axis=-2)
    merged |= planes.take(ready.last, axis=-2)
    return merged


def _at_many_ticks(ready: Program, planes: Words, found: Words) -> None:
    layout = Across(len(found))
    by_side = found.transpose(1, 0, 2)
    for rule, place, sides in zip(ready.rules, ready.places, ready.sides, strict=True):
        by_side[sides] = holds(rule, planes[place], layout)


def _at_one_tick(ready: Program, table: Words, found: Words) -> None:
    """The planes of a tick, from a table of truths of it and of those before."""
    # Reduced along the first axis, where what lies side by side is worked on side by side.
    rows = table.reshape(-1, table.shape[2])
    alternatives = np.bitwise_and.reduce(rows.take(ready.all_of, axis=0, mode="clip"), axis=0)
    np.bitwise_or.reduce(alternatives.take(ready.any_of, axis=0, mode="clip"), axis=0, out=found)


def _sides(rule: Rule) -> tuple[Mix, ...]:
    match rule.form:
        case "sides":
            return ("up", "down")
        case "within":
            return ("within",)
        case "either" | "both" | "turns":
            return ("either",)


def _alternatives(rule: Rule, side: Mix) -> list[list[Row]]:
    """Any of these lists of rows makes the rule hold on a side."""
    pair = rule.pair
    if rule.form == "turns":
        # So many turns are one more step, and nothing goes up and down at once.
        turns: tuple[Mix, ...] = ("up", "down") * rule.of
        return [[(pair, turns[first + lag], lag) for lag in range(rule.of + 1)] for first in (0, 1)]
    if rule.form == "both":
        run: list[Row] = [(pair, side, lag) for lag in range(rule.of)]
        # Points beyond a line of which one lies on another side than its predecessor.
        sides: tuple[tuple[Mix, Mix], ...] = (("up", "down"), ("down", "up"))
        changes = [(lag, now, before) for lag in range(rule.of - 1) for now, before in sides]
        return [[*run, (pair, now, lag), (pair, before, lag + 1)] for lag, now, before in changes]
    earlier = combinations(range(1, rule.of), rule.need - 1)
    return [[(pair, side, lag) for lag in (0, *lags)] for lags in earlier]


def _all_of(
    alternatives: list[list[Row]], pairs: tuple[Pair, ...], mixed: tuple[tuple[Mix, int], ...]
) -> NDArray[np.int64]:
    """Each alternative's rows below each other; where it has fewer than REACH, the last again."""
    rows = np.empty((REACH, len(alternatives)), np.int64)
    for number, alternative in enumerate(alternatives):
        for line, (pair, how, lag) in enumerate(alternative):
            place = pairs.index(pair)
            if how in ("up", "down"):
                slot = 2 * place + (how == "down")
            else:
                slot = 2 * len(pairs) + mixed.index((how, place))
            rows[line:, number] = slot * REACH + DEEP - lag
    return rows


def _any_of(counts: list[int]) -> NDArray[np.int64]:
    """Each plane's alternatives below each other; where it has fewer than another, the last again."""
    rows = np.empty((max(counts, default=0), len(counts)), np.int64)
    start = 0
    for number, count in enumerate(counts):
        rows[:, number] = start + np.minimum(np.arange(len(rows)), count - 1)
        start += count
    return rows
