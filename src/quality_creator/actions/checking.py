"""Check the evidence of an episode: what was aired, what was measured, who vouches for it, and since when.

Each check says what it found in words. A check that finds something wrong does not end the others. Needs no
network beyond the source that it is given, and no more than the base installation.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeVar

import msgspec

from quality_creator.actions import summary
from quality_creator.actions.evidence_source import Source
from quality_creator.media import emsg
from quality_creator.model.clock import Utc, utc
from quality_creator.model.errors import BadPayload, NotFound
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.text import Text
from quality_creator.trust import dossier as dossiers
from quality_creator.trust import endorsement, evidence, register, status_list, verdict
from quality_creator.trust.c2pa import manifest as manifests
from quality_creator.trust.c2pa import verify as vsi
from quality_creator.trust.dossier import Dossier
from quality_creator.trust.evidence import Index, Segments
from quality_creator.trust.log import challenge, leaf, living, merkle, policy, proof, tile
from quality_creator.trust.log.leaf import Leaf
from quality_creator.trust.log.policy import Policy
from quality_creator.trust.register import Accepted
from quality_creator.trust.verdict import Entry, Presented, State, Verdict

Outcome = Literal["right", "wrong", "unknown", "absent"]
T = TypeVar("T")

LARGEST_LOG = 5_000_000
"""Entries that are read to see that none of them takes something back."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    outcome: Outcome
    words: str


class Half(msgspec.Struct, frozen=True, kw_only=True):
    """One endorsement."""

    id: str
    issuer: str
    name: Text | None
    role: str
    demonstration: bool
    comment: str
    created: Utc | None
    logged: Utc | None
    index: int | None
    valid_until: Utc | None
    state: State
    reasons: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    target: str
    now: Utc
    state: State
    episode: str
    title: Text | None
    dossier: str
    """digestSRI; empty where there is none."""
    register: str
    """digestSRI of the register that the verdict rests on."""
    policy: str
    """digestSRI of the policy that the verdict rests on."""
    pinned: bool
    """Whether register and policy are the asker's own, and not those that came along."""
    demonstration: bool
    endorsements: tuple[Half, ...]
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0: it is right. 1: it is not. 2: that can't be told."""
        return {"stands": 0, "fails": 1, "unknown": 2}[self.state]


@dataclass(slots=True)
class _Case:
    """What is at hand so far."""

    source: Source
    now: datetime
    threads: ThreadPoolExecutor
    with_media: bool
    checks: list[Check] = field(default_factory=list)
    index: Index | None = None
    dossier: Dossier | None = None
    dossier_data: bytes = b""
    accepted: Accepted | None = None
    believed: Policy | None = None
    leaves: list[Leaf] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    segments: Segments | None = None
    batches: list[bytes] = field(default_factory=list)
    judged: Verdict | None = None
    size: int = 0
    seen_at: datetime | None = None
    """Of the log's newest checkpoint: its entries, and when a quorum saw it."""
    served: list[tuple[int, int]] = field(default_factory=list)
    """Places of entries that told what was served, and how many segments that was."""

    def say(self, name: str, outcome: Outcome, words: str) -> None:
        self.checks.append(Check(name=name, outcome=outcome, words=words))

    def read(self, name: str) -> bytes | None:
        """A file; None where there is none."""
        try:
            return self.source.read(name)
        except NotFound:
            return None


def check(
    source: Source,
    *,
    target: str,
    now: datetime,
    with_media: bool = True,
    pinned_register: bytes | None = None,
    pinned_policy: bytes | None = None,
) -> Report:
    """Check all that there is.

    Args:
        source: Where the files are.
        target: What the asker calls it.
        now: The verdict is as of this instant.
        with_media: Read the segments, too; without it their digests are only compared with one another.
        pinned_register: The first register that the asker believes, from elsewhere.
        pinned_policy: The policy that the asker believes, from elsewhere.

    Raises:
        Unavailable: the source can't be read now.
        BadPayload: there is no evidence here.
    """
    with ThreadPoolExecutor(max(os.cpu_count() or 1, 2)) as threads:
        case = _Case(source, now, threads, with_media)
        try:
            case.index = evidence.decode_index(source.read(evidence.INDEX))
        except NotFound as error:
            raise BadPayload(f"{target}: there is no evidence here: {error}") from error
        _dossier(case)
        _register(case, pinned_register)
        _policy(case, pinned_policy)
        _log(case)
        for look in (
            _dossier_logged,
            _started,
            _segments,
            _media,
            _measurements,
            _progress,
            _freshness,
            _verdicts,
            _other_parts,
            _endorsements,
        ):
            look(case)
        return _report(case, target, pinned_register is not None and pinned_policy is not None)


def _report(case: _Case, target: str, pinned: bool) -> Report:
    states: set[State] = {case.judged.state} if case.judged is not None else {"fails"}
    outcomes = {one.outcome for one in case.checks}
    states |= {"fails"} if "wrong" in outcomes else {"unknown"} if "unknown" in outcomes else set()
    state: State = "fails" if "fails" in states else "unknown" if "unknown" in states else "stands"
    accepted = case.accepted
    return Report(
        target=target,
        now=case.now,
        state=state,
        episode=case.index.episode if case.index else "",
        title=case.index.title if case.index else None,
        dossier=dossiers.digest_sri(case.dossier_data) if case.dossier is not None else "",
        register=accepted.digest if accepted is not None else "",
        policy=_policy_digest(case),
        pinned=pinned,
        demonstration=accepted is not None and accepted.register.demonstration,
        endorsements=tuple(map(_half, case.judged.judged)) if case.judged is not None else (),
        checks=tuple(case.checks),
    )


def _half(one: verdict.Judged) -> Half:
    made, authority, logged = one.endorsement, one.authority, one.logged
    return Half(
        id=made.id if made else "",
        issuer=made.issuer if made else "",
        name=authority.name if authority else None,
        role=authority.role if authority else "",
        demonstration=authority.demonstration if authority else False,
        comment=made.comment if made else "",
        created=made.created if made else None,
        logged=logged.time if logged else None,
        index=logged.index if logged else None,
        valid_until=made.valid_until if made else None,
        state=one.state,
        reasons=tuple(f"{finding.reason}: {finding.detail}" for finding in one.findings),
    )


# --- what everything rests on ------------------------------------------------------------------------


def _dossier(case: _Case) -> None:
    data = case.read(evidence.DOSSIER)
    if data is None:
        return case.say("dossier", "wrong", "there is no dossier")
    try:
        case.dossier = dossiers.decode(data)
    except BadPayload as error:
        return case.say("dossier", "wrong", str(error))
    case.dossier_data = data
    return case.say("dossier", "right", f"{dossiers.digest_sri(data)}")


def _register(case: _Case, pinned: bytes | None) -> None:
    assert case.index is not None
    versions = [case.source.read(name) for name in case.index.under("register")]
    approvals = [case.source.read(name) for name in case.index.under("approvals")]
    try:
        case.accepted = register.chain(versions, approvals)
        if pinned is not None and register.first(pinned).digest != register.first(versions[0]).digest:
            raise BadPayload("it does not begin with the register that you believe")
    except BadPayload as error:
        case.accepted = None
        return case.say("register", "wrong", str(error))
    found = case.accepted.register
    origin = "begins with yours" if pinned is not None else "came with the evidence"
    return case.say(
        "register", "right", f"version {found.version}, {len(found.authorities)} authorities, {origin}"
    )


def _policy(case: _Case, pinned: bytes | None) -> None:
    data = case.read(evidence.POLICY) if pinned is None else pinned
    try:
        case.believed = policy.parse(data or b"")
    except BadPayload as error:
        return case.say("policy", "wrong", str(error))
    origin = "yours" if pinned is not None else "came with the evidence"
    return case.say("policy", "right", f"{len(case.believed.witnesses)} witnesses, {origin}")


def _policy_digest(case: _Case) -> str:
    data = case.read(evidence.POLICY)
    return dossiers.digest_sri(data) if data is not None else ""


# --- the log -------------------------------------------------------------------------------------------


def _log(case: _Case) -> None:
    """The newest checkpoint, and that all of the log's entries are at hand."""
    if case.believed is None:
        return case.say("log", "wrong", "without a policy nothing says whose log it is")
    try:
        seen = case.believed.open(case.source.read(f"{evidence.LOG}/checkpoint"))
        if not case.believed.holds(seen.times):
            raise BadPayload("the newest checkpoint has not the quorum of the policy")
        there = seen.signed.checkpoint
        if there.size > LARGEST_LOG:
            raise BadPayload(f"a log of {there.size} entries; at most {LARGEST_LOG} are read here")
        places = list(tile.bundles(there.size))
        bundles = case.threads.map(lambda place: case.source.read(f"{evidence.LOG}/{place.path}"), places)
        entries = [entry for data in bundles for entry in tile.unpack(data)]
        case.hashes = [merkle.leaf_hash(entry) for entry in entries]
        if len(entries) != there.size or merkle.root_of(case.hashes) != there.root:
            raise BadPayload("the entries are not those of the checkpoint")
        case.leaves = [leaf.decode(entry) for entry in entries]
        case.size, case.seen_at = there.size, seen.time
    except (BadPayload, NotFound) as error:
        case.leaves = []
        return case.say("log", "wrong", str(error))
    when = "" if seen.time is None else f", seen by the quorum at {_time(seen.time)}"
    return case.say("log", "right", f"{there.origin}: {there.size} entries{when}")


def _same_tree(case: _Case, logged: proof.Logged) -> None:
    """That a proof is of a beginning of the log in hand. Raises BadPayload."""
    if logged.size > len(case.hashes) or merkle.root_of(case.hashes[: logged.size]) != logged.root:
        raise BadPayload(f"its proof is of another log, or of one that grew in two ways (size {logged.size})")


def _dossier_logged(case: _Case) -> None:
    made = case.dossier
    if made is None or case.believed is None:
        return None
    data = case.read(evidence.logged(evidence.DOSSIER))
    if data is None:
        return case.say("dossier in the log", "unknown", "there is no proof of it yet")
    try:
        entry = next(one for one in case.leaves if one.type == dossiers.LEAF and one.id == made.id)
        if entry.sha256 != leaf.sha256(case.dossier_data):
            raise BadPayload("the log has another dossier under this name")
        logged = proof.verify(data, entry, case.believed)
        _same_tree(case, logged)
    except StopIteration:
        return case.say("dossier in the log", "wrong", "no entry of the log is of this dossier")
    except BadPayload as error:
        return case.say("dossier in the log", "wrong", str(error))
    when = "" if logged.time is None else f", seen by the quorum at {_time(logged.time)}"
    return case.say("dossier in the log", "right", f"entry {logged.index}{when}")


def _started(case: _Case) -> None:
    """That the episode began after a tree of the log that the dossier names."""
    if case.dossier is None or not case.leaves:
        return None
    seen = case.dossier.started
    if seen is None:
        return case.say("not made before", "absent", "the dossier names no checkpoint from its beginning")
    if (
        seen.size > len(case.hashes)
        or dossiers.root_text(merkle.root_of(case.hashes[: seen.size])) != seen.root
    ):
        return case.say("not made before", "wrong", "the checkpoint from its beginning is not of this log")
    return case.say("not made before", "right", f"the log had {seen.size} entries when it began")


def _told(case: _Case, *kinds: str) -> Iterator[tuple[int, bytes | None]]:
    """Places and documents of the log's entries about the episode; None where one is not at hand."""
    episode = case.dossier.episode if case.dossier is not None else ""
    for index, one in enumerate(case.leaves):
        if one.subject == episode and one.type in kinds:
            data = case.read(f"{evidence.LOG}/{leaf.DOCUMENTS}/{one.sha256}")
            yield index, data if data is not None and leaf.sha256(data) == one.sha256 else None


def _progress(case: _Case) -> None:
    """That what the log was told while the episode was on air is a beginning of what the dossier has."""
    if case.segments is None or not case.leaves:
        return None
    segments = _tree(case.segments.leaves)
    batches = _tree([bytes.fromhex(evidence.sha256(one)) for one in _batches(case)])
    told, ended = 0, False
    for index, data in _told(case, living.PROGRESS, living.END):
        try:
            one = living.decode(data or b"")
            if isinstance(one, living.Start):
                raise BadPayload("a start in the place of a progress")
            for served, hashes in ((one.segments, segments), (one.measurements, batches)):
                if served.count > len(hashes) or _root_of(hashes, served.count) != served.root:
                    raise BadPayload("what was served then is not what the dossier has now")
        except BadPayload as error:
            return case.say("told while on air", "wrong", f"entry {index}: {error}")
        told += 1
        ended = ended or isinstance(one, living.End)
        case.served.append((index, one.segments.count))
    if not told:
        return case.say("told while on air", "absent", "the log was told nothing of it while it was on air")
    end = "and its end" if ended else "but not its end"
    return case.say("told while on air", "right", f"{told} entries of the log agree, {end}")


def _freshness(case: _Case) -> None:
    """Between which clocks the pictures lie in which the log's codes were filmed."""
    if case.believed is None or not case.leaves or not case.believed.witnesses:
        return None
    clocks = [(case.size, case.seen_at)] if case.seen_at is not None else []
    shown = []
    for index, data in _told(case, challenge.CHALLENGE):
        try:
            checked = challenge.check(challenge.decode(data or b""), case.believed)
        except BadPayload as error:
            return case.say("freshness", "wrong", f"entry {index}: {error}")
        if checked.not_before is not None:
            shown.append((index, checked))
            clocks.append((checked.size, checked.not_before))
    if not shown:
        return case.say("freshness", "absent", "no code of the log was shown")
    spans = []
    for index, checked in shown:
        # Filmed with the code, and in the log with the next entry that tells what was served.
        told = next((at for at, _ in case.served if at > index), None)
        seen = [time for size, time in clocks if told is not None and size > told]
        if seen and checked.not_before is not None:
            spans.append((min(seen) - checked.not_before).total_seconds())
    if not spans:
        return case.say("freshness", "absent", "no witness says when what followed the codes was in the log")
    words = f"{len(shown)} codes; what was filmed with one lies within {max(spans):.0f} s at most"
    return case.say("freshness", "right", f"{words}, {sorted(spans)[len(spans) // 2]:.0f} s typically")


def _tree(leaves: Sequence[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(one) for one in leaves]


def _root_of(hashes: list[bytes], count: int) -> str:
    return dossiers.root_text(merkle.root_of(hashes[:count]))


# --- what was aired and measured ---------------------------------------------------------------------


def _segments(case: _Case) -> None:
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


def _media(case: _Case) -> None:
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


def _signatures(case: _Case, known: dict[str, manifests.Manifest], states: dict[str, int]) -> None:
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


def _look(case: _Case, place: _Place, known: dict[str, manifests.Manifest]) -> _Looked:
    """Read one segment once, for its digest, its signature and its messages."""
    name = f"segment {place.segment.msn} of {place.rendition}"
    data = case.read(evidence.media(place.rendition, f"{place.segment.msn}.m4s"))
    if data is None:
        return _Looked(place.rendition, vsi.Verdict("altered"), f"{name} is missing")
    said = vsi.check(data, known, utc(place.segment.utc)) if known else vsi.Verdict("unsigned")
    if evidence.sha256(data) != place.digest:
        return _Looked(place.rendition, said, f"{name} is not the one that was aired")
    return _Looked(place.rendition, said, _messages(case, place, name, data) if place.first else "")


def _messages(case: _Case, place: _Place, name: str, data: bytes) -> str:
    """What is wrong with the numbers in a segment; empty when nothing is."""
    lines = _batches(case)
    if place.number >= len(lines):
        return ""
    try:
        same = emsg.messages(data) == summary.decode(lines[place.number])
    except BadPayload as error:
        return f"{name}: {error}"
    return "" if same else f"the numbers in {name} are not those of its batch"


def _batches(case: _Case) -> list[bytes]:
    if not case.batches:
        case.batches = (case.read(evidence.MEASUREMENTS) or b"").splitlines()
    return case.batches


def _measurements(case: _Case) -> None:
    made = case.dossier
    if made is None:
        return None
    leaves = [bytes.fromhex(evidence.sha256(one)) for one in _batches(case)]
    if len(leaves) != made.measurements.count or dossiers.tree_root(leaves) != made.measurements.root:
        case.batches = []
        return case.say("measurements", "wrong", "the batches are not those of the dossier")
    return case.say("measurements", "right", f"{len(leaves)} batches")


def _verdicts(case: _Case) -> None:
    """The charts' verdicts: as endorsed, and as they follow from the measurements."""
    made = case.dossier
    if made is None:
        return None
    try:
        again = {one.characteristic: one for one in summary.summarise(map(summary.decode, _batches(case)))}
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


def _other_parts(case: _Case) -> None:
    made = case.dossier
    if made is None:
        return
    if made.as_run is not None:
        data = case.read(evidence.AS_RUN)
        right = data is not None and dossiers.digest_sri(data) == made.as_run.digest
        case.say("as run", "right" if right else "wrong", "" if right else "not the list that was endorsed")
    if made.remarks and case.index is not None:
        there = {dossiers.digest_sri(case.source.read(name)) for name in case.index.under("remarks")}
        missing = sum(one.digest not in there for one in made.remarks)
        words = f"{len(made.remarks)}" if not missing else f"{missing} are missing or were changed"
        case.say("remarks", "wrong" if missing else "right", words)


# --- who vouches ---------------------------------------------------------------------------------------


def _endorsements(case: _Case) -> None:
    if case.dossier is None or case.accepted is None or case.believed is None or case.index is None:
        return
    given = []
    for name in case.index.under("endorsements"):
        if not name.endswith(proof.SUFFIX):
            given.append(Presented(case.source.read(name), case.read(evidence.logged(name)) or b""))
    case.judged = verdict.judge(
        verdict.Evidence(
            dossier=case.dossier_data,
            register=case.accepted,
            policy=case.believed,
            endorsements=given,
            lists=_lists(case),
            entries=list(_notices(case)),
        ),
        case.now,
    )
    for one in case.judged.judged:
        if one.logged is not None:
            try:
                _same_tree(case, one.logged)
            except BadPayload as error:
                case.say("endorsements in the log", "wrong", str(error))


def _lists(case: _Case) -> dict[str, bytes]:
    """The newest status list of each address."""
    assert case.index is not None
    newest: dict[str, tuple[datetime, bytes]] = {}
    for name in case.index.under("status"):
        data = case.source.read(name)
        try:
            found = status_list.read(data)
        except BadPayload:
            continue  # it says nothing, so its address has none
        if found.address not in newest or newest[found.address][0] < found.valid_from:
            newest[found.address] = (found.valid_from, data)
    return {address: data for address, (_, data) in newest.items()}


def _notices(case: _Case) -> Iterator[Entry]:
    """What the log says of status and keys, with the documents that are at hand."""
    for index, one in enumerate(case.leaves):
        if one.type in (endorsement.STATUS_LEAF, endorsement.KEY_LEAF):
            data = case.read(f"{evidence.LOG}/{leaf.DOCUMENTS}/{one.sha256}")
            right = data is not None and leaf.sha256(data) == one.sha256
            yield Entry(index, one, data if right else None)


def _time(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M:%S UTC")
