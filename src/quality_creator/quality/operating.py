"""What a sampling plan does in the long run: OC curve, outgoing quality, amount of inspection."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.sample import Floats

Model = Literal["binomial", "hypergeometric", "poisson"]
"""A long series of lots (type B); one lot of known size (type A); nonconformities per item."""


class OperatingPoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan at one quality level."""

    p: float
    """Fraction nonconforming of what is submitted, or nonconformities per item."""
    pa: float
    """Probability of acceptance."""
    aoq: float
    """Fraction nonconforming after rectifying inspection."""
    ati: float | None
    """Items inspected per lot when lots that are not accepted are screened; None without a lot size."""
    asn: float
    """Items inspected per sample when inspection stops at the decision to reject."""


class Operating(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The operating characteristic of a single plan."""

    n: int
    accept: int
    lot_size: int | None
    model: Model
    points: tuple[OperatingPoint, ...]
    aoql: float
    """The worst average outgoing quality."""
    p_at_aoql: float
    p95: float
    """Quality accepted 95 times in 100."""
    p50: float
    p10: float
    """Quality accepted 10 times in 100: the limiting quality."""


def operating(
    n: int,
    accept: int,
    *,
    p: Sequence[float] | None = None,
    lot_size: int | None = None,
    model: Model = "binomial",
) -> Operating:
    """The operating characteristic of a plan of `n` items that accepts up to `accept`.

    Parameters
    ----------
    n, accept : int
        The plan.
    p : sequence of float, optional
        Quality levels; 12 over the interesting range by default.
    lot_size : int, optional
        For outgoing quality and total inspection, and for the hypergeometric model.
    model : {"binomial", "hypergeometric", "poisson"}

    References
    ----------
    Montgomery, *Introduction to Statistical Quality Control*, ch. 15; NIST/SEMATECH e-Handbook 6.2.3.

    Examples
    --------
    The e-Handbook's plan of 52 with 3:

    >>> curve = operating(52, 3, p=[0.01, 0.05], lot_size=10_000)
    >>> [round(point.pa, 3) for point in curve.points], round(curve.aoql, 4)
    ([0.998, 0.738], 0.0372)
    """
    _check_plan(n, accept, lot_size, model)
    ends = tuple(quality_at(n, accept, share, lot_size=lot_size, model=model) for share in (0.95, 0.5, 0.1))
    if p is None:
        p = np.linspace(0.0, min(2.0 * ends[2], 1.0 if model != "poisson" else math.inf), 13)[1:].tolist()
    pa = probability_of_acceptance(p, n, accept, lot_size=lot_size, model=model)
    aoql, worst = average_outgoing_limit(n, accept, lot_size=lot_size, model=model)
    return Operating(
        n=n,
        accept=accept,
        lot_size=lot_size,
        model=model,
        points=tuple(
            _point(float(level), float(share), n, accept, lot_size)
            for level, share in zip(p, pa, strict=True)
        ),
        aoql=aoql,
        p_at_aoql=worst,
        p95=ends[0],
        p50=ends[1],
        p10=ends[2],
    )


def probability_of_acceptance(
    p: ArrayLike, n: int, accept: int, *, lot_size: int | None = None, model: Model = "binomial"
) -> Floats:
    """Probability that a sample of `n` shows at most `accept`, at each quality level.

    >>> probability_of_acceptance([0.0, 1.0], 10, 2).tolist()
    [1.0, 0.0]
    """
    _check_plan(n, accept, lot_size, model)
    levels = np.atleast_1d(np.asarray(p, dtype=np.float64))
    most = math.inf if model == "poisson" else 1.0
    if not ((levels >= 0.0) & (levels <= most)).all():
        raise BadInput(
            "a fraction nonconforming lies in 0 to 1"
            if most == 1.0
            else "nonconformities per item are 0 or more"
        )
    if model == "poisson":
        return np.asarray(special.pdtr(accept, n * levels), dtype=np.float64)
    if accept >= n:
        return np.ones_like(levels)
    if model == "binomial":
        return np.asarray(special.bdtr(float(accept), n, levels), dtype=np.float64)
    assert lot_size is not None  # the check above
    return np.array([_hypergeometric(accept, lot_size, round(level * lot_size), n) for level in levels])


def quality_at(
    n: int, accept: int, share: float, *, lot_size: int | None = None, model: Model = "binomial"
) -> float:
    """The quality level that is accepted with probability `share`.

    >>> round(quality_at(89, 2, 0.95), 4), round(quality_at(89, 2, 0.10), 4)
    (0.0092, 0.0587)
    """
    from scipy.optimize import brentq

    accepted = _curve(n, accept, lot_size, model)
    if model != "poisson" and accept >= n:
        return 1.0  # such a plan accepts everything
    top = 1.0
    while model == "poisson" and accepted(top) > share:
        top *= 2.0
    if accepted(top) > share:
        return top
    return float(brentq(lambda level: accepted(level) - share, 0.0, top, xtol=1e-15, rtol=1e-12))


def average_outgoing_limit(
    n: int, accept: int, *, lot_size: int | None = None, model: Model = "binomial"
) -> tuple[float, float]:
    """The worst average outgoing quality, and the submitted quality that gives it.

    >>> limit, at = average_outgoing_limit(89, 2, lot_size=10_000)
    >>> round(limit, 4), round(at, 4)
    (0.0152, 0.0253)
    """
    from scipy.optimize import minimize_scalar

    accepted = _curve(n, accept, lot_size, model)
    rest = 1.0 if lot_size is None else (lot_size - n) / lot_size
    top = min(1.0, 4.0 * quality_at(n, accept, 0.1, lot_size=lot_size, model=model))
    grid = np.linspace(0.0, top, 400)
    peak = int(np.argmax([level * accepted(float(level)) for level in grid]))
    low, high = float(grid[max(peak - 1, 0)]), float(grid[min(peak + 1, len(grid) - 1)])
    found = minimize_scalar(
        lambda level: -level * accepted(level), bounds=(low, high), method="bounded", options={"xatol": 1e-12}
    )
    return float(-found.fun) * rest, float(found.x)


def _curve(n: int, accept: int, lot_size: int | None, model: Model) -> Callable[[float], float]:
    """Acceptance as a smooth function of quality; for one lot, defectives are counted in fractions."""
    if model == "hypergeometric":
        assert lot_size is not None  # checked before
        return lambda level: _between(accept, lot_size, level * lot_size, n)
    return lambda level: float(probability_of_acceptance([level], n, accept, model=model)[0])


def _between(accept: int, lot: int, bad: float, n: int) -> float:
    low = min(math.floor(bad), lot - 1)
    below, above = (_hypergeometric(accept, lot, count, n) for count in (low, low + 1))
    return below + (above - below) * (bad - low)


def _hypergeometric(accept: int, lot: int, bad: int, n: int) -> float:
    """P(at most `accept` of `bad` in a sample of n from the lot)."""
    first, last = max(0, n - (lot - bad)), min(accept, bad, n)
    if last < first:
        return 0.0
    # From one count to the next by exact ratios: factorials of large lots would lose digits.
    x = np.arange(first, min(bad, n), dtype=np.float64)
    with np.errstate(divide="ignore"):
        steps = np.log(bad - x) + np.log(n - x) - np.log(x + 1.0) - np.log(lot - bad - n + x + 1.0)
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    share = np.exp(logs - logs.max())
    return float(share[: last - first + 1].sum() / share.sum())


def _point(p: float, pa: float, n: int, accept: int, lot_size: int | None) -> OperatingPoint:
    if lot_size is None:
        return OperatingPoint(p=p, pa=pa, aoq=p * pa, ati=None, asn=_curtailed(p, n, accept))
    return OperatingPoint(
        p=p,
        pa=pa,
        aoq=p * pa * (lot_size - n) / lot_size,
        ati=n + (1.0 - pa) * (lot_size - n),
        asn=_curtailed(p, n, accept),
    )


def _curtailed(p: float, n: int, accept: int) -> float:
    """Mean sample when inspection stops at the defective that decides to reject (binomial)."""
    if p <= 0.0 or accept >= n:
        return float(n)
    share = min(p, 1.0)
    going_on = float(special.bdtr(float(accept), n, share))
    stopped = 1.0 - float(special.bdtr(float(accept + 1), n + 1, share)) if accept + 1 <= n else 0.0
    return n * going_on + (accept + 1) / share * stopped


def _check_plan(n: int, accept: int, lot_size: int | None, model: Model) -> None:
    if n < 1:
        raise BadInput(f"a sample has at least 1 item, not {n}")
    if accept < 0:
        raise BadInput(f"an acceptance number is 0 or more, not {accept}")
    if lot_size is not None and lot_size < n:
        raise BadInput(f"the sample of {n} is larger than the lot of {lot_size}")
    if model not in ("binomial", "hypergeometric", "poisson"):
        raise BadInput(f"there is no model {model!r}; choose binomial, hypergeometric or poisson")
    if model == "hypergeometric" and lot_size is None:
        raise BadInput("the hypergeometric model is about one lot: give its size")
