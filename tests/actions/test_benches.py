"""States and traces on their way in: each once, judged, and still there after a restart."""

import asyncio
from pathlib import Path

import pytest

from quality_creator.config import Config
from quality_creator.factory.intake import Batch
from quality_creator.model.clock import Micros, micros
from quality_creator.model.errors import BadInput
from quality_creator.model.ids import GaugeId, LineId
from quality_creator.model.reading import LineState, Trace
from quality_creator.store import traces
from tests.actions.floor import FLOOR, NOW, config, running

BENCH = (
    FLOOR.replace('id = "board"\n', 'id = "board"\noee = { ideal_cycle_s = 2.0 }\n')
    + """
[[traces]]
id = "slide"
name = { zh-Hans = "滑轨力", en = "Slide force" }
line = "board"
x = { name = { zh-Hans = "行程", en = "Travel" }, unit = "mm" }
y = { name = { zh-Hans = "力", en = "Force" }, unit = "N" }
upper = [[0, 20], [100, 20]]
lower = [[0, 2], [100, 2]]
"""
)
GAUGE = GaugeId("press")


def trace(sequence: int, *y: float | None) -> Trace:
    step = 100.0 / (len(y) - 1)
    return Trace(
        test="slide",
        gauge=GAUGE,
        sequence=sequence,
        time=micros(NOW),
        specimen=f"A-{sequence}",
        x=tuple(step * i for i in range(len(y))),
        y=y,
    )


def said(second: int, state: str) -> LineState:
    return LineState(line="board", time=Micros(micros(NOW) + second * 1_000_000), state=state)  # type: ignore[arg-type]


def test_a_trace_is_judged_once_when_it_comes_and_kept_with_its_envelope(tmp_path: Path) -> None:
    async def main() -> None:
        async with running(tmp_path, config(BENCH)) as floor:
            first = await floor.ingest.take(
                Batch(GAUGE, traces=[trace(1, 5, 19, 5), trace(2, 5, 25, 5), trace(3, 5, None, 5)])
            )
            assert (first.accepted, first.overtaken) == (3, 0)
            again = await floor.ingest.take(Batch(GAUGE, traces=[trace(2, 5, 6, 5), trace(4, 5, 6, 7)]))
            assert (again.accepted, again.overtaken) == (1, 1)
            rows = await floor.database.look(traces.newest, "slide", 10)
            assert [(row.sequence, row.result["verdict"]) for row in rows] == [
                (4, "pass"),
                (3, "incomplete"),
                (2, "fail"),
                (1, "pass"),
            ]
            assert rows[2].result["margin"] == -5.0
            kept = await floor.database.look(traces.one, "slide", rows[1].id)
            assert kept is not None
            assert kept.y == (5.0, None, 5.0)
            assert kept.envelope["upper"] == [[0.0, 20.0], [100.0, 20.0]]
            assert await floor.database.look(traces.one, "other", rows[1].id) is None

    asyncio.run(main())


def test_an_envelope_that_can_not_be_is_named_at_the_start(tmp_path: Path) -> None:
    async def main(text: str) -> None:
        async with running(tmp_path, config(text)):
            pass

    with pytest.raises(BadInput, match=r"traces\[0\]: the limits are crossed"):
        asyncio.run(main(BENCH.replace("lower = [[0, 2]", "lower = [[0, 22]")))


def test_states_move_a_line_and_older_ones_do_not_and_a_restart_goes_on(tmp_path: Path) -> None:
    async def first() -> None:
        async with running(tmp_path, config(BENCH)) as floor:
            states = [said(10, "stopped"), said(0, "running")]
            assert (await floor.ingest.take(Batch(GAUGE, states=states))).accepted == 2
            late = await floor.ingest.take(Batch(GAUGE, states=[said(5, "running")]))
            assert (late.accepted, late.overtaken) == (0, 1)
            assert floor.ingest.use(LineId("board")).state.machine == "stopped"

    async def second() -> None:
        async with running(tmp_path, config(BENCH)) as floor:
            use = floor.ingest.use(LineId("board"))
            assert (use.state.machine, use.state.stops, use.said) == ("stopped", 1, said(10, "stopped").time)

    asyncio.run(first())
    asyncio.run(second())


def test_a_line_with_oee_and_a_test_are_read_from_the_configuration() -> None:
    found: Config = config(BENCH)
    [line] = found.lines
    assert line.oee is not None
    assert line.oee.shifts[0].start == "00:00"
    assert found.traces[0].upper == ((0.0, 20.0), (100.0, 20.0))
