"""An authority's credential over one digest: what it vouches for, since when, and how it takes it back.

Each authority issues its own (Open Badges 3.0 EndorsementCredential). Several signatures under one document
would be checked differently by different tools, and nobody could revoke their own half.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import contexts as pinned
from quality_creator.trust import credential, proof, status_list
from quality_creator.trust.status_list import Purpose

LEAF = "endorsement/1"
STATUS_LEAF = "status/1"
"""A change of an endorsement's status, in the log before it is in the list."""
LIST_LEAF = "status-list/1"
KEY_LEAF = "key/1"

KIND = "EndorsementCredential"
LONGEST_COMMENT = 4_000

_CONTEXTS = (pinned.CREDENTIALS, pinned.OPEN_BADGES)
NOTICE_CONTEXTS = (pinned.CREDENTIALS, pinned.UNDEFINED_TERMS)
Sri = Annotated[str, msgspec.Meta(pattern=r"^sha256-[A-Za-z0-9+/]{43}=\Z")]
"""A digestSRI with SHA-256."""


class _Issuer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    type: tuple[Literal["Profile"]] = ("Profile",)
    name: Annotated[str, msgspec.Meta(max_length=200)]


class _Subject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    type: tuple[Literal["EndorsementSubject"]] = ("EndorsementSubject",)
    endorsementComment: Annotated[str, msgspec.Meta(max_length=LONGEST_COMMENT)]  # noqa: N815 - the standard's


class _Resource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    digest: Sri = msgspec.field(name="digestSRI")


class _Status(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    type: Literal["BitstringStatusListEntry"] = "BitstringStatusListEntry"
    purpose: Purpose = msgspec.field(name="statusPurpose")
    index: Annotated[str, msgspec.Meta(pattern=r"^(0|[1-9][0-9]{0,5})\Z")] = msgspec.field(
        name="statusListIndex"
    )
    address: str = msgspec.field(name="statusListCredential")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an issuer's list says whether an endorsement counts."""

    purpose: Purpose
    address: str
    index: int


@dataclass(frozen=True, slots=True)
class Endorsement:
    """An endorsement as it is written; whether its issuer signed it is asked with `verify`."""

    id: str
    issuer: str
    issuer_name: str
    subject: str
    comment: str
    digest: str
    """digestSRI of what is endorsed."""
    valid_from: datetime
    valid_until: datetime
    status: tuple[Place, Place]
    """In the list of revocations, and in that of suspensions."""
    created: datetime
    method: str
    data: bytes
    """Canonical."""
    _credential: credential.Credential

    def verify(self, public: Ed25519PublicKey) -> None:
        """Check that this key of the issuer signed it. Raises BadPayload."""
        self._credential.verify(public)


def issue(
    key: Ed25519PrivateKey,
    *,
    id: str,  # noqa: A002
    issuer: str,
    issuer_name: str,
    subject: str,
    digest: str,
    comment: str,
    now: datetime,
    valid_until: datetime,
    status_address: str,
    status_index: int,
) -> bytes:
    """Endorse what has a digest.

    Args:
        key: The authority's own, which nobody else has.
        id: `urn:uuid:` and a new one.
        issuer: The authority's did:web.
        issuer_name: As it calls itself.
        subject: The address of what is endorsed.
        digest: Its digestSRI.
        comment: What exactly the authority vouches for, in its own words.
        now: The proof's time.
        valid_until: From when on it counts no more.
        status_address: Where the authority's list of revocations is; that of suspensions lies below it.
        status_index: The endorsement's own position in both.
    """
    document: dict[str, Any] = {
        "@context": [*_CONTEXTS],
        "id": id,
        "type": ["VerifiableCredential", KIND],
        "issuer": msgspec.to_builtins(_Issuer(id=issuer, name=issuer_name)),
        "validFrom": proof.time_text(now),
        "validUntil": proof.time_text(valid_until),
        "credentialSubject": msgspec.to_builtins(_Subject(id=subject, endorsementComment=comment)),
        "relatedResource": [msgspec.to_builtins(_Resource(id=subject, digest=digest))],
        "credentialStatus": [
            msgspec.to_builtins(
                _Status(id=f"{where}#{status_index}", purpose=purpose, index=str(status_index), address=where)
            )
            for purpose, where in status_list.addresses(status_address).items()
        ],
    }
    data = credential.sign(document, key, issuer=issuer, now=now)
    read(data)  # what is issued can be read
    return data


def read(data: bytes) -> Endorsement:
    """An endorsement. Raises BadPayload."""
    made = credential.read(
        data, kind=(KIND,), contexts=_CONTEXTS, more=("relatedResource", "credentialStatus")
    )
    document = made.document
    issuer = credential.convert(document["issuer"], _Issuer)
    subject = credential.convert(made.subject, _Subject)
    resources = credential.convert(document["relatedResource"], list[_Resource])
    status = credential.convert(document["credentialStatus"], list[_Status])
    if len(resources) != 1 or resources[0].id != subject.id:
        raise BadPayload("an endorsement is of exactly one resource, its subject")
    if made.valid_until is None:
        raise BadPayload("an endorsement says until when it counts")
    if [one.purpose for one in status] != [*status_list.PURPOSES]:
        raise BadPayload("an endorsement has a place in a list of revocations and in one of suspensions")
    for one in status:
        if int(one.index) >= status_list.SIZE:
            raise BadPayload(f"there is no position {one.index} in a status list")
    revocation, suspension = (Place(one.purpose, one.address, int(one.index)) for one in status)
    return Endorsement(
        id=made.id,
        issuer=made.issuer,
        issuer_name=issuer.name,
        subject=subject.id,
        comment=subject.endorsementComment,
        digest=resources[0].digest,
        valid_from=made.valid_from,
        valid_until=made.valid_until,
        status=(revocation, suspension),
        created=made.claimed.created,
        method=made.claimed.method,
        data=made.data,
        _credential=made,
    )


# --- taking back -------------------------------------------------------------------------------------


class _Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    type: Literal["EndorsementStatus"] = "EndorsementStatus"
    status: Literal["revoked", "suspended", "reinstated"]
    reason: Annotated[str, msgspec.Meta(max_length=LONGEST_COMMENT)]


@dataclass(frozen=True, slots=True)
class Change:
    """An authority says that its endorsement counts no more, or again."""

    endorsement: str
    status: Literal["revoked", "suspended", "reinstated"]
    reason: str
    made: credential.Credential


def issue_change(
    key: Ed25519PrivateKey,
    *,
    id: str,  # noqa: A002
    issuer: str,
    endorsement: str,
    status: Literal["revoked", "suspended", "reinstated"],
    reason: str,
    now: datetime,
) -> bytes:
    """Take an endorsement back, or put it in force again; a revoked one stays revoked."""
    return notice(
        key,
        "EndorsementStatus",
        _Change(id=endorsement, status=status, reason=reason),
        id=id,
        issuer=issuer,
        now=now,
    )


def read_change(data: bytes) -> Change:
    """A change of an endorsement's status; the signature is the caller's to check. Raises BadPayload."""
    made = credential.read(data, kind=("EndorsementStatus",), contexts=NOTICE_CONTEXTS)
    change = credential.convert(made.subject, _Change)
    return Change(change.id, change.status, change.reason, made)


class _Stolen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    type: Literal["CompromisedKey"] = "CompromisedKey"
    index: Annotated[int, msgspec.Meta(ge=0)] = msgspec.field(name="compromisedFromIndex")


@dataclass(frozen=True, slots=True)
class Stolen:
    """What was signed with a key counts only where it was logged before an index."""

    method: str
    index: int
    made: credential.Credential


def issue_stolen(
    key: Ed25519PrivateKey,
    *,
    id: str,  # noqa: A002
    issuer: str,
    method: str,
    index: int,
    now: datetime,
) -> bytes:
    """Say that a key is in wrong hands; what was logged below `index` keeps standing."""
    return notice(key, "CompromisedKey", _Stolen(id=method, index=index), id=id, issuer=issuer, now=now)


def read_stolen(data: bytes) -> Stolen:
    """That a key is in wrong hands; the signature is the caller's to check. Raises BadPayload."""
    made = credential.read(data, kind=("CompromisedKey",), contexts=NOTICE_CONTEXTS)
    stolen = credential.convert(made.subject, _Stolen)
    return Stolen(stolen.id, stolen.index, made)


def notice(
    key: Ed25519PrivateKey,
    kind: str,
    subject: msgspec.Struct,
    *,
    id: str,  # noqa: A002
    issuer: str,
    now: datetime,
) -> bytes:
    """What an authority says that is no endorsement, signed."""
    document = {
        "@context": [*NOTICE_CONTEXTS],
        "id": id,
        "type": ["VerifiableCredential", kind],
        "issuer": issuer,
        "validFrom": proof.time_text(now),
        "credentialSubject": msgspec.to_builtins(subject),
    }
    return credential.sign(document, key, issuer=issuer, now=now)
