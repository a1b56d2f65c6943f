"""What each chart said over an episode, from what was stamped into it: made at the end, and again by anyone.

Whoever publishes an episode and whoever verifies it call the same functions on the same batches; that the
two agree says that the numbers which were endorsed are those in the stream. Whether every point, limit and
signal follows from the measurements is computed anew by `retracing`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from quality_creator.actions import joint_retracing, retracing
from quality_creator.actions import seen as seeing
from quality_creator.actions.joint_retracing import RetracedJoint
from quality_creator.actions.retracing import Retraced
from quality_creator.actions.seen import Seen, Shown, ShownJoint
from quality_creator.model.characteristic import Specification
from quality_creator.model.errors import BadPayload
from quality_creator.model.event import Capability, ChartLimits, Definition, Point, TimedMessage
from quality_creator.model.ids import CharacteristicId, ChartId
from quality_creator.model.text import Text
from quality_creator.quality import MULTIVARIATE
from quality_creator.trust import dossier


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
    capability: Capability | None = None
    """As it was told last."""
    computed: int
    """Points that were computed anew from all measurements, with their limits and signals."""
    differing: int
    """What was shown and does not follow: points, limits, changes."""
    opening: str = ""
    """digestSRI of where the charts stood in the beginning; empty where nobody wrote it down."""
    course: str = ""
    """digestSRI of what was changed and what was not shown."""


class JointSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The verdict of a chart of several characteristics."""

    characteristic: ChartId
    """The chart's own name: where verdicts are listed, it stands as a characteristic's does."""
    chart: str
    name: Text
    characteristics: tuple[CharacteristicId, ...]
    size: int
    alpha: float
    weight: float | None
    location: ChartLimits | None
    """As it stood at the end; absent while limits were being collected."""
    mean: tuple[float, ...]
    sigma: tuple[float, ...]
    correlation: tuple[tuple[float, ...], ...]
    observations: int
    """That were shown."""
    points: int
    signals: dict[str, int]
    """By rule: how often it began to hold."""
    computed: int
    """Observations that were computed anew from all measurements, with their signals and what drove them."""
    differing: int
    """What was shown and does not follow: points, limits, changes."""
    alone: tuple[int, ...]
    """Values of each characteristic that found no partner in the episode."""
    hidden: int
    """Observations between those shown that were not shown themselves."""
    opening: str = ""
    course: str = ""


AnySummary = Summary | JointSummary


class _Kind(msgspec.Struct):
    chart: str


@dataclass(slots=True)
class _Tally:
    measurements: int = 0
    bad: int = 0
    outside: int = 0
    points: int = 0
    signals: dict[str, int] = field(default_factory=dict)


def decode_verdict(data: bytes) -> AnySummary:
    """A verdict's file, of one characteristic or of several. Raises BadPayload."""
    try:
        if msgspec.json.decode(data, type=_Kind).chart in MULTIVARIATE:
            return msgspec.json.decode(data, type=JointSummary)
        return msgspec.json.decode(data, type=Summary)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"a verdict that can't be read: {error}") from error


def summarise(
    batches: Iterable[Sequence[TimedMessage]], opening: bytes = b"", course: bytes = b""
) -> list[AnySummary]:
    """The verdict of each characteristic that was shown, by its id, then of each chart of several.

    Args:
        batches: What was stamped into the segments, in their order.
        opening: Where the charts stood (`courses.OPENING`); empty where nobody knows.
        course: What was changed and not shown (`courses.COURSE`).

    Raises:
        BadPayload: opening or course can't be read.
    """
    seen = seeing.shown(batches)
    retraced = retracing.retrace_all(seen.one, opening, course, capabilities=0)
    jointly = joint_retracing.retrace_all(seen, opening, course)
    return summaries_of(seen, retraced, jointly, opening, course)


def summaries_of(
    seen: Seen,
    retraced: Mapping[CharacteristicId, Retraced],
    jointly: Mapping[ChartId, RetracedJoint],
    opening: bytes,
    course: bytes,
) -> list[AnySummary]:
    """The verdicts, of what was seen and computed again already."""
    digests = [dossier.digest_sri(data) if data else "" for data in (opening, course)]
    one = [
        _summary(seen.one[name], retraced.get(name, Retraced()), *digests)
        for name in sorted(seen.one)
        if seen.one[name].definitions
    ]
    several = [
        _joint_summary(seen.several[chart], jointly.get(chart, RetracedJoint()), *digests)
        for chart in sorted(seen.several)
        if seen.several[chart].definitions
    ]
    return [*one, *several]


def _summary(seen: Shown, retraced: Retraced, opening: str, course: str) -> Summary:
    definition = seen.definitions[-1][1]
    tally = _Tally()
    for point in seen.points:
        _count(tally, point, definition)
    return Summary(
        characteristic=definition.characteristic,
        name=definition.name,
        unit=definition.unit,
        chart=definition.chart,
        size=definition.size,
        rules=definition.rules,
        specification=definition.specification,
        location=definition.location,
        spread=definition.spread,
        measurements=tally.measurements,
        bad=tally.bad,
        outside=tally.outside,
        points=tally.points,
        signals=dict(sorted(tally.signals.items())),
        capability=seen.capabilities[-1] if seen.capabilities else None,
        computed=retraced.points,
        differing=len(retraced.wrong),
        opening=opening,
        course=course,
    )


def _joint_summary(seen: ShownJoint, retraced: RetracedJoint, opening: str, course: str) -> JointSummary:
    definition = seen.definitions[-1][1]
    signals: dict[str, int] = {}
    for point in seen.points:
        for signal in point.signals:
            if not signal.continuing:
                signals[signal.rule] = signals.get(signal.rule, 0) + 1
    return JointSummary(
        characteristic=definition.chart,
        chart=definition.kind,
        name=definition.name,
        characteristics=definition.characteristics,
        size=definition.size,
        alpha=definition.alpha,
        weight=definition.weight,
        location=definition.location,
        mean=definition.mean,
        sigma=definition.sigma,
        correlation=definition.correlation,
        observations=len(seen.points),
        points=sum(point.plotted is not None for point in seen.points),
        signals=dict(sorted(signals.items())),
        computed=retraced.points,
        differing=len(retraced.wrong),
        alone=retraced.alone,
        hidden=retraced.hidden,
        opening=opening,
        course=course,
    )


def _count(tally: _Tally, point: Point, definition: Definition) -> None:
    tally.measurements += 1
    tally.points += point.plotted is not None
    if point.status == "bad":
        tally.bad += 1
    elif _outside(definition.specification, point.value):
        tally.outside += 1
    for signal in point.signals:
        if not signal.continuing:
            tally.signals[signal.rule] = tally.signals.get(signal.rule, 0) + 1


def _outside(specification: Specification | None, value: float) -> bool:
    if specification is None:
        return False
    below = specification.lower is not None and value < specification.lower
    return below or (specification.upper is not None and value > specification.upper)
