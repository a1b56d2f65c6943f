"""What experts said: all of it, as they signed it, by keys that were theirs, about what was aired.

The dossier lists remarks by digest, and the log has an entry of each: one that either has and the other
lacks was dropped or put in. What was shown on air as an expert's is compared with what the expert signed.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import accumulate

from quality_creator.actions import stamped
from quality_creator.actions.check.case import Case
from quality_creator.actions.check.draws import check_acceptance
from quality_creator.model.errors import BadPayload
from quality_creator.model.event import FrameData
from quality_creator.model.mix import Graphic
from quality_creator.trust import dossier as dossiers
from quality_creator.trust import enrolment, remark
from quality_creator.trust.enrolment import Standing, Told
from quality_creator.trust.log import leaf, merkle
from quality_creator.trust.log.draw import DRAW
from quality_creator.trust.remark import Remark, Signed


def check_remarks(case: Case) -> None:
    """Check every remark of the dossier, that none is missing, and what was shown of them."""
    if case.dossier is None or case.index is None or not case.leaves:
        return None
    places = {
        one.sha256: index
        for index, one in enumerate(case.leaves)
        if one.type == remark.LEAF and one.subject == case.dossier.episode
    }
    said, wrong = _at_hand(case, places)
    told = _enrolments(case)
    whose: Counter[Standing] = Counter()
    by_id = {one.remark.id: one.remark for one in said.values()}
    for place, one in said.items():
        try:
            whose[_check(case, place, one, told, by_id)] += 1
        except BadPayload as error:
            wrong.append(f"the remark at entry {place}: {error}")
    try:
        wrong += list(_shown(case, {place: one.remark for place, one in said.items()}))
    except BadPayload as error:
        wrong.append(str(error))
    check_acceptance(case, list(by_id.values()))
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        return case.say("remarks", "wrong", "; ".join(wrong[:3]) + more)
    if not said:
        return None
    withdrawn = sum(one.kind == "withdrawal" for one in by_id.values())
    words = f"{len(said) - withdrawn}" + (f", {withdrawn} of them withdrawn" if withdrawn else "")
    if doubtful := whose["operator"]:
        words += f"; {doubtful} by keys for which only whoever runs the log vouches"
        return case.say("remarks", "unknown", words)
    return case.say("remarks", "right", f"{words}; signed by keys for which their institutions vouch")


def _at_hand(case: Case, places: Mapping[str, int]) -> tuple[dict[int, Signed], list[str]]:
    """The dossier's remarks by their entries, and what does not agree between dossier, log and files."""
    assert case.dossier is not None
    assert case.index is not None
    said: dict[int, Signed] = {}
    wrong = []
    files = {}
    for name in case.index.under("remarks"):
        data = case.source.read(name)
        files[dossiers.digest_sri(data)] = data
    for listed in case.dossier.remarks:
        data = files.pop(listed.digest, b"")
        place = places.get(leaf.sha256(data))
        if not data:
            wrong.append(f"a remark of {listed.expert[:24]}… is missing or was changed")
        elif place is None:
            wrong.append("the dossier has a remark that the log has not")
        else:
            try:
                said[place] = remark.decode(data)
            except BadPayload as error:
                wrong.append(f"the remark at entry {place}: {error}")
    if files:
        wrong.append(f"{len(files)} remarks are here that the dossier does not name")
    digests = {one.digest for one in case.dossier.remarks}
    hidden = [
        place for sha256, place in places.items() if dossiers.sri_of(bytes.fromhex(sha256)) not in digests
    ]
    if hidden:
        wrong.append(
            f"the log has remarks that the dossier leaves out: entries {', '.join(map(str, hidden))}"
        )
    return dict(sorted(said.items())), wrong


def _check(
    case: Case,
    place: int,
    one: Signed,
    told: Mapping[str, list[tuple[int, Told | None]]],
    by_id: Mapping[str, Remark],
) -> Standing:
    """One remark, against the log and the episode. Raises BadPayload for what is not right."""
    made, entry = one.remark, case.leaves[place]
    assert case.dossier is not None
    if (entry.id, entry.issuer, made.episode) != (made.id, made.expert, case.dossier.episode):
        raise BadPayload("its entry names another remark, expert or episode")
    before = [enrolled for at, enrolled in told.get(made.expert, ()) if at < place]
    if None in before:
        raise BadPayload("what the log says of its key is withheld")
    whose = enrolment.standing([one for one in before if one is not None], made.institution, case.accepted)
    if whose == "revoked":
        raise BadPayload("its key was revoked before")
    if whose == "unknown":
        raise BadPayload(f"its key is not enrolled for {made.institution}")
    if made.seen is not None and (
        made.seen.size > place
        or dossiers.root_text(merkle.root(made.seen.size, case.hashes)) != made.seen.root
    ):
        raise BadPayload("the checkpoint that its expert saw is not of this log")
    if made.withdraws is not None:
        taken_back = by_id.get(made.withdraws)
        if taken_back is None or taken_back.expert != made.expert:
            raise BadPayload("it withdraws what its expert did not say")
    _check_span(case, place, made)
    _check_units(case, made)
    return whose


def _check_span(case: Case, place: int, made: Remark) -> None:
    """That the programme had come so far, and that a frozen picture is of it."""
    if case.segments is None:
        return
    aired = [one for one in case.segments.segments if one.digests]
    ends = [0, *accumulate(one.duration for one in aired)]
    # The first entry behind it that tells what was served says up to where anyone can have seen.
    served = next((count for at, count in case.served if at > place), len(aired))
    frame = made.about.frame if made.about is not None else None
    latest = max(made.span.to if made.span is not None else 0, frame.at if frame is not None else 0)
    if latest > ends[min(served, len(aired))]:
        raise BadPayload("it is about what was not on air yet")
    if frame is not None:
        found = next((one for one in aired if one.msn == frame.segment), None)
        if found is None or frame.sha256 not in found.digests:
            raise BadPayload(f"segment {frame.segment} is not the one that its expert saw")


def _check_units(case: Case, made: Remark) -> None:
    """That results, and questions about a unit, are of units that were drawn."""
    if made.about is None or made.about.lot is None:
        return
    drawn = case.drawn.get(made.about.lot, ())
    units = {made.about.unit} if made.about.unit else {one.unit for one in made.results or ()}
    if strangers := sorted(units - {*drawn}):
        raise BadPayload(f"these units were not drawn: {', '.join(strangers[:5])}")


def _shown(case: Case, said: Mapping[int, Remark]) -> Iterator[str]:
    """What was shown on air as an expert's remark or as a draw, and is not. Raises BadPayload."""
    known: set[tuple[str, int]] = set()
    for batch in case.batches():
        if not any(word in batch for word in (b'"remark"', b'"draw"', b'"logged"')):
            continue
        for timed in stamped.decode(batch):
            if isinstance(timed.message, FrameData) and timed.message.graphics:
                for graphic in timed.message.graphics:
                    wrong = _compare(case, graphic, said) or _compare_draw(case, graphic)
                    at = graphic.logged.index if graphic.logged else -1
                    if wrong and (wrong, at) not in known:
                        known.add((wrong, at))
                        yield wrong


def _compare(case: Case, graphic: Graphic, said: Mapping[int, Remark]) -> str:
    """What is wrong with a graphic; empty where nothing is, or it is no remark's."""
    logged = graphic.logged
    if graphic.template != "remark" and (logged is None or logged.type != remark.LEAF):
        return ""
    if logged is None or logged.index not in said:
        return "words were shown on air as an expert's that no expert signed"
    made, entry = said[logged.index], case.leaves[logged.index]
    fields = graphic.fields
    words = fields.get("words")
    name = fields.get("name")
    same = (
        (logged.type, logged.id, logged.sha256) == (entry.type, entry.id, entry.sha256)
        and words is not None
        and (words.zh or words.en) == made.shown
        and name is not None
        and name.zh == made.name
    )
    return "" if same else f"what was shown on air of the remark at entry {logged.index} is not what it says"


def _compare_draw(case: Case, graphic: Graphic) -> str:
    """What is wrong with a graphic of a draw; empty where nothing is, or it is none."""
    logged = graphic.logged
    if graphic.template != "draw" and (logged is None or logged.type != DRAW):
        return ""
    units, lot = graphic.fields.get("units"), graphic.id.removeprefix("draw-")
    drawn = case.drawn.get(f"urn:uuid:{lot}")
    entry = case.leaves[logged.index] if logged is not None and 0 <= logged.index < case.size else None
    same = (
        logged is not None
        and entry is not None
        and (logged.type, logged.id, logged.sha256) == (entry.type, entry.id, entry.sha256)
        and drawn is not None
        and units is not None
        and units.en == ", ".join(drawn)
    )
    return "" if same else "units were shown on air as drawn that the log does not say"


def _enrolments(case: Case) -> dict[str, list[tuple[int, Told | None]]]:
    """What the log says of experts' keys, by key, each with its place; None where its words are withheld."""
    found: dict[str, list[tuple[int, Told | None]]] = {}
    for index, one in enumerate(case.leaves):
        if one.type != enrolment.LEAF:
            continue
        data = case.document(one)
        try:
            told = None if data is None else enrolment.decode(data)
        except BadPayload:
            continue  # it says nothing that could be believed
        if told is None or told.enrolment.expert == one.subject:
            found.setdefault(one.subject, []).append((index, told))
    return found
