"""Charts of several characteristics as they run: collecting, frozen, cut, resumed, changed."""

import json

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator import quality
from quality_creator.actions import joining, joint
from quality_creator.actions.joint import Joint
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.model.joint import JointChart, JointLimits
from quality_creator.model.joint_row import JointRow
from tests.actions.panels import CHARTS, MEWMA, PAIRS, T2, arrivals, value_of

every_chart = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)


def _fresh(chart: JointChart) -> Joint:
    return joint.fresh(chart, (0, 0, 0))


def _through_the_store(one: Joint) -> Joint:
    """As it comes back after a restart."""
    data = msgspec.msgpack.encode(one.row())
    return joint.resumed(one.chart, msgspec.msgpack.decode(data, type=JointRow), one.waiting.seen)


@every_chart
def test_what_is_told_is_what_the_statistics_say_of_the_rows(chart: JointChart) -> None:
    arrived = arrivals(200)
    found = joint.judge(_fresh(chart), arrived)
    _, rows = joining.join(chart, joining.nothing((0, 0, 0)), arrived)
    values = np.array([row.values for row in rows])
    plan = joint.plan_of(chart)
    collected = chart.estimate_from * chart.size
    [estimation] = found.estimations
    assert estimation == quality.estimate_multivariate(plan, values[:collected], by="the first points")
    state = quality.start(plan, estimation.limits)
    whole = values[: len(values) - len(values) % chart.size]
    _, points = quality.step(state, whole)
    parts = quality.contributions(state, whole)
    told = [point for point in found.points if point.location is not None]
    assert [point.plotted for point in told] == list(range(chart.estimate_from, len(points)))
    np.testing.assert_array_equal([p.location for p in told], points.location[chart.estimate_from :])
    np.testing.assert_array_equal([p.parts for p in told], parts[chart.estimate_from :])
    signalled = {(p.plotted, s.continuing) for p in told for s in p.signals}
    due = {(s.row, s.continuing) for s in points.signals if s.row >= chart.estimate_from}
    assert signalled == due
    assert due, "nothing signalled"
    assert [point.index for point in found.points] == list(range(len(rows)))
    assert all(u is None for u in found.uppers[:collected])
    assert set(found.uppers[collected:]) == {estimation.limits.location.upper}


def test_the_characteristic_that_went_wrong_drives_the_signal() -> None:
    found = joint.judge(_fresh(T2), arrivals(200))
    wrong = [point for point in found.points if point.signals and point.index > 130]
    drivers = [max(range(3), key=lambda n: point.parts[n]) for point in wrong]
    assert len(wrong) > 5
    assert drivers.count(1) > 0.9 * len(drivers), drivers


@every_chart
@given(cuts=st.lists(st.integers(0, 400), max_size=5))
def test_where_the_stream_is_cut_and_the_hub_restarted_changes_nothing(
    chart: JointChart, cuts: list[int]
) -> None:
    arrived = arrivals(150)
    once = joint.judge(_fresh(chart), arrived)
    one, points, uppers = _fresh(chart), [], []
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), len(arrived)], strict=True):
        judgement = joint.judge(one, arrived[first:last])
        points += judgement.points
        uppers += judgement.uppers
        one = _through_the_store(judgement.joint)
    assert points == list(once.points)
    assert uppers == list(once.uppers)
    assert msgspec.to_builtins(one.row()) == msgspec.to_builtins(once.joint.row())


def test_values_that_give_no_limits_are_let_go_and_others_are_collected() -> None:
    arrived = [value_of(place, item, 1.0) for item in range(25) for place in range(3)]
    found = joint.judge(_fresh(T2), arrived)
    assert (found.joint.frozen, found.estimations, len(found.joint.collected)) == (False, [], 15)
    later = joint.judge(
        found.joint, [(p, msgspec.structs.replace(m, time=m.time + 10**9)) for p, m in arrivals(80)]
    )
    assert later.joint.frozen


def test_given_limits_judge_from_the_first_observation() -> None:
    given_limits = JointLimits(center=(10.0, 10.0, 10.0), covariance=((1, 0.8, 0), (0.8, 1, 0), (0, 0, 1)))
    chart = msgspec.structs.replace(T2, limits=given_limits)
    found = joint.judge(_fresh(chart), [value_of(0, 0, 11.0), value_of(1, 0, 9.0), value_of(2, 0, 10.0)])
    [point] = found.points
    assert point.location == pytest.approx(10.0)
    assert point.parts == pytest.approx((9.0, 9.0, 0.0))
    definition = joint.definition(found.joint, "board", T2.name)  # type: ignore[arg-type]
    assert definition.mean == (10.0, 10.0, 10.0)
    assert definition.correlation[0] == pytest.approx((1.0, 0.8, 0.0))


def test_limits_of_a_person_let_a_mewma_begin_anew_and_a_subgroup_go_on() -> None:
    stood = joint.judge(_fresh(MEWMA), arrivals(60)).joint
    limits = stood.limits
    assert limits is not None
    assert stood.state.memory
    after = joint.under(stood, limits)
    assert (after.state.memory, after.state.plotted, after.points) == ((), stood.state.plotted, stood.points)
    pairs = joint.judge(_fresh(PAIRS), arrivals(60)).joint
    assert pairs.limits is not None
    assert joint.under(pairs, pairs.limits).state.pending == pairs.state.pending


def test_another_plan_begins_anew_and_limits_stay_where_they_can() -> None:
    weighted = joint.judge(_fresh(MEWMA), arrivals(60)).joint
    assert weighted.limits is not None
    stricter = joint.resumed(
        msgspec.structs.replace(MEWMA, alpha=0.001), weighted.row(), weighted.waiting.seen
    )
    assert stricter.limits is not None
    assert stricter.limits.center == weighted.limits.center
    assert stricter.limits.location.upper > weighted.limits.location.upper
    stood = joint.judge(_fresh(T2), arrivals(60)).joint
    seen = stood.waiting.seen
    # Its limit depends on how many points gave the covariance, which is not in the limits.
    assert not joint.resumed(msgspec.structs.replace(T2, alpha=0.001), stood.row(), seen).frozen
    other = msgspec.structs.replace(T2, characteristics=T2.characteristics[::-1])
    anew = joint.resumed(other, stood.row(), seen)
    assert (anew.frozen, anew.points, anew.state.plotted) == (False, stood.points, stood.state.plotted)
    public = joint.resumed(msgspec.structs.replace(T2, public=False), stood.row(), seen)
    assert (public.state, public.waiting) == (stood.state, stood.waiting)


def test_what_was_measured_while_the_chart_was_not_there_is_passed_over_and_counted() -> None:
    stood = joint.judge(_fresh(T2), arrivals(60)[:-1]).joint
    waited = [len(queue) for queue in stood.waiting.queues]
    assert any(waited)
    after = joint.resumed(T2, stood.row(), [n + 7 for n in stood.waiting.seen])
    assert after.waiting.queues == ((), (), ())
    assert [b - a for a, b in zip(stood.waiting.alone, after.waiting.alone, strict=True)] == waited


def test_a_state_that_was_changed_is_refused() -> None:
    row = joint.judge(_fresh(T2), arrivals(60)).joint.row()
    broken = msgspec.structs.replace(row, state=row.state[:-1] + bytes([row.state[-1] ^ 1]))
    with pytest.raises(BadPayload, match="panel"):
        joint.resumed(T2, broken, row.waiting.seen)


def test_limits_that_no_chart_can_have_are_refused() -> None:
    same = JointLimits(center=(0.0,) * 3, covariance=((1.0,) * 3,) * 3)
    with pytest.raises(BadInput, match="combination of the others"):
        _fresh(msgspec.structs.replace(T2, limits=same))


def test_a_row_is_json_for_the_evidence() -> None:
    row = joint.judge(_fresh(T2), arrivals(60)).joint.row()
    assert msgspec.json.decode(msgspec.json.encode(row), type=JointRow) == row
    assert json.loads(msgspec.json.encode(row))["chart"] == "panel"
