"""When a source's picture is due on our clock, and how little later it can be shown without unsteady motion.

Neither the network's jitter nor a busy machine is to be seen as judder or heard as torn sound.
"""

import math

_WINDOW_S = 5.0
"""How long a least delay counts; a network that has become slower is believed after at most twice this."""

_AHEAD_S = 1.0
_BEHIND_S = 2.0
"""Stamps that run off further than this began anew: the source restarted its clock, or sat still."""


class Steady:
    """A live source's time stamps on our clock, by the least delay that was seen lately.

    A stamp says exactly how far apart two pictures are; an arrival says it with the network's jitter. What
    arrived fastest waited least, so it ties the stamps to our clock, and the others follow at their own pace.
    The unknown rest is the least delay itself: camera, encoder and network at their best.
    """

    def __init__(self) -> None:
        self.epoch = 0
        """Grows each time that the stamps began anew; sound and picture of different epochs do not fit."""
        self._offset: float | None = None
        self._least = self._earlier = math.inf
        self._since = 0.0

    @property
    def offset(self) -> float | None:
        """Our clock minus the source's stamps, in seconds; None before the first picture."""
        return self._offset

    def due(self, stamp: float, now: float) -> float:
        """When the picture with this stamp would have come at the best of times.

        Args:
            stamp: The source's own time, in seconds from anywhere.
            now: Our monotonic clock at its arrival.
        """
        delay = now - stamp
        if self._offset is None or not -_AHEAD_S < delay - self._offset < _BEHIND_S:
            self.epoch += self._offset is not None
            self._least = self._earlier = math.inf
            self._since = now
        elif now - self._since > _WINDOW_S:
            self._earlier, self._least, self._since = self._least, math.inf, now
        self._least = min(self._least, delay)
        self._offset = min(self._least, self._earlier)
        return stamp + self._offset


class Lateness:
    """A high quantile of how late things come, without keeping them."""

    def __init__(self, *, share: float = 0.98, step: float = 0.004) -> None:
        """Begin at zero.

        Args:
            share: Of the observations that shall be below it.
            step: Seconds that it moves; a larger one follows faster and is less exact.
        """
        self._share = share
        self._step = step
        self.value = 0.0
        """Seconds, at least 0."""

    def observe(self, late: float) -> None:
        """Take one more into account."""
        towards = self._share if late > self.value else self._share - 1
        self.value = max(self.value + self._step * towards, 0.0)


class Delay:
    """How much later than due a source is played out: as little as its jitter allows.

    Sound is missed as soon as one sample is late, and what is heard in a tick must be there when the tick
    begins; so sound needs more delay than pictures. Both get the sound's, less `TRAIL_S`: a sound that comes
    a little after its picture is how the world works (EBU R 37 allows 60 ms), a delay is felt by everyone.
    """

    PICTURE_S = 0.06
    """At most for jitter of pictures; a source that is worse shows it."""
    WITH_SOUND_S = 0.12
    """At most for pictures that wait for their sound."""
    SOUND_S = 0.4
    """At most for sound; one that comes later is not heard."""
    TRAIL_S = 0.04

    _SPARE_S = 0.02
    """What sound keeps in hand."""
    _LOOK_TICKS = 250
    """Sound is brought forward only by what it did not need for this long."""
    _FORWARD_S = 0.0002
    """In a tick: half a percent, which no one hears."""

    def __init__(self) -> None:
        self._jitter = Lateness()
        self.sound = 0.0
        """Seconds that sound is behind the pictures' arrival; 0 for a source without sound."""
        self._spare = math.inf
        self._ticks = 0

    @property
    def picture(self) -> float:
        """Seconds after its due time at which a picture is shown."""
        waits = min(self.sound - self.TRAIL_S, self.WITH_SOUND_S)
        return max(min(self._jitter.value, self.PICTURE_S), waits)

    @property
    def jitter(self) -> float:
        """How late pictures come at worst, one in a hundred aside, in seconds."""
        return self._jitter.value

    def arrived(self, late: float) -> None:
        """A picture was ready this many seconds after it was due."""
        self._jitter.observe(late)

    def heard(self, spare: float) -> None:
        """A tick's sound was played, and so much more was there; negative when it was short by that."""
        if spare < 0:
            self.sound = min(self.sound - spare + self._SPARE_S / 2, self.SOUND_S)
            self._spare, self._ticks = math.inf, 0
            return
        self._spare = min(self._spare, spare)
        self._ticks += 1
        if self._ticks >= self._LOOK_TICKS:
            if self._spare > self._SPARE_S:
                forward = min(self._FORWARD_S, self.sound)
                self.sound -= forward
                self._spare -= forward
            if self._spare <= self._SPARE_S or not self.sound:
                self._spare, self._ticks = math.inf, 0

    def silent(self) -> None:
        """The source has no sound (any more)."""
        self.sound, self._spare, self._ticks = 0.0, math.inf, 0
