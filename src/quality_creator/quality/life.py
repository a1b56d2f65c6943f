"""How long products live: Weibull by maximum likelihood with right censoring, intervals, Bx life.

life = weibull(times, failed)     # failed[i] is False where the test ended before the failure
life.shape, life.scale, life.lives["B10"]
"""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality_creator.model.errors import BadInput, Words
from quality_creator.quality import special
from quality_creator.quality.life_likelihood import Covariance, Estimate, Fisher, Fit, Lives, Profile
from quality_creator.quality.note import Note
from quality_creator.quality.sample import Floats, check_result, check_share, check_values

Interval = Literal["fisher", "likelihood"]
"""Normal approximation of the logarithms with the observed information, or likelihood ratio."""


class Reliability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share that outlives a time."""

    time: float
    survival: Estimate


class Weibull(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A two-parameter Weibull distribution fitted to life data."""

    n: int
    failures: int
    censored: int
    shape: Estimate
    """β: below 1 early failures, 1 chance failures, above 1 wear."""
    scale: Estimate
    """η, the time by which 63.2 % have failed, in the unit of the times."""
    log_likelihood: float
    mttf: float
    """Mean time to failure: η Γ(1 + 1/β)."""
    lives: dict[str, Estimate]
    """Bx lives: "B10" is the time by which 10 % have failed."""
    reliability: tuple[Reliability, ...]
    interval: Interval
    confidence: float
    covariance: Covariance
    """Of ln η and ln β, from the observed information."""
    notes: tuple[Note, ...]

    def survival(self, time: float) -> float:
        """The share that outlives a time, by the estimates."""
        return math.exp(-((time / self.scale.value) ** self.shape.value))


def weibull(
    times: ArrayLike,
    failed: Sequence[bool] | NDArray[np.bool_],
    *,
    counts: Sequence[int] | None = None,
    bx: Sequence[float] = (1.0, 5.0, 10.0, 50.0),
    at: Sequence[float] = (),
    interval: Interval = "fisher",
    confidence: float = 0.95,
) -> Weibull:
    """Fit a Weibull distribution to times, some of which are right censored.

    Parameters
    ----------
    times : array_like, shape (n,)
        Above 0.
    failed : sequence of bool
        True for a failure, False where the unit was still alive.
    counts : sequence of int, optional
        How many units share each time.
    bx : sequence of float
        Percentages whose lives are wanted.
    at : sequence of float
        Times at which reliability is wanted.
    interval : {"fisher", "likelihood"}
        Fisher: ln β and ln η (and ln of a life, ln(−ln) of a reliability) are taken as normal with the
        observed information. Likelihood: the values whose profile likelihood is not refused; slower
        and better with few failures.
    confidence : float

    Returns
    -------
    Weibull

    Raises
    ------
    BadInput
        No failure, all failures at the largest time, times of 0 or less, or not finite.

    References
    ----------
    Meeker & Escobar, *Statistical Methods for Reliability Data*, ch. 8; Lawless, *Statistical Models
    and Methods for Lifetime Data*, ch. 5; NIST/SEMATECH e-Handbook 8.4.1.2.

    Examples
    --------
    NIST's example: 20 units on test for 500 h, 10 failures; the handbook prints 1.7208 and 606.5280:

    >>> hours = [54, 187, 216, 240, 244, 335, 361, 373, 375, 386] + [500] * 10
    >>> life = weibull(hours, [True] * 10 + [False] * 10)
    >>> round(life.shape.value, 4), round(life.scale.value, 4), round(life.lives["B10"].value, 2)
    (1.7208, 606.5276, 164.02)
    """
    data = _lives(times, failed, counts)
    check_share(confidence, "the confidence")
    if interval not in ("fisher", "likelihood"):
        raise BadInput(f"the interval is fisher or likelihood, not {interval!r}")
    for percent in bx:
        check_share(percent / 100.0, f"B{percent:g}, as a share,")
    for time in at:
        if not (math.isfinite(time) and time > 0.0):
            raise BadInput(f"reliability is asked at times above 0, not at {time}")
    fitted = Fit(data)
    wanted = Profile(fitted, confidence) if interval == "likelihood" else Fisher(fitted, confidence)
    lives = {f"B{percent:g}": wanted.life(percent / 100.0) for percent in bx}
    mttf = math.exp(fitted.lives.top + fitted.log_scale) * float(special.gamma(1.0 + 1.0 / fitted.shape))
    check_result(mttf, *(one.high for one in lives.values()))
    return Weibull(
        n=int(data.weight.sum()),
        failures=int(data.failures),
        censored=int(data.weight.sum() - data.failures),
        shape=wanted.shape(),
        scale=wanted.life(1.0 - math.exp(-1.0)),
        log_likelihood=fitted.log_likelihood,
        mttf=mttf,
        lives=lives,
        reliability=tuple(Reliability(time=time, survival=wanted.survival(time)) for time in at),
        interval=interval,
        confidence=confidence,
        covariance=fitted.covariance,
        notes=_notes(int(data.failures)),
    )


def _lives(
    times: ArrayLike, failed: Sequence[bool] | NDArray[np.bool_], counts: Sequence[int] | None
) -> Lives:
    sample, dead, weight = check_life(times, failed, counts)
    if sample.min() <= 0.0:
        where = int(np.argmin(sample))
        raise BadInput(f"a Weibull life is above 0; the time at index {where} is {sample[where]:g}")
    if not dead.any():
        raise BadInput("no unit failed: without a failure neither shape nor scale can be estimated")
    return Lives(sample, dead, weight)


def check_life(
    times: ArrayLike, failed: Sequence[bool] | NDArray[np.bool_], counts: Sequence[int] | None
) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """Times, whether each is a failure, and how many units share it.

    Raises
    ------
    BadInput
        They do not fit together, or a count is not a whole number of 1 or more.
    """
    sample = check_values(times, what=Words("times"))
    dead = np.asarray(failed, dtype=np.bool_)
    if dead.shape != sample.shape:
        raise BadInput(f"{dead.size} marks of failure do not fit {sample.size} times")
    if counts is None:
        return sample, dead, np.ones(sample.size)
    weight = check_values(counts, what=Words("counts"))
    if weight.shape != sample.shape:
        raise BadInput(f"{weight.size} counts do not fit {sample.size} times")
    if (weight < 1.0).any() or (weight != np.floor(weight)).any():
        raise BadInput("a count is a whole number of 1 or more")
    return sample, dead, weight


def _notes(failures: int) -> tuple[Note, ...]:
    if failures >= 10:
        return ()
    text = f"{failures} failures are few: prefer likelihood intervals, and do not extrapolate far."
    return (Note(code="few-failures", text=text),)
