"""Draw a control chart as one would put it in a report.

Thin lines and direct labels: limits are hairlines with their values at the edge, the
specification is a tinted band, a signal is a ring with the rule's number where its pattern
completes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from quality_creator.cli.chart_report import Line, Report
from quality_creator.cli.chart_series import Series
from quality_creator.cli.figure import CENTER, FILL, INK, LIMIT, LINE, QUIET, SIGNAL, SPECIFICATION, picture
from quality_creator.cli.report import fixed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from quality_creator.cli.figure import Sheet

TITLES = {
    "i-mr": "individuals and moving ranges",
    "xbar-r": "means and ranges",
    "xbar-s": "means and standard deviations",
    "p": "p chart, proportion nonconforming",
    "np": "np chart, number nonconforming",
    "c": "c chart, nonconformities",
    "u": "u chart, nonconformities a unit",
    "laney-p": "Laney p′ chart, proportion nonconforming",
    "laney-u": "Laney u′ chart, nonconformities a unit",
    "ewma": "EWMA",
    "cusum": "CUSUM",
    "t2": "Hotelling's T²",
    "mewma": "MEWMA",
}

STATISTICS = {
    "i-mr": "value",
    "xbar-r": "mean",
    "xbar-s": "mean",
    "p": "proportion",
    "np": "number",
    "c": "count",
    "u": "count a unit",
    "laney-p": "proportion",
    "laney-u": "count a unit",
    "ewma": "weighted mean",
    "cusum": "sigmas",
    "t2": "T²",
    "mewma": "T²",
}
"""What the upper picture plots."""

_MANY = 60
"""Beyond this many points the markers would hide the line."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """One panel: what is plotted and its lines."""

    points: "NDArray[np.float64]"
    center: Line | None
    lower: Line | None
    upper: Line
    name: str
    decimals: int
    """Of the values at the edge."""
    limit: str
    marks: dict[int, list[str]]
    """For each point with a signal the rules whose patterns complete there."""


def draw(path: Path, source: str, report: Report, series: Series) -> None:
    """Write the chart to `path`; its ending says the format."""
    panels = list(_panels(report))
    wide = 170.0 if len(report.points) <= 150 else 250.0
    height = 95.0 if len(panels) == 1 else 135.0
    title = f"{series.name}: {TITLES[report.chart]}"
    foot = f"{source}; {_origin(report)}"
    with picture(
        path, title, source=foot, panels=len(panels), width_mm=wide, height_mm=height, share_x=True
    ) as sheet:
        for axes, panel in zip(sheet.axes, panels, strict=True):
            _draw_panel(sheet, axes, panel)
        if report.chart == "cusum":
            _draw_lower_sum(sheet, sheet.axes[0], report)
        if report.specification is not None:
            _draw_specification(sheet.axes[0], report)
        _draw_span(sheet.axes[0], report)
        _name_points(sheet.axes[-1], series, len(report.points))


def _panels(report: Report) -> Iterator[_Picture]:
    lower_rules = {"spread-limits", "cusum-lower"}
    marks: tuple[dict[int, list[str]], dict[int, list[str]]] = ({}, {})
    for signal in report.signals:
        rules = marks[signal.rule in lower_rules].setdefault(signal.index, [])
        if not signal.continuing:
            rules.append(_short(signal.rule))
    center = report.center if isinstance(report.center, float) else None
    yield _Picture(
        points=_array(report.points),
        center=None if report.chart == "cusum" else center,
        lower=report.lower if report.chart not in ("t2", "mewma") else None,
        upper=report.upper,
        name=STATISTICS[report.chart],
        decimals=1 if report.chart == "cusum" else report.decimals,
        limit="h" if report.chart == "cusum" else "UCL",
        marks=marks[0],
    )
    if report.spread is not None:
        spread = report.spread
        yield _Picture(
            points=_array(spread.points),
            center=spread.center,
            lower=spread.lower,
            upper=spread.upper,
            name=spread.statistic,
            decimals=report.decimals,
            limit="UCL",
            marks=marks[1],
        )


def _draw_panel(sheet: "Sheet", axes: "Axes", panel: _Picture) -> None:
    count = len(panel.points)
    lines = ((panel.upper, LIMIT, panel.limit), (panel.center, CENTER, "CL"), (panel.lower, LIMIT, "LCL"))
    for line, color, name in lines:
        if line is None or (name == "LCL" and not np.nanmax(_array(line))):
            continue  # a limit at 0 can't be crossed
        last = _draw_line(axes, line, count, color=color)
        sheet.label(axes, last, f"{name} {fixed(last, panel.decimals)}", color)
    _draw_points(axes, panel.points, panel.marks)
    axes.set_ylabel(panel.name)
    # Room for the rules' numbers above and below the points.
    axes.margins(y=0.12)
    axes.set_xlim(0.5, count + 0.5)


def _draw_points(
    axes: "Axes", points: "NDArray[np.float64]", marks: dict[int, list[str]], sign: int = 1
) -> None:
    place = np.arange(1, len(points) + 1)
    marker = {"marker": "o", "markersize": 2.8} if len(points) <= _MANY else {}
    axes.plot(place, sign * points, color=LINE, linewidth=0.8, **marker)  # type: ignore[arg-type]
    there = [index for index in marks if np.isfinite(points[index])]
    axes.plot(
        place[there],
        sign * points[there],
        "o",
        markersize=7.0,
        markerfacecolor="none",
        markeredgecolor=SIGNAL,
    )
    named = [index for index in there if marks[index]]
    if len(named) > _MANY:
        return
    from matplotlib.patheffects import withStroke

    middle = np.nanmedian(points)
    for index in named:
        above = sign * points[index] >= sign * middle
        axes.annotate(
            "\n".join(marks[index]),
            (float(place[index]), float(sign * points[index])),
            xytext=(0, 6 if above else -6),
            textcoords="offset points",
            ha="center",
            va="bottom" if above else "top",
            fontsize=7.0,
            linespacing=1.0,
            color=SIGNAL,
            path_effects=[withStroke(linewidth=2.0, foreground="white")],
        )


def _draw_line(axes: "Axes", line: Line, count: int, *, color: str) -> float:
    """A hairline, or steps where it differs from point to point; its height at the right edge."""
    heights = _array(line)
    if heights.ndim == 0:
        axes.axhline(float(heights), color=color, linewidth=0.6)
        return float(heights)
    axes.stairs(heights, np.arange(count + 1) + 0.5, baseline=None, color=color, linewidth=0.6)
    return float(heights[np.isfinite(heights)][-1])


def _draw_lower_sum(sheet: "Sheet", axes: "Axes", report: Report) -> None:
    """C- hangs below the zero line of C+."""
    assert report.c_minus is not None
    assert report.decision_interval is not None
    marks: dict[int, list[str]] = {s.index: [] for s in report.signals if s.rule == "cusum-lower"}
    _draw_points(axes, _array(report.c_minus), marks, sign=-1)
    axes.axhline(0.0, color=QUIET, linewidth=0.6)
    lowest = _draw_line(axes, -report.decision_interval, len(report.points), color=LIMIT)
    sheet.label(axes, lowest, f"h {report.decision_interval:.1f}", LIMIT)
    sheet.label(axes, report.decision_interval / 2.0, "C+", QUIET)
    sheet.label(axes, -report.decision_interval / 2.0, "C−", QUIET)


def _draw_specification(axes: "Axes", report: Report) -> None:
    specification = report.specification
    assert specification is not None
    low, high = axes.get_ylim()
    reach = 2.0 * (high - low)
    ends = [
        end for end in (specification.lower, specification.upper, specification.target) if end is not None
    ]
    if min(ends) < low - reach or max(ends) > high + reach:
        # The points would be a flat line; say where the specification is instead.
        told = " to ".join(
            f"{end:g}" for end in (specification.lower, specification.upper) if end is not None
        )
        axes.set_title(f"specification {told}, beyond the picture", fontsize=8.0, color=SPECIFICATION)
        return
    pad = 0.04 * (high - low)
    axes.set_ylim(min(low, *(end - pad for end in ends)), max(high, *(end + pad for end in ends)))
    bottom, top = axes.get_ylim()
    axes.axhspan(
        bottom if specification.lower is None else specification.lower,
        top if specification.upper is None else specification.upper,
        color=FILL,
        alpha=0.5,
        linewidth=0.0,
        zorder=0,
    )
    for name, end in (
        ("LSL", specification.lower),
        ("T", specification.target),
        ("USL", specification.upper),
    ):
        if end is not None:
            # At the left, where no control limit writes its value.
            axes.annotate(
                f"{name} {end:g}",
                (0.0, end),
                xycoords=("axes fraction", "data"),
                xytext=(3, -2 if name == "USL" else 2),
                textcoords="offset points",
                va="top" if name == "USL" else "bottom",
                fontsize=8.0,
                color=SPECIFICATION,
            )
    if specification.target is not None:
        axes.axhline(specification.target, color=SPECIFICATION, linewidth=0.6, linestyle=":")


def _draw_span(axes: "Axes", report: Report) -> None:
    """Where the points that made the limits end."""
    if report.span is None or report.span == (0, len(report.points)):
        return
    first, last = report.span
    for edge in (first, last):
        if 0 < edge < len(report.points):
            axes.axvline(edge + 0.5, color=QUIET, linewidth=0.6, linestyle=(0, (1, 3)))
    axes.annotate(
        f"limits from {first + 1}–{last}",
        ((first + last + 1) / 2, 1.0),
        xycoords=("data", "axes fraction"),
        ha="center",
        va="bottom",
        fontsize=7.5,
        color=QUIET,
    )


def _name_points(axes: "Axes", series: Series, count: int) -> None:
    axes.set_xlabel("point" if series.labels is None else "subgroup", color=INK)
    if series.labels is None:
        return
    every = max(1, -(-count // 25))
    places = list(range(1, count + 1, every))
    names = [series.labels[place - 1] for place in places]
    axes.set_xticks(places, names, rotation=90 if max(map(len, names)) > 4 else 0, fontsize=7.0)


def _origin(report: Report) -> str:
    if report.span is None:
        return "limits given"
    left_out = ", ".join(f"{entry.index + 1} ({entry.reason})" for entry in report.excluded)
    without = f" without {left_out}" if left_out else ""
    return f"limits from {report.span[0] + 1} to {report.span[1]}{without}, {report.method}"


def _short(rule: str) -> str:
    """`nelson-5` as N5, `western-electric-2` as W2; other charts have one rule."""
    family, _, number = rule.partition("-")
    if family in ("nelson", "western"):
        return family[0].upper() + number.removeprefix("electric-").removesuffix("-both")
    return ""


def _array(values: Line) -> "NDArray[np.float64]":
    return np.array(values, dtype=np.float64)
