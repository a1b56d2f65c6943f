"""Accepting a lot by measurements: the k method of MIL-STD-414, its tables, and its OC curve."""

import math
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.note import Note
from quality_creator.quality.sample import check_share, check_values, moments
from quality_creator.quality.sampling_table import VariablesLevel, variables_code_letter, variables_row

Sigma = Literal["known", "unknown"]

EDITION = "MIL-STD-414 (1957), table B-1: sigma unknown, form 1, normal inspection"


class VariablesPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan by variables for one lot and one limit."""

    edition: str
    lot_size: int
    aql: float
    level: VariablesLevel
    code_letter: str
    plan_letter: str
    n: int
    k: float
    inspect_all: bool
    """The sample is as large as the lot: measure every item and judge each by the limit itself."""
    notes: tuple[Note, ...] = ()


class VariablesDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What measurements say about their lot."""

    accepted: bool
    n: int
    mean: float
    deviation: float
    quality_index: float | None
    """(limit − mean)/s or (mean − limit)/s; None when all values are the same."""
    k: float
    margin: float | None
    """quality_index − k."""


class VariablesOperating(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The OC curve of a k-method plan: quality levels and the probability of acceptance at each."""

    n: int
    k: float
    sigma: Sigma
    p: tuple[float, ...]
    pa: tuple[float, ...]


def variables_plan(lot_size: int, aql: float, *, level: VariablesLevel = "IV") -> VariablesPlan:
    """The plan of MIL-STD-414 for a lot and one specification limit.

    Examples
    --------
    >>> plan = variables_plan(40, 1.0)
    >>> plan.code_letter, plan.n, plan.k
    ('D', 5, 1.53)
    """
    letter = variables_code_letter(lot_size, level)
    row = variables_row(letter, aql)
    inspect_all = row.n >= lot_size
    notes: list[Note] = []
    if row.letter != letter:
        text = f"The table's arrow leads from code letter {letter} to plan {row.letter}."
        notes.append(Note(code="arrow", text=text))
    if inspect_all:
        text = f"The plan's sample of {row.n} is not smaller than the lot of {lot_size}: measure every item."
        notes.append(Note(code="inspect-all", text=text))
    return VariablesPlan(
        edition=EDITION,
        lot_size=lot_size,
        aql=aql,
        level=level,
        code_letter=letter,
        plan_letter=row.letter,
        n=min(row.n, lot_size),
        k=row.k,
        inspect_all=inspect_all,
        notes=tuple(notes),
    )


def decide_by_variables(
    values: ArrayLike, k: float, *, lower: float | None = None, upper: float | None = None
) -> VariablesDecision:
    """Accept a lot when its limit lies at least k standard deviations from the mean.

    Parameters
    ----------
    values : array_like, shape (n,)
        The sample.
    k : float
        The plan's acceptability constant.
    lower, upper : float
        The limit; exactly one of the two. Two limits at once need the standard's form 2, whose
        tables are not here.

    References
    ----------
    MIL-STD-414, section B, example B-1: lot 40, AQL 1 %, level IV, upper limit 209.

    Examples
    --------
    >>> found = decide_by_variables([197, 188, 184, 205, 201], 1.53, upper=209)
    >>> round(found.mean, 1), round(found.deviation, 2), round(found.quality_index, 2), found.accepted
    (195.0, 8.8, 1.59, True)
    """
    if (lower is None) == (upper is None):
        raise BadInput("the k method judges exactly one limit: give lower or upper")
    limit = upper if upper is not None else lower
    assert limit is not None
    if not math.isfinite(limit) or not math.isfinite(k):
        raise BadInput("the limit and k must be finite numbers")
    found = moments(check_values(values, at_least=2))
    distance = limit - found.mean if upper is not None else found.mean - limit
    index: float | None = None
    accepted = distance >= 0.0
    if found.deviation > 0.0:  # without any spread the index is infinite, with the sign of the distance
        index = distance / found.deviation
        accepted = index >= k
    return VariablesDecision(
        accepted=accepted,
        n=found.n,
        mean=found.mean,
        deviation=found.deviation,
        quality_index=index,
        k=k,
        margin=None if index is None else index - k,
    )


def acceptance_by_variables(p: float, n: int, k: float, *, sigma: Sigma = "unknown") -> float:
    """Probability that a k-method plan accepts normal lots with fraction `p` beyond the limit.

    Sigma unknown is exact by the noncentral t distribution.

    >>> round(acceptance_by_variables(0.01, 20, 1.8), 6)
    0.931168
    """
    check_share(p, "the fraction nonconforming")
    _check(n, sigma)
    if not math.isfinite(k):
        raise BadInput(f"an acceptability constant k is a finite number, not {k}")
    root = math.sqrt(n)
    z = -float(special.ndtri(p))
    if sigma == "known":
        return float(special.ndtr(root * (z - k)))
    from scipy.stats import nct

    return float(nct.sf(k * root, n - 1, z * root))


def variables_operating(p: ArrayLike, n: int, k: float, *, sigma: Sigma = "unknown") -> tuple[float, ...]:
    """The OC curve of a k-method plan."""
    return tuple(
        acceptance_by_variables(float(one), n, k, sigma=sigma)
        for one in np.atleast_1d(np.asarray(p, dtype=float))
    )


def k_for(p: float, share: float, n: int, *, sigma: Sigma = "unknown") -> float:
    """The k with which a sample of `n` accepts quality `p` with probability `share`.

    >>> round(acceptance_by_variables(0.02, 30, k_for(0.02, 0.9, 30)), 9)
    0.9
    """
    check_share(p, "the fraction nonconforming")
    check_share(share, "the probability of acceptance")
    _check(n, sigma)
    root = math.sqrt(n)
    z = -float(special.ndtri(p))
    if sigma == "known":
        return z - float(special.ndtri(share)) / root
    from scipy.stats import nct

    return float(nct.isf(share, n - 1, z * root)) / root


def _check(n: int, sigma: Sigma) -> None:
    if sigma not in ("known", "unknown"):
        raise BadInput(f"sigma is known or unknown, not {sigma!r}")
    least = 1 if sigma == "known" else 2
    if n < least:
        raise BadInput(f"with sigma {sigma} a sample has at least {least} items, not {n}")
