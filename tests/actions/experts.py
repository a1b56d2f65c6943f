"""Experts with enrolled keys, and remarks that they sign as their browsers do."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.actions import institutions, people, sessions
from quality_creator.actions.hub import Hub
from quality_creator.model.ids import InstitutionId
from quality_creator.model.person import Role, Visitor
from quality_creator.model.text import Text
from quality_creator.store import institutions as store
from quality_creator.store.institutions import ExpertKey
from quality_creator.trust import multikey, remark
from quality_creator.trust.remark import Remark, Span

BOSS = sessions.operator("")
EPISODE = "urn:uuid:11111111-2222-4333-8444-555555555555"
"""Of the publisher's."""


@dataclass
class Expert:
    """Somebody with an account, a key, and an institution."""

    visitor: Visitor
    key: Ed25519PrivateKey
    key_id: str
    institution: str

    @property
    def did(self) -> str:
        return multikey.did_key(self.key.public_key())

    def says(self, words: str = "The seam is open.", **changes: Any) -> Remark:
        """A remark on the first two seconds of the programme, or one that differs from it."""
        settings = {
            "type": "remark/1",
            "id": f"urn:uuid:{uuid.uuid4()}",
            "episode": EPISODE,
            "expert": self.did,
            "institution": self.institution,
            "name": self.visitor.name,
            "kind": "remark",
            "words": words,
            "language": "en",
            "span": Span(start=0, to=180_000),
        }
        return Remark(**(settings | changes))

    def signed(self, words: str = "The seam is open.", **changes: Any) -> bytes:
        return self.sign(self.says(words, **changes))

    def sign(self, made: Remark, now: datetime | None = None) -> bytes:
        return remark.sign(made, self.key, created=now or datetime.now(UTC))


async def expert(
    hub: Hub,
    name: str = "wang",
    *,
    of: str = "inst1",
    state: Literal["waiting", "approved", "revoked"] = "approved",
) -> Expert:
    """An expert of an institution, whose key was made and decided on as `state` says."""
    institution, did = InstitutionId(of), f"did:web:{of}.example"
    if institution not in {one.id for one in await institutions.everything(hub)}:
        text = Text(zh="检验所", en=f"Laboratory {of}")
        await institutions.add(hub, BOSS, id_=of, name=text, did=did, role="inspection")
    wanted = people.Invitation(
        account=name, name=name.title(), roles=frozenset({Role.EXPERT}), institution=institution
    )
    person, _ = await people.invite(hub, BOSS, wanted)
    private = Ed25519PrivateKey.generate()
    kept = ExpertKey(
        id=str(uuid.uuid4()),
        person=person.id,
        institution=institution,
        key=multikey.encode(private.public_key()),
        device="a test",
        state="waiting",
        made=datetime.now(UTC),
    )
    await hub.database.transact(store.add_key, kept)
    for decision in {"waiting": (), "approved": ("approved",), "revoked": ("approved", "revoked")}[state]:
        await institutions.decide(hub, BOSS, kept.id, decision)  # type: ignore[arg-type]
    return Expert(sessions.of_person(person, ""), private, kept.id, did)
