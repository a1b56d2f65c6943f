"""The made-up factory, judged as a real one would be."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.actions import judging
from quality_creator.config import Config, loads
from quality_creator.demo import config
from quality_creator.demo.plant import CHANNELS, LEAK, SECOND, Channel, begin, resume, step
from quality_creator.model.characteristic import Characteristic
from quality_creator.model.clock import Micros
from quality_creator.model.event import Point
from quality_creator.model.ids import GaugeId
from quality_creator.model.reading import Measurement
from tests.demo.day import NOON, Day

HALF_AN_HOUR = 1800.0


def settings() -> Config:
    keys = config.Keys(dict.fromkeys(("edge-banding", "tap-bench", "laboratory"), "a-key-of-"), {})
    keys.gauges.update(line="a-token-for-the-tests", laboratory="another-token-for-it")
    for number, camera in enumerate(keys.cameras):
        keys.cameras[camera] += str(number)
    text = config.toml(keys, port=8080, rtmp_port=1935, broker_port=None)
    return loads(text, folder=Path(), environment={})


def charted(day: Day) -> dict[str, list[Point]]:
    """The day's points as the hub judges them with the demonstration's limits."""
    configured = settings()
    by_tag = {tag.tag: tag.characteristic for gauge in configured.gauges for tag in gauge.tags}
    points = {}
    for channel in CHANNELS:
        characteristic = characteristic_of(configured, by_tag[channel.tag])
        measured = [
            Measurement(
                characteristic=characteristic.id,
                value=sample.value,
                time=sample.time,
                gauge=GaugeId("line"),
                sequence=sample.time,
            )
            for sample in day.values(channel)
        ]
        judged = judging.judge(judging.fresh(characteristic), measured).points
        points[channel.tag] = [point for point in judged if point.plotted is not None]
    return points


def characteristic_of(configured: Config, name: str) -> Characteristic:
    return next(one for one in configured.characteristics if one.id == name)


def signals(points: list[Point]) -> list[float]:
    """The seconds at which a rule began to hold."""
    return [
        (point.time - NOON) / SECOND
        for point in points
        if any(not signal.continuing for signal in point.signals)
    ]


@pytest.mark.parametrize("seed", range(1, 9))
def test_the_tap_bench_gives_a_signal_within_ninety_seconds_and_is_back_in_control_after_it(
    seed: int,
) -> None:
    points = charted(Day.of(seed, 110))[LEAK.tag]
    first = signals(points)[0]
    assert 25 < first < 60, f"the first signal comes after {first:.0f} s"
    assert not points[-1].signals


@pytest.mark.parametrize("seed", range(1, 5))
def test_the_factory_is_in_control_most_of_the_time_and_drifts_every_few_minutes(seed: int) -> None:
    by_tag = charted(Day.of(seed, HALF_AN_HOUR))
    everything = [point for points in by_tag.values() for point in points]
    share = sum(bool(point.signals) for point in everything) / len(everything)
    assert share < 0.08
    began = sorted(second for points in by_tag.values() for second in signals(points))
    for window in range(0, int(HALF_AN_HOUR), 450):
        assert any(window <= second < window + 450 for second in began), f"nothing from {window} s on"


@pytest.mark.parametrize("channel", CHANNELS, ids=lambda channel: channel.tag)
def test_values_keep_to_their_target_and_spread_and_to_the_machines_digits(channel: Channel) -> None:
    values = [sample.value for seed in range(4) for sample in Day.of(seed, 26).values(channel)]
    mean = sum(values) / len(values)
    # Before the first drift; the standard error of the mean with a little correlation, four times.
    assert abs(mean - channel.center) < 4 * channel.sigma / len(values) ** 0.5
    for value in values:
        assert round(value / channel.resolution) * channel.resolution == pytest.approx(value, abs=1e-9)
        assert value == round(value, channel.decimals)


@given(cuts=st.lists(st.integers(0, 60 * SECOND), max_size=12))
def test_what_is_made_does_not_depend_on_how_often_one_looks(cuts: list[int]) -> None:
    plant, samples, tallies = begin(7, NOON), [], []
    for cut in [*sorted(cuts), 60 * SECOND]:
        plant, more, counted = step(plant, Micros(NOON + cut))
        samples += more
        tallies += counted
    whole = Day.of(7, 60)
    assert (plant, tuple(samples), tuple(tallies)) == (whole.plant, whole.samples, whole.tallies)


def test_no_two_values_share_an_instant_so_that_it_numbers_them() -> None:
    times = [sample.time for sample in Day.of(3, HALF_AN_HOUR).samples]
    assert len(set(times)) == len(times)
    assert times == sorted(times)


def test_counters_only_rise_and_reject_few() -> None:
    for counter_tag in {tally.counter.tag for tally in Day.of(1, 60).tallies}:
        rows = [tally for tally in Day.of(1, HALF_AN_HOUR).tallies if tally.counter.tag == counter_tag]
        pairs = list(itertools.pairwise(rows))
        assert all(b.total - a.total == a.counter.pieces and b.rejected >= a.rejected for a, b in pairs)
        assert 0 < rows[-1].rejected < 0.05 * rows[-1].total


def test_after_a_pause_it_goes_on_where_it_stood_and_makes_nothing_up() -> None:
    before, _, _ = step(begin(5, NOON), Micros(NOON + 20 * SECOND))
    later = Micros(NOON + 3600 * SECOND)
    _, samples, _ = step(resume(before, later), Micros(later + 10 * SECOND))
    straight = [s for s in Day.of(5, 30).samples if s.time > NOON + 20 * SECOND]
    assert [s.value for s in samples] == [s.value for s in straight]
    assert [s.time - later for s in samples] == [s.time - NOON - 20 * SECOND for s in straight]


def test_another_seed_is_another_day() -> None:
    assert [s.value for s in Day.of(1, 60).samples] != [s.value for s in Day.of(2, 60).samples]
