"""The charts' verdicts: as endorsed, and as they follow from the measurements."""

import msgspec

from quality_creator.actions import summary
from quality_creator.actions.check.case import Case
from quality_creator.model.errors import BadPayload
from quality_creator.model.ids import CharacteristicId
from quality_creator.trust import dossier as dossiers


def check_charts(case: Case) -> None:
    """The charts' verdicts: as endorsed, and as they follow from the measurements."""
    made = case.dossier
    if made is None:
        return None
    try:
        again = {one.characteristic: one for one in summary.summarise(map(summary.decode, case.batches()))}
    except BadPayload as error:
        return case.say("charts", "wrong", str(error))
    wrong, points, differing = [], 0, 0
    for one in made.verdicts:
        data = case.read(f"verdicts/{one.characteristic}.json")
        computed = again.pop(CharacteristicId(one.characteristic), None)
        if data is None or dossiers.digest_sri(data) != one.digest:
            wrong.append(f"{one.characteristic}: not the verdict that was endorsed")
        elif computed is None or msgspec.json.encode(computed) != data:
            wrong.append(f"{one.characteristic}: the verdict does not follow from the measurements")
        else:
            points += computed.computed
            differing += computed.differing
    wrong += [f"{name}: measured, and left out of the dossier" for name in again]
    if differing:
        wrong.append(f"{differing} of {points} points do not follow from their values")
    if wrong:
        return case.say("charts", "wrong", "; ".join(wrong[:3]))
    return case.say("charts", "right", f"{len(made.verdicts)}, computed again; {points} points from values")
