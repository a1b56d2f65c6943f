"""Capability indices and their intervals from a mean, a sigma and its degrees of freedom."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import msgspec

from quality_creator.model.characteristic import Specification
from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.sample import check_result


class Index(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A capability index and the interval in which the process's own probably lies."""

    value: float
    low: float | None = None
    high: float | None = None


class Outside(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Parts in a million outside the specification; None where there is no limit on that side."""

    below: float | None
    above: float | None
    total: float


@dataclass(frozen=True, slots=True)
class Process:
    """What an index is made from; the mean may be unknown."""

    n: int
    mean: float | None
    sigma: float
    degrees: float
    """Degrees of freedom of sigma."""


def indices(
    letter: Literal["C", "P"], specification: Specification, process: Process, confidence: float
) -> dict[str, Index]:
    """Cp, Cpl, Cpu, Cpk, Cpm, or the same with P: those that the limits and the target allow."""
    lower, target, upper = specification.lower, specification.target, specification.upper
    mean, sigma = process.mean, process.sigma
    found: dict[str, Index] = {}
    if lower is not None and upper is not None:
        found[f"{letter}p"] = _chi_square(gap(upper, lower, sigma) / 6.0, process.degrees, confidence)
    if mean is None:
        return found
    sides: list[float] = []
    if lower is not None:
        sides.append(gap(mean, lower, sigma) / 3.0)
        found[f"{letter}pl"] = _bissell(sides[-1], process, 2.0 * confidence - 1.0)
    if upper is not None:
        sides.append(gap(upper, mean, sigma) / 3.0)
        found[f"{letter}pu"] = _bissell(sides[-1], process, 2.0 * confidence - 1.0)
    if sides:
        found[f"{letter}pk"] = _bissell(min(sides), process, confidence)
    if target is not None and sides:
        offset = gap(mean, target, sigma)
        room = _room(lower, target, upper, sigma)
        found[f"{letter}pm"] = _chi_square(
            room / math.hypot(1.0, offset), _boyles(process.n, offset), confidence
        )
    check_result(*(one.value for one in found.values()))
    return found


def _room(lower: float | None, target: float, upper: float | None, sigma: float) -> float:
    """Half the tolerance in units of 3 sigma; with one limit, its distance from the target."""
    if lower is not None and upper is not None:
        return gap(upper, lower, sigma) / 6.0
    if lower is not None:
        return gap(target, lower, sigma) / 3.0
    assert upper is not None  # the caller saw at least one limit
    return gap(upper, target, sigma) / 3.0


def _boyles(n: int, offset: float) -> float:
    """Degrees of freedom of the mean square about the target."""
    ratio = min(offset * offset, 1e300)
    return n * (1.0 + ratio) / (1.0 + ratio / (1.0 + ratio))


def _chi_square(value: float, degrees: float, confidence: float) -> Index:
    tail = (1.0 - confidence) / 2.0
    if degrees > 1e9:
        reach = float(special.ndtri(1.0 - tail)) / math.sqrt(2.0 * degrees)
        return Index(value=value, low=value * (1.0 - reach), high=value * (1.0 + reach))
    low, high = (math.sqrt(float(special.chdtri(degrees, p)) / degrees) for p in (1.0 - tail, tail))
    return Index(value=value, low=value * low, high=value * high)


def _bissell(value: float, process: Process, confidence: float) -> Index:
    """Two-sided normal approximation; with 2γ − 1 its ends are one-sided bounds at γ."""
    if confidence <= 0.0:
        return Index(value=value)
    reach = float(special.ndtri(0.5 + confidence / 2.0)) * math.hypot(
        1.0 / (3.0 * math.sqrt(process.n)), value / math.sqrt(2.0 * process.degrees)
    )
    return Index(value=value, low=value - reach, high=value + reach)


def gap(high: float, low: float, sigma: float) -> float:
    """(high − low) / sigma, also where the difference itself is beyond the double range."""
    difference = high - low
    if math.isinf(difference):
        return 2.0 * ((high / 2.0 - low / 2.0) / sigma)
    return difference / sigma


def expected(specification: Specification, mean: float, sigma: float) -> Outside | None:
    """What a normal distribution has outside the limits."""
    return outside(
        specification,
        lambda limit: 1e6 * float(special.ndtr(gap(limit, mean, sigma))),
        lambda limit: 1e6 * float(special.ndtr(gap(mean, limit, sigma))),
    )


def outside(
    specification: Specification, below: Callable[[float], float], above: Callable[[float], float]
) -> Outside | None:
    """The parts per million on each side that has a limit; None without any limit."""
    if specification.lower is None and specification.upper is None:
        return None
    under = None if specification.lower is None else below(specification.lower)
    over = None if specification.upper is None else above(specification.upper)
    return Outside(below=under, above=over, total=(under or 0.0) + (over or 0.0))


def check_specification(specification: Specification) -> None:
    """Refuse limits that are crossed or not finite, and a target outside them.

    Raises
    ------
    BadInput
        What is wrong with them.
    """
    lower, target, upper = specification.lower, specification.target, specification.upper
    for name, value in (("lower limit", lower), ("target", target), ("upper limit", upper)):
        if value is not None and not math.isfinite(value):
            raise BadInput(f"the {name} must be a finite number, not {value}")
    if lower is not None and upper is not None and lower >= upper:
        raise BadInput(f"the limits are crossed: lower {lower:g} is not below upper {upper:g}")
    if target is not None and (
        (lower is not None and target < lower) or (upper is not None and target > upper)
    ):
        raise BadInput(f"the target {target:g} lies outside the limits")
