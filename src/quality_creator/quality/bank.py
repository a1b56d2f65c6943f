"""Judge thousands of characteristics in one step: a whole plant's charts cost nothing.

All charts of a bank follow one plan and come in step: a row of values has one for each
characteristic, NaN where one is missing. The points are those that `control.step` would give
for each by itself; the price of a call is spread over all of them, 64 to a machine word.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.quality.bank_rules import DEEP, Program, by_rule, hold, mix, program
from quality_creator.quality.chart import VARIABLES, Floats, Limits, Plan, check_plan
from quality_creator.quality.judge import bits
from quality_creator.quality.planes import WORD, Words
from quality_creator.quality.rules import Pair
from quality_creator.quality.state import seal, unseal
from quality_creator.quality.subgroups import clip, reduce
from quality_creator.quality.variables import shown, spread_constants

MAGIC = b"QCB\x01"

_BLOCK = 1 << 19
"""Truths compared at once: they stay in the cache."""
_UNBUFFERED = 16
"""Numpy's smallest buffer: too small for a row of lines."""
_FEW = 1 << 12
"""So many octets are unpacked as fast as searched."""


@dataclass(frozen=True, slots=True, eq=False)
class BankLimits:
    """Each characteristic's frozen limits; arrays of shape (characteristics,)."""

    center: Floats
    sigma: Floats
    lower: Floats
    upper: Floats
    spread_center: Floats
    spread_lower: Floats
    spread_upper: Floats
    common_spread: NDArray[np.bool_]
    lines: "BankLines"
    """For points of the plan's size."""


@dataclass(frozen=True, slots=True, eq=False)
class BankLines:
    """What points are compared with."""

    over: Floats
    """Above these lines a point satisfies a pair upward, shape (pairs, 1 or points, n)."""
    under: Floats
    spread_lower: Floats
    """Shape (n,) or (points, n)."""
    spread_upper: Floats
    can_fall: bool
    """Whether a spread can be below its limit: not when all of them stand at 0."""

    def of(self, rows: slice) -> "BankLines":
        """The lines of some of the points."""
        if self.spread_lower.ndim == 1:
            return self
        over, under = self.over[:, rows], self.under[:, rows]
        return BankLines(over, under, self.spread_lower[rows], self.spread_upper[rows], self.can_fall)


class Bank(msgspec.Struct, frozen=True, eq=False):
    """Where the charts stand; what `step_bank` takes and returns."""

    plan: Plan
    program: Program
    limits: BankLimits
    plotted: int
    """Points of each characteristic since `start_bank()`."""
    pending: Floats
    """Rows of a subgroup that is not complete yet, shape (rows, characteristics)."""
    previous: Floats
    """Each characteristic's last location; NaN when there was none or it was missing."""
    history: Words
    """The truths at the last ticks, shape (truths, ticks, words)."""
    held: Words
    """Which rules held at the last point, on which side, shape (sides, words)."""

    def __len__(self) -> int:
        return len(self.previous)


class BankSignal(msgspec.Struct, frozen=True, gc=False):
    """A rule that holds at a characteristic's point."""

    row: int
    """Which of the plotted rows, from 0."""
    characteristic: int
    """Its place in the bank, from 0."""
    rule: str
    continuing: bool


class BankSignals(msgspec.Struct, frozen=True, eq=False):
    """What the rules found, ordered by row, rule and characteristic; arrays of equal length."""

    names: tuple[str, ...]
    row: NDArray[np.int64]
    characteristic: NDArray[np.int64]
    which: NDArray[np.int64]
    """Index into `names`."""
    continuing: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.row)

    def __iter__(self) -> Iterator[BankSignal]:
        columns = (self.row, self.characteristic, self.which, self.continuing)
        for row, characteristic, which, continuing in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            yield BankSignal(row, characteristic, self.names[which], continuing)


class BankPoints(msgspec.Struct, frozen=True, eq=False):
    """What a step plotted; arrays of shape (points, characteristics), NaN where one is missing."""

    first: int
    """The number of the first row of points since `start_bank()`."""
    location: Floats
    spread: Floats
    signals: BankSignals


def start_bank(plan: Plan, limits: Sequence[Limits]) -> Bank:
    """Charts before their first value, one for each of the limits.

    Args:
        plan: An `i-mr`, `xbar-r` or `xbar-s` chart.
        limits: As frozen for each characteristic, for the plan's size.
    """
    check_plan(plan)
    if plan.kind not in VARIABLES:
        raise BadInput(f"a bank judges {', '.join(VARIABLES)}, not {plan.kind}")
    if not limits:
        raise BadInput("a bank needs at least one characteristic")
    return _empty(plan, np.array([_row(entry) for entry in limits]).T)


def step_bank(bank: Bank, values: ArrayLike) -> tuple[Bank, BankPoints]:
    """Judge one or more rows of values.

    Args:
        bank: What the last step returned, or `start_bank()`.
        values: Shape (characteristics,) or (rows, characteristics); NaN is a missing value. The
            location of `i-mr` charts is a view of them.

    Returns:
        The next bank, and the points that the rows completed.

    Raises:
        BadInput: a value is infinite, or a row has not one value for each characteristic.

    >>> from quality_creator.quality import given
    >>> plan = Plan(kind="i-mr")
    >>> bank = start_bank(plan, [given(plan, center=0.0, sigma=1.0), given(plan, center=5.0, sigma=0.1)])
    >>> bank, points = step_bank(bank, [0.2, 5.4])
    >>> list(points.signals)
    [BankSignal(row=0, characteristic=1, rule='nelson-1', continuing=False)]
    """
    with np.errstate(all="ignore"):
        rows, tame = _checked(bank, values)
        if len(rows) > 1:
            # Else numpy copies lines and rows together into its buffer, to loop longer, at twice the
            # price. The end of the block sets the size back.
            np.setbufsize(_UNBUFFERED)
        return _stepped(bank, rows, tame)


def _stepped(bank: Bank, rows: Floats, tame: bool) -> tuple[Bank, BankPoints]:
    plan, size = bank.plan, bank.plan.size
    if len(bank.pending):
        rows = np.concatenate((bank.pending, rows))
    count = len(rows) // size
    if count == 0:
        nothing = np.empty((0, len(bank)))
        none = BankSignals(bank.program.names, *(np.empty(0, np.int64),) * 3, np.empty(0, np.bool_))
        return msgspec.structs.replace(bank, pending=rows.copy()), BankPoints(
            bank.plotted, nothing, nothing, none
        )
    location, spread, counts = _statistics(bank, rows[: count * size], tame)
    lines = bank.limits.lines if counts is None else _short_lines(bank, counts)
    truths = _truths(bank, lines, location, spread)
    signals, history, held = _judge(bank, truths)
    after = Bank(
        plan=plan,
        program=bank.program,
        limits=bank.limits,
        plotted=bank.plotted + count,
        pending=rows[count * size :].copy() if size > 1 else bank.pending,
        previous=location[-1].copy(),
        history=history,
        held=held,
    )
    return after, BankPoints(bank.plotted, location, spread, signals)


def _row(limits: Limits) -> tuple[float, ...]:
    spread = limits.spread
    if spread is None:
        raise BadInput("these limits have no spread; a bank needs those of an i-mr, xbar-r or xbar-s chart")
    location = limits.location
    common = float(limits.common_spread)
    lines = (location.lower, location.upper, spread.center, spread.lower, spread.upper)
    return (limits.center, limits.sigma, *lines, common)


def _empty(plan: Plan, table: Floats) -> Bank:
    ready = program(plan)
    count = table.shape[1]
    words = -(-count // 64)
    return Bank(
        plan=plan,
        program=ready,
        limits=_limits(plan, ready, table),
        plotted=0,
        pending=np.empty((0, count)),
        previous=np.full(count, np.nan),
        history=np.zeros((ready.truths, DEEP, words), WORD),
        held=np.zeros((ready.sides[-1].stop if ready.sides else 0, words), WORD),
    )


def _limits(plan: Plan, ready: Program, table: Floats) -> BankLimits:
    center, sigma, lower, upper, spread_center, spread_lower, spread_upper, common = np.ascontiguousarray(
        table
    )
    over, under = _levels(ready, center, sigma / math.sqrt(plan.size), lower, upper)
    can_fall = bool(spread_lower.any())
    lines = BankLines(over, under, spread_lower, spread_upper, can_fall)
    return BankLimits(
        center=center,
        sigma=sigma,
        lower=lower,
        upper=upper,
        spread_center=spread_center,
        spread_lower=spread_lower,
        spread_upper=spread_upper,
        common_spread=common != 0.0,
        lines=lines,
    )


def _levels(
    ready: Program, center: Floats, unit: Floats, lower: Floats, upper: Floats
) -> tuple[Floats, Floats]:
    """For each pair that compares the location with lines, shape (pairs, 1 or points, n)."""
    table: dict[Pair, tuple[Floats, Floats]] = {
        "side": (center, center),
        "beyond-1": (center + unit, center - unit),
        "beyond-2": (center + 2.0 * unit, center - 2.0 * unit),
        "limit": (upper, lower),
        "within-1": (center - unit, center + unit),
    }
    shape = (-1, 1, len(center)) if center.ndim == 1 else (-1, *center.shape)
    chosen = [table[pair] for pair in ready.pairs[: ready.lined]]
    over, under = ([sides[index] for sides in chosen] for index in (0, 1))
    return np.array(over).reshape(shape), np.array(under).reshape(shape)


def _checked(bank: Bank, values: ArrayLike) -> tuple[Floats, bool]:
    """The rows, and whether none of their values is missing, nor so large that a difference overflows."""
    try:
        rows = np.asarray(values, dtype=np.float64, order="C")
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInput(f"values are numbers: {error}") from error
    if rows.ndim == 1:
        rows = rows[None]
    if rows.ndim != 2 or rows.shape[1] != len(bank):
        raise BadInput(f"a row has {len(bank)} values, one for each characteristic; these are {rows.shape}")
    flat = rows.reshape(-1)
    # A finite sum of squares has finite terms; the product is the cheapest look at every value.
    tame = math.isfinite(flat @ flat)
    if not tame and np.isinf(rows).any():
        row, place = np.argwhere(np.isinf(rows))[0].tolist()
        raise BadInput(
            f"the value of characteristic {place} in row {row} is infinite; write NaN for a missing one"
        )
    return rows, tame


def _statistics(bank: Bank, rows: Floats, tame: bool) -> tuple[Floats, Floats, NDArray[np.int64] | None]:
    """Locations, spreads, and the number of values in each subgroup; None when all are full."""
    size = bank.plan.size
    if size == 1:
        if len(rows) == 1:
            spread = rows - bank.previous
        else:
            spread = np.empty(rows.shape)
            np.subtract(rows[0], bank.previous, out=spread[0])
            np.subtract(rows[1:], rows[:-1], out=spread[1:])
        np.abs(spread, out=spread)
        return rows, spread if tame else clip(spread), None
    count = len(rows) // size
    each = rows.reshape(count, size, len(bank)).transpose(0, 2, 1).reshape(-1, size)
    subgroups = reduce(each, shown(bank.plan))
    counts = None if subgroups.count is None else subgroups.count.reshape(count, -1)
    return subgroups.mean.reshape(count, -1), subgroups.spread.reshape(count, -1), counts


def _short_lines(bank: Bank, counts: NDArray[np.int64]) -> BankLines:
    """The lines of points of which some have fewer values than the plan's size."""
    plan, limits = bank.plan, bank.limits
    unit = limits.sigma / np.sqrt(counts)
    center = np.broadcast_to(limits.center, counts.shape)
    over, under = _levels(bank.program, center, unit, center - plan.width * unit, center + plan.width * unit)
    known = [spread_constants(plan, n) if n > 1 else (math.nan, math.nan) for n in range(plan.size + 1)]
    mean, deviation = np.array(known).T
    middle = np.where(limits.common_spread, limits.spread_center, mean[counts] * limits.sigma)
    reach = plan.width * deviation[counts] * limits.sigma
    return BankLines(over, under, np.maximum(0.0, middle - reach), middle + reach, can_fall=True)


def _truths(bank: Bank, lines: BankLines, location: Floats, spread: Floats) -> Words:
    """Every condition at every point, shape (pairs, 2, points, words)."""
    ready, words = bank.program, bank.history.shape[-1]
    count, width = location.shape
    rows = min(count, max(1, _BLOCK // (2 * len(ready.pairs) * width + 1)))
    truths = np.zeros((len(ready.pairs), 2, rows, 64 * words), np.bool_)
    if count == rows:
        _compare(ready, lines, location, spread, before=bank.previous, truths=truths[..., :width])
        return np.packbits(truths, bitorder="little").view(WORD).reshape(-1, 2, count, words)
    packed = np.empty((len(ready.pairs), 2, count, words), WORD)
    before = bank.previous
    for start in range(0, count, rows):
        part = slice(start, min(start + rows, count))
        some = truths[:, :, : part.stop - start]
        _compare(ready, lines.of(part), location[part], spread[part], before=before, truths=some[..., :width])
        flat = np.packbits(some, bitorder="little").view(WORD)
        packed[:, :, part] = flat.reshape(-1, 2, part.stop - start, words)
        before = location[part.stop - 1]
    return packed


def _compare(
    ready: Program,
    lines: BankLines,
    location: Floats,
    spread: Floats,
    *,
    before: Floats,
    truths: NDArray[np.bool_],
) -> None:
    """Fill in the truths of points that fit the cache, shape (pairs, 2, points, n).

    `before` is the location before them. Where no spread can fall, its truth stays as it is.
    """
    np.greater(location, lines.over, out=truths[: ready.lined, 0])
    np.less(location, lines.under, out=truths[: ready.lined, 1])
    for number, pair in enumerate(ready.pairs[ready.lined :], ready.lined):
        above, below = truths[number]
        if pair == "spread":
            np.greater(spread, lines.spread_upper, out=above)
            if lines.can_fall:
                np.less(spread, lines.spread_lower, out=below)
        elif len(location) == 1:
            np.greater(location, before, out=above)
            np.less(location, before, out=below)
        else:
            np.greater(location[0], before, out=above[0])
            np.less(location[0], before, out=below[0])
            np.greater(location[1:], location[:-1], out=above[1:])
            np.less(location[1:], location[:-1], out=below[1:])


def _judge(bank: Bank, truths: Words) -> tuple[BankSignals, Words, Words]:
    """The signals, and what to keep of the truths and of the rules that hold."""
    # Where rules hold, and where they held a point earlier on the same side.
    both = np.empty((2, truths.shape[2], *bank.held.shape), WORD)
    found = both[0]
    history = hold(bank.program, bank.history, truths, found)
    np.bitwise_and(found[0], bank.held, out=both[1, 0])
    if len(found) > 1:
        np.bitwise_and(found[1:], found[:-1], out=both[1, 1:])
    return _signals(bank.program, by_rule(bank.program, both)), history, found[-1].copy()


def _signals(ready: Program, both: Words) -> BankSignals:
    """Signals by row, rule and characteristic.

    Args:
        ready: The rules.
        both: Where they hold and where they go on, shape (2, points, rules, words).
    """
    _, count, rules, words = both.shape
    octets = both.reshape(2, -1).view(np.uint8)
    if octets.shape[1] < _FEW:
        held, going_on = bits(octets)
        places = held.nonzero()[0]
        continuing = going_on[places]
    else:
        # Of many octets most are empty, and need not be unpacked.
        occupied = (octets[0] != 0).nonzero()[0]
        held, going_on = bits(octets.take(occupied, axis=1))
        places = held.nonzero()[0]
        continuing = going_on[places]
        places = occupied[places >> 3] * 8 + (places & 7)
    cell, characteristic = np.divmod(places, 64 * words)
    row, which = (np.zeros(len(cell), np.int64), cell) if count == 1 else np.divmod(cell, rules)
    return BankSignals(ready.names, row, characteristic, which, continuing)


class _Stored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A bank as it is written; arrays as their little-endian bytes."""

    plan: Plan
    characteristics: int
    plotted: int
    limits: bytes
    pending: bytes
    previous: bytes
    history: bytes
    held: bytes


def encode_bank(bank: Bank) -> bytes:
    """The bank as bytes, for `decode_bank` after a restart."""
    limits = bank.limits
    table = np.array(
        [
            limits.center,
            limits.sigma,
            limits.lower,
            limits.upper,
            limits.spread_center,
            limits.spread_lower,
            limits.spread_upper,
            limits.common_spread,
        ],
        "<f8",
    )
    stored = _Stored(
        plan=bank.plan,
        characteristics=len(bank),
        plotted=bank.plotted,
        limits=table.tobytes(),
        pending=bank.pending.astype("<f8").tobytes(),
        previous=bank.previous.astype("<f8").tobytes(),
        history=bank.history[: bank.program.mixed_from].tobytes(),
        held=bank.held.tobytes(),
    )
    return seal(MAGIC, msgspec.msgpack.encode(stored))


def decode_bank(data: bytes) -> Bank:
    """The bank of these bytes.

    Raises:
        BadPayload: the bytes are not exactly those that `encode_bank` made.
    """
    try:
        stored = msgspec.msgpack.decode(unseal(MAGIC, data), type=_Stored)
        check_plan(stored.plan)
        return _restored(stored)
    except (msgspec.MsgspecError, BadInput, ValueError, OverflowError, RecursionError) as error:
        raise BadPayload(f"a bank's state that can't be: {error}") from error


def _restored(stored: _Stored) -> Bank:
    count = stored.characteristics
    if count < 1 or stored.plotted < 0 or stored.plan.kind not in VARIABLES:
        raise BadPayload("a bank's state whose parts don't fit together")
    table, pending, previous = (
        np.frombuffer(data, "<f8").astype(np.float64).reshape(-1, count)
        for data in (stored.limits, stored.pending, stored.previous)
    )
    if table.shape != (8, count) or len(previous) != 1 or len(pending) >= stored.plan.size:
        raise BadPayload("a bank's state whose parts don't fit together")
    empty = _empty(stored.plan, table)
    history = np.zeros_like(empty.history)
    sides = history[: empty.program.mixed_from]
    sides[...] = np.frombuffer(stored.history, WORD).reshape(sides.shape)
    mix(empty.program, history)
    return msgspec.structs.replace(
        empty,
        plotted=stored.plotted,
        pending=pending,
        previous=previous[0],
        history=history,
        held=np.frombuffer(stored.held, WORD).reshape(empty.held.shape),
    )
