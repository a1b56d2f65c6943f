"""`qc capability`: indices, intervals, ppm and normality of a column of measurements."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from quality_creator.cli import app
from quality_creator.cli.report import p_value, print_json, print_notes, print_table, read_pairs, warn
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from quality_creator.actions.table import Columns
    from quality_creator.model.characteristic import Specification
    from quality_creator.quality.capability import Capability, Percentiles


@app.command
def capability(
    file: Path | None = None,
    *,
    value: str | None = None,
    subgroup: str | None = None,
    size: int = 1,
    lsl: float | None = None,
    usl: float | None = None,
    target: float | None = None,
    within: Literal["rbar", "sbar", "pooled", "mrbar"] | None = None,
    confidence: float = 0.95,
    degrees: Literal["total", "within"] = "total",
    distribution: Literal["normal", "lognormal", "weibull", "gamma", "rayleigh", "auto"] = "normal",
    parameters: str | None = None,
    n: int | None = None,
    sd: float | None = None,
    mean: float | None = None,
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    json: bool = False,
    plot: Path | None = None,
) -> None:
    """Judge measurements against their specification: Cp, Cpk, Pp, Ppk, Cpm, ppm, normality.

    Without limits, location, spread and normality are told. Without FILE, give --n and --sd (and
    --mean) of values that were measured elsewhere, or --distribution with --parameters.

    Parameters
    ----------
    file
        A table of measurements in the order of production.
    value
        The column, by name or number from 1; several with commas make each line a subgroup.
    subgroup
        The column that says to which subgroup a value belongs.
    size
        Without such a column: how many values in a row make a subgroup.
    lsl
        Lower specification limit.
    usl
        Upper specification limit.
    target
        For Cpm and Ppm.
    within
        How the within sigma is estimated; by default mrbar for single values, rbar for subgroups of up
        to 8, sbar for larger or unequal ones.
    confidence
        Of the intervals.
    degrees
        Of the C indices' intervals: n - 1 (total), or those that the within sigma carries (within).
    distribution
        Anything but normal adds the percentile method of ISO 22514-2; auto takes the best fit.
    parameters
        Of a known distribution, without FILE: shape=2,scale=10 and so on.
    n
        Without FILE: how many values there were.
    sd
        Without FILE: their standard deviation.
    mean
        Without FILE: their mean.
    decimal
        The decimal sign, where the file leaves it open.
    encoding
        The file's encoding, where it can't be told.
    json
        Print JSON (docs/quality/json.md).
    plot
        Write a picture, .svg or .png.
    """
    from quality_creator.actions.table import read_columns
    from quality_creator.cli.figure import check_path
    from quality_creator.model.characteristic import Specification
    from quality_creator.quality import capability as study
    from quality_creator.quality.distribution import Distribution
    from quality_creator.quality.stability import stability

    if plot is not None:
        check_path(plot)
    limits = Specification(lower=lsl, target=target, upper=usl)
    if file is None:
        if parameters is not None:
            if distribution == "auto":
                raise BadInput("--parameters belong to one --distribution, not to auto")
            known = Distribution(family=distribution, parameters=read_pairs("--parameters", parameters))
            _show_percentiles(study.percentiles(known, limits), as_json=json)
            return
        if n is None or sd is None:
            raise BadInput("give a FILE, or --n and --sd, or --distribution with --parameters")
        found = study.capability_from_summary(
            n=n, deviation=sd, mean=mean, specification=limits, confidence=confidence
        )
        if json:
            print_json("capability", found)
        else:
            _show(found)
        return
    if n is not None or sd is not None or mean is not None or parameters is not None:
        raise BadInput(
            "--n, --sd, --mean and --parameters take the place of FILE; leave one or the other out"
        )
    columns = read_columns(file, value=value, subgroup=subgroup, decimal=decimal, encoding=encoding)
    warn(columns.notes)
    data = _group(columns, size)
    if len(data.values) > 1 and (data.values == data.values[0]).all():
        raise BadInput(
            f"all {len(data.values)} values are {data.values[0]:g}: without a spread there is no index; "
            "does the gauge resolve the differences?"
        )
    chart = stability(data.values, data.sizes, within) if len(data.sizes) > 1 else None
    found = study.capability(
        data.values,
        limits,
        sizes=data.sizes,
        within=within,
        confidence=confidence,
        degrees=degrees,
        distribution=distribution,
        stable=None if chart is None else chart.stable,
    )
    beyond, points = ([], 0) if chart is None else (list(chart.beyond), chart.points)
    if json:
        print_json(
            "capability",
            found,
            value=data.name,
            missing=data.missing,
            chart_points=points,
            beyond_limits=beyond,
        )
    else:
        _show(found, data, f"{len(beyond)} of {points}")
    if plot is not None:
        _draw(plot, file.name, data, found, limits)


@dataclass(frozen=True, slots=True)
class _Data:
    name: str
    values: "NDArray[np.float64]"
    sizes: list[int]
    missing: int


def _group(columns: "Columns", size: int) -> _Data:
    """Values without the missing ones, and the sizes of the subgroups that are left."""
    import numpy as np

    if size < 1:
        raise BadInput(f"--size is 1 or more, not {size}")
    if columns.subgroups is not None:
        if size != 1:
            raise BadInput("the file says which subgroup a value belongs to; leave --size out")
        marks = np.unique(columns.subgroups, return_inverse=True)[1]
        order = np.argsort(_first_seen(marks), kind="stable")
        values, marks = columns.values[order], _first_seen(marks)[order]
    else:
        values, marks = columns.values, np.arange(len(columns.values)) // size
    there = ~np.isnan(values)
    sizes = np.bincount(marks[there])
    return _Data(columns.value_name, values[there], sizes[sizes > 0].tolist(), int((~there).sum()))


def _first_seen(marks: "NDArray[np.int64]") -> "NDArray[np.int64]":
    """Subgroup numbers in the order in which the file brings them."""
    import numpy as np

    _, first, inverse = np.unique(marks, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


def _show(found: "Capability", data: _Data | None = None, beyond: str = "") -> None:
    rows: list[tuple[str, object]] = [("Values", found.n)]
    if data is not None:
        rows += [("Column", data.name), ("Missing, left out", data.missing)]
    rows += [("Mean", found.mean), ("Overall sigma", found.sigma_overall)]
    if found.sigma_within is not None:
        rows += [
            (f"Within sigma ({found.within_method})", found.sigma_within),
            ("Subgroups", found.subgroups),
        ]
    if found.minimum is not None:
        rows += [("Smallest", found.minimum), ("Largest", found.maximum)]
    rows += [("Lower limit", found.lower), ("Target", found.target), ("Upper limit", found.upper)]
    if found.stable is not None:
        rows += [("Stable", found.stable), ("Points beyond their limits", beyond)]
    print_table("Capability study", ("", "value"), [row for row in rows if row[1] is not None])
    if found.indices:
        share = f"{100 * found.confidence:g} %"
        print_table(
            "Indices",
            ("index", "value", f"low {share}", f"high {share}"),
            [(name, index.value, index.low, index.high) for name, index in found.indices.items()],
        )
    outside = [
        (name, one.below, one.above, one.total)
        for name, one in (
            ("observed", found.observed_ppm),
            ("expected, within sigma", found.expected_ppm_within),
            ("expected, overall sigma", found.expected_ppm_overall),
            ("expected, percentiles", found.percentiles and found.percentiles.expected_ppm),
        )
        if one
    ]
    if outside:
        print_table("Outside the specification, ppm", ("", "below", "above", "total"), outside)
    if found.percentiles is not None:
        _print_percentiles(found.percentiles)
    if found.normality is not None:
        test = found.normality
        rows_of_tests = [("Anderson-Darling", test.anderson_darling, p_value(test.anderson_darling_p))]
        if test.shapiro_wilk is not None:
            rows_of_tests.append(("Shapiro-Wilk", test.shapiro_wilk, p_value(test.shapiro_wilk_p)))
        print_table("Normality", ("test", "statistic", "p"), rows_of_tests)
    print_notes(found.notes)


def _show_percentiles(found: "Percentiles", *, as_json: bool) -> None:
    if as_json:
        print_json("capability", found)
        return
    _print_percentiles(found)


def _print_percentiles(found: "Percentiles") -> None:
    fit = ", ".join(f"{name} {number:.5g}" for name, number in found.parameters.items())
    rows: list[tuple[str, object]] = [
        ("0.135 %", found.x0135),
        ("50 %", found.x50),
        ("99.865 %", found.x99865),
        *found.indices.items(),
    ]
    if found.anderson_darling is not None:
        rows.append(("Anderson-Darling of the fit", found.anderson_darling))
    print_table(f"Percentile method (ISO 22514-2), {found.family}: {fit}", ("", "value"), rows)


def _draw(path: Path, source: str, data: _Data, found: "Capability", limits: "Specification") -> None:
    """A histogram with the curves and limits, and a normal probability plot."""
    from quality_creator.cli.figure import picture

    title, foot = f"{data.name}: capability", f"{source}, n = {found.n}"
    with picture(path, title, source=foot, panels=2, columns=2) as sheet:
        _draw_histogram(sheet.axes[0], data, found, limits)
        _draw_probability(sheet.axes[1], data, found)


def _draw_histogram(axes: "Axes", data: _Data, found: "Capability", limits: "Specification") -> None:
    import numpy as np

    from quality_creator.cli.figure import FILL, LINE, QUIET, SPECIFICATION

    assert found.mean is not None  # measured values have one
    axes.hist(data.values, bins="auto", density=True, color=FILL, edgecolor=QUIET, linewidth=0.5)
    ends = [x for x in (limits.lower, limits.upper) if x is not None]
    low, high = axes.get_xlim()
    x = np.linspace(min([low, *ends]), max([high, *ends]), 400)
    for sigma, style in ((found.sigma_overall, "-"), (found.sigma_within, "--")):
        if sigma:
            z = (x - found.mean) / sigma
            axes.plot(x, np.exp(-z * z / 2) / (sigma * np.sqrt(2 * np.pi)), style, color=LINE)
    for name, at in (("LSL", limits.lower), ("T", limits.target), ("USL", limits.upper)):
        if at is None:
            continue
        axes.axvline(at, color=SPECIFICATION, linewidth=0.8, linestyle=":" if name == "T" else "-")
        axes.annotate(
            f"{name} {at:g}",
            (at, 1.0),
            xycoords=("data", "axes fraction"),
            ha="center",
            va="bottom",
            fontsize=8,
            color=SPECIFICATION,
        )
    axes.set_xlabel(f"{data.name}  (line: overall sigma, dashes: within)")
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    names = [name for name in ("Cp", "Cpk", "Pp", "Ppk") if name in found.indices]
    shown = "   ".join(f"{name} {found.indices[name].value:.2f}" for name in names)
    # Below each other: the neighbour's title begins where this one would end.
    axes.set_title("not stable\n" * (found.stable is False) + shown, pad=14, fontsize=9)


def _draw_probability(axes: "Axes", data: _Data, found: "Capability") -> None:
    import numpy as np
    from scipy.special import ndtri

    from quality_creator.cli.figure import INK, LINE

    assert found.mean is not None  # measured values have one
    ordered = np.sort(data.values)
    score = ndtri((np.arange(1, len(ordered) + 1) - 0.375) / (len(ordered) + 0.25))
    ends = score[[0, -1]]
    axes.plot(ordered, score, "o", color=LINE, markersize=2.5)
    axes.plot(found.mean + ends * found.sigma_overall, ends, color=INK, linewidth=0.7)
    axes.set_xlabel(data.name)
    axes.set_ylabel("normal score")
    if found.normality is not None:
        axes.set_title(
            f"Anderson-Darling p {p_value(found.normality.anderson_darling_p)}", pad=14, fontsize=9
        )
