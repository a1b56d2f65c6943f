"""What the stamps of a guest's packets mean: one line of time for picture and sound, and the sender's clock.

Each stream counts from anywhere at its own rate (RFC 3550, 5.1). Until its sender says in a report which
stamp was which moment of its clock, the first packet of a stream is taken to have been on its way as long
as that of the other. Once both streams have reports, sound is moved to where the sender says, a little with
each packet, so that nothing is heard of it.
"""

_REPORT_ERA = 2_208_988_800
"""Seconds from 1900, where NTP begins, to 1970."""

_ANEW_S = 0.8
"""Stamps that are off by more than this against their arrival began anew."""

_JUMP_S = 0.06
"""Sound that is off by more than this is moved at once."""

_STEP_S = 0.0001
"""With each packet of 20 ms: half a percent of pitch, which no one hears."""


class Stamps:
    """One stream's stamps as seconds of the monotonic clock, at the pace of the sender's."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._last: int | None = None
        self._count = 0  # the last stamp, without wrapping
        self.base: float | None = None
        """Seconds of our line at the sender's zero; None before the first packet."""
        self.sent: float | None = None
        """The sender's wall clock at that zero, in seconds since 1970; None before its first report."""

    def seconds(self, stamp: int, now: float) -> float:
        """When the packet with this stamp, which came now, belongs on the line."""
        if self._last is not None:
            self._count += _signed(stamp - self._last)
        self._last = stamp
        at = self._count / self._rate
        if self.base is None or abs(now - at - self.base) > _ANEW_S:
            self.base = now - at
        return at + self.base

    def report(self, stamp: int, ntp: int) -> None:
        """The sender says which moment of its clock a stamp was.

        Args:
            stamp: RTP's.
            ntp: Seconds since 1900 in 32.32 bits.
        """
        if self._last is not None:
            at = (self._count + _signed(stamp - self._last)) / self._rate
            self.sent = ntp / (1 << 32) - _REPORT_ERA - at

    def sender_time(self, seconds: float) -> float | None:
        """What the sender's clock said at a moment of the line, in seconds since 1970; None if unknown."""
        if self.sent is None or self.base is None:
            return None
        return seconds - self.base + self.sent


def follow(sound: Stamps, picture: Stamps) -> None:
    """Move sound a step towards where its sender says that it belongs beside the picture."""
    if sound.base is None or picture.base is None or sound.sent is None or picture.sent is None:
        return
    off = sound.sent - picture.sent + picture.base - sound.base
    if abs(off) > _JUMP_S:
        # Clocks that differ by more than any network's delay say nothing about each other.
        sound.base += off if abs(off) < _ANEW_S else 0.0
    else:
        sound.base += max(-_STEP_S, min(_STEP_S, off))


def _signed(difference: int) -> int:
    difference &= 0xFFFFFFFF
    return difference - (1 << 32) if difference & 0x80000000 else difference
