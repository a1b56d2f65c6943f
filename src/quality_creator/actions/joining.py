"""Which values of several characteristics make one observation, and which find no partner. Pure.

Each characteristic's values wait in a queue, in the order of their arrival. Whenever there is one of each,
the first of all queues are looked at: either they belong together, or those that are too old for the newest
of them never will. Because nothing is decided before there is one of each, it does not matter in which order
the characteristics come, nor how the stream is cut; only a value that waits too long is let go by what came
meanwhile, and that is said by the order of arrival, which is kept (Kahn, 1974, on networks of queues).
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from quality_creator.model.clock import Micros
from quality_creator.model.joint import JointChart
from quality_creator.model.joint_row import Offer, Waiting
from quality_creator.model.reading import Measurement, Status

Arrival = tuple[int, Measurement]
"""The number of a characteristic within its chart, and what came of it."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One value of each characteristic."""

    values: tuple[float, ...]
    of: tuple[int, ...]
    time: Micros
    """Of the newest value."""
    status: Status
    newest: int
    """Which characteristic's value that is."""


def nothing(seen: Sequence[int]) -> Waiting:
    """Before the first value: the characteristics' next measurements have these numbers."""
    zero = (0,) * len(seen)
    return Waiting(queues=((),) * len(seen), seen=tuple(seen), alone=zero, bad=zero)


def skipped(waiting: Waiting, seen: Sequence[int]) -> Waiting:
    """Go on at other measurements than the next ones; what waited is let go."""
    alone = tuple(count + len(queue) for count, queue in zip(waiting.alone, waiting.queues, strict=True))
    return Waiting(queues=((),) * len(seen), seen=tuple(seen), alone=alone, bad=waiting.bad)


def join(
    chart: JointChart, waiting: Waiting, arrivals: Iterable[Arrival]
) -> tuple[Waiting, list[Observation]]:
    """Take values in, in the order of their arrival.

    Args:
        chart: What belongs together.
        waiting: What the last call returned, or `nothing`.
        arrivals: Of the chart's characteristics alone.

    Returns:
        What waits then, and the observations that became complete.
    """
    queues = [deque(queue) for queue in waiting.queues]
    seen, alone, bad = list(waiting.seen), list(waiting.alone), list(waiting.bad)
    apart = round(chart.tolerance_s * 1e6) if chart.join == "time" else 0
    lags = [round(lag * 1e6) for lag in chart.lags_s] or [0] * len(queues)
    found: list[Observation] = []
    for which, one in arrivals:
        index, seen[which] = seen[which], seen[which] + 1
        if one.status == "bad":
            bad[which] += 1
            continue
        key = one.time - lags[which] if chart.join == "time" else one.sequence
        queues[which].append(Offer(index, one.time, one.value, key, one.status == "uncertain"))
        if len(queues[which]) > chart.wait:
            queues[which].popleft()
            alone[which] += 1
        while all(queues):
            newest = max(queue[0].key for queue in queues)
            old = [number for number, queue in enumerate(queues) if queue[0].key < newest - apart]
            for number in old:
                queues[number].popleft()
                alone[number] += 1
            if not old:
                found.append(_observation([queue.popleft() for queue in queues]))
    after = Waiting(queues=tuple(map(tuple, queues)), seen=tuple(seen), alone=tuple(alone), bad=tuple(bad))
    return after, found


def _observation(offers: Sequence[Offer]) -> Observation:
    newest = max(range(len(offers)), key=lambda number: offers[number].time)
    return Observation(
        values=tuple(one.value for one in offers),
        of=tuple(one.index for one in offers),
        time=offers[newest].time,
        status="uncertain" if any(one.uncertain for one in offers) else "good",
        newest=newest,
    )
