"""Every command, one function each: parse, call, print."""

import sys

from cyclopts import App

from quality_creator import __version__
from quality_creator.model.errors import QualityCreatorError

app = App(
    name="qc",
    help="Live factory broadcasts that anyone can check.",
    version=__version__,
)


def main() -> None:
    """Run one command; what we refuse on purpose is one clear line and exit code 2."""
    try:
        app()
    except QualityCreatorError as error:
        print(f"qc: {error}", file=sys.stderr)
        sys.exit(2)


# Each module adds its commands to `app`.
from quality_creator.cli import charts, demo, endorse, episode, hub, keys, people, publish, studies, verify  # noqa: E402, F401
