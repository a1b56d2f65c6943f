"""What the made-up factory says beside its gauges: glaze defects, machine states, a drawer slide's force.

Pure: what is said between two instants depends on the seed and on when the factory was first
looked at, never on how often one asks. Figures are invented.
"""

import math
from collections.abc import Iterator
from typing import Final

from quality_creator.demo.outbox import CountMessage, Message, StateMessage, TraceMessage, rfc3339
from quality_creator.demo.plant import SECOND, uniform
from quality_creator.model.clock import Micros

DEFECTS: Final = "tingyan/laboratory/glaze-defects"
STATE: Final = "tingyan/board/state"
SLIDE: Final = "tingyan/laboratory/slide-force"

DEFECT_RATE: Final = 0.05
IDEAL_CYCLE_S: Final = 2.3
SLIDE_UPPER: Final = ((0.0, 20.0), (60.0, 14.0), (320.0, 14.0), (400.0, 18.0))
SLIDE_LOWER: Final = ((0.0, 0.0), (60.0, 3.0), (400.0, 3.0))

_TRAYS: Final = 12 * SECOND
"""From one inspected tray of basins to the next."""
_SPELL: Final = 30
"""Trays from the beginning of one bad spell to that of the next; it lasts for five."""
_ROUND: Final = 95 * SECOND
"""The line stands still once in this time, for seven seconds."""
_SLIDES: Final = 20 * SECOND
_STIFF: Final = 7
"""Every so manieth slide is too stiff where it closes."""


def messages(seed: int, start: Micros, after: Micros, until: Micros) -> list[tuple[Micros, Message]]:
    """Everything that is said after one instant and up to another, in the order of time."""
    found: list[tuple[Micros, Message]] = []
    for number, time in _beats(start, after, until, _TRAYS, 11 * SECOND):
        found.append((time, _tray(seed, number, time)))
    for offset, state in ((0, "running"), (60, "stopped"), (67, "running")):
        for _, time in _beats(start, after, until, _ROUND, offset * SECOND + 1):
            found.append((time, StateMessage(tag=STATE, state=state, time=rfc3339(time))))
    for number, time in _beats(start, after, until, _SLIDES, 8 * SECOND + 2):
        found.append((time, _slide(seed, number, time)))
    return sorted(found, key=lambda pair: pair[0])


def _beats(
    start: Micros, after: Micros, until: Micros, period: int, beat: int
) -> Iterator[tuple[int, Micros]]:
    number = max((after - start - beat) // period + 1, 0)
    while (time := start + number * period + beat) <= until:
        yield number, Micros(time)
        number += 1


def _tray(seed: int, number: int, time: Micros) -> CountMessage:
    inspected = 36 + int(25 * uniform(seed, "tray", number))
    rate = DEFECT_RATE * (3.5 if number % _SPELL >= _SPELL - 5 else 1.0)
    found = sum(uniform(seed, f"basin/{number}", basin) < rate for basin in range(inspected))
    return CountMessage(
        tag=DEFECTS, value=found, found_in=inspected, unit="pcs", time=rfc3339(time), sequence=time
    )


def _slide(seed: int, number: int, time: Micros) -> TraceMessage:
    """Breaking away, running, and the damper before the end; force in N over travel in mm."""
    level = 7.5 + 1.5 * uniform(seed, "slide", number)
    damper = 11.5 if number % _STIFF == _STIFF - 1 else 6.0
    x = [8.0 * step for step in range(51)]
    y = [
        round(
            level * (1 - math.exp(-travel / 6))
            + 4.0 * math.exp(-(((travel - 16) / 14) ** 2))
            + damper / (1 + math.exp((375 - travel) / 9))
            + 0.5 * (uniform(seed, f"slide/{number}", round(travel)) - 0.5),
            2,
        )
        for travel in x
    ]
    return TraceMessage(
        tag=SLIDE, specimen=f"S-{number + 1:04d}", x=x, y=y, time=rfc3339(time), sequence=time
    )
