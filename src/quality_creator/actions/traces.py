"""Laboratory traces as people look at them."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from quality_creator.actions.hub import Hub
from quality_creator.config import TraceTest
from quality_creator.model.errors import NotFound
from quality_creator.model.ids import LineId
from quality_creator.quality.trace import Envelope, TraceResult
from quality_creator.store import traces
from quality_creator.store.traces import KeptTrace, TraceRow

SHOWN = 40


@dataclass(frozen=True, slots=True)
class Judged:
    """A trace in a list."""

    row: TraceRow
    result: TraceResult


@dataclass(frozen=True, slots=True)
class Sheet:
    """A test, its newest traces, and the one that is looked at."""

    test: TraceTest
    newest: Sequence[Judged]
    shown: KeptTrace | None
    """None while there is none."""
    result: TraceResult | None
    envelope: Envelope | None


def test(hub: Hub, line: LineId, name: str) -> TraceTest:
    """A test of a line. Raises NotFound."""
    found = next((one for one in hub.config.traces if one.id == name and one.line == line), None)
    if found is None:
        raise NotFound("line {line!r} has no test {name!r}", line=line, name=name)
    return found


async def sheet(hub: Hub, line: LineId, name: str, number: int | None = None) -> Sheet:
    """A test with one of its traces, the newest without a number. Raises NotFound."""
    found = test(hub, line, name)
    rows = await hub.database.look(traces.newest, found.id, SHOWN)
    wanted = number if number is not None else rows[0].id if rows else None
    shown = None if wanted is None else await hub.database.look(traces.one, found.id, wanted)
    if wanted is not None and shown is None:
        raise NotFound("there is no trace {wanted} of {name!r}", wanted=wanted, name=name)
    return Sheet(
        found,
        [Judged(row, result(row)) for row in rows],
        shown,
        None if shown is None else result(shown),
        None if shown is None else msgspec.convert(shown.envelope, Envelope),
    )


async def newest(hub: Hub) -> dict[str, Judged]:
    """The newest trace of each test that has one."""
    found: dict[str, Judged] = {}
    for one in hub.config.traces:
        for row in await hub.database.look(traces.newest, one.id, 1):
            found[one.id] = Judged(row, result(row))
    return found


def result(row: TraceRow) -> TraceResult:
    """The verdict, in the words of the statistics room."""
    return msgspec.convert(row.result, TraceResult)
