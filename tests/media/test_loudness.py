"""Loudness as EBU R 128 has it, against FFmpeg's ebur128 on the same samples; filters against SciPy's."""

import math
import re
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import sosfilt

from quality_creator.media.biquad import BLOCK, Biquad, high_pass
from quality_creator.media.loudness import CUT, SHELF, Loudness, Meter
from quality_creator.media.sound import TICK, Samples
from quality_creator.model.stream import AUDIO_RATE
from tests.peers.packages import cannot_run


def heard(samples: Samples) -> Loudness:
    meter = Meter()
    for at in range(0, samples.shape[1] - TICK + 1, TICK):
        meter.hear(samples[:, at : at + TICK])
    return meter.read()


def tone(hertz: float, dbfs: float, seconds: float) -> Samples:
    at = np.arange(round(seconds * AUDIO_RATE))
    line = 10 ** (dbfs / 20) * np.sin(2 * np.pi * hertz / AUDIO_RATE * at)
    both: Samples = np.stack((line, line)).astype(np.float32)
    return both


def show(seed: int) -> Samples:
    """Speech-like noise, silence, music-like tones, one after the other."""
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((2, 6 * AUDIO_RATE)) * 0.08
    noise *= 0.3 + np.abs(np.sin(np.arange(6 * AUDIO_RATE) / 9_000))
    pieces = [
        noise,
        np.zeros((2, 2 * AUDIO_RATE)),
        tone(997, -30, 3),
        tone(60, -12, 3),
        tone(11_999, -6, 1),
        noise[::-1] * 0.2,
    ]
    both: Samples = np.concatenate(pieces, axis=1).astype(np.float32).clip(-0.99, 0.99)
    return both[:, : both.shape[1] // TICK * TICK]


def ffmpeg(samples: Samples, folder: Path) -> dict[str, float]:
    """What FFmpeg says of the same samples."""
    if shutil.which("ffmpeg") is None:
        cannot_run("needs ffmpeg")
    path = folder / "show.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(AUDIO_RATE)
        whole = np.rint(samples.T.astype(np.float64) * (2**23 - 1)).astype("<i4")
        file.writeframes(whole.reshape(-1, 1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    command = [
        "ffmpeg",
        "-hide_banner",
        "-nostats",
        "-i",
        str(path),
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stderr
    summary = said[said.rindex("Summary:") :]
    last = re.findall(r"M:\s*(-?[\d.]+) S:\s*(-?[\d.]+)", said)[-1]
    found = {name: re.search(rf"{name}:\s+(-?[\d.]+) (?:LUFS|dBFS)", summary) for name in ("I", "Peak")}
    return {
        "momentary": float(last[0]),
        "short": float(last[1]),
        **{name: float(match[1]) for name, match in found.items() if match},
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_it_says_what_ffmpegs_ebur128_says(seed: int, tmp_path: Path) -> None:
    samples = show(seed)
    ours, theirs = heard(samples), ffmpeg(samples, tmp_path)
    assert ours.integrated == pytest.approx(theirs["I"], abs=0.1)
    assert ours.momentary == pytest.approx(theirs["momentary"], abs=0.1)
    assert ours.short == pytest.approx(theirs["short"], abs=0.1)
    assert ours.true_peak == pytest.approx(theirs["Peak"], abs=0.2)


@pytest.mark.parametrize("dbfs", [-23.0, -33.0, -40.0])
def test_a_stereo_sine_is_as_loud_as_tech_3341_says(dbfs: float) -> None:
    # Cases 1 and 2: 1 kHz in both channels at -23 dBFS (peak) reads -23.0 LUFS.
    read = heard(tone(1000, dbfs, 20))
    for value in (read.momentary, read.short, read.integrated):
        assert value == pytest.approx(dbfs, abs=0.1)


def test_what_is_much_softer_than_the_rest_does_not_count() -> None:
    # Tech 3341, case 3: -36, -23, -36 dBFS.
    read = heard(np.concatenate((tone(1000, -36, 10), tone(1000, -23, 60), tone(1000, -36, 10)), axis=1))
    assert read.integrated == pytest.approx(-23.0, abs=0.1)


def test_silence_has_no_loudness() -> None:
    assert heard(np.zeros((2, 10 * TICK), np.float32)) == Loudness(None, None, None, None)


def test_a_peak_between_samples_is_found() -> None:
    # A quarter of the rate, an eighth of a turn off: no sample is above -3 dB of the wave's crest.
    at = np.arange(AUDIO_RATE // TICK * TICK)
    line = 0.5 * np.sin(2 * np.pi * at / 4 + np.pi / 4)
    read = heard(np.stack((line, line)).astype(np.float32))
    assert read.true_peak == pytest.approx(20 * math.log10(0.5), abs=0.2)


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(0, 2**32 - 1), st.sampled_from([SHELF, CUT, high_pass(80)]))
def test_a_filter_is_scipys_however_the_stream_is_cut(
    cuts: int, seed: int, coefficients: tuple[float, float, float, float, float]
) -> None:
    rng = np.random.default_rng(seed)
    pieces = [rng.standard_normal((2, BLOCK * int(rng.integers(1, 20)))) for _ in range(cuts)]
    ours = Biquad(coefficients)
    found = np.concatenate([ours.filter(piece) for piece in pieces], axis=1)
    b0, b1, b2, a1, a2 = coefficients
    expected = sosfilt([[b0, b1, b2, 1, a1, a2]], np.concatenate(pieces, axis=1), axis=1)
    assert found == pytest.approx(np.asarray(expected), abs=1e-9)
