"""Sources recorded alone: switched in the studio, listed, and handed out."""

import asyncio
import shutil
from pathlib import Path
from typing import Literal

import msgspec

from quality_creator.actions.forum import Forum
from quality_creator.actions.hub import Hub
from quality_creator.media import iso_files, wire
from quality_creator.media.iso_files import IsoFile
from quality_creator.model.episode import Episode
from quality_creator.model.errors import Conflict, NotFound
from quality_creator.model.ids import Slug, SourceId
from quality_creator.store import isos as store

FOLDER = "isos"
"""Within the data folder; below it one for each episode, by its id."""


class Switch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a producer says of a source."""

    on: bool


class IsoSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source, and whether it is recorded alone."""

    id: SourceId
    on: bool
    condition: Literal["off", "idle", "waiting", "recording"]
    since: int | None
    """When its file at hand began, in microseconds since 1970."""
    words: str


class Isos(msgspec.Struct, frozen=True, kw_only=True):
    """What the studio shows."""

    sources: tuple[IsoSource, ...]
    files: tuple[IsoFile, ...]
    free: float
    """Share of the disk that is free."""


async def isos(hub: Hub, slug: Slug) -> Isos:
    """All sources of an episode, and all files. Raises NotFound."""
    episode = await _episode(hub, slug)
    air = hub.air.get(slug)
    told = air.isos if air is not None else {}
    recording = {name for name, state in told.items() if state.condition == "recording"}
    folder = _folder(hub, episode)
    files = await asyncio.to_thread(iso_files.files, folder, recording)
    usage = await asyncio.to_thread(shutil.disk_usage, hub.config.path(hub.config.hub.data))
    sources = []
    for name, on in (await _switches(hub, episode)).items():
        state = told.get(name)
        condition: Literal["off", "idle", "waiting", "recording"] = "idle" if on else "off"
        if air is not None and on:
            condition = "waiting" if state is None or state.condition == "off" else state.condition
        last = next((one for one in reversed(files) if one.source == name and one.state == "open"), None)
        sources.append(
            IsoSource(
                id=name,
                on=on,
                condition=condition,
                since=last.utc if last else None,
                words=state.words if state else "",
            )
        )
    return Isos(sources=tuple(sources), files=tuple(files), free=usage.free / usage.total)


async def switch(hub: Hub, slug: Slug, source: SourceId, wanted: Switch) -> None:
    """Record a source alone from now on, or no longer.

    Raises:
        NotFound: the episode has no such source.
        Conflict: the episode has ended.
    """
    episode = await _episode(hub, slug)
    if episode.state in ("ended", "published"):
        raise Conflict("{slug} has ended; nothing of it is recorded any more", slug=slug)
    if source not in await _switches(hub, episode):
        raise NotFound("there is no source {source!r} in {slug}", source=source, slug=slug)
    await hub.database.transact(store.switch, episode.id, source, wanted.on)
    air = hub.air.get(slug)
    if air is not None:
        air.record = await order(hub, episode)
        air.desk.tell(air.record)


async def order(hub: Hub, episode: Episode) -> wire.Record:
    """What a worker is told that begins now."""
    on = tuple(name for name, recorded in (await _switches(hub, episode)).items() if recorded)
    return wire.Record(folder=str(_folder(hub, episode)), sources=on)


async def path_of(hub: Hub, slug: Slug, name: str) -> tuple[Path, IsoFile]:
    """A file to hand out. Raises NotFound."""
    episode = await _episode(hub, slug)
    for one in (await isos(hub, slug)).files:
        if one.name == name:
            return _folder(hub, episode) / name, one
    raise NotFound("there is no file {name!r} of {slug}", name=name, slug=slug)


async def _switches(hub: Hub, episode: Episode) -> dict[SourceId, bool]:
    """Every source, in the studio's order, and whether it is to be recorded."""
    given = await hub.database.look(store.load, episode.id)
    cameras = {camera.id: camera.record for camera in hub.config.cameras}
    forum: Forum | None = hub.forums.get(episode.slug)
    guests = forum.guests if forum is not None else {}
    names = [*(one for one in episode.sources if one in cameras), *guests]
    return {name: given.get(name, cameras.get(name, False)) for name in names}


def _folder(hub: Hub, episode: Episode) -> Path:
    return hub.config.path(hub.config.hub.data) / FOLDER / episode.id


async def _episode(hub: Hub, slug: Slug) -> Episode:
    found = await hub.database.episodes.by_slug(slug)
    if found is None:
        raise NotFound("there is no episode {slug!r}", slug=slug)
    return found
