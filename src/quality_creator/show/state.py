"""Where a show stands: what the log of its events comes to."""

from typing import Literal, assert_never

import msgspec

from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import Conflict, NotFound
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Channel, Graphic, Mix
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text
from quality_creator.show import rundown
from quality_creator.show.event import (
    Aired,
    AskAnswered,
    Began,
    ChannelSet,
    Chatted,
    Cued,
    Entry,
    ExpertRemarked,
    Faded,
    Followed,
    Following,
    GraphicCued,
    GraphicHidden,
    GraphicShown,
    GraphicUncued,
    ImageBrought,
    Imported,
    ItemAdded,
    ItemChanged,
    ItemMoved,
    ItemRemoved,
    Previewed,
    Rehearsed,
    Remarked,
    SceneForgotten,
    SceneNamed,
    SourceChanged,
    Took,
)
from quality_creator.show.rundown import Item, ItemId, Rundown

MOST_IMAGES = 40
"""Pictures that are kept at hand; with one more, the oldest is forgotten."""

PANEL = "panel"
"""The id and template of the graphic in a data panel."""

CHAT = 100
"""Lines that a page is shown."""


class AsRun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One take that was aired: a copy of the plan at that moment."""

    take: int
    """The number of its entry in the log."""
    at: Micros
    by: str
    scene: Scene
    item: Item | None
    position: MediaTime | None
    """Where in the stream it began; None until the mixer has said so."""
    follows: tuple[SourceId, ...] = ()
    """Whoever spoke, for a take that was made because they did."""


class Deed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who did the last thing."""

    by: str
    at: Micros
    what: str
    """The event's tag."""


class ExpertRemark(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An expert's signed remark, as far as the show has to do with it."""

    id: str
    index: int
    """Of its entry in the transparency log."""
    came: Micros
    kind: str
    name: str
    institution: Text
    words: str
    language: Literal["zh", "en"]
    withdraws: str = ""
    withdrawn: bool = False
    aired: bool = False
    """It was on air at some time."""
    done: bool = False
    """What it asked for was done."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of what is written behind the scenes."""

    number: int
    at: Micros
    by: str
    words: str


class State(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that the studio shows, and all that a hub needs that takes a show up."""

    mix: Mix
    number: int = 0
    """Of the last entry."""
    rundown: Rundown = ()
    on_air: ItemId | None = None
    """The item that was taken last."""
    next: ItemId | None = None
    began: Micros | None = None
    """When the episode, or its rehearsal, began."""
    item_began: Micros | None = None
    item_planned_s: int = 0
    """As it was planned when it was taken."""
    as_run: tuple[AsRun, ...] = ()
    scenes: dict[str, Scene] = {}
    lined_up: bool = False
    """The rundown put the next item's scene on the preview; a take of it brings the item's graphics."""
    tied: tuple[Graphic, ...] = ()
    """These come with the next take of the preview or of an item."""
    images: tuple[ImageBrought, ...] = ()
    """What graphics may show, the newest last."""
    lost: frozenset[SourceId] = frozenset()
    follow: Following = "off"
    """A take by hand pauses it."""
    rehearsal: bool = False
    before: Mix | None = None
    """What a rehearsal gives back."""
    last: Deed | None = None
    remarks: tuple[ExpertRemark, ...] = ()
    """In the order in which they came."""
    chat: tuple[Line, ...] = ()
    """The newest lines, the oldest first."""


def begin(scene: Scene) -> State:
    """The state of a show in which nothing has happened yet."""
    return State(mix=Mix(program=scene))


def step(state: State, entry: Entry) -> State:
    """The state after one more entry.

    Raises:
        QualityCreatorError: the event does not fit the state: what it names is not there, or is taken.
    """
    state = _step(state, entry)
    what = str(type(entry.event).__struct_config__.tag)
    last = Deed(by=entry.by, at=entry.at, what=what) if entry.by else state.last
    return msgspec.structs.replace(state, number=entry.number, last=last)


def _step(state: State, entry: Entry) -> State:  # noqa: PLR0911, PLR0912 - one arm an event
    set_ = msgspec.structs.replace
    event = entry.event
    match event:
        case Took():
            return _take(state, entry, event)
        case Aired():
            return set_(state, as_run=tuple(_aired(one, event) for one in state.as_run))
        case Previewed():
            return set_(state, mix=set_(state.mix, preview=event.scene), lined_up=False)
        case Faded():
            return set_(state, mix=set_(state.mix, black=event.black))
        case GraphicShown():
            graphics = with_graphic(state.mix.graphics, event.graphic)
            aired = tuple(
                set_(one, aired=True) if event.graphic.id == graphic_id(one.id) else one
                for one in state.remarks
            )
            return set_(state, mix=set_(state.mix, graphics=graphics), remarks=aired)
        case GraphicHidden():
            graphics = tuple(one for one in state.mix.graphics if one.id != event.id)
            return set_(state, mix=set_(state.mix, graphics=graphics))
        case GraphicCued():
            return set_(state, tied=with_graphic(state.tied, event.graphic))
        case GraphicUncued():
            return set_(state, tied=tuple(one for one in state.tied if one.id != event.id))
        case ImageBrought():
            others = tuple(one for one in state.images if one.digest != event.digest)
            return set_(state, images=(*others, event)[-MOST_IMAGES:])
        case ChannelSet():
            channels = {**state.mix.channels, event.source: event.channel}
            return set_(state, mix=set_(state.mix, channels=channels))
        case SceneNamed():
            return set_(state, scenes={**state.scenes, event.name: event.scene})
        case SceneForgotten():
            return set_(state, scenes={n: s for n, s in state.scenes.items() if n != event.name})
        case Followed():
            return set_(state, follow=event.follow)
        case Rehearsed():
            return _rehearse(state, entry, event)
        case Began():
            return _begin(state, entry, event)
        case SourceChanged():
            gone = state.lost | {event.source}
            return set_(state, lost=gone if event.condition == "lost" else gone - {event.source})
        case Remarked():
            return state
        case ExpertRemarked() | AskAnswered():
            return _remark(state, entry, event)
        case Chatted():
            line = Line(number=entry.number, at=entry.at, by=entry.by, words=event.words)
            return set_(state, chat=(*state.chat, line)[-CHAT:])
        case Cued() | ItemAdded() | ItemChanged() | ItemMoved() | ItemRemoved() | Imported():
            return _plan(state, event)
        case _:
            assert_never(event)


def _plan(state: State, event: Cued | ItemAdded | ItemChanged | ItemMoved | ItemRemoved | Imported) -> State:
    """The plan changes; what is on air does not."""
    plan, after = state.rundown, state.next
    match event:
        case Cued():
            after = rundown.item(plan, event.item).id
        case ItemAdded():
            plan = rundown.insert(plan, event.item, event.before)
        case ItemChanged():
            plan = rundown.change(plan, event.item)
        case ItemMoved():
            plan = rundown.move(plan, event.item, event.before)
        case ItemRemoved():
            # Whoever removes the next item means the one behind it.
            if after == event.item:
                after = rundown.following(plan, event.item)
            plan = rundown.remove(plan, event.item)
        case Imported():
            rundown.check(event.items)
            plan = event.items
    if after is None or all(one.id != after for one in plan):
        after = rundown.following(plan, state.on_air) if state.on_air else rundown.following(plan, None)
    state = msgspec.structs.replace(state, rundown=plan, next=after)
    return _line_up(state) if state.lined_up or isinstance(event, Cued) else state


def _line_up(state: State) -> State:
    """The next item's scene goes to the preview; without one, what is there stays."""
    upcoming = next((one for one in state.rundown if one.id == state.next), None)
    if upcoming is None or upcoming.scene is None:
        return msgspec.structs.replace(state, lined_up=False)
    mix = msgspec.structs.replace(state.mix, preview=upcoming.scene)
    return msgspec.structs.replace(state, mix=mix, lined_up=True)


def coming(state: State) -> tuple[Graphic, ...]:
    """What lies over the picture after a take of the preview; the studio's preview shows it."""
    upcoming = next((one for one in state.rundown if state.lined_up and one.id == state.next), None)
    graphics = state.mix.graphics if upcoming is None else taken(state, upcoming)[0]
    for graphic in state.tied:
        graphics = with_graphic(graphics, graphic)
    return graphics


def graphic_id(remark: str) -> str:
    """The id of the graphic that shows an expert's remark; while it is over the picture, it is on air."""
    return f"remark-{remark.removeprefix('urn:uuid:')}"


def remark_on_air(state: State, remark: str) -> bool:
    """Whether an expert's remark is over the picture."""
    return any(one.id == graphic_id(remark) for one in state.mix.graphics)


def _remark(state: State, entry: Entry, event: ExpertRemarked | AskAnswered) -> State:
    set_ = msgspec.structs.replace
    if isinstance(event, AskAnswered):
        if all(one.id != event.id for one in state.remarks):
            raise NotFound("no remark {id} came in", id=event.id)
        remarks = [set_(one, done=event.done) if one.id == event.id else one for one in state.remarks]
        return set_(state, remarks=tuple(remarks))
    if any(one.id == event.id for one in state.remarks):
        raise Conflict("the remark {id} came in before", id=event.id)
    remarks = [set_(one, withdrawn=True) if one.id == event.withdraws else one for one in state.remarks]
    came = ExpertRemark(came=entry.at, **msgspec.structs.asdict(event))
    return set_(state, remarks=(*remarks, came))


def taken(state: State, item: Item) -> tuple[tuple[Graphic, ...], dict[SourceId, Channel]]:
    """What the take of an item makes of the graphics and of who is heard."""
    graphics = tuple(one for one in state.mix.graphics if one.stays)
    for graphic in item.graphics:
        graphics = with_graphic(graphics, graphic)
    for characteristic in item.panel[:1]:
        panel = Graphic(id=PANEL, template=PANEL, characteristic=characteristic)
        graphics = with_graphic(graphics, panel)
    scene = item.scene or state.mix.program
    channels: dict[SourceId, Channel] = {}
    for source in {*state.mix.channels, *state.mix.program.sources, *scene.sources, *item.microphones}:
        channel = state.mix.channels.get(source, Channel())
        heard = "always" if source in item.microphones else "never" if item.microphones else "with-picture"
        channels[source] = msgspec.structs.replace(channel, heard=heard)
    return graphics, channels


def with_graphic(graphics: tuple[Graphic, ...], new: Graphic) -> tuple[Graphic, ...]:
    """The graphics with one more, in the place of the one of the same id."""
    if any(one.id == new.id for one in graphics):
        return tuple(new if one.id == new.id else one for one in graphics)
    return (*graphics, new)


def _take(state: State, entry: Entry, event: Took) -> State:
    set_ = msgspec.structs.replace
    item = event.item
    by_hand = not event.follows
    swapped = by_hand and event.scene == state.mix.preview
    mix = set_(
        state.mix,
        program=event.scene,
        preview=state.mix.program if swapped else state.mix.preview,
        graphics=state.mix.graphics if event.graphics is None else event.graphics,
        channels=state.mix.channels if event.channels is None else event.channels,
    )
    line = AsRun(
        take=entry.number,
        at=entry.at,
        by=entry.by,
        scene=event.scene,
        item=item,
        position=None,
        follows=event.follows,
    )
    follow: Following = "paused" if by_hand and state.follow == "on" else state.follow
    state = set_(
        state,
        mix=mix,
        as_run=(*state.as_run, line),
        follow=follow,
        tied=state.tied if event.graphics is None else (),
        # What was put on air past the preview leaves it as it is.
        lined_up=state.lined_up and not swapped,
    )
    if item is None:
        return state
    after = rundown.following(state.rundown, item.id)
    state = set_(
        state,
        on_air=item.id,
        next=after,
        item_began=entry.at,
        item_planned_s=item.planned_s,
    )
    return _line_up(state)


def _aired(line: AsRun, event: Aired) -> AsRun:
    return msgspec.structs.replace(line, position=event.position) if line.take == event.take else line


def _rehearse(state: State, entry: Entry, event: Rehearsed) -> State:
    if event.on == state.rehearsal:
        return state
    return msgspec.structs.replace(
        state,
        rehearsal=event.on,
        before=state.mix if event.on else None,
        mix=state.mix if event.on else state.before or state.mix,
        lined_up=False,
        tied=(),
        began=entry.at if event.on else None,
        follow="off",
        on_air=None,
        next=rundown.following(state.rundown, None),
        item_began=None,
        item_planned_s=0,
        as_run=(),
    )


def _begin(state: State, entry: Entry, event: Began) -> State:
    """On air: from the rundown's start, and what was aired begins with the first scene."""
    if state.rehearsal:
        state = _rehearse(state, entry, Rehearsed(on=False))
    line = AsRun(
        take=entry.number, at=entry.at, by=entry.by, scene=event.scene, item=None, position=MediaTime(0)
    )
    mix = msgspec.structs.replace(state.mix, program=event.scene)
    return msgspec.structs.replace(state, mix=mix, began=entry.at, as_run=(line,), follow="off")
