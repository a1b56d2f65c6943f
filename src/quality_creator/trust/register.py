"""Whose word counts: the register of authorities, a credential of the committee that others must approve.

The register decides which key an authority signs with and from when to when; a `did:web` is only a name.
The first version is believed because whoever verifies has its digest from elsewhere. Each later one names
the one before, is signed by the committee's key of the one before, and is approved by as many inspection
institutions of the one before as that demands: a committee alone can't invent an institution.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quality_creator.model.errors import BadPayload
from quality_creator.model.text import Text
from quality_creator.trust import contexts as pinned
from quality_creator.trust import credential, did, endorsement, multikey, proof
from quality_creator.trust.dossier import digest_sri
from quality_creator.trust.log import note

Role = Literal["committee", "inspection"]

KIND = "RegisterOfAuthorities"
LEAF = "register/1"
"""What its entry in the log is called."""

CONTEXTS = (pinned.CREDENTIALS, pinned.UNDEFINED_TERMS)


class Key(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A key of an authority, and when it counts."""

    multikey: str
    since: str = msgspec.field(name="from")
    until: str | None = msgspec.field(name="to", default=None)
    """From here on it counts no more; absent while it does."""

    def holds(self, at: datetime) -> bool:
        """Whether it counts at an instant."""
        return proof.time(self.since) <= at and (self.until is None or at < proof.time(self.until))


class Authority(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One whose endorsement counts."""

    id: str
    """did:web."""
    role: Role
    name: Text
    keys: Annotated[tuple[Key, ...], msgspec.Meta(min_length=1, max_length=64)]
    """Those of the past stay, so that what was signed with them can be checked for ever."""
    witness: str = ""
    """The key with which it cosigns checkpoints, as a vkey; another than its endorsements'."""
    accreditation: str = ""
    """By whom and under which number it is accredited."""
    demonstration: bool = False
    """Made up, to show how it works: its word is worth nothing."""


class Register(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the credential says."""

    id: str
    type: Literal["RegisterOfAuthorities"]
    version: Annotated[int, msgspec.Meta(ge=1)]
    previous: str | None = None
    """The digest of the version before; absent in the first."""
    quorum: Annotated[int, msgspec.Meta(ge=1)]
    """How many inspection institutions must approve the next version."""
    authorities: Annotated[tuple[Authority, ...], msgspec.Meta(min_length=1, max_length=256)]

    def authority(self, name: str) -> Authority | None:
        """Whoever has this DID."""
        return next((one for one in self.authorities if one.id == name), None)

    @property
    def committee(self) -> Authority:
        """The one that signs the register."""
        return next(one for one in self.authorities if one.role == "committee")

    @property
    def demonstration(self) -> bool:
        """Whether anyone in it is made up."""
        return any(one.demonstration for one in self.authorities)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A register that may be relied on, and its credential's bytes and digest."""

    register: Register
    data: bytes
    digest: str
    """digestSRI."""

    def key_of(self, issuer: str, method: str, at: datetime) -> tuple[Authority, Ed25519PublicKey]:
        """An issuer's key of this name, when it counts at an instant.

        Raises:
            BadPayload: the issuer or the key is not in the register, or did not count then.
        """
        authority, entry, public = self.find(issuer, method)
        if not entry.holds(at):
            raise BadPayload(f"the key did not count at {proof.time_text(at)}")
        return authority, public

    def find(self, issuer: str, method: str) -> tuple[Authority, Key, Ed25519PublicKey]:
        """An issuer's key of this name, whenever it counts. Raises BadPayload when there is none."""
        authority = self.register.authority(issuer)
        if authority is None:
            raise BadPayload(f"{issuer} is not in the register of authorities")
        for key in authority.keys:
            if method == did.method(issuer, key.multikey):
                return authority, key, multikey.decode(key.multikey)
        raise BadPayload(f"the register has no such key of {issuer}")


def issue(
    register: Register, key: Ed25519PrivateKey, *, issuer: str, credential_id: str, now: datetime
) -> bytes:
    """The register as a credential that the committee signs: that of the version before, if there is one.

    Raises:
        BadPayload: it contradicts itself; the text says how.
    """
    _check(register)
    document: dict[str, Any] = {
        "@context": [*CONTEXTS],
        "id": credential_id,
        "type": ["VerifiableCredential", KIND],
        "issuer": issuer,
        "validFrom": proof.time_text(now),
        "credentialSubject": msgspec.to_builtins(register),
    }
    return credential.sign(document, key, issuer=issuer, now=now)


def first(data: bytes) -> Accepted:
    """The first version: signed by the committee that it names itself.

    Whoever relies on it compares `digest` with one that came another way.

    Raises:
        BadPayload: it is no register, or not signed so.
    """
    made, register = _read(data)
    if register.version != 1 or register.previous is not None:
        raise BadPayload(f"version {register.version} of a register; the first one is needed")
    accepted = Accepted(register, made.data, digest_sri(made.data))
    _, public = accepted.key_of(made.issuer, made.claimed.method, made.claimed.created)
    if made.issuer != register.committee.id:
        raise BadPayload("the register is not signed by its committee")
    made.verify(public)
    return accepted


def following(before: Accepted, data: bytes, approvals: Iterable[bytes]) -> Accepted:
    """A later version, when the version before lets it be.

    Args:
        before: The version that it follows.
        data: The new version.
        approvals: Endorsements of it by inspection institutions of the version before.

    Raises:
        BadPayload: not signed by the committee of before, out of order, or approved by too few.
    """
    made, register = _read(data)
    old = before.register
    if (register.id, register.version, register.previous) != (old.id, old.version + 1, before.digest):
        raise BadPayload(f"it does not follow version {old.version} of the register")
    if made.issuer != old.committee.id:
        raise BadPayload("the register is not signed by the committee of the version before")
    created = made.claimed.created
    _, public = before.key_of(made.issuer, made.claimed.method, created)
    made.verify(public)
    digest = digest_sri(made.data)
    who = {issuer for one in approvals if (issuer := _approver(before, one, digest)) is not None}
    if len(who) < old.quorum:
        raise BadPayload(
            f"version {register.version} of the register is approved by {len(who)} institutions; "
            f"version {old.version} demands {old.quorum}"
        )
    return Accepted(register, made.data, digest)


def chain(versions: Sequence[bytes], approvals: Sequence[bytes]) -> Accepted:
    """The newest of all versions, oldest first, each let be by the one before. Raises BadPayload."""
    if not versions:
        raise BadPayload("there is no register of authorities")
    accepted = first(versions[0])
    for data in versions[1:]:
        accepted = following(accepted, data, approvals)
    return accepted


def _approver(before: Accepted, data: bytes, digest: str) -> str | None:
    """Which institution approves with this document; None when it is no approval of this digest."""
    try:
        approval = endorsement.read(data)
        if approval.digest != digest:
            return None
        authority, public = before.key_of(approval.issuer, approval.method, approval.created)
        approval.verify(public)
    except BadPayload:
        return None
    return authority.id if authority.role == "inspection" else None


def read(data: bytes) -> Register:
    """What a version says; whether it may be relied on is not asked. Raises BadPayload."""
    return _read(data)[1]


def _read(data: bytes) -> tuple[credential.Credential, Register]:
    made = credential.read(data, kind=(KIND,), contexts=CONTEXTS)
    register = credential.convert(made.subject, Register)
    _check(register)
    return made, register


def _check(register: Register) -> None:
    """That the register makes sense in itself. Raises BadPayload."""
    roles = [one.role for one in register.authorities]
    if roles.count("committee") != 1:
        raise BadPayload("a register has one committee")
    institutions = roles.count("inspection")
    if 2 * register.quorum <= institutions or register.quorum > max(institutions, 1):
        raise BadPayload(
            f"a quorum of {register.quorum} of {institutions}: more than half, so that any two share one"
        )
    if len({one.id for one in register.authorities}) != len(roles):
        raise BadPayload("an authority stands in the register twice")
    keys = [key.multikey for one in register.authorities for key in one.keys]
    if len(set(keys)) != len(keys):
        raise BadPayload("a key stands in the register twice")
    for authority in register.authorities:
        did.web(authority.id)
        if authority.witness:
            note.vkey(authority.witness)
        for key in authority.keys:
            multikey.decode(key.multikey)
            proof.time(key.since)
            if key.until is not None:
                proof.time(key.until)
