"""Agreement beyond chance: Cohen's kappa of two raters, Fleiss' kappa of several.

1 is perfect agreement, 0 is what chance gives; AIAG asks for 0.75.
"""

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.sample import check_share


class Kappa(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One kappa. It is None where everybody gave the same single answer: chance alone explains that."""

    kappa: float | None
    standard_error: float | None
    """Under the hypothesis of chance agreement, for the test."""
    z: float | None
    p: float | None
    """One-sided: probability of so much agreement by chance."""
    low: float | None = None
    high: float | None = None


class CategoryKappa(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kappa of one answer against all others."""

    category: str
    kappa: Kappa


class FleissKappa(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Fleiss' kappa, overall and for each answer."""

    subjects: int
    raters: int
    overall: Kappa
    categories: tuple[CategoryKappa, ...]


Weights = Literal["none", "linear", "quadratic"]


def cohen_kappa(table: ArrayLike, *, weights: Weights = "none", confidence: float = 0.95) -> Kappa:
    """Agreement of two raters from their cross table.

    Parameters
    ----------
    table : array_like, shape (k, k)
        Counts: rows are the first rater's answers, columns the second's, in the same order.
    weights : {"none", "linear", "quadratic"}
        Whether near misses of ordered answers count in part.
    confidence : float
        Of the interval, which has the large-sample standard error.

    References
    ----------
    Cohen (1960), Educ. Psychol. Meas. 20; Cohen (1968), Psychol. Bull. 70; Fleiss, Cohen & Everitt
    (1969), Psychol. Bull. 72.

    Examples
    --------
    >>> round(cohen_kappa([[20, 5], [10, 15]]).kappa, 6)
    0.4
    """
    check_share(confidence, "the confidence")
    counts = _check_table(table)
    n = counts.sum()
    p = counts / n
    weight = _weights(len(p), weights)
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    chance_table = np.outer(rows, columns)
    seen, chance = float((weight * p).sum()), float((weight * chance_table).sum())
    if math.isclose(chance, 1.0, abs_tol=1e-12):
        return Kappa(kappa=None, standard_error=None, z=None, p=None)
    kappa = (seen - chance) / (1.0 - chance)
    mean = weight @ columns
    mean = mean[:, None] + (rows @ weight)[None, :]
    null = float((chance_table * (weight - mean) ** 2).sum()) - chance**2
    error_null = math.sqrt(max(null, 0.0) / n) / (1.0 - chance)
    large = float((p * (weight - mean * (1.0 - kappa)) ** 2).sum()) - (kappa - chance * (1.0 - kappa)) ** 2
    error = math.sqrt(max(large, 0.0) / n) / (1.0 - chance)
    reach = float(special.ndtri(0.5 + confidence / 2.0)) * error
    return against_chance(kappa, error_null, low=kappa - reach, high=min(kappa + reach, 1.0))


def fleiss_kappa(counts: ArrayLike, categories: Sequence[str] | None = None) -> FleissKappa:
    """Agreement of several raters on several subjects.

    Parameters
    ----------
    counts : array_like, shape (subjects, k)
        How many raters gave each answer; every subject has equally many raters, at least 2.
    categories : sequence of str, optional
        Names of the answers.

    Returns
    -------
    FleissKappa
        Standard errors hold under chance agreement (Fleiss, Nee & Landis 1979), as Minitab prints
        them; Fleiss' article of 1971 has an older formula.

    References
    ----------
    Fleiss (1971), Psychol. Bull. 76; Fleiss, Nee & Landis (1979), Psychol. Bull. 86.

    Examples
    --------
    >>> found = fleiss_kappa([[3, 0], [0, 3], [2, 1], [3, 0]])
    >>> round(found.overall.kappa, 4)
    0.625
    """
    table = _check_counts(counts)
    subjects, width = table.shape
    names = tuple(categories) if categories is not None else tuple(str(i) for i in range(1, width + 1))
    if len(names) != width:
        raise BadInput("{count} names do not fit {width} answers", count=len(names), width=width)
    raters = int(table[0].sum())
    p = table.sum(axis=0) / (subjects * raters)
    q = 1.0 - p
    pairs = subjects * raters * (raters - 1)
    each = []
    error_one = math.sqrt(2.0 / pairs)
    for name, column, share in zip(names, table.T, p, strict=True):
        spread = float(share * (1.0 - share))
        if spread < 1e-12:
            each.append(CategoryKappa(category=name, kappa=unknown()))
            continue
        value = 1.0 - float((column * (raters - column)).sum()) / (pairs * spread)
        each.append(CategoryKappa(category=name, kappa=against_chance(value, error_one)))
    chance = float(p @ q)
    if chance < 1e-12:
        return FleissKappa(subjects=subjects, raters=raters, overall=unknown(), categories=tuple(each))
    overall = 1.0 - float((table * (raters - table)).sum()) / (pairs * chance)
    inner = chance**2 - float((p * q * (q - p)).sum())
    error = error_one / chance * math.sqrt(max(inner, 0.0))
    return FleissKappa(
        subjects=subjects, raters=raters, overall=against_chance(overall, error), categories=tuple(each)
    )


def against_chance(kappa: float, error: float, low: float | None = None, high: float | None = None) -> Kappa:
    """A kappa with its test against chance."""
    if error <= 0.0:
        return Kappa(kappa=kappa, standard_error=error, z=None, p=None, low=low, high=high)
    z = kappa / error
    return Kappa(kappa=kappa, standard_error=error, z=z, p=float(special.ndtr(-z)), low=low, high=high)


def unknown() -> Kappa:
    """The kappa of raters who all gave one and the same answer."""
    return Kappa(kappa=None, standard_error=None, z=None, p=None)


def _weights(width: int, weights: Weights) -> NDArray[np.float64]:
    if weights == "none":
        return np.eye(width)
    distance = np.abs(np.subtract.outer(np.arange(width), np.arange(width))) / max(width - 1, 1)
    return np.asarray(1.0 - (distance if weights == "linear" else distance**2), dtype=np.float64)


def _check_table(table: ArrayLike) -> NDArray[np.float64]:
    counts = _check_whole(table)
    if counts.shape[0] != counts.shape[1]:
        raise BadInput(
            "a cross table has as many rows as columns, not {rows} × {columns}",
            rows=counts.shape[0],
            columns=counts.shape[1],
        )
    if counts.sum() == 0.0:
        raise BadInput("the cross table is empty")
    return counts


def _check_counts(counts: ArrayLike) -> NDArray[np.float64]:
    table = _check_whole(counts)
    raters = table.sum(axis=1)
    if (raters != raters[0]).any():
        row = int(np.flatnonzero(raters != raters[0])[0])
        raise BadInput(
            "every subject needs equally many ratings; subject {row} has {given:g}, others {usual:g}",
            row=row,
            given=raters[row],
            usual=raters[0],
        )
    if raters[0] < 2:
        raise BadInput("every subject needs at least 2 ratings")
    return table


def _check_whole(table: ArrayLike) -> NDArray[np.float64]:
    try:
        counts = np.array(table, dtype=np.float64)
    except (TypeError, ValueError):
        raise BadInput("the counts are not a table of numbers") from None
    if counts.ndim != 2 or counts.size == 0:
        raise BadInput("the counts must be a table with at least one row")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise BadInput("counts are whole numbers of 0 or more")
    return counts
