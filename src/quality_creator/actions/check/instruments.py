"""What measured: whether each instrument's calibration is stated, and held up to the end of the episode."""

from datetime import date

from quality_creator.actions.check.case import Case
from quality_creator.model.clock import utc


def check_instruments(case: Case) -> None:
    """Look at the calibrations that the dossier states; the certificates themselves are not at hand."""
    if case.dossier is None or not case.dossier.measurements.instruments:
        return None
    last = utc(case.segments.segments[-1].utc).date() if case.segments and case.segments.segments else None
    silent, overdue = [], []
    for one in case.dossier.measurements.instruments:
        due = _day(one.calibration.get("due", ""))
        if due is None or not one.calibration.get("certificate"):
            silent.append(one.id)
        elif last is not None and due < last:
            overdue.append(f"{one.id} (was due {due})")
    if overdue:
        return case.say("instruments", "unknown", f"not calibrated in time: {', '.join(overdue)}")
    if silent:
        return case.say("instruments", "absent", f"nothing is stated of a calibration of {', '.join(silent)}")
    count = len(case.dossier.measurements.instruments)
    return case.say("instruments", "right", f"{count}, stated to be calibrated to the end of the episode")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
