"""What was aired and measured: the lists of segments and measurements, under the dossier's roots."""

from quality_creator.actions.check.case import Case
from quality_creator.model.errors import BadPayload
from quality_creator.trust import dossier as dossiers
from quality_creator.trust import evidence


def check_segments(case: Case) -> None:
    made, data = case.dossier, case.read(evidence.SEGMENTS)
    if made is None or data is None:
        return case.say("segments", "wrong", "there is no list of segments, or no dossier to compare it with")
    try:
        found = evidence.decode_segments(data)
    except BadPayload as error:
        return case.say("segments", "wrong", str(error))
    leaves = found.leaves
    if (
        dossiers.digest_sri(data) != made.segments.digest
        or (len(leaves), found.missing) != (made.segments.count, made.segments.missing)
        or dossiers.tree_root(leaves) != made.segments.root
        or dossiers.tree_root(found.init_leaves) != made.segments.init
    ):
        return case.say("segments", "wrong", "the list of segments is not the one of the dossier")
    case.segments = found
    lost = f"; {found.missing} were aired and not recorded" if found.missing else ""
    return case.say("segments", "right", f"{len(leaves)} in {len(found.renditions)} renditions{lost}")


def check_measurements(case: Case) -> None:
    made = case.dossier
    if made is None:
        return None
    leaves = case.batch_digests()
    if len(leaves) != made.measurements.count or dossiers.tree_root(leaves) != made.measurements.root:
        return case.say("measurements", "wrong", "the batches are not those of the dossier")
    return case.say("measurements", "right", f"{len(leaves)} batches")


def check_as_run(case: Case) -> None:
    """The list of what was on air when."""
    if case.dossier is None or case.dossier.as_run is None:
        return
    data = case.read(evidence.AS_RUN)
    right = data is not None and dossiers.digest_sri(data) == case.dossier.as_run.digest
    case.say("as run", "right" if right else "wrong", "" if right else "not the list that was endorsed")
