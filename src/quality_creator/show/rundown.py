"""The plan of an episode: items in their order, each with all that its take puts on air."""

from typing import Annotated, Literal, NewType

import msgspec

from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.ids import CharacteristicId, SourceId
from quality_creator.model.mix import Graphic
from quality_creator.model.scene import Scene, Transition
from quality_creator.model.text import Text

ItemId = NewType("ItemId", str)
"""An item's name within its rundown; it stays through edits and moves."""

Kind = Literal[
    "opening",
    "forum",
    "smart-factory",
    "research",
    "manufacturing",
    "quality-control",
    "interpretation",
    "endorsement",
    "closing",
]

MOST = 500
"""Items of a rundown."""

LONGEST_S = 24 * 3600


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One item of the plan."""

    id: Annotated[ItemId, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
    kind: Kind
    title: Text
    planned_s: Annotated[int, msgspec.Meta(ge=0, le=LONGEST_S)] = 0
    """How long it shall take."""
    scene: Scene | None = None
    """Left out, the picture stays as it is."""
    transition: Transition | None = None
    """How its scene comes; left out, as the producer has it set."""
    graphics: tuple[Graphic, ...] = ()
    panel: tuple[CharacteristicId, ...] = ()
    """Whose values belong to it: shown in the data panel, if its scene has one."""
    microphones: tuple[SourceId, ...] = ()
    """Who is heard, and nobody else; left out, who is seen is heard."""
    notes: Annotated[str, msgspec.Meta(max_length=20_000)] = ""
    """For the host: the prompter shows them."""
    people: tuple[str, ...] = ()


Rundown = tuple[Item, ...]


def item(rundown: Rundown, name: ItemId) -> Item:
    """The item of this name. Raises NotFound."""
    return rundown[_index(rundown, name)]


def following(rundown: Rundown, name: ItemId | None) -> ItemId | None:
    """The item behind another, or the first; None behind the last, or when it is not planned any more."""
    names = [one.id for one in rundown]
    if name is None:
        return names[0] if names else None
    return next(iter(names[names.index(name) + 1 :]), None) if name in names else None


def insert(rundown: Rundown, new: Item, before: ItemId | None) -> Rundown:
    """Put a new item in front of another, or at the end.

    Raises:
        Conflict: the name is taken.
        BadInput: there are too many items.
    """
    if any(one.id == new.id for one in rundown):
        raise Conflict("there is an item {id!r} already; give the new one another name", id=new.id)
    if len(rundown) >= MOST:
        raise BadInput("a rundown has at most {most} items", most=MOST)
    at = len(rundown) if before is None else _index(rundown, before)
    return (*rundown[:at], new, *rundown[at:])


def change(rundown: Rundown, new: Item) -> Rundown:
    """Put an item in the place of the one of the same name. Raises NotFound."""
    at = _index(rundown, new.id)
    return (*rundown[:at], new, *rundown[at + 1 :])


def move(rundown: Rundown, name: ItemId, before: ItemId | None) -> Rundown:
    """Move an item in front of another, or to the end. Raises NotFound."""
    moved = item(rundown, name)
    if before == name:
        return rundown
    rest = remove(rundown, name)
    return insert(rest, moved, before)


def remove(rundown: Rundown, name: ItemId) -> Rundown:
    """Take an item out of the plan. Raises NotFound."""
    at = _index(rundown, name)
    return rundown[:at] + rundown[at + 1 :]


def check(rundown: Rundown) -> None:
    """Raises BadInput when two items have the same name, or there are too many."""
    names = [one.id for one in rundown]
    for number, name in enumerate(names):
        if name in names[:number]:
            raise BadInput(
                "item {number}: the name {name!r} is taken by item {other}",
                number=number + 1,
                name=name,
                other=names.index(name) + 1,
            )
    if len(names) > MOST:
        raise BadInput("a rundown has at most {most} items; these are {count}", most=MOST, count=len(names))


def _index(rundown: Rundown, name: ItemId) -> int:
    for at, one in enumerate(rundown):
        if one.id == name:
            return at
    there = ", ".join(one.id for one in rundown[:20]) or "none"
    raise NotFound("there is no item {name!r} in the rundown; there are: {there}", name=name, there=there)
