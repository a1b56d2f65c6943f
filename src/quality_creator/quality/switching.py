"""When to inspect harder, more lightly, or no longer: the switching rules of ISO 2859-1 and Z1.4.

              2 of 5 or fewer lots                   5 lots not accepted
    normal ─────────────────────────▶ tightened ─────────────────────────▶ discontinued
      ▲ │  ◀─────────────────────────     ▲                                     │
      │ │       5 lots accepted           └─────────── resume() ◀───────────────┘
      │ │ switching score ≥ 30 (ISO), or 10 lots accepted within the limit number (Z1.4);
      │ ▼ and production is steady, and the authority wishes it
     reduced ── a lot not accepted (Z1.4: or marginal), production irregular, other conditions ──▶ normal

Only lots on original inspection count; resubmitted ones are not put in. The switching score begins
at 0 with normal inspection. For plans with acceptance number 0 or 1 an accepted lot adds 2; for
larger ones a lot that would also have been accepted at the next tighter AQL adds 3; any other lot
sets it to 0.

Source: ISO 2859-1:1999 9.3 and 9.4 (GB/T 2828.1-2012, the same); MIL-STD-105E 4.7 and 4.8.
"""

from typing import Literal

import msgspec

from quality_creator.model.errors import BadInput, BadPayload, Conflict
from quality_creator.quality.sampling import SinglePlan, accepted_one_step_tighter, decide
from quality_creator.quality.state import seal, unseal

Rules = Literal["iso2859-1", "z1.4"]
Severity = Literal["normal", "tightened", "reduced", "discontinued"]

MAGIC = b"QCW\x01"
"""Of a state's bytes: three letters and the format's number."""

TO_TIGHTENED = 2
WINDOW = 5
TO_NORMAL = 5
TO_DISCONTINUED = 5
TO_REDUCED_SCORE = 30
TO_REDUCED_LOTS = 10


class Lot(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a lot on original inspection brought."""

    accepted: bool
    accept: int = 0
    """The plan's acceptance number: it decides how the switching score counts."""
    accepted_one_step_tighter: bool | None = None
    """Needed for acceptance numbers of 2 and more on normal inspection."""
    marginal: bool = False
    """Accepted between Ac and Re of a reduced Z1.4 plan."""
    nonconforming: int | None = None
    """Found in the sample; for Z1.4's limit number."""


class Conditions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What people say beside the lots."""

    steady: bool = True
    """Production runs at a steady rate."""
    reduced_authorised: bool = False
    """The responsible authority considers reduced inspection desirable."""
    other: bool = False
    """Something else warrants normal inspection instead of reduced."""
    limit_number: int | None = None
    """Z1.4 table VIII for the last ten lots; None: not used, as the standard allows."""


class SwitchingState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a series of lots stands; what is kept over a restart."""

    rules: Rules
    severity: Severity
    """For the next lot."""
    score: int = 0
    """ISO's switching score; counts on normal inspection only."""
    recent: tuple[bool, ...] = ()
    """Whether the last lots (up to five) on normal inspection were accepted."""
    run: int = 0
    """Lots accepted in a row in this severity."""
    found: tuple[int | None, ...] = ()
    """Nonconforming items in the last lots (up to ten) of that run."""
    failed: int = 0
    """Lots not accepted since tightened inspection began."""


class Switch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One lot's step."""

    severity_used: Severity
    severity_after: Severity
    score: int | None
    """After this lot; None when it was not on normal inspection or the rules have no score."""
    reason: str | None
    """Why the severity changed; None when it did not."""


def start(rules: Rules = "iso2859-1", severity: Severity = "normal") -> SwitchingState:
    """The state before the first lot; inspection starts normal unless the authority says otherwise."""
    if rules not in ("iso2859-1", "z1.4"):
        raise BadInput("there are no switching rules {rules!r}; choose iso2859-1 or z1.4", rules=rules)
    if severity not in ("normal", "tightened", "reduced"):
        raise BadInput("inspection starts normal, tightened or reduced, not {severity!r}", severity=severity)
    return SwitchingState(rules=rules, severity=severity)


def lot(plan: SinglePlan, found: int, *, nonconformities: bool = False) -> Lot:
    """What a sample by a plan brings to the switching rules."""
    decision = decide(plan, found, nonconformities=nonconformities)
    return Lot(
        accepted=decision.accepted,
        accept=plan.accept,
        accepted_one_step_tighter=accepted_one_step_tighter(plan, found) if plan.accept >= 2 else None,
        marginal=decision.marginal,
        nonconforming=found,
    )


def step(
    state: SwitchingState, inspected: Lot, conditions: Conditions | None = None
) -> tuple[SwitchingState, Switch]:
    """Take in the next lot.

    Args:
        state: What the last step returned, or `start()`.
        inspected: The lot, on original inspection by a plan of `state.severity`.
        conditions: As they are after this lot.

    Returns:
        The next state, and what the lot did.

    Raises:
        Conflict: inspection is discontinued; `resume` it first.
        BadInput: the score needs to know whether the lot passes one step tighter.

    >>> state = start()
    >>> for accepted in (True, False, True, False):
    ...     state, switch = step(state, Lot(accepted=accepted))
    >>> switch.severity_after, switch.reason
    ('tightened', '2 of the last 3 lots were not accepted')
    """
    now = conditions or Conditions()
    match state.severity:
        case "normal":
            return _on_normal(state, inspected, now)
        case "tightened":
            return _on_tightened(state, inspected)
        case "reduced":
            return _on_reduced(state, inspected, now)
        case "discontinued":
            raise Conflict(
                "sampling inspection is discontinued: after action by the supplier and with the authority's "
                "agreement, resume it with tightened inspection"
            )


def resume(state: SwitchingState) -> SwitchingState:
    """Begin again with tightened inspection after the supplier improved and the authority agreed."""
    if state.severity != "discontinued":
        raise Conflict(
            "inspection is not discontinued but {severity}; there is nothing to resume",
            severity=state.severity,
        )
    return SwitchingState(rules=state.rules, severity="tightened")


def encode(state: SwitchingState) -> bytes:
    """The state as bytes, for `decode` after a restart."""
    return seal(MAGIC, msgspec.msgpack.encode(state))


def decode(data: bytes) -> SwitchingState:
    """The state of these bytes.

    Raises:
        BadPayload: the bytes are not exactly those that `encode` made.
    """
    try:
        return msgspec.msgpack.decode(unseal(MAGIC, data), type=SwitchingState)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadPayload(f"a switching state that can't be: {error}") from error


def _on_normal(state: SwitchingState, inspected: Lot, now: Conditions) -> tuple[SwitchingState, Switch]:
    recent = (*state.recent, inspected.accepted)[-WINDOW:]
    score = _score(state.score, inspected) if state.rules == "iso2859-1" else 0
    run = state.run + 1 if inspected.accepted else 0
    found = (*state.found, inspected.nonconforming)[-TO_REDUCED_LOTS:] if inspected.accepted else ()
    shown = score if state.rules == "iso2859-1" else None
    failures = recent.count(False)
    if failures >= TO_TIGHTENED:
        span = len(recent) - recent.index(False)
        return _to(state, "tightened", f"{failures} of the last {span} lots were not accepted", shown)
    after = msgspec.structs.replace(state, score=score, recent=recent, run=run, found=found)
    earned = _earned_reduced(after, now)
    if earned and now.steady and now.reduced_authorised and not now.other:
        return _to(state, "reduced", earned, shown)
    return _stay(state, after, shown)


def _earned_reduced(state: SwitchingState, now: Conditions) -> str | None:
    """Why reduced inspection has been earned; None while it has not."""
    if state.rules == "iso2859-1":
        if state.score < TO_REDUCED_SCORE:
            return None
        return f"the switching score is {state.score}, at least {TO_REDUCED_SCORE}"
    if state.run < TO_REDUCED_LOTS:
        return None
    if now.limit_number is not None:
        counts = [count for count in state.found if count is not None]
        if len(counts) < TO_REDUCED_LOTS or sum(counts) > now.limit_number:
            return None
        return f"10 lots in a row were accepted with {sum(counts)} found, at most {now.limit_number}"
    return "10 lots in a row were accepted"


def _score(score: int, inspected: Lot) -> int:
    if not inspected.accepted:
        return 0
    if inspected.accept <= 1:
        return score + 2
    if inspected.accepted_one_step_tighter is None:
        raise BadInput(
            "with acceptance number {accept} the switching score needs to know whether the lot would "
            "have been accepted at the next tighter AQL",
            accept=inspected.accept,
        )
    return score + 3 if inspected.accepted_one_step_tighter else 0


def _on_tightened(state: SwitchingState, inspected: Lot) -> tuple[SwitchingState, Switch]:
    run = state.run + 1 if inspected.accepted else 0
    failed = state.failed + (not inspected.accepted)
    if failed >= TO_DISCONTINUED:
        return _to(state, "discontinued", f"{failed} lots on tightened inspection were not accepted", None)
    if run >= TO_NORMAL:
        return _to(state, "normal", f"{run} lots in a row were accepted", None)
    return _stay(state, msgspec.structs.replace(state, run=run, failed=failed), None)


def _on_reduced(state: SwitchingState, inspected: Lot, now: Conditions) -> tuple[SwitchingState, Switch]:
    if not inspected.accepted:
        return _to(state, "normal", "a lot was not accepted", None)
    if state.rules == "z1.4" and inspected.marginal:
        return _to(state, "normal", "a lot fell between Ac and Re", None)
    if not now.steady:
        return _to(state, "normal", "production is irregular or delayed", None)
    if now.other:
        return _to(state, "normal", "other conditions warrant normal inspection", None)
    return _stay(state, msgspec.structs.replace(state, run=state.run + 1), None)


def _to(
    state: SwitchingState, severity: Severity, reason: str, score: int | None
) -> tuple[SwitchingState, Switch]:
    after = SwitchingState(rules=state.rules, severity=severity)
    return after, Switch(severity_used=state.severity, severity_after=severity, score=score, reason=reason)


def _stay(state: SwitchingState, after: SwitchingState, score: int | None) -> tuple[SwitchingState, Switch]:
    return after, Switch(
        severity_used=state.severity, severity_after=after.severity, score=score, reason=None
    )
