import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media.limiter import LATENCY
from quality_creator.media.sound import TICK, Mixer, Ring, Samples, Voice
from quality_creator.model.ids import SourceId

A, B = SourceId("a"), SourceId("b")


def tone(begin: int, count: int, hertz: float = 440, level: float = 0.5) -> Samples:
    wave = (level * np.sin(2 * np.pi * hertz / 48_000 * np.arange(begin, begin + count))).astype(np.float32)
    return np.stack((wave, wave))


def ramp(begin: int, count: int) -> Samples:
    """Samples that say their own place."""
    return np.stack([np.arange(begin, begin + count, dtype=np.float32)] * 2)


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=30), st.integers(-10_000, 10**9))
def test_a_ring_gives_back_what_was_written_however_it_was_cut(cuts: list[int], start: int) -> None:
    ring, at = Ring(), start
    for count in cuts:
        ring.write(at, ramp(at - start, count))
        at += count
    samples, missing = ring.read(at - 1_000, 1_200)
    there = min(sum(cuts), 1_000)
    assert missing == 200
    assert (samples[:, 1_000 - there : 1_000] == ramp(at - start - there, there)).all()
    assert not samples[:, : 1_000 - there].any()
    assert not samples[:, 1_000:].any()


def test_a_gap_in_a_ring_is_silence_and_what_is_written_again_replaces() -> None:
    ring = Ring()
    # Memory that is used again holds what was there two seconds before.
    ring.write(100 - 96_000, np.ones((2, 96_000), np.float32))
    ring.write(100, ramp(1, 50))
    ring.write(200, ramp(1, 50))
    assert ring.read(140, 70)[0][0].tolist() == [*range(41, 51), *[0.0] * 50, *range(1, 11)]
    ring.write(220, np.zeros((2, 10), np.float32))
    assert ring.end == 250
    assert ring.read(215, 20)[0][0].tolist() == [*range(16, 21), *[0.0] * 10, *range(31, 36)]
    ring.clear()
    assert ring.read(200, 10)[1] == 10


def test_time_that_jumps_far_begins_the_ring_anew() -> None:
    ring = Ring()
    ring.write(0, ramp(1, 1_000))
    ring.write(10**9, ramp(1, 1_000))
    assert ring.end == 10**9 + 1_000
    ring.write(5, ramp(1, 1_000))
    assert ring.end == 1_005


def test_a_voice_in_step_gives_every_sample_once() -> None:
    ring = Ring()
    ring.write(0, tone(0, 60_000))
    voice = Voice(ring)
    heard = np.concatenate([voice.read(n * TICK) for n in range(30)], axis=1)
    # All but the fade at the beginning.
    assert (heard[:, 240:] == tone(0, 30 * TICK)[:, 240:]).all()


@pytest.mark.parametrize("ppm", [-400, 400])
def test_a_voice_follows_a_clock_that_runs_differently_without_a_click(ppm: float) -> None:
    ring, written, heard = Ring(), 0, []
    voice = Voice(ring)
    for tick in range(1_000):
        target = tick * TICK * (1 + ppm * 1e-6)
        while written < target + 5_000:
            ring.write(written, tone(written, 1_024))
            written += 1_024
        heard.append(voice.read(target))
        assert voice.spare > 0
    # It has kept up, rather than let a second's thousandths add up until it must jump.
    assert abs(voice.spare - (written - target - TICK)) < 150
    sound = np.concatenate(heard, axis=1)[0, 4_800:]
    # A steady 440 Hz tone moves by no more than this from sample to sample, and never loses its height.
    assert np.abs(np.diff(sound)).max() < 0.5 * 2 * np.pi * 440 / 48_000 * 1.01
    assert np.abs(sound).reshape(-1, 480).max(axis=1).min() > 0.49


def test_a_voice_that_is_short_of_sound_waits_for_it_and_fades() -> None:
    ring = Ring()
    ring.write(0, np.full((2, 3_000), 0.5, np.float32))
    voice = Voice(ring)
    first, second = voice.read(0), voice.read(TICK)
    assert voice.spare == 3_000 - 2 * TICK
    sound = np.concatenate((first, second), axis=1)[0]
    assert np.abs(np.diff(sound)).max() < 0.01
    assert not sound[3_000:].any()
    # What comes later is heard then, from where it broke off.
    ring.write(3_000, np.full((2, 5_000), 0.25, np.float32))
    third = voice.read(3_000)
    assert third[0, -1] == 0.25
    assert third[0, 0] == 0


def mixed(mixer: Mixer, *ticks: tuple[dict[SourceId, Samples], dict[SourceId, float]]) -> Samples:
    """What a mixer makes of ticks, and one of silence, without its delay."""
    whole = [mixer.mix(voices, gains) for voices, gains in (*ticks, ({}, {}))]
    return np.concatenate(whole, axis=1)[:, LATENCY : LATENCY + TICK * len(ticks)]


def test_a_mix_is_the_sum_of_those_who_are_let_in() -> None:
    voices = {A: tone(0, TICK, level=0.1), B: tone(0, TICK, hertz=1000, level=0.1)}
    only, both = (voices, {A: 1.0}), (voices, {A: 1.0, B: 1.0})
    out = mixed(Mixer(), only, only, both, both, (voices, {}), (voices, {}))
    ticks = out.reshape(2, 6, TICK).swapaxes(0, 1)
    assert (ticks[1] == voices[A]).all()
    assert (ticks[2][:, 0] == voices[A][:, 0]).all()
    assert (ticks[3] == voices[A] + voices[B]).all()
    assert ticks[4].any()
    assert not ticks[5].any()
