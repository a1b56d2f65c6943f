"""Charts computed again from what was measured: right as shown, and wrong where anything was changed."""

from collections.abc import Callable

import msgspec
import pytest

from quality_creator import quality
from quality_creator.actions import courses, judging, retracing
from quality_creator.actions import seen as seeing
from quality_creator.actions.courses import Course, Opening
from quality_creator.actions.judging import Chart
from quality_creator.actions.retracing import Retraced
from quality_creator.actions.seen import Shown
from quality_creator.model.clock import Micros
from quality_creator.model.event import Definition, Definitions, FrameData, Point, TimedMessage
from tests.actions.shown_charts import LINE, PLANS, Charts, characteristic, measured

every_kind = pytest.mark.parametrize("kind", PLANS)


def _retraced(charts: Charts, kind: str, capabilities: int = 100) -> Retraced:
    batches = [charts.messages(number) for number in range(charts.count)]
    seen = seeing.shown(batches).one
    found = retracing.retrace_all(seen, charts.opening, charts.course, capabilities=capabilities)
    return found[characteristic(kind, PLANS[kind]).id]


def _lying(kind: str, lie: Callable[[Definition | Point], Definition | Point]) -> Charts:
    return Charts(plans={kind: PLANS[kind]}, lie=lie)


@every_kind
@pytest.mark.parametrize("earlier", [0, 4, 30, 61])
def test_what_was_shown_follows_whenever_the_episode_began(kind: str, earlier: int) -> None:
    charts = Charts(plans={kind: PLANS[kind]}, earlier=earlier)
    found = _retraced(charts, kind)
    assert (found.wrong, found.incapable, found.points) == ([], [], 72)
    signals = [p for n in range(6) for p in charts.messages(n)[1].message.points if p.signals]  # type: ignore[union-attr]
    assert signals, "the process went wrong and nothing signalled"


@every_kind
def test_an_altered_value_is_found(kind: str) -> None:
    def lie(one: Definition | Point) -> Definition | Point:
        if isinstance(one, Point) and one.index == 50:
            return msgspec.structs.replace(one, value=one.value + 1)
        return one

    found = _retraced(_lying(kind, lie), kind)
    assert found.wrong
    assert "follow" in found.wrong[0]


@every_kind
def test_an_altered_limit_is_found(kind: str) -> None:
    def lie(one: Definition | Point) -> Definition | Point:
        if isinstance(one, Definition):
            assert one.location is not None
            wider = msgspec.structs.replace(one.location, center=one.location.center * 1.001 + 1e-3)
            return msgspec.structs.replace(one, location=wider)
        return one

    found = _retraced(_lying(kind, lie), kind)
    assert "location was shown as" in found.wrong[0]


@pytest.mark.parametrize("kind", ["p", "u", "laney-p", "laney-u"])
def test_an_altered_limit_of_a_points_own_is_found(kind: str) -> None:
    def lie(one: Definition | Point) -> Definition | Point:
        if isinstance(one, Point) and one.upper is not None:
            return msgspec.structs.replace(one, upper=one.upper * 1.01)
        return one

    assert "with upper" in _retraced(_lying(kind, lie), kind).wrong[0]


@every_kind
def test_a_suppressed_signal_is_found(kind: str) -> None:
    hidden = []

    def lie(one: Definition | Point) -> Definition | Point:
        if isinstance(one, Point) and one.signals and not hidden:
            hidden.append(one.index)
            return msgspec.structs.replace(one, signals=())
        return one

    charts = _lying(kind, lie)
    found = _retraced(charts, kind)
    assert len(found.wrong) == 1
    assert f"measurement {hidden[0]} was shown with the signals []" in found.wrong[0]


def test_a_capability_that_was_made_up_is_found() -> None:
    def lie(one: Definition | Point) -> Definition | Point:
        if isinstance(one, Definition) and one.capability is not None and one.capability.ppk is not None:
            better = msgspec.structs.replace(one.capability, ppk=one.capability.ppk + 0.01)
            return msgspec.structs.replace(one, capability=better)
        return one

    found = _retraced(_lying("xbar-r", lie), "xbar-r")
    assert (found.wrong, len(found.incapable)) == ([], 6)


def test_a_measurement_that_is_left_out_is_missed() -> None:
    charts = Charts()
    batches = [charts.messages(number) for number in range(charts.count)]
    seen = seeing.shown(batches).one
    [one] = seen.values()
    del one.points[20]
    [found] = retracing.retrace_all(seen, charts.opening, charts.course, capabilities=1).values()
    assert found.wrong == ["1 measurements are not there; the first is number 50"]


def test_measurements_that_were_too_many_for_the_picture_count_for_the_points_behind_them() -> None:
    charts = Charts(plans={"ewma": PLANS["ewma"]})
    seen = seeing.shown([charts.messages(number) for number in range(charts.count)]).one
    [one] = seen.values()
    left_out = [one.points[index] for index in (7, 8, 30)]
    one.points = [point for point in one.points if point not in left_out]
    unshown = tuple(courses.Value(p.index, p.time, p.value, p.status, p.found_in) for p in left_out)
    course = Course(characteristic=left_out[0].characteristic, changes=(), unshown=unshown)
    found = retracing.retrace(charts.openings[0], course, one, 10)
    assert (found.wrong, found.incapable, found.points) == ([], [], 69)
    altered = msgspec.structs.replace(unshown[1], value=unshown[1].value + 0.5)
    lied = msgspec.structs.replace(course, unshown=(unshown[0], altered, unshown[2]))
    assert retracing.retrace(charts.openings[0], lied, one, 10).wrong


def _with_change(
    kind: str, change: Callable[[Chart, list[float]], Chart], cause: courses.Cause
) -> tuple[Opening, Course, Shown]:
    """An episode in which something is changed at measurement 55."""
    one = characteristic(kind, PLANS[kind])
    rows = measured(one, 100)
    chart = judging.judge(judging.fresh(one), rows[:30]).chart
    before = tuple(courses.value_of(n, row) for n, row in enumerate(rows[:30]))
    opening = Opening(standing=courses.standing(chart, "start", Micros(0)), before=before)
    first = judging.judge(chart, rows[30:55])
    after = change(first.chart, judging.recent(first.chart, rows[:55]))
    second = judging.judge(after, rows[55:])
    course = Course(characteristic=one.id, changes=(courses.standing(after, cause, Micros(9)),), unshown=())
    batches = [
        [
            TimedMessage(at=0, message=Definitions(characteristics=(judging.definition(held, LINE),))),
            TimedMessage(at=0, message=FrameData(utc=Micros(0), points=tuple(points))),
        ]
        for held, points in ((chart, first.points), (after, second.points))
    ]
    return opening, course, seeing.shown(batches).one[one.id]


def _other_limits(chart: Chart, recent: list[float]) -> Chart:
    plan = judging.plan_of(chart.characteristic.chart)
    if chart.characteristic.chart.kind in quality.ATTRIBUTES:
        limits = quality.given(plan, center=chart.state.limits.center * 1.1)
    else:
        limits = quality.given(plan, center=8.05, sigma=0.31)
    return judging.under(chart, chart.characteristic, limits, recent)


def _other_rules(chart: Chart, recent: list[float]) -> Chart:
    other = msgspec.structs.replace(chart.characteristic.chart, rules=("nelson-1", "nelson-3"))
    limits = chart.state.limits
    assert isinstance(limits, quality.Limits)
    return judging.under(chart, msgspec.structs.replace(chart.characteristic, chart=other), limits, recent)


def _other_width(chart: Chart, _: list[float]) -> Chart:
    other = msgspec.structs.replace(chart.characteristic.chart, width=2.5)
    return judging.resumed(msgspec.structs.replace(chart.characteristic, chart=other), chart.row())


@pytest.mark.parametrize("kind", ["i-mr", "xbar-r", "xbar-s", "p", "c", "ewma", "cusum"])
def test_limits_that_a_person_froze_on_air_are_followed_and_told(kind: str) -> None:
    opening, course, seen = _with_change(kind, _other_limits, "limits")
    found = retracing.retrace(opening, course, seen, 10)
    assert (found.wrong, found.changes, found.limits) == ([], 1, len(seen.definitions))
    silent = retracing.retrace(opening, None, seen, 10)
    assert silent.wrong, "limits that nobody wrote down"


@pytest.mark.parametrize("kind", ["i-mr", "xbar-s", "u"])
def test_rules_that_a_person_chose_on_air_are_followed(kind: str) -> None:
    opening, course, seen = _with_change(kind, _other_rules, "rules")
    assert retracing.retrace(opening, course, seen, 10).wrong == []


@pytest.mark.parametrize("kind", ["i-mr", "ewma"])
def test_a_configuration_that_changed_with_a_restart_is_followed(kind: str) -> None:
    opening, course, seen = _with_change(kind, _other_width, "restart")
    found = retracing.retrace(opening, course, seen, 10)
    assert (found.wrong, found.changes) == ([], 0)


def test_a_change_that_lets_a_chart_forget_is_found() -> None:
    """The statistic's memory is not a person's to change."""
    opening, course, seen = _with_change("i-mr", _other_limits, "limits")
    [change] = course.changes
    state = quality.decode(change.row.state)
    forgetful = msgspec.structs.replace(state, previous=8.0)
    row = msgspec.structs.replace(change.row, state=quality.encode(forgetful))
    lied = msgspec.structs.replace(course, changes=(msgspec.structs.replace(change, row=row),))
    assert "does not stand where it must" in retracing.retrace(opening, lied, seen, 10).wrong[0]
