"""What each chart said over an episode, from what was stamped into it: made at the end, and again by anyone.

Whoever publishes an episode and whoever verifies it call the same function on the same batches; that the
two agree says that the numbers which were endorsed are those in the stream. Means and ranges of subgroups are
computed anew from their values, and compared with those that were shown.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from quality_creator.model.characteristic import Specification
from quality_creator.model.errors import BadPayload
from quality_creator.model.event import ChartLimits, Definition, Definitions, FrameData, Point, TimedMessage
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.text import Text

CLOSE = 1e-9
"""Relative difference below which two computations of one statistic agree."""

_decoder = msgspec.json.Decoder(list[TimedMessage])


class Summary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A characteristic's verdict."""

    characteristic: CharacteristicId
    name: Text
    unit: str
    chart: str
    size: int
    rules: tuple[str, ...]
    specification: Specification | None
    location: ChartLimits | None
    """As they stood at the end; absent while limits were being collected."""
    spread: ChartLimits | None
    measurements: int
    """That were shown."""
    bad: int
    """Of these, those whose source called them bad."""
    outside: int
    """Of the others, those outside the specification."""
    points: int
    signals: dict[str, int]
    """By rule: how often it began to hold."""
    computed: int
    """Points whose statistics were computed anew from their values."""
    differing: int
    """Of these, those that do not agree with what was shown."""


@dataclass(slots=True)
class _Course:
    definition: Definition
    measurements: int = 0
    bad: int = 0
    outside: int = 0
    points: int = 0
    signals: dict[str, int] = field(default_factory=dict)
    computed: int = 0
    differing: int = 0
    run: list[Point] = field(default_factory=list)
    """Good values since the last plotted point, as far as they follow one another."""
    whole: bool = False
    """Whether `run` began right behind a plotted point."""


def decode(batch: bytes) -> list[TimedMessage]:
    """What was stamped into one segment. Raises BadPayload."""
    try:
        return _decoder.decode(batch)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"a batch of measurements that can't be read: {error}") from error


def summarise(batches: Iterable[Sequence[TimedMessage]]) -> list[Summary]:
    """The verdict of each characteristic that was shown, by its id."""
    courses: dict[CharacteristicId, _Course] = {}
    for batch in batches:
        for timed in batch:
            match timed.message:
                case Definitions(characteristics=definitions):
                    for one in definitions:
                        found = courses.setdefault(one.characteristic, _Course(one))
                        found.definition = one
                case FrameData(points=points):
                    for point in points:
                        course = courses.get(point.characteristic)
                        if course is not None:
                            _take(course, point)
    return [_summary(courses[name]) for name in sorted(courses)]


def _take(course: _Course, point: Point) -> None:
    course.measurements += 1
    if point.status == "bad":
        course.bad += 1
    elif _outside(course.definition.specification, point.value):
        course.outside += 1
    for signal in point.signals:
        if not signal.continuing:
            course.signals[signal.rule] = course.signals.get(signal.rule, 0) + 1
    if point.status != "bad":
        course.run.append(point)
    if point.plotted is not None:
        course.points += 1
        _compute(course, point)
        course.run, course.whole = [], True


def _compute(course: _Course, point: Point) -> None:
    """Compute a point's statistics from its values, where all of them were shown."""
    values = [one.value for one in course.run]
    size = course.definition.size
    match course.definition.chart:
        case "i-mr":
            expected: tuple[float | None, float | None] = (point.value, None)
        case "xbar-r" if course.whole and len(values) == size:
            expected = (math.fsum(values) / size, max(values) - min(values))
        case _:
            return
    course.computed += 1
    shown = (point.location, point.spread if expected[1] is not None else None)
    course.differing += not all(_agree(*pair) for pair in zip(expected, shown, strict=True))


def _agree(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=CLOSE, abs_tol=1e-12)


def _outside(specification: Specification | None, value: float) -> bool:
    if specification is None:
        return False
    below = specification.lower is not None and value < specification.lower
    return below or (specification.upper is not None and value > specification.upper)


def _summary(course: _Course) -> Summary:
    shown = course.definition
    return Summary(
        characteristic=shown.characteristic,
        name=shown.name,
        unit=shown.unit,
        chart=shown.chart,
        size=shown.size,
        rules=shown.rules,
        specification=shown.specification,
        location=shown.location,
        spread=shown.spread,
        measurements=course.measurements,
        bad=course.bad,
        outside=course.outside,
        points=course.points,
        signals=dict(sorted(course.signals.items())),
        computed=course.computed,
        differing=course.differing,
    )
