"""Episodes: kept as they were given, and moved on only forwards."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from quality_creator.model.episode import Episode
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.ids import EpisodeId, Slug, SourceId
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text
from quality_creator.store.database import open_folder
from quality_creator.store.episodes import Episodes

NOW = datetime(2026, 9, 1, 8, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)

VISIT = Episode(
    id=EpisodeId("018f2b1c-0000-7000-8000-000000000001"),
    slug=Slug("visit"),
    title=Text(zh="工厂探访", en="A visit"),
    summary=Text(zh="", en=""),
    brand=Text(zh="云杉家居", en="Spruce Home"),
    state="planned",
    sources=(SourceId("line"), SourceId("bench")),
    scene=Scene(layout="full", sources=(SourceId("line"),)),
    planned=NOW,
)


def other(number: int, **changes: object) -> Episode:
    """Another episode."""
    own = {"id": EpisodeId(f"{VISIT.id[:-1]}{number}"), "slug": Slug(f"visit-{number}")}
    return msgspec.structs.replace(VISIT, **{**own, **changes})


def with_episodes(folder: Path, test: Callable[[Episodes], Awaitable[None]]) -> None:
    """Run a test on a database of its own."""

    async def check() -> None:
        database = await open_folder(folder)
        try:
            await test(database.episodes)
        finally:
            await database.close()

    asyncio.run(check())


def test_an_episode_comes_back_as_it_was_given(tmp_path: Path) -> None:
    async def test(episodes: Episodes) -> None:
        await episodes.create(VISIT)
        assert await episodes.by_slug(VISIT.slug) == VISIT
        assert await episodes.get(VISIT.id) == VISIT
        assert await episodes.everything() == [VISIT]
        assert await episodes.by_slug(Slug("other")) is None

    with_episodes(tmp_path, test)


def test_an_episode_lives_forwards_only(tmp_path: Path) -> None:
    async def test(episodes: Episodes) -> None:
        await episodes.create(VISIT)
        with pytest.raises(
            Conflict,
            match=r"^the episode 'visit' is planned and can't become ended; it can only become on-air$",
        ):
            await episodes.end(VISIT.id, NOW)
        on_air = await episodes.start(VISIT.id, NOW)
        assert on_air == msgspec.structs.replace(VISIT, state="on-air", started=NOW)
        with pytest.raises(Conflict, match="is on-air and can't become on-air; it can only become ended"):
            await episodes.start(VISIT.id, LATER)
        ended = await episodes.end(VISIT.id, LATER)
        assert ended == msgspec.structs.replace(on_air, state="ended", ended=LATER)
        with pytest.raises(Conflict, match="is ended and can't become on-air; an ended episode stays so"):
            await episodes.start(VISIT.id, LATER)
        assert await episodes.by_slug(VISIT.slug) == ended

    with_episodes(tmp_path, test)


def test_a_slug_is_given_once_and_fits_an_address(tmp_path: Path) -> None:
    async def test(episodes: Episodes) -> None:
        await episodes.create(VISIT)
        with pytest.raises(Conflict, match="there is an episode 'visit' already; choose another slug"):
            await episodes.create(other(2, slug=VISIT.slug))
        for slug in ("", "Visit", "a/b", "-a", "a" * 65, "工厂"):
            with pytest.raises(BadInput, match="use lower-case letters, digits and hyphens, at most 64"):
                await episodes.create(other(3, slug=Slug(slug)))
        with pytest.raises(BadInput, match="'moon' is not a source of this episode"):
            await episodes.create(other(4, scene=Scene(layout="full", sources=(SourceId("moon"),))))
        assert await episodes.everything() == [VISIT]

    with_episodes(tmp_path, test)


def test_episodes_without_a_date_come_first_then_the_newest(tmp_path: Path) -> None:
    async def test(episodes: Episodes) -> None:
        for one in (other(1), other(2, planned=None), other(3, planned=LATER), other(4)):
            await episodes.create(one)
        await episodes.start(other(4).id, LATER + timedelta(hours=1))
        assert [one.slug for one in await episodes.everything()] == [
            "visit-2",
            "visit-4",
            "visit-3",
            "visit-1",
        ]
        assert [one.slug for one in await episodes.in_states("on-air")] == ["visit-4"]

    with_episodes(tmp_path, test)


def test_an_id_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    async def test(episodes: Episodes) -> None:
        with pytest.raises(NotFound, match="there is no episode with the id 'x'"):
            await episodes.start(EpisodeId("x"), NOW)

    with_episodes(tmp_path, test)
