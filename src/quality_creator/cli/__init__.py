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
from quality_creator.cli import (  # noqa: E402
    charts,  # noqa: F401
    demo,  # noqa: F401
    dossier,  # noqa: F401
    draw,  # noqa: F401
    endorse,  # noqa: F401
    episode,  # noqa: F401
    hub,  # noqa: F401
    keys,  # noqa: F401
    log,  # noqa: F401
    people,  # noqa: F401
    publish,  # noqa: F401
    signing_page,  # noqa: F401
    studies,  # noqa: F401
    verify,  # noqa: F401
    witness,  # noqa: F401
)
