"""The hall's sound: a quiet hum, and the clicks and hisses that belong to a scene's cycle."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

RATE: Final = 48_000
Samples = npt.NDArray[np.float32]
"""Mono at 48 kHz, shape (n,), between -1 and 1."""


@dataclass(frozen=True, slots=True)
class Event:
    """A short noise at a second of the cycle."""

    at_s: float
    length_s: float
    pitch_hz: float
    """0 for air that escapes, else a click or a tone of this pitch."""
    level: float


def loop(period_s: float, hum_hz: float, events: tuple[Event, ...], seed: int) -> Samples:
    """One cycle of sound that joins itself without a seam."""
    count = round(period_s * RATE)
    time = np.arange(count) / RATE
    # Frequencies that fit the cycle a whole number of times, and noise that is made as a spectrum.
    base = round(hum_hz * period_s) / period_s
    sound = sum(
        level * np.sin(2 * np.pi * base * order * time + order)
        for order, level in ((1, 0.010), (2, 0.006), (3, 0.003), (6, 0.0015))
    )
    sound = sound + 0.004 * _rumble(count, seed)
    for number, event in enumerate(events):
        _add(sound, event, seed + 1 + number)
    return np.asarray(sound, np.float32)


def excerpt(cycle: Samples, start: int, count: int) -> Samples:
    """`count` samples of an endless loop from a position on."""
    return np.take(cycle, np.arange(start, start + count), mode="wrap")


def _rumble(count: int, seed: int) -> npt.NDArray[np.float64]:
    """Noise that gets weaker above 200 Hz, of about unit variance."""
    random = np.random.default_rng(seed)
    frequencies = np.fft.rfftfreq(count, 1 / RATE)
    weights = 1 / (1 + (frequencies / 200.0) ** 2)
    weights[0] = 0
    spectrum = weights * np.exp(2j * np.pi * random.random(len(frequencies)))
    noise = np.fft.irfft(spectrum, count)
    return np.asarray(noise / noise.std())


def _add(sound: npt.NDArray[np.float64], event: Event, seed: int) -> None:
    count = round(event.length_s * RATE)
    time = np.arange(count) / RATE
    if event.pitch_hz:
        shape = np.sin(2 * np.pi * event.pitch_hz * time) * np.exp(-6 * time / event.length_s)
    else:
        hiss = np.diff(np.random.default_rng(seed).standard_normal(count + 1)) / 1.5
        shape = hiss * np.exp(-5 * time / event.length_s) * np.minimum(time / 0.01, 1)
    at = (round(event.at_s * RATE) + np.arange(count)) % len(sound)
    sound[at] += event.level * shape
