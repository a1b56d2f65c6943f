"""How the tables came to be what they are: one step a file, applied when a database is opened.

A new step is a file in `versions/` with the next number, and `HEAD` names it. A new database is made from
`tables.metadata` at once; a test compares that with what the steps make.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from quality_creator.store.tables import metadata

HEAD = "0012"
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
    found = revision(connection)
    if found is None:
        _make(connection)
    elif found != HEAD:
        steps(connection)


def steps(connection: Connection) -> None:
    """Bring a database from where it stands to `HEAD`, step by step. Raises Newer."""
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


def _make(connection: Connection) -> None:
    metadata.create_all(connection)
    connection.execute(
        text(
            "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
        )
    )
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def revision(connection: Connection) -> str | None:
    """The step that a database stands at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
