"""An authority says why it does not vouch for what it reviewed: signed and logged, so nobody can drop it.

It is no endorsement in another mood: a tool that knows endorsements only must not take it for one. An
authority's later word counts, by the times that it signed itself: who dissented can endorse afterwards, and
who endorsed and then dissents endorses no more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.trust import credential, endorsement
from quality_creator.trust.log import leaf
from quality_creator.trust.log.leaf import Leaf

LEAF = "dissent/1"
KIND = "Dissent"


class _Subject(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: str
    digest: endorsement.Sri = msgspec.field(name="digestSRI")
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=endorsement.LONGEST_COMMENT)]
    type: Literal["DissentSubject"] = "DissentSubject"


@dataclass(frozen=True, slots=True)
class Dissent:
    """A dissent as it is written; the signature is the caller's to check."""

    id: str
    issuer: str
    subject: str
    digest: str
    """digestSRI of what was reviewed."""
    reason: str
    created: datetime
    method: str
    made: credential.Credential

    @property
    def sha256(self) -> str:
        """Of the document, as its entry in the log has it."""
        return leaf.sha256(self.made.data)


def issue(
    key: Ed25519PrivateKey,
    *,
    id: str,  # noqa: A002
    issuer: str,
    subject: str,
    digest: str,
    reason: str,
    now: datetime,
) -> bytes:
    """Decline to endorse what has a digest, in the authority's own words. Raises BadPayload."""
    said = _Subject(id=subject, digest=digest, reason=reason)
    data = endorsement.notice(key, KIND, said, id=id, issuer=issuer, now=now)
    read(data)  # what is issued can be read
    return data


def read(data: bytes) -> Dissent:
    """A dissent. Raises BadPayload."""
    made = credential.read(data, kind=(KIND,), contexts=endorsement.NOTICE_CONTEXTS)
    said = credential.convert(made.subject, _Subject)
    claimed = made.claimed
    return Dissent(
        made.id, made.issuer, said.id, said.digest, said.reason, claimed.created, claimed.method, made
    )


def entry_of(said: Dissent) -> Leaf:
    """The entry that a dissent has in the log."""
    return leaf.leaf_of(said.made.data, type=LEAF, id=said.id, issuer=said.issuer, subject=said.digest)
