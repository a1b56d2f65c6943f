"""How connectors wait: for a peer that is away, and for a hub that can't take readings just now."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime

from quality_creator.factory.intake import Batch, Outcome, Sink, Tally
from quality_creator.model.errors import Unavailable

FIRST_S, LONGEST_S = 0.25, 15.0


def waits() -> Iterator[float]:
    """Seconds to wait before each next try.

    >>> tries = waits(); [next(tries) for _ in range(8)]
    [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0]
    """
    wait = FIRST_S
    while True:
        yield wait
        wait = min(2 * wait, LONGEST_S)


async def offer(sink: Sink, batch: Batch, tally: Tally, clock: Callable[[], datetime]) -> Outcome:
    """Offer a batch until it is taken. Until then its sender hears nothing, and keeps it too."""
    for wait in waits():
        try:
            outcome = await sink(batch)
        except Unavailable as error:
            tally.complain(str(error))
            await asyncio.sleep(wait)
        else:
            tally.add(outcome, clock())
            return outcome
    raise AssertionError("waits() has no end")
