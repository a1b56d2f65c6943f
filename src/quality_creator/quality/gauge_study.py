"""How much of what is measured is the measuring: gauge R&R, crossed by ANOVA or by ranges, and nested.

    parts × operators × trials → variances of repeatability, reproducibility, parts → %, ndc

A negative variance component is shown as 0 and named in a note. What F tests are made against is
named in every row: Minitab tests parts and operators against the interaction, AIAG prints them
against repeatability.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from quality_creator.model.errors import BadInput, Words
from quality_creator.quality import special
from quality_creator.quality.constants import d2, d3
from quality_creator.quality.gauge_components import AnovaRow, GaugeStudy, Ranges, Scale, study
from quality_creator.quality.sample import Floats, check_values, power_of_two

Against = Literal["interaction", "repeatability"]


def crossed(
    parts: Sequence[Hashable],
    operators: Sequence[Hashable],
    values: ArrayLike,
    *,
    method: Literal["anova", "xbar-r"] = "anova",
    pool_above: float = 0.25,
    against: Against = "interaction",
    multiplier: float = 6.0,
    tolerance: float | None = None,
    process_sigma: float | None = None,
) -> GaugeStudy:
    """A crossed study: every operator measures every part equally often.

    Parameters
    ----------
    parts, operators : sequence
        What was measured and by whom, one label for each value. One operator is allowed.
    values : array_like, shape (n,)
        The measurements, in any order.
    method : {"anova", "xbar-r"}
        Analysis of variance with random effects, or AIAG's averages and ranges.
    pool_above : float
        The interaction is pooled into repeatability when its p-value is above this; 1 never pools.
    against : {"interaction", "repeatability"}
        What parts and operators are tested against while the interaction is in the model.
    multiplier : float
        Sigmas in a study variation: 6 (AIAG since 2002, Minitab) or 5.15.
    tolerance : float, optional
        Width of the specification, for % tolerance.
    process_sigma : float, optional
        Historical process sigma, for % process.

    Returns
    -------
    GaugeStudy

    Raises
    ------
    BadInput
        The design is not balanced, too small, or all values are the same; the text names the cell.

    References
    ----------
    AIAG, *Measurement Systems Analysis*, 4th ed., ch. III-B and appendix A; Montgomery & Runger
    (1993), Quality Engineering 6; Burdick, Borror & Montgomery (2005), *Design and Analysis of
    Gauge R&R Studies*.

    Examples
    --------
    >>> parts = [1, 1, 2, 2, 3, 3] * 2
    >>> operators = ["A"] * 6 + ["B"] * 6
    >>> found = crossed(parts, operators, [1.0, 1.2, 3.1, 3.0, 5.0, 5.1, 1.1, 1.0, 3.2, 3.1, 5.2, 5.0])
    >>> found.ndc, found.interaction_pooled
    (29, True)
    """
    scale = _scale(multiplier, tolerance, process_sigma)
    if not 0.0 <= pool_above <= 1.0:
        raise BadInput(
            "the p-value above which the interaction is pooled lies in 0 to 1, not {pool_above:g}",
            pool_above=pool_above,
        )
    cube = _cube(parts, operators, values)
    if method == "xbar-r":
        return _by_ranges(cube, scale)
    return _by_anova(cube, scale, pool_above, against)


def nested(
    parts: Sequence[Hashable],
    operators: Sequence[Hashable],
    values: ArrayLike,
    *,
    multiplier: float = 6.0,
    tolerance: float | None = None,
    process_sigma: float | None = None,
) -> GaugeStudy:
    """A nested study: each operator measures parts (or batches) of their own, as in destructive tests.

    Parts of different operators may share a label. Parameters and result are those of `crossed`.

    References
    ----------
    AIAG, *Measurement Systems Analysis*, 4th ed., ch. IV; Montgomery, *Design and Analysis of
    Experiments*, ch. 14.

    Examples
    --------
    >>> found = nested([1, 1, 2, 2, 3, 3, 4, 4], ["A"] * 4 + ["B"] * 4,
    ...                [1.0, 1.1, 2.0, 2.1, 3.0, 3.1, 4.0, 4.1])
    >>> [row.df for row in found.anova]
    [1, 2, 4, 7]
    """
    scale = _scale(multiplier, tolerance, process_sigma)
    cells = _cells(list(zip(operators, parts, strict=True)), check_values(values, what=Words("measurements")))
    by_operator: dict[Hashable, list[Floats]] = {}
    for (operator, _), cell in cells.items():
        by_operator.setdefault(operator, []).append(cell)
    if len(by_operator) < 2:
        raise BadInput("a nested study needs at least 2 operators")
    widths = {str(operator): len(found) for operator, found in by_operator.items()}
    if len(set(widths.values())) > 1:
        raise BadInput("every operator needs equally many parts; there are {counts}", counts=_counts(widths))
    if min(widths.values()) < 2:
        raise BadInput("a nested study needs at least 2 parts for each operator")
    array = np.array(list(by_operator.values()))
    unit = _unit(array)
    return _by_nesting(array / unit, scale, unit)


@dataclass(frozen=True, slots=True)
class _Cube:
    values: Floats
    """Shape (parts, operators, trials), divided by `unit`."""
    unit: float


def _cube(parts: Sequence[Hashable], operators: Sequence[Hashable], values: ArrayLike) -> _Cube:
    sample = check_values(values, what=Words("measurements"))
    cells = _cells(list(zip(parts, operators, strict=True)), sample)
    part_names = list(dict.fromkeys(parts))
    operator_names = list(dict.fromkeys(operators))
    if len(part_names) < 2:
        raise BadInput("a gauge study needs at least 2 parts")
    for part in part_names:
        for operator in operator_names:
            if (part, operator) not in cells:
                raise BadInput(
                    "operator {operator} did not measure part {part}; a crossed study needs every operator on"
                    " every part (parts of their own: a nested study)",
                    operator=operator,
                    part=part,
                )
    array = np.array([[cells[part, operator] for operator in operator_names] for part in part_names])
    unit = _unit(array)
    return _Cube(array / unit, unit)


def _cells(
    labels: Sequence[tuple[Hashable, Hashable]], sample: Floats
) -> dict[tuple[Hashable, Hashable], Floats]:
    if len(labels) != len(sample):
        raise BadInput(
            "{labels} labels do not fit {measurements} measurements",
            labels=len(labels),
            measurements=len(sample),
        )
    found: dict[tuple[Hashable, Hashable], list[float]] = {}
    for label, value in zip(labels, sample, strict=True):
        found.setdefault(label, []).append(float(value))
    usual = max(len(cell) for cell in found.values())
    for (first, second), cell in found.items():
        if len(cell) != usual:
            raise BadInput(
                "{first}/{second} was measured {count} times and others {usual} times; the study must be "
                "balanced",
                first=first,
                second=second,
                count=len(cell),
                usual=usual,
            )
    if usual < 2:
        raise BadInput("every part must be measured at least twice by each operator")
    return {label: np.array(cell) for label, cell in found.items()}


def _unit(array: Floats) -> float:
    if array.min() == array.max():
        raise BadInput(
            "all measurements are {value:g}: the gauge's resolution is too coarse", value=array.flat[0]
        )
    return power_of_two(array)


def _counts(widths: dict[str, int]) -> str:
    return ", ".join(f"{operator}: {count}" for operator, count in widths.items())


def _scale(multiplier: float, tolerance: float | None, process_sigma: float | None) -> Scale:
    for name, value in (
        (Words("multiplier"), multiplier),
        (Words("tolerance"), tolerance),
        (Words("process sigma"), process_sigma),
    ):
        if value is not None and not (math.isfinite(value) and value > 0.0):
            raise BadInput("the {name} must be a number above 0, not {value}", name=name, value=value)
    return Scale(multiplier, tolerance, process_sigma)


def _by_anova(cube: _Cube, scale: Scale, pool_above: float, against: Against) -> GaugeStudy:
    x = cube.values
    p, o, r = x.shape
    table = _crossed_table(x, against)
    part, operator = table["part"], table.get("operator")
    interaction, error = table.get("part:operator"), table["repeatability"]
    pooled: tuple[AnovaRow, ...] = ()
    if interaction is not None and operator is not None:
        # A p-value that can't be computed (no repeatability at all) never pools.
        pool = interaction.p is not None and interaction.p > pool_above
        if pool:
            df = interaction.df + error.df
            error = _row("repeatability", df, interaction.ss + error.ss)
            part, operator = (_tested(row, error, error) for row in (part, operator))
            pooled = (part, operator, error, table["total"])
            noise = _ms(error)
        else:
            noise = _ms(interaction)
        raw = {
            "repeatability": _ms(error),
            "operator": (_ms(operator) - noise) / (p * r),
            "interaction": 0.0 if pool else (_ms(interaction) - _ms(error)) / r,
            "part": (_ms(part) - noise) / (o * r),
        }
    else:
        raw = {"repeatability": _ms(error), "part": (_ms(part) - _ms(error)) / r}
    return study(
        "anova",
        cube.values.shape,
        raw,
        scale,
        cube.unit,
        anova=_scaled(tuple(table.values()), cube.unit),
        pooled_anova=_scaled(pooled, cube.unit),
        pool_above=pool_above,
    )


def _crossed_table(x: Floats, against: Against) -> dict[str, AnovaRow]:
    p, o, r = x.shape
    grand = x.mean()
    by_part, by_operator, by_cell = x.mean(axis=(1, 2)), x.mean(axis=(0, 2)), x.mean(axis=2)
    inner = by_cell - by_part[:, None] - by_operator[None, :] + grand
    error = _row("repeatability", p * o * (r - 1), float(((x - by_cell[:, :, None]) ** 2).sum()))
    part = _row("part", p - 1, float(o * r * ((by_part - grand) ** 2).sum()))
    total = AnovaRow(source="total", df=x.size - 1, ss=float(((x - grand) ** 2).sum()))
    if o == 1:
        return {"part": _tested(part, error, error), "repeatability": error, "total": total}
    operator = _row("operator", o - 1, float(p * r * ((by_operator - grand) ** 2).sum()))
    interaction = _row("part:operator", (p - 1) * (o - 1), float(r * (inner**2).sum()))
    denominator = interaction if against == "interaction" else error
    return {
        "part": _tested(part, denominator, error),
        "operator": _tested(operator, denominator, error),
        "part:operator": _tested(interaction, error, error),
        "repeatability": error,
        "total": total,
    }


def _by_ranges(cube: _Cube, scale: Scale) -> GaugeStudy:
    """AIAG's average and range method; K1, K2, K3 are 1/d2*, exact."""
    x = cube.values
    p, o, r = x.shape
    widths = x.max(axis=2) - x.min(axis=2)
    rbar = float(widths.mean())
    by_operator, by_part = x.mean(axis=(0, 2)), x.mean(axis=(1, 2))
    xdiff, rp = float(np.ptp(by_operator)), float(np.ptp(by_part))
    k1 = 1.0 / d2_star(r, p * o)
    k2 = 1.0 / d2_star(o, 1) if o > 1 else 0.0
    k3 = 1.0 / d2_star(p, 1)
    limit = rbar * (1.0 + 3.0 * d3(r) / d2(r))
    equipment = (rbar * k1) ** 2
    raw = {"repeatability": equipment, "part": (rp * k3) ** 2}
    if o > 1:
        raw["operator"] = (xdiff * k2) ** 2 - equipment / (p * r)
    return study(
        "xbar-r",
        x.shape,
        raw,
        scale,
        cube.unit,
        ranges=Ranges(
            rbar=rbar * cube.unit,
            xdiff=xdiff * cube.unit,
            rp=rp * cube.unit,
            ucl_r=limit * cube.unit,
            beyond_ucl=int((widths > limit).sum()),
            k1=k1,
            k2=k2,
            k3=k3,
        ),
    )


def d2_star(size: int, groups: int) -> float:
    """AIAG's d2*: the root of the mean square of an average of `groups` ranges; d2 itself above 15 groups.

    >>> round(1 / d2_star(3, 30), 4), round(1 / d2_star(3, 1), 4), round(1 / d2_star(10, 1), 4)
    (0.5908, 0.5231, 0.3146)
    """
    return d2(size) if groups > 15 else math.hypot(d2(size), d3(size) / math.sqrt(groups))


def _by_nesting(x: Floats, scale: Scale, unit: float) -> GaugeStudy:
    """`x` has the shape (operators, parts of each, trials)."""
    o, p, r = x.shape
    grand, by_operator, by_cell = x.mean(), x.mean(axis=(1, 2)), x.mean(axis=2)
    error = _row("repeatability", o * p * (r - 1), float(((x - by_cell[:, :, None]) ** 2).sum()))
    part = _row("part(operator)", o * (p - 1), float(r * ((by_cell - by_operator[:, None]) ** 2).sum()))
    operator = _row("operator", o - 1, float(p * r * ((by_operator - grand) ** 2).sum()))
    total = AnovaRow(source="total", df=x.size - 1, ss=float(((x - grand) ** 2).sum()))
    rows = (_tested(operator, part, error), _tested(part, error, error), error, total)
    raw = {
        "repeatability": _ms(error),
        "operator": (_ms(operator) - _ms(part)) / (p * r),
        "part": (_ms(part) - _ms(error)) / r,
    }
    return study("nested", (p, o, r), raw, scale, unit, anova=_scaled(rows, unit))


def _row(source: str, df: int, ss: float) -> AnovaRow:
    return AnovaRow(source=source, df=df, ss=ss, ms=ss / df)


def _ms(row: AnovaRow) -> float:
    assert row.ms is not None  # every row but the total has a mean square
    return row.ms


def _tested(row: AnovaRow, against: AnovaRow, error: AnovaRow) -> AnovaRow:
    f, p = _f_test(row, against)
    f_error, p_error = _f_test(row, error)
    return AnovaRow(
        source=row.source,
        df=row.df,
        ss=row.ss,
        ms=row.ms,
        f=f,
        p=p,
        against=against.source,
        f_repeatability=f_error,
        p_repeatability=p_error,
    )


def _f_test(row: AnovaRow, against: AnovaRow) -> tuple[float | None, float | None]:
    if _ms(against) <= 0.0:
        return None, None
    f = _ms(row) / _ms(against)
    if not math.isfinite(f):
        return None, None
    return f, float(special.fdtrc(row.df, against.df, f))


def _scaled(rows: tuple[AnovaRow, ...], unit: float) -> tuple[AnovaRow, ...]:
    return tuple(
        msgspec.structs.replace(
            row, ss=row.ss * unit * unit, ms=None if row.ms is None else row.ms * unit * unit
        )
        for row in rows
    )
