"""Whether people judge alike: the attribute agreement study."""

import math
from collections.abc import Hashable, Sequence
from itertools import combinations

import msgspec
import numpy as np
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import special
from quality_creator.quality.kappa import (
    CategoryKappa,
    FleissKappa,
    Kappa,
    against_chance,
    cohen_kappa,
    fleiss_kappa,
    unknown,
)
from quality_creator.quality.sample import check_share, listed


class Matched(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many items were judged alike, with its exact interval."""

    inspected: int
    matched: int
    percent: float
    low_percent: float
    high_percent: float


class Judge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One appraiser: with themselves, and with the standard."""

    appraiser: str
    within: Matched | None
    """Alike in all trials; None when there is one trial."""
    within_kappa: FleissKappa | None
    against_standard: Matched | None
    """All trials equal to the standard; None without a standard."""
    standard_kappa: FleissKappa | None
    """The mean over trials of Fleiss' kappa with the standard, as Minitab has it."""
    standard_cohen: Kappa | None
    """Cohen's kappa with the standard, all trials together, as AIAG has it."""
    miss_percent: float | None
    """Bad called good, of all looks at bad items; for two answers and a standard."""
    false_alarm_percent: float | None


class Pair(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Two appraisers compared trial by trial, as AIAG's cross tables do."""

    first: str
    second: str
    cohen: Kappa


class Agreement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An attribute agreement study."""

    items: int
    appraisers: tuple[Judge, ...]
    trials: int
    categories: tuple[str, ...]
    pairs: tuple[Pair, ...]
    between: Matched | None
    """All appraisers alike in all trials; None with one appraiser."""
    between_kappa: FleissKappa | None
    all_against_standard: Matched | None
    confidence: float


def agreement(
    items: Sequence[Hashable],
    appraisers: Sequence[Hashable],
    ratings: Sequence[Hashable],
    *,
    standards: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> Agreement:
    """An attribute agreement study: every appraiser judges every item equally often.

    Parameters
    ----------
    items, appraisers, ratings : sequence
        One entry for each look.
    standards : sequence, optional
        The right answer of each look's item.
    confidence : float
        Of the intervals.

    Notes
    -----
    Shares have Clopper-Pearson intervals, one-sided when all or none match, as Minitab prints them.
    Misses and false alarms are told for two answers; the one that sorts first counts as bad
    (0, bad, fail, ng, nok), whatever else it is called.

    References
    ----------
    AIAG, *Measurement Systems Analysis*, 4th ed., ch. III-C.

    Examples
    --------
    >>> study = agreement([1, 1, 2, 2, 3, 3], ["A", "B"] * 3, ["ok", "ok", "ng", "ng", "ok", "ng"])
    >>> study.between.matched, round(study.pairs[0].cohen.kappa, 2)
    (2, 0.4)
    """
    check_share(confidence, "the confidence")
    looks = _looks(items, appraisers, ratings, standards)
    names = list(dict.fromkeys(str(one) for one in appraisers))
    answers = sorted({str(one) for one in ratings} | {str(one) for one in standards or ()})
    index = {answer: i for i, answer in enumerate(answers)}
    sheet = np.array([[[index[a] for a in looks[name][item]] for item in looks[name]] for name in names])
    truth = None if standards is None else _truth(items, standards, index)
    people, things, trials = sheet.shape
    judges = tuple(
        _judge(name, marks, truth, answers, confidence) for name, marks in zip(names, sheet, strict=True)
    )
    flat = np.moveaxis(sheet, 0, 1).reshape(things, people * trials)
    alike = (flat == flat[:, :1]).all(axis=1)
    several = people > 1
    return Agreement(
        items=things,
        appraisers=judges,
        trials=trials,
        categories=tuple(answers),
        pairs=tuple(
            Pair(first=names[a], second=names[b], cohen=_cohen(sheet[a], sheet[b], len(answers), confidence))
            for a, b in combinations(range(people), 2)
        ),
        between=_matched(alike, confidence) if several else None,
        between_kappa=_fleiss(flat, answers) if several else None,
        all_against_standard=(None if truth is None else _matched(alike & (flat[:, 0] == truth), confidence)),
        confidence=confidence,
    )


def _judge(
    name: str,
    marks: NDArray[np.int64],
    truth: NDArray[np.int64] | None,
    answers: Sequence[str],
    confidence: float,
) -> Judge:
    """`marks` has the shape (items, trials)."""
    _, trials = marks.shape
    alike = (marks == marks[:, :1]).all(axis=1)
    repeated = trials > 1
    against = cohen = kappa = miss = alarm = None
    if truth is not None:
        against = _matched(alike & (marks[:, 0] == truth), confidence)
        cohen = _cohen(marks, np.repeat(truth[:, None], trials, axis=1), len(answers), confidence)
        kappa = _standard_kappa(marks, truth, answers)
        if len(answers) == 2:
            bad = truth == 0
            miss = _percent(marks[bad] == 1)
            alarm = _percent(marks[~bad] == 0)
    return Judge(
        appraiser=name,
        within=_matched(alike, confidence) if repeated else None,
        within_kappa=_fleiss(marks, answers) if repeated else None,
        against_standard=against,
        standard_kappa=kappa,
        standard_cohen=cohen,
        miss_percent=miss,
        false_alarm_percent=alarm,
    )


def _percent(hits: NDArray[np.bool_]) -> float | None:
    return 100.0 * float(hits.mean()) if hits.size else None


def _standard_kappa(
    marks: NDArray[np.int64], truth: NDArray[np.int64], answers: Sequence[str]
) -> FleissKappa:
    """Each trial with the standard as a pair of raters; their kappas and errors averaged as Minitab does."""
    trials = [_fleiss(np.stack([column, truth], axis=1), answers) for column in marks.T]
    return FleissKappa(
        subjects=len(truth),
        raters=2,
        overall=_average([one.overall for one in trials]),
        categories=tuple(
            CategoryKappa(category=answer, kappa=_average([one.categories[i].kappa for one in trials]))
            for i, answer in enumerate(answers)
        ),
    )


def _average(kappas: Sequence[Kappa]) -> Kappa:
    values = [one.kappa for one in kappas if one.kappa is not None]
    errors = [one.standard_error for one in kappas if one.standard_error is not None]
    if len(values) < len(kappas):
        return unknown()
    error = math.sqrt(sum(e * e for e in errors)) / len(kappas)
    return against_chance(sum(values) / len(values), error)


def _fleiss(flat: NDArray[np.int64], answers: Sequence[str]) -> FleissKappa:
    counts = np.stack([(flat == i).sum(axis=1) for i in range(len(answers))], axis=1)
    return fleiss_kappa(counts, answers)


def _cohen(first: NDArray[np.int64], second: NDArray[np.int64], width: int, confidence: float) -> Kappa:
    table = np.zeros((width, width))
    np.add.at(table, (first.ravel(), second.ravel()), 1.0)
    return cohen_kappa(table, confidence=confidence) if width > 1 else unknown()


def _matched(hits: NDArray[np.bool_], confidence: float) -> Matched:
    n, k = hits.size, int(hits.sum())
    # All or none: the whole risk lies on one side, as Minitab prints it.
    tail = (1.0 - confidence) / (2.0 if 0 < k < n else 1.0)
    low = float(special.betaincinv(k, n - k + 1, tail)) if k else 0.0
    high = float(special.betaincinv(k + 1, n - k, 1.0 - tail)) if k < n else 1.0
    return Matched(
        inspected=n, matched=k, percent=100.0 * k / n, low_percent=100.0 * low, high_percent=100.0 * high
    )


def _looks(
    items: Sequence[Hashable],
    appraisers: Sequence[Hashable],
    ratings: Sequence[Hashable],
    standards: Sequence[Hashable] | None,
) -> dict[str, dict[str, list[str]]]:
    lengths = {len(items), len(appraisers), len(ratings)} | (
        {len(standards)} if standards is not None else set()
    )
    if len(lengths) > 1:
        raise BadInput("items, appraisers, ratings and standards must be equally many")
    if not ratings:
        raise BadInput("there are no ratings")
    names = list(dict.fromkeys(str(item) for item in items))
    found: dict[str, dict[str, list[str]]] = {}
    for item, appraiser, rating in zip(items, appraisers, ratings, strict=True):
        cell = found.setdefault(str(appraiser), {name: [] for name in names})
        cell[str(item)].append(str(rating))
    trials = max(len(cell) for sheet in found.values() for cell in sheet.values())
    for appraiser, sheet in found.items():
        short = [name for name, cell in sheet.items() if len(cell) != trials]
        if short:
            raise BadInput(
                "{appraiser} did not judge every item {trials} times; look at item {items}",
                appraiser=appraiser,
                trials=trials,
                items=listed(short),
            )
    return found


def _truth(
    items: Sequence[Hashable], standards: Sequence[Hashable], index: dict[str, int]
) -> NDArray[np.int64]:
    found: dict[str, int] = {}
    for item, standard in zip(items, standards, strict=True):
        if found.setdefault(str(item), index[str(standard)]) != index[str(standard)]:
            raise BadInput("item {item} has two different standards", item=item)
    return np.array(list(found.values()))
