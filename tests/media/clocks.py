"""A source whose clock runs differently, played out tick by tick in made-up time by the product's own parts.

Steady, ring, voice, delay and limiter are those of the mixer; only time is made up: an hour takes seconds.
"""

from dataclasses import dataclass

import av
import numpy as np

from quality_creator.media.capture.source import Feed, Picture
from quality_creator.media.encode import SOUND_AHEAD
from quality_creator.media.playout import Player
from quality_creator.media.programme import HEARD_AHEAD
from quality_creator.media.scale import Raw
from quality_creator.media.sound import TICK, Mixer
from quality_creator.media.timing import Steady
from quality_creator.media.wallclock import WallClock
from quality_creator.model.clock import Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import AUDIO_RATE, FRAME_RATE

RATE = 100
"""Pictures a second: at 25 the 40 ms between two of them would hide what is looked for."""

_SAW_S = 2.0
"""The sound is a saw-tooth of this period: each sample says when it was made."""

_CLOCK_ZERO = 1_000.0
_SETTLE_S = 20.0


@dataclass(frozen=True, slots=True)
class Sync:
    """How sound stood against its picture, tick by tick."""

    times: list[float]
    """Seconds since the beginning."""
    sound_ahead: list[float]
    """By how many seconds the sound that is played was made after the picture that is shown."""

    @property
    def settled(self) -> list[float]:
        """Without the first seconds, in which the delay is found."""
        return [ahead for at, ahead in zip(self.times, self.sound_ahead, strict=True) if at > _SETTLE_S]

    @property
    def drift_s(self) -> float:
        """From the mean of the first settled minute, how far the mean of any other is."""
        settled = np.array(self.settled)
        minutes = settled[: len(settled) // (60 * FRAME_RATE) * 60 * FRAME_RATE].reshape(-1, 60 * FRAME_RATE)
        means = minutes.mean(axis=1)
        return float(np.abs(means - means[0]).max())


def played(ppm: float, seconds: float, *, jitter_s: float = 0.004, seed: int = 1) -> Sync:
    """Play a source out for so long.

    Args:
        ppm: By how much its clock is fast, in millionths.
        seconds: Of our time.
        jitter_s: What the network adds to each picture at most.
        seed: For the jitter.
    """
    rng = np.random.default_rng(seed)
    feed, steady = Feed(WallClock(), 0.0), Steady()
    feed.begin(remote=True)
    player, mixer, me = Player(feed), Mixer(), SourceId("source")
    pace = 1 + ppm * 1e-6
    piece = AUDIO_RATE // FRAME_RATE
    sync = Sync([], [])
    number = 0
    for tick in range(round(seconds * FRAME_RATE)):
        now = _CLOCK_ZERO + tick / FRAME_RATE
        # Its picture `number` is made at `number / RATE` of its own clock, and is here a little later.
        while (made := number / RATE) / pace + _CLOCK_ZERO <= now:
            arrived = _CLOCK_ZERO + made / pace + float(rng.uniform(0, jitter_s))
            due = steady.due(made, arrived)
            feed.offset = steady.offset
            feed.put(Picture(due=due, ready=arrived, taken=Micros(0), raw=_frame(number), tile=None))
            number += 1
            if number % (RATE // FRAME_RATE) == 0:
                end = number * AUDIO_RATE // RATE
                feed.ring.write(end - piece, _saw(end - piece, piece))
        player.advance(now, now)
        raw = player.raw
        sound = mixer.mix({me: player.hear(now, HEARD_AHEAD)}, {me: 1.0})
        # This tick's sound begins `SOUND_AHEAD` after its picture: what is heard with it came ticks before.
        # The pitch is bent by 0.4 % at most, so one sample tells of all around.
        if raw is not None and raw.frame.pts is not None:
            shown = raw.frame.pts / RATE
            heard = _read(float(sound[0, TICK // 2]), shown) - (SOUND_AHEAD + TICK // 2) / AUDIO_RATE
            sync.times.append(tick / FRAME_RATE)
            sync.sound_ahead.append(heard - shown)
    return sync


def _frame(number: int) -> Raw:
    frame = av.VideoFrame(16, 16, "yuv420p")
    frame.pts = number
    return Raw(frame, 16 / 9)


def _saw(at: int, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    places = (np.arange(at, at + count) / AUDIO_RATE) % _SAW_S
    wave = (places / _SAW_S - 0.5).astype(np.float32)
    return np.stack((wave, wave))


def _read(value: float, near: float) -> float:
    """When a sample was made, by its value and about when."""
    made = (value + 0.5) * _SAW_S
    return made + round((near - made) / _SAW_S) * _SAW_S
