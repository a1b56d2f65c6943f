"""What a check says of instruments: calibrated to the end, overdue, or nothing stated."""

from dataclasses import dataclass

import msgspec
import pytest

from quality_creator.cli import dossier as review
from quality_creator.trust import dossier
from quality_creator.trust.dossier import Dossier, Instrument
from tests.actions.evidence_files import Episode
from tests.actions.test_checking import _check

STATED = {"certificate": "CAL-2026-417", "by": "Metrology, Foshan", "due": "2027-03-01"}


@dataclass
class Measured(Episode):
    """An episode whose dossier names instruments."""

    instruments: tuple[Instrument, ...] = ()

    def _dossier(self) -> Dossier:
        made = super()._dossier()
        measured = msgspec.structs.replace(made.measurements, instruments=self.instruments)
        return msgspec.structs.replace(made, measurements=measured)


@pytest.mark.parametrize(
    ("calibration", "outcome", "words"),
    [
        (STATED, "right", "1, stated to be calibrated"),
        (STATED | {"due": "2026-09-01"}, "right", "1, stated to be calibrated"),
        (STATED | {"due": "2026-08-31"}, "unknown", "not calibrated in time: utm (was due 2026-08-31)"),
        ({}, "absent", "nothing is stated of a calibration of utm"),
        (STATED | {"due": "soon"}, "absent", "nothing is stated"),
    ],
)
def test_a_calibration_holds_to_the_end_of_the_episode_or_a_reviewer_reads_why_not(
    calibration: dict[str, str], outcome: str, words: str
) -> None:
    episode = Measured(instruments=(Instrument(id="utm", calibration=calibration),))
    report = _check(episode.files(media=False), with_media=False)
    found = next(one for one in report.checks if one.name == "instruments")
    assert (found.outcome, found.words.startswith(words)) == (outcome, True), found.words
    told = "\n".join(review.not_right(report, []))
    assert (words in told) == (outcome != "right")
    lines = review.contents(dossier.decode(episode.world.dossier), "sha256-x", [])
    assert any(line.startswith("instrument    utm: ") for line in lines)
