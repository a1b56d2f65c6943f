"""How the proof of an episode stands, for its page: by the same rule as `qc verify` goes by."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from quality_creator.actions import authorities, publishing
from quality_creator.actions.hub import Hub
from quality_creator.actions.publishing import Case
from quality_creator.actions.summary import Summary
from quality_creator.model.episode import Episode
from quality_creator.model.errors import NotFound
from quality_creator.model.ids import Slug
from quality_creator.store.ledger import Entry
from quality_creator.trust import dossier, endorsement, evidence, status_list, verdict
from quality_creator.trust.dossier import Dossier
from quality_creator.trust.log import leaf
from quality_creator.trust.register import Accepted
from quality_creator.trust.verdict import Judged, Presented, Verdict


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
    summaries: Sequence[Summary]
    proofs: Sequence[tuple[Judged, str]]
    """Each endorsement, and the name of its file."""

    @property
    def demonstration(self) -> bool:
        """Whether an authority in it is made up."""
        return self.register is not None and self.register.register.demonstration


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
            msgspec.json.decode(
                await publishing.read(hub, slug, f"verdicts/{one.characteristic}.json"), type=Summary
            )
            for one in made.verdicts
        ],
        proofs=list(zip(said.judged, names, strict=False)) if said is not None else [],
    )


async def _judge(hub: Hub, case: Case, known: Accepted, now: datetime) -> Verdict:
    presented, entries = [], []
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
