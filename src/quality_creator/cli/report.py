"""How a study is printed: JSON for programs, tables with notes for people."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    from quality_creator.quality.note import Note

JSON_FORMAT = 1
"""Raised when a field of any command's JSON changes its name or meaning."""


def print_json(command: str, result: msgspec.Struct | Mapping[str, Any], **more: Any) -> None:
    """One object on standard output: the command, the format's number, the result's fields."""
    fields = {**msgspec.to_builtins(result), **msgspec.to_builtins(more)}
    print(
        json.dumps(
            {"command": command, "format": JSON_FORMAT, **fields},
            indent=2,
            ensure_ascii=False,
            allow_nan=False,
        )
    )


def print_notes(notes: Iterable["Note"]) -> None:
    """Below the tables, so that nobody reads a number without them."""
    for note in notes:
        print(f"- {note.text}")


def warn(notes: Iterable[str]) -> None:
    """What was assumed while reading a file; on standard error, so that JSON stays JSON."""
    for note in notes:
        print(f"qc: {note}", file=sys.stderr)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table whose first column is text and whose others are numbers."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table: Table = Table(box=SIMPLE_HEAD)
    for i, column in enumerate(columns):
        table.add_column(column, justify="left" if i == 0 else "right", no_wrap=i > 0)
    for row in rows:
        table.add_row(*[Text(text(cell)) for cell in row])
    # Wide enough for every study: tables are read whole or piped into a file.
    width = max(100, Console().width)
    console = Console(width=width, highlight=False)
    if title:
        console.print(title, style="bold", markup=False)
    console.print(table)


def text(value: object, digits: int = 5) -> str:
    """A cell as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    return str(value)


def fixed(value: float, decimals: int) -> str:
    """A number among others with so many decimals; by its digits where that would be a row of zeros.

    >>> fixed(74.0012, 3), fixed(1e-320, 323), fixed(1e300, 0)
    ('74.001', '9.99989e-321', '1e+300')
    """
    return f"{value:.{decimals}f}" if decimals <= 12 and abs(value) < 1e15 else f"{value:.6g}"


def percent(value: float | None) -> str:
    """A share of 1 in percent with two digits."""
    return "" if value is None else f"{100.0 * value:.2f} %"


def p_value(value: float | None) -> str:
    """A p-value as tables print it."""
    if value is None:
        return ""
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def read_numbers(option: str, given: str) -> list[float]:
    """Numbers written with commas, or a range first:last:step.

    >>> read_numbers("--p", "0.01,0.05"), read_numbers("--p", "0:1:0.5")
    ([0.01, 0.05], [0.0, 0.5, 1.0])
    """
    try:
        if given.count(":") == 2 and "," not in given:
            first, last, width = (float(part) for part in given.split(":"))
            if width > 0.0 and first <= last and (last - first) / width <= 100_000:
                count = int((last - first) / width + 1e-9) + 1
                return [first + i * width for i in range(count)]
            raise ValueError
        return [float(part) for part in given.split(",")]
    except ValueError:
        raise BadInput(f"{option} takes numbers with commas, or first:last:step, not {given!r}") from None


def read_pairs(option: str, given: str) -> dict[str, float]:
    """Names with numbers.

    >>> read_pairs("--parameters", "shape=2,scale=10")
    {'shape': 2.0, 'scale': 10.0}
    """
    found: dict[str, float] = {}
    for part in given.split(","):
        name, _, value = part.partition("=")
        try:
            found[name.strip()] = float(value)
        except ValueError:
            raise BadInput(f"{option} takes NAME=NUMBER with commas, not {given!r}") from None
    return found
