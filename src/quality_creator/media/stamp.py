"""Which picture a measurement belongs to: the pure stamper between the statistics and the stream.

Before a part is announced, `step` takes what was measured meanwhile and says which messages go into
the part, at which pictures.

**The rule.** A point whose characteristic has a camera that is in the picture belongs to the first
picture that shows a frame taken at or after the point's time: there the viewer sees it happen. Any other
point belongs to the first picture whose own wall time is at or after the point's. So:

- the picture is still to come: the point is kept. Once the programme has come to the moment at which the
  point arrived, it waits for at most `patience`, then it stands where it can, for a frozen camera or a clock
  that is ahead must not hold back the numbers. A programme that is itself behind (a worker that starts again
  and catches up, a machine that has too much to do) is waited for: its pictures will come;
- the picture was in a part that is already announced when the point arrives: it stands at this part's first
  picture, with `late` set. Nothing that was announced is ever changed;
- a camera that comes into the picture or leaves it (a cut, a slate) moves its points from one rule to the
  other at that very picture.

Within a characteristic the order of arrival holds: no point stands before an earlier one.

An observation of several characteristics is a point of its chart; its time is that of its newest value.

**What is left out.** At most `most` points of a characteristic go into one part, since nobody can see more
and every viewer pays for them. Points at which a rule begins to hold stay first of all, then the newest one
(what the tile shows), then points at which a rule still holds, then an even choice of the others: the chart
keeps its pace and shape. `Point.index` has no gaps in an episode, so a viewer counts what is missing;
`State.left_out` counts it for the operator. All measurements are kept elsewhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import msgspec

from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.event import (
    Counters,
    Definitions,
    FrameData,
    JointPoint,
    Point,
    TimedMessage,
)
from quality_creator.model.ids import CharacteristicId, ChartId, LineId, SourceId
from quality_creator.model.stream import FRAME_RATE, FRAME_TICKS, PART_FRAMES

AnyPoint = Point | JointPoint

FRAME_MICROS = 1_000_000 // FRAME_RATE


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how long."""

    most: int = 16
    """Points of a characteristic in one part (0.32 s)."""
    patience: int = 2_000_000
    """µs that a point waits for its picture, counted from the part that it could first have been in, or from
    the picture of its arrival, if that is later."""
    lag: int = 60_000_000
    """µs that the programme may be behind its points' arrival; what is more is a clock that was set back."""

    @property
    def waiting(self) -> int:
        """Points of a characteristic that may wait: as many as the parts of the patience can take."""
        return self.most * (2 + self.patience // (PART_FRAMES * FRAME_MICROS))


@dataclass(frozen=True, slots=True)
class Interval:
    """The pictures of the next part."""

    start: MediaTime
    utc: Micros
    """Wall time of the first picture."""
    shown: Mapping[SourceId, Sequence[int]] = field(default_factory=dict)
    """For each source in the picture: when the frame at each picture was taken (µs), 0 for a slate."""
    frames: int = PART_FRAMES

    def utc_at(self, frame: int) -> int:
        """Wall time of a picture."""
        return self.utc + frame * FRAME_MICROS


@dataclass(frozen=True, slots=True)
class Pending:
    """A point that has not been stamped yet."""

    point: AnyPoint
    camera: SourceId | None
    arrived: Micros = Micros(0)
    since: Micros | None = None
    """Wall time of the first part that it could have been in; None until there was one."""


@dataclass(frozen=True, slots=True)
class PendingCounters:
    """Counters that have not been stamped yet."""

    counters: Counters
    arrived: Micros = Micros(0)


@dataclass(frozen=True, slots=True)
class State:
    """What a step leaves behind for the next. A restart begins with an empty one."""

    points: Mapping[CharacteristicId | ChartId, tuple[Pending, ...]] = field(default_factory=dict)
    counters: Mapping[LineId, tuple[PendingCounters, ...]] = field(default_factory=dict)
    announced: int = 0
    """Wall time of the last announced picture; 0 before the first."""
    shown: Mapping[SourceId, int] = field(default_factory=dict)
    """For each camera in that picture: when the frame shown was taken."""
    left_out: int = 0
    """Points that were left out since the start."""


def add(
    state: State,
    points: Iterable[tuple[AnyPoint, SourceId | None]] = (),
    counters: Iterable[Counters] = (),
    limits: Limits = Limits(),
    *,
    now: Micros = Micros(0),
) -> State:
    """Take in judged points, each with its characteristic's camera, and counters, in order of arrival.

    Args:
        state: What `step` or the last `add` returned.
        points: In each characteristic's own order.
        counters: Totals of lines.
        limits: How many may wait.
        now: Wall time of the arrival; 0 where the programme is never behind.
    """
    waiting = {name: list(pendings) for name, pendings in state.points.items()}
    for point, camera in points:
        waiting.setdefault(name_of(point), []).append(Pending(point, camera, now))
    left_out = state.left_out
    for name, pendings in waiting.items():
        kept = _choose(pendings, limits.waiting, lambda pending: pending.point)
        left_out += len(pendings) - len(kept)
        waiting[name] = list(kept)
    counts = {line: list(values) for line, values in state.counters.items()}
    for count in counters:
        counts.setdefault(count.line, []).append(PendingCounters(count, now))
    return replace(
        state,
        points={name: tuple(pendings) for name, pendings in waiting.items() if pendings},
        # Counters are totals: of many, the newest tell all.
        counters={line: tuple(values[-limits.waiting :]) for line, values in counts.items()},
        left_out=left_out,
    )


def name_of(point: AnyPoint) -> CharacteristicId | ChartId:
    """Whose order a point stands in."""
    return point.characteristic if isinstance(point, Point) else point.chart


def step(
    state: State,
    interval: Interval,
    definitions: Definitions | None = None,
    limits: Limits = Limits(),
) -> tuple[State, list[TimedMessage]]:
    """Stamp the next part.

    Args:
        state: What `add` or the last step returned.
        interval: The part's pictures.
        definitions: Given for a segment's first part; it goes to the first picture.
        limits: How much and how long.

    Returns:
        The next state, and the messages in order: at most one `FrameData` a picture.
    """
    points: list[list[AnyPoint]] = [[] for _ in range(interval.frames)]
    counts: list[list[Counters]] = [[] for _ in range(interval.frames)]
    left_out = state.left_out
    waiting: dict[CharacteristicId | ChartId, tuple[Pending, ...]] = {}
    for name, pendings in state.points.items():
        placed, kept = _place(pendings, state, interval, limits)
        chosen = _choose(placed, limits.most, lambda place: place[1].point)
        left_out += len(placed) - len(chosen)
        for frame, pending in chosen:
            points[frame].append(pending.point)
        if kept:
            waiting[name] = kept
    counters = {}
    for line, values in state.counters.items():
        later = _place_counters(values, interval, limits, counts)
        if later:
            counters[line] = later
    last = interval.frames - 1
    after = State(
        points=waiting,
        counters=counters,
        announced=interval.utc_at(last),
        shown={source: times[last] for source, times in interval.shown.items() if times[last]},
        left_out=left_out,
    )
    return after, _messages(interval, points, counts, definitions)


def _messages(
    interval: Interval,
    points: list[list[AnyPoint]],
    counts: list[list[Counters]],
    definitions: Definitions | None,
) -> list[TimedMessage]:
    messages = []
    if definitions is not None:
        messages.append(TimedMessage(at=interval.start, message=definitions))
    for frame in range(interval.frames):
        if points[frame] or counts[frame]:
            joint = tuple(point for point in points[frame] if isinstance(point, JointPoint))
            data = FrameData(
                utc=Micros(interval.utc_at(frame)),
                points=tuple(point for point in points[frame] if isinstance(point, Point)),
                counters=tuple(counts[frame]),
                joint=joint or msgspec.UNSET,
            )
            messages.append(TimedMessage(at=interval.start + frame * FRAME_TICKS, message=data))
    return messages


def _place(
    pendings: tuple[Pending, ...], state: State, interval: Interval, limits: Limits
) -> tuple[list[tuple[int, Pending]], tuple[Pending, ...]]:
    """Give pictures to a characteristic's points in their order; from the first without one, all wait."""
    placed: list[tuple[int, Pending]] = []
    least = 0
    end = interval.utc_at(interval.frames)
    for index, pending in enumerate(pendings):
        frame = _own_frame(pending, interval)
        if frame is None and pending.since is not None:
            # Before the picture of its arrival, no camera that works can have shown it.
            since = max(pending.since, min(pending.arrived, pending.since + limits.lag))
            if end - since > limits.patience:
                frame = 0
        if frame is None:
            # Those behind it wait with it, whatever their own pictures are. Whether they came late is
            # settled now, since later every picture of today is an announced one.
            return placed, tuple(_judged(one, state, interval) for one in pendings[index:])
        least = max(least, frame)
        placed.append((least, _judged(pending, state, interval)))
    return placed, ()


def _shown(pending: Pending, interval: Interval) -> tuple[Sequence[int], list[int]]:
    """When the camera's frame at each picture was taken, and the pictures that show one."""
    shown = interval.shown.get(pending.camera, ()) if pending.camera is not None else ()
    return shown, [frame for frame, taken in enumerate(shown) if taken]


def _own_frame(pending: Pending, interval: Interval) -> int | None:
    """The first picture of this part in which a point can stand; None when its picture is yet to come."""
    time = pending.point.time
    shown, showing = _shown(pending, interval)
    first, last = 0, interval.frames
    if showing and time > shown[showing[0]]:
        seen = next((frame for frame in showing if shown[frame] >= time), None)
        if seen is not None:
            return seen
        first = showing[-1] + 1  # if the camera leaves the picture, the clock decides from there
    elif showing:
        last = showing[0]
    frame = max(first, -((interval.utc - time) // FRAME_MICROS))
    if frame < last:
        return frame
    return last if last < interval.frames else None


def _judged(pending: Pending, state: State, interval: Interval) -> Pending:
    """A point after the first part that it could have been in, marked late if its picture was before."""
    if pending.since is not None:
        return pending
    shown, showing = _shown(pending, interval)
    time = pending.point.time
    point = pending.point
    seen_here = bool(showing) and time > shown[showing[0]]
    before = state.shown.get(pending.camera, state.announced) if pending.camera else state.announced
    if time <= before and not seen_here:
        point = msgspec.structs.replace(point, late=True)
    return Pending(point, pending.camera, pending.arrived, interval.utc)


def _place_counters(
    values: tuple[PendingCounters, ...], interval: Interval, limits: Limits, counts: list[list[Counters]]
) -> tuple[PendingCounters, ...]:
    """Give pictures to a line's counters by wall time; of several at one picture the newest stays."""
    newest: dict[int, Counters] = {}
    least = 0
    for index, pending in enumerate(values):
        value = pending.counters
        frame = max(least, -((interval.utc - value.time) // FRAME_MICROS))
        if frame >= interval.frames:
            here = max(interval.utc, min(pending.arrived, interval.utc + limits.lag))
            if value.time <= here + limits.patience:
                later = values[index:]
                break
            frame = interval.frames - 1  # a clock that is too far ahead
        least = frame
        newest[frame] = value
    else:
        later = ()
    for frame, value in newest.items():
        counts[frame].append(value)
    return later


T = TypeVar("T")


def _choose(items: Sequence[T], most: int, point: Callable[[T], AnyPoint]) -> Sequence[T]:
    """At most `most` items in their order; see the module's text for which."""
    if len(items) <= most:
        return items
    groups: list[list[int]] = [[len(items) - 1], [], [], [], []]
    for index, item in enumerate(items):
        groups[_rank(point(item))].append(index)
    kept: set[int] = set()
    for group in groups:
        candidates = [index for index in group if index not in kept]
        room = min(most - len(kept), len(candidates))
        kept.update(candidates[(n + 1) * len(candidates) // room - 1] for n in range(room))
    return [items[index] for index in sorted(kept)]


def _rank(point: AnyPoint) -> int:
    """1 where a rule begins to hold, 2 where one still holds, 3 on the chart, 4 within a subgroup."""
    if point.signals:
        return 2 if all(signal.continuing for signal in point.signals) else 1
    return 3 if point.plotted is not None else 4
