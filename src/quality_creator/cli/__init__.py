"""Every command, one function each: parse, call, print."""

import importlib
import sys
from typing import Final

from cyclopts import App

from quality_creator import __version__
from quality_creator.model.errors import QualityCreatorError

app = App(
    name="qc",
    help="Live factory broadcasts that anyone can check.",
    version=__version__,
)

MODULES: Final = (
    "charts",
    "demo",
    "dossier",
    "draw",
    "endorse",
    "episode",
    "hub",
    "keys",
    "log",
    "people",
    "publish",
    "signing_page",
    "studies",
    "verify",
    "witness",
)
"""Each adds its commands to `app`, in the order in which the help names them."""

ALONE: Final = {"verify": "verify", "bundle": "verify", "signing-page": "signing_page"}
"""Commands that start without the others: by far the most time of a short one is spent on importing."""


def main() -> None:
    """Run one command; what we refuse on purpose is one clear line and exit code 2."""
    load(sys.argv[1] if len(sys.argv) > 1 else "")
    try:
        app()
    except QualityCreatorError as error:
        print(f"qc: {error}", file=sys.stderr)
        sys.exit(2)


def load(command: str = "") -> App:
    """All commands, or no more than what one of them takes."""
    for name in [ALONE[command]] if command in ALONE else MODULES:
        importlib.import_module(f"quality_creator.cli.{name}")
    return app
