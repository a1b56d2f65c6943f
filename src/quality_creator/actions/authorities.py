"""What authorities send to a hub: endorsements, dissents, changes, lists, registers. Checked, and logged.

The hub holds no authority's key and signs nothing in their name. What it takes in is what they signed at
their own desks; what it refuses, a verdict would not count either.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from quality_creator.actions.ledger import Ledger
from quality_creator.model.errors import BadInput, BadPayload, Conflict, Forbidden
from quality_creator.store.ledger import Entry
from quality_creator.trust import (
    credential,
    dissent,
    dossier,
    endorsement,
    jcs,
    register,
    status_list,
    verdict,
)
from quality_creator.trust.log import leaf
from quality_creator.trust.register import Accepted

REGISTERS = "register"
"""What the entries of all registers are about."""

SEEN_S = 15.0
"""How long a taker waits for the log's witnesses to see what was taken in."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a document."""

    kind: str
    """Of its entry in the log."""
    id: str
    index: int
    """Its place in the log."""
    sha256: str
    proof: str
    """Its `.tlog-proof`; empty while the log's witnesses have not seen it."""


async def take(ledger: Ledger, data: bytes, now: datetime | None = None) -> Taken:
    """Take in a document that an authority signed.

    Raises:
        BadPayload: it is not what it says it is.
        Forbidden: the register of authorities does not let its issuer say this.
        Conflict: it has come already, or comes too late.
    """
    document = jcs.decode_object(data)
    kinds: dict[str, Callable[[Ledger, bytes, datetime], Awaitable[leaf.Leaf]]] = {
        endorsement.KIND: _endorsement,
        dissent.KIND: _dissent,
        "EndorsementStatus": _change,
        "CompromisedKey": _stolen,
        "BitstringStatusListCredential": _list,
        register.KIND: _register,
    }
    named = document.get("type")
    kind = named[-1] if isinstance(named, list) and named else None
    if not isinstance(kind, str) or kind not in kinds:
        raise BadPayload(f"its type is none of {', '.join(kinds)}")
    canonical = jcs.encode(document)
    entry = await kinds[kind](ledger, canonical, now or datetime.now(UTC))
    for known in await ledger.about(entry.subject, entry.type):
        if known.document == canonical:
            raise Conflict(f"this document is in the log already, as entry {known.index}")
    index = await ledger.enter(
        canonical, type=entry.type, id=entry.id, subject=entry.subject, issuer=entry.issuer
    )
    await ledger.seen(index, SEEN_S)
    proof = (await ledger.proof(index)).decode()
    return Taken(kind=entry.type, id=entry.id, index=index, sha256=entry.sha256, proof=proof)


async def accepted(ledger: Ledger) -> Accepted | None:
    """The register as it stands; None before the first."""
    versions = await register_versions(ledger)
    return register.chain(versions, await approvals(ledger, versions)) if versions else None


async def register_versions(ledger: Ledger) -> list[bytes]:
    """All versions of the register, the first one first."""
    return _documents(await ledger.about(REGISTERS, register.LEAF))


async def approvals(ledger: Ledger, versions: Sequence[bytes]) -> list[bytes]:
    """Institutions' endorsements of versions of the register."""
    found: list[bytes] = []
    for data in versions[1:]:
        found += _documents(await ledger.about(dossier.digest_sri(data), endorsement.LEAF))
    return found


def _documents(entries: Iterable[Entry]) -> list[bytes]:
    return [one.document for one in entries if one.document is not None]


async def _endorsement(ledger: Ledger, data: bytes, now: datetime) -> leaf.Leaf:
    made = endorsement.read(data)
    await _signed(ledger, made.issuer, made.method, made.verify)
    _in_time(made.created, now)
    return verdict.entry_of(made)


async def _dissent(ledger: Ledger, data: bytes, now: datetime) -> leaf.Leaf:
    said = dissent.read(data)
    await _signed(ledger, said.issuer, said.method, said.made.verify)
    _in_time(said.created, now)
    return dissent.entry_of(said)


def _in_time(created: datetime, now: datetime) -> None:
    if not -verdict.EARLY <= now - created <= verdict.LATE:
        raise Conflict(
            f"it was signed at {created}, and it is {now} here: what one says of a dossier is sent within "
            f"{verdict.LATE.total_seconds():.0f} s of being signed, else its time says nothing"
        )


async def _change(ledger: Ledger, data: bytes, _: datetime) -> leaf.Leaf:
    change = endorsement.read_change(data)
    await _signed(ledger, change.made.issuer, change.made.claimed.method, change.made.verify)
    return _leaf(change.made, endorsement.STATUS_LEAF, change.endorsement)


async def _stolen(ledger: Ledger, data: bytes, _: datetime) -> leaf.Leaf:
    stolen = endorsement.read_stolen(data)
    known = await _signed(ledger, stolen.made.issuer, stolen.made.claimed.method, stolen.made.verify)
    own = stolen.method.startswith(f"{stolen.made.issuer}#")
    if not own and known.register.committee.id != stolen.made.issuer:
        raise Forbidden("only the committee speaks of others' keys")
    return _leaf(stolen.made, endorsement.KEY_LEAF, stolen.method)


async def _list(ledger: Ledger, data: bytes, now: datetime) -> leaf.Leaf:
    found = status_list.read(data)
    await _signed(ledger, found.issuer, found.made.claimed.method, found.made.verify)
    if not found.valid_from - verdict.EARLY <= now < found.valid_until:
        raise Conflict(f"the list counts from {found.valid_from} to {found.valid_until}, and it is {now}")
    for earlier in _documents(await ledger.about(found.address, endorsement.LIST_LEAF)):
        before = status_list.read(earlier)
        if before.issuer != found.issuer:
            raise Forbidden("this address has a list of another issuer")
        if before.valid_from > found.valid_from:
            raise Conflict("there is a newer list at this address")
    return _leaf(found.made, endorsement.LIST_LEAF, found.address)


async def _register(ledger: Ledger, data: bytes, _: datetime) -> leaf.Leaf:
    versions = await register_versions(ledger)
    digest = dossier.digest_sri(data)
    if data in versions:
        raise Conflict("this version of the register is in the log already")
    if versions:
        before = register.chain(versions, await approvals(ledger, versions))
        register.following(before, data, _documents(await ledger.about(digest, endorsement.LEAF)))
    else:
        register.first(data)
    made = credential.read(data, kind=(register.KIND,), contexts=register.CONTEXTS)
    return _leaf(made, register.LEAF, REGISTERS)


async def _signed(ledger: Ledger, issuer: str, method: str, verify: Callable[..., None]) -> Accepted:
    """That an authority of the register signed; the register."""
    known = await accepted(ledger)
    if known is None:
        raise BadInput("there is no register of authorities yet; the committee sends the first")
    try:
        _, _, public = known.find(issuer, method)
    except BadPayload as error:
        raise Forbidden(str(error)) from error
    verify(public)
    return known


def _leaf(made: credential.Credential, kind: str, subject: str) -> leaf.Leaf:
    return leaf.leaf_of(made.data, type=kind, id=made.id, issuer=made.issuer, subject=subject)
