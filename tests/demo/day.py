"""A stretch of the made-up factory's day, and moments of it as a camera would get them."""

from dataclasses import dataclass

from quality_creator.demo.overlay import Moment
from quality_creator.demo.plant import SECOND, Channel, Plant, Sample, Tally, begin, step
from quality_creator.model.clock import Micros

NOON = Micros(1_780_000_000 * SECOND)


@dataclass(frozen=True)
class Day:
    """What was made from `NOON` on."""

    plant: Plant
    samples: tuple[Sample, ...]
    tallies: tuple[Tally, ...]

    @classmethod
    def of(cls, seed: int, seconds: float) -> "Day":
        return cls(*step(begin(seed, NOON), Micros(NOON + round(seconds * SECOND))))

    def values(self, channel: Channel) -> list[Sample]:
        return [sample for sample in self.samples if sample.channel is channel]

    def moment(self, seconds: float) -> Moment:
        """What a frame so many seconds after noon shows."""
        time = Micros(NOON + round(seconds * SECOND))
        recent: dict[str, tuple[Sample, ...]] = {}
        for sample in self.samples:
            if sample.time <= time:
                recent[sample.channel.tag] = (*recent.get(sample.channel.tag, ()), sample)[-5:]
        tallies = {tally.counter.tag: tally for tally in self.tallies if tally.time <= time}
        return Moment(time=time, elapsed=time - NOON, recent=recent, tallies=tallies)
