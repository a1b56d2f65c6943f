"""The charts: verdicts as endorsed; points, limits, signals, capabilities as they follow from the values."""

from collections.abc import Mapping

import msgspec

from quality_creator.actions import courses, retracing, summary
from quality_creator.actions.check.case import Case
from quality_creator.actions.retracing import Retraced
from quality_creator.actions.summary import Summary
from quality_creator.model.errors import BadPayload
from quality_creator.model.ids import CharacteristicId
from quality_creator.trust import dossier as dossiers
from quality_creator.trust.log import living

CAPABILITIES = 100
"""How many capabilities are computed again at most, of all charts together: one takes some 10 ms."""


def check_charts(case: Case) -> None:
    """Compare what was endorsed with what was shown, and what was shown with what follows."""
    made = case.dossier
    if made is None:
        return None
    opening, course = case.read(courses.OPENING) or b"", case.read(courses.COURSE) or b""
    try:
        seen = retracing.shown(map(summary.decode, case.batches()))
        most = max(CAPABILITIES // max(len(seen), 1), 1)
        retraced = retracing.retrace_all(seen, opening, course, capabilities=most)
    except BadPayload as error:
        return case.say("charts", "wrong", str(error))
    again = {one.characteristic: one for one in summary.summaries_of(seen, retraced, opening, course)}
    wrong = _endorsed(case, again)
    wrong += [f"{name}: measured, and left out of the dossier" for name in again]
    for one in retraced.values():
        wrong += one.wrong + one.incapable
    if wrong:
        more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return case.say("charts", "wrong", "; ".join(wrong[:3]) + more)
    case.say("charts", "right", f"{len(made.verdicts)}; {_words(retraced)}")
    return _beginning(case, opening, {name for name, one in seen.items() if one.points} - retraced.keys())


def _endorsed(case: Case, again: dict[CharacteristicId, Summary]) -> list[str]:
    """What is wrong with the dossier's verdicts; those that are there are taken out of `again`."""
    assert case.dossier is not None
    wrong = []
    for one in case.dossier.verdicts:
        data = case.read(f"verdicts/{one.characteristic}.json")
        computed = again.pop(CharacteristicId(one.characteristic), None)
        if data is None or dossiers.digest_sri(data) != one.digest:
            wrong.append(f"{one.characteristic}: not the verdict that was endorsed")
        elif computed is None or msgspec.json.encode(computed) != data:
            wrong.append(f"{one.characteristic}: the verdict does not follow from the measurements")
    return wrong


def _words(retraced: Mapping[CharacteristicId, Retraced]) -> str:
    found = retraced.values()
    changes = sum(one.changes for one in found)
    words = (
        f"{sum(one.points for one in found)} points with their signals, {sum(one.limits for one in found)} "
        f"sets of limits and {sum(one.capabilities for one in found)} capabilities follow from the values"
    )
    return words if not changes else f"{words}; people changed limits or rules {changes} times"


def _beginning(case: Case, opening: bytes, unknown: set[CharacteristicId]) -> None:
    """That all was computed from the state which the log was told when the episode began."""
    if unknown:
        names = ", ".join(sorted(unknown))
        return case.say(
            "charts' beginning",
            "unknown",
            f"nobody wrote down where these stood, so nothing follows: {names}",
        )
    if not opening or not case.leaves:
        return None
    told = ""
    for _, data in case.told(living.START):
        try:
            start = living.decode(data or b"")
        except BadPayload as error:
            return case.say("charts' beginning", "wrong", f"what the log was told of it: {error}")
        told = start.charts if isinstance(start, living.Start) else ""
        break
    if not told:
        return case.say("charts' beginning", "unknown", "the log was not told where the charts stood")
    if told != dossiers.digest_sri(opening):
        return case.say("charts' beginning", "wrong", "not what the log was told when the episode began")
    return case.say(
        "charts' beginning", "right", "the log was told where they stood before anything was shown"
    )
