import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media.timing import Delay, Lateness, Steady

Jitter = Callable[[random.Random], float]


def arrivals(jitter: Jitter, *, ppm: float, seconds: int) -> list[tuple[float, float]]:
    """Stamps of 25 a second by a clock that runs `ppm` fast, and when they arrive over a network in order."""
    chance, latest, found = random.Random(1), 0.0, []
    for number in range(seconds * 25):
        latest = max(latest, number / 25 * (1 - ppm * 1e-6) + 5.03 + jitter(chance))
        found.append((number / 25, latest))
    return found


@given(st.lists(st.floats(0, 0.2), min_size=2, max_size=200))
def test_due_times_never_come_after_the_arrival(delays: list[float]) -> None:
    steady, latest = Steady(), 0.0
    for number, delay in enumerate(delays):
        latest = max(latest, number / 25 + delay)
        assert steady.due(number / 25, latest) <= latest + 1e-9


def test_jitter_is_taken_out_and_drift_is_followed() -> None:
    steady = Steady()
    dues = [
        (stamp, steady.due(stamp, at))
        for stamp, at in arrivals(lambda c: c.expovariate(1 / 0.01), ppm=300, seconds=120)
    ]
    # What is left after two windows: the drift, and a fraction of a millisecond of jitter.
    errors = [due - (stamp * (1 - 300e-6) + 5.03) for stamp, due in dues[500:]]
    assert max(errors) - min(errors) < 0.005
    assert steady.epoch == 0


def test_a_clock_that_begins_anew_is_another_epoch_and_a_burst_is_not() -> None:
    steady = Steady()
    assert steady.due(100.0, 5.0) == 5.0
    # The network stood still for a second; then everything came at once.
    assert [steady.due(100 + n / 25, 6.0) for n in range(1, 26)][-1] == pytest.approx(6.0)
    assert steady.epoch == 0
    assert steady.due(0.0, 6.04) == pytest.approx(6.04)
    assert steady.epoch == 1
    assert steady.due(5000.0, 6.08) == pytest.approx(6.08)
    assert steady.epoch == 2


def test_lateness_is_a_quantile() -> None:
    lateness, chance = Lateness(share=0.98, step=0.001), random.Random(1)
    for _ in range(20_000):
        lateness.observe(chance.uniform(0, 0.05))
    assert lateness.value == pytest.approx(0.049, abs=0.003)


def test_sound_is_delayed_as_far_as_it_was_short_and_pictures_wait_for_it_a_little_less() -> None:
    delay = Delay()
    delay.heard(-0.1)
    assert delay.sound == pytest.approx(0.11)
    assert delay.picture == pytest.approx(0.07)
    for _ in range(20):
        delay.heard(-0.5)
    assert (delay.sound, delay.picture) == (Delay.SOUND_S, Delay.WITH_SOUND_S)
    delay.silent()
    assert (delay.sound, delay.picture) == (0, 0)


def test_delay_that_is_not_needed_is_given_back_slowly_and_not_beyond_what_is_needed() -> None:
    delay = Delay()
    delay.heard(-0.2)
    first = delay.sound
    for tick in range(25 * 60):
        delay.heard(0.11 - (first - delay.sound) + tick % 3 * 0.01)
    assert first - delay.sound == pytest.approx(0.09, abs=0.001)
