"""Whom to believe, and since when: the register, the policy, and the log with what it was told on air."""

from collections.abc import Sequence

from quality_creator.actions.check.case import Case, when
from quality_creator.model.errors import BadPayload, NotFound
from quality_creator.trust import dossier as dossiers
from quality_creator.trust import evidence, register
from quality_creator.trust.log import challenge, leaf, living, merkle, policy, proof, tile

LARGEST_LOG = 5_000_000
"""Entries that are read to see that none of them takes something back."""


def check_register(case: Case, pinned: bytes | None) -> None:
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


def check_policy(case: Case, pinned: bytes | None) -> None:
    data = case.read(evidence.POLICY) if pinned is None else pinned
    try:
        case.believed = policy.parse(data or b"")
    except BadPayload as error:
        return case.say("policy", "wrong", str(error))
    origin = "yours" if pinned is not None else "came with the evidence"
    return case.say("policy", "right", f"{len(case.believed.witnesses)} witnesses, {origin}")


def policy_digest(case: Case) -> str:
    data = case.read(evidence.POLICY)
    return dossiers.digest_sri(data) if data is not None else ""


def check_log(case: Case) -> None:
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
        case.hashes = merkle.in_memory([merkle.leaf_hash(entry) for entry in entries])
        if len(entries) != there.size or merkle.root(there.size, case.hashes) != there.root:
            raise BadPayload("the entries are not those of the checkpoint")
        case.leaves = [leaf.decode(entry) for entry in entries]
        case.size, case.seen_at = there.size, seen.time
    except (BadPayload, NotFound) as error:
        case.leaves = []
        return case.say("log", "wrong", str(error))
    seen_at = "" if seen.time is None else f", seen by the quorum at {when(seen.time)}"
    return case.say("log", "right", f"{there.origin}: {there.size} entries{seen_at}")


def require_same_tree(case: Case, logged: proof.Logged) -> None:
    """That a proof is of a beginning of the log in hand. Raises BadPayload."""
    if logged.size > case.size or merkle.root(logged.size, case.hashes) != logged.root:
        raise BadPayload(f"its proof is of another log, or of one that grew in two ways (size {logged.size})")


def check_dossier_logged(case: Case) -> None:
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
        require_same_tree(case, logged)
    except StopIteration:
        return case.say("dossier in the log", "wrong", "no entry of the log is of this dossier")
    except BadPayload as error:
        return case.say("dossier in the log", "wrong", str(error))
    seen_at = "" if logged.time is None else f", seen by the quorum at {when(logged.time)}"
    return case.say("dossier in the log", "right", f"entry {logged.index}{seen_at}")


def check_started(case: Case) -> None:
    """That the episode began after a tree of the log that the dossier names."""
    if case.dossier is None or not case.leaves:
        return None
    seen = case.dossier.started
    if seen is None:
        return case.say("not made before", "absent", "the dossier names no checkpoint from its beginning")
    if seen.size > case.size or dossiers.root_text(merkle.root(seen.size, case.hashes)) != seen.root:
        return case.say("not made before", "wrong", "the checkpoint from its beginning is not of this log")
    return case.say("not made before", "right", f"the log had {seen.size} entries when it began")


def check_progress(case: Case) -> None:
    """That what the log was told while the episode was on air is a beginning of what the dossier has."""
    if case.segments is None or not case.leaves:
        return None
    segments = _Leaves(case.segments.leaves)
    batches = _Leaves(case.batch_digests())
    told, ended = 0, False
    for index, data in case.told(living.PROGRESS, living.END):
        try:
            one = living.decode(data or b"")
            if isinstance(one, living.Start):
                raise BadPayload("a start in the place of a progress")
            for served, hashes in ((one.segments, segments), (one.measurements, batches)):
                if served.root != hashes.root(served.count):
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


def check_freshness(case: Case) -> None:
    """Between which clocks the pictures lie in which the log's codes were filmed."""
    if case.believed is None or not case.leaves or not case.believed.witnesses:
        return None
    clocks = [(case.size, case.seen_at)] if case.seen_at is not None else []
    shown = []
    for index, data in case.told(challenge.CHALLENGE):
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


class _Leaves:
    """Digests whose beginnings have roots; what many of these share is hashed once."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._count = len(leaves)
        self._hashes = merkle.in_memory([merkle.leaf_hash(one) for one in leaves])

    def root(self, count: int) -> str:
        """Over the first so many; empty when there are fewer."""
        return dossiers.root_text(merkle.root(count, self._hashes)) if count <= self._count else ""
