"""The smallest plan through two points of the OC curve: one protects the producer, one the consumer."""

import math
from collections.abc import Callable
from functools import partial
from typing import Literal

import msgspec

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.operating import Model, probability_of_acceptance
from quality_creator.quality.variables_sampling import acceptance_by_variables, k_for

LARGEST_SAMPLE = 10_000_000


class Demand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two points: quality `p1` is accepted with at least `pa1`, quality `p2` with at most `pa2`."""

    p1: float
    pa1: float
    p2: float
    pa2: float


class AttributesDesign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The smallest single plan by attributes that meets a demand."""

    demand: Demand
    model: Model
    lot_size: int | None
    n: int
    accept: int
    pa1: float
    """What the plan does at p1."""
    pa2: float


class VariablesDesign(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The smallest plan by variables that meets a demand: accept when (limit − mean)/sigma ≥ k."""

    demand: Demand
    sigma: Literal["known", "unknown"]
    n: int
    k: float
    """Meets the producer's point exactly, as R's find.plan chooses."""
    k_consumer: float
    """Meets the consumer's point exactly; every k between meets both. Minitab takes the middle."""
    pa1: float
    pa2: float


def design_attributes(
    demand: Demand, *, model: Model = "binomial", lot_size: int | None = None
) -> AttributesDesign:
    """The smallest single sampling plan through two points.

    References
    ----------
    Guenther (1969), J. Quality Technology 1; Montgomery, *Introduction to Statistical Quality
    Control*, ch. 15.

    Examples
    --------
    >>> plan = design_attributes(Demand(p1=0.01, pa1=0.95, p2=0.06, pa2=0.10))
    >>> plan.n, plan.accept
    (110, 3)
    """
    _check(demand, most=math.inf if model == "poisson" else 1.0)
    largest = LARGEST_SAMPLE if lot_size is None else lot_size

    def accepted(p: float, n: int, accept: int) -> float:
        return float(probability_of_acceptance([p], n, accept, lot_size=lot_size, model=model)[0])

    def strict(accept: int, n: int) -> bool:
        return accepted(demand.p2, n, accept) <= demand.pa2

    def size_for(accept: int) -> int | None:
        """The sample that satisfies the consumer, if it also satisfies the producer."""
        n = _first(partial(strict, accept), accept + 1, largest)
        return n if n is not None and accepted(demand.p1, n, accept) >= demand.pa1 else None

    accept = _smallest_acceptance(size_for, largest)
    n = size_for(accept) if accept is not None else None
    if accept is None or n is None:
        where = f"a lot of {lot_size}" if lot_size is not None else f"{LARGEST_SAMPLE} items"
        raise BadInput(f"no plan within {where} tells {demand.p1:g} from {demand.p2:g} so surely")
    return AttributesDesign(
        demand=demand,
        model=model,
        lot_size=lot_size,
        n=n,
        accept=accept,
        pa1=accepted(demand.p1, n, accept),
        pa2=accepted(demand.p2, n, accept),
    )


def design_variables(demand: Demand, *, sigma: Literal["known", "unknown"] = "unknown") -> VariablesDesign:
    """The smallest k-method plan through two points, for one limit and normal values.

    References
    ----------
    Lieberman & Resnikoff (1955), JASA 50; Schilling & Neubauer, *Acceptance Sampling in Quality
    Control*, ch. 10.

    Examples
    --------
    >>> plan = design_variables(Demand(p1=0.01, pa1=0.95, p2=0.06, pa2=0.10), sigma="known")
    >>> plan.n, round(plan.k, 4)
    (15, 1.9016)
    """
    _check(demand, most=1.0)
    if sigma not in ("known", "unknown"):
        raise BadInput(f"sigma is known or unknown, not {sigma!r}")
    z1, z2 = -float(special.ndtri(demand.p1)), -float(special.ndtri(demand.p2))
    reach = float(special.ndtri(demand.pa1)) - float(special.ndtri(demand.pa2))
    if (reach / (z1 - z2)) ** 2 > LARGEST_SAMPLE:
        raise BadInput(f"{demand.p1:g} and {demand.p2:g} are too close to be told apart by a sample")
    if sigma == "known":
        n = max(1, math.ceil((reach / (z1 - z2)) ** 2 - 1e-9))
    else:

        def strict(size: int) -> bool:
            k = k_for(demand.p1, demand.pa1, size, sigma="unknown")
            return acceptance_by_variables(demand.p2, size, k, sigma="unknown") <= demand.pa2

        found = _first(strict, 2, LARGEST_SAMPLE)
        assert found is not None  # the known-sigma sample bounds it within a factor 1 + k²/2
        n = found
    k = k_for(demand.p1, demand.pa1, n, sigma=sigma)
    return VariablesDesign(
        demand=demand,
        sigma=sigma,
        n=n,
        k=k,
        k_consumer=k_for(demand.p2, demand.pa2, n, sigma=sigma),
        pa1=acceptance_by_variables(demand.p1, n, k, sigma=sigma),
        pa2=acceptance_by_variables(demand.p2, n, k, sigma=sigma),
    )


def _smallest_acceptance(size_for: Callable[[int], int | None], largest: int) -> int | None:
    """The smallest acceptance number with a plan, by doubling and halving: larger ones tell more apart."""
    high = 0
    while size_for(high) is None:
        high = 2 * high + 1
        if high >= largest:
            return None
    low = (high - 1) // 2 if high else -1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if size_for(middle) is not None else (middle, high)
    return high


def _first(holds: Callable[[int], bool], start: int, largest: int) -> int | None:
    """The smallest n from `start` on where a condition holds that, once true, stays true."""
    if start > largest:
        return None
    low, high = start - 1, start
    while not holds(high):
        if high >= largest:
            return None
        low, high = high, min(2 * high, largest)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _check(demand: Demand, most: float) -> None:
    if not 0.0 < demand.p1 < demand.p2 < most:
        raise BadInput(
            f"the producer's quality {demand.p1:g} must be better (lower) than the consumer's {demand.p2:g}, "
            "both above 0 and as fractions below 1"
        )
    if not 0.0 < demand.pa2 < demand.pa1 < 1.0:
        raise BadInput(
            f"acceptance at the producer's point ({demand.pa1:g}) must be above that at the consumer's "
            f"({demand.pa2:g}), both between 0 and 1"
        )
