"""A second-order filter on blocks of samples, as fast as matrices make it, and exact across blocks."""

import math

import numpy as np
import numpy.typing as npt

from quality_creator.media.sound import Samples
from quality_creator.model.stream import AUDIO_RATE

BLOCK = 64
"""Samples that are filtered by one product; a call's samples are a multiple of it."""

_GROUP = 30
"""Blocks whose states are found by one product: as many as a tick of the programme has."""

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
    """One filter on two channels, or several behind each other; it remembers what came before."""

    def __init__(self, *sections: Coefficients) -> None:
        step, into, out, through = np.zeros((0, 0)), np.zeros(0), np.zeros(0), 1.0
        for b0, b1, b2, a1, a2 in sections:
            # In the transposed direct form II; what comes out of one goes into the next.
            own = np.array([b1 - a1 * b0, b2 - a2 * b0])
            corner = np.zeros((len(step), 2))
            step = np.block([[step, corner], [np.outer(own, out), np.array([[-a1, 1.0], [-a2, 0.0]])]])
            into = np.concatenate((into, own * through))
            out = np.concatenate((out * b0, [1.0, 0.0]))
            through *= b0
        size = len(step)
        powers = [np.eye(size)]
        for _ in range(BLOCK):
            powers.append(step @ powers[-1])
        impulse = np.array([through, *(float(out @ powers[n] @ into) for n in range(BLOCK - 1))])
        rows = np.arange(BLOCK)[:, None] - np.arange(BLOCK)
        self._direct: Floats = np.where(rows >= 0, impulse[np.abs(rows)], 0.0).T
        self._seen: Floats = np.array([out @ powers[n] for n in range(BLOCK)]).T
        self._enter: Floats = np.array([powers[BLOCK - 1 - n] @ into for n in range(BLOCK)])
        self._leaps: Floats = _leaps(powers[BLOCK].T)
        self._state: Floats = np.zeros((2, size))

    def filter(self, samples: Samples | Floats) -> Floats:
        """The next samples, shape (2, n) with n a multiple of `BLOCK`."""
        blocks = samples.astype(np.float64).reshape(2, -1, BLOCK)
        entering = blocks @ self._enter
        count, size = entering.shape[1:]
        states = np.empty_like(entering)
        for start in range(0, count, _GROUP):
            stop = min(start + _GROUP, count)
            reach = (stop - start + 1) * size
            known = np.concatenate((self._state, entering[:, start:stop].reshape(2, -1)), axis=1)
            found = (known @ self._leaps[:reach, :reach]).reshape(2, -1, size)
            states[:, start:stop] = found[:, :-1]
            self._state = found[:, -1]
        out: Floats = (blocks @ self._direct + states @ self._seen).reshape(2, -1)
        return out


def _leaps(leap: Floats) -> Floats:
    """From the state before a group of blocks, and what enters with each, to the states between them.

    One product in the place of a loop over the blocks. Fewer blocks than a group have their states in its
    first rows and columns.
    """
    size = len(leap)
    powers = [np.eye(size)]
    for _ in range(_GROUP):
        powers.append(powers[-1] @ leap)
    leaps = np.zeros(((_GROUP + 1) * size, (_GROUP + 1) * size))
    for later in range(_GROUP + 1):
        columns = slice(later * size, (later + 1) * size)
        leaps[:size, columns] = powers[later]
        for entered in range(later):
            rows = slice((entered + 1) * size, (entered + 2) * size)
            leaps[rows, columns] = powers[later - 1 - entered]
    return leaps
