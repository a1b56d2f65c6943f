"""The share of units that outlive each time, without assuming a distribution: Kaplan-Meier with Greenwood."""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.life import check_life
from quality_creator.quality.sample import check_share

Transform = Literal["log", "log-log", "plain"]
"""On which scale the interval is symmetric: ln S (R's default), ln(−ln S) (SAS), or S."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The survival from one time to the next."""

    time: float
    at_risk: int
    failed: int
    censored: int
    survival: float
    standard_error: float
    """Greenwood's."""
    low: float | None
    """None where the standard error is unknown: nobody is left."""
    high: float | None


class KaplanMeier(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The product-limit estimate."""

    n: int
    failures: int
    steps: tuple[Step, ...]
    """One for each time at which somebody failed or left."""
    median: float | None
    """The first time at which survival is 0.5 or less; where it is 0.5 over a span, its middle, as R
    has it. None when more than half outlived the study."""
    median_low: float | None
    median_high: float | None
    confidence: float
    transform: Transform


def kaplan_meier(
    times: ArrayLike,
    failed: Sequence[bool] | NDArray[np.bool_],
    *,
    counts: Sequence[int] | None = None,
    confidence: float = 0.95,
    transform: Transform = "log",
) -> KaplanMeier:
    """Estimate survival from times of which some are right censored.

    Parameters
    ----------
    times : array_like, shape (n,)
        0 or more. Units censored at the time of a failure are at risk for it.
    failed : sequence of bool
        True for a failure, False where the unit was still alive.
    counts : sequence of int, optional
        How many units share each time.
    confidence : float
    transform : {"log", "log-log", "plain"}

    References
    ----------
    Kaplan & Meier (1958), JASA 53; Greenwood (1926); Kalbfleisch & Prentice, ch. 1.

    Examples
    --------
    >>> found = kaplan_meier([1.0, 2.0, 2.0, 3.0], [True, True, False, True])
    >>> [round(step.survival, 3) for step in found.steps], found.median
    ([0.75, 0.5, 0.0], 2.5)
    """
    sample, dead, weight = check_life(times, failed, counts)
    check_share(confidence, "the confidence")
    if sample.min() < 0.0:
        where = int(np.argmin(sample))
        raise BadInput(f"a time is 0 or more; the one at index {where} is {sample[where]:g}")
    if transform not in ("log", "log-log", "plain"):
        raise BadInput(f"the transform is log, log-log or plain, not {transform!r}")
    z = float(special.ndtri(0.5 + confidence / 2.0))
    left = int(weight.sum())
    survival, greenwood = 1.0, 0.0
    steps: list[Step] = []
    for time in np.unique(sample):
        here = sample == time
        failures, gone = int(weight[here & dead].sum()), int(weight[here].sum())
        if failures:
            survival *= (left - failures) / left
            greenwood += failures / (left * (left - failures)) if left > failures else math.inf
        low, high = _interval(survival, greenwood, z, transform)
        steps.append(
            Step(
                time=float(time),
                at_risk=left,
                failed=failures,
                censored=gone - failures,
                survival=survival,
                standard_error=survival * math.sqrt(greenwood) if math.isfinite(greenwood) else 0.0,
                low=low,
                high=high,
            )
        )
        left -= gone
    return KaplanMeier(
        n=int(weight.sum()),
        failures=int(weight[dead].sum()),
        steps=tuple(steps),
        median=_crossing([(one.time, one.survival) for one in steps]),
        median_low=_crossing([(one.time, one.low) for one in steps]),
        median_high=_crossing([(one.time, one.high) for one in steps]),
        confidence=confidence,
        transform=transform,
    )


def _interval(
    survival: float, greenwood: float, z: float, transform: Transform
) -> tuple[float | None, float | None]:
    if greenwood == 0.0:
        return 1.0, 1.0
    if not math.isfinite(greenwood):
        return None, None
    error = math.sqrt(greenwood)
    if transform == "log":
        return survival * math.exp(-z * error), min(survival * math.exp(z * error), 1.0)
    if transform == "log-log":
        reach = z * error / abs(math.log(survival))
        return survival ** math.exp(reach), survival ** math.exp(-reach)
    return max(survival * (1.0 - z * error), 0.0), min(survival * (1.0 + z * error), 1.0)


def _crossing(curve: Sequence[tuple[float, float | None]]) -> float | None:
    """Where a falling step curve reaches one half; the middle of the span when it stands at one half."""
    for i, (time, height) in enumerate(curve):
        if height is None:
            return None
        if abs(height - 0.5) < 1e-12:
            later = [at for at, share in curve[i + 1 :] if share is None or share < 0.5 - 1e-12]
            return (time + later[0]) / 2.0 if later else time
        if height < 0.5:
            return time
    return None
