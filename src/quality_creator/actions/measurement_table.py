"""An episode's measurements as one Parquet table, for buyers and engineers: written once, compared by anyone.

One row for each measurement that was shown, in the order of the stream; what the columns mean is in
docs/proof/measurements.md and stands in the file itself. All of it follows from the batches that were stamped
into the segments, so whoever has these can tell whether the table says the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from quality_creator.model.characteristic import Specification
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadPayload, Unavailable
from quality_creator.model.event import Definition, Definitions, FrameData, Point, TimedMessage
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.text import Text

if TYPE_CHECKING:
    import pyarrow

SCHEMA = "quality-creator/measurements/1"

COLUMNS: dict[str, tuple[str, str]] = {
    "characteristic": ("word", "Id of the quality characteristic that was measured."),
    "unit": ("word", "The unit of value, location, spread, lower and upper; empty for counts."),
    "index": ("number", "Number of the measurement within its characteristic, from 0, without gaps."),
    "time": ("instant", "When it was measured, as its source says; UTC, microseconds."),
    "value": ("real", "What was measured."),
    "status": ("word", "good, uncertain or bad, as its source says; bad ones are not judged."),
    "found_in": ("real", "Of a count: the items inspected, or the units looked at."),
    "segment": ("number", "Which batch of measurements.ndjson it stands in, from 0."),
    "at": ("number", "The frame of the picture that it was shown with: ticks of 1/90000 s."),
    "shown": ("instant", "The wall time of that frame; UTC, microseconds."),
    "late": ("truth", "Whether it reached the hub after its own frame had gone."),
    "plotted": ("number", "Number of the point of the chart that it completes; none while a subgroup fills."),
    "location": ("real", "What the upper chart plots: individual, mean, proportion, count, EWMA, C+."),
    "spread": ("real", "What the lower chart plots: moving range, range, deviation, C-."),
    "lower": ("real", "The point's own lower limit, where it differs from the chart's."),
    "upper": ("real", "The point's own upper limit, where it differs from the chart's."),
    "signals": ("words", "The rules that hold at the point; one that began earlier ends in '...'."),
}
"""Type and meaning of each column, in their order."""

KINDS = {
    "word": "text",
    "words": "list of text",
    "number": "64-bit integer",
    "real": "64-bit float",
    "truth": "true or false",
    "instant": "time stamp, microseconds, UTC",
}
"""What the types are called in the documentation."""

OPTIONAL = frozenset({"found_in", "plotted", "location", "spread", "lower", "upper"})
"""Columns that may be without a value."""

MOST = 1 << 30
"""Bytes of memory that reading a table may take: that of an hour, 41,000 rows, takes some 20 million."""

_MISSING = "the measurements' table needs pyarrow: pip install 'quality-creator[parquet]'"

Columns = dict[str, list[Any]]


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says of a characteristic."""

    characteristic: CharacteristicId
    name: Text
    unit: str
    line: str
    chart: str
    specification: Specification | None


def readable() -> bool:
    """Whether tables can be read and written here."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError:
        return False
    return True


def columns(batches: Iterable[Sequence[TimedMessage]]) -> tuple[Columns, tuple[Described, ...]]:
    """The table's columns, and what it says of each characteristic, by its last definition."""
    rows: list[Point] = []
    frames: list[tuple[int, int, Micros]] = []
    known: dict[CharacteristicId, Definition] = {}
    for number, batch in enumerate(batches):
        for timed in batch:
            match timed.message:
                case Definitions(characteristics=definitions):
                    known |= {one.characteristic: one for one in definitions}
                case FrameData(utc=shown, points=points):
                    rows += points
                    frames += [(number, timed.at, shown)] * len(points)
    described = tuple(_described(known[name]) for name in sorted(known))
    unit_of = {one.characteristic: one.unit for one in described}
    found: Columns = {
        "unit": [unit_of.get(point.characteristic, "") for point in rows],
        "segment": [number for number, _, _ in frames],
        "at": [at for _, at, _ in frames],
        "shown": [shown for _, _, shown in frames],
        "signals": [_rules(point) if point.signals else [] for point in rows],
    }
    for name in COLUMNS.keys() - found.keys():
        found[name] = list(map(attrgetter(name), rows))
    return found, described


def _rules(point: Point) -> list[str]:
    return [one.rule + "..." * one.continuing for one in point.signals]


def _described(one: Definition) -> Described:
    return Described(
        characteristic=one.characteristic,
        name=one.name,
        unit=one.unit,
        line=one.line,
        chart=one.chart,
        specification=one.specification,
    )


def encode(batches: Iterable[Sequence[TimedMessage]], *, episode: str) -> bytes:
    """The Parquet file of an episode; the same batches give the same bytes with one version of pyarrow.

    Raises:
        Unavailable: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise Unavailable(_MISSING) from error
    table = _table(*columns(batches), episode=episode)
    out = pa.BufferOutputStream()
    parquet.write_table(table, out, compression="zstd", coerce_timestamps="us", version="2.6")
    data: bytes = out.getvalue().to_pybytes()
    return data


def differs(data: bytes, batches: Iterable[Sequence[TimedMessage]], *, episode: str) -> str:
    """What in a Parquet file is not what the batches say; empty when it is the same.

    Raises:
        BadPayload: it can't be read as such a file.
        Unavailable: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise Unavailable(_MISSING) from error
    expected = _table(*columns(batches), episode=episode)
    try:
        with _bounded():
            file = parquet.ParquetFile(pa.BufferReader(data))
            if not file.schema_arrow.equals(expected.schema, check_metadata=True):
                return "its columns or what it says of the characteristics are not those of the stream"
            if file.metadata.num_rows != len(expected):  # before they are unpacked: few bytes can be many
                return f"it has {file.metadata.num_rows} rows, and {len(expected)} measurements were shown"
            found = file.read()
            found.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise BadPayload(f"a table that can't be read: {str(error)[:200]}") from error
    return next((f"its column {name} is another" for name in COLUMNS if found[name] != expected[name]), "")


@contextmanager
def _bounded() -> Iterator[None]:
    """No more memory than `MOST` above what the process has, where the system can see to that.

    A word of some megabytes that a dictionary has once can stand in every row: nothing in the file says
    truly how much it comes to.
    """
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most, hard = resource.getrlimit(resource.RLIMIT_AS)
        here = pages * resource.getpagesize() + MOST
    except (ImportError, OSError):
        yield
        return
    if most != resource.RLIM_INFINITY and most < here:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (here, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _table(found: Columns, described: Sequence[Described], *, episode: str) -> "pyarrow.Table":
    import pyarrow as pa

    kinds = {
        "word": pa.string(),
        "words": pa.list_(pa.field("element", pa.string(), nullable=False)),
        "number": pa.int64(),
        "real": pa.float64(),
        "truth": pa.bool_(),
        "instant": pa.timestamp("us", tz="UTC"),
    }
    fields = [
        pa.field(name, kinds[kind], nullable=name in OPTIONAL, metadata={"description": words})
        for name, (kind, words) in COLUMNS.items()
    ]
    about = {
        "schema": SCHEMA,
        "episode": episode,
        "characteristics": msgspec.json.encode(described).decode(),
    }
    schema = pa.schema(fields, metadata=about)
    return pa.table([pa.array(found[one.name], one.type) for one in fields], schema=schema)
