"""Measure, print one table, and keep the figures: `python -m bench [--long] [NAME ...]`."""

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


def main() -> None:
    """Run the modules named, or all of them."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all when none is named"
    )
    parser.add_argument("--long", action="store_true", help="the ten-minute run, where a module has one")
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
    about = {
        "began": began.isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "load": {"before": load, "after": os.getloadavg()[0]},
        "rows": rows,
    }
    (OUT / f"{name}.json").write_bytes(msgspec.json.format(msgspec.json.encode(about), indent=2) + b"\n")


def table(rows: Iterable[Row]) -> Table:
    """The rows as people read them."""
    found = Table("figure", "value", "unit", "ratio", "against", "note")
    for row in rows:
        value = "–" if row.value is None else f"{row.value:,.{_decimals(row.value)}f}"
        ratio = "" if row.ratio is None else f"{row.ratio:.3g}"
        found.add_row(row.name, value, row.unit, ratio, row.against, row.note)
    for column in found.columns[1:4]:
        column.justify = "right"
    return found


def _decimals(value: float) -> int:
    return 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2


if __name__ == "__main__":
    main()
