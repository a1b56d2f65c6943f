"""How an attribute agreement study is printed and drawn."""

from pathlib import Path
from typing import TYPE_CHECKING

from quality_creator.cli.report import p_value, print_table
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    from quality_creator.quality.agreement import Agreement, Matched
    from quality_creator.quality.kappa import Kappa


def show_agreement(found: "Agreement") -> None:
    """The tables of an agreement study."""
    people, trials = len(found.appraisers), found.trials
    print(f"Attribute agreement: {found.items} items, {people} appraisers, {trials} trials\n")
    groups = [(judge.appraiser + ", with themselves", judge.within) for judge in found.appraisers]
    groups += [
        (judge.appraiser + ", with the standard", judge.against_standard) for judge in found.appraisers
    ]
    groups += [("all with each other", found.between), ("all with the standard", found.all_against_standard)]
    print_table(
        "Judged alike",
        ("who", "inspected", "alike", "%", "low %", "high %"),
        [(name, *_shares(one)) for name, one in groups if one is not None],
    )
    kappas: list[tuple[str, Kappa]] = []
    for judge in found.appraisers:
        if judge.within_kappa is not None:
            kappas.append((f"Fleiss, {judge.appraiser} with themselves", judge.within_kappa.overall))
        if judge.standard_kappa is not None:
            kappas.append((f"Fleiss, {judge.appraiser} with the standard", judge.standard_kappa.overall))
        if judge.standard_cohen is not None:
            kappas.append((f"Cohen, {judge.appraiser} with the standard", judge.standard_cohen))
    kappas += [(f"Cohen, {pair.first} with {pair.second}", pair.cohen) for pair in found.pairs]
    if found.between_kappa is not None:
        kappas.append(("Fleiss, all with each other", found.between_kappa.overall))
    print_table(
        "Kappa",
        ("who", "kappa", "std. error", "z", "p", "low", "high"),
        [
            (name, one.kappa, one.standard_error, one.z, p_value(one.p), one.low, one.high)
            for name, one in kappas
        ],
    )
    if any(judge.miss_percent is not None for judge in found.appraisers):
        print_table(
            f"Misses and false alarms ({found.categories[0]!r} is bad)",
            ("who", "misses %", "false alarms %"),
            [(judge.appraiser, judge.miss_percent, judge.false_alarm_percent) for judge in found.appraisers],
        )


def _shares(one: "Matched") -> tuple[object, ...]:
    shares = (one.percent, one.low_percent, one.high_percent)
    return (one.inspected, one.matched, *(f"{share:.2f}" for share in shares))


def draw_agreement(path: Path, source: str, found: "Agreement") -> None:
    """Shares judged alike, with their intervals."""
    from quality_creator.cli.figure import LINE, picture

    names = [judge.appraiser for judge in found.appraisers]
    sides = [
        ("alike in all trials", [judge.within for judge in found.appraisers]),
        ("alike with the standard", [judge.against_standard for judge in found.appraisers]),
    ]
    shown = [(title, marks) for title, marks in sides if any(mark is not None for mark in marks)]
    if not shown:
        raise BadInput("with one trial and no standard there is nothing to draw")
    with picture(path, "Attribute agreement", source=source, panels=len(shown), columns=len(shown)) as sheet:
        for axes, (title, marks) in zip(sheet.axes, shown, strict=True):
            for i, mark in enumerate(marks):
                if mark is not None:
                    axes.plot([i, i], [mark.low_percent, mark.high_percent], color=LINE)
                    axes.plot(i, mark.percent, "o", color=LINE)
            axes.set_title(title)
            axes.set_xticks(range(len(names)), names)
            axes.set_xlim(-0.5, len(names) - 0.5)
            axes.set_ylim(0, 105)
            axes.set_ylabel("%")
