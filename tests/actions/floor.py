"""A factory floor for the tests of taking in: two characteristics, a database, an Ingest that runs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from quality_creator.actions.ingest import Ingest, Judged
from quality_creator.config import Config, loads
from quality_creator.factory.intake import Batch
from quality_creator.model.clock import Micros, micros
from quality_creator.model.event import Point
from quality_creator.model.ids import CharacteristicId, GaugeId
from quality_creator.model.reading import Count, Measurement, Refusal, Status
from quality_creator.store.database import Database, open_folder

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)

Name = Literal["peel", "moisture"]

FLOOR = """
[[lines]]
id = "board"
name = { zh-Hans = "板材线", en = "Board line" }

[[characteristics]]
id = "moisture"
name = { zh-Hans = "含水率", en = "Moisture" }
unit = "%"
line = "board"
[characteristics.specification]
lower = 6.0
upper = 10.0
[characteristics.chart]
estimate_from = 5

[[characteristics]]
id = "peel"
name = { zh-Hans = "剥离力", en = "Peel force" }
unit = "N/mm"
line = "board"
public = false
[characteristics.chart]
kind = "xbar-r"
size = 3
limits = { center = 3.0, sigma = 0.3 }
"""


def config(text: str = FLOOR) -> Config:
    """The floor, or another one."""
    return loads(text, folder=Path(), environment={})


def measured(
    sequence: int,
    value: float = 8.0,
    *,
    of: Name = "moisture",
    at: int | None = None,
    status: Status = "good",
    gauge: str = "press",
    tag: str = "",
) -> Measurement:
    """One measurement, `at` milliseconds (without it, its sequence) after `NOW`."""
    return Measurement(
        characteristic=CharacteristicId(of),
        value=value,
        time=Micros(micros(NOW) + 1000 * (sequence if at is None else at)),
        gauge=GaugeId(gauge),
        sequence=sequence,
        status=status,
        tag=tag,
    )


def batch(
    *measurements: Measurement, counts: Sequence[Count] = (), refusals: Sequence[Refusal] = ()
) -> Batch:
    """What one message brought."""
    return Batch(
        GaugeId("press"),
        measurements,
        range(len(measurements)),
        counts,
        range(len(counts)),
        refusals,
    )


@dataclass
class Running:
    """An Ingest that runs, and what it told."""

    ingest: Ingest
    database: Database
    told: list[Judged] = field(default_factory=list)

    @property
    def points(self) -> list[Point]:
        """Every point told, in order."""
        return [point for judged in self.told for _, point in judged.points]


@asynccontextmanager
async def running(folder: Path, configuration: Config | None = None) -> AsyncIterator[Running]:
    """Open the folder's database, run an Ingest on it, and stop it at the end."""
    database = await open_folder(folder)
    try:
        ingest = await Ingest.open(database, configuration or config(), clock=lambda: NOW)
        found = Running(ingest, database)
        ingest.subscribe(found.told.append)
        task = asyncio.create_task(ingest.run())
        try:
            yield found
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if not task.cancelled():
                task.result()
    finally:
        await database.close()
