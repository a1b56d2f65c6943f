"""`qc life`: Weibull, Bx lives and survival curve of a life test, censored units included."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from quality_creator.actions.word import ALIVE, FAILED, LIFE_COLUMNS
from quality_creator.cli import app
from quality_creator.cli.report import print_json, print_notes, print_table, read_numbers, warn
from quality_creator.model.errors import BadInput, Words

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from quality_creator.actions.table import Table
    from quality_creator.quality.life import Weibull
    from quality_creator.quality.survival import KaplanMeier


@app.command
def life(
    file: Path,
    *,
    time: str | None = None,
    status: str | None = None,
    count: str | None = None,
    bx: str = "1,5,10,50",
    at: str | None = None,
    interval: Literal["fisher", "likelihood"] = "fisher",
    survival: Literal["log", "log-log", "plain"] = "log",
    confidence: float = 0.95,
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    json: bool = False,
    plot: Path | None = None,
) -> None:
    """Fit a Weibull distribution to lives, some of them censored, and draw the survival curve.

    Without a status column every unit failed, but a time such as 500+ is one that was still alive.
    Columns with usual names (time, status, count; 时间, 状态, 数量) are found without being named.

    Parameters
    ----------
    file
        A table with one unit a line, or one time with its count.
    time
        The column of times.
    status
        The column that says whether the unit failed (1, failed, F, 失效) or was alive (0, censored, S, 截尾).
    count
        The column that says how many units share a line.
    bx
        Percentages whose lives are wanted.
    at
        Times at which reliability is wanted.
    interval
        fisher: normal approximation; likelihood: likelihood ratio, better with few failures.
    survival
        How the survival curve's interval is made.
    confidence
        Of all intervals.
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
    from quality_creator.quality.life import weibull
    from quality_creator.quality.survival import kaplan_meier

    if plot is not None:
        check_path(plot)
    table = read_table(file, decimal=decimal, encoding=encoding)
    warn(table.notes)
    lives = _read(table, time, status, count)
    found = weibull(
        lives.times,
        lives.failed,
        counts=lives.counts,
        bx=read_numbers("--bx", bx),
        at=() if at is None else read_numbers("--at", at),
        interval=interval,
        confidence=confidence,
    )
    curve = kaplan_meier(
        lives.times, lives.failed, counts=lives.counts, confidence=confidence, transform=survival
    )
    if json:
        print_json("life", {"weibull": found, "kaplan_meier": curve})
    else:
        _show(found, curve)
    if plot is not None:
        _draw(plot, file.name, lives, found, curve)


@dataclass(frozen=True, slots=True)
class _Lives:
    name: str
    times: "NDArray[np.float64]"
    failed: list[bool]
    counts: list[int] | None


def _read(table: "Table", time: str | None, status: str | None, count: str | None) -> _Lives:
    import numpy as np

    column = None if time is None else table.index(time, "--time")
    status_column = _column(table, "status", status, column)
    count_column = _column(table, "count", count, column)
    taken = [place for place in (status_column, count_column) if place is not None]
    if column is None:
        column = _only_times(table, taken)
    cells = table.texts(column)
    plus = [cell.endswith("+") for cell in cells]
    if any(plus):
        if status_column is not None:
            raise BadInput("times that end in + say themselves which units were alive; leave --status out")
        table = table.with_column(column, [cell.rstrip("+") for cell in cells])
    times = table.numbers(column, missing="refuse")
    if (times <= 0.0).any():
        raise table.bad_cell(int((times <= 0.0).argmax()), column, Words("is no life: times are above 0"))
    failed = [not mark for mark in plus]
    if status_column is not None:
        failed = _statuses(table, status_column)
    elif not any(plus):
        _tell_unused(table, (column, *taken))
    counts = None
    if count_column is not None:
        numbers = table.numbers(count_column, missing="refuse")
        counts = np.asarray(numbers).tolist()
        for row, number in enumerate(counts):
            if number != int(number) or number < 1:
                raise table.bad_cell(row, count_column, Words("is no count of 1 or more"))
    return _Lives(table.names[column], times, failed, counts)


def _only_times(table: "Table", taken: list[int]) -> int:
    marked = [i for i in range(len(table.names)) if any(cell.endswith("+") for cell in table.texts(i))]
    if len(marked) == 1:
        return marked[0]
    usual = _usual(table, "time")
    return usual[0] if len(usual) == 1 else table.only_numeric(other_than=taken, option="--time")


def _column(
    table: "Table", role: Literal["status", "count"], given: str | None, time: int | None
) -> int | None:
    """The column that was named, or the one with a usual name, which is told; None when there is none."""
    if given is not None:
        return table.index(given, f"--{role}")
    usual = [place for place in _usual(table, role) if place != time]
    if len(usual) != 1:
        return None
    warn([f"{table.source}: the {role} is read from column {table.names[usual[0]]!r}"])
    return usual[0]


def _usual(table: "Table", role: str) -> list[int]:
    return [i for i, name in enumerate(table.names) if name.strip().lower() in LIFE_COLUMNS[role]]


def _tell_unused(table: "Table", used: tuple[int, ...]) -> None:
    """Nobody shall take a censored life for a failure because a column was not named."""
    for place, name in enumerate(table.names):
        words = {cell.lower() for cell in table.texts(place)}
        if place not in used and words <= FAILED | ALIVE and len(words) > 1:
            warn(
                [
                    f"{table.source}: every unit is taken for failed; if column {name!r} says which did, "
                    f"add --status {name!r}"
                ]
            )


def _statuses(table: "Table", column: int) -> list[bool]:
    failed = []
    for row, cell in enumerate(table.texts(column)):
        word = cell.lower()
        if word not in FAILED and word not in ALIVE:
            raise table.bad_cell(
                row, column, Words("says neither failed (1, F, failed) nor alive (0, S, censored)")
            )
        failed.append(word in FAILED)
    return failed


def _show(found: "Weibull", curve: "KaplanMeier") -> None:
    share = f"{100 * found.confidence:g} %"
    print(f"Weibull life: {found.n} units, {found.failures} failed, {found.censored} censored\n")
    rows = [("shape", found.shape), ("scale", found.scale), *found.lives.items()]
    rows += [(f"R({one.time:g})", one.survival) for one in found.reliability]
    print_table(
        f"Maximum likelihood, {found.interval} intervals",
        ("", "estimate", f"low {share}", f"high {share}"),
        [(name, one.value, one.low, one.high) for name, one in rows],
    )
    print(f"MTTF {found.mttf:.5g}, log-likelihood {found.log_likelihood:.4f}\n")
    print_table(
        f"Kaplan-Meier ({curve.transform} intervals)",
        ("time", "at risk", "failed", "censored", "survival", "std. error", "low", "high"),
        [
            (
                f"{one.time:g}",
                one.at_risk,
                one.failed,
                one.censored,
                f"{one.survival:.4f}",
                f"{one.standard_error:.4f}",
                one.low,
                one.high,
            )
            for one in curve.steps
        ],
    )
    median = "not reached" if curve.median is None else f"{curve.median:g}"
    print(f"Median life: {median}\n")
    print_notes(found.notes)


def _draw(path: Path, source: str, lives: _Lives, found: "Weibull", curve: "KaplanMeier") -> None:
    """A Weibull plot with the fitted line, and the survival curve with its interval."""
    from quality_creator.cli.figure import picture

    foot = f"{source}: {found.n} units, {found.failures} failed"
    with picture(path, f"{lives.name}: Weibull life", source=foot, panels=2, columns=2) as sheet:
        _draw_weibull(sheet.axes[0], lives, found, curve)
        _draw_survival(sheet.axes[1], lives, found, curve)


def _draw_weibull(axes: "Axes", lives: _Lives, found: "Weibull", curve: "KaplanMeier") -> None:
    import numpy as np
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    from quality_creator.cli.figure import LINE

    died = [one for one in curve.steps if one.failed]
    before = [1.0, *(one.survival for one in died[:-1])]
    # Each failure is plotted at the middle of its step, where the line should pass.
    shares = np.array([1.0 - (a + one.survival) / 2 for a, one in zip(before, died, strict=True)])
    times = np.array([one.time for one in died])
    axes.plot(times, np.log(-np.log1p(-shares)), "o", color=LINE)
    first = found.scale.value * (-np.log1p(-0.01)) ** (1.0 / found.shape.value)
    reach = np.geomspace(min(times[0], first), lives.times.max(), 50)
    axes.plot(reach, found.shape.value * np.log(reach / found.scale.value), color=LINE)
    marks = np.array([0.01, 0.05, 0.1, 0.2, 0.5, 0.8, 0.95, 0.99])
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_yticks(np.log(-np.log1p(-marks)), [f"{100 * mark:g} %" for mark in marks])
    axes.set_title(f"β {found.shape.value:.3g}   η {found.scale.value:.4g}")
    axes.set_xlabel(lives.name)
    axes.set_ylabel("failed")


def _draw_survival(axes: "Axes", lives: _Lives, found: "Weibull", curve: "KaplanMeier") -> None:
    import numpy as np

    from quality_creator.cli.figure import FILL, LINE, QUIET

    steps = curve.steps
    x = np.array([0.0, *(one.time for one in steps)])
    low = np.array([1.0, *(0.0 if one.low is None else one.low for one in steps)])
    high = np.array([1.0, *(one.survival if one.high is None else one.high for one in steps)])
    axes.fill_between(x, low, high, step="post", color=FILL)
    axes.step(x, np.array([1.0, *(one.survival for one in steps)]), where="post", color=LINE)
    smooth = np.linspace(0.0, x[-1], 200)
    axes.plot(smooth, np.exp(-((smooth / found.scale.value) ** found.shape.value)), "--", color=QUIET)
    alive = [one for one in steps if one.censored]
    places = ([one.time for one in alive], [one.survival for one in alive])
    axes.plot(*places, "+", color=LINE, markersize=6)
    axes.set_ylim(0.0, 1.03)
    axes.set_title("survival (+ censored, dashes: Weibull)")
    axes.set_xlabel(lives.name)
