"""How much time is left: of the item, and of the show against its plan."""

from typing import Literal

import msgspec

from quality_creator.model.clock import Micros
from quality_creator.show.state import State

SOON_S = 60
CLOSE_S = 15
"""From when on the rest of an item is marked."""

Phase = Literal["idle", "running", "soon", "close", "over"]


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """What a clock needs to count by itself; everything else follows from these and from now."""

    began: Micros | None
    item_began: Micros | None
    item_ends: Micros | None
    """When the item on air should end; None when it has no planned length."""
    after_s: int
    """What is planned behind it."""
    planned_end: Micros | None
    """When the show should end: its start and all planned lengths."""


def timing(state: State) -> Timing:
    """The instants of a show."""
    ends = None
    if state.item_began is not None and state.item_planned_s:
        ends = Micros(state.item_began + state.item_planned_s * 1_000_000)
    total = sum(item.planned_s for item in state.rundown)
    return Timing(
        began=state.began,
        item_began=state.item_began,
        item_ends=ends,
        after_s=_after_s(state),
        planned_end=None if state.began is None else Micros(state.began + total * 1_000_000),
    )


def _after_s(state: State) -> int:
    """The planned lengths from the next item on: what is skipped is not counted, what is repeated is."""
    names = [item.id for item in state.rundown]
    if state.next is None:
        return 0
    return sum(item.planned_s for item in state.rundown[names.index(state.next) :])


def phase(times: Timing, now: Micros) -> Phase:
    """How urgent the item on air is."""
    if times.item_began is None:
        return "idle"
    if times.item_ends is None:
        return "running"
    left = (times.item_ends - now) / 1e6
    if left < 0:
        return "over"
    return "close" if left <= CLOSE_S else "soon" if left <= SOON_S else "running"


def over_s(times: Timing, now: Micros) -> float | None:
    """By how much the show will end late if all that is left takes as long as planned; early is negative."""
    if times.planned_end is None:
        return None
    free = now if times.item_ends is None else max(now, times.item_ends)
    return (free + times.after_s * 1_000_000 - times.planned_end) / 1e6
