"""Every kind of chart live: as the statistics room has it, however the stream is cut or restarted."""

import itertools
import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator import quality
from quality_creator.actions import judging, studies
from quality_creator.actions.judging import Chart
from quality_creator.model.characteristic import COUNTS, PAIRED, WEIGHTED, Characteristic, ChartPlan, Limits
from quality_creator.model.errors import BadPayload
from quality_creator.model.event import Point
from quality_creator.model.reading import Measurement
from tests.actions.floor import config, measured

MOISTURE, LINE = config().characteristics[0], config().lines[0].name

PLANS = [
    ChartPlan(kind="xbar-s", size=4, estimate_from=6),
    ChartPlan(kind="p", estimate_from=6),
    ChartPlan(kind="np", size=50, estimate_from=6),
    ChartPlan(kind="c", estimate_from=6),
    ChartPlan(kind="u", estimate_from=6),
    ChartPlan(kind="laney-p", estimate_from=6),
    ChartPlan(kind="laney-u", estimate_from=6),
    ChartPlan(kind="ewma", estimate_from=6, weight=0.1, width=2.7),
    ChartPlan(kind="ewma", size=3, estimate_from=6),
    ChartPlan(kind="cusum", estimate_from=6, head_start=2.5),
    ChartPlan(kind="cusum", size=2, estimate_from=6, decision=4.0, reset=True, target=8.0),
]
GIVEN = [
    ChartPlan(kind="p", limits=Limits(center=0.04)),
    ChartPlan(kind="laney-u", limits=Limits(center=0.05, dispersion=1.4)),
    ChartPlan(kind="ewma", limits=Limits(center=8.0, sigma=0.3)),
    ChartPlan(kind="cusum", limits=Limits(center=8.0, sigma=0.3)),
]
everywhere = pytest.mark.parametrize(
    "plan", [*PLANS, *GIVEN], ids=lambda plan: f"{plan.kind}-{plan.size}{'-given' if plan.limits else ''}"
)


def characteristic(plan: ChartPlan) -> Characteristic:
    """Moisture, charted so."""
    return msgspec.structs.replace(MOISTURE, chart=plan)


def series(plan: ChartPlan, count: int = 90, seed: int = 3) -> list[Measurement]:
    """A process that goes wrong after two thirds."""
    chance = random.Random(seed)
    found = []
    for n in range(count):
        wrong = n > count * 2 / 3
        if plan.kind not in COUNTS:
            found.append(measured(n, chance.gauss(8.6 if wrong else 8.0, 0.3)))
            continue
        inspected = plan.size if plan.kind == "np" else chance.randint(30, 120)
        share = 0.18 if wrong else 0.05
        defects = sum(chance.random() < share for _ in range(inspected))
        found.append(
            msgspec.structs.replace(
                measured(n, defects), found_in=float(inspected) if plan.kind in PAIRED else None
            )
        )
    return found


def restarted(chart: Chart) -> Chart:
    """As it goes on after the process ended."""
    row = msgspec.json.decode(msgspec.json.encode(chart.row()), type=judging.ChartRow)
    return judging.resumed(chart.characteristic, row)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([*PLANS, *GIVEN]),
    st.lists(st.integers(0, 90), max_size=6),
    st.integers(0, 1000),
    st.sets(st.integers(0, 89), max_size=10),
)
def test_cut_and_restarted_anywhere_the_points_are_the_same(
    plan: ChartPlan, cuts: list[int], seed: int, bad: set[int]
) -> None:
    values = [
        msgspec.structs.replace(one, status="bad") if n in bad else one
        for n, one in enumerate(series(plan, seed=seed))
    ]
    start = judging.fresh(characteristic(plan))
    whole = judging.judge(start, values)
    chart, points = start, list[Point]()
    for first, last in itertools.pairwise([0, *sorted(cuts), len(values)]):
        judgement = judging.judge(restarted(chart), values[first:last])
        chart = judgement.chart
        points += judgement.points
    assert points == whole.points
    assert chart.row() == whole.chart.row()


@everywhere
def test_points_with_limits_are_those_of_the_statistics_room_on_the_whole_series(plan: ChartPlan) -> None:
    values = series(plan)
    judged = judging.judge(judging.fresh(characteristic(plan)), values)
    parts = [part for one in values for part in judging.charted(plan, one)]
    asked, take = judging.plan_of(plan), judging.plan_of(plan).take
    if plan.limits is not None:
        limits = quality.given(
            asked, center=plan.limits.center, sigma=plan.limits.sigma, dispersion=plan.limits.dispersion
        )
    else:
        limits = quality.estimate(asked, parts[: plan.estimate_from * take]).limits
        if plan.target is not None:
            limits = quality.given(asked, center=plan.target, sigma=limits.sigma)
    _, expected = quality.step(quality.start(asked, limits), parts)
    first = 0 if plan.limits is not None else plan.estimate_from
    plotted = [point for point in judged.points if point.plotted is not None][first:]
    assert [p.location for p in plotted] == expected.location.tolist()[first:]
    spreads = [None if math.isnan(s) else s for s in expected.spread.tolist()[first:]]
    assert [p.spread for p in plotted] == spreads
    told = {(p.plotted, s.rule, s.continuing) for p in plotted for s in p.signals}
    assert told == {(s.row, s.rule, s.continuing) for s in expected.signals if s.row >= first}
    assert told, "the process went wrong and nothing signalled"
    lines = expected.location_lines
    if isinstance(lines, quality.Lines):
        assert {(p.lower, p.upper) for p in plotted} == {(None, None)}
    elif plan.kind in PAIRED:
        assert [p.upper for p in plotted] == lines.upper.tolist()[first:]
        assert [p.lower or 0.0 for p in plotted] == lines.lower.tolist()[first:]


def test_limits_of_an_ewma_widen_over_its_first_points_and_then_are_the_definitions() -> None:
    plan = ChartPlan(kind="ewma", weight=0.2, limits=Limits(center=8.0, sigma=0.3))
    judged = judging.judge(judging.fresh(characteristic(plan)), series(plan))
    upper = [point.upper for point in judged.points]
    own = [one for one in upper if one is not None]
    assert 10 < len(own) < 40
    assert own == sorted(own)
    assert upper[len(own) :] == [None] * (len(upper) - len(own))
    said = judging.definition(judged.chart, LINE).location
    assert said is not None
    assert own[-1] == pytest.approx(said.upper, rel=1e-4)
    # One point alone: L sigma times the weight (Montgomery 9.25 with i = 1).
    assert own[0] == pytest.approx(8.0 + 3 * 0.3 * 0.2)


def test_while_they_collect_weighted_charts_show_the_values_that_they_will_weigh() -> None:
    for kind in WEIGHTED:
        plan = ChartPlan(kind=kind, estimate_from=20)
        values = series(plan)[:19]
        judged = judging.judge(judging.fresh(characteristic(plan)), values)
        assert [p.location for p in judged.points] == [one.value for one in values]
        assert {p.spread for p in judged.points} == {None}


def test_a_weighted_chart_begins_anew_with_limits_that_a_person_freezes() -> None:
    plan = ChartPlan(kind="cusum", head_start=2.5, limits=Limits(center=8.0, sigma=0.3))
    chart = judging.judge(judging.fresh(characteristic(plan)), series(plan)).chart
    assert max(chart.state.memory) > 5
    limits = quality.given(judging.plan_of(plan), center=8.6, sigma=0.3)
    after = judging.under(chart, characteristic(plan), limits, [8.6] * 17)
    assert (after.since, after.state.plotted, after.state.memory) == (90, 90, (2.5, 2.5))
    [point] = judging.judge(after, [measured(90, 8.6)]).points
    assert point.location == pytest.approx(2.0)  # the head start less k


def test_other_parameters_keep_the_centre_and_sigma_and_draw_other_lines() -> None:
    plan = ChartPlan(kind="ewma", estimate_from=20, weight=0.2)
    chart = judging.judge(judging.fresh(characteristic(plan)), series(plan)[:40]).chart
    other = msgspec.structs.replace(plan, weight=0.05)
    after = judging.resumed(characteristic(other), chart.row())
    assert after.frozen
    assert isinstance(after.state.limits, quality.Limits)
    assert isinstance(chart.state.limits, quality.Limits)
    assert after.state.limits.center == chart.state.limits.center
    assert after.state.limits.location.upper < chart.state.limits.location.upper


def test_what_can_not_be_a_count_breaks_the_chart_at_its_place_and_nothing_else() -> None:
    plan = ChartPlan(kind="p", limits=Limits(center=0.05))
    values = [msgspec.structs.replace(measured(n, n), found_in=50.0) for n in range(4)]
    values[1] = measured(1, 1.0)  # from before the characteristic was counted
    values[2] = msgspec.structs.replace(values[2], value=51.0)
    points = judging.judge(judging.fresh(characteristic(plan)), values).points
    assert [p.location for p in points] == [0.0, None, None, 0.06]
    assert [p.plotted for p in points] == [0, 1, 2, 3]


def test_a_definition_says_what_its_chart_is_made_by() -> None:
    ewma = judging.definition(judging.fresh(characteristic(PLANS[7])), LINE)
    assert (ewma.chart, ewma.weight, ewma.width, ewma.decision) == ("ewma", 0.1, 2.7, None)
    cusum = judging.definition(judging.fresh(characteristic(GIVEN[3])), LINE)
    assert (cusum.slack, cusum.decision, cusum.weight) == (0.5, 5.0, None)
    assert cusum.location == cusum.spread
    assert cusum.location is not None
    assert (cusum.location.center, cusum.location.lower, cusum.location.upper) == (0.0, None, 5.0)
    p = judging.definition(judging.fresh(characteristic(GIVEN[0])), LINE).location
    assert p is not None
    assert (p.center, p.lower, p.upper) == (0.04, None, None)


@pytest.mark.parametrize("plan", [plan for plan in [*PLANS, *GIVEN] if plan.kind in WEIGHTED], ids=str)
def test_a_chart_that_remembers_is_shown_again_as_it_was_judged_however_long_it_runs(plan: ChartPlan) -> None:
    values = series(plan, 1_700 * plan.size)
    chart, told = judging.fresh(characteristic(plan)), list[Point]()
    for first in range(0, len(values), 97):
        judgement = judging.judge(restarted(chart), values[first : first + 97])
        chart = judgement.chart
        told += [point for point in judgement.points if point.plotted is not None]
        before = judging.before(chart, judging.BEHIND)
        assert chart.since <= before.plotted
        assert before.plotted <= max(chart.since, chart.state.plotted - judging.BEHIND)
        if chart.frozen:
            assert chart.state.plotted - before.plotted < 3 * judging.BEHIND
    found = [one for one in values[before.plotted * plan.size :] if one.status != "bad"]
    whole = found[: len(found) - len(chart.state.pending)]
    again = studies.plotted(whole, chart, before)
    shown = [(p.number, p.location, p.spread, p.signals, p.lower, p.upper) for p in again]
    assert len(shown) >= judging.BEHIND
    # With a CUSUM that is far from 0, or an EWMA of little weight, less memory says something else.
    assert shown == [
        (p.plotted, p.location, p.spread, p.signals, p.lower, p.upper) for p in told[before.plotted :]
    ]


def test_a_kept_earlier_state_that_was_changed_is_refused() -> None:
    plan = ChartPlan(kind="cusum", limits=Limits(center=8.0, sigma=0.3))
    chart = judging.judge(judging.fresh(characteristic(plan)), series(plan, 600)).chart
    row = chart.row()
    assert len(chart.behind) == 2
    assert judging.resumed(chart.characteristic, row) == chart
    changed = row.behind[:-1] + bytes([row.behind[-1] ^ 1])
    with pytest.raises(BadPayload):
        judging.resumed(chart.characteristic, msgspec.structs.replace(row, behind=changed))
