"""`qc trace`: a laboratory trace against its envelope of limits: pass, fail, margin."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from quality_creator.actions.word import LOWER, UPPER
from quality_creator.cli import app
from quality_creator.cli.report import print_json, print_table, warn
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from quality_creator.actions.table import Table
    from quality_creator.quality.trace import Corner, Envelope, Place, TraceResult


@app.command
def trace(
    file: Path,
    *,
    x: str | None = None,
    y: str | None = None,
    limits: Path | None = None,
    upper: str | None = None,
    lower: str | None = None,
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    json: bool = False,
    plot: Path | None = None,
) -> None:
    """Judge a trace, such as force over travel or temperature over time, by an envelope of limits.

    Limits are straight lines between corners; two corners at one x are a step; a point on a limit
    is inside. A trace that does not span the envelope, or has gaps, is incomplete.

    Parameters
    ----------
    file
        The trace, one sample a line, in the order in which it was made.
    x
        The column of travel or time (the first column of numbers or times).
    y
        The column of force or temperature (the second).
    limits
        A table of the envelope: x, and lower and upper where they are given.
    upper
        Or the upper limit's corners: 0:5,10:5.
    lower
        Or the lower limit's corners.
    decimal
        The decimal sign, where the file leaves it open.
    encoding
        The file's encoding, where it can't be told.
    json
        Print JSON (docs/quality/json.md).
    plot
        Write a picture, .svg or .png.
    """
    from quality_creator.actions.table import read_table
    from quality_creator.cli.figure import check_path
    from quality_creator.quality.trace import judge

    if plot is not None:
        check_path(plot)
    if (limits is None) == (upper is None and lower is None):
        raise BadInput("give the envelope: --limits FILE, or --upper and --lower corners")
    table = read_table(file, decimal=decimal, encoding=encoding)
    warn(table.notes)
    columns = _columns(table, x, y)
    xs, ys = table.times_s(columns[0]), table.numbers(columns[1])
    if table.is_time(columns[0]):
        xs = xs - xs[0]
    envelope = _envelope_of(limits) if limits is not None else _corners(upper, lower)
    found = judge(envelope, xs, ys)
    names = _Names(table.source, table.names[columns[0]], table.names[columns[1]])
    if json:
        print_json("trace", found, x=names.x, y=names.y)
    else:
        _show(found, names)
    if plot is not None:
        _draw(plot, names, (xs, ys), envelope, found)


@dataclass(frozen=True, slots=True)
class _Names:
    source: str
    x: str
    y: str


def _columns(table: "Table", x: str | None, y: str | None) -> tuple[int, int]:
    usable = [i for i in range(len(table.names)) if i in table.numeric_columns() or table.is_time(i)]
    first = table.index(x, "--x") if x is not None else (usable[0] if usable else None)
    if first is None:
        raise BadInput(f"{table.source} has no column of numbers; it has {table.listing()}")
    if y is not None:
        return first, table.index(y, "--y")
    others = [i for i in table.numeric_columns() if i != first]
    if x is None and len(others) > 1:
        raise BadInput(
            f"{table.source} has several columns of numbers: choose with --x and --y; {table.listing()}"
        )
    return first, table.only_numeric(other_than=(first,), option="--y")


def _envelope_of(path: Path) -> "Envelope":
    """A table of x, lower, upper: by name, else in this order; an empty cell is no corner."""
    import math

    from quality_creator.actions.table import read_table
    from quality_creator.quality.trace import Envelope

    table = read_table(path)
    names = [name.strip().lower().replace(" ", "_") for name in table.names]
    lower = next((i for i, name in enumerate(names) if name in LOWER), None)
    upper = next((i for i, name in enumerate(names) if name in UPPER), None)
    if lower is None and upper is None:
        raise BadInput(f"{table.source}: name its columns x, lower and upper; it has {table.listing()}")
    at = next(i for i in range(len(names)) if i not in (lower, upper))
    x = table.times_s(at)
    if table.is_time(at):
        x = x - x[0]

    def corners(column: int | None) -> "tuple[Corner, ...]":
        if column is None:
            return ()
        pairs = zip(x.tolist(), table.numbers(column).tolist(), strict=True)
        return tuple((a, b) for a, b in pairs if not math.isnan(b))

    return Envelope(upper=corners(upper), lower=corners(lower))


def _corners(upper: str | None, lower: str | None) -> "Envelope":
    from quality_creator.quality.trace import Envelope

    def read(option: str, given: str | None) -> "tuple[Corner, ...]":
        if given is None:
            return ()
        try:
            pairs = [part.split(":") for part in given.split(",")]
            return tuple((float(a), float(b)) for a, b in pairs)
        except ValueError:
            raise BadInput(
                f"{option} takes corners X:Y with commas, such as 0:5,10:5, not {given!r}"
            ) from None

    return Envelope(upper=read("--upper", upper), lower=read("--lower", lower))


def _place(one: "Place | None") -> str | None:
    return None if one is None else f"{one.y:.5g} at {one.x:.5g} (sample {one.index})"


def _show(found: "TraceResult", names: _Names) -> None:
    side = "" if found.worst_side is None else f" ({found.worst_side})"
    rows: list[tuple[str, object]] = [
        ("Verdict", found.verdict.upper()),
        (f"Margin{side}", found.margin),
        ("Margin, % of half width", found.margin_percent),
        ("Closest or worst", _place(found.worst)),
        ("First outside", _place(found.first)),
        ("Times it left", found.excursions),
        ("Samples", found.samples),
        ("Missing", found.missing),
        ("Within the span", found.judged),
        ("Peak", _place(found.peak)),
        ("Span", f"{found.span[0]:g} to {found.span[1]:g}"),
    ]
    print_table(f"{names.y} over {names.x}", ("", "value"), [row for row in rows if row[1] is not None])


def _draw(
    path: Path,
    names: _Names,
    samples: "tuple[NDArray[np.float64], NDArray[np.float64]]",
    envelope: "Envelope",
    found: "TraceResult",
) -> None:
    """The trace with its limits; where it is closest or worst is a ring."""
    from quality_creator.cli.figure import LINE, SIGNAL, SPECIFICATION, picture

    margin = "" if found.margin is None else f", margin {found.margin:.4g}"
    with picture(path, f"{names.y}: {found.verdict}{margin}", source=names.source) as sheet:
        (axes,) = sheet.axes
        axes.plot(*samples, color=LINE)
        for corners in (envelope.upper, envelope.lower):
            line = ([x for x, _ in corners], [y for _, y in corners])
            axes.plot(*line, color=SPECIFICATION, linewidth=0.8)
        if found.worst is not None:
            axes.scatter([found.worst.x], [found.worst.y], s=60, facecolors="none", edgecolors=SIGNAL)
        axes.set_xlabel(names.x)
        axes.set_ylabel(names.y)
