"""The charts: verdicts as endorsed; points, limits, signals, capabilities as they follow from the values."""

from collections.abc import Mapping

import msgspec

from quality_creator import __version__
from quality_creator.actions import courses, joint_retracing, retracing, summary
from quality_creator.actions import seen as seeing
from quality_creator.actions.check.case import Case
from quality_creator.actions.joint_retracing import RetracedJoint
from quality_creator.actions.retracing import Retraced
from quality_creator.actions.summary import AnySummary
from quality_creator.model.errors import BadPayload
from quality_creator.model.ids import CharacteristicId, ChartId
from quality_creator.trust import dossier as dossiers
from quality_creator.trust.dossier import Software
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
        seen = seeing.shown(case.messages())
        most = max(CAPABILITIES // max(len(seen.one), 1), 1)
        retraced = retracing.retrace_all(seen.one, opening, course, capabilities=most)
        jointly = joint_retracing.retrace_all(seen, opening, course)
    except BadPayload as error:
        return case.say("charts", "wrong", str(error))
    verdicts = summary.summaries_of(seen, retraced, jointly, opening, course)
    again: dict[str, AnySummary] = {one.characteristic: one for one in verdicts}
    wrong = _endorsed(case, again)
    wrong += [f"{name}: measured, and left out of the dossier" for name in again]
    for one in retraced.values():
        wrong += one.wrong + one.incapable
    for several in jointly.values():
        wrong += several.wrong
    if wrong:
        more = f"; and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return case.say("charts", "wrong", "; ".join(wrong[:3]) + more + _other_version(made.software))
    case.say("charts", "right", f"{len(made.verdicts)}; {_words(retraced, jointly)}")
    unknown = [name for name, one in seen.one.items() if one.points and name not in retraced]
    unknown_too = [chart for chart, one in seen.several.items() if one.points and chart not in jointly]
    return _beginning(case, opening, {*unknown, *unknown_too})


def _other_version(made_by: Software) -> str:
    """What to do when another version wrote the verdicts: they are compared byte for byte."""
    if made_by.version == __version__:
        return ""
    return (
        f" (written by {made_by.name} {made_by.version}, and this is {__version__}: verdicts are compared "
        f"byte for byte, so check it with that version, too: pip install quality-creator=={made_by.version})"
    )


def _endorsed(case: Case, again: dict[str, AnySummary]) -> list[str]:
    """What is wrong with the dossier's verdicts; those that are there are taken out of `again`."""
    assert case.dossier is not None
    wrong = []
    for one in case.dossier.verdicts:
        data = case.read(f"verdicts/{one.characteristic}.json")
        computed = again.pop(one.characteristic, None)
        if data is None or dossiers.digest_sri(data) != one.digest:
            wrong.append(f"{one.characteristic}: not the verdict that was endorsed")
        elif computed is None or msgspec.json.encode(computed) != data:
            wrong.append(f"{one.characteristic}: the verdict does not follow from the measurements")
    return wrong


def _words(retraced: Mapping[CharacteristicId, Retraced], jointly: Mapping[ChartId, RetracedJoint]) -> str:
    found, several = retraced.values(), jointly.values()
    changes = sum(one.changes for one in found) + sum(one.changes for one in several)
    words = (
        f"{sum(one.points for one in found)} points with their signals, {sum(one.limits for one in found)} "
        f"sets of limits and {sum(one.capabilities for one in found)} capabilities follow from the values"
    )
    if several:
        words += (
            f"; of {len(several)} charts of several characteristics {sum(one.points for one in several)} "
            f"observations and {sum(one.limits for one in several)} sets of limits, with what drove them; "
            f"{sum(sum(one.alone) for one in several)} values found no partner"
        )
        passed = sum(one.passed for one in several)
        if passed:
            words += f", and {passed} were measured while the configuration was without the chart"
        hidden = sum(one.hidden for one in several)
        if hidden:
            words += (
                f", and {hidden} observations were not shown, at "
                f"{sum(one.hidden_signals for one in several)} of which a signal began"
            )
    return words if not changes else f"{words}; people changed limits or rules {changes} times"


def _beginning(case: Case, opening: bytes, unknown: set[str]) -> None:
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
