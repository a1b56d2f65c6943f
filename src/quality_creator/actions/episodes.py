"""An episode from plan to end."""

import uuid
from contextlib import suppress
from datetime import UTC, datetime

import msgspec

from quality_creator.actions import guests, isos, restream
from quality_creator.actions.air import Air
from quality_creator.actions.figures import Figures
from quality_creator.actions.hub import Hub
from quality_creator.actions.show import Show
from quality_creator.actions.stream import Stream
from quality_creator.config import AnyCamera, RtmpCamera
from quality_creator.config.load import ID
from quality_creator.media import wire
from quality_creator.model.clock import Utc
from quality_creator.model.episode import Episode, stands
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.ids import EpisodeId, Slug, SourceId
from quality_creator.model.scene import Layout, Scene
from quality_creator.model.text import Text
from quality_creator.show.event import Aired, Began, SourceChanged
from quality_creator.show.state import coming


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of an episode that they plan."""

    slug: str
    title: Text
    summary: Text = Text(zh="", en="")
    brand: Text | None = None
    """Whom it visits; left out, the configuration's brand."""
    sources: tuple[SourceId, ...] = ()
    """Left out, all cameras of the configuration."""
    layout: Layout = "full"
    scene: Scene | None = None
    """Left out, `layout` with the sources in their order."""
    planned: Utc | None = None


async def everything(hub: Hub) -> list[Episode]:
    """All episodes, the newest first."""
    return await hub.database.episodes.everything()


async def by_slug(hub: Hub, slug: Slug) -> Episode:
    """One episode. Raises NotFound."""
    found = await hub.database.episodes.by_slug(slug)
    if found is None:
        raise NotFound("there is no episode {slug!r}", slug=slug)
    return found


async def plan(hub: Hub, draft: Draft) -> Episode:
    """Make an episode that is not on air yet.

    Raises:
        BadInput: an unknown camera, a slug that can't stand in an address.
        Conflict: the slug is taken.
    """
    if not ID.fullmatch(draft.slug):
        raise BadInput(
            "slug: {slug!r}; use lower-case letters, digits and hyphens, at most 64", slug=draft.slug
        )
    sources = draft.sources or tuple(camera.id for camera in hub.config.cameras)
    if not sources:
        raise BadInput("sources: the configuration has no camera")
    scene = draft.scene or Scene(layout=draft.layout, sources=sources)
    known = {camera.id for camera in hub.config.cameras}
    require(known, sources, "sources")
    require(set(sources), scene.sources, "scene.sources")
    episode = Episode(
        id=EpisodeId(str(uuid.uuid4())),
        slug=Slug(draft.slug),
        title=draft.title,
        summary=draft.summary,
        brand=draft.brand or hub.config.brand or Text(zh="", en=""),
        state="planned",
        sources=sources,
        scene=scene,
        planned=draft.planned,
    )
    await hub.database.episodes.create(episode)
    return episode


async def start(hub: Hub, slug: Slug, by: str = "operator") -> Episode:
    """Put a planned episode on air; a rehearsal of it ends.

    Raises:
        NotFound: there is none.
        Conflict: it has ended, is on air already, or another one holds the listener for cameras that push.
    """
    episode = await by_slug(hub, slug)
    claim_rtmp(hub, episode)
    show = await show_of(hub, episode)
    episode = await hub.database.episodes.start(episode.id, datetime.now(UTC))
    rehearsal = hub.rehearsals.pop(slug, None)
    if rehearsal is not None:
        await rehearsal.end()
    show.enter(by, Began(scene=(show.state.before or show.state.mix).program))
    await show.save()
    await put_on_air(hub, episode)
    return episode


async def put_on_air(hub: Hub, episode: Episode) -> None:
    """Make an on-air episode's worker, window and recording, or take them up where a hub left them."""
    show = await show_of(hub, episode)
    air = await Air.open(
        episode,
        mix=show.state.mix,
        forum=await guests.forum_of(hub, episode.slug),
        figures=figures(hub, show),
        on_source=lambda source: note_source(hub, show, source),
        cameras=cameras(hub, episode),
        recording=await hub.recordings.open(episode.id),
        ingest=hub.ingest,
        signatory=hub.signatory,
        hold_back=hub.config.hub.hold_back,
        rtmp=hub.rtmp if pushed(hub, episode) else None,
        take=hub.spares.take,
    )
    for line in show.state.as_run:
        # Of a take that a hub was killed over nobody was shown anything: it is seen with the next picture.
        if line.position is None or line.position > air.edge:
            show.enter("", Aired(take=line.take, position=air.edge))
    await show.save()
    air.record = await isos.order(hub, episode)
    air.desk.preview(show.state.mix, coming(show.state))
    hub.air[episode.slug] = air
    hub.tasks.create_task(air.run(), name=f"episode {episode.slug}")
    await restream.begin(hub, episode, air)


async def show_of(hub: Hub, episode: Episode) -> Show:
    """The show of an episode, as its log has it."""
    async with hub.opening:
        await guests.forum_of(hub, episode.slug)
        if episode.slug not in hub.shows:
            show = await Show.open(hub.database, episode)
            for image in show.state.images:
                with suppress(NotFound):  # somebody tidied the folder: the graphic stays empty
                    show.images[image.digest] = await hub.recordings.objects.get(
                        image_object(episode, image.digest)
                    )
            hub.shows[episode.slug] = show
        return hub.shows[episode.slug]


def image_object(episode: Episode, digest: str) -> str:
    """Where a picture that was brought for an episode's graphics is kept."""
    return f"episodes/{episode.id}/images/{digest}.png"


def figures(hub: Hub, show: Show) -> Figures:
    """What the graphics of a show are made of."""
    return Figures(hub.ingest, lambda: hub.challenges.shown, show.images)


def note_source(hub: Hub, show: Show, source: wire.SourceState) -> None:
    """Enter the loss and the return of a source; what only stumbles is not lost."""
    lost = source.source in show.state.lost
    if source.condition == "slate" and not lost:
        show.enter("", SourceChanged(source=source.source, condition="lost", words=source.words))
    elif source.condition == "live" and lost:
        show.enter("", SourceChanged(source=source.source, condition="live", words=source.words))
    else:
        return
    hub.tasks.create_task(show.save(), name="show's log")


def cameras(hub: Hub, episode: Episode) -> tuple[AnyCamera, ...]:
    """The episode's sources, in its order."""
    known = {camera.id: camera for camera in hub.config.cameras}
    return tuple(known[source] for source in episode.sources if source in known)


async def end(hub: Hub, slug: Slug) -> Episode:
    """End an episode for good: the last part is finished, and its address replays it.

    Raises:
        Conflict: it is not on air.
    """
    air = await _on_air(hub, slug)
    await air.end()
    episode = await hub.database.episodes.end(air.episode.id, datetime.now(UTC))
    hub.air.pop(slug, None)
    await restream.end(hub, slug)
    hub.shows.pop(slug, None)
    hub.forums.pop(slug, None)
    return episode


async def stream(hub: Hub, slug: Slug) -> Stream:
    """What players get. Raises NotFound for an episode that was never on air."""
    live = hub.air.get(slug)
    return live.shelf if live is not None else await hub.replays.get(slug)


async def _on_air(hub: Hub, slug: Slug) -> Air:
    air = hub.air.get(slug)
    if air is None:
        episode = await by_slug(hub, slug)
        raise Conflict("{slug} is not on air; it is {state}", slug=slug, state=stands(episode.state))
    return air


def require(known: set[SourceId], given: tuple[SourceId, ...], key: str) -> None:
    """Raises BadInput for a source that is not known; `key` is where it was given."""
    for one in given:
        if one not in known:
            raise BadInput(
                "{key}: {one!r} is not here; there are: {known}", key=key, one=one, known=sorted(known)
            )


def pushed(hub: Hub, episode: Episode) -> bool:
    """Whether the episode has cameras that push."""
    return any(isinstance(c, RtmpCamera) and c.id in episode.sources for c in hub.config.cameras)


def claim_rtmp(hub: Hub, episode: Episode) -> None:
    """Raises Conflict when another episode on air has the listener that this one needs."""
    for other in hub.air.values():
        if pushed(hub, episode) and pushed(hub, other.episode):
            raise Conflict(
                "{slug} is on air with cameras that push; end it first, or use a hub for each",
                slug=other.slug,
            )
