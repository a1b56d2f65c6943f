"""How loud the programme is, as EBU R 128 counts it: momentary, short-term, integrated, and its true peak.

Source: ITU-R BS.1770-5; EBU Tech 3341. All by the programme's own samples at 48 kHz.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from quality_creator.media.biquad import Biquad, Coefficients
from quality_creator.media.peak import REACH, TAPS, peaks
from quality_creator.media.sound import Samples
from quality_creator.model.stream import AUDIO_RATE

SHELF: Coefficients = (
    1.53512485958697,
    -2.69169618940638,
    1.19839281085285,
    -1.69065929318241,
    0.73248077421585,
)
"""The head's effect; BS.1770-5, table 1, for 48 kHz."""

CUT: Coefficients = (1.0, -2.0, 1.0, -1.99004745483398, 0.99007225036621)
"""The revised low-frequency B curve; table 2."""

_STEP = AUDIO_RATE // 50
"""Samples whose energy is summed at once: 20 ms, of which a tick has two and a step of 100 ms five."""

_ABSOLUTE = -70.0
_RELATIVE = -10.0


@dataclass(frozen=True, slots=True)
class Loudness:
    """What a meter shows, in LUFS and dBTP; None before there is enough, or for silence."""

    momentary: float | None
    short: float | None
    integrated: float | None
    true_peak: float | None


class Meter:
    """Listens to the programme from its beginning."""

    def __init__(self) -> None:
        self._weighting = Biquad(SHELF, CUT)
        self._fifths: list[float] = []
        self._steps: deque[float] = deque(maxlen=30)
        """Mean squares of the last 3 s, 100 ms each."""
        self._blocks: list[float] = []
        """Mean squares of 400 ms, one each 100 ms, of the whole programme, those below the gate left out."""
        self._peak = 0.0
        self._tail: Samples = np.zeros((2, TAPS - 1), np.float32)

    def hear(self, samples: Samples) -> None:
        """The next samples, shape (2, n); n is a multiple of 20 ms."""
        self._look(samples)
        weighted = self._weighting.filter(samples)
        energies = (weighted**2).reshape(2, -1, _STEP).mean(axis=2).sum(axis=0)
        for energy in energies:
            self._fifths.append(float(energy))
            if len(self._fifths) == 5:
                self._steps.append(sum(self._fifths) / 5)
                self._fifths.clear()
                if len(self._steps) >= 4:
                    block = sum(list(self._steps)[-4:]) / 4
                    if _lufs(block) > _ABSOLUTE:
                        self._blocks.append(block)

    def read(self) -> Loudness:
        """What the meter shows now."""
        steps = list(self._steps)
        momentary = _shown(sum(steps[-4:]) / 4) if len(steps) >= 4 else None
        short = _shown(sum(steps) / 30) if len(steps) == 30 else None
        peak = 20 * math.log10(self._peak) if self._peak > 1e-6 else None
        return Loudness(momentary, short, self._integrated(), peak)

    def _integrated(self) -> float | None:
        if not self._blocks:
            return None
        blocks = np.array(self._blocks)
        gate = blocks.mean() * 10 ** (_RELATIVE / 10)
        return _lufs(float(blocks[blocks > gate].mean()))

    def _look(self, samples: Samples) -> None:
        """The highest level between the samples."""
        line: Samples = np.concatenate((self._tail, samples), axis=1)
        self._tail = line[:, -(TAPS - 1) :].copy()
        # Most of the programme is far below its peak: there is nothing to look for.
        loud = float(np.abs(line).max())
        if loud * REACH > self._peak:
            self._peak = max(self._peak, loud, float(peaks(line).max()))


def _lufs(energy: float) -> float:
    return -0.691 + 10 * math.log10(energy) if energy > 0 else -math.inf


def _shown(energy: float) -> float | None:
    level = _lufs(energy)
    return level if level > _ABSOLUTE else None
