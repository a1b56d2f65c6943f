"""`qc verify` and `qc bundle`: check an episode's evidence, online or from a file, and take it along.

They run with the base installation: no server, no database, no network for a folder or a bundle.
"""

import gc
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from quality_creator.cli import app
from quality_creator.model.errors import BadInput

if TYPE_CHECKING:
    from quality_creator.actions.checking import Against, Half, Report

_MARKS: Final = {
    "right": ("✓", "green"),
    "wrong": ("✗", "red"),
    "unknown": ("?", "yellow"),
    "absent": ("·", "dim"),
}
_ROLES: Final = {"committee": "the committee", "inspection": "inspection institution"}


@app.command
def verify(
    target: str,
    *,
    json: Annotated[bool, Parameter(negative="")] = False,
    media: bool = True,
    register: Path | None = None,
    policy: Path | None = None,
    time_authority: Path | None = None,
) -> None:
    """Check an episode: what was aired and measured, who vouches for it, and since when.

    Exit code: 0 the double endorsement stands and everything is as it was; 1 it does not, or something
    is not; 2 it can't be told.

    Args:
        target: An episode's address, a bundle, or a folder with the evidence.
        json: Print the report for programs.
        media: Read all pictures and sound; without, only their digests are compared.
        register: The first register of authorities that you believe, if you have it from elsewhere.
        policy: The log policy that you believe, if you have it from elsewhere.
        time_authority: Certificates (PEM) of the RFC 3161 authorities whose time stamps you believe.
    """
    from quality_creator.actions import checking, evidence_source

    gc.disable()  # an hour's measurements are looked through again and again for cycles that are not there
    with evidence_source.opened(target) as source:
        report = checking.check(
            source,
            target=target,
            now=datetime.now(UTC),
            with_media=media,
            pinned_register=_read(register),
            pinned_policy=_read(policy),
            time_authority=_read(time_authority),
        )
    if json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
    else:
        show(report, Console(highlight=False, soft_wrap=True))
    sys.exit(report.exit_code)


@app.command
def bundle(target: str, out: Path, *, with_media: Annotated[bool, Parameter(negative="")] = False) -> None:
    """Write all evidence of an episode into one file that can be checked offline, now or years later.

    Args:
        target: The episode's address, or a folder with the evidence.
        out: The file, usually NAME.zip.
        with_media: Take all pictures and sound along; without, their digests are.
    """
    from quality_creator.actions import bundling, evidence_source

    with evidence_source.opened(target) as source:
        size = bundling.write(source, out, with_media=with_media)
    print(f"{out}: {size:,} bytes; check it with `qc verify {out}`")


def show(report: "Report", console: Console) -> None:
    """Print a report for people."""
    if report.title is not None:
        console.print(Line(f"{report.title.en} · {report.title.zh}", style="bold"))
    console.print(_sentence(report))
    if report.demonstration:
        console.print("! Demonstration: these authorities are made up, and their word is worth nothing.")
    console.print()
    for half in report.endorsements:
        _show_half(half, console)
    for against in report.dissents:
        _show_dissent(against, console)
    table = Table(box=None, show_header=False, pad_edge=False)
    for one in report.checks:
        mark, style = _MARKS[one.outcome]
        table.add_row(Line(mark, style=style), one.name, Line(one.words))  # words may have [brackets]
    console.print(table)
    console.print()
    console.print(f"dossier   {report.dossier}")
    console.print(f"register  {report.register}")
    console.print(f"policy    {report.policy}")
    if not report.pinned:
        console.print(
            "Register and policy came with the evidence: compare their digests with ones that you have from "
            "elsewhere, or give your own with --register and --policy."
        )


def _sentence(report: "Report") -> Line:
    at = report.now.strftime("%Y-%m-%d %H:%M:%S UTC")
    match report.state:
        case "stands":
            standing = [one for one in report.dissents if not one.endorsed_since]
            against = f"; {len(standing)} of the authorities dissent" if standing else ""
            return Line(
                f"The double endorsement stands, and everything is as it was (as of {at}){against}.",
                "bold green",
            )
        case "fails":
            return Line(f"Not right: see below (as of {at}).", "bold red")
        case "unknown":
            return Line(f"It can't be told from what is here (as of {at}).", "bold yellow")


def _show_half(half: "Half", console: Console) -> None:
    name = half.name.en if half.name is not None else half.issuer or "unreadable"
    state = {"stands": "counts", "fails": "does not count", "unknown": "can't be told"}[half.state]
    made_up = ", made up for a demonstration" if half.demonstration else ""
    console.print(Line(f"{name} ({_ROLES.get(half.role, 'not in the register')}{made_up}): {state}", "bold"))
    if half.comment:
        console.print(f"  “{half.comment}”", markup=False)
    if half.created is not None and half.logged is not None:
        lag = (half.logged - half.created).total_seconds()
        console.print(
            f"  signed {half.created:%Y-%m-%d %H:%M:%S} UTC, in the log {lag:.0f} s later", markup=False
        )
    for reason in half.reasons:
        console.print(f"  ✗ {reason}", markup=False)
    console.print()


def _show_dissent(one: "Against", console: Console) -> None:
    past = "; it endorsed the dossier since" if one.endorsed_since else ""
    console.print(Line(f"{one.name.en} ({_ROLES[one.role]}): does not vouch for it{past}", "bold yellow"))
    words = "its words are withheld" if one.reason is None else f"“{one.reason}”"
    console.print(f"  {words} (entry {one.index} of the log)", markup=False)
    console.print()


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
