"""Whether a process can hold its specification: Cp, Cpk, Pp, Ppk, Cpm with intervals, and what falls outside.

Indices with C are made from the spread within subgroups, indices with P from the spread of all
values together. A stable process has nearly equal ones; "not stable" and "provisional" are said
where an index promises more than the data can keep.
"""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from quality_creator.model.characteristic import Specification
from quality_creator.model.errors import BadInput
from quality_creator.quality.distribution import Distribution, Family, Fit, best_fit, fit
from quality_creator.quality.index import (
    Index,
    Outside,
    Process,
    check_specification,
    expected,
    indices,
    outside,
)
from quality_creator.quality.normality import Normality, normality
from quality_creator.quality.note import Note
from quality_creator.quality.sample import (
    Floats,
    check_result,
    check_share,
    check_spread,
    check_values,
    moments,
)
from quality_creator.quality.within import Within, WithinSigma, within_sigma

FEW_SUBGROUPS = 30
"""Below this an index is provisional."""

Degrees = Literal["total", "within"]
"""Of the intervals of within-sigma indices: n − 1 as R qcc and the textbooks take them, or those that the
estimate really carries."""


class Percentiles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Indices by the percentile method of ISO 22514-2."""

    family: Family
    parameters: dict[str, float]
    x0135: float
    """The 0.135 % percentile."""
    x50: float
    x99865: float
    indices: dict[str, float]
    """Pp, Ppl, Ppu, Ppk, as far as the specification has limits."""
    expected_ppm: Outside | None
    anderson_darling: float | None
    """Of the fitted distribution; None when it was given."""
    anderson_darling_p: float | None


class Capability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A capability study."""

    n: int
    mean: float | None
    sigma_overall: float
    sigma_within: float | None
    within_method: Within | None
    within_degrees: float | None
    subgroups: int | None
    minimum: float | None
    maximum: float | None
    lower: float | None
    target: float | None
    upper: float | None
    confidence: float
    interval_degrees: Degrees
    indices: dict[str, Index]
    """Cp, Cpl, Cpu, Cpk, Cpm (within sigma); Pp, Ppl, Ppu, Ppk, Ppm (overall sigma): those that the
    specification allows. Ppm is what Minitab calls Cpm."""
    expected_ppm_within: Outside | None
    expected_ppm_overall: Outside | None
    observed_ppm: Outside | None
    percentiles: Percentiles | None
    normality: Normality | None
    stable: bool | None
    """Whether the process was in control; None when nobody looked."""
    notes: tuple[Note, ...]


def capability(
    values: ArrayLike,
    specification: Specification,
    *,
    sizes: Sequence[int] | None = None,
    within: Within | None = None,
    confidence: float = 0.95,
    degrees: Degrees = "total",
    distribution: Family | Literal["auto"] = "normal",
    stable: bool | None = None,
    shapiro: bool = True,
) -> Capability:
    """Judge values against a specification.

    Parameters
    ----------
    values : array_like, shape (n,)
        Finite, in the order of production, subgroup after subgroup; at least 2.
    specification : Specification
        At least one limit for indices; without limits only location, spread and normality are told.
    sizes : sequence of int, optional
        How many values each subgroup has. Single values by default.
    within : {"rbar", "sbar", "pooled", "mrbar"}, optional
        How the within sigma is estimated; see `within_sigma`.
    confidence : float
        Of the intervals. Cp, Pp (chi-square), Cpk, Ppk (Bissell) and Cpm (Boyles) have two-sided ones;
        each end of Cpl, Cpu, Ppl, Ppu is a one-sided bound at this confidence (as in R qcc).
    degrees : {"total", "within"}
        Degrees of freedom of the within-sigma intervals: n − 1, or those of the estimate, which are
        fewer (Rbar/d2 of 25 subgroups of 5: 91 instead of 124).
    distribution : {"normal", "lognormal", "weibull", "gamma", "rayleigh", "auto"}
        Anything but normal adds the percentile method; auto takes the family of lowest AIC.
    stable : bool, optional
        Whether a control chart of these values was without signal.
    shapiro : bool
        Whether normality is tested by Shapiro and Wilk, too; what is noted rests on Anderson-Darling.

    Returns
    -------
    Capability
        With a note for each thing that weakens its indices: `not-stable`, `stability-unknown`,
        `provisional`, `not-normal`, `few-for-normality`, `degrees`.

    Raises
    ------
    BadInput
        Values are not finite, too few or constant; limits are crossed.

    References
    ----------
    Montgomery, *Introduction to Statistical Quality Control*, ch. 8; Bissell (1990), Applied
    Statistics 39; Boyles (1991), J. Quality Technology 23; Chan, Cheng & Spiring (1988), JQT 20;
    ISO 22514-2:2017.

    Examples
    --------
    >>> study = capability([9.9, 10.1, 10.0, 10.2, 9.8, 10.0], Specification(lower=9.0, upper=11.0))
    >>> round(study.indices["Pp"].value, 3), round(study.indices["Cpk"].value, 3)
    (2.357, 1.71)
    """
    check_specification(specification)
    check_share(confidence, "the confidence")
    sample = check_values(values, at_least=2)
    check_spread(sample)
    overall = moments(sample)
    short = within_sigma(sample, sizes if sizes is not None else [1] * len(sample), within)
    if short.sigma == 0.0:
        raise BadInput("the values of each subgroup are all the same: there is no spread within subgroups")
    normal = normality(sample, shapiro=shapiro) if len(sample) >= 8 else None
    fitted = _fit(sample, distribution)
    free = float(overall.n - 1)
    long = Process(overall.n, overall.mean, overall.deviation, free)
    inner = Process(overall.n, overall.mean, short.sigma, free if degrees == "total" else short.degrees)
    return Capability(
        n=overall.n,
        mean=overall.mean,
        sigma_overall=overall.deviation,
        sigma_within=short.sigma,
        within_method=short.method,
        within_degrees=short.degrees,
        subgroups=short.subgroups,
        minimum=float(sample.min()),
        maximum=float(sample.max()),
        lower=specification.lower,
        target=specification.target,
        upper=specification.upper,
        confidence=confidence,
        interval_degrees=degrees,
        indices={
            **indices("C", specification, inner, confidence),
            **indices("P", specification, long, confidence),
        },
        expected_ppm_within=expected(specification, overall.mean, short.sigma),
        expected_ppm_overall=expected(specification, overall.mean, overall.deviation),
        observed_ppm=outside(
            specification,
            lambda limit: 1e6 * float(np.mean(sample < limit)),
            lambda limit: 1e6 * float(np.mean(sample > limit)),
        ),
        percentiles=None if fitted is None else percentiles(fitted.distribution, specification, fitted),
        normality=normal,
        stable=stable,
        notes=_notes(specification, short, normal, stable)
        + (_degrees_note(overall.n, short) if degrees == "total" else ()),
    )


def capability_from_summary(
    *,
    n: int,
    deviation: float,
    mean: float | None,
    specification: Specification,
    confidence: float = 0.95,
) -> Capability:
    """The indices when only n, s and perhaps the mean are known: one sigma, so C and P are the same.

    Examples
    --------
    Montgomery's example (LSL 38, USL 62, n = 20, s = 1.75) prints 1.57 ≤ Cp ≤ 3.01:

    >>> study = capability_from_summary(
    ...     n=20, deviation=1.75, mean=None, specification=Specification(lower=38.0, upper=62.0))
    >>> cp = study.indices["Cp"]
    >>> round(cp.value, 2), round(cp.low, 3), round(cp.high, 2)
    (2.29, 1.565, 3.01)
    """
    check_specification(specification)
    check_share(confidence, "the confidence")
    if n < 2:
        raise BadInput("n must be at least 2, not {n}", n=n)
    if not (math.isfinite(deviation) and deviation > 0.0):
        raise BadInput(
            "the standard deviation must be a number above 0, not {deviation}", deviation=deviation
        )
    if mean is not None and not math.isfinite(mean):
        raise BadInput("the mean must be a finite number, not {mean}", mean=mean)
    process = Process(n, mean, deviation, float(n - 1))
    return Capability(
        n=n,
        mean=mean,
        sigma_overall=deviation,
        sigma_within=None,
        within_method=None,
        within_degrees=None,
        subgroups=None,
        minimum=None,
        maximum=None,
        lower=specification.lower,
        target=specification.target,
        upper=specification.upper,
        confidence=confidence,
        interval_degrees="total",
        indices={
            **indices("C", specification, process, confidence),
            **indices("P", specification, process, confidence),
        },
        expected_ppm_within=None,
        expected_ppm_overall=None if mean is None else expected(specification, mean, deviation),
        observed_ppm=None,
        percentiles=None,
        normality=None,
        stable=None,
        notes=(_STABILITY_UNKNOWN,),
    )


def percentiles(
    distribution: Distribution, specification: Specification, fitted: Fit | None = None
) -> Percentiles:
    """The percentile method of ISO 22514-2: percentiles take the place of the mean and ±3 sigma.

    Examples
    --------
    >>> form = Distribution(family="lognormal", parameters={"meanlog": 1.0, "sdlog": 0.4})
    >>> found = percentiles(form, Specification(lower=0.5, upper=9.0))
    >>> round(found.indices["Pp"], 4), round(found.indices["Ppk"], 4)
    (1.0358, 0.996)
    """
    check_specification(specification)
    low, median, high = (distribution.quantile(p) for p in (0.00135, 0.5, 0.99865))
    check_result(low, median, high)
    lower, upper = specification.lower, specification.upper
    found: dict[str, float] = {}
    if lower is not None and upper is not None:
        found["Pp"] = (upper - lower) / (high - low)
    if lower is not None:
        found["Ppl"] = (median - lower) / (median - low)
    if upper is not None:
        found["Ppu"] = (upper - median) / (high - median)
    if found:
        found["Ppk"] = min(value for name, value in found.items() if name != "Pp")
    check_result(*found.values())
    return Percentiles(
        family=distribution.family,
        parameters=distribution.parameters,
        x0135=low,
        x50=median,
        x99865=high,
        indices=found,
        expected_ppm=outside(
            specification,
            lambda limit: 1e6 * distribution.below(limit),
            lambda limit: 1e6 * distribution.above(limit),
        ),
        anderson_darling=None if fitted is None else fitted.anderson_darling,
        anderson_darling_p=None if fitted is None else fitted.anderson_darling_p,
    )


def _fit(sample: Floats, distribution: Family | Literal["auto"]) -> Fit | None:
    if distribution == "auto":
        found = best_fit(sample) if len(sample) >= 3 else None
        return None if found is None or found.distribution.family == "normal" else found
    return None if distribution == "normal" else fit(sample, distribution)


_NOT_STABLE = Note(
    code="not-stable",
    text="Not stable: the control chart of these values signals, so the indices predict nothing.",
)
_STABILITY_UNKNOWN = Note(
    code="stability-unknown",
    text="Whether the process was in control was not looked at; an index holds only for a stable process.",
)


def _notes(
    specification: Specification, short: WithinSigma, normal: Normality | None, stable: bool | None
) -> tuple[Note, ...]:
    notes: list[Note] = []
    if specification.lower is None and specification.upper is None:
        notes.append(Note(code="no-specification", text="No limit was given, so there are no indices."))
    if stable is None:
        notes.append(_STABILITY_UNKNOWN)
    elif not stable:
        notes.append(_NOT_STABLE)
    if short.subgroups < FEW_SUBGROUPS:
        text = f"Provisional: {short.subgroups} subgroups are fewer than {FEW_SUBGROUPS}."
        notes.append(Note(code="provisional", text=text))
    if normal is None:
        text = "Fewer than 8 values can't be tested for normality."
        notes.append(Note(code="few-for-normality", text=text))
    elif normal.anderson_darling_p < 0.05:
        text = (
            f"Not normal (Anderson-Darling p = {normal.anderson_darling_p:.3g}): the normal indices and "
            "their ppm mislead; use the percentile method with a distribution that fits."
        )
        notes.append(Note(code="not-normal", text=text))
    return tuple(notes)


def _degrees_note(n: int, short: WithinSigma) -> tuple[Note, ...]:
    text = (
        f"Intervals of the C indices take {n - 1} degrees of freedom (R qcc's convention); "
        f"the within sigma carries {short.degrees:.1f}."
    )
    return (Note(code="degrees", text=text),)
