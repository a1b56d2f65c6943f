"""`qc sampling-plan`: the standards' plans, their OC curves, plans of one's own, decisions, switching."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from quality_creator.cli import app
from quality_creator.cli.report import print_json, print_notes, print_table, read_numbers
from quality_creator.cli.sampling_lots import Lots, show_history
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    from quality_creator.quality.operating import Model, Operating
    from quality_creator.quality.plan_design import Demand
    from quality_creator.quality.sampling import LotDecision, SinglePlan


@app.command
def sampling_plan(
    file: Path | None = None,
    *,
    lot: int | None = None,
    aql: float | None = None,
    level: str | None = None,
    severity: Literal["normal", "tightened", "reduced"] = "normal",
    standard: Literal["iso2859-1", "gbt2828.1", "z1.4"] = "iso2859-1",
    decide: int | None = None,
    nonconformities: bool = False,
    n: int | None = None,
    c: int | None = None,
    k: float | None = None,
    producer: str | None = None,
    consumer: str | None = None,
    p: str | None = None,
    model: Literal["binomial", "hypergeometric", "poisson"] = "binomial",
    variables: bool = False,
    sigma: Literal["known", "unknown"] = "unknown",
    lsl: float | None = None,
    usl: float | None = None,
    value: str | None = None,
    history: str | None = None,
    reduced_authorised: bool = False,
    json: bool = False,
    plot: Path | None = None,
) -> None:
    """Find how many to inspect, decide about a lot, and see what a plan does in the long run.

    - `--lot 1000 --aql 0.65`: the standard's plan, with its OC curve; `--decide 2` decides about a lot
    - `--n 52 --c 3 --lot 10000 --p 0.01,0.05`: what a plan of one's own does
    - `--producer 0.01:0.95 --consumer 0.06:0.10`: the smallest plan through two points
    - `F.csv --variables --lot 40 --aql 1 --usl 209`: MIL-STD-414, judged by measurements
    - `--history "a r a a r a"`: the switching rules, lot by lot

    Parameters
    ----------
    file
        Measurements of a sample, to be judged by variables.
    lot
        Items in the lot.
    aql
        Acceptance quality limit: percent nonconforming, above 10 nonconformities per 100 items.
    level
        Inspection level: S-1 to S-4, I, II, III (default II); with --variables I to V (default IV).
    severity
        normal, tightened or reduced inspection.
    standard
        Whose tables: ISO 2859-1:1999, GB/T 2828.1-2012 (the same), ANSI/ASQ Z1.4.
    decide
        Nonconforming items (or nonconformities) found in the sample.
    nonconformities
        Nonconformities are counted, of which an item may have several.
    n
        Sample size of a plan of one's own.
    c
        Its acceptance number.
    k
        Or, by variables, its acceptability constant.
    producer
        Quality that is to be accepted, and how surely: 0.01:0.95.
    consumer
        Quality that is to be refused, and how seldom it may pass: 0.06:0.10.
    p
        Quality levels for the OC curve: 0.01,0.02 or 0:0.12:0.01.
    model
        binomial: a long series; hypergeometric: this lot; poisson: nonconformities.
    variables
        Judge by measurements: MIL-STD-414, or a design for the k method.
    sigma
        Whether the process sigma is known, for a design or curve by variables.
    lsl
        The lower limit that measurements are judged by.
    usl
        The upper limit; one of the two.
    value
        The column of measurements.
    history
        Lots in order: a (accepted) or r (not accepted); or numbers found, with --lot and --aql; the
        words steady, irregular and resume may stand between them.
    reduced_authorised
        The responsible authority wishes reduced inspection when it is earned.
    json
        Print JSON (docs/quality/json.md).
    plot
        Write the OC curve, .svg or .png.
    """
    from quality_creator.cli.figure import check_path

    if plot is not None:
        check_path(plot)
    own = n is not None
    if history is not None:
        asked = Lots(lot=lot, aql=aql, level=level, standard=standard, nonconformities=nonconformities)
        show_history(history, asked, severity, reduced_authorised=reduced_authorised, json=json)
    elif producer is not None or consumer is not None:
        demand = _demand(producer, consumer)
        _design(demand, variables=variables, model=model, lot=lot, sigma=sigma, json=json, plot=plot)
    elif n is not None and k is not None:
        _own_variables(n, k, p, sigma, json=json, plot=plot)
    elif n is not None and c is not None:
        _own(n, c, p, lot, model, json=json, plot=plot)
    elif own or c is not None or k is not None:
        raise BadInput("a plan of one's own is --n with --c, or --n with --k")
    elif lot is None or aql is None:
        raise BadInput("give --lot and --aql, or --n and --c, or --producer and --consumer, or --history")
    elif variables:
        limits = _Limits(file, value, lsl, usl)
        _mil_std_414(lot, aql, level, limits, json=json)
    else:
        asked = Lots(lot=lot, aql=aql, level=level, standard=standard, nonconformities=nonconformities)
        _standard(asked, severity, decide, p, model, json=json, plot=plot)


@dataclass(frozen=True, slots=True)
class _Limits:
    """Measurements and the limit they are judged by."""

    file: Path | None
    value: str | None
    lower: float | None
    upper: float | None


def _standard(
    asked: Lots,
    severity: Literal["normal", "tightened", "reduced"],
    found: int | None,
    p: str | None,
    model: "Model",
    *,
    json: bool,
    plot: Path | None,
) -> None:
    from quality_creator.quality.operating import operating
    from quality_creator.quality.sampling import decide

    plan = asked.plan(severity)
    decision = None
    if found is not None:
        decision = decide(plan, found, nonconformities=asked.nonconformities)
    chosen: Model = "poisson" if plan.aql > 10.0 or asked.nonconformities else model
    levels = None if p is None else read_numbers("--p", p)
    curve = operating(plan.n, plan.accept, p=levels, lot_size=plan.lot_size, model=chosen)
    if json:
        print_json("sampling-plan", plan, decision=decision, operating=curve)
    else:
        _show_plan(plan, decision)
        _show_curve(curve)
    if plot is not None:
        _draw(plot, f"{plan.edition}: n = {plan.n}, Ac = {plan.accept}", curve)


def _show_plan(plan: "SinglePlan", decision: "LotDecision | None") -> None:
    print_table(
        f"{plan.edition}, single sampling",
        ("", "value"),
        [
            ("Lot", plan.lot_size),
            ("Level", plan.level),
            ("Inspection", plan.severity),
            ("AQL", plan.aql),
            ("Code letter", plan.code_letter),
            ("Plan", plan.plan_letter),
            ("Inspect", "every item" if plan.inspect_all else plan.n),
            ("Accept at most (Ac)", plan.accept),
            ("Reject from (Re)", plan.reject),
        ],
    )
    print_notes(plan.notes)
    if decision is not None:
        verdict = "ACCEPTED" if decision.accepted else "NOT ACCEPTED"
        print(f"\nThe lot is {verdict}: {decision.reason}.\n")


def _own(
    n: int, c: int, p: str | None, lot: int | None, model: "Model", *, json: bool, plot: Path | None
) -> None:
    from quality_creator.quality.operating import operating

    levels = None if p is None else read_numbers("--p", p)
    curve = operating(n, c, p=levels, lot_size=lot, model=model)
    if json:
        print_json("sampling-plan", curve)
    else:
        _show_curve(curve)
    if plot is not None:
        _draw(plot, f"Sampling plan: n = {n}, Ac = {c}", curve)


def _show_curve(curve: "Operating") -> None:
    lot = "" if curve.lot_size is None else f", lots of {curve.lot_size}"
    print_table(
        f"Operating characteristic of n = {curve.n}, Ac = {curve.accept} ({curve.model}{lot})",
        ("p", "P accept", "AOQ", "ATI", "ASN"),
        [
            (f"{one.p:.4g}", f"{one.pa:.4f}", f"{one.aoq:.5f}", one.ati, f"{one.asn:.1f}")
            for one in curve.points
        ],
    )
    print(
        f"Accepted 95 %, 50 %, 10 % of the time: p = {curve.p95:.4g}, {curve.p50:.4g}, {curve.p10:.4g}\n"
        f"AOQL {curve.aoql:.5f} at p = {curve.p_at_aoql:.4g}"
    )


def _own_variables(
    n: int, k: float, p: str | None, sigma: Literal["known", "unknown"], *, json: bool, plot: Path | None
) -> None:
    from quality_creator.quality.variables_sampling import VariablesOperating, variables_operating

    levels = read_numbers("--p", p) if p is not None else [i / 200 for i in range(1, 41)]
    curve = VariablesOperating(
        n=n, k=k, sigma=sigma, p=tuple(levels), pa=variables_operating(levels, n, k, sigma=sigma)
    )
    if json:
        print_json("sampling-plan", curve)
    else:
        print_table(
            f"Operating characteristic of n = {n}, k = {k:g}, sigma {sigma}",
            ("p", "P accept"),
            [(f"{level:.4g}", f"{pa:.4f}") for level, pa in zip(curve.p, curve.pa, strict=True)],
        )
    if plot is not None:
        _draw_line(plot, f"Sampling by variables: n = {n}, k = {k:g}", curve.p, curve.pa)


def _demand(producer: str | None, consumer: str | None) -> "Demand":
    from quality_creator.quality.plan_design import Demand

    if producer is None or consumer is None:
        raise BadInput("a design needs both points: --producer 0.01:0.95 --consumer 0.06:0.10")
    points = []
    for option, given in (("--producer", producer), ("--consumer", consumer)):
        try:
            quality, share = (float(part) for part in given.split(":"))
        except ValueError:
            raise BadInput(f"{option} is QUALITY:PROBABILITY, such as 0.01:0.95, not {given!r}") from None
        points += [quality, share]
    return Demand(p1=points[0], pa1=points[1], p2=points[2], pa2=points[3])


def _design(
    demand: "Demand",
    *,
    variables: bool,
    model: "Model",
    lot: int | None,
    sigma: Literal["known", "unknown"],
    json: bool,
    plot: Path | None,
) -> None:
    from quality_creator.quality.operating import operating
    from quality_creator.quality.plan_design import design_attributes, design_variables

    if variables:
        by_k = design_variables(demand, sigma=sigma)
        if json:
            print_json("sampling-plan", by_k)
        else:
            print(f"Inspect n = {by_k.n}; accept when (limit - mean)/sigma is at least k = {by_k.k:.5f}")
            print(f"(any k from {by_k.k_consumer:.5f} meets both points)")
            print(f"P accept: {by_k.pa1:.4f} at {demand.p1:g}, {by_k.pa2:.4f} at {demand.p2:g}")
        if plot is not None:
            raise BadInput("draw it with  --n and --k  of this design")
        return
    found = design_attributes(demand, model=model, lot_size=lot)
    curve = operating(found.n, found.accept, lot_size=lot, model=model)
    if json:
        print_json("sampling-plan", found, operating=curve)
    else:
        print(f"Inspect n = {found.n}; accept with at most c = {found.accept}")
        print(f"P accept: {found.pa1:.4f} at {demand.p1:g}, {found.pa2:.4f} at {demand.p2:g}\n")
        _show_curve(curve)
    if plot is not None:
        _draw(plot, f"Sampling plan: n = {found.n}, Ac = {found.accept}", curve)


def _mil_std_414(lot: int, aql: float, level: str | None, limits: _Limits, *, json: bool) -> None:
    from quality_creator.actions.table import read_table
    from quality_creator.quality.variables_sampling import decide_by_variables, variables_plan

    chosen: Any = level or "IV"  # checked by the table
    plan = variables_plan(lot, aql, level=chosen)
    decision = None
    if limits.file is not None:
        table = read_table(limits.file)
        column = table.index(limits.value) if limits.value is not None else table.only_numeric()
        values = table.numbers(column, missing="refuse")
        if len(values) != plan.n:
            raise BadInput(f"the plan asks for {plan.n} measurements; {limits.file.name} has {len(values)}")
        decision = decide_by_variables(values, plan.k, lower=limits.lower, upper=limits.upper)
    if json:
        print_json("sampling-plan", plan, decision=decision)
        return
    print_table(
        plan.edition,
        ("", "value"),
        [
            ("Lot", plan.lot_size),
            ("Level", plan.level),
            ("AQL", plan.aql),
            ("Code letter", plan.code_letter),
            ("Plan", plan.plan_letter),
            ("Measure", "every item" if plan.inspect_all else plan.n),
            ("k", plan.k),
        ],
    )
    print_notes(plan.notes)
    if decision is not None:
        verdict = "ACCEPTED" if decision.accepted else "NOT ACCEPTED"
        quality = "" if decision.quality_index is None else f": quality index {decision.quality_index:.4f}"
        print(
            f"Mean {decision.mean:.5g}, s {decision.deviation:.5g}; the lot is {verdict}{quality}, k {plan.k}"
        )


def _draw(path: Path, title: str, curve: "Operating") -> None:
    """The OC curve with its 95, 50 and 10 % points, and the outgoing quality."""
    import numpy as np

    from quality_creator.cli.figure import LINE, QUIET, SIGNAL, picture
    from quality_creator.quality.operating import operating

    reach = max([2.0 * curve.p10, *(point.p for point in curve.points)])
    grid = np.linspace(0.0, reach if curve.model == "poisson" else min(reach, 1.0), 200).tolist()
    smooth = operating(curve.n, curve.accept, p=grid, lot_size=curve.lot_size, model=curve.model).points
    source = f"{curve.model}" + ("" if curve.lot_size is None else f", lots of {curve.lot_size}")
    with picture(path, title, source=source, panels=2, columns=2) as sheet:
        left, right = sheet.axes
        left.plot(grid, [point.pa for point in smooth], color=LINE)
        for share, at in ((0.95, curve.p95), (0.5, curve.p50), (0.1, curve.p10)):
            left.plot([at], [share], "o", color=SIGNAL, markersize=3)
            left.annotate(
                f"{share:.0%} at {at:.3g}", (at, share), xytext=(5, 2), textcoords="offset points", fontsize=8
            )
        left.set_xlabel("fraction nonconforming")
        left.set_ylabel("probability of acceptance")
        left.set_ylim(0.0, 1.03)
        right.plot(grid, [point.aoq for point in smooth], color=LINE)
        right.axhline(curve.aoql, color=QUIET, linewidth=0.6)
        right.set_title(f"AOQL {curve.aoql:.4g}")
        right.set_xlabel("fraction nonconforming")
        right.set_ylabel("average outgoing quality")


def _draw_line(path: Path, title: str, p: tuple[float, ...], pa: tuple[float, ...]) -> None:
    from quality_creator.cli.figure import LINE, picture

    with picture(path, title) as sheet:
        (axes,) = sheet.axes
        axes.plot(p, pa, color=LINE)
        axes.set_xlabel("fraction nonconforming")
        axes.set_ylabel("probability of acceptance")
        axes.set_ylim(0.0, 1.03)
