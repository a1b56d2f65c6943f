"""The graphics as data in the stream: what is burned into the picture, at its very frame."""

from collections.abc import Sequence

import msgspec

from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.event import FrameData, TimedMessage
from quality_creator.model.mix import Graphic
from quality_creator.model.stream import FRAME_TICKS, PART_TICKS

Change = tuple[MediaTime, tuple[Graphic, ...]]
"""What lies over the picture from a position on."""


def due(changes: Sequence[Change], until: MediaTime) -> tuple[list[Change], list[Change]]:
    """The changes before a position, and those that come later."""
    now = [change for change in changes if change[0] < until]
    return now, [change for change in changes if change[0] >= until]


def after(start: MediaTime) -> MediaTime:
    """The position behind a part."""
    return MediaTime(start + PART_TICKS)


def with_graphics(
    messages: Sequence[TimedMessage], changes: Sequence[Change], start: MediaTime, utc: Micros
) -> list[TimedMessage]:
    """A part's messages with the changes in it; one before the part stands at its first picture.

    Args:
        messages: Of the part, in order.
        changes: In order; of several at one picture the last counts.
        start: The part's first picture.
        utc: Its wall time.
    """
    found = list(messages)
    for position, graphics in changes:
        at = max(position, start)
        there = next(
            (n for n, m in enumerate(found) if m.at == at and isinstance(m.message, FrameData)), None
        )
        if there is not None:
            message = msgspec.structs.replace(found[there].message, graphics=graphics)
            found[there] = TimedMessage(at=at, message=message)
        else:
            time = Micros(utc + (at - start) // FRAME_TICKS * 40_000)
            found.append(TimedMessage(at=at, message=FrameData(utc=time, graphics=graphics)))
    # Definitions come before the data of the same picture.
    return sorted(found, key=lambda timed: (timed.at, isinstance(timed.message, FrameData)))
