"""What a mixing desk does to each source before it is added up: high-pass, delay, how loud it is."""

from collections.abc import Collection, Mapping

import numpy as np

from quality_creator.media.biquad import Biquad, high_pass
from quality_creator.media.sound import TICK, Samples
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import SILENT_DB, Channel
from quality_creator.model.stream import AUDIO_RATE

HIGH_PASS_HZ = 80.0

DUCKED = 10 ** (-12 / 20)
_SPEAKS = 10 ** (-45 / 20)
"""RMS above which a voice speaks."""

_DOWN, _UP = 0.35, 0.05
"""Of the way that ducking goes in a tick: down within a tenth of a second, up within one."""

_LONGEST = AUDIO_RATE + TICK


class Strip:
    """One source's way to the mixer; changes are faded over a tick, so that nothing clicks."""

    def __init__(self) -> None:
        self._filter: Biquad | None = None
        self._line: Samples | None = None
        self._delay = 0

    def work(self, samples: Samples, channel: Channel) -> Samples:
        """A tick of the source as the desk hears it."""
        return self._delayed(self._passed(samples, channel.high_pass), channel.delay_ms * AUDIO_RATE // 1000)

    def _passed(self, samples: Samples, wanted: bool) -> Samples:
        if not wanted and self._filter is None:
            return samples
        before = self._filter
        if before is None:
            self._filter = Biquad(high_pass(HIGH_PASS_HZ))
        assert self._filter is not None
        passed = self._filter.filter(samples).astype(np.float32)
        if wanted and before is not None:
            return passed
        if not wanted:
            self._filter = None
            return _faded(passed, samples)
        return _faded(samples, passed)

    def _delayed(self, samples: Samples, wanted: int) -> Samples:
        if not wanted and self._line is None:
            return samples
        line = np.zeros((2, _LONGEST), np.float32) if self._line is None else self._line
        self._line = np.concatenate((line[:, TICK:], samples), axis=1)
        before, self._delay = self._delay, wanted
        delayed = self._tap(wanted)
        if before != wanted:
            delayed = _faded(self._tap(before), delayed)
            if not wanted:
                self._line = None
        return delayed

    def _tap(self, delay: int) -> Samples:
        assert self._line is not None
        end = self._line.shape[1] - delay
        return self._line[:, end - TICK : end]


class Faders:
    """How loud each source is in the programme, by its channel, the scene, and who speaks."""

    def __init__(self, channels: Mapping[SourceId, Channel]) -> None:
        self.channels: dict[SourceId, Channel] = dict(channels)
        self._duck = 1.0

    def channel(self, source: SourceId) -> Channel:
        """A source's channel; one that nobody touched is as it is made."""
        return self.channels.get(source, Channel())

    def gains(
        self,
        seen: Mapping[SourceId, float],
        sources: Collection[SourceId],
        voices: Mapping[SourceId, Samples],
    ) -> dict[SourceId, float]:
        """The gain of each source for a tick.

        Args:
            seen: How much of each is in the scene, 0 to 1.
            sources: All there are.
            voices: What each sounds like in this tick.
        """
        solo = {source for source in sources if self.channel(source).solo}
        gains = {}
        for source in sources:
            channel = self.channel(source)
            heard = {"with-picture": seen.get(source, 0.0), "always": 1.0, "never": 0.0}[channel.heard]
            if channel.mute or (solo and source not in solo) or channel.gain_db <= SILENT_DB:
                heard = 0.0
            gains[source] = heard * (10 ** (channel.gain_db / 20) if channel.gain_db else 1.0)
        self._listen(gains, voices)
        return {
            source: gain * (self._duck if self.channel(source).duck == "bed" else 1.0)
            for source, gain in gains.items()
            if gain
        }

    def _listen(self, gains: Mapping[SourceId, float], voices: Mapping[SourceId, Samples]) -> None:
        """Go down while somebody speaks, and up again when nobody does."""
        speaks = any(
            gains[source] * float(np.sqrt(np.mean(voices[source] ** 2))) > _SPEAKS
            for source in gains
            if self.channel(source).duck == "voice" and gains[source] and source in voices
        )
        goal, pace = (DUCKED, _DOWN) if speaks else (1.0, _UP)
        self._duck += (goal - self._duck) * pace
        if abs(goal - self._duck) < 1e-3:
            self._duck = goal


def _faded(before: Samples, after: Samples) -> Samples:
    ramp = np.linspace(0, 1, before.shape[1], dtype=np.float32)
    faded: Samples = before * (1 - ramp) + after * ramp
    return faded
