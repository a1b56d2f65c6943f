"""A second-order filter on blocks of samples, as fast as matrices make it, and exact across blocks."""

import math

import numpy as np
import numpy.typing as npt

from quality_creator.media.sound import Samples
from quality_creator.model.stream import AUDIO_RATE

BLOCK = 64
"""Samples that are filtered by one product; a call's samples are a multiple of it."""

Coefficients = tuple[float, float, float, float, float]
"""b0, b1, b2, a1, a2; a0 is 1."""

Floats = npt.NDArray[np.float64]


def high_pass(hertz: float, quality: float = math.sqrt(0.5), rate: int = AUDIO_RATE) -> Coefficients:
    """A high-pass; with the usual quality it is Butterworth's. Source: R. Bristow-Johnson's cookbook."""
    angle = 2 * math.pi * hertz / rate
    alpha, cosine = math.sin(angle) / (2 * quality), math.cos(angle)
    a0 = 1 + alpha
    b = (1 + cosine) / 2 / a0
    return b, -2 * b, b, -2 * cosine / a0, (1 - alpha) / a0


class Biquad:
    """One filter on two channels; it remembers what came before."""

    def __init__(self, coefficients: Coefficients) -> None:
        b0, b1, b2, a1, a2 = coefficients
        step = np.array([[-a1, 1.0], [-a2, 0.0]])
        into = np.array([b1 - a1 * b0, b2 - a2 * b0])
        powers = [np.eye(2)]
        for _ in range(BLOCK):
            powers.append(step @ powers[-1])
        impulse = np.array([b0, *(float(powers[n][0] @ into) for n in range(BLOCK - 1))])
        rows = np.arange(BLOCK)[:, None] - np.arange(BLOCK)
        self._direct: Floats = np.where(rows >= 0, impulse[np.abs(rows)], 0.0).T
        self._seen: Floats = np.array([powers[n][0] for n in range(BLOCK)]).T
        self._enter: Floats = np.array([powers[BLOCK - 1 - n] @ into for n in range(BLOCK)])
        self._leap: Floats = powers[BLOCK].T
        self._state: Floats = np.zeros((2, 2))

    def filter(self, samples: Samples | Floats) -> Floats:
        """The next samples, shape (2, n) with n a multiple of `BLOCK`."""
        blocks = samples.astype(np.float64).reshape(2, -1, BLOCK)
        entering = blocks @ self._enter
        states = np.empty_like(entering)
        state = self._state
        for n in range(blocks.shape[1]):
            states[:, n] = state
            state = state @ self._leap + entering[:, n]
        self._state = state
        out: Floats = (blocks @ self._direct + states @ self._seen).reshape(2, -1)
        return out
