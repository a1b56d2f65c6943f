"""Whether a gauge reads true: bias at a reference, linearity over several, and a type 1 study."""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from quality_creator.model.errors import BadInput, Words
from quality_creator.quality import special
from quality_creator.quality.constants import d2, d3
from quality_creator.quality.sample import (
    check_result,
    check_share,
    check_spread,
    check_values,
    moments,
    power_of_two,
)
from quality_creator.quality.within import chi_degrees

Spread = Literal["s", "range"]
"""Repeatability as a standard deviation, or as range/d2*."""


class Bias(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mean error at one reference value."""

    reference: float
    n: int
    mean: float
    bias: float
    repeatability: float
    """Sigma of the readings."""
    standard_error: float
    t: float | None
    """None when the readings show no spread."""
    df: float
    p: float | None
    low: float
    high: float
    """Interval of the bias; 0 inside it: no bias is proved."""
    cg: float | None = None
    """Share of the tolerance against the gauge's spread; None without a tolerance."""
    cgk: float | None = None


class Coefficient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One coefficient of the line of bias over reference."""

    value: float
    standard_error: float
    t: float | None
    p: float | None


class Linearity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How bias changes over the range of a gauge: bias = intercept + slope · reference."""

    intercept: Coefficient
    slope: Coefficient
    residual: float
    """Standard deviation about the line."""
    r_squared: float
    df: int
    average_bias: Bias
    biases: tuple[Bias, ...]
    """At each reference, ascending."""
    linearity: float | None
    """|slope| × process variation; None when the variation is not given."""
    linearity_percent: float
    """100 · |slope|."""
    bias_percent: float | None
    """Average bias in percent of the process variation."""


def bias(
    values: ArrayLike,
    reference: float,
    *,
    confidence: float = 0.95,
    tolerance: float | None = None,
    spread: Spread = "s",
) -> Bias:
    """Compare repeated readings of one part with its reference value.

    Parameters
    ----------
    values : array_like, shape (n,)
        At least 2 readings.
    reference : float
        The part's true value.
    confidence : float
        Of the interval.
    tolerance : float, optional
        Width of the specification: adds Cg and Cgk of a type 1 study (20 % of the tolerance against
        6 sigma).
    spread : {"s", "range"}
        Repeatability as the standard deviation, with n − 1 degrees of freedom; or as range/d2*, with
        the degrees of a range and an interval shrunk by d2/d2*, as the AIAG manual's example has it.

    References
    ----------
    AIAG, *Measurement Systems Analysis*, 4th ed., ch. III-B.

    Examples
    --------
    AIAG's example prints mean 6.0067, sigma 0.22514, t 0.1153 and −0.1185 to 0.1319:

    >>> readings = [5.8, 5.7, 5.9, 5.9, 6.0, 6.1, 6.0, 6.1, 6.4, 6.3, 6.0, 6.1, 6.2, 5.6, 6.0]
    >>> found = bias(readings, 6.0, spread="range")
    >>> round(found.repeatability, 4), round(found.df, 1), round(found.low, 3), round(found.high, 3)
    (0.2251, 10.8, -0.119, 0.132)
    """
    check_share(confidence, "the confidence")
    if not math.isfinite(reference):
        raise BadInput("the reference must be a finite number, not {reference}", reference=reference)
    if tolerance is not None and not (math.isfinite(tolerance) and tolerance > 0.0):
        raise BadInput("the tolerance must be a number above 0, not {tolerance}", tolerance=tolerance)
    sample = check_values(values, at_least=2, what=Words("readings"))
    found = moments(sample)
    n = found.n
    offset = float((sample - reference).mean())
    sigma, degrees, shrink = found.deviation, float(n - 1), 1.0
    if spread == "range":
        star = math.hypot(d2(n), d3(n))
        sigma = float(sample.max() / star - sample.min() / star)
        degrees, shrink = chi_degrees((d3(n) / d2(n)) ** 2), d2(n) / star
    error = sigma / math.sqrt(n)
    reach = shrink * error * float(special.stdtrit(degrees, 0.5 + confidence / 2.0))
    t = offset / error if error > 0.0 else None
    check_result(offset, reach)
    capable = tolerance is not None and sigma > 0.0
    room = 0.1 * (tolerance or 0.0)
    cg = room / sigma / 3.0 if capable else None
    cgk = (room / sigma - abs(offset) / sigma) / 3.0 if capable else None
    check_result(cg or 0.0, cgk or 0.0)
    return Bias(
        reference=reference,
        n=n,
        mean=found.mean,
        bias=offset,
        repeatability=sigma,
        standard_error=error,
        t=t,
        df=degrees,
        p=None if t is None else 2.0 * float(special.stdtr(degrees, -abs(t))),
        low=offset - reach,
        high=offset + reach,
        cg=cg,
        cgk=cgk,
    )


def linearity(
    references: Sequence[float],
    values: ArrayLike,
    *,
    confidence: float = 0.95,
    process_variation: float | None = None,
    spread: Spread = "s",
) -> Linearity:
    """Fit the bias of readings against the reference values of what was read.

    Parameters
    ----------
    references : sequence of float
        The reference value of each reading; at least 2 different ones.
    values : array_like, shape (n,)
        The readings, at least 2 at each reference.
    confidence : float
        Of the bias intervals.
    process_variation : float, optional
        Usually 6 process sigmas: linearity and bias are also told relative to it.

    spread : {"s", "range"}
        Of the biases at each reference; see `bias`.

    References
    ----------
    AIAG, *Measurement Systems Analysis*, 4th ed., ch. III-B: slope −0.13167, intercept 0.73667,
    R² 0.714 for its example.

    Examples
    --------
    >>> found = linearity([2.0, 2.0, 4.0, 4.0, 6.0, 6.0], [2.1, 2.2, 4.2, 4.3, 6.3, 6.4])
    >>> round(found.slope.value, 6), round(found.intercept.value, 6)
    (0.05, 0.05)
    """
    readings = check_values(values, at_least=3, what=Words("readings"))
    at = check_values(references, at_least=3, what=Words("references"))
    if len(at) != len(readings):
        raise BadInput(
            "{references} references do not fit {readings} readings",
            references=len(at),
            readings=len(readings),
        )
    levels = np.unique(at)
    if len(levels) < 2:
        raise BadInput("linearity needs at least 2 different references; for one, look at the bias")
    check_spread(readings, Words("readings"))
    if process_variation is not None and not (math.isfinite(process_variation) and process_variation > 0.0):
        raise BadInput(
            "the process variation must be a number above 0, not {process_variation}",
            process_variation=process_variation,
        )
    # In units of a power of two near the largest number, so that no square leaves the double range.
    unit = power_of_two(np.concatenate((at, readings)))
    x, error = at / unit, readings / unit - at / unit
    middle = float(x.mean())
    reach = float(((x - middle) ** 2).sum())
    if reach == 0.0:
        raise BadInput("the references are too close together for their size; linearity can't be told")
    slope = float(((x - middle) * error).sum()) / reach
    intercept = float(error.mean()) - slope * middle
    left = error - intercept - slope * x
    df = len(at) - 2
    residual = math.sqrt(float((left**2).sum()) / df)
    total = float(((error - error.mean()) ** 2).sum())
    wobble = residual * math.sqrt(1.0 / len(at) + middle**2 / reach)
    average = bias(readings - at, 0.0, confidence=confidence)
    return Linearity(
        intercept=_coefficient(intercept * unit, wobble * unit, df),
        slope=_coefficient(slope, residual / math.sqrt(reach), df),
        residual=residual * unit,
        r_squared=1.0 - float((left**2).sum()) / total if total > 0.0 else 0.0,
        df=df,
        average_bias=average,
        biases=tuple(
            bias(readings[at == level], float(level), confidence=confidence, spread=spread)
            for level in levels
        ),
        linearity=None if process_variation is None else abs(slope) * process_variation,
        linearity_percent=100.0 * abs(slope),
        bias_percent=None if process_variation is None else 100.0 * abs(average.bias) / process_variation,
    )


def _coefficient(value: float, error: float, df: int) -> Coefficient:
    t = value / error if error > 0.0 else None
    p = None if t is None else 2.0 * float(special.stdtr(df, -abs(t)))
    return Coefficient(value=value, standard_error=error, t=t, p=p)
