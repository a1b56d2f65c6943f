"""Everything that a producer can do in the studio: a command becomes an entry of the log, then a picture.

The entry is on the disk before the mixer hears of it: whatever is killed in between, the show comes back
with what was asked for. Of two producers the later one wins, and both see who it was.
"""

import asyncio
import contextlib
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from quality_creator.actions import episodes, guests
from quality_creator.actions.command import (
    AddItem,
    ChangeItem,
    Command,
    Cue,
    CueGraphic,
    Fade,
    Follow,
    ForgetScene,
    HideGraphic,
    MoveItem,
    NameScene,
    Preview,
    Pull,
    Put,
    Rehearse,
    Remark,
    RemoveItem,
    SetChannel,
    ShowGraphic,
    Take,
    TakeItem,
    UncueGraphic,
)
from quality_creator.actions.desk import Desk
from quality_creator.actions.hub import Hub
from quality_creator.actions.rehearsal import Rehearsal
from quality_creator.actions.show import Show
from quality_creator.media import logo, wire
from quality_creator.model.clock import MediaTime
from quality_creator.model.episode import Episode, stands
from quality_creator.model.errors import BadInput, Conflict, NotFound, Unavailable
from quality_creator.model.ids import Slug, SourceId
from quality_creator.model.mix import Channel, Graphic
from quality_creator.model.scene import CUT, Scene, Transition
from quality_creator.show import event, rundown
from quality_creator.show.rundown import Item, Rundown
from quality_creator.show.state import coming, taken, with_graphic

ANSWER_S = 5.0
"""How long a take may take before its asker is told that no worker is there."""

MOST_GRAPHICS = 16
MOST_SCENES = 100


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a command."""

    number: int
    """Of the newest entry."""
    position: MediaTime | None = None
    """Where in the stream it is seen or heard from, where the mixer had a part in it."""


@dataclass(frozen=True, slots=True)
class Studio:
    """One episode's show, and the desk of its mixer while there is one."""

    hub: Hub
    episode: Episode
    show: Show
    desk: Desk | None


async def studio(hub: Hub, slug: Slug) -> Studio:
    """The studio of an episode. Raises NotFound."""
    episode = await episodes.by_slug(hub, slug)
    show = await episodes.show_of(hub, episode)
    if episode.state == "planned" and show.state.rehearsal and slug not in hub.rehearsals:
        # A hub was killed over it: it goes on where it was when somebody looks.
        with contextlib.suppress(Conflict):
            await _set_up(hub, episode, show)
    live = hub.air.get(slug) or hub.rehearsals.get(slug)
    return Studio(hub, episode, show, live.desk if live else None)


async def perform(hub: Hub, slug: Slug, command: Command, by: str) -> Done:
    """Carry out a producer's command.

    Raises:
        NotFound: there is no such episode, item or source.
        BadInput: it can't be, in words.
        Conflict: the episode has ended, or the command does not fit its state.
        Unavailable: no worker answered in time; it is kept, and the next worker begins with it.
    """
    room = await studio(hub, slug)
    if room.episode.state in ("ended", "published"):
        raise Conflict("{slug} has ended; what was aired stays as it was", slug=slug)
    done = await _perform(room, command, by)
    _show_preview(room)
    return done


async def _perform(  # noqa: PLR0911 - one arm a kind of command
    room: Studio, command: Command, by: str
) -> Done:
    match command:
        case Take() | Put() | TakeItem():
            return await put(room, _took(room, command), by)
        case Preview(scene=scene):
            check_scene(room.episode, scene)
            return await _enter(room, event.Previewed(scene=scene), by)
        case Pull():
            return await _pull(room, command, by)
        case Fade(black=black, frames=frames):
            fade = Transition(kind="mix", frames=frames)
            change = wire.Change(black=black, transition=fade)
            return await _mix(room, event.Faded(black=black, transition=fade), change, by)
        case ShowGraphic(graphic=graphic):
            check_graphics((graphic,))
            return await show(room, graphic, by)
        case HideGraphic(id=name):
            return await hide(room, name, by)
        case CueGraphic() | UncueGraphic():
            return await _enter(room, _tied(room, command), by)
        case SetChannel():
            return await _channel(room, command, by)
        case Rehearse(on=on):
            return await _rehearse(room, on, by)
        case _:
            return await _enter(room, _entry(room, command), by)


def check_scene(episode: Episode, scene: Scene) -> None:
    """Raises BadInput for a scene that shows nothing, or what is no source of the episode."""
    if not scene.sources:
        raise BadInput("sources: a scene shows at least one")
    episodes.require(set(episode.sources), scene.sources, "sources")


def check_item(episode: Episode, item: Item) -> None:
    """Raises BadInput for an item that needs what the episode has not."""
    if item.scene is not None:
        check_scene(episode, item.scene)
    episodes.require(set(episode.sources), item.microphones, f"{item.id}: microphones")
    check_graphics(item.graphics)


def check_graphics(graphics: Sequence[Graphic]) -> None:
    """Raises BadInput for one that says of itself that it shows what stands in the log."""
    if any(one.logged is not None for one in graphics):
        raise BadInput("a remark or a draw is taken on air by itself, from the log")


# --- takes ---------------------------------------------------------------------------------------


def _took(room: Studio, command: Take | Put | TakeItem) -> event.Took:
    state = room.show.state
    match command:
        case Take(transition=transition):
            if state.mix.preview is None:
                raise Conflict("there is nothing on the preview bus; choose a source or a scene first")
            return _took_preview(room, state.mix.preview, transition)
        case Put(scene=scene, transition=transition):
            check_scene(room.episode, scene)
            return event.Took(scene=scene, transition=transition)
        case TakeItem():
            name = command.item or state.next
            if name is None:
                raise Conflict("the rundown has no further item; choose one")
            item = rundown.item(state.rundown, name)
            check_item(room.episode, item)
            graphics, channels = taken(state, item)
            for graphic in state.tied:
                graphics = with_graphic(graphics, graphic)
            return event.Took(
                scene=item.scene or state.mix.program,
                transition=item.transition or command.transition or CUT,
                item=item,
                graphics=graphics,
                channels=channels,
            )


def _took_preview(room: Studio, scene: Scene, transition: Transition) -> event.Took:
    """The preview goes on air as it is seen there: with the graphics that lie over it."""
    state = room.show.state
    graphics = coming(state)
    return event.Took(
        scene=scene, transition=transition, graphics=None if graphics == state.mix.graphics else graphics
    )


async def put(room: Studio, took: event.Took, by: str) -> Done:
    """Make a take. It is in the log before anything is waited for.

    Args:
        room: Where.
        took: What.
        by: Who did it; empty when nobody did, as when the picture follows whoever speaks.

    Raises:
        Conflict: there is no mixer.
        Unavailable: no worker answered in time; it is kept, and the next worker begins with it.
    """
    if room.desk is None:
        raise Conflict(
            "{slug} is not on air; it is {state}. Rehearse it first",
            slug=room.episode.slug,
            state=stands(room.episode.state),
        )
    entry = room.show.enter(by, took)
    await room.show.save()
    change = wire.Change(
        scene=took.scene, transition=took.transition, graphics=took.graphics, channels=took.channels
    )
    seen = room.desk.change(room.show.state.mix, change)
    # What the next take needs is drawn before it is taken.
    _show_preview(room)
    # A task of the hub's: whoever asked may be gone by then.
    noted = room.hub.tasks.create_task(_note_aired(room.show, entry.number, seen), name="take")
    return Done(number=entry.number, position=await _answered(noted))


def _show_preview(room: Studio) -> None:
    if room.desk is not None:
        room.desk.preview(room.show.state.mix, coming(room.show.state))


async def _note_aired(show: Show, take: int, seen: "asyncio.Future[MediaTime]") -> MediaTime:
    position = await seen
    show.enter("", event.Aired(take=take, position=position))
    await show.save()
    return position


async def _answered(seen: "asyncio.Future[MediaTime]") -> MediaTime:
    try:
        return await asyncio.wait_for(asyncio.shield(seen), ANSWER_S)
    except TimeoutError:
        raise Unavailable("the media worker is away; it is carried out when it is back") from None


async def _pull(room: Studio, command: Pull, by: str) -> Done:
    preview = room.show.state.mix.preview
    if preview is None:
        raise Conflict("there is nothing on the preview bus; choose a source or a scene first")
    transition = msgspec.convert({"kind": command.kind, "frames": 3}, Transition)
    if command.position >= 1:
        return await put(room, _took_preview(room, preview, transition), by)
    assert transition.kind != "cut"
    if room.show.state.follow == "on":
        await _enter(room, event.Followed(follow="paused"), by)
    if room.desk is not None:
        room.desk.tell(wire.Tbar(scene=preview, kind=transition.kind, position=command.position))
    return Done(number=room.show.state.number)


# --- everything else -----------------------------------------------------------------------------


async def _enter(room: Studio, what: event.Event, by: str) -> Done:
    entry = room.show.enter(by, what)
    await room.show.save()
    return Done(number=entry.number)


async def _mix(room: Studio, what: event.Event, change: wire.Change, by: str) -> Done:
    done = await _enter(room, what, by)
    if room.desk is None:
        return done
    seen = room.desk.change(room.show.state.mix, change)
    return msgspec.structs.replace(done, position=await _answered(seen))


def _check_graphic(room: Studio, graphic: Graphic, there: tuple[Graphic, ...]) -> None:
    """Raises BadInput for one too many, or one whose picture nobody brought."""
    if len(there) >= MOST_GRAPHICS and all(one.id != graphic.id for one in there):
        raise BadInput("{most} graphics are on the picture; take one away first", most=MOST_GRAPHICS)
    if graphic.image is not None and graphic.image.digest not in room.show.images:
        raise BadInput("image: this picture was not brought along; upload it first")


def _tied(room: Studio, command: CueGraphic | UncueGraphic) -> event.Event:
    tied = room.show.state.tied
    if isinstance(command, CueGraphic):
        check_graphics((command.graphic,))
        _check_graphic(room, command.graphic, tied)
        return event.GraphicCued(graphic=command.graphic)
    if any(one.id == command.id for one in tied):
        return event.GraphicUncued(id=command.id)
    raise NotFound("no graphic {id!r} is ready for the next take", id=command.id)


async def bring_image(hub: Hub, slug: Slug, data: bytes, by: str) -> event.ImageBrought:
    """Keep a PNG for the episode's graphics.

    Raises:
        BadInput: it is no PNG, is broken, or is too large.
        Conflict: the episode has ended.
        Unavailable: the disk refuses it.
    """
    room = await studio(hub, slug)
    if room.episode.state in ("ended", "published"):
        raise Conflict("{slug} has ended; what was aired stays as it was", slug=slug)
    picture, (width, height) = await asyncio.to_thread(logo.normal, data)
    digest = hashlib.sha256(picture).hexdigest()
    await hub.recordings.objects.put_new(episodes.image_object(room.episode, digest), picture)
    room.show.images[digest] = picture
    if room.desk is not None:
        room.desk.tell(wire.Images(images={digest: picture}))
    brought = event.ImageBrought(digest=digest, width=width, height=height)
    await _enter(room, brought, by)
    return brought


async def show(room: Studio, graphic: Graphic, by: str) -> Done:
    """Put a graphic over the picture, or change the one of its id.

    Raises:
        BadInput: there are too many.
        Unavailable: no worker answered in time; the next one begins with it.
    """
    on = room.show.state.mix.graphics
    _check_graphic(room, graphic, on)
    return await _graphics(room, event.GraphicShown(graphic=graphic), by)


async def hide(room: Studio, name: str, by: str) -> Done:
    """Take a graphic away. Raises NotFound when it is not there, Unavailable as `show`."""
    if all(one.id != name for one in room.show.state.mix.graphics):
        raise NotFound("there is no graphic {name!r} on the picture", name=name)
    return await _graphics(room, event.GraphicHidden(id=name), by)


async def _graphics(room: Studio, what: event.GraphicShown | event.GraphicHidden, by: str) -> Done:
    done = await _enter(room, what, by)
    if room.desk is None:
        return done
    mix = room.show.state.mix
    seen = room.desk.change(mix, wire.Change(graphics=mix.graphics))
    _show_preview(room)
    return msgspec.structs.replace(done, position=await _answered(seen))


async def _channel(room: Studio, command: SetChannel, by: str) -> Done:
    episodes.require(set(room.episode.sources), (command.source,), "source")
    if command.settled:
        what = event.ChannelSet(source=command.source, channel=command.channel)
        done = await _enter(room, what, by)
    else:
        done = Done(number=room.show.state.number)
    if room.desk is not None:
        mix = room.show.state.mix
        channels: Mapping[SourceId, Channel] = {**mix.channels, command.source: command.channel}
        room.desk.change(mix, wire.Change(channels=dict(channels)))
    return done


async def _rehearse(room: Studio, on: bool, by: str) -> Done:
    if room.episode.state != "planned":
        raise Conflict("{slug} is on air; a rehearsal comes before", slug=room.episode.slug)
    if on:
        episodes.claim_rtmp(room.hub, room.episode)
    done = await _enter(room, event.Rehearsed(on=on), by)
    if on:
        await _set_up(room.hub, room.episode, room.show)
    else:
        running = room.hub.rehearsals.pop(room.episode.slug, None)
        if running is not None:
            await running.end()
    return done


async def _set_up(hub: Hub, episode: Episode, show: Show) -> None:
    """Let the mixer of a rehearsal run, if it does not yet. Raises Conflict when it would take a listener."""
    forum = await guests.forum_of(hub, episode.slug)
    if not show.state.rehearsal or episode.slug in hub.rehearsals:
        return
    episodes.claim_rtmp(hub, episode)
    rehearsal = Rehearsal(
        episode.slug,
        show.state.mix,
        episodes.cameras(hub, episode),
        forum=forum,
        ingest=hub.ingest,
        figures=episodes.figures(hub, show),
        rtmp=hub.rtmp if episodes.pushed(hub, episode) else None,
        take=hub.spares.take,
        clock=lambda: datetime.now(UTC),
        on_source=lambda source: episodes.note_source(hub, show, source),
    )
    rehearsal.desk.preview(show.state.mix, coming(show.state))
    hub.rehearsals[episode.slug] = rehearsal
    hub.tasks.create_task(rehearsal.run(), name=f"rehearsal {episode.slug}")


def _entry(  # noqa: PLR0911 - one arm a command
    room: Studio,
    command: Cue | NameScene | ForgetScene | AddItem | ChangeItem | MoveItem | RemoveItem | Follow | Remark,
) -> event.Event:
    state = room.show.state
    match command:
        case Cue(item=name):
            return event.Cued(item=name)
        case NameScene(name=name, scene=scene):
            check_scene(room.episode, scene)
            if len(state.scenes) >= MOST_SCENES and name not in state.scenes:
                raise BadInput("there are {most} scenes; throw one away first", most=MOST_SCENES)
            return event.SceneNamed(name=name, scene=scene)
        case ForgetScene(name=name):
            if name not in state.scenes:
                raise NotFound("there is no scene {name!r}", name=name)
            return event.SceneForgotten(name=name)
        case AddItem(item=item, before=before):
            check_item(room.episode, item)
            return event.ItemAdded(item=item, before=before)
        case ChangeItem(item=item):
            check_item(room.episode, item)
            return event.ItemChanged(item=item)
        case MoveItem(item=name, before=before):
            return event.ItemMoved(item=name, before=before)
        case RemoveItem(item=name):
            return event.ItemRemoved(item=name)
        case Follow(on=on):
            return event.Followed(follow="on" if on else "off")
        case Remark(words=words):
            return event.Remarked(words=words)


async def mute(hub: Hub, slug: Slug, source: SourceId, muted: bool, by: str) -> Done:
    """Let nobody hear a source, or everybody again; all else of its channel stays. Raises as `perform`."""
    channel = (await studio(hub, slug)).show.state.mix.channels.get(source, Channel())
    command = SetChannel(source=source, channel=msgspec.structs.replace(channel, mute=muted))
    return await perform(hub, slug, command, by)


async def replace(hub: Hub, slug: Slug, items: Rundown, by: str) -> Done:
    """Put another plan in the place of the rundown, whole.

    Raises:
        BadInput: an item needs what the episode has not; nothing is changed.
        Conflict: the episode has ended.
    """
    room = await studio(hub, slug)
    if room.episode.state in ("ended", "published"):
        raise Conflict("{slug} has ended; what was aired stays as it was", slug=slug)
    for item in items:
        try:
            check_item(room.episode, item)
        except BadInput as error:
            raise BadInput("item {id}: {error}", id=item.id, error=error) from error
    done = await _enter(room, event.Imported(items=items), by)
    _show_preview(room)
    return done
