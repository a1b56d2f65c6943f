"""Which units were drawn: every draw of the episode, repeated from the log."""

from quality_creator.actions.check.case import Case
from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import draw, leaf, merkle
from quality_creator.trust.log.draw import DRAW, LOT, Draw, Lot


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
