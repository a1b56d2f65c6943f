"""Made-up authorities and a log of their own, for everything that is about who vouches for what."""

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.text import Text
from quality_creator.trust import did, dossier, endorsement, multikey, register, status_list, verdict
from quality_creator.trust.log import checkpoint, leaf, merkle, policy, proof
from quality_creator.trust.log.checkpoint import Checkpoint
from quality_creator.trust.register import Role

NOW = datetime(2026, 9, 1, 10, 0, 0, tzinfo=UTC)
EPISODE = "urn:uuid:11111111-2222-4333-8444-555555555555"
ADDRESS = "https://column.example/episodes/one/proof/dossier.json"


def key(name: str) -> Ed25519PrivateKey:
    """Always the same key for a name."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"test key {name}".encode()).digest())


@dataclass
class Signer:
    """An authority's desk: key, list of revocations, the next free position in it."""

    did: str
    role: Role
    key: Ed25519PrivateKey
    witness: Ed25519PrivateKey
    revoked: set[int] = field(default_factory=set)
    suspended: set[int] = field(default_factory=set)
    positions: int = 0
    site: str = "https://column.example"

    @property
    def multikey(self) -> str:
        return multikey.encode(self.key.public_key())

    @property
    def method(self) -> str:
        return did.method(self.did, self.multikey)

    @property
    def list_address(self) -> str:
        return f"{self.site}/status/{self.did.removeprefix('did:web:')}"

    def authority(self, **changes: object) -> register.Authority:
        settings = {
            "id": self.did,
            "role": self.role,
            "name": Text(zh="机构", en=self.did.removeprefix("did:web:")),
            "keys": (register.Key(multikey=self.multikey, since="2026-01-01T00:00:00Z"),),
        }
        return register.Authority(**(settings | changes))  # type: ignore[arg-type]

    def endorse(self, data: bytes, *, subject: str = ADDRESS, now: datetime = NOW, days: int = 365) -> bytes:
        self.positions += 1
        return endorsement.issue(
            self.key,
            id=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.did} {self.positions}')}",
            issuer=self.did,
            issuer_name=self.did,
            subject=subject,
            digest=dossier.digest_sri(data),
            comment="The dossier was reviewed.",
            now=now,
            valid_until=now + timedelta(days=days),
            status_address=self.list_address,
            status_index=self.positions,
        )

    def status_list(self, *, now: datetime = NOW) -> bytes:
        return self.status_lists(now=now)[self.list_address]

    def status_lists(self, *, now: datetime = NOW) -> dict[str, bytes]:
        """Both lists by their addresses."""
        return {
            where: status_list.issue(
                self.key,
                address=where,
                issuer=self.did,
                purpose=purpose,
                indices=self.revoked if purpose == "revocation" else self.suspended,
                now=now,
            )
            for purpose, where in status_list.addresses(self.list_address).items()
        }


def signer(name: str, role: Role = "inspection") -> Signer:
    return Signer(f"did:web:{name}.example", role, key(name), key(f"{name} witness"))


@dataclass
class Log:
    """A log in memory whose checkpoints are cosigned at times of one's choice."""

    origin: str = "column.example/log"
    key: Ed25519PrivateKey = field(default_factory=lambda: key("log"))
    entries: list[bytes] = field(default_factory=list)

    def add(self, entry: leaf.Leaf) -> int:
        self.entries.append(entry.encode())
        return len(self.entries) - 1

    @property
    def hashes(self) -> list[bytes]:
        return [merkle.leaf_hash(one) for one in self.entries]

    def checkpoint(self, witnesses: Sequence[Signer], at: datetime) -> bytes:
        root = merkle.root_of(self.hashes)
        signed = checkpoint.sign(Checkpoint(self.origin, len(self.entries), root), self.key)
        more = [checkpoint.cosign(signed, _witness(w), w.witness, int(at.timestamp())) for w in witnesses]
        return signed.with_signatures(more).encode()

    def prove(self, index: int, witnesses: Sequence[Signer], at: datetime) -> bytes:
        hashes = merkle.in_memory(self.hashes)
        return proof.make(index, len(self.entries), hashes, self.checkpoint(witnesses, at)).encode()

    def policy(self, committee: Signer, institutions: Sequence[Signer], quorum: int) -> policy.Policy:
        lines = [f"log {checkpoint.log_key(self.origin, self.key)}"]
        for one in (committee, *institutions):
            lines.append(f"witness {_witness(one)} {checkpoint.witness_key(_witness(one), one.witness)}")
        names = " ".join(map(_witness, institutions))
        lines += [f"group inspection {quorum} {names}", f"group double all {_witness(committee)} inspection"]
        return policy.parse("\n".join([*lines, "quorum double", ""]).encode())


def _witness(one: Signer) -> str:
    return one.did.removeprefix("did:web:")


@dataclass
class World:
    """A committee, three institutions, their register, a dossier, and a log."""

    committee: Signer = field(default_factory=lambda: signer("committee", "committee"))
    institutions: list[Signer] = field(default_factory=lambda: [signer(f"inst{n}") for n in (1, 2, 3)])
    log: Log = field(default_factory=Log)
    dossier: bytes = b""
    endorsements: list[verdict.Presented] = field(default_factory=list)
    entries: list[verdict.Entry] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dossier = a_dossier().encode()

    @property
    def signers(self) -> list[Signer]:
        return [self.committee, *self.institutions]

    def register(self, *authorities: register.Authority, **changes: object) -> bytes:
        settings = {
            "id": "urn:uuid:99999999-2222-4333-8444-555555555555",
            "type": register.KIND,
            "version": 1,
            "quorum": 2,
            "authorities": authorities or tuple(one.authority() for one in self.signers),
        }
        return register.issue(
            register.Register(**(settings | changes)),  # type: ignore[arg-type]
            self.committee.key,
            issuer=self.committee.did,
            credential_id=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, str(changes))}",
            now=NOW,
        )

    def log_endorsement(
        self,
        document: bytes,
        *,
        seen: datetime = NOW + timedelta(seconds=3),
        witnesses: Sequence[Signer] | None = None,
    ) -> verdict.Presented:
        index = self.log.add(verdict.entry_of(endorsement.read(document)))
        presented = verdict.Presented(
            document, self.log.prove(index, self.signers if witnesses is None else witnesses, seen)
        )
        self.endorsements.append(presented)
        return presented

    def log_document(self, data: bytes, kind: str, issuer: str, subject: str) -> None:
        entry = leaf.leaf_of(data, type=kind, id="urn:x", issuer=issuer, subject=subject)
        self.entries.append(verdict.Entry(self.log.add(entry), entry, data))

    def evidence(self, **changes: object) -> verdict.Evidence:
        settings = {
            "dossier": self.dossier,
            "register": register.first(self.register()),
            "policy": self.log.policy(self.committee, self.institutions, 2),
            "endorsements": tuple(self.endorsements),
            "lists": self.lists(),
            "entries": tuple(self.entries),
        }
        return verdict.Evidence(**(settings | changes))  # type: ignore[arg-type]

    def lists(self, now: datetime = NOW) -> dict[str, bytes]:
        """Everybody's lists by their addresses."""
        return {where: data for one in self.signers for where, data in one.status_lists(now=now).items()}

    def judge(self, now: datetime = NOW + timedelta(minutes=5), **changes: object) -> verdict.Verdict:
        return verdict.judge(self.evidence(**changes), now)


def doubly_endorsed() -> World:
    """A world in which the committee and one institution have endorsed the dossier."""
    world = World()
    world.log_endorsement(world.committee.endorse(world.dossier))
    world.log_endorsement(world.institutions[0].endorse(world.dossier))
    return world


def a_dossier(**changes: object) -> dossier.Dossier:
    digests = [hashlib.sha256(f"segment {n}".encode()).digest() for n in range(5)]
    settings = {
        "type": "dossier/1",
        "id": ADDRESS,
        "episode": EPISODE,
        "factory": "",
        "segments": dossier.Segments(
            algo="sha-256",
            count=5,
            root=dossier.tree_root(digests),
            init=dossier.tree_root(digests[:1]),
            digest=dossier.digest_sri(b"{}"),
        ),
        "measurements": dossier.Measurements(
            schema="quality-creator/1", count=5, root=dossier.tree_root(digests)
        ),
        "verdicts": (
            dossier.Verdict(chart="xbar-r", characteristic="peel", digest=dossier.digest_sri(b"{}")),
        ),
        "software": dossier.Software(name="quality-creator", version="1"),
    }
    return dossier.Dossier(**(settings | changes))  # type: ignore[arg-type]
