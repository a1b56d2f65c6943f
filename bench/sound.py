"""The sound: our meter against FFmpeg's on the same programme, and sound against picture as clocks part.

The programme is made of what a show has: speech-like noise that rises and falls, music-like chords, silence,
and clicks whose peak lies between two samples. Both meters hear the very same 24-bit samples.
"""

import re
import shutil
import subprocess
import tempfile
import time
import wave
from pathlib import Path

import numpy as np

from bench.row import Row
from quality_creator.media.loudness import Loudness, Meter
from quality_creator.media.sound import TICK, Samples
from quality_creator.model.stream import AUDIO_RATE
from tests.media.clocks import played

STEP = AUDIO_RATE // 10
"""EBU Tech 3341: meters are read ten times a second."""
LIVELY_LU, EXACT_LU = 0.1, 0.1
"""Tech 3341 allows a meter to be off by so much."""
PEAK_DB = 0.2
"""BS.1770 allows its four-fold oversampling to be off by more."""
PPM, MINUTES = 50.0, 30.0
PROMISED_MS = 20.0


def run() -> list[Row]:
    """Loudness, then drift."""
    return [*_loudness(), *_drift()]


# --- loudness -----------------------------------------------------------------------------------------


def _loudness() -> list[Row]:
    if shutil.which("ffmpeg") is None:
        return [Row(name="loudness", value=None, unit="LU", note="no ffmpeg")]
    samples = _programme(minutes=3)
    began = time.process_time()
    ours = _ours(samples)
    cost = (time.process_time() - began) / (samples.shape[1] / AUDIO_RATE)
    with tempfile.TemporaryDirectory() as folder:
        theirs = _ffmpeg(_file(samples, Path(folder) / "programme.wav"))
    rows = []
    for name, words in (("momentary", "M"), ("short", "S")):
        off = [
            abs(mine - yours)
            for one, found in zip(ours, theirs, strict=False)
            if (mine := getattr(one, name)) is not None and (yours := found[words]) > -70
        ]
        rows.append(
            _off(f"loudness, {words}: furthest from FFmpeg's", max(off), LIVELY_LU, f"{len(off)} readings")
        )
    mine, yours = ours[-1], theirs[-1]
    assert mine.integrated is not None
    assert mine.true_peak is not None
    for name, value, other, allowed, unit in (
        ("loudness, I: from FFmpeg's", mine.integrated, yours["I"], EXACT_LU, "LUFS"),
        ("true peak: from FFmpeg's", mine.true_peak, yours["peak"], PEAK_DB, "dBTP"),
    ):
        rows.append(_off(name, abs(value - other), allowed, f"{value:.2f} and {other:.2f} {unit}"))
    rows.append(
        Row(
            name="metering the programme",
            value=cost * 1e3,
            unit="CPU-ms/s",
            note="M, S, I and true peak, read ten times a second",
        )
    )
    return rows


def _off(name: str, value: float, allowed: float, note: str) -> Row:
    return Row(
        name=name,
        value=value,
        unit="dB" if "peak" in name else "LU",
        ratio=value / allowed,
        against=f"{allowed:g} allowed",
        note=note,
    )


def _programme(minutes: float) -> Samples:
    """Shape (2, n), full scale 1; a show in small."""
    rng = np.random.default_rng(3)
    at = np.arange(6 * AUDIO_RATE)
    pieces = []
    while sum(piece.shape[1] for piece in pieces) < minutes * 60 * AUDIO_RATE:
        speech = rng.standard_normal((2, len(at))) * 0.12 * rng.uniform(0.2, 1.5)
        speech *= np.maximum(np.sin(at / 7_000) * np.sin(at / 61_000), 0)
        chord = np.sum([np.sin(2 * np.pi * hertz / AUDIO_RATE * at) for hertz in (220, 277.2, 329.6)], axis=0)
        music = np.stack((chord, chord[::-1])) * rng.uniform(0.02, 0.25)
        # An eighth of a turn off at a quarter of the rate: the crest lies between the samples.
        clicks = 0.6 * np.sin(np.pi / 2 * at[:480] + np.pi / 4)
        pieces += [speech, music, np.zeros((2, AUDIO_RATE)), np.stack((clicks, clicks))]
    both = np.concatenate(pieces, axis=1)[:, : round(minutes * 60 * AUDIO_RATE) // TICK * TICK]
    # On the grid of 24 bits, so that both hear the same.
    return (np.rint(both.clip(-0.99, 0.99) * 2**23) / 2**23).astype(np.float32)


def _ours(samples: Samples) -> list[Loudness]:
    """Our meter's readings, one for each step."""
    meter = Meter()
    found = []
    for start in range(0, samples.shape[1] - STEP + 1, STEP):
        meter.hear(samples[:, start : start + STEP])
        found.append(meter.read())
    return found


def _file(samples: Samples, path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(3)
        file.setframerate(AUDIO_RATE)
        whole = np.rint(samples.T.astype(np.float64) * 2**23).astype("<i4")
        file.writeframes(whole.reshape(-1, 1).view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    return path


def _ffmpeg(path: Path) -> list[dict[str, float]]:
    """FFmpeg's readings, one for each step: M, S, I in LUFS, the true peak so far in dBTP."""
    measure = "ebur128=metadata=1:peak=true,ametadata=mode=print:file=-"
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-i", str(path), "-af", measure]
    said = subprocess.run(
        [*command, "-f", "null", "-"], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    found = []
    for frame in said.split("frame:")[1:]:
        values = {name: float(value) for name, value in re.findall(r"lavfi\.r128\.(\w+)=(-?[\d.]+)", frame)}
        peak = max(values.get("true_peaks_ch0", 0.0), values.get("true_peaks_ch1", 0.0))
        found.append({**values, "peak": float(20 * np.log10(max(peak, 1e-9)))})
    return found


# --- drift --------------------------------------------------------------------------------------------


def _drift() -> list[Row]:
    rows = []
    for ppm in (PPM, -PPM):
        sync = played(ppm, 60 * MINUTES)
        settled = np.array(sync.settled)
        furthest = float(np.abs(settled - np.median(settled)).max())
        rows.append(
            Row(
                name=f"sound against picture, clock off by {ppm:+g} ppm",
                value=sync.drift_s * 1e3,
                unit="ms of drift",
                ratio=sync.drift_s * 1e3 / PROMISED_MS,
                against=f"the promise, {PROMISED_MS:g} ms",
                note=(
                    f"{MINUTES:g} simulated minutes, mean of a minute; furthest at any tick "
                    f"{furthest * 1e3:.1f} ms; unmended it would be {abs(ppm) * MINUTES * 0.06:.0f} ms"
                ),
            )
        )
    return rows
