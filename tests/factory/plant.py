"""A small plant for the tests of this room: its configuration, its clock, and a sink that remembers."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from quality_creator.config import Config, loads
from quality_creator.factory.intake import Batch, Outcome
from quality_creator.model.errors import Unavailable
from quality_creator.model.reading import Measurement

NOW = datetime(2026, 5, 4, 8, 30, tzinfo=UTC)

LINES = """
[[lines]]
id = "board"
name = { zh-Hans = "板材线", en = "Board line" }
oee = { ideal_cycle_s = 2.0 }

[[traces]]
id = "slide"
name = { zh-Hans = "滑轨力", en = "Slide force" }
line = "board"
x = { name = { zh-Hans = "行程", en = "Travel" }, unit = "mm" }
y = { name = { zh-Hans = "力", en = "Force" }, unit = "N" }
upper = [[0, 20], [100, 20]]

[[characteristics]]
id = "moisture"
name = { zh-Hans = "含水率", en = "Moisture" }
unit = "%"
line = "board"

[[characteristics]]
id = "thickness"
name = { zh-Hans = "漆膜厚度", en = "Film thickness" }
unit = "mm"
line = "board"

[[characteristics]]
id = "oven"
name = { zh-Hans = "炉温", en = "Oven" }
unit = "°C"
line = "board"
"""


def config(gauges: str, folder: Path = Path()) -> Config:
    """The plant with these gauges."""
    return loads(LINES + gauges, folder=folder, environment={})


def clock() -> datetime:
    """A clock for connectors that are tested against the real time."""
    return datetime.now(UTC)


@dataclass
class Remembering:
    """Takes every batch, after refusing to `absent` times, and remembers what it took."""

    absent: int = 0
    batches: list[Batch] = field(default_factory=list)

    async def __call__(self, batch: Batch) -> Outcome:
        if self.absent:
            self.absent -= 1
            raise Unavailable("the disk is full")
        self.batches.append(batch)
        accepted = len(batch.measurements) + len(batch.counts)
        return Outcome(accepted, refusals=tuple(batch.refusals))

    @property
    def measurements(self) -> Iterator[Measurement]:
        """Everything taken, in the order of its arrival."""
        return itertools.chain.from_iterable(batch.measurements for batch in self.batches)
