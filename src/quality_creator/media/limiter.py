"""Keeps the programme's true peak below its ceiling: it sees a peak coming, and is down before it comes."""

import numpy as np

from quality_creator.media.peak import BEHIND, REACH, TAPS, Line, peaks

CEILING = 10 ** (-1.3 / 20)
"""The programme's true peak is at most -1 dBTP (EBU R 128). It is looked for at four places a sample; between
them a wave can be 0.3 dB higher."""

BLOCK = 48
"""Samples, 1 ms, between two values of the gain; from one to the next it goes in a straight line."""

_AHEAD = 5
"""Blocks, 5 ms, in which the gain goes down: slow enough that nobody hears a click."""

LATENCY = _AHEAD * BLOCK + BEHIND
"""Samples by which it delays."""

_RELEASE = 1.06 ** (BLOCK / 1920)
"""How fast it lets go, a block: about 12 dB a second."""


class Limiter:
    """One bus, in calls of any multiple of `BLOCK` samples."""

    def __init__(self) -> None:
        self._line: Line = np.zeros((2, LATENCY), np.float32)
        self._wanted: Line = np.ones(_AHEAD, np.float32)
        """The gain that each of the blocks in the line needs."""
        self._gain = 1.0
        """At the end of what was given back last."""

    def limit(self, samples: Line) -> Line:
        """The next samples, `LATENCY` late; shape (2, n) as given."""
        count = samples.shape[1]
        line: Line = np.concatenate((self._line, samples), axis=1)
        wanted = np.concatenate((self._wanted, self._needs(line[:, LATENCY - TAPS + 1 :])))
        out = line[:, :count]
        self._line, self._wanted = line[:, count:].copy(), wanted[-_AHEAD:].copy()
        if self._gain == 1.0 and wanted.min() == 1.0:
            return out
        curve = self._curve(wanted)
        self._gain = float(curve[-1])
        places = np.arange(count, dtype=np.float32) / BLOCK
        limited: Line = out * np.interp(places, np.arange(len(curve)), curve).astype(np.float32)
        return limited

    def _needs(self, line: Line) -> Line:
        """The gain that each block needs by itself."""
        count = (line.shape[1] - TAPS + 1) // BLOCK
        wanted: Line = np.ones(count, np.float32)
        if np.abs(line).max() * REACH > CEILING:
            highest = peaks(line).reshape(count, BLOCK).max(axis=1)
            np.minimum(1.0, CEILING / np.maximum(highest, CEILING), out=wanted)
        return wanted

    def _curve(self, wanted: Line) -> Line:
        """The gain at the bounds of the blocks that are given back, which begins where it was."""
        given = len(wanted) - _AHEAD
        # Towards what a later block needs, the gain falls in a straight line that begins 5 ms before it.
        bound: Line = np.ones(given + 1, np.float32)
        for ahead in range(_AHEAD):
            need = wanted[ahead : ahead + given + 1]
            np.minimum(bound, need + (1 - need) * (ahead / _AHEAD), out=bound)
        # At its end a block still needs what it needs.
        np.minimum(bound[1:], wanted[:given], out=bound[1:])
        bound[0] = self._gain
        # It rises no faster than `_RELEASE`.
        rise = _RELEASE ** np.arange(given + 1)
        curve: Line = np.minimum(np.minimum.accumulate(bound / rise) * rise, 1.0).astype(np.float32)
        return curve
