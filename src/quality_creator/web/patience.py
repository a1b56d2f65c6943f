"""How often something may be tried: buckets that leak, in memory that never grows. Pure."""

import hashlib
import secrets
from array import array

from quality_creator.model.errors import Forbidden

ROWS, WIDTH = 4, 2048
"""A key stands in one bucket of each row: two keys that share all four are one pair in 10¹³."""


class TooOften(Forbidden):
    """Somebody tries too often; the text says when to come back."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("too many tries; wait {seconds} s, then try again", seconds=round(wait_s + 0.5))
        self.wait_s = wait_s


class Patience:
    """A count-min sketch of leaky buckets: a key is never given more than its due, and seldom less.

    A try fills a bucket by 1; `per_s` leaks out of it each second; `burst` is where it is full.
    """

    def __init__(self, *, burst: float, per_s: float) -> None:
        self.burst = burst
        self.per_s = per_s
        self._level = array("d", bytes(8 * ROWS * WIDTH))
        self._at = array("d", bytes(8 * ROWS * WIDTH))
        self._secret = secrets.token_bytes(16)  # nobody can choose keys that share buckets

    def wait_s(self, key: str, now: float) -> float:
        """How long until the next try is free; 0 when it is."""
        level = min(self._now(place, now) for place in self._places(key))
        return max(0.0, (level + 1 - self.burst) / self.per_s)

    def take(self, key: str, now: float) -> None:
        """Count a try.

        Raises:
            TooOften: it is one too many; it is not counted.
        """
        if (wait := self.wait_s(key, now)) > 0:
            raise TooOften(wait)
        for place in self._places(key):
            self._level[place] = self._now(place, now) + 1
            self._at[place] = now

    def give_back(self, key: str, now: float) -> None:
        """The try was right after all, and does not count."""
        for place in self._places(key):
            self._level[place] = max(0.0, self._now(place, now) - 1)
            self._at[place] = now

    def _now(self, place: int, now: float) -> float:
        return max(0.0, self._level[place] - (now - self._at[place]) * self.per_s)

    def _places(self, key: str) -> list[int]:
        digest = hashlib.blake2b(
            key.encode(errors="replace"), key=self._secret, digest_size=4 * ROWS
        ).digest()
        return [row * WIDTH + int.from_bytes(digest[4 * row : 4 * row + 4]) % WIDTH for row in range(ROWS)]
