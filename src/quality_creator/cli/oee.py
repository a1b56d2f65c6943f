"""`qc oee`: availability, performance and quality, from totals or from a line's log."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from quality_creator.actions.word import MACHINE, OEE_COLUMNS
from quality_creator.cli import app
from quality_creator.cli.report import percent, print_json, print_notes, print_table, warn
from quality_creator.model.clock import Micros, utc
from quality_creator.model.errors import BadInput, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from quality_creator.actions.table import Table
    from quality_creator.quality.oee import Event, MachineState, Oee, ShiftSummary


@app.command
def oee(
    file: Path | None = None,
    *,
    planned_min: float | None = None,
    run_min: float | None = None,
    downtime_min: float | None = None,
    ideal_cycle_s: float | None = None,
    total: int | None = None,
    rejected: int = 0,
    time: str | None = None,
    state: str | None = None,
    total_column: str | None = None,
    rejected_column: str | None = None,
    shift: str | None = None,
    cycle: str | None = None,
    counts: Literal["cumulative", "each"] = "cumulative",
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    json: bool = False,
    plot: Path | None = None,
) -> None:
    """Availability × performance × quality. Performance above 1 is reported, not clipped.

    Either totals (--planned-min, --downtime-min or --run-min, --ideal-cycle-s, --total, --rejected),
    or FILE: a log with a time in each line, and where something changed the state, the counters,
    the shift, the ideal cycle. Columns with usual names (time, state, total, rejected, shift, cycle;
    时间, 状态, 总数, 不良, 班次, 节拍) are found without being named. The last line ends the last shift.

    Parameters
    ----------
    file
        The line's log.
    planned_min
        Planned production time: the shift without breaks, in minutes.
    run_min
        Planned production time without stops.
    downtime_min
        Or the stops.
    ideal_cycle_s
        Ideal seconds for one item.
    total
        Items made.
    rejected
        Items not right the first time.
    time
        The log's column of times.
    state
        The column of states: running, stopped, planned-stop, unknown, or words that mean them.
    total_column
        The column with the counter of items.
    rejected_column
        The column with the counter of rejects.
    shift
        The column that names the shift.
    cycle
        The column with the ideal cycle in seconds, where it changes with the product.
    counts
        Whether counters go on from line to line (cumulative; the first is where counting begins), or
        each line tells what was made since the one before.
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
    from quality_creator.quality import oee as core

    if plot is not None:
        check_path(plot)
    if file is None:
        if planned_min is None or total is None or ideal_cycle_s is None:
            raise BadInput("give FILE, or --planned-min, --downtime-min, --ideal-cycle-s and --total")
        if (run_min is None) == (downtime_min is None):
            raise BadInput("give --run-min or --downtime-min, one of the two")
        run = run_min if run_min is not None else planned_min - (downtime_min or 0.0)
        if rejected > total:
            raise BadInput(f"{rejected} of {total} items can't be rejected: --total counts good and bad ones")
        figures = core.oee(
            planned_s=planned_min * 60.0,
            run_s=run * 60.0,
            ideal_cycle_s=ideal_cycle_s,
            total=total,
            rejected=rejected,
        )
        _report([("totals", figures)], figures if json else None, plot, "totals")
        return
    if any(option is not None for option in (planned_min, run_min, downtime_min, total)):
        raise BadInput("--planned-min, --run-min, --downtime-min and --total take the place of FILE")
    table = read_table(file, decimal=decimal, encoding=encoding)
    warn(table.notes)
    named = {
        "time": time,
        "state": state,
        "total": total_column,
        "rejected": rejected_column,
        "shift": shift,
        "cycle": cycle,
    }
    found = {role: _column(table, role, name) for role, name in named.items()}
    events = _events(table, found, each=counts == "each")
    begin = core.start(ideal_cycle_s=ideal_cycle_s, counter=(0, 0) if counts == "each" else None)
    _, shifts = core.step(begin, events)
    if json:
        print_json("oee", {"shifts": shifts})
    else:
        for one in shifts:
            _show_shift(one)
    if plot is not None:
        _draw(plot, [(one.name, one.figures) for one in shifts], table.source)


def _report(rows: "list[tuple[str, Oee]]", as_json: "Oee | None", plot: Path | None, source: str) -> None:
    if as_json is not None:
        print_json("oee", as_json)
    else:
        for name, figures in rows:
            _show_figures(f"OEE, {name}", figures, [])
            print_notes(figures.notes)
    if plot is not None:
        _draw(plot, rows, source)


def _column(table: "Table", role: str, given: str | None) -> int | None:
    if given is not None:
        option = f"--{role}-column" if role in ("total", "rejected") else f"--{role}"
        return table.index(given, option)
    usual = [i for i, name in enumerate(table.names) if name.strip().lower() in OEE_COLUMNS[role]]
    if role == "time" and len(usual) != 1:
        raise BadInput(f"which column holds the times? say --time NAME; {table.source} has {table.listing()}")
    return usual[0] if len(usual) == 1 else None


def _events(table: "Table", found: "dict[str, int | None]", *, each: bool) -> "list[Event]":
    """What each line says, in the order shift, cycle, state, counters; empty cells say nothing."""
    import numpy as np

    from quality_creator.quality.oee import Counted, CycleSet, ShiftBegan, ShiftEnded, StateChanged

    at = found["time"]
    assert at is not None  # it was needed
    times = [Micros(round(second * 1e6)) for second in table.times_s(at).tolist()]
    blank = [""] * len(times)
    shifts = blank if (i := found["shift"]) is None else table.texts(i)
    states = blank if (i := found["state"]) is None else table.texts(i)
    nothing = np.full(len(times), np.nan)
    cycles = nothing if (i := found["cycle"]) is None else table.numbers(i)
    totals, rejects = (
        nothing if (i := found[role]) is None else _counter(table, i, each=each)
        for role in ("total", "rejected")
    )
    if np.isnan(totals).all() and found["state"] is None:
        raise BadInput(f"{table.source} has neither states nor counters; it has {table.listing()}")
    events: list[Event] = []
    running, rejected = "", 0
    for row, moment in enumerate(times):
        name = shifts[row] or running or ("" if found["shift"] is not None else "all")
        # Counters at a shift's last instant belong to it, so they are read before the next begins.
        if not np.isnan(totals[row]):
            rejected = rejected if np.isnan(rejects[row]) else int(rejects[row])
            events.append(Counted(time=moment, total=int(totals[row]), rejected=rejected))
        if name != running:
            events.append(ShiftBegan(time=moment, name=name))
            running = name
        if not np.isnan(cycles[row]):
            events.append(CycleSet(time=moment, ideal_cycle_s=float(cycles[row])))
        if states[row]:
            events.append(StateChanged(time=moment, state=_state(table, found["state"], row, states[row])))
    return [*events, ShiftEnded(time=times[-1])]


def _counter(table: "Table", column: int, *, each: bool) -> "NDArray[np.float64]":
    import numpy as np

    values = table.numbers(column)
    for row, value in enumerate(values.tolist()):
        if not math.isnan(value) and (value < 0 or value != int(value)):
            raise table.bad_cell(row, column, Words("is no count of 0 or more"))
    return np.cumsum(np.nan_to_num(values)) if each else values


def _state(table: "Table", column: int | None, row: int, cell: str) -> "MachineState":
    assert column is not None  # the cell came from it
    word = cell.lower().replace("_", "-")
    for state, words in MACHINE.items():
        if word in words:
            return state
    raise table.bad_cell(row, column, Words("is no state: write running, stopped, planned-stop or unknown"))


def _show_shift(one: "ShiftSummary") -> None:
    extra: list[tuple[str, object]] = [
        ("Begin", f"{utc(one.start):%Y-%m-%d %H:%M:%S}"),
        ("End", f"{utc(one.end):%Y-%m-%d %H:%M:%S}"),
        ("Stopped", _minutes(one.stopped_s)),
        ("Planned stops", _minutes(one.planned_stop_s)),
        ("Unknown", _minutes(one.unknown_s)),
        ("Times it stopped", one.stops),
    ]
    _show_figures(f"OEE, shift {one.name}", one.figures, extra)
    print_notes(one.figures.notes)


def _show_figures(title: str, figures: "Oee", extra: "list[tuple[str, object]]") -> None:
    rows: list[tuple[str, object]] = [
        ("Availability", percent(figures.availability)),
        ("Performance", percent(figures.performance)),
        ("Quality", percent(figures.quality)),
        ("OEE", percent(figures.oee)),
        ("Planned production time", _minutes(figures.planned_s)),
        ("Run time", _minutes(figures.run_s)),
        ("Lost by stops", _minutes(figures.availability_loss_s)),
        ("Lost by speed", _minutes(figures.performance_loss_s)),
        ("Lost by rejects", _minutes(figures.quality_loss_s)),
        ("Made", figures.total),
        ("Rejected", figures.rejected),
        *extra,
    ]
    print_table(title, ("", "value"), rows)


def _minutes(seconds: float) -> str:
    return f"{seconds / 60.0:.2f} min"


def _draw(path: Path, rows: "list[tuple[str, Oee]]", source: str) -> None:
    """Four bars for each shift; 100 % is a hairline, and what is above it is drawn."""
    import numpy as np

    from quality_creator.cli.figure import FILL, INK, LINE, QUIET, picture

    kinds = (("availability", FILL), ("performance", QUIET), ("quality", "#b9c7a8"), ("oee", LINE))
    highest = max(100.0 * (getattr(figures, name) or 0.0) for _, figures in rows for name, _ in kinds)
    at = np.arange(len(rows))
    with picture(path, "OEE", source=source, width_mm=max(120.0, 40.0 + 30.0 * len(rows))) as sheet:
        (axes,) = sheet.axes
        for i, (name, color) in enumerate(kinds):
            heights = [100.0 * (getattr(figures, name) or 0.0) for _, figures in rows]
            bars = axes.bar(
                at + (i - 1.5) * 0.2, heights, 0.19, color=color, label="OEE" if name == "oee" else name
            )
            axes.bar_label(bars, fmt="%.1f", fontsize=7, color=INK, padding=2)
        axes.axhline(100.0, color=QUIET, linewidth=0.6, zorder=0)
        axes.set_ylim(0.0, max(110.0, 1.08 * highest))
        axes.set_xticks(at, [name for name, _ in rows])
        axes.set_ylabel("%")
        axes.legend(fontsize=8, ncols=4, loc="upper center", bbox_to_anchor=(0.5, -0.12))
