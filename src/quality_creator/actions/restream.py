"""Where the programme goes besides our own page: targets are entered, changed, switched and watched.

A stream key comes in once and is not given out again: it is sealed before it is kept, and a page sees its
last four characters. Whoever moves a target to another address enters the key again.
"""

import asyncio
import uuid
from typing import Annotated, Literal

import msgspec

from quality_creator.actions import signing
from quality_creator.actions.air import Air
from quality_creator.actions.hub import Hub
from quality_creator.actions.restreams import Restreams
from quality_creator.media.restream import Address, Health, verifying
from quality_creator.model.episode import Episode
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.ids import Slug
from quality_creator.store import targets as store
from quality_creator.store.sealing import Sealing
from quality_creator.store.targets import Target

MOST = 20
"""Targets of one episode."""

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=1024, pattern=r"^[!-~]+$")]
"""A stream key, as platforms give it: printable ASCII without spaces."""

RenditionName = Literal["720p", "360p"]


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A target as a producer enters it."""

    name: Name
    address: Annotated[str, msgspec.Meta(max_length=1024)]
    """rtmp(s)://host/application."""
    key: Key
    rendition: RenditionName = "720p"
    on: bool = False


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a producer changes of a target; what is left out stays."""

    name: Name | None = None
    address: Annotated[str, msgspec.Meta(max_length=1024)] | None = None
    key: Key | None = None
    rendition: RenditionName | None = None
    on: bool | None = None


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A target as the studio shows it."""

    id: str
    name: str
    address: str
    key: str
    """Masked."""
    rendition: str
    on: bool
    health: Health | None
    """None while it is not published to: switched off, or the episode is not on air."""
    words: str = ""
    """Why it can't be published to, where that is known without asking the server."""


def masked(key: str) -> str:
    """A stream key as it may be shown."""
    return "••••" + (key[-4:] if len(key) >= 12 else "")


async def outs(hub: Hub, slug: Slug) -> list[Out]:
    """The targets of an episode, in the order in which they were entered. Raises NotFound."""
    episode = await _episode(hub, slug)
    sealing = await _sealing(hub)
    rows = await hub.database.look(store.load, episode.id)
    return [_out(hub, slug, sealing, row) for row in rows]


async def add(hub: Hub, slug: Slug, draft: Draft) -> Out:
    """Enter a target.

    Raises:
        BadInput: the address can't be one, or there are too many targets.
        Conflict: the episode has ended.
    """
    episode = await _open(hub, slug)
    if len(await hub.database.look(store.load, episode.id)) >= MOST:
        raise BadInput("there are {most} targets; remove one first", most=MOST)
    id_ = str(uuid.uuid4())
    sealing = await _sealing(hub)
    target = Target(
        id=id_,
        episode=episode.id,
        name=draft.name,
        address=str(Address.read(draft.address)),
        key=sealing.seal(draft.key, id_),
        rendition=draft.rendition,
        on=draft.on,
    )
    await hub.database.transact(store.add, target)
    _publish(hub, slug, sealing, target)
    return _out(hub, slug, sealing, target)


async def change(hub: Hub, slug: Slug, id_: str, wanted: Change) -> Out:
    """Change a target, or switch it; what is published to changes at once.

    Raises:
        NotFound: there is no such target.
        BadInput: the address can't be one, or needs its key.
        Conflict: the episode has ended.
    """
    episode = await _open(hub, slug)
    before = await _target(hub, episode, id_)
    sealing = await _sealing(hub)
    address = before.address if wanted.address is None else str(Address.read(wanted.address))
    if address != before.address and wanted.key is None:
        raise BadInput("key: enter it again for another address; a key goes only where it was meant to go")
    set_ = msgspec.structs.replace
    target = set_(before, address=address)
    if wanted.key is not None:
        target = set_(target, key=sealing.seal(wanted.key, id_))
    target = set_(
        target,
        name=before.name if wanted.name is None else wanted.name,
        rendition=before.rendition if wanted.rendition is None else wanted.rendition,
        on=before.on if wanted.on is None else wanted.on,
    )
    await hub.database.transact(store.change, target)
    if target != set_(before, name=target.name) or target.on != before.on:
        _publish(hub, slug, sealing, target)
    return _out(hub, slug, sealing, target)


async def remove(hub: Hub, slug: Slug, id_: str) -> None:
    """Leave a target and forget its key. Raises NotFound."""
    episode = await _episode(hub, slug)
    await hub.database.transact(store.remove, episode.id, id_)
    if slug in hub.restreams:
        hub.restreams[slug].drop(id_)


async def begin(hub: Hub, episode: Episode, air: Air) -> None:
    """Publish an episode that goes on air, or that a hub takes up, to all targets that are switched on."""
    ca_file = hub.config.restream.ca_file
    tls = await asyncio.to_thread(verifying, str(hub.config.path(ca_file)) if ca_file else None)
    hub.restreams[episode.slug] = Restreams(air, hub.tasks, tls)
    rows = await hub.database.look(store.load, episode.id)
    if rows:
        sealing = await _sealing(hub)
        for row in rows:
            _publish(hub, episode.slug, sealing, row)


async def end(hub: Hub, slug: Slug) -> None:
    """The episode has ended: leave all targets."""
    running = hub.restreams.pop(slug, None)
    if running is not None:
        await running.end()


def _publish(hub: Hub, slug: Slug, sealing: Sealing, target: Target) -> None:
    """Make what is published to what the target says."""
    running = hub.restreams.get(slug)
    if running is None:
        return
    key = _key(sealing, target)
    if target.on and key is not None:
        running.put(target.id, target.name, Address.read(target.address), key, target.rendition)
    else:
        running.drop(target.id)


def _out(hub: Hub, slug: Slug, sealing: Sealing, target: Target) -> Out:
    running = hub.restreams.get(slug)
    key = _key(sealing, target)
    return Out(
        id=target.id,
        name=target.name,
        address=target.address,
        key=masked(key or ""),
        rendition=target.rendition,
        on=target.on,
        health=running.health(target.id) if running else None,
        words="" if key is not None else "its key can't be opened with the hub's; enter it again",
    )


def _key(sealing: Sealing, target: Target) -> str | None:
    """None for a key that was sealed by a hub with other keys."""
    try:
        return sealing.open(target.key, target.id)
    except BadInput:
        return None


async def _sealing(hub: Hub) -> Sealing:
    return await asyncio.to_thread(lambda: Sealing.own(signing.open_keys(hub.config)))


async def _episode(hub: Hub, slug: Slug) -> Episode:
    found = await hub.database.episodes.by_slug(slug)
    if found is None:
        raise NotFound("there is no episode {slug!r}", slug=slug)
    return found


async def _open(hub: Hub, slug: Slug) -> Episode:
    episode = await _episode(hub, slug)
    if episode.state in ("ended", "published"):
        raise Conflict("{slug} has ended; nothing of it goes out any more", slug=slug)
    return episode


async def _target(hub: Hub, episode: Episode, id_: str) -> Target:
    for row in await hub.database.look(store.load, episode.id):
        if row.id == id_:
            return row
    raise NotFound("there is no target {id}", id=id_)
