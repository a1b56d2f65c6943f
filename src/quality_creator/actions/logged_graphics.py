"""Put on air what stands in the transparency log: an expert's remark, a draw; and take it off again.

A graphic of these says which entry it shows (`Graphic.logged`). It is stamped into the stream at the very
picture from which it is burned in, as every graphic is: whoever watches later sees the remark at its own
instant, with all its words, and can look its document up. Such graphics are made here and nowhere else; that
they say what the document says is checked by whoever verifies the episode.
"""

from quality_creator.actions import draws, studio
from quality_creator.actions.hub import Hub
from quality_creator.actions.progress import subject
from quality_creator.actions.studio import Done, Studio
from quality_creator.model.episode import stands
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.mix import Graphic, Logged
from quality_creator.model.text import Text
from quality_creator.show import event
from quality_creator.show.state import graphic_id, remark_on_air
from quality_creator.store.ledger import Entry
from quality_creator.trust import remark
from quality_creator.trust.log import leaf
from quality_creator.trust.log.draw import DRAW
from quality_creator.trust.remark import Remark


async def show_remark(hub: Hub, slug: Slug, name: str, by: str) -> Done:
    """Take an expert's remark on air.

    Raises:
        NotFound: there is no such remark.
        Conflict: it was withdrawn, is a withdrawal, or the episode is not on air.
        Unavailable: no worker answered in time; the next one begins with it.
    """
    room = await _room(hub, slug)
    entry = await _entry(hub, room, name)
    found = next((one for one in room.show.state.remarks if one.id == name), None)
    if found is None:
        raise NotFound("no remark {name} came in", name=name)
    made = remark.decode(entry.document or b"").remark
    if found.withdrawn or made.kind == "withdrawal":
        raise Conflict("this remark was withdrawn; it is not shown")
    graphic = remark_graphic(made, entry, found.institution)
    return await studio.show(room, graphic, by)


async def hide_remark(hub: Hub, slug: Slug, name: str, by: str) -> Done:
    """Take a remark off the air. Raises NotFound when it is not on, Conflict, Unavailable."""
    return await studio.hide(await _room(hub, slug), graphic_id(name), by)


async def answer(hub: Hub, slug: Slug, name: str, by: str, *, done: bool) -> Done:
    """Note that what an expert asked for was done, or that it is open again. Raises NotFound, BadInput."""
    room = await studio.studio(hub, slug)
    found = next((one for one in room.show.state.remarks if one.id == name), None)
    if found is None:
        raise NotFound("no remark {name} came in", name=name)
    if found.kind not in remark.ASKS:
        raise BadInput("this remark asks for nothing")
    entry = room.show.enter(by, event.AskAnswered(id=name, done=done))
    await room.show.save()
    return Done(number=entry.number)


async def show_draw(hub: Hub, slug: Slug, lot: str, by: str) -> Done:
    """Take a draw on air: the lot, the units that were drawn, and how anyone repeats it.

    Raises:
        NotFound: no such lot was announced.
        Conflict: it is not drawn yet, or the episode is not on air.
        Unavailable: no worker answered in time.
    """
    room = await _room(hub, slug)
    found = next((one for one in await draws.everything(hub, slug) if one.lot == lot), None)
    if found is None:
        raise NotFound("no lot {lot!r} was announced for this episode", lot=lot)
    if found.draw_index is None:
        raise Conflict("this lot is not drawn yet; its witnesses are waited for")
    drawn = await hub.ledger.about(subject(room.episode), DRAW)
    entry = next(one for one in drawn if one.index == found.draw_index)
    return await studio.show(room, draw_graphic(found, entry), by)


async def hide_draw(hub: Hub, slug: Slug, lot: str, by: str) -> Done:
    """Take a draw off the air. Raises NotFound when it is not on, Conflict, Unavailable."""
    return await studio.hide(await _room(hub, slug), _draw_id(lot), by)


def remark_graphic(made: Remark, entry: Entry, institution: Text) -> Graphic:
    """What is laid over the picture; the stream has all the words, the picture as many as it has room for."""
    chinese = made.language == "zh"
    return Graphic(
        id=graphic_id(made.id),
        template="remark",
        fields={
            "name": Text(zh=made.name, en=""),
            "institution": institution,
            "words": Text(zh=made.shown if chinese else "", en="" if chinese else made.shown),
            "entry": _numbered(entry.index),
        },
        logged=_logged(entry),
    )


def draw_graphic(lot: draws.Standing, entry: Entry) -> Graphic:
    """What is laid over the picture of a draw."""
    of = f"{len(lot.units)}/{lot.count}"
    return Graphic(
        id=_draw_id(lot.lot),
        template="draw",
        fields={
            "what": Text(zh="", en=lot.what),
            "units": Text(zh="", en=", ".join(lot.units)),
            "repeat": Text(
                zh=f"{of}，由日志第 {lot.index} 条之后的检查点决定；任何人可用 qc draw check 复核",
                en=f"{of}, decided by the checkpoint behind entry {lot.index}; repeat it with qc draw check",
            ),
            "entry": _numbered(entry.index),
        },
        logged=_logged(entry),
    )


async def take_off_withdrawn(hub: Hub, slug: Slug, name: str) -> None:
    """What its expert withdrew does not stay on air."""
    room = await studio.studio(hub, slug)
    if room.episode.state == "on-air" and remark_on_air(room.show.state, name):
        await studio.hide(room, graphic_id(name), "")


async def _room(hub: Hub, slug: Slug) -> Studio:
    room = await studio.studio(hub, slug)
    if room.episode.state != "on-air":
        raise Conflict("{slug} is not on air; it is {state}", slug=slug, state=stands(room.episode.state))
    return room


async def _entry(hub: Hub, room: Studio, name: str) -> Entry:
    for one in await hub.ledger.about(subject(room.episode), remark.LEAF):
        if one.id == name:
            return one
    raise NotFound("no remark {name} came in", name=name)


def _draw_id(lot: str) -> str:
    return f"draw-{lot.removeprefix('urn:uuid:')}"


def _numbered(index: int) -> Text:
    return Text(zh=f"日志 {index}", en=f"log {index}")


def _logged(entry: Entry) -> Logged:
    assert entry.document is not None
    return Logged(type=entry.type, id=entry.id, index=entry.index, sha256=leaf.sha256(entry.document))
