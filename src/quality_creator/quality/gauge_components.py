"""What a gauge study says: variance components, their shares of study and tolerance, distinct categories."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from quality_creator.model.errors import BadInput
from quality_creator.quality.note import Note
from quality_creator.quality.sample import check_result

Method = Literal["anova", "xbar-r", "nested"]

NDC_FACTOR = 1.41
"""AIAG's rounding of √2 in the number of distinct categories."""


class AnovaRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One source of variation; F and p are None where nothing is tested or the denominator is 0."""

    source: str
    """part, operator, part:operator, part(operator), repeatability or total."""
    df: int
    ss: float
    ms: float | None = None
    f: float | None = None
    p: float | None = None
    against: str | None = None
    """The source whose mean square is F's denominator."""
    f_repeatability: float | None = None
    """F against repeatability, as AIAG prints it."""
    p_repeatability: float | None = None


class Component(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the study's result."""

    source: str
    """gauge, repeatability, reproducibility, operator, interaction, part or total."""
    variance: float
    contribution_percent: float
    """Of the total variance."""
    sigma: float
    study_variation: float
    """`multiplier` sigmas."""
    study_percent: float
    """Of the total study variation."""
    tolerance_percent: float | None = None
    process_percent: float | None = None
    """Of `multiplier` historical process sigmas."""


class Ranges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the average and range method is made from; K1 to K3 are exact, not rounded."""

    rbar: float
    xdiff: float
    rp: float
    ucl_r: float
    beyond_ucl: int
    """How many ranges lie above their limit; such cells are to be measured again."""
    k1: float
    k2: float
    k3: float


class GaugeStudy(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A gauge repeatability and reproducibility study."""

    method: Method
    parts: int
    operators: int
    trials: int
    anova: tuple[AnovaRow, ...]
    """With the interaction, when there is one; empty for ranges."""
    pooled_anova: tuple[AnovaRow, ...]
    """Without the interaction, when it was pooled into repeatability."""
    interaction_pooled: bool
    pool_above: float | None
    ranges: Ranges | None
    components: tuple[Component, ...]
    ndc: int | None
    """Distinct categories, truncated and at least 1; None when the gauge shows no variation."""
    ndc_raw: float | None
    multiplier: float
    tolerance: float | None
    process_sigma: float | None
    notes: tuple[Note, ...]

    def component(self, source: str) -> Component:
        """The line of one source."""
        return next(one for one in self.components if one.source == source)


@dataclass(frozen=True, slots=True)
class Scale:
    """What the components are set against."""

    multiplier: float
    tolerance: float | None
    process_sigma: float | None


def study(
    method: Method,
    shape: tuple[int, ...],
    raw: dict[str, float],
    scale: Scale,
    unit: float,
    *,
    anova: tuple[AnovaRow, ...] = (),
    pooled_anova: tuple[AnovaRow, ...] = (),
    pool_above: float | None = None,
    ranges: Ranges | None = None,
) -> GaugeStudy:
    """Components from raw variances (in units of `unit` squared): negative ones become 0 and are named."""
    negative = [source for source, variance in raw.items() if variance < 0.0]
    found = {source: max(variance, 0.0) for source, variance in raw.items()}
    reproducibility = found.get("operator", 0.0) + found.get("interaction", 0.0)
    gauge = found["repeatability"] + reproducibility
    total = gauge + found["part"]
    if total <= 0.0:
        raise BadInput("neither the parts nor the gauge show any variation; nothing can be said")
    order = {"gauge": gauge, "repeatability": found["repeatability"], "reproducibility": reproducibility}
    order |= {source: found[source] for source in ("operator", "interaction") if source in found}
    order |= {"part": found["part"], "total": total}
    components = tuple(_component(source, variance, total, scale, unit) for source, variance in order.items())
    ndc_raw = NDC_FACTOR * math.sqrt(found["part"] / gauge) if gauge > 0.0 else None
    check_result(*(one.variance for one in components), *(row.ss for row in anova))
    parts, operators, trials = shape
    return GaugeStudy(
        method=method,
        parts=parts,
        operators=operators,
        trials=trials,
        anova=anova,
        pooled_anova=pooled_anova,
        interaction_pooled=bool(pooled_anova),
        pool_above=pool_above,
        ranges=ranges,
        components=components,
        ndc=None if ndc_raw is None else max(1, math.floor(min(ndc_raw, 1e15))),
        ndc_raw=ndc_raw,
        multiplier=scale.multiplier,
        tolerance=scale.tolerance,
        process_sigma=scale.process_sigma,
        notes=_notes(negative, components, ndc_raw, ranges),
    )


def _component(source: str, variance: float, total: float, scale: Scale, unit: float) -> Component:
    sigma = math.sqrt(variance) * unit
    variation = scale.multiplier * sigma
    return Component(
        source=source,
        variance=variance * unit * unit,
        contribution_percent=100.0 * variance / total,
        sigma=sigma,
        study_variation=variation,
        study_percent=100.0 * math.sqrt(variance / total),
        tolerance_percent=None if scale.tolerance is None else 100.0 * variation / scale.tolerance,
        process_percent=None if scale.process_sigma is None else 100.0 * sigma / scale.process_sigma,
    )


def _notes(
    negative: Sequence[str],
    components: Sequence[Component],
    ndc_raw: float | None,
    ranges: Ranges | None,
) -> tuple[Note, ...]:
    notes = [
        Note(code="negative-component", text=f"The variance of {source} came out negative and is shown as 0.")
        for source in negative
    ]
    if ranges is not None and ranges.beyond_ucl:
        text = (
            f"{ranges.beyond_ucl} of the ranges above the limit {ranges.ucl_r:.5g}: "
            "measure those parts again."
        )
        notes.append(Note(code="ranges-not-stable", text=text))
    percent = components[0].study_percent
    verdict = "acceptable" if percent < 10.0 else "marginal" if percent <= 30.0 else "not acceptable"
    text = f"%GRR of {percent:.1f} is {verdict} by AIAG's rule of 10 and 30 %."
    notes.append(Note(code=f"gauge-{verdict.replace(' ', '-')}", text=text))
    if ndc_raw is None:
        notes.append(Note(code="no-gauge-variation", text="The gauge shows no variation: is it too coarse?"))
    elif ndc_raw < 5.0:
        text = f"{ndc_raw:.2f} distinct categories are fewer than the 5 that AIAG asks for."
        notes.append(Note(code="few-categories", text=text))
    return tuple(notes)
