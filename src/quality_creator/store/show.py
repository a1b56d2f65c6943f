"""The log of what happened in a show: entries are added and never change."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from quality_creator.model.errors import Conflict
from quality_creator.model.ids import EpisodeId
from quality_creator.model.scene import Scene
from quality_creator.store.database import Transaction
from quality_creator.store.tables import episodes, show_log


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is kept."""

    number: int
    at: int
    """Microseconds since 1970."""
    by: str
    event: bytes
    """JSON."""


def append(
    connection: Transaction, episode: EpisodeId, lines: Sequence[Line], scene: Scene | None = None
) -> None:
    """Add entries, and note the scene that is on air from them on.

    Raises:
        Conflict: entries of these numbers are there: another hub writes to the same show.
    """
    try:
        connection.execute(
            show_log.insert(), [{"episode": episode, **msgspec.structs.asdict(line)} for line in lines]
        )
    except IntegrityError as error:
        raise Conflict("another hub runs this show: the log has entries that this one lacks") from error
    if scene is not None:
        connection.execute(update(episodes).where(episodes.c.id == episode).values(scene=scene))


def load(connection: Transaction, episode: EpisodeId) -> list[Line]:
    """All entries of a show, in order."""
    query = select(show_log.c.number, show_log.c.at, show_log.c.by, show_log.c.event)
    rows = connection.execute(query.where(show_log.c.episode == episode).order_by(show_log.c.number))
    return [Line(number=row.number, at=row.at, by=row.by, event=row.event) for row in rows]
