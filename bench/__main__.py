"""Measure, print one table, and keep the figures: `python -m bench [--long] [--write] [NAME ...]`.

With `--write` the figures kept of all runs are put into docs/bench.md.
"""

import argparse
import importlib
import os
import platform
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.row import Row

HERE = Path(__file__).parent
OUT = HERE / "out"
PAGE = HERE.parent / "docs/bench.md"


def main() -> None:
    """Run the modules named, or all of them."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all when none is named"
    )
    parser.add_argument("--long", action="store_true", help="the ten-minute run, where a module has one")
    parser.add_argument("--write", action="store_true", help="put what was measured into docs/bench.md")
    options = parser.parse_args()
    unknown = set(options.names) - set(names())
    if unknown:
        parser.error(f"no {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    OUT.mkdir(exist_ok=True)
    console = Console(width=None if sys.stdout.isatty() else 180)
    found: list[Row] = []
    for name in options.names or names():
        module = importlib.import_module(f"bench.{name}")
        long = options.long and hasattr(module, "run_long")
        run: Callable[[], list[Row]] = module.run_long if long else module.run
        before, began = os.getloadavg()[0], datetime.now(UTC)
        console.print(f"{name} …", style="dim")
        rows = run()
        keep(f"{name}-long" if long else name, rows, began, before)
        found += rows
    console.print(table(found))
    if options.write:
        write(PAGE)
    console.print(
        f"{os.cpu_count()} cores, {platform.machine()}, load now {os.getloadavg()[0]:.1f}; kept in {OUT}"
    )


def names() -> list[str]:
    """The modules that measure."""
    return sorted(
        path.stem for path in HERE.glob("*.py") if "\ndef run() ->" in path.read_text(encoding="utf-8")
    )


def keep(name: str, rows: list[Row], began: datetime, load: float) -> None:
    """Write a module's figures down, with what the machine was and how busy."""
    kept = Kept(
        began=began.isoformat(timespec="seconds"),
        cores=os.cpu_count() or 0,
        machine=platform.machine(),
        python=platform.python_version(),
        load={"before": load, "after": os.getloadavg()[0]},
        rows=rows,
    )
    (OUT / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")


def write(page: Path) -> None:
    """Put the kept figures into a page, each module's between its own two marks."""
    text = page.read_text(encoding="utf-8")
    for file in sorted(OUT.glob("*.json")):
        begin, end = f"<!-- {file.stem} -->\n", f"<!-- end of {file.stem} -->"
        before, mark, rest = text.partition(begin)
        if mark:
            text = before + mark + markdown(msgspec.json.decode(file.read_bytes(), type=Kept)) + end
            text += rest.partition(end)[2]
    page.write_text(text, encoding="utf-8")


def markdown(kept: "Kept") -> str:
    """A module's figures as a table."""
    lines = ["| figure | value | ratio | against | note |", "| --- | ---: | ---: | --- | --- |"]
    for row in kept.rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
        lines.append(
            f"| {row.name.strip()} | {_value(row)} {row.unit} | {ratio} | {row.against} | {row.note} |"
        )
    about = (
        f"{kept.began[:10]}, {kept.cores} cores, {kept.machine}, Python {kept.python}, "
        f"load {kept.load['before']:.1f} before and {kept.load['after']:.1f} after"
    )
    return "\n".join([about, "", *lines, ""])


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A module's figures, with what the machine was and how busy."""

    began: str
    cores: int
    machine: str
    python: str
    load: dict[str, float]
    rows: list[Row]


def table(rows: Iterable[Row]) -> Table:
    """The rows as people read them."""
    found = Table("figure", "value", "unit", "ratio", "against", "note")
    for row in rows:
        value = _value(row)
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
        found.add_row(row.name, value, row.unit, ratio, row.against, row.note)
    for column in found.columns[1:4]:
        column.justify = "right"
    return found


def _value(row: Row) -> str:
    return "–" if row.value is None else f"{row.value:,.{_decimals(row.value)}f}"


def _decimals(value: float) -> int:
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2


if __name__ == "__main__":
    main()
