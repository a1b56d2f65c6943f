"""Since when, by a clock of somebody else: the time stamps on the log's checkpoints."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509

from quality_creator.actions.check.case import Case, when
from quality_creator.model.errors import BadPayload
from quality_creator.trust import dossier, timestamp
from quality_creator.trust.log import merkle

AHEAD = timedelta(seconds=60)
"""By how much a witness's clock may be ahead of an authority's."""


def check_timestamps(case: Case, roots: Sequence[x509.Certificate]) -> None:
    """That each stamp is over a checkpoint of this log, and not before its witnesses saw it."""
    found: list[tuple[int, datetime]] = []
    for index, one in enumerate(case.leaves):
        if one.type == timestamp.LEAF and (data := case.document(one)) is not None:
            try:
                found.append(_checked(case, data, roots))
            except BadPayload as error:
                return case.say("time stamps", "wrong", f"entry {index}: {error}")
    if not found:
        return case.say("time stamps", "absent", "no authority stamped the log")
    place = next((n for n, one in enumerate(case.leaves) if one.type == dossier.LEAF), None)
    covering = [at for size, at in found if place is not None and size > place]
    dated = f"the dossier was logged before {when(min(covering))}" if covering else "none covers the dossier"
    if not roots:
        words = (
            f"{len(found)}; {dated}; name whom you believe with --time-authority to have signatures checked"
        )
        return case.say("time stamps", "absent", words)
    return case.say("time stamps", "right", f"{len(found)}; {dated}")


def _checked(case: Case, data: bytes, roots: Sequence[x509.Certificate]) -> tuple[int, datetime]:
    """How many entries a stamped checkpoint has, and when it was stamped. Raises BadPayload."""
    assert case.believed is not None
    one = timestamp.decode(data)
    seen = case.believed.open(one.checkpoint.encode())
    there = seen.signed.checkpoint
    if there.size > case.size or merkle.root(there.size, case.hashes) != there.root:
        raise BadPayload("a stamped checkpoint that is not of this log")
    at = timestamp.check(one, roots)
    if seen.time is not None and at < seen.time - AHEAD:
        raise BadPayload(f"stamped at {at}, before its witnesses saw it")
    return there.size, at
