"""What the results for a drawn lot come to, by the plan that was announced with it.

A unit is nonconforming when any expert's result that was not withdrawn says so: where experts differ, the
stricter counts, and both stand in the log.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

import msgspec

from quality_creator.trust.log.draw import Plan
from quality_creator.trust.remark import Remark, Result


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a lot stands."""

    decision: Literal["accepted", "rejected", "open"] | None
    """None where no plan was announced."""
    drawn: int
    inspected: int
    """Of these, how many have a result."""
    nonconforming: tuple[str, ...]
    """Their names, in the order in which they were drawn."""
    differing: tuple[str, ...]
    """Units of which one expert says one thing and another the other."""


def judge(lot: str, units: Sequence[str], plan: Plan | None, remarks: Iterable[Remark]) -> Acceptance:
    """What follows from everything that was said of a lot.

    Args:
        lot: Its id.
        units: Those that were drawn; results of others count for nothing.
        plan: As it was announced.
        remarks: All of the episode's, withdrawals among them.
    """
    said = list(remarks)
    withdrawn = {one.withdraws for one in said if one.withdraws is not None}
    # By unit: each expert's word. Who judges several characteristics says no when any of them fails.
    words: dict[str, dict[str, bool]] = {unit: {} for unit in units}
    for one in said:
        if one.id in withdrawn or one.about is None or one.about.lot != lot:
            continue
        for result in one.results or ():
            _note(words, one.expert, result)
    bad = tuple(unit for unit, by in words.items() if not all(by.values()))
    inspected = sum(bool(by) for by in words.values())
    return Acceptance(
        decision=None
        if plan is None
        else _decide(plan, len(bad), all_in=bool(units) and inspected == len(units)),
        drawn=len(units),
        inspected=inspected,
        nonconforming=bad,
        differing=tuple(unit for unit, by in words.items() if len(set(by.values())) > 1),
    )


def _note(words: dict[str, dict[str, bool]], expert: str, result: Result) -> None:
    if result.unit in words:
        by = words[result.unit]
        by[expert] = by.get(expert, True) and result.conforming


def _decide(plan: Plan, bad: int, *, all_in: bool) -> Literal["accepted", "rejected", "open"]:
    if bad >= plan.reject:
        return "rejected"
    return "accepted" if all_in else "open"
