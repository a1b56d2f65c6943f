"""What happens in a show, as an append-only log has it: the source of chapters, tally, audit and recovery."""

from typing import Literal

import msgspec

from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Channel, Graphic
from quality_creator.model.scene import CUT, Scene, Transition
from quality_creator.model.text import Text
from quality_creator.show.rundown import Item, ItemId

Following = Literal["off", "on", "paused"]
"""Whether the picture follows whoever speaks; paused it waits until a person lets it go on."""


class _Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    tag_field="event",
):
    """What all events share: unknown keys are errors."""


class Took(_Event, frozen=True, kw_only=True, tag="take"):
    """A scene was put on air; with an item all that belongs to it. When it was seen is told by `Aired`."""

    scene: Scene
    transition: Transition = CUT
    item: Item | None = None
    """A copy: later edits of the plan do not reach what was aired."""
    graphics: tuple[Graphic, ...] | None = None
    channels: dict[SourceId, Channel] | None = None
    follows: tuple[SourceId, ...] = ()
    """Whoever speaks, for a take that the mixer made because they do; a take by hand follows nobody."""


class Aired(_Event, frozen=True, kw_only=True, tag="aired"):
    """A take reached the picture."""

    take: int
    """The number of its entry."""
    position: MediaTime


class Previewed(_Event, frozen=True, kw_only=True, tag="preview"):
    """A scene was put on the preview bus."""

    scene: Scene


class Faded(_Event, frozen=True, kw_only=True, tag="fade"):
    """The programme was faded to black, or back."""

    black: bool
    transition: Transition = CUT


class Cued(_Event, frozen=True, kw_only=True, tag="cue"):
    """Another item shall be taken next."""

    item: ItemId


class GraphicShown(_Event, frozen=True, kw_only=True, tag="graphic"):
    """A graphic was put over the picture, or one of the same id was changed."""

    graphic: Graphic


class GraphicHidden(_Event, frozen=True, kw_only=True, tag="graphic-off"):
    """A graphic was taken away."""

    id: str


class GraphicCued(_Event, frozen=True, kw_only=True, tag="graphic-cue"):
    """A graphic was made ready: it comes with the next take."""

    graphic: Graphic


class GraphicUncued(_Event, frozen=True, kw_only=True, tag="graphic-uncue"):
    """A graphic does not come with the next take after all."""

    id: str


class ImageBrought(_Event, frozen=True, kw_only=True, tag="image"):
    """A picture for graphics was brought along; its bytes are kept beside the log."""

    digest: str
    width: int
    height: int
    """Pixels."""


class ChannelSet(_Event, frozen=True, kw_only=True, tag="channel"):
    """How a source is heard was changed."""

    source: SourceId
    channel: Channel


class SceneNamed(_Event, frozen=True, kw_only=True, tag="scene"):
    """A scene was kept under a name."""

    name: str
    scene: Scene


class SceneForgotten(_Event, frozen=True, kw_only=True, tag="scene-off"):
    """A named scene was thrown away."""

    name: str


class ItemAdded(_Event, frozen=True, kw_only=True, tag="item-add"):
    """An item was put into the plan."""

    item: Item
    before: ItemId | None = None


class ItemChanged(_Event, frozen=True, kw_only=True, tag="item-change"):
    """An item of the plan was changed."""

    item: Item


class ItemMoved(_Event, frozen=True, kw_only=True, tag="item-move"):
    """An item changed its place in the plan."""

    item: ItemId
    before: ItemId | None = None


class ItemRemoved(_Event, frozen=True, kw_only=True, tag="item-remove"):
    """An item was taken out of the plan."""

    item: ItemId


class Imported(_Event, frozen=True, kw_only=True, tag="import"):
    """The whole plan was replaced."""

    items: tuple[Item, ...]


class Followed(_Event, frozen=True, kw_only=True, tag="follow"):
    """The picture follows whoever speaks from now on, or no longer."""

    follow: Following


class Rehearsed(_Event, frozen=True, kw_only=True, tag="rehearsal"):
    """A rehearsal began or ended. What is done in one leaves no trace in what was aired."""

    on: bool


class Began(_Event, frozen=True, kw_only=True, tag="began"):
    """The episode went on air."""

    scene: Scene


class SourceChanged(_Event, frozen=True, kw_only=True, tag="source"):
    """A source was lost or came back."""

    source: SourceId
    condition: Literal["live", "lost"]
    words: str = ""


class Remarked(_Event, frozen=True, kw_only=True, tag="remark"):
    """Somebody in the studio wrote something down."""

    words: str


class ExpertRemarked(_Event, frozen=True, kw_only=True, tag="expert-remark"):
    """An expert's signed remark came in; it waits until somebody takes it on air."""

    id: str
    """The remark's urn:uuid:."""
    index: int
    """Of its entry in the transparency log."""
    kind: str
    name: str
    """The expert's."""
    institution: Text
    words: str
    language: Literal["zh", "en"]
    withdraws: str = ""
    """The remark that this one takes back."""


class AskAnswered(_Event, frozen=True, kw_only=True, tag="ask-answered"):
    """What an expert asked for was done, or it is open again."""

    id: str
    done: bool = True


class Chatted(_Event, frozen=True, kw_only=True, tag="chat"):
    """Somebody wrote to the others behind the scenes: experts and producers."""

    words: str


Event = (
    Took
    | Aired
    | Previewed
    | Faded
    | Cued
    | GraphicShown
    | GraphicHidden
    | GraphicCued
    | GraphicUncued
    | ImageBrought
    | ChannelSet
    | SceneNamed
    | SceneForgotten
    | ItemAdded
    | ItemChanged
    | ItemMoved
    | ItemRemoved
    | Imported
    | Followed
    | Rehearsed
    | Began
    | SourceChanged
    | Remarked
    | ExpertRemarked
    | AskAnswered
    | Chatted
)


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One line of the log."""

    number: int
    """From 1, without gaps in an episode."""
    at: Micros
    by: str
    """Who did it; empty when nobody did, as when a source is lost."""
    event: Event
