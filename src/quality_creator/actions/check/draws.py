"""Which units were drawn: every draw of the episode, repeated from the log."""

from collections.abc import Iterator, Sequence

from quality_creator.actions.check.case import Case
from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.quality import sampling
from quality_creator.trust import acceptance
from quality_creator.trust.log import draw, leaf, merkle
from quality_creator.trust.log.draw import DRAW, LOT, Draw, Lot
from quality_creator.trust.remark import Remark


def check_draws(case: Case) -> None:
    """Repeat the episode's draws; `case.drawn` then has the units of each lot by its id."""
    if case.believed is None or not case.leaves:
        return None
    lots: dict[str, Lot] = {}
    first: dict[str, Draw] = {}
    wrong = []
    for index, data in case.told(LOT, DRAW):
        try:
            if data is None:
                raise BadPayload("its document is withheld")
            if case.leaves[index].type == LOT:
                lots[leaf.sha256(data)] = draw.decode_lot(data)
            else:
                made = draw.decode_draw(data)
                _repeat(case, made, lots)
                # What was said first counts; another draw of the same lot must say the same.
                if first.setdefault(made.lot, made).units != made.units:
                    raise BadPayload("two draws of one lot say different units")
        except BadPayload as error:
            wrong.append(f"entry {index}: {error}")
    for digest, made in first.items():
        lot = lots[digest]
        case.drawn[lot.id] = tuple(map(lot.name, made.units))
        case.lots[lot.id] = lot
        wrong += [f"{lot.what}: {error}" for error in _plan(lot)]
    if wrong:
        return case.say("draws", "wrong", "; ".join(wrong[:3]))
    if not lots:
        return None
    left = len(lots) - len(first)
    undrawn = f"; {left} announced and never drawn" if left else ""
    steerable = sum(not lot.witnesses for lot in lots.values())
    if steerable:
        words = f"{steerable} without a witness who decides: whoever runs the log could have chosen"
        return case.say("draws", "unknown", words)
    return case.say("draws", "right", f"{len(first)}, repeated{undrawn}")


def _repeat(case: Case, made: Draw, lots: dict[str, Lot]) -> None:
    assert case.believed is not None
    if made.lot not in lots or made.index >= case.size:
        raise BadPayload("a draw of a lot that was not announced before it")

    def root_of(size: int) -> bytes:
        if size > case.size:
            raise BadPayload(f"the log has no tree of {size} entries")
        return merkle.root(size, case.hashes)

    draw.check(made, lots[made.lot], case.leaves[made.index], case.believed, root_of)


def _plan(lot: Lot) -> Iterator[str]:
    """What is not as the standard has it in the plan that was announced."""
    if not lot.plan:
        return
    try:
        plan = sampling.single_plan(
            lot.count,
            float(lot.plan.aql),
            level=lot.plan.level,  # type: ignore[arg-type]
            severity=lot.plan.severity,  # type: ignore[arg-type]
            standard=lot.plan.standard,  # type: ignore[arg-type]
        )
    except (BadInput, ValueError) as error:
        yield str(error)
        return
    if (plan.n, plan.accept, plan.reject) != (lot.drawn, lot.plan.accept, lot.plan.reject):
        yield f"the standard's plan is {plan.n} units, Ac {plan.accept}, Re {plan.reject}"


def check_acceptance(case: Case, said: Sequence[Remark]) -> None:
    """What the experts' results for the drawn units come to."""
    words = []
    for name, lot in case.lots.items():
        found = acceptance.judge(name, case.drawn[name], lot.plan or None, said)
        if found.decision is not None or found.inspected:
            bad = f"{len(found.nonconforming)} of {found.inspected} inspected nonconforming"
            words.append(f"{lot.what}: {found.decision or 'no plan'}, {bad}, {found.drawn} drawn")
    if words:
        case.say("acceptance", "right", "; ".join(words))
