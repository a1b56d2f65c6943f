"""The sampling desk: a plan for a lot, what its sample showed, the decision, and how the next is inspected.

A series is a characteristic and a supplier. Its switching state is kept with its newest lot; a
lot that is inspected again after a rejection is decided on and leaves the state alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import msgspec

from quality_creator.actions.engineering import Standing
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadInput, Conflict, Words
from quality_creator.model.ids import CharacteristicId
from quality_creator.quality import sampling, switching
from quality_creator.quality.sampling import LotDecision, SinglePlan, Standard
from quality_creator.quality.sampling_table import Level, aqls
from quality_creator.quality.switching import Conditions, Switch, SwitchingState
from quality_creator.store import lots
from quality_creator.store.database import Transaction
from quality_creator.store.lots import LotRow

SHOWN = 30
"""Lots of a series' history."""

LEVELS: tuple[Level, ...] = get_args(Level)
STANDARDS: tuple[Standard, ...] = get_args(Standard)


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a plan is asked for."""

    lot: str
    """The lot's own name or number."""
    size: int
    aql: float
    level: Level = "II"
    standard: Standard = "gbt2828.1"


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A lot's record; without a plan it says that inspection was resumed."""

    lot: str = ""
    plan: SinglePlan | None = None
    decision: LotDecision | None = None
    switch: Switch | None = None
    """None for a lot that was submitted again, which doesn't count."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A characteristic's lots from one supplier."""

    supplier: str
    state: SwitchingState | None
    """None before the first lot."""
    lots: Sequence[tuple[LotRow, Record]]
    """The newest first."""

    @property
    def severity(self) -> switching.Severity:
        """Of the next lot."""
        return "normal" if self.state is None else self.state.severity


def read(given: dict[str, str]) -> Ask:
    """A plan as it was asked for. Raises BadInput."""
    level = next((one for one in LEVELS if one == given["level"]), None)
    standard = next((one for one in STANDARDS if one == given["standard"]), None)
    aql = next((one for one in aqls() if f"{one:g}" == given["aql"].strip()), None)
    if level is None or standard is None:
        raise BadInput("choose a level and a standard of the lists")
    if aql is None:
        raise BadInput("the AQL is one of {known}", known=tuple(f"{one:g}" for one in aqls()))
    lot = given["lot"].strip()
    if not lot or len(lot) > 64:
        raise BadInput("give the lot's number, at most 64 characters")
    return Ask(
        lot=lot, size=whole(given["size"], Words("the lot's size")), aql=aql, level=level, standard=standard
    )


def whole(typed: str, what: Words) -> int:
    """A whole number as typed. Raises BadInput."""
    digits = typed.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise BadInput("{what} is a whole number, not {typed!r}", what=what, typed=typed[:64])
    return int(digits)


def supplier(typed: str) -> str:
    """A supplier's name as typed; our own production has none. Raises BadInput."""
    name = typed.strip()
    if len(name) > 100:
        raise BadInput("a supplier's name has at most 100 characters")
    return name


def plan(series: Series, ask: Ask) -> SinglePlan:
    """The plan for the next lot of a series.

    Raises:
        Conflict: inspection is discontinued, or the series follows other switching rules.
        BadInput: the lot is too small.
    """
    if series.state is not None and series.state.rules != rules(ask.standard):
        raise Conflict("this series is switched by {rules}; keep to its standard", rules=series.state.rules)
    if series.severity == "discontinued":
        raise Conflict("inspection is discontinued: nothing is accepted by sampling until it is resumed")
    return sampling.single_plan(
        ask.size, ask.aql, level=ask.level, severity=series.severity, standard=ask.standard
    )


def rules(standard: Standard) -> switching.Rules:
    """GB/T 2828.1 switches as ISO 2859-1 does."""
    return "z1.4" if standard == "z1.4" else "iso2859-1"


async def series(hub: Hub, name: CharacteristicId, supplier: str) -> Series:
    """A series as it stands."""
    return await hub.database.look(_series, name, supplier)


async def suppliers(hub: Hub, name: CharacteristicId) -> Sequence[str]:
    """Whose lots were inspected."""
    return await hub.database.look(lots.suppliers, name)


def _series(transaction: Transaction, name: CharacteristicId, supplier: str) -> Series:
    rows = lots.newest(transaction, name, supplier, SHOWN)
    return Series(
        supplier,
        switching.decode(rows[0].state) if rows else None,
        [(row, msgspec.convert(row.record, Record)) for row in rows],
    )


@dataclass(frozen=True, slots=True)
class Found:
    """What the inspection of a lot brought."""

    ask: Ask
    seen: str
    """The plan that was looked at: its severity, sample and numbers."""
    found: int
    resubmitted: bool = False
    conditions: Conditions = Conditions()  # noqa: RUF009 - a frozen struct


def looked_at(plan: SinglePlan) -> str:
    """A plan in a few characters, to know it again."""
    return f"{plan.severity}-{plan.n}-{plan.accept}-{plan.reject}"


async def decide(
    hub: Hub, standing: Standing, supplier: str, brought: Found, *, by: str, now: datetime
) -> Record:
    """Accept the lot or not, keep that, and switch.

    Raises:
        BadInput: more was found than inspected, or the entry can't be.
        Conflict: inspection is discontinued, or has been switched since the plan was looked at.
    """
    name = standing.characteristic.id

    def act(transaction: Transaction) -> Record:
        before = _series(transaction, name, supplier)
        planned = plan(before, brought.ask)
        if looked_at(planned) != brought.seen:
            raise Conflict("another lot came between: look at the plan again")
        per_hundred = brought.ask.aql > 10
        decision = sampling.decide(planned, brought.found, nonconformities=per_hundred)
        state = before.state or switching.start(rules(brought.ask.standard))
        switch = None
        if not brought.resubmitted:
            inspected = switching.lot(planned, brought.found, nonconformities=per_hundred)
            state, switch = switching.step(state, inspected, brought.conditions)
        record = Record(lot=brought.ask.lot, plan=planned, decision=decision, switch=switch)
        lots.add(transaction, name, supplier, record, switching.encode(state), by=by, made=now)
        return record

    return await hub.database.transact(act)


async def resume(hub: Hub, standing: Standing, supplier: str, note: str, *, by: str, now: datetime) -> None:
    """Begin again with tightened inspection.

    Raises:
        BadInput: nothing is said of what the supplier did.
        Conflict: inspection is not discontinued.
    """
    name = standing.characteristic.id
    if not note.strip():
        raise BadInput("say what was done, and who agreed")

    def act(transaction: Transaction) -> None:
        before = _series(transaction, name, supplier)
        if before.state is None:
            raise Conflict("this series has no lot yet; there is nothing to resume")
        state = switching.resume(before.state)
        record = Record(note=note.strip()[:500])
        lots.add(transaction, name, supplier, record, switching.encode(state), by=by, made=now)

    await hub.database.transact(act)
