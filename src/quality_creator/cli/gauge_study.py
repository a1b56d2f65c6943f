"""`qc gauge-study`: gauge R&R, bias, linearity and attribute agreement from a table of measurements."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from quality_creator.cli import app
from quality_creator.cli.gauge_columns import find, need, values
from quality_creator.cli.report import p_value, print_json, print_notes, print_table, warn
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from quality_creator.actions.table import Table
    from quality_creator.quality.gauge_components import AnovaRow, GaugeStudy


@app.command
def gauge_study(
    file: Path,
    *,
    method: Literal["anova", "xbar-r", "nested", "bias", "linearity", "agreement"] = "anova",
    part: str | None = None,
    operator: str | None = None,
    value: str | None = None,
    reference: str | None = None,
    tolerance: float | None = None,
    lsl: float | None = None,
    usl: float | None = None,
    process_sigma: float | None = None,
    multiplier: float = 6.0,
    pool_above: float = 0.25,
    against: Literal["interaction", "repeatability"] = "interaction",
    spread: Literal["s", "range"] = "s",
    confidence: float = 0.95,
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    json: bool = False,
    plot: Path | None = None,
) -> None:
    """Ask how much of a measurement is the measuring.

    One line of the table is one measurement: the part, who measured it, and the value. Columns with
    usual names (part, operator, value; 零件, 操作者, 测量值) are found without being named.

    Parameters
    ----------
    file
        A table with one measurement a line.
    method
        anova and xbar-r: every operator measures every part; nested: each operator has parts of their
        own; bias: readings of one part against its reference; linearity: of several parts; agreement:
        ratings such as pass and fail.
    part
        The column of parts.
    operator
        The column of operators; a study without one is about repeatability.
    value
        The column of measurements or ratings.
    reference
        For bias a number or a column, for linearity and agreement the column of true values.
    tolerance
        Width of the specification, for % tolerance; or give --lsl and --usl.
    lsl
        Lower specification limit.
    usl
        Upper specification limit.
    process_sigma
        Historical sigma of the process, for % process.
    multiplier
        Sigmas in a study variation.
    pool_above
        The interaction is pooled when its p-value is above this; 1 never pools.
    against
        What parts and operators are tested against while the interaction is in the model.
    spread
        For bias and linearity: repeatability by the standard deviation, or by the range as AIAG's
        example and Minitab have it.
    confidence
        Of intervals.
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
    from quality_creator.quality.sample import check_share

    if plot is not None:
        check_path(plot)
    check_share(confidence, "the confidence")
    table = read_table(file, decimal=decimal, encoding=encoding)
    warn(table.notes)
    asked = _Asked(
        table=table,
        value=value,
        reference=reference,
        tolerance=_tolerance(tolerance, lsl, usl),
        process_sigma=process_sigma,
        multiplier=multiplier,
        confidence=confidence,
        json=json,
        plot=plot,
    )
    match method:
        case "bias":
            _bias(asked, spread)
        case "linearity":
            _linearity(asked, spread)
        case "agreement":
            _agreement(asked, need(table, "part", part), need(table, "operator", operator))
        case "nested":
            _nested(asked, need(table, "part", part), need(table, "operator", operator))
        case "anova" | "xbar-r":
            parts, people = need(table, "part", part), find(table, "operator", operator)
            _crossed(asked, parts, people, method=method, pool_above=pool_above, against=against)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What every method is asked with."""

    table: "Table"
    value: str | None
    reference: str | None
    tolerance: float | None
    process_sigma: float | None
    multiplier: float
    confidence: float
    json: bool
    plot: Path | None


def _crossed(
    asked: _Asked,
    part: int,
    operator: int | None,
    *,
    method: Literal["anova", "xbar-r"],
    pool_above: float,
    against: Literal["interaction", "repeatability"],
) -> None:
    from quality_creator.quality.gauge_study import crossed

    table = asked.table
    column = values(table, asked.value, [part] if operator is None else [part, operator])
    found = crossed(
        table.labels(part),
        table.labels(operator) if operator is not None else ["1"] * len(table.rows),
        table.numbers(column, missing="refuse"),
        method=method,
        pool_above=pool_above,
        against=against,
        multiplier=asked.multiplier,
        tolerance=asked.tolerance,
        process_sigma=asked.process_sigma,
    )
    _report(asked, found, part, operator, column)


def _nested(asked: _Asked, part: int, operator: int) -> None:
    from quality_creator.quality.gauge_study import nested

    column = values(asked.table, asked.value, [part, operator])
    found = nested(
        asked.table.labels(part),
        asked.table.labels(operator),
        asked.table.numbers(column, missing="refuse"),
        multiplier=asked.multiplier,
        tolerance=asked.tolerance,
        process_sigma=asked.process_sigma,
    )
    _report(asked, found, part, operator, column)


def _bias(asked: _Asked, spread: Literal["s", "range"]) -> None:
    from quality_creator.cli.gauge_truth import show_bias
    from quality_creator.quality.bias import bias

    if asked.plot is not None:
        raise BadInput("a bias study at one reference has no picture; --method linearity has one")
    number = _as_number(asked.reference)
    at = None if number is not None else need(asked.table, "reference", asked.reference)
    column = values(asked.table, asked.value, [] if at is None else [at])
    if at is not None:
        references = set(asked.table.numbers(at, missing="refuse").tolist())
        if len(references) > 1:
            raise BadInput("there are several reference values: choose --method linearity")
        number = references.pop()
    assert number is not None  # given, or read from the column
    found = bias(
        asked.table.numbers(column, missing="refuse"),
        number,
        confidence=asked.confidence,
        tolerance=asked.tolerance,
        spread=spread,
    )
    if asked.json:
        print_json("gauge-study", found, method="bias")
    else:
        show_bias(found, asked.confidence)


def _linearity(asked: _Asked, spread: Literal["s", "range"]) -> None:
    from quality_creator.cli.gauge_truth import draw_linearity, show_linearity
    from quality_creator.quality.bias import linearity

    at = need(asked.table, "reference", asked.reference)
    column = values(asked.table, asked.value, [at])
    references = asked.table.numbers(at, missing="refuse")
    readings = asked.table.numbers(column, missing="refuse")
    found = linearity(
        references.tolist(),
        readings,
        confidence=asked.confidence,
        process_variation=None if asked.process_sigma is None else asked.multiplier * asked.process_sigma,
        spread=spread,
    )
    if asked.json:
        print_json("gauge-study", found, method="linearity")
    else:
        show_linearity(found)
    if asked.plot is not None:
        draw_linearity(asked.plot, asked.table.source, found, references, readings)


def _agreement(asked: _Asked, item: int, appraiser: int) -> None:
    from quality_creator.cli.gauge_agreement import draw_agreement, show_agreement
    from quality_creator.quality.agreement import agreement

    table = asked.table
    truth = find(table, "reference", asked.reference)
    found = agreement(
        table.labels(item),
        table.labels(appraiser),
        table.labels(need(table, "value", asked.value)),
        standards=None if truth is None else table.labels(truth),
        confidence=asked.confidence,
    )
    if asked.json:
        print_json("gauge-study", found, method="agreement")
    else:
        show_agreement(found)
    if asked.plot is not None:
        draw_agreement(asked.plot, table.source, found)


def _report(asked: _Asked, found: "GaugeStudy", part: int, operator: int | None, value: int) -> None:
    if asked.json:
        print_json("gauge-study", found)
    else:
        _show(found)
    if asked.plot is not None:
        _draw(asked.plot, asked.table, found, (part, operator, value))


def _as_number(given: str | None) -> float | None:
    try:
        number = float(given) if given is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _tolerance(tolerance: float | None, lsl: float | None, usl: float | None) -> float | None:
    if tolerance is not None:
        if lsl is not None or usl is not None:
            raise BadInput("give --tolerance, or --lsl and --usl, not both")
        return tolerance
    if lsl is None and usl is None:
        return None
    if lsl is None or usl is None:
        raise BadInput("% tolerance needs both --lsl and --usl, or --tolerance")
    if lsl >= usl:
        raise BadInput(f"the limits are crossed: lower {lsl:g} is not below upper {usl:g}")
    return usl - lsl


def _show(found: "GaugeStudy") -> None:
    title = {"anova": "crossed, ANOVA", "xbar-r": "crossed, averages and ranges", "nested": "nested, ANOVA"}
    design = f"{found.parts} parts, {found.operators} operators, {found.trials} trials"
    print(f"Gauge R&R study ({title[found.method]}): {design}\n")
    if found.anova:
        _print_anova("Analysis of variance", found.anova)
    if found.pooled_anova:
        _print_anova(f"Without the interaction (its p is above {found.pool_above:g})", found.pooled_anova)
    if found.ranges is not None:
        ranges = found.ranges
        names = ("R-bar", "X-bar difference", "part range", "UCL of R", "K1", "K2", "K3")
        numbers = (ranges.rbar, ranges.xdiff, ranges.rp, ranges.ucl_r, ranges.k1, ranges.k2, ranges.k3)
        print_table("Averages and ranges", ("", "value"), list(zip(names, numbers, strict=True)))
    columns = ["source", "variance", "% contrib.", "sigma", f"{found.multiplier:g} × sigma", "% study"]
    extra = [(found.tolerance, "% tolerance"), (found.process_sigma, "% process")]
    columns += [name for given, name in extra if given is not None]
    inset = {"repeatability": "  ", "reproducibility": "  ", "operator": "    ", "interaction": "    "}
    rows = []
    for one in found.components:
        row: list[object] = [inset.get(one.source, "") + one.source, one.variance]
        row += [f"{one.contribution_percent:.2f}", one.sigma, one.study_variation, f"{one.study_percent:.2f}"]
        row += [f"{x:.2f}" for x in (one.tolerance_percent, one.process_percent) if x is not None]
        rows.append(row)
    print_table("Components", columns, rows)
    if found.ndc is not None:
        print(f"Distinct categories: {found.ndc} ({found.ndc_raw:.3f})\n")
    print_notes(found.notes)


def _print_anova(title: str, rows: "Sequence[AnovaRow]") -> None:
    print_table(
        title,
        ("source", "df", "SS", "MS", "F", "p", "against", "F (repeatability)"),
        [
            (row.source, row.df, row.ss, row.ms, row.f, p_value(row.p), row.against, row.f_repeatability)
            for row in rows
        ],
    )


def _draw(path: Path, table: "Table", found: "GaugeStudy", columns: tuple[int, int | None, int]) -> None:
    """Components as bars; values by part, a line for each operator's means."""
    from quality_creator.cli.figure import picture

    title = f"{table.names[columns[2]]}: gauge study"
    source = f"{table.source}: {found.parts} parts, {found.operators} operators, {found.trials} trials"
    with picture(path, title, source=source, panels=2, columns=2) as sheet:
        _draw_components(sheet.axes[0], found)
        _draw_parts(sheet.axes[1], table, columns)


def _draw_components(axes: "Axes", found: "GaugeStudy") -> None:
    import numpy as np

    from quality_creator.cli.figure import FILL, LINE, QUIET

    shown = [found.component(name) for name in ("gauge", "repeatability", "reproducibility", "part")]
    kinds = [("% contribution", [one.contribution_percent for one in shown], FILL)]
    kinds.append(("% study", [one.study_percent for one in shown], LINE))
    if found.tolerance is not None:
        kinds.append(("% tolerance", [one.tolerance_percent or 0.0 for one in shown], QUIET))
    at, wide = np.arange(len(shown)), 0.8 / len(kinds)
    for i, (name, heights, color) in enumerate(kinds):
        axes.bar(at + (i - (len(kinds) - 1) / 2) * wide, heights, wide, color=color, label=name)
    axes.set_xticks(at, ["gauge R&R", "repeat.", "reprod.", "part"])
    axes.set_ylabel("%")
    axes.legend(fontsize=8)


def _draw_parts(axes: "Axes", table: "Table", columns: tuple[int, int | None, int]) -> None:
    import numpy as np
    from matplotlib.colors import to_hex

    from quality_creator.cli.figure import QUIET

    part, operator, value = columns
    parts, heights = table.labels(part), table.numbers(value)
    people = table.labels(operator) if operator is not None else [""] * len(parts)
    names = list(dict.fromkeys(parts))
    place = np.array([names.index(name) for name in parts])
    ends: list[tuple[float, float, str, str]] = []
    for person in dict.fromkeys(people):
        mine = np.array([who == person for who in people])
        x, y = place[mine], heights[mine]
        spots = np.unique(x)
        means = [float(y[x == spot].mean()) for spot in spots]
        axes.plot(x, y, ".", color=QUIET, markersize=3)
        (line,) = axes.plot(spots, means, "-o", markersize=3)
        ends.append((means[-1], float(spots[-1]), person, to_hex(line.get_color())))
    _name_lines(axes, ends)
    if len(names) <= 30:
        axes.set_xticks(range(len(names)), names, fontsize=7)
    axes.set_xlabel(table.names[part])
    axes.set_ylabel(table.names[value])


def _name_lines(axes: "Axes", ends: "list[tuple[float, float, str, str]]") -> None:
    """Names at the ends of lines (height, place, name, colour), pushed apart where ends lie close."""
    low, high = axes.get_ylim()
    apart = 0.05 * (high - low)
    lowest = low
    for height, place, name, color in sorted(ends):
        lowest = max(height, lowest)
        shift = (lowest - height) / (high - low) * axes.bbox.height * 72.0 / axes.figure.dpi
        axes.annotate(name, (place, height), xytext=(5, shift), textcoords="offset points", color=color)
        lowest += apart
