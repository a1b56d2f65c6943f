"""`qc chart` and `qc arl`: judge a file by a control chart; choose and explain a chart."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from quality_creator.cli import app
from quality_creator.cli.chart_series import Series, Source, read_series
from quality_creator.cli.report import fixed, print_json, print_table, read_numbers, text, warn
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    from quality_creator.cli.chart_report import Found, Line, Report

ChartName = Literal[
    "i-mr", "xbar-r", "xbar-s", "p", "np", "c", "u", "laney-p", "laney-u", "ewma", "cusum", "t2", "mewma"
]


@app.command
def chart(
    file: Path,
    *,
    chart: ChartName = "i-mr",
    size: str | None = None,
    value: str | None = None,
    subgroup: str | None = None,
    limits_from: str | None = None,
    exclude: list[str] | None = None,
    by: str = "",
    method: str | None = None,
    center: float | None = None,
    sigma: float | None = None,
    rules: str | None = None,
    width: float = 3.0,
    weight: float | None = None,
    slack: float = 0.5,
    decision: float = 5.0,
    head_start: float = 0.0,
    reset: bool = False,
    alpha: float = 0.0027,
    threshold: float | None = None,
    settled: bool = False,
    constants: Literal["exact", "printed"] = "exact",
    usl: float | None = None,
    lsl: float | None = None,
    target: float | None = None,
    decimal: Literal[".", ","] | None = None,
    encoding: str | None = None,
    json: bool = False,
    plot: Path | None = None,
) -> None:
    """Judge a file by a control chart: limits, points, signals.

    Limits are estimated from all points, from the span of --limits-from, or given by --center and
    --sigma. Points before and after the span are judged by the same limits.

    Parameters
    ----------
    file
        A table of values in the order in which they were made.
    chart
        Which chart.
    size
        How many values in a row make a subgroup; for p, np, u and Laney's how many items or units
        each count was found in, a number or the name of a column.
    value
        The column, by name or number from 1; several with commas make each line a subgroup, and
        for t2 and mewma they are the characteristics.
    subgroup
        The column that says to which subgroup a value belongs; subgroups may differ in size.
    limits_from
        The points that limits are estimated from: 1:25 is the first 25.
    exclude
        A point of that span to leave out, and why: 7=tool broke. Can be repeated.
    by
        Who decides about the limits; kept in the record.
    method
        How sigma is estimated: mrbar, median-mr, sd; rbar, rbar-mvlue, sbar, sbar-mvlue, pooled;
        covariance, successive-differences, within. Each chart has its default.
    center
        A known centre, in place of an estimation.
    sigma
        A known sigma of one value.
    rules
        nelson, western-electric, default (nelson-1,nelson-2), none, or names such as
        nelson-1,nelson-8-both or nelson-1..4.
    width
        Distance of the limits in sigmas; L of an EWMA.
    weight
        Lambda of an EWMA (0.2) or MEWMA (0.1).
    slack
        k of a CUSUM.
    decision
        h of a CUSUM.
    head_start
        Where a CUSUM starts; h/2 is usual.
    reset
        A CUSUM starts again after a signal.
    alpha
        The false alarm rate of T² limits.
    threshold
        h4 of a MEWMA; by default for an in-control run length of 1/alpha.
    settled
        EWMA and MEWMA have their asymptotic variance from the first point on.
    constants
        Exact d2 and d3, or rounded as printed tables have them.
    usl
        Upper specification limit, to be shown.
    lsl
        Lower specification limit.
    target
        Target value.
    decimal
        The decimal sign, where the file leaves it open.
    encoding
        The file's encoding, where it can't be told.
    json
        Print JSON (docs/quality/json.md).
    plot
        Write a picture, .svg or .png.
    """
    from quality_creator.cli.chart_report import Question, judge
    from quality_creator.cli.figure import check_path
    from quality_creator.model.characteristic import Specification
    from quality_creator.quality.chart import MULTIVARIATE, WEIGHTED, Plan
    from quality_creator.quality.index import check_specification
    from quality_creator.quality.rules import DEFAULT, parse

    if plot is not None:
        check_path(plot)
    specification = Specification(lower=lsl, target=target, upper=usl)
    check_specification(specification)
    dependent = chart in WEIGHTED + MULTIVARIATE
    series = read_series(chart, Source(file, value, subgroup, size, decimal, encoding))
    warn(series.notes)
    plan = Plan(
        kind=chart,
        size=series.size,
        rules=parse(rules) if rules is not None else () if dependent else DEFAULT,
        width=width,
        weight=weight if weight is not None else 0.1 if chart == "mewma" else 0.2,
        slack=slack,
        decision=decision,
        head_start=head_start,
        reset=reset,
        variables=series.variables,
        alpha=alpha,
        threshold=threshold,
        settled=settled,
        constants=constants,
    )
    question = Question(
        plan=plan,
        span=None if limits_from is None else _span(limits_from, len(series.values)),
        exclude=dict(_exclusion(entry, len(series.values)) for entry in exclude or ()),
        by=by,
        method=method,
        center=center,
        sigma=sigma,
    )
    report = judge(question, series, specification)
    if json:
        print_json("chart", report)
    else:
        _show(report, series)
    if plot is not None:
        from quality_creator.cli.chart_figure import draw

        draw(plot, file.name, report, series)


@app.command
def arl(
    *,
    chart: Literal["shewhart", "ewma", "cusum", "t2", "mewma"] = "shewhart",
    shift: str = "0,0.25,0.5,0.75,1,1.5,2,2.5,3",
    rules: str = "default",
    width: float | None = None,
    weight: float | None = None,
    slack: float = 0.5,
    decision: float | None = None,
    head_start: float = 0.0,
    alpha: float = 0.0027,
    variables: int = 2,
    size: int = 1,
    threshold: float | None = None,
    settled: bool = True,
    in_control: float = 370.4,
    json: bool = False,
) -> None:
    """Tell how long a chart runs until its first signal, in control and after a shift.

    A limit that is not given (the width of an EWMA, the decision interval of a CUSUM, the
    threshold of a MEWMA) is chosen for the in-control run length of --in-control.

    Parameters
    ----------
    chart
        Which chart; shewhart is any of i-mr, xbar-r and xbar-s with its rules.
    shift
        Shifts of the mean, from the first point on, in sigmas of the plotted mean: numbers with
        commas or first:last:step. For t2 and mewma the Mahalanobis distance of one row.
    rules
        Of a Shewhart chart, as for qc chart.
    width
        Distance of the limits in sigmas (3); L of an EWMA.
    weight
        Lambda of an EWMA (0.2) or MEWMA (0.1).
    slack
        k of a CUSUM.
    decision
        h of a CUSUM.
    head_start
        Where a CUSUM starts; h/2 is usual.
    alpha
        The false alarm rate of a T² limit.
    variables
        How many characteristics T² or MEWMA judges.
    size
        Rows in a point of T².
    threshold
        h4 of a MEWMA.
    settled
        The limits of an EWMA are asymptotic from the first point on, as tables have it; with
        --no-settled they widen as those of qc chart do.
    in_control
        The run length without a shift that a limit is chosen for.
    json
        Print JSON (docs/quality/json.md).
    """
    from quality_creator.cli.run_length import Choice, answer

    choice = Choice(
        chart=chart,
        rules=rules,
        width=width,
        weight=weight if weight is not None else 0.1 if chart == "mewma" else 0.2,
        slack=slack,
        decision=decision,
        head_start=head_start,
        alpha=alpha,
        variables=variables,
        size=size,
        threshold=threshold,
        settled=settled,
        in_control=in_control,
    )
    found = answer(choice, read_numbers("--shift", shift))
    if json:
        print_json("arl", found)
        return
    rows = [
        (f"{one:g}", "beyond 10^12" if length is None else length, error)
        for one, length, error in zip(found.shift, found.arl, found.standard_error, strict=True)
    ]
    facts = ", ".join(f"{name} {text(fact)}" for name, fact in found.parameters.items())
    print_table(f"Average run length: {chart}, {facts}", ("shift", "points", "standard error"), rows)


def _span(given: str, points: int) -> tuple[int, int]:
    """1:25 as the first point from 0 and the one after the last."""
    first, colon, last = given.partition(":")
    try:
        span = int(first or 1) - 1, int(last or points)
    except ValueError:
        span = None
    if span is None or not colon:
        raise BadInput(f"--limits-from takes the first and the last point, such as 1:25, not {given!r}")
    if 0 <= span[1] <= span[0]:
        raise BadInput(f"--limits-from {given} ends before it begins; write {span[1]}:{span[0] + 1}")
    if not 0 <= span[0] < span[1] <= points:
        raise BadInput(f"--limits-from {given} is not inside the {points} points that there are (1:{points})")
    return span


def _exclusion(given: str, points: int) -> tuple[int, str]:
    number, _, reason = given.partition("=")
    if not number.strip().isdecimal() or not reason.strip():
        raise BadInput(f"--exclude takes a point and the reason, such as 7=tool broke, not {given!r}")
    if not 1 <= int(number) <= points:
        raise BadInput(f"--exclude {given}: there are points 1 to {points}")
    return int(number) - 1, reason.strip()


def _show(report: "Report", series: Series) -> None:
    facts: list[tuple[str, object]] = [
        ("Values", series.name),
        ("Points", len(report.points)),
        ("Limits", _origin(report)),
    ]
    if isinstance(report.center, float):
        facts.append(("Centre", text(report.center, 8)))
    if report.sigma is not None:
        facts.append(("Sigma", text(report.sigma) if isinstance(report.sigma, float) else "by size"))
    for name, line in (("Lower limit", report.lower), ("Upper limit", report.upper)):
        if line is not None:
            facts.append((name, _range(line, report.decimals)))
    if report.sigma_z is not None:
        facts.append(("Sigma z", report.sigma_z))
    if report.spread is not None:
        lower, upper = (_range(line, report.decimals) for line in (report.spread.lower, report.spread.upper))
        facts.append((f"Limits of the {report.spread.statistic}", f"{lower} to {upper}"))
    if report.in_control_arl is not None:
        facts.append(("Points to a false alarm, on average", report.in_control_arl.value))
    if report.specification is not None:
        facts.append(("Values outside the specification", report.specification.outside))
    print_table(f"Control chart {report.chart}", ("", "value"), facts)
    rows = [
        (
            str(signal.index + 1) if series.labels is None else series.labels[signal.index],
            signal.rule,
            "continuing" if signal.continuing else "completed",
            _at(report, signal),
        )
        for signal in report.signals
    ]
    if rows:
        print_table("Signals", ("point", "rule", "pattern", "value"), rows)
    else:
        print("No signals.")


def _origin(report: "Report") -> str:
    if report.span is None:
        return "given"
    first, last = report.span
    left_out = f", {len(report.excluded)} left out" if report.excluded else ""
    return f"from points {first + 1} to {last}{left_out}, by {report.method}"


def _at(report: "Report", signal: "Found") -> str:
    """The value that the rule is about."""
    points = report.points
    if signal.rule == "spread-limits" and report.spread is not None:
        points = report.spread.points
    elif signal.rule == "cusum-lower" and report.c_minus is not None:
        points = report.c_minus
    value = points[signal.index]
    return "" if value is None else fixed(value, report.decimals)


def _range(line: "Line", decimals: int) -> str:
    there = [line] if not isinstance(line, list) else [height for height in line if height is not None]
    if not there:
        return ""
    least, most = min(there), max(there)
    shown = fixed(most, decimals)
    return shown if least == most else f"{fixed(least, decimals)} to {shown}"
