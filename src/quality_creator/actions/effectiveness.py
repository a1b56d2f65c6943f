"""How well lines use their time, as people see it."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from quality_creator.actions.hub import Hub
from quality_creator.actions.shifts import so_far
from quality_creator.config import Line
from quality_creator.model.clock import Micros
from quality_creator.model.errors import NotFound
from quality_creator.model.ids import LineId
from quality_creator.model.reading import MachineState
from quality_creator.quality.oee import ShiftSummary
from quality_creator.store import effectiveness

SHIFTS_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Board:
    """A line's shifts."""

    line: Line
    running: ShiftSummary | None
    """None before the line has said anything."""
    machine: MachineState
    ended: Sequence[ShiftSummary]
    """The newest first."""


async def board(hub: Hub, name: LineId, now: Micros) -> Board:
    """A line's running shift and the last ones. Raises NotFound."""
    line = next((one for one in hub.config.lines if one.id == name), None)
    if line is None or line.oee is None:
        raise NotFound("there is no line {name!r} whose OEE is configured", name=name)
    use = hub.ingest.use(name)
    running, ended = so_far(line.oee, use, now)
    rows = await hub.database.look(effectiveness.last_shifts, name, SHIFTS_SHOWN)
    kept = [msgspec.convert(row, ShiftSummary) for row in rows]
    return Board(line, running, use.state.machine, [*ended[::-1], *kept][:SHIFTS_SHOWN])
