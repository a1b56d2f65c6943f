"""What an institution says of its experts' keys, signed at its own desk: taken in, logged, and followed.

An administrator's decision is logged, too (`actions.institutions`), without a proof: then the hub says so,
and nobody else.
"""

from datetime import UTC, datetime

from quality_creator.actions import audit, authorities
from quality_creator.actions.authorities import SEEN_S, Taken
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadPayload, Conflict, Forbidden, NotFound
from quality_creator.model.person import Visitor
from quality_creator.store import institutions, ledger
from quality_creator.store.database import Transaction
from quality_creator.trust import enrolment, jcs, verdict
from quality_creator.trust.log import leaf


def concerns(data: bytes) -> bool:
    """Whether a document says of itself that it is an enrolment. Raises BadPayload."""
    return jcs.decode_object(data).get("type") == enrolment.LEAF


async def take(hub: Hub, visitor: Visitor, data: bytes, now: datetime | None = None) -> Taken:
    """Take in what an institution signed of an expert's key, and do as it says.

    Raises:
        BadPayload: it is no enrolment.
        Forbidden: the institution did not sign it with a key of the register.
        NotFound: nobody enrolled this key here for this institution.
        Conflict: it has come already, comes too late, or the key is revoked.
    """
    told = enrolment.decode(jcs.encode(jcs.decode_object(data)))
    made, now = told.enrolment, now or datetime.now(UTC)
    register = await authorities.accepted(hub.ledger)
    try:
        if register is None or told.claimed is None:
            raise BadPayload("there is no register of authorities yet, or no signature")
        told.verify(register)
    except BadPayload as error:
        raise Forbidden(f"not signed by {made.institution}: {error}") from error
    if not -verdict.EARLY <= now - told.claimed.created <= verdict.LATE:
        raise Conflict(f"it was signed at {told.claimed.created}, and it is {now} here; sign it again")

    def act(transaction: Transaction) -> int:
        ledger.hold(transaction)
        if any(
            one.document == told.data for one in ledger.about(transaction, made.expert, (enrolment.LEAF,))
        ):
            raise Conflict("this document is in the log already")
        _follow(transaction, visitor, made, now)
        return hub.ledger.enter_in(
            transaction,
            told.data,
            type=enrolment.LEAF,
            id=made.id,
            subject=made.expert,
            issuer=made.institution,
        )

    index = await hub.ledger.transact(act)
    await hub.ledger.seen(index, SEEN_S)
    proof = (await hub.ledger.proof(index)).decode()
    return Taken(kind=enrolment.LEAF, id=made.id, index=index, sha256=leaf.sha256(told.data), proof=proof)


def _follow(transaction: Transaction, visitor: Visitor, made: enrolment.Enrolment, now: datetime) -> None:
    """Decide on the key as its institution does; what an administrator approved before stays approved."""
    names = {one.id: one.did for one in institutions.everything(transaction)}
    key = next((one for one in institutions.keys(transaction) if f"did:key:{one.key}" == made.expert), None)
    if key is None or names.get(key.institution) != made.institution:
        raise NotFound(f"nobody enrolled the key {made.expert} here for {made.institution}")
    if key.state == made.state == "approved":
        return
    institutions.decide(transaction, key.id, made.state, now, made.institution)
    act = "key.approve" if made.state == "approved" else "key.revoke"
    audit.write(transaction, visitor, act, made.name, key=key.key, institution=made.institution)
