"""A laboratory trace against an envelope of limits: force over travel, temperature over time.

    state = start(envelope)
    state = step(state, x, y)        # as often as samples come; how they are cut changes nothing
    finish(state).verdict            # pass, fail, incomplete

Trace and limits are straight lines between their points, so a narrow corner of the envelope that
falls between two samples is judged too. A point on a limit is inside. A missing sample breaks the
trace: nothing is assumed across the gap.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from quality_creator.model.errors import BadInput, BadPayload, Words
from quality_creator.quality.sample import Floats
from quality_creator.quality.state import seal, unseal

MAGIC = b"QCT\x01"
"""Of a state's bytes: three letters and the format's number."""

_LARGEST = float(np.finfo(np.float64).max)

Side = Literal["lower", "upper"]
Corner = tuple[float, float]


class Envelope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits as corners (x, limit), x ascending; two corners at one x are a step."""

    upper: tuple[Corner, ...] = ()
    lower: tuple[Corner, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where on the trace something is."""

    index: int
    """Of the sample, or of the one before, when it lies between two."""
    x: float
    y: float


class TraceState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is remembered of a trace between two steps."""

    envelope: Envelope
    samples: int = 0
    missing: int = 0
    judged: int = 0
    """Samples within the span of the envelope."""
    last: Corner | None = None
    """None at the start and after a missing sample."""
    outside: bool = False
    """Whether the last judged point was outside."""
    excursions: int = 0
    first: Place | None = None
    """Where the trace first left the envelope."""
    worst: Place | None = None
    worst_side: Side | None = None
    margin: float = math.inf
    covered: tuple[float, float] | None = None
    """The span of x that samples reached."""
    peak: Place | None = None


class TraceResult(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the laboratory reports."""

    verdict: Literal["pass", "fail", "incomplete"]
    """Incomplete: nothing was outside, but the trace did not span the envelope or has gaps."""
    margin: float | None
    """The smallest distance to a limit, negative outside, in the unit of y; None if nothing was judged."""
    margin_percent: float | None
    """Of half the envelope's width there; None where there is only one limit."""
    worst: Place | None
    worst_side: Side | None
    excursions: int
    """How often the trace left the envelope."""
    first: Place | None
    samples: int
    missing: int
    judged: int
    peak: Place | None
    """The sample with the largest y."""
    span: Corner
    """Of x, over which the envelope holds."""


def check_envelope(envelope: Envelope) -> None:
    """Refuse an envelope that no trace could be judged by.

    Raises:
        BadInput: no limit, corners not finite or not ascending, or lower above upper.
    """
    if not envelope.upper and not envelope.lower:
        raise BadInput("an envelope needs an upper or a lower limit")
    for name, corners in ((Words("upper"), envelope.upper), (Words("lower"), envelope.lower)):
        if len(corners) == 1:
            raise BadInput("the {name} limit needs at least 2 corners", name=name)
        if not all(math.isfinite(part) for corner in corners for part in corner):
            raise BadInput("the corners of the {name} limit must be finite numbers", name=name)
        for (x, _), (after, _) in pairwise(corners):
            if after < x:
                raise BadInput(
                    "the {name} limit goes back from {x:g} to {after:g}; give x ascending",
                    name=name,
                    x=x,
                    after=after,
                )
        if corners and corners[0][0] == corners[-1][0]:
            raise BadInput("the {name} limit has no width", name=name)
    if envelope.upper and envelope.lower:
        first, last = span(envelope)
        if first >= last:
            raise BadInput("the upper and the lower limit have no x in common")
        at = np.array(sorted({x for x, _ in (*envelope.upper, *envelope.lower) if first <= x <= last}))
        crossed = _Line(envelope.lower, "lower").at(at) > _Line(envelope.upper, "upper").at(at)
        if crossed.any():
            raise BadInput(
                "the limits are crossed at {at:g}: lower lies above upper", at=at[np.argmax(crossed)]
            )


def span(envelope: Envelope) -> Corner:
    """The x over which every limit is given."""
    sides = [corners for corners in (envelope.upper, envelope.lower) if corners]
    return max(corners[0][0] for corners in sides), min(corners[-1][0] for corners in sides)


def start(envelope: Envelope) -> TraceState:
    """A trace before its first sample."""
    check_envelope(envelope)
    return TraceState(envelope=envelope)


def step(state: TraceState, x: ArrayLike, y: ArrayLike) -> TraceState:
    """Take in samples in the order in which they were made; x may go back and forth.

    Args:
        state: What the last step returned, or `start()`.
        x: Shape (n,), finite: travel, or time.
        y: Shape (n,): force, or temperature; NaN is a missing sample.

    Raises:
        BadInput: x and y are not equally long, or not finite.
    """
    xs, ys = _check_samples(x, y)
    if not len(xs):
        return state
    path = _path(state, xs, ys)
    low, high = span(state.envelope)
    inside = (path.x >= low) & (path.x <= high)
    upper = _Line(state.envelope.upper, "upper").at(path.x)
    lower = _Line(state.envelope.lower, "lower").at(path.x)
    with np.errstate(over="ignore"):
        above, below = upper - path.y, path.y - lower
    # A distance that no double can hold is shown as the largest one.
    margin = np.where(inside, np.clip(np.minimum(above, below), -_LARGEST, _LARGEST), np.inf)
    state = _excursions(state, path, margin)
    state = _worst(state, path, margin, np.where(above <= below, "upper", "lower"))
    return _counted(state, xs, ys, inside[path.sample])


def finish(state: TraceState) -> TraceResult:
    """The verdict on the samples so far.

    >>> box = Envelope(upper=((0.0, 5.0), (10.0, 5.0)), lower=((0.0, 1.0), (10.0, 1.0)))
    >>> result = finish(step(start(box), [0.0, 5.0, 10.0], [2.0, 4.5, 3.0]))
    >>> result.verdict, result.margin, result.worst_side
    ('pass', 0.5, 'upper')
    """
    low, high = span(state.envelope)
    reached = state.covered is not None and state.covered[0] <= low and state.covered[1] >= high
    known = math.isfinite(state.margin)
    if known and state.margin < 0.0:
        verdict: Literal["pass", "fail", "incomplete"] = "fail"
    else:
        verdict = "pass" if reached and known and not state.missing else "incomplete"
    return TraceResult(
        verdict=verdict,
        margin=state.margin if known else None,
        margin_percent=_percent(state) if known else None,
        worst=state.worst,
        worst_side=state.worst_side,
        excursions=state.excursions,
        first=state.first,
        samples=state.samples,
        missing=state.missing,
        judged=state.judged,
        peak=state.peak,
        span=(low, high),
    )


def judge(envelope: Envelope, x: ArrayLike, y: ArrayLike) -> TraceResult:
    """The verdict on a whole trace."""
    return finish(step(start(envelope), x, y))


def encode(state: TraceState) -> bytes:
    """The state as bytes, for `decode` after a restart."""
    return seal(MAGIC, msgspec.msgpack.encode(state))


def decode(data: bytes) -> TraceState:
    """The state of these bytes.

    Raises:
        BadPayload: the bytes are not exactly those that `encode` made.
    """
    try:
        return msgspec.msgpack.decode(unseal(MAGIC, data), type=TraceState)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadPayload(f"a trace's state that can't be: {error}") from error


class _Line:
    """A limit as a function of x; at a step it is the tighter of its two sides."""

    def __init__(self, corners: Sequence[Corner], side: Side) -> None:
        self.side = side
        self.none = math.inf if side == "upper" else -math.inf
        self.x = np.array([x for x, _ in corners])
        self.y = np.array([y for _, y in corners])

    def at(self, x: Floats) -> Floats:
        """Infinite where the limit is not given."""
        if not len(self.x):
            return np.full(len(x), self.none)
        tighter = np.minimum if self.side == "upper" else np.maximum
        found = np.full(len(x), self.none)
        for side in ("left", "right"):
            after = np.searchsorted(self.x, x, side=side)
            ok = (after > 0) & (after < len(self.x))
            i = np.where(ok, after, 1)
            x0, x1, y0, y1 = self.x[i - 1], self.x[i], self.y[i - 1], self.y[i]
            with np.errstate(invalid="ignore", divide="ignore"):
                part = (x - x0) / (x1 - x0)
            value = np.where(x == x0, y0, np.where(x == x1, y1, y0 + part * (y1 - y0)))
            found = np.where(ok, tighter(found, value), found)
        for corner, height in zip(self.x, self.y, strict=True):
            found = np.where(x == corner, tighter(found, height), found)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    """Samples that are there, with points added where a segment passes a corner of the envelope."""

    x: Floats
    y: Floats
    index: np.ndarray
    """Of the sample, counted from the start of the trace; for added points that of the one before."""
    fresh: np.ndarray
    """Whether the trace begins anew here, after a missing sample."""
    sample: np.ndarray
    """Positions of the samples themselves."""


def _path(state: TraceState, xs: Floats, ys: Floats) -> _Path:
    corners = np.unique([x for x, _ in (*state.envelope.upper, *state.envelope.lower)])
    rows: list[tuple[float, float, int, bool, bool]] = []
    last = state.last
    for i, (x, y) in enumerate(zip(xs.tolist(), ys.tolist(), strict=True), state.samples):
        if math.isnan(y):
            last = None
            continue
        if last is not None and last[0] != x:
            x0, y0 = last
            first, stop = sorted((x0, x))
            between = corners[
                np.searchsorted(corners, first, side="right") : np.searchsorted(corners, stop, side="left")
            ]
            for corner in between if x > x0 else between[::-1]:
                share = (float(corner) - x0) / (x - x0)
                rows.append((float(corner), y0 + share * (y - y0), i - 1, False, False))
        rows.append((x, y, i, last is None, True))
        last = (x, y)
    columns = list(zip(*rows, strict=True)) if rows else [(), (), (), (), ()]
    is_sample = np.array(columns[4], dtype=np.bool_)
    return _Path(
        x=np.array(columns[0], dtype=np.float64),
        y=np.array(columns[1], dtype=np.float64),
        index=np.array(columns[2], dtype=np.int64),
        fresh=np.array(columns[3], dtype=np.bool_),
        sample=np.flatnonzero(is_sample),
    )


def _excursions(state: TraceState, path: _Path, margin: Floats) -> TraceState:
    outside = margin < 0.0
    if not len(outside):
        return state
    before = np.concatenate(([state.outside], outside[:-1]))
    began = np.flatnonzero(outside & (~before | path.fresh))
    first = state.first
    if first is None and len(began):
        first = _place(path, int(began[0]))
    return msgspec.structs.replace(
        state, outside=bool(outside[-1]), excursions=state.excursions + len(began), first=first
    )


def _worst(state: TraceState, path: _Path, margin: Floats, side: np.ndarray) -> TraceState:
    if not len(margin):
        return state
    at = int(np.argmin(margin))
    if not margin[at] < state.margin:
        return state
    return msgspec.structs.replace(
        state, margin=float(margin[at]), worst=_place(path, at), worst_side=str(side[at])
    )


def _counted(state: TraceState, xs: Floats, ys: Floats, judged: np.ndarray) -> TraceState:
    there = ~np.isnan(ys)
    peak, covered = state.peak, state.covered
    if there.any():
        at = int(np.nanargmax(ys))
        if peak is None or ys[at] > peak.y:
            peak = Place(index=state.samples + at, x=float(xs[at]), y=float(ys[at]))
        ends = (float(xs[there].min()), float(xs[there].max()))
        covered = ends if covered is None else (min(covered[0], ends[0]), max(covered[1], ends[1]))
    return msgspec.structs.replace(
        state,
        samples=state.samples + len(xs),
        missing=state.missing + int((~there).sum()),
        judged=state.judged + int(judged.sum()),
        last=(float(xs[-1]), float(ys[-1])) if there[-1] else None,
        peak=peak,
        covered=covered,
    )


def _place(path: _Path, at: int) -> Place:
    return Place(index=int(path.index[at]), x=float(path.x[at]), y=float(path.y[at]))


def _percent(state: TraceState) -> float | None:
    assert state.worst is not None  # a finite margin was found somewhere
    x = np.array([state.worst.x])
    upper = _Line(state.envelope.upper, "upper").at(x)[0]
    lower = _Line(state.envelope.lower, "lower").at(x)[0]
    width = float(upper - lower)
    return 200.0 * state.margin / width if math.isfinite(width) and width > 0.0 else None


def _check_samples(x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
    try:
        xs, ys = np.atleast_1d(np.array(x, dtype=np.float64)), np.atleast_1d(np.array(y, dtype=np.float64))
    except (TypeError, ValueError):
        raise BadInput("the samples are not all numbers") from None
    if xs.ndim != 1 or xs.shape != ys.shape:
        raise BadInput("x and y must be equally many: there are {xs} and {ys}", xs=xs.size, ys=ys.size)
    if not np.isfinite(xs).all():
        raise BadInput(
            "x must be finite; the one at index {index} is not", index=int(np.argmin(np.isfinite(xs)))
        )
    if np.isinf(ys).any():
        raise BadInput(
            "y must be finite; the one at index {index} is not", index=int(np.argmax(np.isinf(ys)))
        )
    return xs, ys
