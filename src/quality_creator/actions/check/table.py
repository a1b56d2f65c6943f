"""The measurements as a table: the one that was endorsed, and the same numbers as in the stream."""

from quality_creator.actions import measurement_table
from quality_creator.actions.check.case import Case, Outcome
from quality_creator.model.errors import BadPayload
from quality_creator.trust import dossier as dossiers
from quality_creator.trust import evidence
from quality_creator.trust.dossier import Table


def check_table(case: Case) -> None:
    """Its digest always; its rows where something is installed that can read them."""
    if case.dossier is not None and case.dossier.measurements.table is not None:
        case.say("measurements' table", *_judged(case, case.dossier.measurements.table))


def _judged(case: Case, named: Table) -> tuple[Outcome, str]:
    assert case.dossier is not None
    data = case.read(evidence.TABLE)
    if data is None or dossiers.digest_sri(data) != named.digest:
        return "wrong", "not the table that was endorsed"
    if named.schema != measurement_table.SCHEMA:
        return (
            "absent",
            f"the one that was endorsed; its rows were not compared: {named.schema} is unknown here",
        )
    if not measurement_table.readable():
        return (
            "absent",
            "the one that was endorsed; its rows were not compared: install quality-creator[parquet]",
        )
    try:
        wrong = measurement_table.differs(data, case.messages(), episode=case.dossier.episode)
    except BadPayload as error:
        return "wrong", str(error)
    return ("wrong", wrong) if wrong else ("right", "a row for each measurement in the stream, and no other")
