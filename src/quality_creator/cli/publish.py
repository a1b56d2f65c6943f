"""`qc episode publish` and `qc submit`: make evidence public, and hand in what authorities signed."""

from pathlib import Path

import msgspec

from quality_creator.cli import app
from quality_creator.cli.client import CONFIG, operator
from quality_creator.cli.episode import ConfigFile, episode
from quality_creator.model.errors import BadInput


@episode.command
def publish(slug: str, *, config: ConfigFile = CONFIG) -> None:
    """Make an ended episode's dossier, enter it into the log, and let anyone check the episode."""
    hub = operator(config)
    made = hub.ask("POST", f"/api/episodes/{slug}/publish")
    print(f"published: {hub.address}/episodes/{slug}/proof")
    print(f"dossier:   {made['dossier']}")
    print(f"digest:    {made['digest']}, entry {made['index']} of the log")


@app.command
def submit(*documents: Path, config: ConfigFile = CONFIG) -> None:
    """Hand in what authorities signed: registers, endorsements, changes, lists. They are checked and logged.

    Args:
        documents: Files as `qc endorse`, `qc endorsement` and `qc register` write them.
    """
    hub = operator(config)
    for path in documents:
        try:
            data = msgspec.Raw(path.read_bytes())
        except OSError as error:
            raise BadInput(f"{path}: {error.strerror}") from error
        taken = hub.ask("POST", "/api/documents", data)
        print(f"{path}: entry {taken['index']} of the log ({taken['kind']}, {taken['id']})")
