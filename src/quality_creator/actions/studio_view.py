"""What is seen of a studio: all that the producer's page shows, the host's cue sheet, and what was aired."""

from datetime import UTC, datetime
from typing import Literal

import msgspec

from quality_creator.actions import episodes, guests
from quality_creator.actions.studio import Studio
from quality_creator.media import wire
from quality_creator.model.clock import MediaTime, Micros, micros
from quality_creator.model.errors import Conflict
from quality_creator.model.ids import SourceId
from quality_creator.model.text import Text
from quality_creator.show import as_run
from quality_creator.show.event import Entry
from quality_creator.show.rundown import Item
from quality_creator.show.state import State
from quality_creator.show.timing import Timing, timing

LOG_SHOWN = 60


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


async def decisions(room: Studio) -> str:
    """What was aired as an edit decision list. Raises Conflict before anything was."""
    live = room.hub.air.get(room.episode.slug)
    if live is not None:
        end = live.edge
    else:
        index = await (await room.hub.recordings.open(room.episode.id)).index()
        end = MediaTime(index[-1].start + index[-1].duration if index else 0)
    if not end or room.show.state.rehearsal:
        raise Conflict("nothing of {slug} was aired yet", slug=room.episode.slug)
    names = {camera.id: camera.name for camera in episodes.cameras(room.hub, room.episode)}
    names |= {g.id: g.name for g in (await guests.forum_of(room.hub, room.episode.slug)).guests.values()}
    return as_run.edl(room.show.state.as_run, room.episode.title.en, end, names)
