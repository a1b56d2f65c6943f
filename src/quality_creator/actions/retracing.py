"""Compute a chart's whole episode again from what was measured, and say where that is not what was shown.

Pure. The chart goes on from where it stood at the beginning, over every measurement in its order, through
the changes that people made; each point, its limits and signals, each definition and each capability that
was shown is compared with what follows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from quality_creator import quality
from quality_creator.actions import comparing, courses, judging, studies
from quality_creator.actions.comparing import same
from quality_creator.actions.courses import Course, Opening, Standing, Value, measurement
from quality_creator.actions.judging import Chart
from quality_creator.actions.seen import Shown
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.model.event import Capability, Definition, Point
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.reading import Measurement

CLOSE = 1e-9
"""Relative difference below which two computations agree."""

CLOSE_STUDY = 1e-6
"""The same for capabilities, whose intervals are found by iteration."""

FIELDS = ("plotted", "location", "spread", "lower", "upper")
"""Of a point, in the order in which one asks what is wrong with it."""


@dataclass(slots=True)
class Retraced:
    """What came of a characteristic's computation."""

    points: int = 0
    """That were computed again."""
    capabilities: int = 0
    """Of them, too."""
    limits: int = 0
    """Different definitions that were compared."""
    changes: int = 0
    """That people made."""
    wrong: list[str] = field(default_factory=list)
    """Points, limits and changes that were shown and do not follow."""
    incapable: list[str] = field(default_factory=list)
    """Capabilities that do not follow."""


@dataclass(frozen=True, slots=True)
class _Stage:
    """A chart under limits and rules that do not change, from a measurement on."""

    since: int
    chart: Chart
    """As it stands behind `since - 1`."""


def retrace_all(
    seen: Mapping[CharacteristicId, Shown], opening: bytes, course: bytes, *, capabilities: int
) -> dict[CharacteristicId, Retraced]:
    """Compute every characteristic again whose beginning is known.

    Args:
        seen: What the stream had.
        opening: `courses.OPENING`; empty where nobody wrote it down.
        course: `courses.COURSE`.
        capabilities: How many of these are computed again at most, of each characteristic.

    Raises:
        BadPayload: opening or course can't be read.
    """
    begun = courses.decode_opening(opening).characteristics if opening else ()
    went = (
        {one.characteristic: one for one in courses.decode_course(course).characteristics} if course else {}
    )
    return {
        name: retrace(one, went.get(name), seen[name], capabilities)
        for one in begun
        if (name := one.standing.characteristic.id) in seen
    }


def retrace(opening: Opening, course: Course | None, seen: Shown, capabilities: int) -> Retraced:
    """Compute again, and compare.

    Args:
        opening: Where the chart stood, and what was measured before.
        course: What was changed and what was not shown; None for neither.
        seen: What the stream had.
        capabilities: How many of these are computed again at most, evenly spread, the last one among them.
    """
    result = Retraced()
    try:
        run = _Run(opening, course, seen, result)
        run.follow()
    except (BadPayload, BadInput) as error:
        result.wrong.append(str(error))
        return result
    _compare_points(run, seen, result)
    _compare_definitions(run, seen, result)
    _compare_capabilities(run, seen, capabilities, result)
    return result


class _Run:
    """One chart on its way."""

    def __init__(self, opening: Opening, course: Course | None, seen: Shown, result: Retraced) -> None:
        first = opening.standing
        self.name = first.characteristic.id
        self._result = result
        self.chart = _begin(first)
        self.base = self.chart.points - len(opening.before)
        """The number of the first measurement that is at hand."""
        self.stages = [_Stage(self.chart.points, self.chart)]
        self.expected: list[Point] = []
        self.rows = [measurement(self.name, one) for one in opening.before]
        self._changes = list(course.changes) if course is not None else []
        self._new = _in_order(first.row.points, seen.points, course.unshown if course is not None else ())

    def follow(self) -> None:
        """To the last measurement that was shown."""
        new = [measurement(self.name, one) for one in self._new]
        done = 0
        for change in sorted(self._changes, key=lambda one: (one.row.points, one.made)):
            until = change.row.points - self.stages[0].since
            if not done <= until:
                raise BadPayload(
                    f"{self.name}: a change at measurement {change.row.points}, which was before"
                )
            if until > len(new):
                break  # behind everything that was shown
            self._judge(new[done:until])
            done = until
            self._change(change)
        self._judge(new[done:])

    def _judge(self, measurements: Sequence[Measurement]) -> None:
        done = 0
        while done < len(measurements):
            # Limits that the chart finds by itself hold from their own point on.
            step = len(measurements) if self.chart.frozen else done + _missing(self.chart)
            judgement = judging.judge(self.chart, measurements[done:step])
            self.expected += judgement.points
            self.rows += measurements[done:step]
            if judgement.chart.frozen != self.chart.frozen:
                self.stages.append(_Stage(judgement.chart.points, judgement.chart))
            self.chart = judgement.chart
            done = step

    def _change(self, change: Standing) -> None:
        if change.cause == "restart":
            after = judging.resumed(change.characteristic, self.chart.row())
        else:
            after = self._decided(change)
        if not same(_state_of(after), _state_of(_begin(change)), CLOSE):
            self._result.wrong.append(
                f"{self.name}: the chart does not stand where it must behind the change of {change.cause} "
                f"at measurement {change.row.points}"
            )
        self._result.changes += change.cause != "restart"
        self.chart = _begin(change)
        self.stages.append(_Stage(self.chart.points, self.chart))

    def _decided(self, change: Standing) -> Chart:
        """What a person's decision makes of the chart: the limits are the person's, all else follows."""
        after = _begin(change)
        recent = judging.recent(self.chart, self.rows)
        if change.cause == "limits":
            limits = after.state.limits
        elif self.chart.frozen and change.characteristic.chart != self.chart.characteristic.chart:
            limits = self.chart.state.limits
        else:
            return judging.renamed(self.chart, change.characteristic)
        assert isinstance(limits, quality.Limits)  # a characteristic's chart judges it alone
        return judging.under(self.chart, change.characteristic, limits, recent)


def _begin(standing: Standing) -> Chart:
    one, row = standing.characteristic, standing.row
    if row.plan != one.chart:
        raise BadPayload(f"{one.id}: a state of another plan than its chart's")
    return judging.resumed(one, row)


def _missing(chart: Chart) -> int:
    """At least so many measurements are to come before a chart has limits of its own."""
    plan = chart.characteristic.chart
    take = judging.plan_of(plan).take
    return max((plan.estimate_from * take - len(chart.waiting)) // (take // plan.each), 1)


def _in_order(first: int, points: Sequence[Point], unshown: Sequence[Value]) -> list[Value]:
    """Every measurement from a number to the last one shown. Raises BadPayload where one is missing."""
    values = {one.index: one for one in unshown}
    for point in points:
        values[point.index] = Value(point.index, point.time, point.value, point.status, point.found_in)
    last = max((point.index for point in points), default=first - 1)
    missing = [index for index in range(first, last + 1) if index not in values]
    if missing:
        raise BadPayload(f"{len(missing)} measurements are not there; the first is number {missing[0]}")
    return [values[index] for index in range(first, last + 1)]


# --- comparing -------------------------------------------------------------------------------------------


def _compare_points(run: _Run, seen: Shown, result: Retraced) -> None:
    first = run.stages[0].since
    earlier, newest = 0, -1
    for point in seen.points:
        if point.index <= newest:
            result.wrong.append(f"{run.name}: measurement {point.index} stands behind number {newest}")
        newest = max(newest, point.index)
        if point.index < first:
            earlier += 1
            continue
        expected = run.expected[point.index - first]
        result.points += 1
        if different := comparing.point(point, expected, FIELDS, CLOSE):
            result.wrong.append(f"{run.name}: measurement {point.index} {different}")
    if earlier:
        result.wrong.append(f"{run.name}: {earlier} measurements from before the beginning")


def _compare_definitions(run: _Run, seen: Shown, result: Retraced) -> None:
    def due(stage: int, shown: Definition) -> Definition:
        return _expected_definition(run.stages[stage].chart, shown)

    since = [stage.since for stage in run.stages]
    for what, number in comparing.definitions(seen.definitions, seen.points, since, due, CLOSE):
        result.wrong.append(f"{run.name}: {what} before measurement {number}")
    result.limits += len(seen.definitions)


def _expected_definition(chart: Chart, shown: Definition) -> Definition:
    return msgspec.structs.replace(judging.definition(chart, shown.line_name), collected=None)


def _compare_capabilities(run: _Run, seen: Shown, most: int, result: Retraced) -> None:
    completed = {one.plotted: one.index for one in run.expected if one.plotted is not None}
    for one in _spread(seen.capabilities, most):
        if one.plotted is None:
            continue  # of a time when it was not said of which point it is
        index = completed.get(one.plotted - 1)
        if index is None:  # the newest point is one from before the beginning
            index, pending = run.stages[0].since - 1, run.stages[0].chart.state.pending
        else:
            pending = ()
        rows = run.rows[: index + 1 - run.base]
        stages = _around(run.stages, index + 1)
        result.capabilities += 1
        if not any(_reckons(stage.chart, pending, one, rows) for stage in stages):
            result.incapable.append(
                f"{run.name}: the capability as of point {one.plotted} does not follow from its values"
            )


def _around(stages: Sequence[_Stage], index: int) -> Iterator[_Stage]:
    """The stage at a measurement, and those that begin right behind it."""
    last = max((n for n, one in enumerate(stages) if one.since < index), default=0)
    yield stages[last]
    yield from (one for one in stages[last + 1 :] if one.since == index)


def _reckons(
    chart: Chart, pending: tuple[float, ...], shown: Capability, rows: Sequence[Measurement]
) -> bool:
    assert shown.plotted is not None
    behind = msgspec.structs.replace(chart.state, plotted=shown.plotted, pending=pending)
    then = Chart(chart.characteristic, behind, chart.frozen, chart.waiting, chart.points, chart.since)
    found = studies.reckon(then, rows[-studies.reach(then) :])
    return found is not None and same(msgspec.to_builtins(found), msgspec.to_builtins(shown), CLOSE_STUDY)


def _spread(found: Sequence[Capability], most: int) -> list[Capability]:
    """At most so many, evenly spread, the last one among them."""
    if len(found) <= most:
        return list(found)
    return [found[(n + 1) * len(found) // most - 1] for n in range(most)]


def _state_of(chart: Chart) -> Any:
    row = chart.row()
    state = msgspec.to_builtins(chart.state)
    return [state, row.frozen, list(row.waiting), row.points, row.since, msgspec.to_builtins(row.plan)]
