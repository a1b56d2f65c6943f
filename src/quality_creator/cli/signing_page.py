"""`qc signing-page`: the page with which an authority reviews and signs: one file that needs no network."""

import hashlib
from importlib import resources
from pathlib import Path

from quality_creator.cli import app
from quality_creator.model.errors import BadInput, Unavailable

BUILT = "built/signing-page.html"
"""Beside this module, and so outside of what a hub serves."""


@app.command
def signing_page(out: Path = Path("signing-page.html")) -> None:
    """Write the page with which an authority reviews a dossier and signs: no command line, no network.

    Open the file itself, or put it on your authority's own site. Never use a copy that the broadcaster's site
    serves: whoever serves it could sign in your name.

    Args:
        out: The file to write.
    """
    try:
        page = resources.files("quality_creator.cli").joinpath(BUILT).read_bytes()
    except OSError as error:
        raise Unavailable("this installation was built without its front end") from error
    try:
        out.write_bytes(page)
    except OSError as error:
        raise BadInput(f"{out}: {error.strerror}") from error
    print(f"{out}: written")
    print(f"sha256: {hashlib.sha256(page).hexdigest()}")
