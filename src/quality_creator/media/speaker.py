"""Who speaks: from how loud each guest is to one of them, without flickering between two who laugh."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from quality_creator.media.sound import Samples
from quality_creator.model.ids import SourceId

QUIETEST = -100.0
"""dBFS; silence has this level."""

_SPEECH_DB = 9.0
"""Above a guest's own background to count as speech: a fan is no speaker."""
_LEAST_DB = -50.0
_FLOOR_UP_DB, _FLOOR_DOWN_DB = 0.02, 0.5
"""In a tick: a background is learned in seconds from pauses, and hardly from speech."""
_MARGIN_DB = 3.0
"""By which somebody else must be louder than who speaks."""
_TAKES = 15
"""Ticks of speech before somebody is the speaker: 0.6 s, longer than a cough."""
_BREATH = 10
"""Ticks without speech after which somebody is through: longer than the gap between two words."""
_LETS_GO = 25
"""Ticks without speech after which somebody else needs no margin."""


def level(samples: Samples) -> float:
    """How loud samples are: RMS in dBFS, a full sine being -3."""
    power = float(np.mean(np.square(samples))) if samples.size else 0.0
    return max(10 * float(np.log10(power)), QUIETEST) if power > 1e-10 else QUIETEST


@dataclass(frozen=True, slots=True)
class Voice:
    """What is remembered of one guest."""

    floor: float
    smooth: float
    """The level, smoothed over a few syllables."""
    run: int = 0
    """How much they spoke lately, in ticks."""
    quiet: int = _LETS_GO


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of all."""

    voices: Mapping[SourceId, Voice] = field(default_factory=dict)
    speaker: SourceId | None = None


def step(state: State, levels: Mapping[SourceId, float]) -> State:
    """The state after a tick of 40 ms; whoever is not in `levels` is forgotten."""
    voices = {guest: _heard(state.voices.get(guest), now) for guest, now in levels.items()}
    speaker = state.speaker if state.speaker in voices else None
    ready = [guest for guest, voice in voices.items() if voice.run >= _TAKES and voice.quiet == 0]
    if ready:
        loudest = max(ready, key=lambda guest: voices[guest].smooth)
        margin = _MARGIN_DB if speaker is not None and voices[speaker].quiet < _LETS_GO else float("-inf")
        if speaker is None or voices[loudest].smooth > voices[speaker].smooth + margin:
            speaker = loudest
    return State(voices, speaker)


def speaking(state: State) -> tuple[SourceId, ...]:
    """Who speaks at this moment, the loudest first; more than one when they talk at once."""
    now = [guest for guest, voice in state.voices.items() if voice.run >= _TAKES and voice.quiet < _BREATH]
    return tuple(sorted(now, key=lambda guest: -state.voices[guest].smooth))


def _heard(voice: Voice | None, now: float) -> Voice:
    if voice is None:
        return Voice(floor=max(now, -70.0), smooth=now)
    towards = max(-_FLOOR_DOWN_DB, min(_FLOOR_UP_DB, now - voice.floor))
    floor = max(voice.floor + towards, -90.0)
    speaks = now > max(floor + _SPEECH_DB, _LEAST_DB)
    return Voice(
        floor=floor,
        smooth=voice.smooth + (0.4 if now > voice.smooth else 0.08) * (now - voice.smooth),
        run=min(voice.run + 1, 2 * _TAKES) if speaks else max(voice.run - 1, 0),
        quiet=0 if speaks else min(voice.quiet + 1, _LETS_GO),
    )
