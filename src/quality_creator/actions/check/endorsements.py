"""Who vouches: the endorsements, judged by the register, the log and the newest status lists."""

from collections.abc import Iterator
from datetime import datetime

from quality_creator.actions.check.case import Case
from quality_creator.actions.check.log import require_same_tree
from quality_creator.model.errors import BadPayload
from quality_creator.trust import dissent, endorsement, evidence, status_list, verdict
from quality_creator.trust.log import proof
from quality_creator.trust.verdict import Entry, Presented


def check_endorsements(case: Case) -> None:
    if case.dossier is None or case.accepted is None or case.believed is None or case.index is None:
        return
    given = []
    for name in case.index.under("endorsements"):
        if not name.endswith(proof.SUFFIX):
            given.append(Presented(case.source.read(name), case.read(evidence.logged(name)) or b""))
    case.judged = verdict.judge(
        verdict.Evidence(
            dossier=case.dossier_data,
            register=case.accepted,
            policy=case.believed,
            endorsements=given,
            lists=_lists(case),
            entries=list(_notices(case)),
        ),
        case.now,
    )
    for one in case.judged.judged:
        if one.logged is not None:
            try:
                require_same_tree(case, one.logged)
            except BadPayload as error:
                case.say("endorsements in the log", "wrong", str(error))


def _lists(case: Case) -> dict[str, bytes]:
    """The newest status list of each address."""
    assert case.index is not None
    newest: dict[str, tuple[datetime, bytes]] = {}
    for name in case.index.under("status"):
        data = case.source.read(name)
        try:
            found = status_list.read(data)
        except BadPayload:
            continue  # it says nothing, so its address has none
        if found.address not in newest or newest[found.address][0] < found.valid_from:
            newest[found.address] = (found.valid_from, data)
    return {address: data for address, (_, data) in newest.items()}


def _notices(case: Case) -> Iterator[Entry]:
    """What the log says of status, keys and dissents, with the documents that are at hand."""
    for index, one in enumerate(case.leaves):
        if one.type in (endorsement.STATUS_LEAF, endorsement.KEY_LEAF, dissent.LEAF):
            yield Entry(index, one, case.document(one))
