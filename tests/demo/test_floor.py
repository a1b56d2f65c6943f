"""The running factory, looked at and told of by several threads."""

import threading

from quality_creator.demo.floor import PAUSE, Floor
from quality_creator.demo.plant import CHANNELS, SECOND, Sample, Tally
from quality_creator.model.clock import Micros
from tests.demo.day import NOON, Day


class Told:
    """Keeps what a floor tells."""

    def __init__(self) -> None:
        self.samples: list[Sample] = []
        self.tallies: list[Tally] = []

    def __call__(self, samples: tuple[Sample, ...], tallies: tuple[Tally, ...]) -> None:
        self.samples += samples
        self.tallies += tallies


def at(seconds: float) -> Micros:
    return Micros(NOON + round(seconds * SECOND))


def test_a_frame_shows_the_newest_value_that_is_not_newer_than_itself() -> None:
    floor, day = Floor(1, NOON, Told()), Day.of(1, 40)
    for tick in range(1, 160):
        ahead = floor.at(at(tick / 4 + 0.5))  # another camera has asked for a later frame already
        moment = floor.at(at(tick / 4))
        for asked in (ahead, moment):
            for channel in CHANNELS:
                known = [sample for sample in day.values(channel) if sample.time <= asked.time]
                assert asked.recent[channel.tag] == tuple(known[-5:])


def test_a_value_is_in_the_frame_of_its_very_microsecond_and_not_in_the_one_before() -> None:
    sample = Day.of(1, 20).values(CHANNELS[2])[0]
    floor = Floor(1, NOON, Told())
    assert floor.at(Micros(sample.time - 1)).newest(sample.channel.tag) is None
    assert floor.at(sample.time).newest(sample.channel.tag) == sample


def test_everything_is_told_once_and_in_order_however_many_ask() -> None:
    told = Told()
    floor = Floor(1, NOON, told)

    def ask(offset: float) -> None:
        for tick in range(200):
            floor.at(at(tick / 50 + offset))

    threads = [threading.Thread(target=ask, args=(number / 70,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    day = Day.of(1, 199 / 50 + 3 / 70)
    assert told.samples == list(day.samples)
    assert told.tallies == list(day.tallies)


def test_a_machine_that_slept_makes_nothing_up_for_the_time_between() -> None:
    told = Told()
    floor = Floor(1, NOON, told)
    floor.at(at(1))
    floor.at(Micros(at(1) + 3600 * SECOND))
    floor.at(Micros(at(1) + 3600 * SECOND + PAUSE))
    assert len(told.samples) == len(Day.of(1, 1 + PAUSE / SECOND).samples)
    assert all(not at(1) < sample.time < at(3600) for sample in told.samples)


def test_a_clock_that_is_set_back_does_not_stop_the_factory() -> None:
    told = Told()
    floor = Floor(1, NOON, told)
    floor.at(at(4))
    made = len(told.samples)
    floor.at(at(-3000))
    floor.at(at(-2996))
    assert len(told.samples) > made
    assert told.samples[-1].time < at(-2995)
