"""How many to inspect and how many defects to allow: single plans of ISO 2859-1, GB/T 2828.1 and Z1.4.

plan = single_plan(1000, 0.65)        # the standard's plan for a lot
decide(plan, defectives=2).accepted   # the decision for that lot
"""

from typing import Literal

import msgspec

from quality_creator.model.errors import BadInput
from quality_creator.quality.note import Note
from quality_creator.quality.sampling_table import (
    Inspection,
    Level,
    aqls,
    code_letter,
    single_row,
)

Standard = Literal["iso2859-1", "gbt2828.1", "z1.4"]

EDITIONS: dict[Standard, str] = {
    "iso2859-1": "ISO 2859-1:1999",
    "gbt2828.1": "GB/T 2828.1-2012 (ISO 2859-1:1999, IDT)",
    "z1.4": "ANSI/ASQ Z1.4 (tables of MIL-STD-105E)",
}


class SinglePlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A single sampling plan for one lot, as the standard gives it."""

    edition: str
    standard: Standard
    lot_size: int
    aql: float
    """Percent nonconforming up to 10, nonconformities per 100 items above."""
    level: Level
    severity: Inspection
    code_letter: str
    """Of the lot size and the level."""
    plan_letter: str
    """Of the plan used, to which the table's arrows lead."""
    n: int
    """Items to inspect: the whole lot where the plan's sample is as large as the lot."""
    table_n: int
    """The plan's own sample size."""
    accept: int
    reject: int
    inspect_all: bool
    notes: tuple[Note, ...] = ()


class LotDecision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sample says about its lot."""

    accepted: bool
    found: int
    accept: int
    reject: int
    marginal: bool
    """Between the two numbers of a reduced Z1.4 plan: accepted, and back to normal inspection."""
    reason: str


def single_plan(
    lot_size: int,
    aql: float,
    *,
    level: Level = "II",
    severity: Inspection = "normal",
    standard: Standard = "iso2859-1",
) -> SinglePlan:
    """The standard's single plan for a lot.

    Parameters
    ----------
    lot_size : int
        At least 2.
    aql : float
        One of the standard's 26 values: percent nonconforming, or nonconformities per 100 items.
    level : {"S-1", "S-2", "S-3", "S-4", "I", "II", "III"}
        II unless something else was agreed.
    severity : {"normal", "tightened", "reduced"}
        See `switching` for when which.
    standard : {"iso2859-1", "gbt2828.1", "z1.4"}
        GB/T 2828.1-2012 is ISO 2859-1:1999; Z1.4 differs in reduced inspection and one tightened plan.

    Returns
    -------
    SinglePlan
        With notes `arrow`, `inspect-all`, `disputed-row`, `nonconformities` where they apply.

    Raises
    ------
    BadInput
        The AQL, level, severity or standard is none of the standard's, or the lot is too small.

    References
    ----------
    ISO 2859-1:1999 tables 1, 2-A, 2-B, 2-C; GB/T 2828.1-2012; MIL-STD-105E tables I, II-A, II-B, II-C.

    Examples
    --------
    Code letter K at AQL 0.25 has an arrow down to L:

    >>> plan = single_plan(3000, 0.25)
    >>> plan.code_letter, plan.plan_letter, plan.n, plan.accept
    ('K', 'L', 200, 1)
    """
    if standard not in EDITIONS:
        raise BadInput(
            "there is no standard {standard!r} here; choose one of {editions}",
            standard=standard,
            editions=tuple(EDITIONS),
        )
    if severity not in ("normal", "tightened", "reduced"):
        raise BadInput(
            "there is no severity {severity!r}; choose normal, tightened or reduced", severity=severity
        )
    letter = code_letter(lot_size, level)
    row = single_row(severity, letter, aql, z14=standard == "z1.4")
    inspect_all = row.n >= lot_size
    notes: list[Note] = []
    if row.letter != letter:
        text = f"The table's arrow leads from code letter {letter} to plan {row.letter}."
        notes.append(Note(code="arrow", text=text))
    if inspect_all:
        text = f"The plan's sample of {row.n} is not smaller than the lot of {lot_size}: inspect every item."
        notes.append(Note(code="inspect-all", text=text))
    if row.disputed:
        text = "Transcriptions of the standard differ in this plan: compare it with the printed table."
        notes.append(Note(code="disputed-row", text=text))
    if aql > 10.0:
        text = "AQLs above 10 are for nonconformities per 100 items only."
        notes.append(Note(code="nonconformities", text=text))
    return SinglePlan(
        edition=EDITIONS[standard],
        standard=standard,
        lot_size=lot_size,
        aql=aql,
        level=level,
        severity=severity,
        code_letter=letter,
        plan_letter=row.letter,
        n=lot_size if inspect_all else row.n,
        table_n=row.n,
        accept=row.accept,
        reject=row.reject,
        inspect_all=inspect_all,
        notes=tuple(notes),
    )


def decide(plan: SinglePlan, found: int, *, nonconformities: bool = False) -> LotDecision:
    """Accept a lot or not by what its sample showed.

    Parameters
    ----------
    plan : SinglePlan
        The plan by which the sample was inspected.
    found : int
        Nonconforming items, or nonconformities, in the sample.
    nonconformities : bool
        Nonconformities are counted: there may be more of them than items. So it is above AQL 10.

    Raises
    ------
    BadInput
        A negative count, or more nonconforming items than were inspected.

    Examples
    --------
    >>> decide(single_plan(1000, 0.65), 2).accepted
    False
    """
    if found < 0:
        raise BadInput("the number of defectives is 0 or more, not {found}", found=found)
    if found > plan.n and not (nonconformities or plan.aql > 10.0):
        raise BadInput("{found} defectives in a sample of {n} items can't be", found=found, n=plan.n)
    accepted = found < plan.reject
    marginal = plan.accept < found < plan.reject
    if marginal:
        reason = (
            f"{found} lies between Ac {plan.accept} and Re {plan.reject}: accepted; back to normal inspection"
        )
    elif accepted:
        reason = f"{found} is not more than Ac {plan.accept}"
    else:
        reason = f"{found} reaches Re {plan.reject}"
    return LotDecision(
        accepted=accepted,
        found=found,
        accept=plan.accept,
        reject=plan.reject,
        marginal=marginal,
        reason=reason,
    )


def accepted_one_step_tighter(plan: SinglePlan, found: int) -> bool:
    """Whether the lot would have been accepted had the AQL been one step tighter: for the switching score.

    >>> plan = single_plan(1000, 1.0)
    >>> accepted_one_step_tighter(plan, 1), accepted_one_step_tighter(plan, 2)
    (True, False)
    """
    known = aqls()
    position = min(range(len(known)), key=lambda i: abs(known[i] - plan.aql))
    if position == 0:
        return found == 0
    tighter = single_row(plan.severity, plan.plan_letter, known[position - 1], z14=plan.standard == "z1.4")
    return found <= tighter.accept
