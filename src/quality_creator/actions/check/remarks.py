"""What experts said: that each remark of the dossier is at hand as it was signed."""

from quality_creator.actions.check.case import Case
from quality_creator.trust import dossier as dossiers


def check_remarks(case: Case) -> None:
    """Compare the remarks with the dossier's digests."""
    if case.dossier is None or not case.dossier.remarks or case.index is None:
        return
    there = {dossiers.digest_sri(case.source.read(name)) for name in case.index.under("remarks")}
    missing = sum(one.digest not in there for one in case.dossier.remarks)
    words = f"{len(case.dossier.remarks)}" if not missing else f"{missing} are missing or were changed"
    case.say("remarks", "wrong" if missing else "right", words)
