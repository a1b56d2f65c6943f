"""Compute a chart of several again from what was measured, and say where that is not what was shown.

Pure. From where the chart stood, every measurement of its characteristics is taken in the order in which
they arrived, joined and judged, through the changes that people made; each observation, its signals and
what drove them, and each definition that was shown is compared with what follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from quality_creator.actions import comparing, courses, joint
from quality_creator.actions.comparing import same
from quality_creator.actions.courses import JointCourse, JointStanding, Openings, Value
from quality_creator.actions.joining import Arrival
from quality_creator.actions.joint import Joint
from quality_creator.actions.seen import Seen, ShownJoint
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.model.event import JointDefinition, JointPoint
from quality_creator.model.ids import CharacteristicId, ChartId

CLOSE = 1e-6
"""Relative difference below which two computations agree: a covariance that is nearly singular magnifies
the last digits."""

FIELDS = ("of", "time", "status", "plotted", "location", "parts")
"""Of an observation, in the order in which one asks what is wrong with it."""

Values = Mapping[CharacteristicId, Mapping[int, Value]]
"""Of each characteristic what was measured, by its number."""


@dataclass(slots=True)
class RetracedJoint:
    """What came of a chart's computation."""

    points: int = 0
    """Observations that were computed again."""
    limits: int = 0
    """Different definitions that were compared."""
    changes: int = 0
    """That people made."""
    hidden: int = 0
    """Observations between those shown that were not: too many for the picture, or while not public."""
    hidden_signals: int = 0
    """Of them, those at which the chart began to signal."""
    alone: tuple[int, ...] = ()
    """Values of each characteristic that found no partner in the episode."""
    passed: int = 0
    """Measurements that it did not see, because the configuration was without it."""
    wrong: list[str] = field(default_factory=list)
    """What was shown and does not follow."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """A chart under limits that do not change, from an observation on."""

    since: int
    joint: Joint


def retrace_all(seen: Seen, opening: bytes, course: bytes) -> dict[ChartId, RetracedJoint]:
    """Compute every chart again whose beginning is known.

    Raises:
        BadPayload: opening or course can't be read.
    """
    begun = courses.decode_opening(opening) if opening else Openings(characteristics=())
    went = courses.decode_course(course) if course else courses.Courses(characteristics=())
    several = {one.chart: one for one in went.charts}
    values: dict[CharacteristicId, dict[int, Value]] = {}
    for name, shown in seen.one.items():
        values[name] = {p.index: Value(p.index, p.time, p.value, p.status, p.found_in) for p in shown.points}
    for one in went.characteristics:
        values.setdefault(one.characteristic, {}).update((value.index, value) for value in one.unshown)
    first = {one.standing.characteristic.id: one.standing.row.points for one in begun.characteristics}
    return {
        one.chart.id: retrace(one, several.get(one.chart.id), seen.several[one.chart.id], values, first)
        for one in begun.charts
        if one.chart.id in seen.several
    }


def retrace(
    opening: JointStanding,
    course: JointCourse | None,
    seen: ShownJoint,
    values: Values,
    first: Mapping[CharacteristicId, int],
) -> RetracedJoint:
    """Compute again, and compare.

    Args:
        opening: Where the chart stood.
        course: What was changed, and in which order measurements came; None for nothing.
        seen: What the stream had.
        values: What was measured of its characteristics.
        first: The number of each characteristic's first measurement in the episode.
    """
    result = RetracedJoint(alone=(0,) * len(opening.chart.characteristics))
    try:
        run = _Run(opening, course, values, first, result)
        run.follow()
    except (BadPayload, BadInput) as error:
        result.wrong.append(str(error))
        return result
    _compare_points(run, seen, result)
    _compare_definitions(run, seen, result)
    return result


class _Run:
    """One chart on its way."""

    def __init__(
        self,
        opening: JointStanding,
        course: JointCourse | None,
        values: Values,
        first: Mapping[CharacteristicId, int],
        result: RetracedJoint,
    ) -> None:
        self.name = opening.chart.id
        self._result = result
        self.joint = _begin(opening)
        self.first = self.joint.points
        self.stages = [_Stage(self.first, self.joint)]
        self.expected: list[JointPoint] = []
        self._begun = self.joint
        self._away = False
        self._changes = sorted(course.changes if course else (), key=lambda one: (one.place, one.made))
        names = opening.chart.characteristics
        seen = opening.row.waiting.seen
        for name, begun in zip(names, seen, strict=True):
            if first.get(name) != begun:
                raise BadPayload(f"{self.name}: it does not begin where {name} begins")
        self._arrivals = _arrivals(self.name, names, seen, course, values)

    def follow(self) -> None:
        """To the measurement that completed the last observation shown."""
        base, done = self._begun.place, 0
        for change in self._changes:
            until = change.place - base
            if not done <= until <= len(self._arrivals):
                raise BadPayload(f"{self.name}: a change at measurement {change.place}, which is not there")
            self._judge(self._arrivals[done:until])
            done = until
            self._change(change)
        self._judge(self._arrivals[done:])
        before, after = self._begun.waiting.alone, self.joint.waiting.alone
        self._result.alone = tuple(now - then for then, now in zip(before, after, strict=True))

    def _judge(self, arrivals: Sequence[Arrival]) -> None:
        if self._away:
            self._result.passed += len(arrivals)
            return
        frozen = self.joint.frozen
        judgement = joint.judge(self.joint, arrivals)
        self.expected += judgement.points
        if judgement.joint.frozen != frozen:
            # The first point that was judged is behind the last one without a limit.
            since = next(
                (p.index for p, upper in zip(judgement.points, judgement.uppers, strict=True) if upper),
                judgement.joint.points,
            )
            self.stages.append(_Stage(since, judgement.joint))
        self.joint = judgement.joint

    def _change(self, change: JointStanding) -> None:
        after = _begin(change)
        self._away = change.cause == "removed"
        if change.cause == "restart":
            due = joint.resumed(change.chart, self.joint.row(), change.row.waiting.seen)
        elif change.cause == "removed":
            due = self.joint
        elif change.cause == "limits" and after.limits is not None:
            due = joint.under(self.joint, after.limits)
        else:
            due = joint.renamed(self.joint, change.chart)
        if not same(msgspec.to_builtins(_state_of(after)), msgspec.to_builtins(_state_of(due)), CLOSE):
            self._result.wrong.append(
                f"{self.name}: the chart does not stand where it must behind the change of {change.cause} "
                f"at measurement {change.place}"
            )
        self._result.changes += change.cause not in ("restart", "removed")
        self.joint = after
        self.stages.append(_Stage(after.points, after))


def _begin(standing: JointStanding) -> Joint:
    if standing.row.plan != standing.chart:
        raise BadPayload(f"{standing.chart.id}: a state of another plan than its chart's")
    return joint.resumed(standing.chart, standing.row, standing.row.waiting.seen)


def _arrivals(
    chart: ChartId,
    names: Sequence[CharacteristicId],
    seen: Sequence[int],
    course: JointCourse | None,
    values: Values,
) -> list[Arrival]:
    """The measurements in the order of their arrival. Raises BadPayload where one is missing."""
    following, found = list(seen), []
    keys = course.keys if course is not None else ()
    for number, place in enumerate(course.arrivals if course is not None else ()):
        if not 0 <= place < len(names) or (keys and len(keys) <= number):
            raise BadPayload(f"{chart}: the order of arrival can't be read")
        one = values.get(names[place], {}).get(following[place])
        if one is None:
            raise BadPayload(f"{chart}: measurement {following[place]} of {names[place]} is not there")
        following[place] += 1
        measured = courses.measurement(names[place], one)
        if keys:
            measured = msgspec.structs.replace(measured, sequence=keys[number])
        found.append((place, measured))
    return found


# --- comparing -----------------------------------------------------------------------------------


def _compare_points(run: _Run, seen: ShownJoint, result: RetracedJoint) -> None:
    newest, shown = run.first - 1, set()
    for point in seen.points:
        if point.index <= newest:
            result.wrong.append(f"{run.name}: observation {point.index} stands behind number {newest}")
        newest = max(newest, point.index)
        shown.add(point.index)
        if not run.first <= point.index < run.first + len(run.expected):
            result.wrong.append(
                f"{run.name}: observation {point.index} does not follow from what was measured"
            )
            continue
        expected = run.expected[point.index - run.first]
        result.points += 1
        if different := comparing.point(point, expected, FIELDS, CLOSE):
            result.wrong.append(f"{run.name}: observation {point.index} {different}")
    for expected in run.expected:
        if expected.index <= newest and expected.index not in shown:
            result.hidden += 1
            result.hidden_signals += any(not signal.continuing for signal in expected.signals)


def _compare_definitions(run: _Run, seen: ShownJoint, result: RetracedJoint) -> None:
    def due(stage: int, shown: JointDefinition) -> JointDefinition:
        return _expected_definition(run.stages[stage].joint, shown)

    since = [stage.since for stage in run.stages]
    for what, number in comparing.definitions(seen.definitions, seen.points, since, due, CLOSE):
        result.wrong.append(f"{run.name}: {what} before observation {number}")
    result.limits += len(seen.definitions)


def _expected_definition(one: Joint, shown: JointDefinition) -> JointDefinition:
    found = joint.definition(one, shown.line, shown.line_name)
    return msgspec.structs.replace(found, collected=None, alone=())


def _state_of(one: Joint) -> tuple[object, ...]:
    return one.state, one.frozen, one.collected, one.points, one.waiting, one.chart
