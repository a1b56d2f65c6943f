"""The limiter: the true peak as FFmpeg measures it, no clicks, and nothing changed below the ceiling."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.media.limiter import BLOCK, CEILING, LATENCY, Limiter
from quality_creator.media.sound import TICK, Samples
from quality_creator.model.stream import AUDIO_RATE
from tests.media.test_loudness import ffmpeg, tone


def limited(samples: Samples, cuts: int = TICK) -> Samples:
    """A whole piece through a limiter, in calls of so many samples, without its delay."""
    limiter = Limiter()
    more = np.concatenate((samples, np.zeros((2, LATENCY + cuts), np.float32)), axis=1)
    ends = range(cuts, more.shape[1] + 1, cuts)
    out = np.concatenate([limiter.limit(more[:, end - cuts : end]) for end in ends], axis=1)
    return out[:, LATENCY : LATENCY + samples.shape[1]]


def hard(seed: int) -> Samples:
    """What is hard on a limiter: clicks, bursts, clipped noise, tones with crests between samples."""
    rng = np.random.default_rng(seed)
    quiet = tone(440, -20, 1)
    clicks = quiet.copy()
    clicks[:, rng.integers(0, clicks.shape[1], 40)] = rng.choice([-3.0, 3.0], (2, 40))
    at = np.arange(AUDIO_RATE)
    between = 1.9 * np.sin(2 * np.pi * at / 4 + np.pi / 4)
    bursts = 4 * tone(3000, 0, 1) * (np.sin(2 * np.pi * at / 4800) > 0.6)
    noise = np.sign(rng.standard_normal((2, AUDIO_RATE))) * 1.5
    pieces = (clicks, bursts, np.stack((between, -between)), quiet, noise, tone(11_999, 6, 1), quiet)
    whole: Samples = np.concatenate(pieces, axis=1).astype(np.float32)
    return whole


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_true_peak_is_at_most_minus_one_as_ffmpeg_measures_it(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert np.abs(hard(seed)).max() > 2
    assert ffmpeg(limited(hard(seed)), tmp_path_factory.mktemp("peak"))["Peak"] <= -1.0


def test_what_is_below_the_ceiling_is_not_touched_and_comes_late_by_what_is_said() -> None:
    samples = tone(997, -3, 1) * 0.8
    assert (limited(samples) == samples).all()


def test_the_gain_is_down_before_the_peak_and_rises_slowly_without_a_click() -> None:
    samples = np.concatenate((tone(100, -20, 1), tone(100, 6, 0.5), tone(100, -20, 2)), axis=1)
    out = limited(samples)
    there = np.abs(samples[0]) > 0.02
    gain = np.where(there, out[0] / np.where(there, samples[0], 1), np.nan)
    assert gain[: AUDIO_RATE - LATENCY][there[: AUDIO_RATE - LATENCY]] == pytest.approx(1.0)
    loud = slice(AUDIO_RATE + 480, AUDIO_RATE * 3 // 2)
    assert np.nanmax(gain[loud]) <= CEILING / np.abs(samples[:, loud]).max() * 1.05
    steps = np.abs(np.diff(gain))
    # Down within 5 ms, up within half a second or more.
    assert np.nanmax(steps) < 1.2 / (5 * BLOCK)
    assert np.nanmin(gain[AUDIO_RATE * 3 // 2 + 4_800 : AUDIO_RATE * 3 // 2 + 9_600]) < 0.75
    assert np.nanmax(gain[-4_800:]) == pytest.approx(1.0)


def test_a_sustained_tone_is_not_distorted() -> None:
    out = limited(tone(1000, 6, 2))[0, AUDIO_RATE : AUDIO_RATE + 48_000].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(out * np.hanning(len(out))))
    rest = np.delete(spectrum, np.arange(990, 1011))
    assert (rest**2).sum() / (spectrum**2).sum() < 1e-4


@settings(deadline=None, max_examples=30)
@given(st.sampled_from([BLOCK, 5 * BLOCK, 960, TICK]), st.integers(0, 2**32 - 1), st.floats(0.1, 8))
def test_it_does_not_care_how_the_stream_is_cut(cuts: int, seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    samples = (level * rng.standard_normal((2, 3 * TICK))).astype(np.float32)
    assert limited(samples, cuts) == pytest.approx(limited(samples), abs=1e-5)
