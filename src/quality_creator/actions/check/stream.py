"""What was aired and measured: bytes, signatures and numbers of the segments, under the dossier's roots."""

from collections.abc import Iterator
from dataclasses import dataclass

from quality_creator.actions import summary
from quality_creator.actions.check.case import Case
from quality_creator.media import emsg
from quality_creator.model.clock import utc
from quality_creator.model.errors import BadPayload
from quality_creator.trust import dossier as dossiers
from quality_creator.trust import evidence
from quality_creator.trust.c2pa import manifest as manifests
from quality_creator.trust.c2pa import verify as vsi
from quality_creator.trust.evidence import Segments


def check_segments(case: Case) -> None:
    made, data = case.dossier, case.read(evidence.SEGMENTS)
    if made is None or data is None:
        return case.say("segments", "wrong", "there is no list of segments, or no dossier to compare it with")
    try:
        found = evidence.decode_segments(data)
    except BadPayload as error:
        return case.say("segments", "wrong", str(error))
    leaves = found.leaves
    if (
        dossiers.digest_sri(data) != made.segments.digest
        or (len(leaves), found.missing) != (made.segments.count, made.segments.missing)
        or dossiers.tree_root(leaves) != made.segments.root
        or dossiers.tree_root(found.init_leaves) != made.segments.init
    ):
        return case.say("segments", "wrong", "the list of segments is not the one of the dossier")
    case.segments = found
    lost = f"; {found.missing} were aired and not recorded" if found.missing else ""
    return case.say("segments", "right", f"{len(leaves)} in {len(found.renditions)} renditions{lost}")


def check_media(case: Case) -> None:
    """The bytes themselves: digests, signatures, and what was stamped into them."""
    found = case.segments
    if found is None:
        return None
    if not case.with_media:
        return case.say("picture and sound", "absent", "not looked at; only their digests were")
    inits = [case.read(evidence.media(one.rendition, one.name)) for one in found.inits]
    if all(data is None for data in inits):
        return case.say("picture and sound", "absent", "not taken along; only their digests are here")
    wrong: list[str] = []
    known: dict[str, manifests.Manifest] = {}
    for one, data in zip(found.inits, inits, strict=True):
        if data is None or evidence.sha256(data) != one.digest:
            wrong.append(f"the init segment {one.name} of {one.rendition} is missing or not the one aired")
            continue
        try:
            manifest = manifests.read_init(data)
        except BadPayload as error:
            wrong.append(f"the manifest of {one.rendition}: {error}")
            continue
        if manifest is not None:
            known[manifest.urn] = manifest
    courses = {name: vsi.Course() for name in found.renditions}
    states: dict[str, int] = {}
    count = 0
    for looked in case.threads.map(lambda one: _look(case, one, known), list(_media_of(found))):
        count += 1
        wrong += [looked.wrong] if looked.wrong else []
        courses[looked.rendition], said = vsi.step(courses[looked.rendition], looked.said)
        states[said.state] = states.get(said.state, 0) + 1
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        case.say("picture and sound", "wrong", "; ".join(wrong[:3]) + more)
    else:
        case.say("picture and sound", "right", f"{count} segments are the ones of the dossier")
    return _signatures(case, known, states)


def _signatures(case: Case, known: dict[str, manifests.Manifest], states: dict[str, int]) -> None:
    if not known and set(states) <= {"unsigned"}:
        return case.say("signatures in the stream", "absent", "its segments are not signed")
    bad = {state: count for state, count in states.items() if state != "valid"}
    if bad:
        words = ", ".join(f"{count} {state}" for state, count in sorted(bad.items()))
        return case.say("signatures in the stream", "wrong", words)
    signers = sorted({one.signer.name for one in known.values()})
    return case.say(
        "signatures in the stream", "right", f"{states.get('valid', 0)} segments, by {', '.join(signers)}"
    )


@dataclass(frozen=True, slots=True)
class _Place:
    rendition: str
    number: int
    """Which line of the measurements is its batch."""
    segment: evidence.Segment
    digest: str
    first: bool
    """Of the first rendition, whose messages are compared with the batch."""


@dataclass(frozen=True, slots=True)
class _Looked:
    rendition: str
    said: vsi.Verdict
    wrong: str


def _media_of(found: Segments) -> Iterator[_Place]:
    for column, rendition in enumerate(found.renditions):
        for number, one in enumerate(one for one in found.segments if one.digests):
            if one.recorded:
                yield _Place(rendition, number, one, one.digests[column], column == 0)


def _look(case: Case, place: _Place, known: dict[str, manifests.Manifest]) -> _Looked:
    """Read one segment once, for its digest, its signature and its messages."""
    name = f"segment {place.segment.msn} of {place.rendition}"
    data = case.read(evidence.media(place.rendition, f"{place.segment.msn}.m4s"))
    if data is None:
        return _Looked(place.rendition, vsi.Verdict("altered"), f"{name} is missing")
    said = vsi.check(data, known, utc(place.segment.utc)) if known else vsi.Verdict("unsigned")
    if evidence.sha256(data) != place.digest:
        return _Looked(place.rendition, said, f"{name} is not the one that was aired")
    return _Looked(place.rendition, said, _messages(case, place, name, data) if place.first else "")


def _messages(case: Case, place: _Place, name: str, data: bytes) -> str:
    """What is wrong with the numbers in a segment; empty when nothing is."""
    lines = case.batches()
    if place.number >= len(lines):
        return ""
    try:
        same = emsg.messages(data) == summary.decode(lines[place.number])
    except BadPayload as error:
        return f"{name}: {error}"
    return "" if same else f"the numbers in {name} are not those of its batch"


def check_measurements(case: Case) -> None:
    made = case.dossier
    if made is None:
        return None
    leaves = [bytes.fromhex(evidence.sha256(one)) for one in case.batches()]
    if len(leaves) != made.measurements.count or dossiers.tree_root(leaves) != made.measurements.root:
        return case.say("measurements", "wrong", "the batches are not those of the dossier")
    return case.say("measurements", "right", f"{len(leaves)} batches")


def check_as_run(case: Case) -> None:
    """The list of what was on air when."""
    if case.dossier is None or case.dossier.as_run is None:
        return
    data = case.read(evidence.AS_RUN)
    right = data is not None and dossiers.digest_sri(data) == case.dossier.as_run.digest
    case.say("as run", "right" if right else "wrong", "" if right else "not the list that was endorsed")
