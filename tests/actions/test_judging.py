"""One characteristic's chart, from collecting to frozen limits, against the statistics room itself."""

import itertools
import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator import quality
from quality_creator.actions import judging
from quality_creator.actions.judging import Chart
from quality_creator.model.characteristic import ChartPlan, Limits
from quality_creator.model.event import Point, Signal
from quality_creator.model.reading import Measurement
from tests.actions.floor import config, measured

MOISTURE = config().characteristics[0]
PEEL = config().characteristics[1]


def with_plan(**changes: object) -> judging.Characteristic:
    """Moisture, charted otherwise."""
    return msgspec.structs.replace(MOISTURE, chart=msgspec.structs.replace(MOISTURE.chart, **changes))


def series(count: int, seed: int = 1, shift_from: int = 10**9) -> list[Measurement]:
    """Values of a process in control, until it shifts."""
    chance = random.Random(seed)
    return [measured(n, chance.gauss(8.0 if n < shift_from else 9.5, 0.3)) for n in range(count)]


def in_pieces(
    chart: Chart, measurements: Sequence[Measurement], cuts: Sequence[int]
) -> tuple[Chart, list[Point]]:
    """Judge in pieces that end at these positions."""
    points: list[Point] = []
    edges = [0, *sorted(cut % (len(measurements) + 1) for cut in cuts), len(measurements)]
    for start, end in itertools.pairwise(edges):
        judgement = judging.judge(chart, measurements[start:end])
        chart = judgement.chart
        points += judgement.points
    return chart, points


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([MOISTURE, PEEL, with_plan(kind="xbar-r", size=4, estimate_from=3)]),
    st.lists(st.integers(0, 60), max_size=6),
    st.integers(0, 1000),
    st.sets(st.integers(0, 59), max_size=10),
)
def test_it_does_not_matter_how_the_stream_is_cut(
    characteristic: judging.Characteristic, cuts: list[int], seed: int, bad: set[int]
) -> None:
    values = [
        msgspec.structs.replace(one, status="bad") if n in bad else one
        for n, one in enumerate(series(60, seed, shift_from=30))
    ]
    whole = judging.judge(judging.fresh(characteristic), values)
    chart, points = in_pieces(judging.fresh(characteristic), values, cuts)
    assert points == whole.points
    assert chart.row() == whole.chart.row()


def test_frozen_points_are_those_of_the_statistics_room_on_the_whole_series() -> None:
    values = series(40, shift_from=25)
    plan = quality.Plan(kind="i-mr", rules=("nelson-1", "nelson-2"))
    limits = quality.estimate(plan, [one.value for one in values[:5]]).limits
    _, expected = quality.step(quality.start(plan, limits), [one.value for one in values])
    points = judging.judge(judging.fresh(MOISTURE), values).points
    assert [(p.index, p.plotted, p.location) for p in points] == [
        (n, n, value) for n, value in enumerate(expected.location.tolist())
    ]
    assert points[0].spread is None
    assert [p.spread for p in points[1:]] == expected.spread.tolist()[1:]
    signals = {(s.row, s.rule, s.continuing) for s in expected.signals if s.row >= 5}
    assert signals == {(p.index, s.rule, s.continuing) for p in points for s in p.signals}
    assert signals


def test_nothing_is_judged_while_limits_are_collected_and_one_record_is_made() -> None:
    outlier = [measured(n, value) for n, value in enumerate([8.0, 8.1, 30.0, 8.0])]
    collecting = judging.judge(judging.fresh(MOISTURE), outlier)
    assert [p.signals for p in collecting.points] == [()] * 4
    assert (collecting.chart.frozen, collecting.estimations) == (False, [])
    frozen = judging.judge(collecting.chart, [measured(4, 8.1), measured(5, 80.0)])
    assert frozen.chart.frozen
    [estimation] = frozen.estimations
    assert (estimation.span, estimation.used, estimation.by) == ((0, 5), 5, "the first points")
    assert frozen.points[0].signals == ()
    assert Signal(rule="nelson-1") in frozen.points[1].signals
    later = judging.judge(frozen.chart, [measured(n, 8.0) for n in range(6, 40)])
    assert later.estimations == []
    assert later.chart.state.limits == frozen.chart.state.limits


def test_a_run_that_began_while_collecting_is_completed_after_it() -> None:
    values = [measured(n, value) for n, value in enumerate([1.0, 2.0, 9.0, 9.0, 9.0] + [9.0] * 8)]
    points = judging.judge(judging.fresh(with_plan(rules=("nelson-2",))), values).points
    completing = [p.index for p in points if p.signals == (Signal(rule="nelson-2"),)]
    assert completing == [10]  # nine in a row from the third on


def test_values_that_give_no_limits_are_let_go_and_collecting_begins_again() -> None:
    stuck = judging.judge(judging.fresh(MOISTURE), [measured(n, 8.0) for n in range(5)])
    assert (stuck.chart.frozen, stuck.chart.waiting, stuck.estimations) == (False, (), [])
    alive = judging.judge(stuck.chart, [measured(n, 8.0 + n % 2) for n in range(5, 10)])
    assert alive.chart.frozen
    assert [p.plotted for p in alive.points] == [5, 6, 7, 8, 9]


def test_a_bad_value_has_a_number_and_is_not_charted() -> None:
    values = [
        measured(0, 3.0),
        measured(1, 900.0, status="bad"),
        measured(2, 3.1, status="uncertain"),
        measured(3, 3.2),
    ]
    points = judging.judge(judging.fresh(PEEL), values).points
    assert [(p.index, p.status, p.plotted, p.signals) for p in points] == [
        (0, "good", None, ()),
        (1, "bad", None, ()),
        (2, "uncertain", None, ()),
        (3, "good", 0, ()),
    ]
    assert points[3].location == pytest.approx(3.1)
    assert points[3].spread == pytest.approx(0.2)


# --- where a chart goes on -----------------------------------------------------------------------


def kept(chart: Chart) -> judging.ChartRow:
    """As it comes back from the store."""
    return msgspec.json.decode(msgspec.json.encode(chart.row()), type=judging.ChartRow)


def test_a_chart_goes_on_where_it_was() -> None:
    values = series(40, shift_from=20)
    for characteristic in (MOISTURE, PEEL):
        for stop in (0, 2, 3, 4, 5, 6, 22):
            before = judging.judge(judging.fresh(characteristic), values[:stop])
            after = judging.resumed(characteristic, kept(before.chart))
            whole = judging.judge(judging.fresh(characteristic), values)
            assert judging.judge(after, values[stop:]).points == whole.points[stop:]


def test_new_rules_keep_the_estimated_limits_and_the_numbers() -> None:
    before = judging.judge(judging.fresh(MOISTURE), series(20))
    other = with_plan(rules=("nelson-1",))
    after = judging.resumed(other, kept(before.chart))
    assert after.frozen
    assert after.state.limits == before.chart.state.limits
    [point] = judging.judge(after, [measured(20, 99.0)]).points
    assert (point.index, point.plotted) == (20, 20)
    assert Signal(rule="nelson-1") in point.signals


@pytest.mark.parametrize(
    "changes", [{"kind": "xbar-r", "size": 2}, {"limits": Limits(center=1.0, sigma=2.0)}]
)
def test_another_statistic_or_given_limits_begin_anew_and_the_numbers_go_on(
    changes: dict[str, object],
) -> None:
    before = judging.judge(judging.fresh(MOISTURE), series(20))
    after = judging.resumed(with_plan(**changes), kept(before.chart))
    assert after.frozen == ("limits" in changes)
    assert (after.points, after.state.plotted, after.waiting) == (20, 20, ())


def test_another_number_to_collect_does_not_touch_limits_that_are_frozen() -> None:
    before = judging.judge(judging.fresh(MOISTURE), series(20))
    after = judging.resumed(with_plan(estimate_from=50), kept(before.chart))
    assert after.state == before.chart.state


# --- what a viewer draws -------------------------------------------------------------------------


def test_a_definition_has_limits_once_they_are_frozen_and_only_those_that_can_be_crossed() -> None:
    chart = judging.fresh(MOISTURE)
    line = config().lines[0].name
    assert judging.definition(chart, line).location is None
    assert judging.definition(chart, line).spread is None
    frozen = judging.judge(chart, series(5)).chart
    found = judging.definition(frozen, line)
    assert found.location is not None
    assert found.spread is not None
    limits = frozen.state.limits
    assert (found.location.center, found.location.lower, found.location.upper) == (
        limits.location.center,
        limits.location.lower,
        limits.location.upper,
    )
    assert (found.spread.lower, found.spread.upper) == (None, limits.spread and limits.spread.upper)
    assert (found.line_name.en, found.specification) == ("Board line", MOISTURE.specification)


def test_until_limits_are_frozen_a_definition_says_how_many_points_there_are_of_how_many() -> None:
    line = config().lines[0].name
    few = with_plan(estimate_from=5)
    said = [
        judging.definition(judging.judge(judging.fresh(few), series(count)).chart, line)
        for count in (0, 3, 5)
    ]
    assert [(one.collected, one.estimate_from) for one in said] == [(0, 5), (3, 5), (None, None)]


def test_the_plan_of_the_model_is_one_that_the_statistics_room_follows() -> None:
    for kind, size in (("i-mr", 1), ("xbar-r", 2), ("xbar-r", 25)):
        chart = ChartPlan(kind=kind, size=size)
        assert judging.fresh(msgspec.structs.replace(MOISTURE, chart=chart)).state.plan.take == size
