"""The wall clock as seen from the monotonic one, so that a slewed clock is followed and a jump is noticed."""

import time
from collections.abc import Callable

from quality_creator.model.clock import Micros

JUMP_S = 0.5
"""A clock that is slewed stays far below this between two looks."""


class WallClock:
    """Ties monotonic instants to UTC. Any thread may ask; one renews it with `look`."""

    def __init__(self, offset_us: Callable[[], int] | None = None) -> None:
        """Look for the first time.

        Args:
            offset_us: Gives UTC minus monotonic, in microseconds; by the system's clocks when left out.
        """
        self._measure = offset_us or _measure
        self._offset = self._measure()

    def utc(self, monotonic: float) -> Micros:
        """The wall time of an instant of `time.monotonic`, as the last look had it."""
        return Micros(round(monotonic * 1e6) + self._offset)

    def monotonic(self, utc: Micros) -> float:
        """The instant of `time.monotonic` at a wall time."""
        return (utc - self._offset) / 1e6

    def look(self) -> float:
        """Read both clocks anew. Returns by how many seconds the wall clock jumped, 0 when it did not."""
        offset = self._measure()
        moved = (offset - self._offset) / 1e6
        self._offset = offset
        return moved if abs(moved) > JUMP_S else 0.0


def _measure() -> int:
    """UTC minus monotonic, in microseconds, from the tightest of a few readings."""
    readings = []
    for _ in range(5):
        before = time.monotonic_ns()
        wall = time.time_ns()
        after = time.monotonic_ns()
        readings.append((after - before, wall - (before + after) // 2))
        if after - before < 5_000:
            break
    return min(readings)[1] // 1000
