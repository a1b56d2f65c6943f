"""Read from a table what a chart plots: values in their order, and the subgroups they belong to."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from quality_creator.model.errors import BadInput, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from quality_creator.actions.cell import Decimal
    from quality_creator.actions.table import Columns, Table
    from quality_creator.quality.chart import Kind


@dataclass(frozen=True, slots=True)
class Source:
    """Where the values are, as the command was told."""

    file: Path
    value: str | None
    subgroup: str | None
    size: str | None
    """A number, or for counts the column that says what they were found in."""
    decimal: "Decimal | None"
    encoding: str | None


@dataclass(frozen=True, slots=True)
class Series:
    """The values of a chart as `quality.control` takes them."""

    name: str
    """Of the column or columns."""
    values: "NDArray[np.float64]"
    """Shape (points, values of a point)."""
    size: int = 1
    """Of the plan."""
    variables: int = 1
    labels: tuple[str, ...] | None = None
    """Of the points, where the file names its subgroups."""
    notes: tuple[str, ...] = ()
    """What was assumed or left out."""


def read_series(kind: "Kind", source: Source) -> Series:
    """Read what a chart of this kind needs.

    Raises:
        BadInput: the table has not what the chart needs; the text says what to give.
    """
    match kind:
        case "i-mr":
            return _single(kind, source)
        case "xbar-r" | "xbar-s" | "ewma" | "cusum":
            return _subgrouped(kind, source)
        case "c" | "np" | "p" | "u" | "laney-p" | "laney-u":
            return _counted(kind, source)
        case "t2" | "mewma":
            return _multivariate(kind, source)


def _single(kind: "Kind", source: Source) -> Series:
    if source.subgroup is not None or source.size not in (None, "1"):
        raise BadInput(f"{kind} plots single values; leave --subgroup and --size out, or choose xbar-r")
    columns = _columns(source)
    if columns.subgroups is not None:
        raise BadInput(f"{kind} plots one column; choose it with --value NAME")
    return Series(columns.value_name, columns.values[:, None], notes=columns.notes)


def _subgrouped(kind: "Kind", source: Source) -> Series:
    columns = _columns(source)
    if columns.subgroups is not None:
        if source.size is not None:
            raise BadInput("the file says which subgroup a value belongs to; leave --size out")
        return _labelled(columns)
    size = _whole(source.size) if source.size is not None else 1
    if size == 1 and kind in ("xbar-r", "xbar-s"):
        raise BadInput(
            f"{kind} needs subgroups: --size N for every N values in a row, --subgroup COLUMN where a "
            "column names them, or several columns in --value; for single values choose --chart i-mr"
        )
    values, notes = _cut(columns.values[:, None], size, columns.notes)
    return Series(columns.value_name, values, size, notes=notes)


def _counted(kind: "Kind", source: Source) -> Series:
    import numpy as np

    if source.subgroup is not None:
        raise BadInput(f"a row of {kind} is a point; leave --subgroup out")
    if kind == "c" and source.size not in (None, "1"):
        raise BadInput("c counts in units of one size; leave --size out, or choose --chart u")
    size = "1" if kind == "c" else source.size
    if size is None:
        noun = "units" if kind in ("u", "laney-u") else "items"
        raise BadInput(f"{kind} needs the number of {noun} of each count: --size N, or --size COLUMN")
    table = _table(source)
    found_in = None if _is_number(size) else table.index(size, "--size")
    taken = () if found_in is None else (found_in,)
    place = table.index(source.value) if source.value else table.only_numeric(other_than=taken)
    name, counts = table.names[place], table.numbers(place)
    sizes = np.full(len(counts), float(size)) if found_in is None else table.numbers(found_in)
    _check_counts(table, place, found_in, sizes)
    if kind == "c":
        return Series(name, counts[:, None], notes=table.notes)
    one = sizes[~np.isnan(sizes)]
    if kind == "np" and (not len(one) or (one != one[0]).any() or one[0] != int(one[0])):
        raise BadInput("np needs one whole number of items in all rows; where it differs choose --chart p")
    if kind in ("p", "np", "laney-p") and (counts > sizes).any():
        row = int((counts > sizes).argmax())
        what = Words("is more than the {inspected:g} that were inspected", inspected=sizes[row])
        raise table.bad_cell(row, place, what)
    if kind != "np":
        return Series(name, np.stack((counts, sizes), axis=1), notes=table.notes)
    return Series(name, np.where(np.isnan(sizes), np.nan, counts)[:, None], int(one[0]), notes=table.notes)


def _check_counts(table: "Table", place: int, found_in: int | None, sizes: "NDArray[np.float64]") -> None:
    """Refuse what is no count, by line and column; what a number in --size can't be, the chart refuses."""
    import numpy as np

    counts = table.numbers(place)
    wrong = (counts < 0) | (counts != np.floor(counts)) & ~np.isnan(counts)
    if wrong.any():
        raise table.bad_cell(int(wrong.argmax()), place, Words("is no count: a whole number, 0 or more"))
    if found_in is not None and (sizes <= 0).any():
        what = Words("is no number of items or units: above 0; leave a row without any out")
        raise table.bad_cell(int((sizes <= 0).argmax()), found_in, what)


def _multivariate(kind: "Kind", source: Source) -> Series:
    import numpy as np

    table = _table(source)
    group = None if source.subgroup is None else table.index(source.subgroup, "--subgroup")
    if source.value is None:
        places = [place for place in table.numeric_columns() if place != group]
    else:
        places = [table.index(part) for part in source.value.split(",")]
    if len(set(places)) < max(2, len(places)):
        raise BadInput(
            f"{kind} judges 2 or more columns together: --value NAME,NAME; there is {table.listing()}"
        )
    name = ", ".join(table.names[place] for place in places)
    rows = np.stack([table.numbers(place) for place in places], axis=1)
    size, labels, notes = 1, None, table.notes
    if group is not None:
        if source.size is not None:
            raise BadInput("the file says which subgroup a row belongs to; leave --size out")
        labels, order, counts = _groups(tuple(table.labels(group)))
        if (counts != counts[0]).any():
            raise BadInput(
                f"{kind} needs subgroups of one size; they have {counts.min()} to {counts.max()} rows"
            )
        size, rows = int(counts[0]), rows[order]
    elif source.size is not None:
        size = _whole(source.size)
    if size > 1 and kind == "mewma":
        raise BadInput("mewma plots single rows; leave --subgroup and --size out")
    values, notes = _cut(rows, size, notes)
    return Series(name, values, size, len(places), labels, notes)


def _columns(source: Source) -> "Columns":
    from quality_creator.actions.table import read_columns

    return read_columns(
        source.file,
        value=source.value,
        subgroup=source.subgroup,
        decimal=source.decimal,
        encoding=source.encoding,
    )


def _table(source: Source) -> "Table":
    from quality_creator.actions.table import read_table

    return read_table(source.file, decimal=source.decimal, encoding=source.encoding)


def _labelled(columns: "Columns") -> Series:
    """A row for each subgroup, in the order in which the file first names them, padded with NaN."""
    import numpy as np

    assert columns.subgroups is not None
    labels, order, counts = _groups(columns.subgroups)
    # Missing values move behind those that are there.
    starts = np.concatenate(([0], np.cumsum(counts)))
    rows = np.full((len(labels), int(counts.max())), np.nan)
    for number, (first, last) in enumerate(pairwise(starts.tolist())):
        values = columns.values[order[first:last]]
        there = values[~np.isnan(values)]
        rows[number, : len(there)] = there
    return Series(columns.value_name, rows, rows.shape[1], labels=labels, notes=columns.notes)


def _groups(labels: tuple[str, ...]) -> "tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]":
    """Each label once, the rows ordered by it, and how many rows each has."""
    import numpy as np

    known: dict[str, int] = {}
    marks = np.array([known.setdefault(label, len(known)) for label in labels])
    return tuple(known), np.argsort(marks, kind="stable"), np.bincount(marks)


def _cut(
    rows: "NDArray[np.float64]", size: int, notes: tuple[str, ...]
) -> "tuple[NDArray[np.float64], tuple[str, ...]]":
    """Every `size` rows as one; a rest that is no subgroup is left out and said."""
    rest = len(rows) % size
    if rest:
        notes = (
            *notes,
            f"the last {rest} of {len(rows)} rows don't fill a subgroup of {size} and are left out",
        )
        rows = rows[: len(rows) - rest]
    if not len(rows):
        raise BadInput(f"there is not one whole subgroup of {size}")
    return rows.reshape(-1, size * rows.shape[1]), notes


def _whole(text: str) -> int:
    try:
        size = int(text)
    except ValueError:
        raise BadInput(
            f"--size is a whole number here, not {text!r}; a column of names is --subgroup"
        ) from None
    if size < 1:
        raise BadInput(f"--size is 1 or more, not {size}")
    return size


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
