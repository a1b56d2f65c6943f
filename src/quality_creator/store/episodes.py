"""The episodes, and the rules of their lives: planned, on air, ended, published; nothing goes back."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from sqlalchemy import Row, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from quality_creator.model.episode import Episode, EpisodeState, stands
from quality_creator.model.errors import BadInput, Conflict, NotFound, Words
from quality_creator.model.ids import EpisodeId, Slug
from quality_creator.model.scene import Scene
from quality_creator.store.tables import episodes

if TYPE_CHECKING:
    from quality_creator.store.database import Database, Transaction

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?")

_NEXT: dict[EpisodeState, EpisodeState] = {"planned": "on-air", "on-air": "ended"}


class Episodes:
    """Each call is one transaction; what it returns is what is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, episode: Episode) -> None:
        """Keep a new episode.

        Raises:
            BadInput: the slug can't be part of a web address, or the scene shows what is no source.
            Conflict: the slug is taken.
        """
        if not SLUG.fullmatch(episode.slug):
            raise BadInput(
                "slug: {slug!r}; use lower-case letters, digits and hyphens, at most 64", slug=episode.slug
            )
        _check_scene(episode, episode.scene)
        async with self._database.write() as connection:
            try:
                await connection.execute(episodes.insert().values(msgspec.structs.asdict(episode)))
            except IntegrityError as error:
                raise Conflict(
                    "there is an episode {slug!r} already; choose another slug", slug=episode.slug
                ) from error

    async def everything(self) -> list[Episode]:
        """All episodes: those without a date first, then the newest."""
        return await self.in_states("planned", "on-air", "ended", "published")

    async def in_states(self, *states: EpisodeState) -> list[Episode]:
        """The episodes in these states, in the order of `everything`."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(episodes).where(episodes.c.state.in_(states)))
            return sorted(map(_episode, rows), key=_when, reverse=True)

    async def by_slug(self, slug: Slug) -> Episode | None:
        """The episode of this name in web addresses."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(episodes).where(episodes.c.slug == slug))).first()
            return None if row is None else _episode(row)

    async def get(self, episode: EpisodeId) -> Episode:
        """The episode of this id. Raises NotFound."""
        async with self._database.read() as connection:
            return await _get(connection, episode)

    async def start(self, episode: EpisodeId, now: datetime) -> Episode:
        """Put it on air. Raises NotFound, or Conflict when it is not planned."""
        return await self._move(episode, "on-air", now)

    async def end(self, episode: EpisodeId, now: datetime) -> Episode:
        """End it for good. Raises NotFound, or Conflict when it is not on air."""
        return await self._move(episode, "ended", now)

    async def _move(self, episode: EpisodeId, state: EpisodeState, now: datetime) -> Episode:
        async with self._database.write() as connection:
            found = await _get(connection, episode)
            following = _NEXT.get(found.state)
            if following != state:
                can = (
                    Words("it can only become {state}", state=stands(following))
                    if following
                    else Words("an ended episode stays so")
                )
                raise Conflict(
                    "the episode {slug!r} is {state} and can't become {wanted}; {can}",
                    slug=found.slug,
                    state=stands(found.state),
                    wanted=stands(state),
                    can=can,
                )
            noted = {"started": now} if state == "on-air" else {"ended": now}
            await connection.execute(
                update(episodes).where(episodes.c.id == episode).values(state=state, **noted)
            )
            return await _get(connection, episode)


def publish(connection: Transaction, episode: EpisodeId) -> None:
    """Note that an ended episode is published, in the transaction that enters its dossier into the log.

    Raises:
        Conflict: it has not ended, or is published already.
    """
    e = episodes.c
    query = update(episodes).where(e.id == episode, e.state == "ended").values(state="published")
    if connection.execute(query).rowcount != 1:
        raise Conflict("an episode is published once, after it has ended")


def published(connection: Transaction, episode: EpisodeId) -> bool:
    """Whether an episode's dossier is made."""
    return (
        connection.execute(select(episodes.c.state).where(episodes.c.id == episode)).scalar() == "published"
    )


async def _get(connection: AsyncConnection, episode: EpisodeId) -> Episode:
    row = (await connection.execute(select(episodes).where(episodes.c.id == episode))).first()
    if row is None:
        raise NotFound("there is no episode with the id {episode!r}", episode=episode)
    return _episode(row)


def _check_scene(episode: Episode, scene: Scene) -> None:
    for source in scene.sources:
        if source not in episode.sources:
            there = ", ".join(episode.sources) or "none"
            raise BadInput(
                "scene: {source!r} is not a source of this episode; there are: {there}",
                source=source,
                there=there,
            )


def _episode(row: Row[Any]) -> Episode:
    return msgspec.convert(row, Episode, from_attributes=True)


def _when(episode: Episode) -> tuple[bool, float]:
    instant = episode.started or episode.planned
    return (instant is None, instant.timestamp() if instant else 0.0)
