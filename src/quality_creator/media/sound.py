"""What is heard: each source's sound in step with its picture, and their sum without clipping."""

import threading
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from quality_creator.media.limiter import Limiter
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import AUDIO_RATE

Samples = npt.NDArray[np.float32]
"""Shape (2, n): left and right at 48 kHz, full scale at 1."""

TICK = AUDIO_RATE // 25
"""Samples in the time of one picture."""

_CAPACITY = 2 * AUDIO_RATE
_JUMP = AUDIO_RATE // 10
"""Off by more than this, sound is picked up anew; below, it is brought to its place inaudibly."""
_EXACT = AUDIO_RATE // 500
_BEND = 8
"""Samples by which a tick is stretched or squeezed at most: 0.4 % of pitch."""
_FADE = 240


class Ring:
    """The last seconds of a source's sound by their place in its time. One thread writes, one reads."""

    def __init__(self) -> None:
        self._data = np.zeros((2, _CAPACITY), np.float32)
        self._lock = threading.Lock()
        self._start = self._end = 0
        self._filled = False

    @property
    def end(self) -> int | None:
        """The place behind the newest sample; None when there is none."""
        return self._end if self._filled else None

    def clear(self) -> None:
        """Forget everything: the source's time began anew."""
        with self._lock:
            self._filled = False

    def write(self, at: int, samples: Samples) -> None:
        """Put samples at a place. A gap before them becomes silence; they replace what stood there."""
        with self._lock:
            if not self._filled or abs(at - self._end) > _CAPACITY:
                self._start = self._end = at
                self._filled = True
            if at > self._end:
                self._put(self._end, np.zeros((2, at - self._end), np.float32))
            self._put(at, samples)

    def read(self, at: int, count: int) -> tuple[Samples, int]:
        """Samples from a place on, silence where there are none.

        Returns:
            The samples, and how many of the last of them are not there yet.
        """
        out = np.zeros((2, count), np.float32)
        with self._lock:
            if not self._filled:
                return out, count
            first, last = max(at, self._start), min(at + count, self._end)
            if first < last:
                for place, piece in self._pieces(first, last - first):
                    out[:, place - at : place - at + piece.shape[1]] = piece
            return out, min(max(at + count - self._end, 0), count)

    def _put(self, at: int, samples: Samples) -> None:
        self._end = max(self._end, at + samples.shape[1])
        self._start = max(min(self._start, at), self._end - _CAPACITY)
        skipped = max(self._start - at, 0)
        for place, piece in self._pieces(at + skipped, samples.shape[1] - skipped):
            piece[...] = samples[:, place - at : place - at + piece.shape[1]]

    def _pieces(self, at: int, count: int) -> list[tuple[int, Samples]]:
        """The ring's memory for a span, in one or two runs, each with its place."""
        start = at % _CAPACITY
        first = max(min(count, _CAPACITY - start), 0)
        pieces = [(at, self._data[:, start : start + first])]
        if count > first:
            pieces.append((at + first, self._data[:, : count - first]))
        return pieces


class Voice:
    """Reads a ring in step with the programme, although the source's clock runs a little differently."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring
        self._cursor: int | None = None
        self._sounding = False
        self.spare = 0
        """Samples that were there beyond the last tick; negative when it was short by that."""

    def read(self, target: float) -> Samples:
        """The next tick's samples.

        Args:
            target: The place in the source's time that ought to be heard now. The voice follows it by
                stretching unnoticeably, and jumps only when it is far off.
        """
        if self._cursor is None or abs(target - self._cursor) > _JUMP:
            self._cursor = round(target)
            self._sounding = False
        error = target - self._cursor
        bend = 0 if abs(error) < _EXACT else round(max(-_BEND, min(_BEND, error / 50)))
        samples, missing = self._ring.read(self._cursor, TICK + bend)
        end = self._ring.end
        self._cursor += TICK + bend - missing
        self.spare = -missing if missing else (end or 0) - self._cursor
        if bend:
            samples = _stretched(samples, TICK)
        self._smooth(samples, min(missing, TICK))
        return samples

    def rest(self) -> None:
        """Nobody listens; the next read picks the sound up anew."""
        self._cursor = None
        self._sounding = False

    def _smooth(self, samples: Samples, missing: int) -> None:
        """No clicks where sound breaks off or comes back."""
        there = TICK - missing
        if not self._sounding and there:
            fade = min(_FADE, there)
            samples[:, :fade] *= np.linspace(0, 1, fade, dtype=np.float32)
        if missing and there:
            fade = min(_FADE, there)
            samples[:, there - fade : there] *= np.linspace(1, 0, fade, dtype=np.float32)
        self._sounding = not missing


class Mixer:
    """Adds voices up, each with its gain, and keeps the sum below the ceiling; `LATENCY` samples late."""

    def __init__(self) -> None:
        self._gains: dict[SourceId, float] = {}
        self._limiter = Limiter()

    def mix(self, voices: Mapping[SourceId, Samples], gains: Mapping[SourceId, float]) -> Samples:
        """One tick of the programme, shape (2, TICK): what was added up `LATENCY` samples before.

        Args:
            voices: What each source sounds like in this tick.
            gains: How loud each is to be; from the last tick's gain it gets there in a straight line.
                One that is not named goes silent.
        """
        total = np.zeros((2, TICK), np.float32)
        for name, samples in voices.items():
            before, after = self._gains.get(name, 0.0), gains.get(name, 0.0)
            if before == after == 1.0:
                total += samples
            elif before or after:
                total += samples * np.linspace(before, after, TICK, dtype=np.float32)
        self._gains = {name: gain for name, gain in gains.items() if gain and name in voices}
        return self._limiter.limit(total)


def _stretched(samples: Samples, count: int) -> Samples:
    """The same sound in another number of samples, by straight lines between them."""
    places = np.arange(count) * (samples.shape[1] / count)
    out = np.empty((2, count), np.float32)
    for channel in range(2):
        out[channel] = np.interp(places, np.arange(samples.shape[1]), samples[channel])
    return out
