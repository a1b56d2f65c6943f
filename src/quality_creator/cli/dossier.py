"""`qc dossier show`: what an authority is asked to vouch for, and what of it is not right."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from cyclopts import App

from quality_creator.cli import app
from quality_creator.model.errors import BadInput, BadPayload, NotFound

if TYPE_CHECKING:
    from quality_creator.actions.checking import Report
    from quality_creator.actions.evidence_source import Source
    from quality_creator.actions.summary import Summary
    from quality_creator.trust.dossier import Dossier

dossier = App(name="dossier", help="The dossier of an episode, for whoever reviews it.")
app.command(dossier)


@dossier.command
def show(target: str) -> None:
    """List what is in a dossier, and what is not right, before your authority endorses it.

    Pictures are compared by their digests only; `qc verify` looks at them, too, and judges endorsements.

    Args:
        target: The episode's address, a folder with its evidence, or a bundle.
    """
    from quality_creator.actions import checking, evidence_source
    from quality_creator.trust import dossier as dossiers
    from quality_creator.trust import evidence

    with evidence_source.opened(target) as source:
        data = source.read(evidence.DOSSIER)
        try:
            made = dossiers.decode(data)
        except BadPayload as error:
            raise BadInput(f"{target}: the dossier: {error}") from error
        report = checking.check(source, target=target, now=datetime.now(UTC), with_media=False)
        summaries = list(_summaries(source, made))
    for line in (*contents(made, dossiers.digest_sri(data), summaries), "", *not_right(report, summaries)):
        print(line)


def _summaries(source: "Source", made: "Dossier") -> Iterator["Summary"]:
    """What each chart said, where that is what the dossier names."""
    from quality_creator.actions.summary import Summary
    from quality_creator.trust import dossier as dossiers

    for one in made.verdicts:
        try:
            data = source.read(f"verdicts/{one.characteristic}.json")
            if dossiers.digest_sri(data) == one.digest:
                yield msgspec.json.decode(data, type=Summary)
        except (NotFound, BadPayload, msgspec.MsgspecError, UnicodeDecodeError):
            continue  # the report says so


def contents(made: "Dossier", digest: str, summaries: Sequence["Summary"]) -> list[str]:
    """What is in a dossier, a line each."""
    said = {str(one.characteristic): one for one in summaries}
    lines = [
        f"dossier       {made.id}",
        f"digest        {digest}",
        f"episode       {made.episode}",
        f"segments      {made.segments.count}, {made.segments.missing} not recorded",
        f"measurements  {made.measurements.count} batches",
    ]
    for one in made.measurements.instruments:
        stated = one.calibration
        words = (
            f"{stated.get('certificate')}, by {stated.get('by')}, due {stated.get('due')}" if stated else "–"
        )
        lines.append(f"instrument    {one.id}: {words}")
    lines += [
        f"chart         {one.characteristic} ({one.chart}){_counts(said.get(one.characteristic))}"
        for one in made.verdicts
    ]
    lines += [f"remark        {one.expert}  {one.digest}" for one in made.remarks]
    return [*lines, f"made by       {made.software.name} {made.software.version}"]


def _counts(said: "Summary | None") -> str:
    if said is None:
        return ""
    outside = f", {said.outside} outside the specification" if said.specification else ""
    return f": {said.measurements} measured{outside}, {sum(said.signals.values())} signals"


def not_right(report: "Report", summaries: Sequence["Summary"]) -> list[str]:
    """What a reviewer should know before they sign; a line each."""
    words = {"wrong": "NOT RIGHT", "unknown": "can't tell", "absent": "not there"}
    lines = [
        f"  {words[one.outcome]}: {one.name}: {one.words}" for one in report.checks if one.outcome != "right"
    ]
    for one in summaries:
        if one.signals or (one.specification and one.outside):
            lines.append(f"  look at this: {one.characteristic}{_counts(one)}")
    return ["To look at before you endorse:", *lines] if lines else ["Nothing was found that is not right."]
