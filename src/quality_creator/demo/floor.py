"""The factory while it runs: one state that cameras look at and from which gauges send."""

import threading
from collections import deque
from collections.abc import Callable, Mapping

from quality_creator.demo import plant
from quality_creator.demo.overlay import Moment
from quality_creator.demo.plant import CHANNELS, COUNTERS, SECOND, Plant, Sample, Tally
from quality_creator.model.clock import Micros

PAUSE: Micros = Micros(5 * SECOND)
"""A longer gap in the calls is a machine that slept or a clock that was set: the factory pauses."""

_KEPT = 16
"""Values of a tag that are kept for cameras whose frame is a little older than the newest."""


class Floor:
    """Runs the plant forward as far as anybody asks; may be asked from several threads."""

    def __init__(
        self, seed: int, now: Micros, made: Callable[[tuple[Sample, ...], tuple[Tally, ...]], None]
    ) -> None:
        """`made` is told, once and in order, of everything that is read and counted."""
        self._lock = threading.Lock()
        self._plant = plant.begin(seed, now)
        self._made = made
        self._samples: Mapping[str, deque[Sample]] = {c.tag: deque(maxlen=_KEPT) for c in CHANNELS}
        self._tallies: Mapping[str, deque[Tally]] = {
            tally.counter.tag: deque([tally], maxlen=_KEPT) for tally in self._plant.tallies
        }

    def at(self, time: Micros) -> Moment:
        """What a frame of this time shows: the newest values that are not newer than the frame."""
        with self._lock:
            state = self._run(time)
            return Moment(
                time=time,
                elapsed=time - state.start,
                recent={
                    tag: tuple(sample for sample in kept if sample.time <= time)[-5:]
                    for tag, kept in self._samples.items()
                },
                tallies={
                    counter.tag: tally
                    for counter in COUNTERS
                    for tally in self._tallies[counter.tag]
                    if tally.time <= time
                },
            )

    def _run(self, time: Micros) -> Plant:
        state = self._plant
        if abs(time - state.until) > PAUSE:
            state = plant.resume(state, time)
        state, samples, tallies = plant.step(state, time)
        self._plant = state
        for sample in samples:
            self._samples[sample.channel.tag].append(sample)
        for tally in tallies:
            self._tallies[tally.counter.tag].append(tally)
        if samples or tallies:
            self._made(samples, tallies)
        return state
