"""How the proof of an episode stands, for its page: by the same rule as `qc verify` goes by."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from quality_creator.actions import authorities, publishing
from quality_creator.actions.hub import Hub
from quality_creator.actions.publishing import Case
from quality_creator.actions.summary import AnySummary, decode_verdict
from quality_creator.model.episode import Episode
from quality_creator.model.errors import NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.text import Text
from quality_creator.store.ledger import Entry
from quality_creator.trust import dissent, dossier, endorsement, evidence, remark, status_list, verdict
from quality_creator.trust.dossier import Dossier
from quality_creator.trust.log import leaf
from quality_creator.trust.register import Accepted, Role
from quality_creator.trust.remark import Remark
from quality_creator.trust.verdict import ROLES, Judged, Presented, Verdict


@dataclass(frozen=True, slots=True)
class Standing:
    """All that the page shows."""

    episode: Episode
    dossier: Dossier
    digest: str
    index: int
    """Of the dossier's entry in the log."""
    verdict: Verdict | None
    """None while there is no register of authorities."""
    register: Accepted | None
    witnesses: Sequence[str]
    origin: str
    """The log's name."""
    summaries: Sequence[AnySummary]
    proofs: Sequence[tuple[Judged, str]]
    """Each endorsement, and the name of its file."""
    remarks: Sequence["Said"]
    """What experts said, in the dossier's order; withdrawals stand at what they withdraw."""

    @property
    def demonstration(self) -> bool:
        """Whether an authority in it is made up."""
        return self.register is not None and self.register.register.demonstration


@dataclass(frozen=True, slots=True)
class Said:
    """A remark of the dossier."""

    remark: Remark
    name: str
    """Of its file."""
    withdrawn: bool


Mark = Literal["valid", "missing", "revoked", "suspended", "unknown", "fails"]
"""How one half of the double endorsement stands, as its seal shows it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """One half of the double endorsement."""

    role: Role
    mark: Mark
    name: Text | None
    """Whose it is; None where there is none."""
    id: str
    """The endorsement's UUID; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an endorsement, as the log has it."""

    status: Literal["revoked", "suspended", "reinstated"]
    reason: str
    index: int
    entered: datetime


@dataclass(frozen=True, slots=True)
class Single:
    """One endorsement by itself."""

    episode: Episode
    dossier: Dossier
    judged: Judged
    mark: Mark
    index: int
    entered: datetime
    changes: Sequence[Change]


async def seals(hub: Hub, slug: Slug, now: datetime) -> tuple[Seal, ...]:
    """The institution's and the committee's seal; none while nobody could endorse. Raises Unavailable."""
    try:
        case = await publishing.case(hub, slug)
    except NotFound:
        return ()
    known = await authorities.accepted(hub.ledger)
    if known is None:
        return ()
    judged = (await _judge(hub, case, known, now)).judged
    return tuple(_seal(role, judged) for role in ROLES)


async def single(hub: Hub, uuid: str, now: datetime) -> Single:
    """An endorsement by its UUID. Raises NotFound, Unavailable."""
    entry = await hub.ledger.called(endorsement.LEAF, f"urn:uuid:{uuid}")
    made = endorsement.read(entry.document or b"")
    match = _OF.search(made.subject)
    if match is None:
        raise NotFound(f"the endorsement {uuid} is not of an episode")
    case = await publishing.case(hub, Slug(match[1]))
    known = await authorities.accepted(hub.ledger)
    said = (await _judge(hub, case, known, now)).judged if known is not None else ()
    judged = next((one for one in said if one.endorsement and one.endorsement.id == made.id), None)
    if judged is None:
        raise NotFound(f"the endorsement {uuid} is not of an episode that is published here")
    changes = []
    for one in await hub.ledger.about(made.id, endorsement.STATUS_LEAF):
        told = endorsement.read_change(one.document or b"")
        changes.append(Change(told.status, told.reason, one.index, one.entered))
    return Single(
        case.episode, dossier.decode(case.data), judged, _mark(judged), entry.index, entry.entered, changes
    )


_OF = re.compile(r"/episodes/([a-z0-9-]+)/proof/dossier\.json\Z")


def _seal(role: Role, judged: Sequence[Judged]) -> Seal:
    mine = [one for one in judged if one.authority is not None and one.authority.role == role]
    if not mine:
        return Seal(role, "missing", None, "")
    # One that counts is enough, whatever became of others.
    best = min(mine, key=lambda one: ("stands", "unknown", "fails").index(one.state))
    assert best.authority is not None
    uuid = best.endorsement.id.removeprefix("urn:uuid:") if best.endorsement else ""
    return Seal(role, _mark(best), best.authority.name, uuid)


def _mark(judged: Judged) -> Mark:
    reasons = {one.reason for one in judged.findings}
    if judged.state == "stands":
        return "valid"
    if reasons & {"revoked", "withdrawal-logged"}:
        return "revoked"
    if reasons & {"suspended", "suspension-logged"}:
        return "suspended"
    return "unknown" if judged.state == "unknown" else "fails"


async def standing(hub: Hub, slug: Slug, now: datetime) -> Standing:
    """How it stands. Raises NotFound for an episode that is not published, Unavailable."""
    case = await publishing.case(hub, slug)
    made = dossier.decode(case.data)
    known = await authorities.accepted(hub.ledger)
    said = await _judge(hub, case, known, now) if known is not None else None
    names = [evidence.numbered("endorsements", number) for number, _ in enumerate(case.endorsements, 1)]
    return Standing(
        episode=case.episode,
        dossier=made,
        digest=dossier.digest_sri(case.data),
        index=case.dossier.index,
        verdict=said,
        register=known,
        witnesses=[one.name for one in hub.ledger.policy.witnesses],
        origin=hub.ledger.origin,
        summaries=[
            decode_verdict(await publishing.read(hub, slug, f"verdicts/{one.characteristic}.json"))
            for one in made.verdicts
        ],
        proofs=list(zip(said.judged, names, strict=False)) if said is not None else [],
        remarks=_said(case.remarks),
    )


def _said(documents: Sequence[bytes]) -> list[Said]:
    made = [remark.decode(one).remark for one in documents]
    gone = {one.withdraws for one in made if one.withdraws is not None}
    return [
        Said(one, evidence.numbered("remarks", number), one.id in gone)
        for number, one in enumerate(made, 1)
        if one.kind != "withdrawal"
    ]


async def _judge(hub: Hub, case: Case, known: Accepted, now: datetime) -> Verdict:
    presented: list[Presented] = []
    entries = await hub.ledger.about(dossier.digest_sri(case.data), dissent.LEAF)
    for one in case.endorsements:
        try:
            logged = await hub.ledger.proof(one.index)
        except NotFound:
            logged = b""  # no witness has seen it yet
        presented.append(Presented(one.document or b"", logged))
        made = endorsement.read(one.document or b"")
        entries += await hub.ledger.about(made.id, endorsement.STATUS_LEAF)
        entries += await hub.ledger.about(made.method, endorsement.KEY_LEAF)
    return verdict.judge(
        verdict.Evidence(
            dossier=case.data,
            register=known,
            policy=hub.ledger.policy,
            endorsements=presented,
            lists={status_list.read(data).address: data for data in case.lists},
            entries=[_entry(one) for one in entries],
        ),
        now,
    )


def _entry(one: Entry) -> verdict.Entry:
    return verdict.Entry(one.index, leaf.decode(one.leaf), one.document)
