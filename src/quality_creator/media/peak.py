"""The true peak: how high the wave goes between its samples, looked for at four times their rate.

Source: ITU-R BS.1770-5, annex 2.
"""

import numpy as np
import numpy.typing as npt

Line = npt.NDArray[np.float32]

TAPS = 24
"""Samples that a value between two of them is made of."""

BEHIND = TAPS // 2
"""Samples that must be known after a place before its peak is."""

REACH = 1.6
"""The wave is hardly ever higher than this many times its samples: below, there is nothing to look for."""

_PHASES = 4


def peaks(line: Line) -> Line:
    """The wave's height around each place.

    Args:
        line: Samples, shape (2, n).

    Returns:
        The highest of both channels from a sample to the next, for each sample that has `BEHIND` - 1
        before and `BEHIND` after it, shape (n - `TAPS` + 1,).
    """
    windows = np.lib.stride_tricks.sliding_window_view(line, TAPS, axis=1)
    found: Line = np.abs(windows @ _KERNEL).max(axis=(0, 2))
    return found


def _kernel() -> Line:
    taps = np.arange(TAPS) - TAPS / 2 + 1
    phases = np.arange(_PHASES) / _PHASES
    places = taps[:, None] - phases
    window = np.where(np.abs(places) < TAPS / 2, np.cos(np.pi * places / TAPS) ** 2, 0.0)
    kernel = np.sinc(places) * window
    kernel /= kernel.sum(axis=0)
    return kernel.astype(np.float32)


_KERNEL = _kernel()
