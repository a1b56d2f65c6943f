"""What a producer can ask of the studio, as words that come in from a page or a program."""

from typing import Annotated

import msgspec

from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Channel, Graphic
from quality_creator.model.scene import CUT, Scene, Transition
from quality_creator.show.rundown import Item, ItemId

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


class CueGraphic(_Command, frozen=True, kw_only=True, tag="cue-graphic"):
    """Let a graphic come with the next take; the preview shows it."""

    graphic: Graphic


class UncueGraphic(_Command, frozen=True, kw_only=True, tag="uncue-graphic"):
    """Let it not come after all."""

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


class Follow(_Command, frozen=True, kw_only=True, tag="follow"):
    """Let the picture follow whoever speaks, or no longer."""

    on: bool


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
    | CueGraphic
    | UncueGraphic
    | SetChannel
    | NameScene
    | ForgetScene
    | AddItem
    | ChangeItem
    | MoveItem
    | RemoveItem
    | Follow
    | Rehearse
    | Remark
)
