"""A recorded file of readings, replayed from now on at its own or a multiplied pace.

    tag,time,value,sequence,status,unit,found_in
    moisture,2026-05-04T08:30:00.25Z,8.12,1,good,%,

`tag`, `time` and `value` must be there; the order of the columns is free. Times and units are those
of the gauge's mapping. The first row comes at once, the others as far behind it as they are in
the file, divided by the pace; each reading bears the time at which it comes. Rows of one tag with
the same sequence are one reading sent twice, as a machine would; a replay is never a double of
an earlier one.
"""

import asyncio
import contextlib
import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from quality_creator.config import CsvGauge
from quality_creator.factory.intake import Batch, ConnectorStatus, Sink, Tally
from quality_creator.factory.mapping import LARGEST, Refused, measurement
from quality_creator.factory.patience import offer
from quality_creator.factory.routes import Clock, GaugeMapping, Route
from quality_creator.model.clock import Micros, micros
from quality_creator.model.errors import BadInput
from quality_creator.model.ids import GaugeId
from quality_creator.model.reading import Measurement, Reason

COLUMNS = ("tag", "time", "value", "sequence", "status", "unit", "found_in")
NEEDED = COLUMNS[:3]

AT_ONCE = 1_000
"""The most rows that are offered together."""

PAUSE_S = 1.0
"""Between two rounds of a loop, in the file's time, where all rows have the same time."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row, checked and converted."""

    offset: int
    """Microseconds behind the file's first row."""
    number: int
    """What its sequence is within a round: rows that are one reading share it."""
    measurements: tuple[Measurement, ...]
    """One for each characteristic of its tag, with the file's time."""


# --- pure: what a file says ----------------------------------------------------------------------


def read_text(mapping: GaugeMapping, text: str) -> list[Recorded]:
    """The rows of a file in the order of their times.

    Raises:
        BadInput: a cell is not what it must be; the text names line and column.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise BadInput(f"line {reader.line_num}: not CSV: {error}") from error
    if not rows:
        raise BadInput("the file has no rows")
    found = [_row(mapping, header, line, row) for line, row in rows]
    found.sort(key=lambda pair: pair[1][0].time)
    first = found[0][1][0].time
    numbers: dict[tuple[str, int], int] = {}
    return [
        Recorded(all_[0].time - first, numbers.setdefault((tag, all_[0].sequence), number), all_)
        for number, (tag, all_) in enumerate(found)
    ]


def _check_header(header: Sequence[str]) -> None:
    missing = [name for name in NEEDED if name not in header]
    unknown = [name for name in header if name not in COLUMNS]
    if missing or unknown or len(set(header)) != len(header):
        raise BadInput(
            f"line 1: the columns are {', '.join(header) or 'none'}; needed: {', '.join(NEEDED)}; "
            f"allowed: {', '.join(COLUMNS)}, each once"
        )


def _row(
    mapping: GaugeMapping, header: Sequence[str], line: int, row: Sequence[str]
) -> tuple[str, tuple[Measurement, ...]]:
    if len(row) != len(header):
        raise BadInput(f"line {line}: {len(row)} cells; the header has {len(header)} columns")
    cells = {name: cell.strip() for name, cell in zip(header, row, strict=True) if cell.strip()}
    tag = cells.get("tag", "")
    routes = mapping.reading_tags.get(tag)
    if routes is None:
        known = ", ".join(map(repr, mapping.reading_tags)) or "none"
        raise BadInput(f"line {line}, column tag: received {tag!r}; allowed: {known}")
    return tag, tuple(_measurement(route, tag, cells, line) for route in routes.readings)


def _measurement(route: Route, tag: str, cells: Mapping[str, str], line: int) -> Measurement:
    item: dict[str, Any] = dict(cells)
    numbers = ["value", "sequence", "found_in", *(["time"] if route.time_format != "rfc3339" else [])]
    item |= {name: _number(cells[name]) for name in numbers if name in cells}
    item.setdefault("sequence", line)
    try:
        return measurement(replace(route, **_CELLS), tag, item, _ANY_TIME)
    except Refused as error:
        column = _COLUMN.get(error.reason)
        where = f"line {line}, column {column}" if column else f"line {line}"
        raise BadInput(f"{where}: {error.detail}") from error


def _number(cell: str) -> int | float | str:
    """A cell's number; what is none stays text, and the mapping refuses it."""
    for kind in (int, float):
        if _NUMBER.fullmatch(cell):
            with contextlib.suppress(ValueError):
                return kind(cell)
    return cell


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

_ANY_TIME = Clock(Micros(LARGEST), 0)
"""What was recorded may bear any time."""

_CELLS: dict[str, Any] = {
    "value": "value",
    "time": "time",
    "sequence": "sequence",
    "status": "status",
    "unit_field": "unit",
    "found_in": "found_in",
}
"""Columns have names of their own, whatever the mapping calls the fields of a payload."""

_COLUMN: dict[Reason, str] = {
    "bad-value": "value",
    "bad-time": "time",
    "bad-sequence": "sequence",
    "bad-status": "status",
    "wrong-unit": "unit",
}


@dataclass(frozen=True, slots=True)
class Round:
    """One pass through the file: when it began, and the number of its first row."""

    began: Micros
    first: int
    pace: float

    def due(self, row: Recorded) -> int:
        """Microseconds after the beginning at which a row comes."""
        return round(row.offset / self.pace)

    def batch(self, gauge: GaugeId, rows: Sequence[Recorded]) -> Batch:
        """Rows as they come now."""
        measurements = [
            msgspec.structs.replace(
                one, time=Micros(self.began + self.due(row)), sequence=self.first + row.number
            )
            for row in rows
            for one in row.measurements
        ]
        return Batch(gauge, measurements, range(len(measurements)))


# --- the gauge -----------------------------------------------------------------------------------


class CsvConnector:
    """A file that plays the machine."""

    def __init__(
        self, gauge: CsvGauge, mapping: GaugeMapping, clock: Callable[[], datetime], *, path: Path
    ) -> None:
        """Read the whole file.

        Raises:
            BadInput: it can't be read, or a cell is wrong; the text names file, line and column.
        """
        self._gauge = gauge
        self._clock = clock
        self._tally = Tally(gauge.id, "csv", clock())
        try:
            self._rows = read_text(mapping, path.read_bytes().decode("utf-8-sig"))
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadInput(f"{path}: not UTF-8 (byte {error.start}); save the file as UTF-8") from error
        except BadInput as error:
            raise BadInput(f"{path}: {error}") from error

    async def run(self, sink: Sink) -> None:
        """Replay until cancelled; without `loop` once."""
        first = 0
        while True:
            began = micros(self._clock())
            # Numbers rise from replay to replay, and from start to start of the program.
            first = max(began, first)
            await self._play(Round(began, first, self._gauge.pace), sink)
            first += len(self._rows)
            if not self._gauge.loop:
                self._tally.enter("lost", self._clock())
                self._tally.complain("the file has come to its end")
                await asyncio.Event().wait()
            await asyncio.sleep(_gap(self._rows) / 1e6 / self._gauge.pace)

    def status(self) -> ConnectorStatus:
        """How it stands now; a file that was played to its end is lost."""
        return self._tally.status()

    async def _play(self, round_: Round, sink: Sink) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._tally.enter("live", self._clock())
        position = 0
        while position < len(self._rows):
            await asyncio.sleep(began + round_.due(self._rows[position]) / 1e6 - loop.time())
            passed = (loop.time() - began) * 1e6
            end = position + 1
            while (
                end < len(self._rows) and end - position < AT_ONCE and round_.due(self._rows[end]) <= passed
            ):
                end += 1
            batch = round_.batch(self._gauge.id, self._rows[position:end])
            await offer(sink, batch, self._tally, self._clock)
            position = end


def _gap(rows: Sequence[Recorded]) -> float:
    """Microseconds between the last row of a round and the first of the next: the file's mean."""
    return rows[-1].offset / (len(rows) - 1) if rows[-1].offset else PAUSE_S * 1e6
