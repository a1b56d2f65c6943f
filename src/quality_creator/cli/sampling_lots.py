"""A series of lots on the command line: which plans judge it, and the switching rules lot by lot."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from quality_creator.cli.report import print_json, print_table
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    from quality_creator.quality.sampling import SinglePlan
    from quality_creator.quality.switching import Rules, Severity


@dataclass(frozen=True, slots=True)
class Lots:
    """Which plans the lots of a series are judged by."""

    lot: int | None
    aql: float | None
    level: str | None
    standard: Literal["iso2859-1", "gbt2828.1", "z1.4"]
    nonconformities: bool

    def plan(self, severity: Literal["normal", "tightened", "reduced"]) -> "SinglePlan":
        """The standard's plan at a severity."""
        from quality_creator.quality.sampling import single_plan

        if self.lot is None or self.aql is None:
            raise BadInput("numbers found need --lot and --aql, so that the plan is known")
        level: Any = self.level or "II"  # checked by the table
        return single_plan(self.lot, self.aql, level=level, severity=severity, standard=self.standard)


def show_history(
    history: str,
    asked: Lots,
    severity: Literal["normal", "tightened", "reduced"],
    *,
    reduced_authorised: bool,
    json: bool,
) -> None:
    """Walk through lots; every word is a lot or says something about the time after the last one."""
    from quality_creator.quality import switching

    rules: Rules = "z1.4" if asked.standard == "z1.4" else "iso2859-1"
    state = switching.start(rules, severity)
    conditions = switching.Conditions(reduced_authorised=reduced_authorised)
    rows: list[Any] = []
    for word in history.replace(",", " ").split():
        match word.lower():
            case "steady" | "irregular":
                conditions = msgspec.structs.replace(conditions, steady=word.lower() == "steady")
            case "resume":
                state = switching.resume(state)
            case mark:
                lot = _read_lot(mark, asked, state.severity)
                state, switch = switching.step(state, lot, conditions)
                rows.append(
                    {"lot": len(rows), "mark": mark, "accepted": lot.accepted, **msgspec.to_builtins(switch)}
                )
    if not rows:
        raise BadInput("--history names no lot")
    if json:
        print_json("sampling-plan", {"rules": rules, "lots": rows, "next_severity": state.severity})
        return
    print_table(
        "Switching rules, lot by lot",
        ("lot", "found", "accepted", "inspection", "score", "then", "why"),
        [
            (
                str(row["lot"] + 1),
                row["mark"],
                row["accepted"],
                row["severity_used"],
                row["score"],
                row["severity_after"],
                row["reason"],
            )
            for row in rows
        ],
    )
    print(f"Next: {state.severity}")


def _read_lot(mark: str, asked: Lots, severity: "Severity") -> Any:
    from quality_creator.quality import switching

    if mark in ("a", "accept", "accepted", "+", "1a"):
        return switching.Lot(accepted=True)
    if mark in ("r", "reject", "rejected", "-", "n", "no"):
        return switching.Lot(accepted=False)
    if not (mark.isascii() and mark.isdigit()):
        raise BadInput(f"--history knows a, r, numbers found, steady, irregular and resume, not {mark!r}")
    if severity == "discontinued":
        return switching.Lot(accepted=True)  # refused by the step with the right words
    return switching.lot(asked.plan(severity), int(mark), nonconformities=asked.nonconformities)
