"""Average run lengths of a Shewhart chart with run rules: the expected false alarms of a choice.

Rules about zones make a Markov chain, whose run length is exact. Rules about rising, falling and
alternating points depend on the values themselves; choices with them are simulated, with a fixed
seed, and carry their standard error. Run lengths are to the first signal of the upper chart's
rules; the lower chart of a pair adds its own.

Source: Champ and Woodall (1987), Technometrics 29(4).
"""

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.arl import LONGEST
from quality_creator.quality.planes import WORD, Across, Words, holds
from quality_creator.quality.rules import NELSON, REACH, Pair, Rule, rule

Sides = tuple[tuple[Pair, ...], tuple[Pair, ...]]
"""What a point satisfies upward and downward."""

ZONES: tuple[Sides, ...] = (
    ((), ("side", "beyond-1", "beyond-2", "limit", "within-1")),
    ((), ("side", "beyond-1", "beyond-2", "within-1")),
    ((), ("side", "beyond-1", "within-1")),
    (("within-1",), ("side", "within-1")),
    (("side", "within-1"), ("within-1",)),
    (("side", "beyond-1", "within-1"), ()),
    (("side", "beyond-1", "beyond-2", "within-1"), ()),
    (("side", "beyond-1", "beyond-2", "limit", "within-1"), ()),
)
"""From the lowest zone up."""


@dataclass(frozen=True, slots=True)
class RunLength:
    """An average run length and how it was found."""

    value: float
    standard_error: float = 0.0
    """0 for an exact one."""

    @property
    def exact(self) -> bool:
        """Whether it comes from a Markov chain, not from a simulation."""
        return self.standard_error == 0.0


_ALL_OF_NELSON = RunLength(73.495, 0.033)
"""In control; `_simulated` over 80 seeds, 5.2 million charts: the usual question, answered at once."""


@lru_cache(maxsize=256)
def shewhart(rules: tuple[str, ...], shift: float = 0.0, width: float = 3.0) -> RunLength:
    """Average run length of a chart of known limits that is judged by these rules.

    Args:
        rules: Names from `rules.TABLE`, at least one.
        shift: Of the mean, in sigmas of the plotted statistic, from the first point on.
        width: Distance of the limits in the same sigmas; more than 2.

    >>> round(shewhart(("western-electric-1",)).value, 1)
    370.4
    >>> from quality_creator.quality.rules import WESTERN_ELECTRIC
    >>> round(shewhart(WESTERN_ELECTRIC).value, 2)
    91.75
    """
    chosen = tuple(rule(name) for name in rules)
    if not chosen:
        raise BadInput("without a rule there is no signal and no run length; name at least one")
    if not (math.isfinite(width) and width > 2.0):
        raise BadInput(f"the limits stand more than 2 sigma from the centre, not {width}")
    if not math.isfinite(shift):
        raise BadInput(f"the shift is a finite number of sigmas, not {shift}")
    # Judged by what they say, so that Western Electric's 1 and Nelson's 1 are one rule.
    distinct = tuple({(entry.need, entry.of, entry.form, entry.pair): entry for entry in chosen}.values())
    if {entry.name for entry in chosen} == set(NELSON) and (shift, width) == (0.0, 3.0):
        return _ALL_OF_NELSON
    if any(entry.pair == "step" for entry in distinct):
        return _simulated(distinct, shift, width)
    return RunLength(_markov(distinct, shift, width))


def false_alarms(rules: tuple[str, ...], charts: int = 1) -> float:
    """Expected first alarms a point on this many charts of processes in control.

    >>> round(false_alarms(("nelson-1", "nelson-2"), 1000), 1)
    4.6
    """
    return charts / shewhart(rules).value if rules else 0.0


def _probabilities(shift: float, width: float) -> list[float]:
    edges = np.array([-np.inf, -width, -2.0, -1.0, 0.0, 1.0, 2.0, width, np.inf]) - shift
    # From the nearer tail, so that a far zone keeps its digits.
    low, high = edges[:-1], edges[1:]
    chances = np.where(
        low > 0.0, special.ndtr(-low) - special.ndtr(-high), special.ndtr(high) - special.ndtr(low)
    )
    return [float(chance) for chance in chances]


Floats = NDArray[np.float64]
Memory = tuple[int, ...]


def _markov(rules: tuple[Rule, ...], shift: float, width: float) -> float:
    from scipy.sparse import csr_array, identity
    from scipy.sparse.linalg import MatrixRankWarning, spsolve

    origin: Memory = (0,) * sum(map(_cells, rules))
    numbers, targets, queue = {origin: 0}, [], [origin]
    for memory in queue:
        row: list[tuple[int, int]] = []
        for zone, satisfied in enumerate(ZONES):
            after = _advance(rules, memory, satisfied)
            if after is None:
                continue
            if after not in numbers:
                numbers[after] = len(queue)
                queue.append(after)
            row.append((numbers[after], zone))
        targets.append(row)
    chances = _probabilities(shift, width)
    entries = [(start, end, chances[zone]) for start, row in enumerate(targets) for end, zone in row]
    starts, ends, values = zip(*entries, strict=True) if entries else ((), (), ())
    size = len(queue)
    stays = csr_array((values, (starts, ends)), shape=(size, size))
    with warnings.catch_warnings():
        # Where a double holds no chance of a signal, nothing is solved, and the wait has no end.
        warnings.simplefilter("ignore", MatrixRankWarning)
        lengths = spsolve((identity(size, format="csr") - stays).tocsc(), np.ones(size))
    length = float(np.atleast_1d(lengths)[0])
    return length if 1.0 <= length < LONGEST else math.inf


def _cells(entry: Rule) -> int:
    return {"sides": 2, "within": 1, "either": 1, "both": 3, "turns": 0}[entry.form]


def _advance(rules: tuple[Rule, ...], memory: Memory, satisfied: Sides) -> Memory | None:
    """What the rules remember after a point; None when one of them holds."""
    after: list[int] = []
    for entry in rules:
        first, second = (entry.pair in side for side in satisfied)
        cells = memory[len(after) : len(after) + _cells(entry)]
        match entry.form:
            case "sides":
                moved = [_side(entry, old, now) for old, now in zip(cells, (first, second), strict=True)]
                if None in moved:
                    return None
                after += [bits for bits in moved if bits is not None]
            case "within" | "either":
                run = cells[0] + 1 if (first and second if entry.form == "within" else first or second) else 0
                if run >= entry.of:
                    return None
                after.append(run)
            case _:
                mixed, high, low = (
                    min(old + 1, entry.of) if now else 0
                    for old, now in zip(cells, (first or second, first, second), strict=True)
                )
                if mixed >= entry.of and max(high, low) < entry.of:
                    return None
                after += [mixed, high, low]
    return tuple(after)


def _side(entry: Rule, old: int, now: bool) -> int | None:
    """The last truths of one side as bits, the newest lowest; None when the rule holds."""
    bits = (old << 1 | now) & ((1 << entry.of) - 1)
    if now and bits.bit_count() >= entry.need:
        return None
    bits &= (1 << (entry.of - 1)) - 1
    if entry.need == entry.of:
        # Only the unbroken run counts.
        run = (~bits & (bits + 1)).bit_length() - 1
        return (1 << run) - 1
    return bits


_SERIES = 1 << 16
_ROWS = 48
_LONGEST = 1_000_000
_SEED = 19840416


def _simulated(rules: tuple[Rule, ...], shift: float, width: float) -> RunLength:
    """Run many charts side by side, 64 to a word, each until it signals."""
    rng = np.random.default_rng(_SEED)
    lengths = np.full(_SERIES, np.inf)
    running = np.arange(_SERIES)
    before = np.full((REACH + 1, _SERIES), np.nan)
    for passed in range(0, _LONGEST, _ROWS):
        values = np.concatenate((before, rng.normal(shift, 1.0, (_ROWS, len(running)))))
        hit = _signals(rules, values, width)
        first = hit.argmax(axis=0)
        done = hit[first, np.arange(len(running))]
        lengths[running[done]] = passed + first[done] + 1
        running = running[~done]
        if not len(running):
            break
        before = values[-(REACH + 1) :, ~done]
    return RunLength(float(lengths.mean()), float(lengths.std(ddof=1)) / math.sqrt(_SERIES))


def _signals(rules: tuple[Rule, ...], values: Floats, width: float) -> NDArray[np.bool_]:
    """Whether a rule holds, for the last `_ROWS` rows of values of shape (rows, charts)."""
    charts = values.shape[1]
    planes = {pair: _packed(_truths(pair, values, width)) for pair in {entry.pair for entry in rules}}
    found = np.zeros((_ROWS, -(-charts // 64)), WORD)
    for entry in rules:
        for side in holds(entry, planes[entry.pair], Across(_ROWS)):
            found |= side
    bits = np.unpackbits(found.view(np.uint8), axis=1, bitorder="little", count=charts)
    return bits.astype(np.bool_)


def _truths(pair: Pair, values: Floats, width: float) -> NDArray[np.bool_]:
    z = np.diff(values, axis=0) if pair == "step" else values[1:]
    level = {"beyond-1": 1.0, "beyond-2": 2.0, "limit": width, "within-1": -1.0}.get(pair, 0.0)
    return np.stack((z > level, z < -level))


def _packed(truths: NDArray[np.bool_]) -> Words:
    padding = -truths.shape[-1] % 64
    bits = np.packbits(np.pad(truths, ((0, 0), (0, 0), (0, padding))), axis=-1, bitorder="little")
    return bits.view(WORD)
