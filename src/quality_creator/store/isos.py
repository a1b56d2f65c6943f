"""Which sources of an episode somebody switched to be recorded alone, or not to be."""

from sqlalchemy import select

from quality_creator.model.ids import EpisodeId, SourceId
from quality_creator.store.database import Transaction, replace
from quality_creator.store.tables import isos


def load(connection: Transaction, episode: EpisodeId) -> dict[SourceId, bool]:
    """All switches of an episode; the configuration says what is not among them."""
    rows = connection.execute(select(isos.c.source, isos.c.on).where(isos.c.episode == episode))
    return {row.source: row.on for row in rows}


def switch(connection: Transaction, episode: EpisodeId, source: SourceId, on: bool) -> None:
    """Switch one source."""
    connection.execute(replace(connection, isos), {"episode": episode, "source": source, "on": on})
