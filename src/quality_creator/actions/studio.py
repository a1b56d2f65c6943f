"""Everything that a producer can do in the studio: a command becomes an entry of the log, then a picture.

The entry is on the disk before the mixer hears of it: whatever is killed in between, the show comes back
with what was asked for. Of two producers the later one wins, and both see who it was.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec

from quality_creator.actions import episodes, guests
from quality_creator.actions.desk import Desk
from quality_creator.actions.hub import Hub
from quality_creator.actions.rehearsal import Rehearsal
from quality_creator.actions.show import Show
from quality_creator.media import wire
from quality_creator.model.clock import MediaTime, Micros, micros
from quality_creator.model.episode import Episode
from quality_creator.model.errors import BadInput, Conflict, NotFound, Unavailable
from quality_creator.model.ids import Slug, SourceId
from quality_creator.model.mix import Channel, Graphic
from quality_creator.model.scene import CUT, Scene, Transition
from quality_creator.model.text import Text
from quality_creator.show import as_run, event, rundown
from quality_creator.show.event import Entry
from quality_creator.show.rundown import Item, ItemId, Rundown
from quality_creator.show.state import State, taken
from quality_creator.show.timing import Timing, timing

ANSWER_S = 5.0
"""How long a take may take before its asker is told that no worker is there."""

MOST_GRAPHICS = 16
MOST_SCENES = 100

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class _Command(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """What all commands share."""


class Preview(_Command, frozen=True, kw_only=True, tag="preview"):
    """Put a scene on the preview bus."""

    scene: Scene


class Take(_Command, frozen=True, kw_only=True, tag="take"):
    """Put the preview on air; what was on air becomes the preview."""

    transition: Transition = CUT


class Put(_Command, frozen=True, kw_only=True, tag="put"):
    """Put a scene on air, whatever is on the preview bus."""

    scene: Scene
    transition: Transition = CUT


class Pull(_Command, frozen=True, kw_only=True, tag="t-bar"):
    """Move the T-bar; at 1 the preview is on air."""

    kind: Annotated[str, msgspec.Meta(pattern="^(mix|wipe|dip)$")] = "mix"
    position: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Fade(_Command, frozen=True, kw_only=True, tag="fade"):
    """Fade to black, or back."""

    black: bool
    frames: Annotated[int, msgspec.Meta(ge=1, le=250)] = 25


class TakeItem(_Command, frozen=True, kw_only=True, tag="take-item"):
    """Put an item of the rundown on air: scene, graphics and microphones at once."""

    item: ItemId | None = None
    """Left out, the next one."""
    transition: Transition | None = None
    """Where the item has none of its own."""


class Cue(_Command, frozen=True, kw_only=True, tag="cue"):
    """Choose which item is next."""

    item: ItemId


class ShowGraphic(_Command, frozen=True, kw_only=True, tag="show-graphic"):
    """Put a graphic over the picture, or change the one of its id."""

    graphic: Graphic


class HideGraphic(_Command, frozen=True, kw_only=True, tag="hide-graphic"):
    """Take a graphic away."""

    id: str


class SetChannel(_Command, frozen=True, kw_only=True, tag="channel"):
    """Change how a source is heard."""

    source: SourceId
    channel: Channel
    settled: bool = True
    """False while a fader is being moved: heard at once, and kept when it rests."""


class NameScene(_Command, frozen=True, kw_only=True, tag="name-scene"):
    """Keep a scene under a name."""

    name: Name
    scene: Scene


class ForgetScene(_Command, frozen=True, kw_only=True, tag="forget-scene"):
    """Throw a named scene away."""

    name: Name


class AddItem(_Command, frozen=True, kw_only=True, tag="add-item"):
    """Put an item into the plan."""

    item: Item
    before: ItemId | None = None


class ChangeItem(_Command, frozen=True, kw_only=True, tag="change-item"):
    """Change an item of the plan."""

    item: Item


class MoveItem(_Command, frozen=True, kw_only=True, tag="move-item"):
    """Move an item in front of another, or to the end."""

    item: ItemId
    before: ItemId | None = None


class RemoveItem(_Command, frozen=True, kw_only=True, tag="remove-item"):
    """Take an item out of the plan."""

    item: ItemId


class Rehearse(_Command, frozen=True, kw_only=True, tag="rehearse"):
    """Begin or end a rehearsal."""

    on: bool


class Remark(_Command, frozen=True, kw_only=True, tag="remark"):
    """Write something into the log."""

    words: Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]


Command = (
    Preview
    | Take
    | Put
    | Pull
    | Fade
    | TakeItem
    | Cue
    | ShowGraphic
    | HideGraphic
    | SetChannel
    | NameScene
    | ForgetScene
    | AddItem
    | ChangeItem
    | MoveItem
    | RemoveItem
    | Rehearse
    | Remark
)


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
    live = hub.air.get(slug) or hub.rehearsals.get(slug)
    return Studio(hub, episode, show, live.desk if live else None)


async def perform(  # noqa: PLR0911 - one arm a kind of command
    hub: Hub, slug: Slug, command: Command, by: str
) -> Done:
    """Carry out a producer's command.

    Raises:
        NotFound: there is no such episode, item or source.
        BadInput: it can't be, in words.
        Conflict: the episode has ended, or the command does not fit its state.
        Unavailable: no worker answered in time; it is kept, and the next worker begins with it.
    """
    room = await studio(hub, slug)
    if room.episode.state in ("ended", "published"):
        raise Conflict(f"{slug} has ended; what was aired stays as it was")
    match command:
        case Take() | Put() | TakeItem():
            return await _put(room, _took(room, command), by)
        case Preview(scene=scene):
            check_scene(room.episode, scene)
            done = await _enter(room, event.Previewed(scene=scene), by)
            _tell(room, wire.SetPreview(scene=scene, graphics=room.show.state.mix.graphics))
            return done
        case Pull():
            return await _pull(room, command, by)
        case Fade(black=black, frames=frames):
            fade = Transition(kind="mix", frames=frames)
            change = wire.Change(black=black, transition=fade)
            return await _mix(room, event.Faded(black=black, transition=fade), change, by)
        case ShowGraphic() | HideGraphic():
            return await _graphics(room, command, by)
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


# --- takes ---------------------------------------------------------------------------------------


def _took(room: Studio, command: Take | Put | TakeItem) -> event.Took:
    state = room.show.state
    match command:
        case Take(transition=transition):
            if state.mix.preview is None:
                raise Conflict("there is nothing on the preview bus; choose a source or a scene first")
            return event.Took(scene=state.mix.preview, transition=transition)
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
            return event.Took(
                scene=item.scene or state.mix.program,
                transition=item.transition or command.transition or CUT,
                item=item,
                graphics=graphics,
                channels=channels,
            )


async def _put(room: Studio, took: event.Took, by: str) -> Done:
    if room.desk is None:
        raise Conflict(f"{room.episode.slug} is not on air; it is {room.episode.state}. Rehearse it first")
    entry = room.show.enter(by, took)
    await room.show.save()
    change = wire.Change(
        scene=took.scene, transition=took.transition, graphics=took.graphics, channels=took.channels
    )
    seen = room.desk.change(room.show.state.mix, change)
    preview = room.show.state.mix.preview
    if preview is not None:
        # What the next take needs is drawn before it is taken.
        room.desk.tell(wire.SetPreview(scene=preview, graphics=_upcoming(room)))
    # A task of the hub's: whoever asked may be gone by then.
    noted = room.hub.tasks.create_task(_note_aired(room.show, entry.number, seen), name="take")
    return Done(number=entry.number, position=await _answered(noted))


def _upcoming(room: Studio) -> tuple[Graphic, ...]:
    state = room.show.state
    following = next((item for item in state.rundown if item.id == state.next), None)
    return taken(state, following)[0] if following else state.mix.graphics


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
        return await _put(room, event.Took(scene=preview, transition=transition), by)
    assert transition.kind != "cut"
    _tell(room, wire.Tbar(scene=preview, kind=transition.kind, position=command.position))
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


def _tell(room: Studio, order: wire.Tbar | wire.SetPreview) -> None:
    if room.desk is not None:
        if isinstance(order, wire.SetPreview):
            room.desk.mix = room.show.state.mix
        room.desk.tell(order)


async def _graphics(room: Studio, command: ShowGraphic | HideGraphic, by: str) -> Done:
    on = room.show.state.mix.graphics
    what: event.Event
    if isinstance(command, ShowGraphic):
        if len(on) >= MOST_GRAPHICS and all(one.id != command.graphic.id for one in on):
            raise BadInput(f"{MOST_GRAPHICS} graphics are on the picture; take one away first")
        what = event.GraphicShown(graphic=command.graphic)
    elif any(one.id == command.id for one in on):
        what = event.GraphicHidden(id=command.id)
    else:
        raise NotFound(f"there is no graphic {command.id!r} on the picture")
    done = await _enter(room, what, by)
    if room.desk is None:
        return done
    mix = room.show.state.mix
    seen = room.desk.change(mix, wire.Change(graphics=mix.graphics))
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
    hub, slug = room.hub, room.episode.slug
    if room.episode.state != "planned":
        raise Conflict(f"{slug} is on air; a rehearsal comes before")
    if on and slug not in hub.rehearsals:
        episodes.claim_rtmp(hub, room.episode)
        done = await _enter(room, event.Rehearsed(on=True), by)
        rehearsal = Rehearsal(
            slug,
            room.show.state.mix,
            episodes.cameras(hub, room.episode),
            forum=await guests.forum_of(hub, slug),
            rtmp=hub.rtmp if episodes.pushed(hub, room.episode) else None,
            clock=lambda: datetime.now(UTC),
            on_source=lambda source: episodes.note_source(hub, room.show, source),
        )
        hub.rehearsals[slug] = rehearsal
        hub.tasks.create_task(rehearsal.run(), name=f"rehearsal {slug}")
        return done
    running = None if on else hub.rehearsals.pop(slug, None)
    if running is not None:
        await running.end()
    return await _enter(room, event.Rehearsed(on=on), by)


def _entry(  # noqa: PLR0911 - one arm a command
    room: Studio,
    command: Cue | NameScene | ForgetScene | AddItem | ChangeItem | MoveItem | RemoveItem | Remark,
) -> event.Event:
    state = room.show.state
    match command:
        case Cue(item=name):
            return event.Cued(item=name)
        case NameScene(name=name, scene=scene):
            check_scene(room.episode, scene)
            if len(state.scenes) >= MOST_SCENES and name not in state.scenes:
                raise BadInput(f"there are {MOST_SCENES} scenes; throw one away first")
            return event.SceneNamed(name=name, scene=scene)
        case ForgetScene(name=name):
            if name not in state.scenes:
                raise NotFound(f"there is no scene {name!r}")
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
        case Remark(words=words):
            return event.Remarked(words=words)


async def replace(hub: Hub, slug: Slug, items: Rundown, by: str) -> Done:
    """Put another plan in the place of the rundown, whole.

    Raises:
        BadInput: an item needs what the episode has not; nothing is changed.
        Conflict: the episode has ended.
    """
    room = await studio(hub, slug)
    if room.episode.state in ("ended", "published"):
        raise Conflict(f"{slug} has ended; what was aired stays as it was")
    for item in items:
        try:
            check_item(room.episode, item)
        except BadInput as error:
            raise BadInput(f"item {item.id}: {error}") from error
    return await _enter(room, event.Imported(items=items), by)


async def decisions(room: Studio) -> str:
    """What was aired as an edit decision list. Raises Conflict before anything was."""
    live = room.hub.air.get(room.episode.slug)
    if live is not None:
        end = live.edge
    else:
        index = await (await room.hub.recordings.open(room.episode.id)).index()
        end = MediaTime(index[-1].start + index[-1].duration if index else 0)
    if not end or room.show.state.rehearsal:
        raise Conflict(f"nothing of {room.episode.slug} was aired yet")
    names = {camera.id: camera.name for camera in episodes.cameras(room.hub, room.episode)}
    names |= {g.id: g.name for g in (await guests.forum_of(room.hub, room.episode.slug)).guests.values()}
    return as_run.edl(room.show.state.as_run, room.episode.title.en, end, names)


# --- what the studio sees ------------------------------------------------------------------------


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """One source as the multiview has it."""

    id: SourceId
    name: Text
    condition: wire.SourceCondition | None
    """None while no worker has said anything of it."""
    words: str


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that the studio's page shows, pictures aside."""

    mode: Literal["planned", "rehearsal", "on-air", "ended"]
    now: Micros
    """The hub's clock, by which all instants here are meant."""
    state: State
    timing: Timing
    sources: tuple[SourceView, ...]
    log: tuple[Entry, ...]
    """The newest entries, the oldest first."""
    trouble: str


LOG_SHOWN = 60


def view(room: Studio) -> View:
    """What the studio shows at this moment."""
    state = room.show.state
    planned: Literal["rehearsal", "planned"] = "rehearsal" if state.rehearsal else "planned"
    told = room.desk.sources if room.desk else {}
    sources = []
    forum = room.hub.forums.get(room.episode.slug)
    people = forum.guests.values() if forum else ()
    for source in (*episodes.cameras(room.hub, room.episode), *people):
        one = told.get(source.id)
        sources.append(
            SourceView(
                id=source.id,
                name=source.name,
                condition=one.condition if one else None,
                words=one.words if one else "",
            )
        )
    past: Literal["on-air", "ended"] = "on-air" if room.episode.state == "on-air" else "ended"
    return View(
        mode=planned if room.episode.state == "planned" else past,
        now=micros(datetime.now(UTC)),
        state=state,
        timing=timing(state),
        sources=tuple(sources),
        log=tuple(room.show.recent[-LOG_SHOWN:]),
        trouble=room.show.trouble,
    )


class CueSheet(msgspec.Struct, frozen=True, kw_only=True):
    """What the host of a show sees: the item on air, the next one, and the time."""

    now: Micros
    timing: Timing
    rehearsal: bool
    item: Item | None
    """As it was taken."""
    next: Item | None


def cue_sheet(room: Studio) -> CueSheet:
    """The host's view at this moment."""
    state = room.show.state
    lines = [line.item for line in state.as_run if line.item is not None]
    # Notes may still be written while an item is on air; the host reads the newest.
    on_air = next((one for one in state.rundown if one.id == state.on_air), lines[-1] if lines else None)
    return CueSheet(
        now=micros(datetime.now(UTC)),
        timing=timing(state),
        rehearsal=state.rehearsal,
        item=on_air if state.on_air else None,
        next=next((one for one in state.rundown if one.id == state.next), None),
    )
