import time

import pytest

from quality_creator.media.wallclock import WallClock
from quality_creator.model.clock import Micros


def test_it_tells_utc_to_a_fraction_of_a_millisecond_and_back() -> None:
    clock = WallClock()
    before = time.time_ns() // 1000
    told = clock.utc(time.monotonic())
    assert before - 500 <= told <= time.time_ns() // 1000 + 500
    assert clock.monotonic(told) == pytest.approx(time.monotonic(), abs=1)


def test_a_clock_that_is_slewed_is_followed_and_one_that_is_set_is_told_of() -> None:
    offsets = [1_000_000_000, 1_000_030_000, 1_000_600_000, -2_000_000_000, -2_000_000_000]
    clock = WallClock(lambda: offsets.pop(0))
    assert clock.utc(5.0) == 1_005_000_000
    assert clock.look() == 0
    assert clock.utc(5.0) == 1_005_030_000
    assert clock.look() == pytest.approx(0.57)
    assert clock.look() == pytest.approx(-3000.6)
    assert clock.look() == 0
    assert clock.monotonic(Micros(-1_995_000_000)) == 5.0
