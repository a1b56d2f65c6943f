"""Let the picture follow whoever speaks, in every show that wants it."""

import asyncio
import time

import structlog

from quality_creator.actions import studio
from quality_creator.actions.hub import Hub
from quality_creator.model.clock import Micros
from quality_creator.model.errors import Unavailable
from quality_creator.model.ids import Slug
from quality_creator.show.follow import Ear, step

log = structlog.get_logger()

LOOK_S = 0.1
"""Half of the time in which the worker says anew who speaks."""


async def keep(hub: Hub) -> None:
    """Until it is cancelled."""
    ears: dict[Slug, Ear] = {}
    while True:
        await asyncio.sleep(LOOK_S)
        wanted = [slug for slug, show in hub.shows.items() if show.state.follow == "on"]
        ears = {slug: ears.get(slug, Ear()) for slug in wanted}
        for slug in wanted:
            ears[slug] = await _look(hub, slug, ears[slug])


async def _look(hub: Hub, slug: Slug, ear: Ear) -> Ear:
    room = await studio.studio(hub, slug)
    forum = hub.forums.get(slug)
    if room.desk is None or forum is None:
        return Ear()
    # Nothing is awaited between the decision and its entry in the log: a take by hand comes before or after.
    ear, took = step(ear, room.show.state, forum.speaking, Micros(time.time_ns() // 1000))
    if took is not None:
        try:
            await studio.put(room, took, "")
        except Unavailable as error:
            log.warning("following the speaker", episode=slug, words=str(error))
    return ear
