"""What the newest values say: points as they are judged now, a histogram, what the process is capable of.

Pure, and needs no more than the base installation: viewers are told capabilities by it, and whoever checks an
episode computes them again.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from quality_creator import quality
from quality_creator.actions import judging
from quality_creator.actions.judging import Chart
from quality_creator.model import event
from quality_creator.model.characteristic import COUNTS, PAIRED, WEIGHTED, Characteristic, ChartPlan
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadInput
from quality_creator.model.event import Signal
from quality_creator.model.reading import Measurement
from quality_creator.quality.capability import Capability, capability
from quality_creator.quality.index import Index
from quality_creator.quality.rules import REACH

SHOWN = judging.BEHIND
"""Points on a chart."""

STUDIED = 2_000
"""Values of a study at most: those of the newest points."""

BINS = 40
"""Bars of a histogram at most."""


class PlottedPoint(msgspec.Struct, frozen=True, kw_only=True):
    """A point of a chart, judged by the limits and rules of now."""

    number: int
    """On the chart, from 0."""
    time: Micros
    """Of the measurement that completed it."""
    location: float
    spread: float | None
    signals: tuple[Signal, ...]
    uncertain: bool = False
    found_in: float | None = None
    """Of a count."""
    lower: float | None = None
    """The point's own limits, where they differ from the definition's; with `upper` alone, none below."""
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Histogram:
    """How the values are distributed; a fitted normal and the specification stand beside it."""

    edges: Sequence[float]
    counts: Sequence[int]
    mean: float
    sigma: float


@dataclass(frozen=True, slots=True)
class Study:
    """What the newest values say about the process."""

    values: int
    histogram: Histogram | None
    capability: Capability | None
    trouble: str
    """Why there is no capability, in the statistics room's words; empty when there is."""


def newest(rows: Sequence[Measurement], chart: Chart, points: int) -> list[Measurement]:
    """The measurements of a chart's newest points, whole ones only, out of its newest rows."""
    size, waiting = chart.characteristic.chart.each, len(chart.state.pending)
    points = min(points, chart.state.plotted)
    good = [one for one in rows if one.status != "bad"]
    whole = good[: len(good) - waiting]
    return whole[len(whole) % size :][-points * size :] if points else []


def rows_of(chart: Chart, points: int) -> int:
    """How many rows back so many points reach; a few more, as bad ones are not charted."""
    return min(points, chart.state.plotted) * chart.characteristic.chart.each + len(chart.state.pending) + 100


def zone(plan: ChartPlan, limits: quality.Limits) -> float | None:
    """The sigma of what is plotted; None for charts without zones of equal height."""
    if plan.kind in (*PAIRED, *WEIGHTED):
        return None
    return limits.sigma if plan.kind in COUNTS else (limits.location.upper - limits.center) / plan.width


def plotted(
    found: Sequence[Measurement], chart: Chart, before: quality.State | None = None
) -> list[PlottedPoint]:
    """The points of whole measurements, judged by the chart's limits and rules of now.

    Args:
        found: The newest ones, as many as points need.
        chart: As it stands behind them.
        before: Where it stood before them; without it, it remembers nothing.
    """
    plan = chart.characteristic.chart
    size = plan.each
    state = before or msgspec.structs.replace(
        quality.start(chart.state.plan, chart.state.limits), plotted=chart.state.plotted - len(found) // size
    )
    _, points = quality.step(state, [part for one in found for part in judging.charted(plan, one)])
    signals: dict[int, tuple[Signal, ...]] = {}
    for signal in points.signals:
        told = Signal(rule=signal.rule, continuing=signal.continuing)
        signals[signal.row] = (*signals.get(signal.row, ()), told)
    own = judging.own_limits(chart, points) if chart.frozen else [(None, None)] * len(points)
    shown = chart.frozen or plan.kind not in WEIGHTED
    columns = zip(points.index.tolist(), points.location.tolist(), points.spread.tolist(), own, strict=True)
    return [
        PlottedPoint(
            number=number,
            time=found[size * (row + 1) - 1].time,
            location=location,
            spread=spread if shown and math.isfinite(spread) else None,
            signals=signals.get(row, ()),
            uncertain=any(one.status == "uncertain" for one in found[size * row : size * (row + 1)]),
            found_in=found[size * (row + 1) - 1].found_in,
            lower=limits[0],
            upper=limits[1],
        )
        for row, (number, location, spread, limits) in enumerate(columns)
        if math.isfinite(location)
    ]


def reckon(chart: Chart, rows: Sequence[Measurement]) -> event.Capability | None:
    """What viewers are told of a characteristic from its newest rows; None where there is nothing to tell.

    Args:
        chart: As it stands behind these rows.
        rows: `reach` of them, or all that there are.
    """
    one = chart.characteristic
    limits = chart.state.limits if chart.frozen else None
    assert not isinstance(limits, quality.MultivariateLimits)
    looked_at = SHOWN + REACH + 1
    shown = plotted(newest(rows[-rows_of(chart, looked_at) :], chart, looked_at), chart)[-SHOWN:]
    if one.specification is None or not shown:
        return None
    stable = None
    if limits is not None and zone(one.chart, limits) is not None:
        stable = not any(point.signals for point in shown)
    studied = STUDIED // one.chart.each
    values = [row.value for row in newest(rows[-rows_of(chart, studied) :], chart, studied)]
    found, _ = _capability(values, one, stable, shapiro=False)
    return _told(found, shown[-1].time, chart.state.plotted)


def reach(chart: Chart) -> int:
    """How many rows back `reckon` looks at most."""
    return max(
        rows_of(chart, points) for points in (SHOWN + REACH + 1, STUDIED // chart.characteristic.chart.each)
    )


def study(values: Sequence[float], one: Characteristic, stable: bool | None) -> Study:
    """Histogram and capability of values; `stable` says whether the chart signals."""
    if len(values) < 2 or one.chart.kind in COUNTS:
        return Study(len(values), None, None, "")
    found, trouble = _capability(values, one, stable, shapiro=True)
    return Study(len(values), _histogram(values), found, trouble)


def _capability(
    values: Sequence[float], one: Characteristic, stable: bool | None, *, shapiro: bool
) -> tuple[Capability | None, str]:
    """What the values say against the specification, or why they say nothing."""
    if len(values) < 2 or one.chart.kind in COUNTS or one.specification is None:
        return None, ""
    sizes = [one.chart.each] * (len(values) // one.chart.each)
    try:
        return capability(
            values, one.specification, sizes=sizes, degrees="within", stable=stable, shapiro=shapiro
        ), ""
    except BadInput as error:
        return None, str(error)


def _histogram(values: Sequence[float]) -> Histogram | None:
    array = np.asarray(values)
    deviation = float(array.std(ddof=1))
    if not np.isfinite(deviation) or deviation == 0.0:
        return None
    edges = np.histogram_bin_edges(array, bins="fd")
    if not 5 <= len(edges) - 1 <= BINS:
        edges = np.histogram_bin_edges(array, bins=min(max(len(edges) - 1, 5), BINS))
    counts, _ = np.histogram(array, edges)
    return Histogram(edges.tolist(), counts.tolist(), float(array.mean()), deviation)


def _told(found: Capability | None, time: Micros, number: int) -> event.Capability | None:
    """A capability in the words of the stream: the two indices, and what speaks against believing them."""
    if found is None:
        return None
    cpk, ppk = found.indices.get("Cpk"), found.indices.get("Ppk")
    if cpk is None and ppk is None:
        return None
    notes = {note.code for note in found.notes}
    return event.Capability(
        time=time,
        plotted=number,
        values=found.n,
        cpk=_value(cpk),
        cpk_low=None if cpk is None else cpk.low,
        cpk_high=None if cpk is None else cpk.high,
        ppk=_value(ppk),
        ppk_low=None if ppk is None else ppk.low,
        ppk_high=None if ppk is None else ppk.high,
        stable=found.stable,
        provisional="provisional" in notes,
        normal=None if found.normality is None else "not-normal" not in notes,
    )


def _value(index: Index | None) -> float | None:
    return None if index is None else index.value
