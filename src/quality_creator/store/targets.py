"""Where an episode is restreamed to: addresses, and stream keys that are sealed."""

import msgspec
from sqlalchemy import delete, select, update

from quality_creator.model.errors import NotFound
from quality_creator.model.ids import EpisodeId
from quality_creator.store.database import Transaction
from quality_creator.store.tables import targets


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A row."""

    id: str
    episode: EpisodeId
    name: str
    address: str
    key: bytes
    """Sealed, of `id`."""
    rendition: str
    on: bool


def load(connection: Transaction, episode: EpisodeId) -> list[Target]:
    """An episode's targets, in the order in which they were made."""
    query = select(targets).where(targets.c.episode == episode).order_by(targets.c.number)
    return [
        Target(
            id=row.id,
            episode=row.episode,
            name=row.name,
            address=row.address,
            key=row.key,
            rendition=row.rendition,
            on=row.on,
        )
        for row in connection.execute(query)
    ]


def add(connection: Transaction, target: Target) -> None:
    """Keep another target."""
    connection.execute(targets.insert().values(**msgspec.structs.asdict(target)))


def change(connection: Transaction, target: Target) -> None:
    """Put a target in the place of the one with its id. Raises NotFound."""
    row = targets.c.id == target.id, targets.c.episode == target.episode
    if not connection.execute(update(targets).where(*row).values(**msgspec.structs.asdict(target))).rowcount:
        raise NotFound("there is no target {id}", id=target.id)


def remove(connection: Transaction, episode: EpisodeId, target: str) -> None:
    """Forget a target and its key. Raises NotFound."""
    row = targets.c.id == target, targets.c.episode == episode
    if not connection.execute(delete(targets).where(*row)).rowcount:
        raise NotFound("there is no target {target}", target=target)
