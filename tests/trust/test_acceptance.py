"""The decision on a drawn lot: by the units that were drawn, by the plan announced, as results come."""

import pytest

from quality_creator.trust import acceptance
from quality_creator.trust.log.draw import Plan
from quality_creator.trust.remark import About, Remark, Result
from tests.trust.test_remark import EPISODE, LOT, made

PLAN = Plan(standard="gbt2828.1", aql="10", level="II", severity="normal", accept=1, reject=2)
UNITS = ("17", "44", "3")
OTHER = "did:key:zOther"


def results(number: int, *judged: tuple[str, bool], expert: str = "did:key:zWang", lot: str = LOT) -> Remark:
    found = tuple(Result(unit=unit, conforming=conforming) for unit, conforming in judged)
    return made(
        id=f"urn:uuid:00000000-0000-0000-0000-{number:012}",
        kind="measurements",
        words="",
        expert=expert,
        about=About(lot=lot),
        results=found,
    )


@pytest.mark.parametrize(
    ("said", "decision", "inspected", "bad"),
    [
        ([], "open", 0, ()),
        ([results(1, ("17", True), ("44", True))], "open", 2, ()),
        ([results(1, ("17", True), ("44", True), ("3", True))], "accepted", 3, ()),
        ([results(1, ("17", True), ("44", False)), results(2, ("3", True))], "accepted", 3, ("44",)),
        ([results(1, ("3", False), ("44", False))], "rejected", 2, ("44", "3")),
        ([results(1, ("99", False), ("98", False))], "open", 0, ()),
        ([results(1, ("17", False), ("44", False), lot=EPISODE)], "open", 0, ()),
    ],
)
def test_a_lot_is_decided_on_when_enough_is_known(
    said: list[Remark], decision: str, inspected: int, bad: tuple[str, ...]
) -> None:
    found = acceptance.judge(LOT, UNITS, PLAN, said)
    assert (found.decision, found.inspected, found.nonconforming, found.drawn) == (
        decision,
        inspected,
        bad,
        3,
    )
    assert acceptance.judge(LOT, UNITS, None, said).decision is None


def test_what_was_withdrawn_counts_for_nothing() -> None:
    said = results(1, ("17", False), ("44", False))
    back = made(kind="withdrawal", words="", span=None, about=None, withdraws=said.id)
    assert acceptance.judge(LOT, UNITS, PLAN, [said, back]).decision == "open"


def test_where_experts_differ_the_stricter_counts_and_both_are_told() -> None:
    said = [results(1, ("17", True), ("44", True), ("3", True)), results(2, ("17", False), expert=OTHER)]
    found = acceptance.judge(LOT, UNITS, PLAN, said)
    assert (found.nonconforming, found.differing, found.decision) == (("17",), ("17",), "accepted")


def test_nothing_is_accepted_before_it_is_drawn() -> None:
    assert acceptance.judge(LOT, (), PLAN, []).decision == "open"
