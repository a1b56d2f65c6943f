"""Which values make one observation: whatever the order in which they come, and whatever is missing."""

import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.actions import joining
from quality_creator.actions.joining import Arrival, Observation
from quality_creator.model.joint import JointChart
from quality_creator.model.joint_row import Waiting
from tests.actions.panels import CHARTS, MEWMA, T2, arrivals, value_of

NOTHING = joining.nothing((0, 0, 0))


def _joined(chart: JointChart, arrived: Sequence[Arrival]) -> tuple[Waiting, list[Observation]]:
    return joining.join(chart, NOTHING, arrived)


def _items(*items: int, places: Sequence[int] = (0, 1, 2)) -> list[Arrival]:
    return [value_of(place, item, item + place / 10) for item in items for place in places]


def test_one_value_of_each_makes_an_observation() -> None:
    waiting, [one, other] = _joined(T2, _items(0, 1))
    assert (one.values, one.of, one.time, one.newest) == ((0.0, 0.1, 0.2), (0, 0, 0), 200_000, 2)
    assert (other.values, other.of) == ((1.0, 1.1, 1.2), (1, 1, 1))
    assert waiting == Waiting(queues=((), (), ()), seen=(2, 2, 2), alone=(0, 0, 0), bad=(0, 0, 0))


@pytest.mark.parametrize("chart", [T2, MEWMA])
def test_a_missing_partner_lets_the_others_go_and_they_are_counted(chart: JointChart) -> None:
    arrived = [*_items(0), *_items(1, places=(0, 2)), *_items(2)]
    waiting, found = _joined(chart, arrived)
    assert [one.of for one in found] == [(0, 0, 0), (2, 1, 2)]
    assert (waiting.alone, waiting.seen) == ((1, 0, 1), (3, 2, 3))


def test_a_late_partner_is_waited_for() -> None:
    arrived = [*_items(0, 1, 2, places=(0, 2)), *_items(0, 1, 2, places=(1,))]
    waiting, found = _joined(T2, arrived)
    assert [one.of for one in found] == [(0, 0, 0), (1, 1, 1), (2, 2, 2)]
    assert waiting.alone == (0, 0, 0)


def test_a_partner_that_comes_too_late_finds_nobody() -> None:
    chart = msgspec.structs.replace(T2, wait=2)
    arrived = [*_items(0, 1, 2, places=(0, 2)), *_items(0, 1, 2, places=(1,))]
    waiting, found = _joined(chart, arrived)
    assert [one.of for one in found] == [(1, 1, 1), (2, 2, 2)]
    assert waiting.alone == (1, 1, 1)


def test_a_bad_value_is_in_no_observation() -> None:
    arrived = [*_items(0), value_of(0, 1, 9.0, status="bad"), *_items(1, places=(1, 2)), *_items(2)]
    waiting, found = _joined(T2, arrived)
    assert [one.of for one in found] == [(0, 0, 0), (2, 2, 2)]
    assert (waiting.bad, waiting.alone) == ((1, 0, 0), (0, 1, 1))


def test_an_uncertain_value_makes_its_observation_uncertain() -> None:
    arrived = [value_of(0, 0, 1.0), value_of(1, 0, 1.0, status="uncertain"), value_of(2, 0, 1.0)]
    assert _joined(T2, arrived)[1][0].status == "uncertain"


def test_stations_that_come_later_are_joined_by_their_lag() -> None:
    chart = msgspec.structs.replace(T2, lags_s=(0.0, 9.1, 2.0))
    arrived = [
        value_of(place, item, item, at=2.6 * item + lag)
        for item in range(8)
        for place, lag in enumerate((0.0, 9.1, 2.0))
    ]
    arrived.sort(key=lambda one: one[1].time)
    waiting, found = _joined(chart, arrived)
    assert [one.values for one in found] == [(float(n),) * 3 for n in range(8)]
    assert waiting.alone == (0, 0, 0)


def test_values_further_apart_than_the_tolerance_are_of_different_items() -> None:
    arrived = [value_of(0, 0, 1.0, at=0.0), value_of(1, 0, 1.0, at=0.5), value_of(2, 0, 1.0, at=0.500001)]
    waiting, found = _joined(T2, arrived)
    assert (found, waiting.alone) == ([], (1, 0, 0))
    assert [len(queue) for queue in waiting.queues] == [0, 1, 1]


@pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
@given(seed=st.integers(0, 2**32), cuts=st.lists(st.integers(0, 200), max_size=6))
def test_it_does_not_matter_how_the_stream_is_cut_nor_who_comes_first(
    chart: JointChart, seed: int, cuts: list[int]
) -> None:
    arrived = arrivals(60, seed=seed % 7)
    once = _joined(chart, arrived)
    waiting, found = NOTHING, []
    for first, last in zip([0, *sorted(cuts)], [*sorted(cuts), len(arrived)], strict=True):
        waiting, more = joining.join(chart, waiting, arrived[first:last])
        found += more
    assert (waiting, found) == once
    # Another order between the characteristics, the same within each.
    places = [place for place, _ in arrived]
    random.Random(seed).shuffle(places)
    queues = {n: [one for one in arrived if one[0] == n] for n in range(3)}
    assert _joined(chart, [queues[place].pop(0) for place in places]) == once


def test_every_value_is_in_an_observation_or_waits_or_is_counted() -> None:
    arrived = arrivals(300)
    waiting, found = _joined(msgspec.structs.replace(T2, wait=3), arrived)
    assert any(waiting.alone), "nothing was missing"
    for place in range(3):
        came = sum(which == place for which, _ in arrived)
        assert waiting.seen[place] == came
        assert len(found) + waiting.alone[place] + waiting.bad[place] + len(waiting.queues[place]) == came
