"""The made-up factory as a pure function: what its gauges read and its counters count, at any instant.

Each gauge reads on a fixed beat. A value is the process' level, mild autocorrelated noise and, now and
then, a drift that lasts about a minute: the kind that a control chart is there to find. What comes out
depends on the seed and the instants alone, never on how often `step` is called.

Figures are invented; the targets and spreads are of the kind that makers of bathroom furniture have.
"""

import hashlib
import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Final

from quality_creator.model.clock import Micros

SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Channel:
    """One gauge's one quantity: when it is read and how its process behaves."""

    tag: str
    """As it goes over the wire; for MQTT it is the topic."""
    unit: str
    center: float
    sigma: float
    """The sigma that the maker's limits are made of; day to day the process does a little better."""
    resolution: float
    """The machine's last digit."""
    period: int
    """Microseconds from one cycle to the next."""
    beats: tuple[int, ...]
    """When in the cycle a value is read, in microseconds."""
    drift: float
    """How far a drift goes, in sigma; its sign is the way the process tends to go wrong."""
    lower: float | None = None
    upper: float | None = None
    """The specification."""

    @property
    def decimals(self) -> int:
        """How many digits after the point the machine shows."""
        return math.ceil(-math.log10(self.resolution))


@dataclass(frozen=True, slots=True)
class LineCounter:
    """How a line counts its pieces."""

    tag: str
    line: str
    period: int
    beat: int
    pieces: int
    """Made in each cycle."""
    reject_rate: float


MOISTURE: Final = Channel(
    tag="tingyan/board/moisture", unit="%", center=8.0, sigma=0.35, resolution=0.05,
    period=2_600_000, beats=(900_000,), drift=4.6, lower=6.0, upper=10.0,
)  # fmt: skip
PEEL: Final = Channel(
    tag="tingyan/board/peel-force", unit="N/mm", center=3.60, sigma=0.20, resolution=0.01,
    period=2_600_000, beats=(2_200_000,), drift=-2.6, lower=2.5,
)  # fmt: skip
LEAK: Final = Channel(
    tag="tingyan/tap/leak-drop", unit="kPa/min", center=0.90, sigma=0.15, resolution=0.01,
    period=3_000_000, beats=(2_000_000,), drift=5.2, upper=2.0,
)  # fmt: skip
GLAZE: Final = Channel(
    tag="tingyan/laboratory/glaze-thickness", unit="mm", center=0.70, sigma=0.03, resolution=0.001,
    period=9_000_000, beats=tuple(2_000_000 + 1_200_000 * spot for spot in range(5)), drift=2.4,
    lower=0.55, upper=0.85,
)  # fmt: skip
HINGE: Final = Channel(
    tag="tingyan/laboratory/hinge-torque", unit="N·m", center=1.20, sigma=0.06, resolution=0.01,
    period=4_000_000, beats=(1_400_000,), drift=-4.4, lower=0.9, upper=1.5,
)  # fmt: skip

CHANNELS: Final = (MOISTURE, PEEL, LEAK, GLAZE, HINGE)

BOARD_COUNTER: Final = LineCounter(
    tag="tingyan/board/counter", line="board", period=2_600_000, beat=2_400_000, pieces=1,
    reject_rate=0.008,
)  # fmt: skip
TAP_COUNTER: Final = LineCounter(
    tag="tingyan/tap/counter", line="tap", period=3_000_000, beat=2_200_000, pieces=1,
    reject_rate=0.012,
)  # fmt: skip
CERAMICS_COUNTER: Final = LineCounter(
    tag="tingyan/laboratory/ceramics-counter", line="ceramics", period=9_000_000, beat=8_500_000, pieces=4,
    reject_rate=0.02,
)  # fmt: skip
COUNTERS: Final = (BOARD_COUNTER, TAP_COUNTER, CERAMICS_COUNTER)


@dataclass(frozen=True, slots=True)
class Sample:
    """One value that a gauge read. No two share an instant, so `time` numbers them too."""

    channel: Channel
    number: int
    """Counts from 0 within the channel."""
    value: float
    time: Micros


@dataclass(frozen=True, slots=True)
class Tally:
    """A line's counters at an instant, since the shift began."""

    counter: LineCounter
    total: int
    rejected: int
    time: Micros


@dataclass(frozen=True, slots=True)
class Plant:
    """Where the factory stands; what `step` returns is what goes into the next one."""

    seed: int
    start: Micros
    until: Micros
    """How far it has run."""
    made: tuple[int, ...]
    """How many values each channel has read."""
    noise: tuple[float, ...]
    """Each channel's last noise, in sigma."""
    tallies: tuple[Tally, ...]
    cycles: tuple[int, ...]
    """How often each line has counted."""


def begin(seed: int, now: Micros) -> Plant:
    """The factory at the moment that one looks at it first, some hours into its shift."""
    return Plant(
        seed=seed,
        start=now,
        until=now,
        made=(0,) * len(CHANNELS),
        noise=(0.0,) * len(CHANNELS),
        tallies=tuple(_shift_so_far(seed, counter, now) for counter in COUNTERS),
        cycles=(0,) * len(COUNTERS),
    )


def step(plant: Plant, now: Micros) -> tuple[Plant, tuple[Sample, ...], tuple[Tally, ...]]:
    """Let the factory run until `now`.

    Returns:
        The next state, and what was read and counted since the last one, each in the order of time.
    """
    samples: list[Sample] = []
    made, noise = list(plant.made), list(plant.noise)
    for index, channel in enumerate(CHANNELS):
        while (time := reading_time(plant, index, made[index])) <= now:
            shock = _normal(plant.seed, channel.tag, made[index])
            noise[index] = _MEMORY * noise[index] + math.sqrt(1 - _MEMORY**2) * shock
            off = drift(plant.seed, channel.tag, (time - plant.start) / SECOND)
            samples.append(_sample(channel, made[index], _STEADINESS * noise[index] + off, time))
            made[index] += 1
    tallies: list[Tally] = []
    latest, cycles = list(plant.tallies), list(plant.cycles)
    for index, counter in enumerate(COUNTERS):
        while (time := _count_time(plant, counter, cycles[index])) <= now:
            latest[index] = _count(plant, latest[index], cycles[index], time)
            cycles[index] += 1
            tallies.append(latest[index])
    after = replace(
        plant,
        until=max(now, plant.until),
        made=tuple(made),
        noise=tuple(noise),
        tallies=tuple(latest),
        cycles=tuple(cycles),
    )
    return after, tuple(sorted(samples, key=_time)), tuple(sorted(tallies, key=_time))


def resume(plant: Plant, now: Micros) -> Plant:
    """The same factory after a pause, or after the clock was set.

    It goes on at `now` where it stood, with nothing made up for the time between.
    """
    return replace(plant, start=Micros(plant.start + now - plant.until), until=now)


def drift(seed: int, tag: str, elapsed_s: float) -> float:
    """How far a channel's process is off its level, in sigma, so many seconds after the start.

    The first drift is the tap bench's, within the first minute; then one somewhere every two to three
    minutes. Each rises over half a minute, holds, and is put right within seconds.
    """
    for number in range(max(int((elapsed_s - 400) // 150), 0), int(elapsed_s // 150) + 2):
        channel, onset, rise, hold = _event(seed, number)
        if channel.tag != tag:
            continue
        into = elapsed_s - onset
        if 0 <= into < rise + hold:
            return channel.drift * min(into / rise, 1.0)
        if rise + hold <= into < rise + hold + 6:
            return channel.drift * (1 - (into - rise - hold) / 6)
    return 0.0


# --- below: how one value, one count, one drift come to be -------------------------------------------


def reading_time(plant: Plant, index: int, number: int) -> Micros:
    """When a channel reads its value of a number. The last microseconds keep instants apart."""
    channel = CHANNELS[index]
    cycle, beat = divmod(number, len(channel.beats))
    return Micros(plant.start + cycle * channel.period + channel.beats[beat] + index)


def _sample(channel: Channel, number: int, deviation: float, time: Micros) -> Sample:
    """What the machine says of a true value: never below zero, and only its own digits."""
    steps = round(max(channel.center + channel.sigma * deviation, 0.0) / channel.resolution)
    return Sample(channel, number, round(steps * channel.resolution, channel.decimals), time)


_MEMORY = 0.15
"""Correlation of a value with the one before: machines remember a little."""
_STEADINESS = 0.8
"""Noise against the sigma of the maker's limits."""


def _count_time(plant: Plant, counter: LineCounter, cycle: int) -> Micros:
    return Micros(plant.start + cycle * counter.period + counter.beat)


def _count(plant: Plant, last: Tally, cycle: int, time: Micros) -> Tally:
    rejected = sum(
        uniform(plant.seed, last.counter.tag, cycle * last.counter.pieces + piece) < last.counter.reject_rate
        for piece in range(last.counter.pieces)
    )
    return replace(last, total=last.total + last.counter.pieces, rejected=last.rejected + rejected, time=time)


def _shift_so_far(seed: int, counter: LineCounter, now: Micros) -> Tally:
    total = counter.pieces * (400 + int(uniform(seed, counter.tag, -1) * 300))
    return Tally(counter, total, round(total * counter.reject_rate), now)


def _event(seed: int, number: int) -> tuple[Channel, float, float, float]:
    """A drift: whose, from when, how long it rises and how long it holds, in seconds."""
    if number == 0:
        return LEAK, 26.0, 24.0, 14.0
    channel = CHANNELS[int(uniform(seed, "whose", number) * len(CHANNELS))]
    onset = 150 * number + 40 * uniform(seed, "when", number)
    return channel, onset, 20 + 15 * uniform(seed, "rise", number), 15 + 20 * uniform(seed, "hold", number)


def _time(of: Sample | Tally) -> int:
    return of.time


def uniform(seed: int, what: str, number: int) -> float:
    """A number in (0, 1) that belongs to these three, on every machine and in every version."""
    digest = hashlib.blake2b(f"{seed}/{what}/{number}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") + 0.5) / 2**64


def _normal(seed: int, what: str, number: int) -> float:
    return _STANDARD.inv_cdf(uniform(seed, what, number))


_STANDARD = NormalDist()
