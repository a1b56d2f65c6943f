"""Read tables as people have them: any separator, decimal commas, byte-order marks, UTF-16, GB18030.

What can be told from the file is told from the file; what can't be is said in `Table.notes` or is an
error that names line and column. Numbers are read per column:

- missing cells (empty, `NA`, `NaN`, `null`, `-`, `#N/A` ...) become NaN, never 0;
- thousands separators are commas, points, spaces or apostrophes in groups of three;
- a comma is the decimal sign where the column shows it: `1.234,5`, `0,75`, or any comma in a file
  that is separated by something else. `"1,234"` in a comma-separated file is a thousand.

A column is chosen by its name or, where no column has that name, by its number counted from 1.
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from quality_creator.actions.cell import (
    MISSING,
    Decimal,
    day_first,
    decimal_sign,
    looks_like_data,
    read_number,
    read_time,
)
from quality_creator.model.errors import BadInput, NotFound, Words

if TYPE_CHECKING:  # numpy is imported where a command runs, so that `qc --help` stays quick
    import numpy as np
    from numpy.typing import NDArray

SEPARATORS = ("\t", ";", "|", ",")
"""In the order of trust: a comma may also be a decimal sign or a thousands separator."""

_SAMPLE_LINES = 200
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True, slots=True)
class Table:
    """A file's cells as text, with the lines they came from; columns become numbers when asked for."""

    source: str
    """The file's name, for messages."""
    names: tuple[str, ...]
    """As in the header; `column 1` ... without one."""
    rows: tuple[tuple[str, ...], ...]
    """Each as long as `names`."""
    lines: tuple[int, ...]
    """The line, from 1, on which each row starts."""
    separator: str
    decimal: Decimal | None = None
    """What the reader was told; None: found out per column."""
    notes: tuple[str, ...] = ()
    """What was assumed, for the person to see."""

    def index(self, column: str, option: str = "--value") -> int:
        """Which column is meant: by name, else by its number from 1."""
        wanted = column.strip()
        exact = [i for i, name in enumerate(self.names) if name == wanted]
        loose = exact or [i for i, name in enumerate(self.names) if name.casefold() == wanted.casefold()]
        if len(loose) > 1:
            raise BadInput(
                "{source} has {count} columns named {wanted!r}: choose one by its number, {option} "
                "{first} or {option} {second}",
                source=self.source,
                count=len(loose),
                wanted=wanted,
                option=option,
                first=loose[0] + 1,
                second=loose[1] + 1,
            )
        if loose:
            return loose[0]
        if wanted.isascii() and wanted.isdigit() and 1 <= int(wanted) <= len(self.names):
            return int(wanted) - 1
        raise NotFound(
            "{source} has no column {wanted!r}; it has {listing}",
            source=self.source,
            wanted=wanted,
            listing=self.listing(),
        )

    def listing(self) -> str:
        """The columns with their numbers, as messages show them."""
        return ", ".join(f"{name!r} ({i})" for i, name in enumerate(self.names, 1))

    def texts(self, index: int) -> list[str]:
        """The cells of a column, stripped."""
        return [row[index].strip() for row in self.rows]

    def labels(self, index: int) -> list[str]:
        """A column of names (parts, operators, subgroups); a missing one is an error."""
        cells = self.texts(index)
        for row, cell in enumerate(cells):
            if cell.lower() in MISSING and cell not in {"-", "."}:
                raise self.bad_cell(row, index, Words("is empty; every row needs one"))
        return cells

    def numbers(self, index: int, *, missing: Literal["keep", "refuse"] = "keep") -> "NDArray[np.float64]":
        """A column as numbers, one for each row; NaN where a value is missing.

        Raises:
            BadInput: a cell is no finite number; or one is missing and may not be.
        """
        import numpy as np

        cells = self.texts(index)
        parse = self._parser(cells)
        values = np.empty(len(cells))
        for row, cell in enumerate(cells):
            try:
                value = parse(cell)
            except ValueError:
                raise self.bad_cell(row, index, Words("is not a number")) from None
            if math.isinf(value):
                raise self.bad_cell(row, index, Words("is not a finite number"))
            if missing == "refuse" and math.isnan(value):
                raise self.bad_cell(row, index, Words("is missing; a value is needed here"))
            values[row] = value
        return values

    def times_s(self, index: int) -> "NDArray[np.float64]":
        """A column of times in seconds: numbers as they are, dates since 1970, clock times since 0 h.

        Clock times that run backwards are taken to have passed midnight.
        """
        import numpy as np

        cells = self.texts(index)
        if self._numeric_share(index) > 0.5:
            return self.numbers(index, missing="refuse")
        european = day_first(cells)
        values = np.empty(len(cells))
        clock = False
        for row, cell in enumerate(cells):
            moment = read_time(cell, european)
            if moment is None:
                raise self.bad_cell(row, index, Words("is neither a time nor a number of seconds"))
            values[row], is_clock = moment
            clock = clock or is_clock
        if clock:
            values[1:] += 86400.0 * np.cumsum(np.diff(values) < 0)
        return values

    def is_time(self, index: int) -> bool:
        """Whether a column holds dates or clock times rather than numbers."""
        cells = [cell for cell in self.texts(index) if cell.lower() not in MISSING]
        return bool(cells) and all(read_time(cell, False) is not None for cell in cells[:20])

    def with_column(self, index: int, cells: Sequence[str]) -> "Table":
        """The same table with other cells in one column."""
        rows = ((*row[:index], cell, *row[index + 1 :]) for row, cell in zip(self.rows, cells, strict=True))
        return replace(self, rows=tuple(rows))

    def numeric_columns(self) -> list[int]:
        """Columns in which most cells that are there are numbers."""
        return [i for i in range(len(self.names)) if self._numeric_share(i) > 0.5]

    def only_numeric(self, *, other_than: Iterable[int] = (), option: str = "--value") -> int:
        """The one column of numbers, or an error that lists what there is."""
        taken = set(other_than)
        found = [i for i in self.numeric_columns() if i not in taken]
        if len(found) == 1:
            return found[0]
        if not found:
            raise BadInput(
                "{source} has no column of numbers; it has {listing}",
                source=self.source,
                listing=self.listing(),
            )
        several = ", ".join(f"{self.names[i]!r} ({i + 1})" for i in found)
        raise BadInput(
            "{source} has several columns of numbers: {several}; choose one with {option} NAME",
            source=self.source,
            several=several,
            option=option,
        )

    def bad_cell(self, row: int, index: int, what: Words) -> BadInput:
        """An error that names a cell as an editor and a spreadsheet would."""
        cell = self.rows[row][index].strip()
        shown = cell if len(cell) <= 40 else cell[:37] + "..."
        return BadInput(
            "{source}, line {line}, column {column!r}: {shown!r} {what}",
            source=self.source,
            line=self.lines[row],
            column=self.names[index],
            shown=shown,
            what=what,
        )

    def _numeric_share(self, index: int) -> float:
        cells = [cell for cell in self.texts(index) if cell.lower() not in MISSING]
        parse = self._parser(cells)
        good = 0
        for cell in cells:
            try:
                parse(cell)
            except ValueError:
                continue
            good += 1
        return good / len(cells) if cells else 0.0

    def _parser(self, cells: Sequence[str]) -> Callable[[str], float]:
        decimal = self.decimal or decimal_sign(cells, self.separator)
        return lambda cell: read_number(cell, decimal)


@dataclass(frozen=True, slots=True)
class Columns:
    """The values of a study and, where the file has them, the subgroup of each."""

    values: "NDArray[np.float64]"
    """Shape (n,), in file order; NaN where a value is missing."""
    lines: "NDArray[np.int64]"
    """Shape (n,): the line of the file that each value came from."""
    value_name: str
    subgroups: tuple[str, ...] | None = None
    """The label of each value; several value columns make each line a subgroup of its own."""
    subgroup_name: str | None = None
    notes: tuple[str, ...] = ()


def read_columns(
    path: Path,
    *,
    value: str | None = None,
    subgroup: str | None = None,
    decimal: Decimal | None = None,
    encoding: str | None = None,
) -> Columns:
    """Read the values that a chart or a study is about.

    Args:
        path: A text file with a table.
        value: A column by name or number from 1; several, separated by commas, make each line a
            subgroup (missing cells make it shorter). None: the only column of numbers.
        subgroup: The column that says to which subgroup a value belongs.
        decimal: The decimal sign, if the file leaves it open.
        encoding: The file's encoding, if it can't be told.

    Raises:
        BadInput: the file, a column or a cell is not what was said; the text names it.
    """
    import numpy as np

    table = read_table(path, decimal=decimal, encoding=encoding)
    group_index = None if subgroup is None else table.index(subgroup, "--subgroup")
    chosen = _value_columns(table, value, group_index)
    lines = np.asarray(table.lines, dtype=np.int64)
    if len(chosen) == 1:
        labels = None if group_index is None else tuple(table.labels(group_index))
        return Columns(
            values=table.numbers(chosen[0]),
            lines=lines,
            value_name=table.names[chosen[0]],
            subgroups=labels,
            subgroup_name=None if group_index is None else table.names[group_index],
            notes=table.notes,
        )
    wide = np.stack([table.numbers(i) for i in chosen], axis=1)
    rows, columns = np.nonzero(~np.isnan(wide))
    names = [str(line) for line in table.lines] if group_index is None else table.labels(group_index)
    return Columns(
        values=wide[rows, columns],
        lines=lines[rows],
        value_name=", ".join(table.names[i] for i in chosen),
        subgroups=tuple(names[row] for row in rows),
        subgroup_name="line" if group_index is None else table.names[group_index],
        notes=table.notes,
    )


def read_table(path: Path, *, decimal: Decimal | None = None, encoding: str | None = None) -> Table:
    """Read a whole file; its columns can then be chosen."""
    return parse_table(_read_bytes(path), path.name, decimal=decimal, encoding=encoding)


def parse_table(
    data: bytes, source: str, *, decimal: Decimal | None = None, encoding: str | None = None
) -> Table:
    """Find out encoding, separator and header of a table in bytes.

    >>> table = parse_table("时间;力\\n0,5;1.234,5\\n1,0;NA\\n".encode("gb18030"), "a.csv")
    >>> table.names, table.numbers(0).tolist(), table.numbers(1).tolist()
    (('时间', '力'), [0.5, 1.0], [1234.5, nan])
    """
    if data.startswith(_WORKBOOKS):
        raise BadInput(
            "{source} is a spreadsheet workbook: save the sheet as CSV and give that file", source=source
        )
    text = _decode(data, source, encoding)
    lines = re.split(r"\r\n|\r|\n", text)
    separator, skip = _separator(lines)
    records = _records(lines, skip, separator, source)
    notes: list[str] = []
    if not records:
        raise BadInput("{source} is empty: it has no line with a value", source=source)
    width = Counter(len(cells) for _, cells in records[:_SAMPLE_LINES]).most_common(1)[0][0]
    records, preamble = _without_preamble(records, width)
    if preamble:
        notes.append(f"{source}: {preamble} lines above the table were passed over")
    first = records[0][1]
    if any(not looks_like_data(cell) for cell in first):
        names = _names(first)
        records = records[1:]
    else:
        widest = max(len(cells) for _, cells in records)
        names = tuple(f"column {i}" for i in range(1, widest + 1))
    rows = tuple(_fit(cells, len(names), line, source) for line, cells in records)
    if not rows:
        raise BadInput("{source} has a header and no line with a value below it", source=source)
    return Table(
        source=source,
        names=names,
        rows=rows,
        lines=tuple(line for line, _ in records),
        separator=separator,
        decimal=decimal,
        notes=tuple(notes),
    )


def _value_columns(table: Table, value: str | None, group_index: int | None) -> list[int]:
    if value is None:
        return [table.only_numeric(other_than=() if group_index is None else (group_index,))]
    if value in table.names or "," not in value:
        return [table.index(value)]
    chosen = [table.index(part) for part in value.split(",")]
    if len(set(chosen)) < len(chosen):
        raise BadInput("--value {value} names a column twice", value=value)
    return chosen


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound("there is no file {path}", path=path) from None
    except IsADirectoryError:
        raise BadInput("{path} is a folder, not a file", path=path) from None
    except OSError as error:
        raise BadInput("{path} can't be read: {strerror}", path=path, strerror=error.strerror) from None


def _decode(data: bytes, source: str, encoding: str | None) -> str:
    for name in [encoding] if encoding else _encodings(data):
        try:
            return data.decode(name).removeprefix("\ufeff")
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise BadInput(
                "there is no encoding {name!r}; try utf-8, utf-16, gb18030 or cp1252", name=name
            ) from None
    tried = encoding or "UTF-8, UTF-16 or GB18030"
    raise BadInput(
        "{source} is not text in {tried}: say --encoding NAME or save it as UTF-8", source=source, tried=tried
    )


def _encodings(data: bytes) -> list[str]:
    """What to try, best first; UTF-16 without a mark shows by its zero bytes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ["utf-16"]
    sample = data[:4000]
    if sample.count(0) > len(sample) // 5:
        return ["utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"]
    # GB18030 text has its high bytes in pairs; in Western texts they stand alone (µ, °, é).
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", data)]
    odd = sum(1 for run in runs if run % 2)
    eastern = 2 * odd <= len(runs)
    return ["utf-8", "gb18030", "cp1252"] if eastern else ["utf-8", "cp1252", "gb18030"]


def _separator(lines: Sequence[str]) -> tuple[str, int]:
    """The separator, and how many lines at the top only declare it (`sep=;`)."""
    if lines and (declared := re.fullmatch(r'"?sep=(.)"?\s*', lines[0], re.IGNORECASE)):
        return declared[1], 1
    sample = [line for line in lines[:_SAMPLE_LINES] if line.strip()]
    for separator in SEPARATORS:
        widths = [len(cells) for cells in csv.reader(sample, delimiter=separator)]
        table = widths[next((i for i, width in enumerate(widths) if width > 1), len(widths)) :]
        if (
            table
            and sum(width > 1 for width in table) >= 0.7 * len(table)
            and not _decimal_commas(sample, widths, separator)
        ):
            return separator, 0
    if sample and all(len(line.split()) > 1 for line in sample) and looks_like_data(sample[-1].split()[0]):
        return " ", 0
    # One column: its commas, if any, are decimal signs, and nothing separates.
    return ("," if sample and "," in sample[0] else ";"), 0


def _decimal_commas(sample: Sequence[str], widths: Sequence[int], separator: str) -> bool:
    """A header of one cell above lines such as `1,5`: one column with decimal commas."""
    return (
        separator == ","
        and widths[0] == 1
        and not looks_like_data(sample[0])
        and all(re.fullmatch(r"\s*[+-]?\d*(,\d+)?\s*", line) for line in sample[1:])
    )


def _records(lines: Sequence[str], skip: int, separator: str, source: str) -> list[tuple[int, list[str]]]:
    """Rows of cells with the line on which each starts; blank lines are kept only inside a single column."""
    records: list[tuple[int, list[str]]] = []
    split: Iterable[tuple[int, list[str]]]
    if separator == " ":
        split = ((i, line.split()) for i, line in enumerate(lines[skip:], skip + 1))
    else:
        split = _csv_rows(lines, skip, separator, source)
    blanks: list[tuple[int, list[str]]] = []
    for line, cells in split:
        if not any(cell.strip() for cell in cells):
            blanks.append((line, [""]))
            continue
        if not records and cells[0].startswith("#") and cells[0].strip().lower() not in MISSING:
            continue
        if records and len(records[-1][1]) == 1 == len(cells):
            records += blanks  # an empty line in a file of one column is a missing value
        blanks = []
        records.append((line, cells))
    return records


def _csv_rows(
    lines: Sequence[str], skip: int, separator: str, source: str
) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO("\n".join(lines[skip:])), delimiter=separator, skipinitialspace=True)
    start = skip + 1
    try:
        for cells in reader:
            yield start, cells
            start = skip + reader.line_num + 1
    except csv.Error as error:
        raise BadInput(
            "{source}, line {start}: not a table ({error})", source=source, start=start, error=error
        ) from None


def _without_preamble(
    records: list[tuple[int, list[str]]], width: int
) -> tuple[list[tuple[int, list[str]]], int]:
    """Instruments write titles above the table: rows with fewer cells than the table that hold no numbers."""
    skipped = 0
    while (
        skipped < len(records) - 1
        and len(records[skipped][1]) < width
        and not all(looks_like_data(cell) for cell in records[skipped][1])
    ):
        skipped += 1
    return records[skipped:], skipped


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    names = [cell.strip() for cell in cells]
    while len(names) > 1 and not names[-1]:
        names.pop()
    return tuple(name or f"column {i}" for i, name in enumerate(names, 1))


def _fit(cells: Sequence[str], width: int, line: int, source: str) -> tuple[str, ...]:
    if len(cells) > width and any(cell.strip() for cell in cells[width:]):
        raise BadInput(
            "{source}, line {line}: {count} cells, but the table has {width} columns",
            source=source,
            line=line,
            count=len(cells),
            width=width,
        )
    return (*cells[:width], *[""] * (width - len(cells)))
