"""Does the double endorsement stand? A short rule, each part of which other tools can check, too.

An endorsement *counts* when all of this is so; otherwise the reasons say what is not:

- it has exactly one proof, by a key that the register of authorities gives its issuer, and the proof holds;
- it is of the dossier in hand;
- its entry is in the log, the policy's quorum saw it there, at t: when the cosignatures first sufficed;
- t lies between 60 s before and 900 s after the time that the proof states;
- the register's key counted at t, and where the key was stolen, the entry lies below the index from which;
- now lies between `validFrom` and `validUntil`;
- its issuer's lists of revocations and of suspensions are at hand, none is past its own end, and the
  endorsement's bits are clear;
- no change of status in the log takes it back; a suspension counts until a later reinstatement;
- its issuer has not dissented since.

The double endorsement *stands* when one endorsement of the committee and one of an inspection institution
count. Where nothing speaks against it but the age of a status list, nobody can tell. Dissents of others are
said beside it and topple nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args

from quality_creator.model.errors import BadPayload
from quality_creator.model.text import Text
from quality_creator.trust import credential, dissent, dossier, endorsement, status_list
from quality_creator.trust.dissent import Dissent
from quality_creator.trust.endorsement import Endorsement, Place
from quality_creator.trust.log import leaf, proof
from quality_creator.trust.log.leaf import Leaf
from quality_creator.trust.log.policy import Policy
from quality_creator.trust.log.proof import Logged
from quality_creator.trust.register import Accepted, Authority, Role

EARLY = timedelta(seconds=60)
"""How far behind the signer's clock the witnesses' may be."""

LATE = timedelta(seconds=900)
"""How long after signing an endorsement must have been seen in the log: nothing is dated back further."""

Reason = Literal[
    "malformed",
    "unknown-issuer",
    "wrong-key",
    "bad-signature",
    "other-dossier",
    "not-logged",
    "no-time",
    "back-dated",
    "key-not-valid",
    "key-stolen",
    "not-yet-valid",
    "expired",
    "status-missing",
    "status-wrong",
    "status-old",
    "revoked",
    "suspended",
    "withdrawal-logged",
    "suspension-logged",
    "dissented",
]
ROLES: tuple[Role, ...] = get_args(Role)

State = Literal["stands", "fails", "unknown"]


@dataclass(frozen=True, slots=True)
class Presented:
    """An endorsement as it comes: the credential, and the proof that it was logged."""

    document: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log, and its document where it is at hand."""

    index: int
    leaf: Leaf
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on."""

    dossier: bytes
    register: Accepted
    policy: Policy
    endorsements: Sequence[Presented]
    lists: Mapping[str, bytes]
    """Status lists by their addresses."""
    entries: Sequence[Entry] = ()
    """Changes of status, stolen keys and dissents, as the log has them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Why an endorsement does not count."""

    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Judged:
    """An endorsement and what speaks against it."""

    endorsement: Endorsement | None
    """None where it can't be read."""
    authority: Authority | None = None
    """None where the register does not know its issuer."""
    logged: Logged | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def state(self) -> State:
        """Whether it counts."""
        if not self.findings:
            return "stands"
        return "unknown" if all(one.reason == "status-old" for one in self.findings) else "fails"


@dataclass(frozen=True, slots=True)
class Dissented:
    """An authority that does not vouch for the dossier."""

    authority: Authority
    index: int
    """Of its entry in the log."""
    said: Dissent | None
    """None where its words are withheld."""
    endorsed_since: bool = False
    """Whether it endorsed the dossier afterwards, so that its dissent is past."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What can be said of the double endorsement."""

    digest: str
    judged: tuple[Judged, ...]
    dissents: tuple[Dissented, ...] = ()
    """In the log's order."""

    @property
    def state(self) -> State:
        """Whether it stands."""
        states = [self.of(role) for role in ROLES]
        if all(state == "stands" for state in states):
            return "stands"
        return "fails" if "fails" in states else "unknown"

    def of(self, role: Role) -> State:
        """Whether one of the two halves stands."""
        states = {
            one.state for one in self.judged if one.authority is not None and one.authority.role == role
        }
        return "stands" if "stands" in states else "unknown" if "unknown" in states else "fails"

    @property
    def names(self) -> tuple[Text, ...]:
        """Whose endorsements count."""
        return tuple(
            one.authority.name for one in self.judged if one.state == "stands" and one.authority is not None
        )


def judge(evidence: Evidence, now: datetime) -> Verdict:
    """The verdict as of an instant. Never raises for what others sent: what can't be read does not count."""
    digest = dossier.digest_sri(evidence.dossier)
    seen: set[str] = set()
    judged = []
    for one in evidence.endorsements:
        found = _judge(one, digest, evidence, now)
        if found.endorsement is None or found.endorsement.id not in seen:
            judged.append(found)
        if found.endorsement is not None:
            seen.add(found.endorsement.id)
    dissents = tuple(_dissents(digest, judged, evidence))
    return Verdict(digest, tuple(_contradicted(one, dissents) for one in judged), dissents)


def entry_of(made: Endorsement) -> Leaf:
    """The entry that an endorsement has in the log."""
    return leaf.leaf_of(made.data, type=endorsement.LEAF, id=made.id, issuer=made.issuer, subject=made.digest)


def _judge(one: Presented, digest: str, evidence: Evidence, now: datetime) -> Judged:
    try:
        made = endorsement.read(one.document)
    except BadPayload as error:
        return Judged(None, findings=(Finding("malformed", str(error)),))
    result = Judged(made, evidence.register.register.authority(made.issuer))
    findings: list[Finding] = []
    if made.digest != digest:
        findings.append(Finding("other-dossier", f"it is of {made.digest}"))
    try:
        logged = proof.verify(one.proof, entry_of(made), evidence.policy)
        result = replace(result, logged=logged)
        findings += _when(made, logged)
    except BadPayload as error:
        findings.append(Finding("not-logged", str(error)))
    findings += _who(made, result.logged, evidence)
    if now < made.valid_from:
        findings.append(Finding("not-yet-valid", f"it counts from {made.valid_from}"))
    if now >= made.valid_until:
        findings.append(Finding("expired", f"it counted until {made.valid_until}"))
    findings += _status(made, evidence, now)
    findings += _withdrawals(made, evidence)
    return replace(result, findings=tuple(findings))


def _dissents(digest: str, judged: Sequence[Judged], evidence: Evidence) -> Iterable[Dissented]:
    """Who does not vouch for the dossier, by the log."""
    for entry in sorted(evidence.entries, key=lambda one: one.index):
        authority = evidence.register.register.authority(entry.leaf.issuer)
        if (entry.leaf.type, entry.leaf.subject) != (dissent.LEAF, digest) or authority is None:
            continue
        if entry.document is None:
            yield Dissented(authority, entry.index, None)
            continue
        try:
            said = dissent.read(entry.document)
            _signed_by(authority.id, said.made, evidence)
        except BadPayload:
            continue  # nobody but the authority speaks for it
        if said.digest == digest:
            since = any(
                one.state == "stands" and one.endorsement is not None and _later(one.endorsement, said)
                for one in judged
            )
            yield Dissented(authority, entry.index, said, since)


def _later(made: Endorsement, said: Dissent) -> bool:
    """Whether an authority endorsed after it had dissented, by its own clock."""
    return made.issuer == said.issuer and made.created > said.created


def _contradicted(one: Judged, dissents: Sequence[Dissented]) -> Judged:
    """An endorsement whose issuer has dissented since does not count."""
    made = one.endorsement
    against = [
        found.index
        for found in dissents
        if made is not None
        and found.authority.id == made.issuer
        and (found.said is None or not _later(made, found.said))
    ]
    if not against:
        return one
    finding = Finding("dissented", f"its issuer dissented: entries {', '.join(map(str, against))}")
    return replace(one, findings=(*one.findings, finding))


def _when(made: Endorsement, logged: Logged) -> Iterable[Finding]:
    """Whether the witnesses' time and the proof's agree."""
    if logged.time is None:
        yield Finding("no-time", "the policy asks for no witness, so nobody says when it was logged")
    elif not -EARLY <= logged.time - made.created <= LATE:
        yield Finding("back-dated", f"it says {made.created}, and was seen in the log at {logged.time}")


def _who(made: Endorsement, logged: Logged | None, evidence: Evidence) -> Iterable[Finding]:
    """Whether the register's key signed it, and could at that time."""
    if evidence.register.register.authority(made.issuer) is None:
        yield Finding("unknown-issuer", f"{made.issuer} is not in the register of authorities")
        return
    try:
        _, key, public = evidence.register.find(made.issuer, made.method)
    except BadPayload as error:
        yield Finding("wrong-key", str(error))
        return
    try:
        made.verify(public)
    except BadPayload as error:
        yield Finding("bad-signature", str(error))
    if logged is None or logged.time is None:
        return
    if not key.holds(logged.time):
        yield Finding("key-not-valid", f"the register's key did not count at {logged.time}")
    for index in _stolen_from(made.method, evidence):
        if logged.index >= index:
            yield Finding("key-stolen", f"logged as {logged.index}; its key is stolen from {index} on")


def _stolen_from(method: str, evidence: Evidence) -> Iterable[int]:
    """From which entries of the log on a key is in wrong hands."""
    for entry in evidence.entries:
        said_by = entry.leaf.issuer
        if (entry.leaf.type, entry.leaf.subject) != (endorsement.KEY_LEAF, method):
            continue
        if not method.startswith(f"{said_by}#") and said_by != evidence.register.register.committee.id:
            continue
        if entry.document is None:
            yield 0  # it can't be seen from where on
            continue
        try:
            stolen = endorsement.read_stolen(entry.document)
            _signed_by(said_by, stolen.made, evidence)
        except BadPayload:
            continue
        if stolen.method == method:
            yield stolen.index


def _status(made: Endorsement, evidence: Evidence, now: datetime) -> Iterable[Finding]:
    """What the issuer's lists say."""
    for place in made.status:
        yield from _listed(made, place, evidence, now)


def _listed(made: Endorsement, place: Place, evidence: Evidence, now: datetime) -> Iterable[Finding]:
    """What one of them says."""
    data = evidence.lists.get(place.address)
    if data is None:
        yield Finding("status-missing", f"{place.address} is not at hand")
        return
    try:
        found = status_list.read(data)
        if (found.address, found.issuer, found.purpose) != (place.address, made.issuer, place.purpose):
            raise BadPayload("it is another list, or another issuer's")
        _signed_by(made.issuer, found.made, evidence, at=found.valid_from)
        is_set = found.set_at(place.index)
    except BadPayload as error:
        yield Finding("status-wrong", str(error))
        return
    if is_set:
        revoked: Reason = "revoked" if found.purpose == "revocation" else "suspended"
        yield Finding(revoked, f"says its issuer's list of {found.valid_from}")
    elif not found.valid_from <= now < found.valid_until:
        yield Finding("status-old", f"the list counts from {found.valid_from} to {found.valid_until}")


def _withdrawals(made: Endorsement, evidence: Evidence) -> Iterable[Finding]:
    """What the log says of changes; an announced change whose words are withheld is one.

    Whoever writes the log could enter an old reinstatement once more: one that was signed before the newest
    suspension puts nothing in force.
    """
    state: str | None = None
    since: datetime | None = None
    for entry in sorted(evidence.entries, key=lambda one: one.index):
        kind = (entry.leaf.type, entry.leaf.issuer, entry.leaf.subject)
        if kind != (endorsement.STATUS_LEAF, made.issuer, made.id):
            continue
        if entry.document is None:  # it may be a revocation, which nothing undoes
            state = "changed in words that are not at hand"
            break
        try:
            change = endorsement.read_change(entry.document)
            _signed_by(made.issuer, change.made, evidence)
        except BadPayload:
            continue  # the issuer did not say so; whoever writes the log can't say it for them
        if change.endorsement != made.id or state == "revoked":
            continue
        created = change.made.claimed.created
        if change.status == "suspended":
            state, since = "suspended", created if since is None else max(since, created)
        elif change.status == "revoked":
            state = "revoked"
        elif since is None or created >= since:
            state = None
    if state is not None:
        reason: Reason = "suspension-logged" if state == "suspended" else "withdrawal-logged"
        yield Finding(reason, f"its issuer had logged: {state}")


def _signed_by(
    issuer: str, made: credential.Credential, evidence: Evidence, at: datetime | None = None
) -> None:
    """That the issuer signed it: with a key that counted `at`, else with any that it ever had.

    A key that counts no more, or was stolen, can still take back; only what keeps an endorsement alive
    needs a good one. Raises BadPayload.
    """
    if made.issuer != issuer:
        raise BadPayload(f"it is issued by {made.issuer}")
    _, key, public = evidence.register.find(issuer, made.claimed.method)
    if at is not None and not key.holds(at):
        raise BadPayload(f"its key did not count at {at}")
    if at is not None and any(True for _ in _stolen_from(made.claimed.method, evidence)):
        raise BadPayload("its key is stolen")
    made.verify(public)
