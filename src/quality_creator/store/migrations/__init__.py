"""How the tables came to be what they are: one step a file, applied when a database is opened.

A new step is a file in `versions/` with the next number, and `HEAD` names it; a test compares
what the steps make with `tables.metadata`.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

HEAD = "0010"
"""The newest step."""

FOLDER = Path(__file__).parent


class Newer(Exception):
    """The database was made by a newer program; opening it turns this into one line."""


def upgrade(connection: Connection) -> None:
    """Bring a database up to `HEAD`, inside the caller's transaction.

    Raises:
        Newer: it is beyond `HEAD`.
    """
    # Alembic takes a good part of a second to load, and nearly every start finds nothing to do.
    if revision(connection) == HEAD:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    found = revision(connection)
    if found is not None and found not in known:
        raise Newer(
            f"its schema {found} is newer than {HEAD}, the newest that this program knows; "
            "install the newer program, or name another data folder in `hub.data`"
        )
    command.upgrade(config, "head")


def revision(connection: Connection) -> str | None:
    """The step that a database stands at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
