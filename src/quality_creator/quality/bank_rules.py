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

Mix = Literal["up", "down", "either", "within", "changed"]
"""A truth made of a pair: one side, one of both, both at once, another side than one tick ago."""

Row = tuple[Pair, Mix, int]
"""A truth so many ticks ago."""

_ALL = np.uint64(2**64 - 1)


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
    starts: NDArray[np.int64]
    """The first of these planes of each rule."""
    mixed: tuple[tuple[Mix, int], ...]
    """The truths that a tick makes of pairs; they stand behind those of the sides."""
    gathered: NDArray[np.int64]
    """Rows of a tick that must all be true, shape (alternatives, REACH)."""
    alternatives: NDArray[np.int64]
    """The first alternative of each plane."""


def program(plan: Plan) -> Program:
    """The program of a plan's rules."""
    rules = asked(plan.rules, plan.kind)
    wanted = {rule.pair for rule in rules}
    lined = tuple(pair for pair in PAIRS if pair in wanted and pair not in ("step", "spread"))
    pairs = (*lined, *(pair for pair in PAIRS if pair in wanted and pair not in lined))
    planes = [_alternatives(rule, side) for rule in rules for side in _sides(rule)]
    stops = list(accumulate((len(_sides(rule)) for rule in rules), initial=0))
    used = dict.fromkeys((mix, pairs.index(pair)) for pair, mix, _ in chain.from_iterable(chain(*planes)))
    mixed = tuple((mix, place) for mix, place in used if mix not in ("up", "down"))
    return Program(
        rules=rules,
        names=tuple(rule.name for rule in rules),
        pairs=pairs,
        lined=len(lined),
        places=tuple(pairs.index(rule.pair) for rule in rules),
        sides=tuple(slice(start, stop) for start, stop in pairwise(stops)),
        starts=np.array(stops[:-1], np.int64),
        mixed=mixed,
        gathered=_gathered([rows for plane in planes for rows in plane], pairs, mixed),
        alternatives=np.array(list(accumulate(map(len, planes[:-1]), initial=0)) if planes else [], np.int64),
    )


def held(ready: Program, planes: Words) -> Words:
    """Where the rules hold at the ticks that have DEEP ticks before them.

    Args:
        ready: The rules.
        planes: Truths, shape (pairs, 2, DEEP + ticks, words).

    Returns:
        One plane for each side of each rule, shape (sides, ticks, words).
    """
    ticks, words = planes.shape[2] - DEEP, planes.shape[3]
    if not ready.rules:
        return np.zeros((0, ticks, words), WORD)
    if ticks == 1:
        return _at_one_tick(ready, planes)[:, None]
    layout = Across(ticks)
    found = np.empty((ready.sides[-1].stop, ticks, words), WORD)
    for rule, place, sides in zip(ready.rules, ready.places, ready.sides, strict=True):
        found[sides] = holds(rule, planes[place], layout)
    return found


def by_rule(ready: Program, planes: Words) -> Words:
    """Planes of sides as planes of rules: where any side holds."""
    if not ready.rules:
        return planes
    merged: Words = np.bitwise_or.reduceat(planes, ready.starts)
    return merged


def _at_one_tick(ready: Program, planes: Words) -> Words:
    pairs, words = len(ready.pairs), planes.shape[3]
    table = np.empty((2 * pairs + len(ready.mixed) + 1, REACH, words), WORD)
    table[: 2 * pairs] = planes.reshape(2 * pairs, REACH, words)
    for number, (mix, place) in enumerate(ready.mixed, 2 * pairs):
        up, down = planes[place]
        match mix:
            case "either":
                np.bitwise_or(up, down, out=table[number])
            case "within":
                np.bitwise_and(up, down, out=table[number])
            case _:
                table[number, :1] = 0
                np.bitwise_or(up[1:] & down[:-1], down[1:] & up[:-1], out=table[number, 1:])
    table[-1] = _ALL
    together = np.bitwise_and.reduce(table.reshape(-1, words)[ready.gathered], axis=1)
    any_of: Words = np.bitwise_or.reduceat(together, ready.alternatives)
    return any_of


def _sides(rule: Rule) -> tuple[Mix, ...]:
    match rule.form:
        case "sides":
            return ("up", "down")
        case "turns":
            return ("changed",)
        case "within":
            return ("within",)
        case "either" | "both":
            return ("either",)


def _alternatives(rule: Rule, side: Mix) -> list[list[Row]]:
    """Any of these lists of rows makes the rule hold on a side."""
    pair = rule.pair
    if rule.form == "both":
        run: list[Row] = [(pair, side, lag) for lag in range(rule.of)]
        # Points beyond a line of which one lies on another side than its predecessor.
        return [[*run, (pair, "changed", lag)] for lag in range(rule.of - 1)]
    earlier = combinations(range(1, rule.of), rule.need - 1)
    return [[(pair, side, lag) for lag in (0, *lags)] for lags in earlier]


def _gathered(
    alternatives: list[list[Row]], pairs: tuple[Pair, ...], mixed: tuple[tuple[Mix, int], ...]
) -> NDArray[np.int64]:
    always = (2 * len(pairs) + len(mixed)) * REACH
    rows = np.full((len(alternatives), REACH), always, np.int64)
    for number, alternative in enumerate(alternatives):
        for column, (pair, mix, lag) in enumerate(alternative):
            place = pairs.index(pair)
            if mix in ("up", "down"):
                slot = 2 * place + (mix == "down")
            else:
                slot = 2 * len(pairs) + mixed.index((mix, place))
            rows[number, column] = slot * REACH + DEEP - lag
    return rows
