"""Where charts stood when episodes went on air, and behind each change that a person made on one."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import select

from quality_creator.model.ids import CharacteristicId, EpisodeId
from quality_creator.store.database import Transaction
from quality_creator.store.tables import standings


class StandingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A chart at one moment."""

    id: int
    characteristic: CharacteristicId
    points: int
    """Number of the measurement from which it holds."""
    newest: int
    """Of the measurement before; 0 before all."""
    data: bytes
    """As whoever wrote it down encodes it."""


def add(
    connection: Transaction,
    episode: EpisodeId | None,
    characteristic: CharacteristicId,
    *,
    points: int,
    newest: int,
    data: bytes,
) -> None:
    """Write a chart down; what was written never changes."""
    values = {"characteristic": characteristic, "points": points, "newest": newest, "data": data}
    connection.execute(standings.insert().values(episode=episode, **values))


def of_episode(connection: Transaction, episode: EpisodeId) -> list[StandingRow]:
    """What was written down when an episode went on air, and when a hub took it up again, in this order."""
    query = select(standings).where(standings.c.episode == episode).order_by(standings.c.id)
    return [msgspec.convert(row, StandingRow, from_attributes=True) for row in connection.execute(query)]


def changes(connection: Transaction, beginning: StandingRow, last: int) -> Sequence[StandingRow]:
    """What people changed on a chart after it was written down, up to a measurement, which is included.

    What was changed just before is in what was written down, though no measurement may lie between.
    """
    s = standings.c
    query = select(standings).where(
        s.episode.is_(None),
        s.characteristic == beginning.characteristic,
        s.points >= beginning.points,
        s.points <= last,
        s.id > beginning.id,
    )
    rows = connection.execute(query.order_by(s.points, s.id))
    return [msgspec.convert(row, StandingRow, from_attributes=True) for row in rows]
