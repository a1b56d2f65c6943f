"""Tell viewers what the public characteristics are capable of, reckoned again now and then.

A study of some thousand values takes tens of milliseconds, so it is not made for every segment:
what travels in the stream says of which moment it is.
"""

import asyncio

from quality_creator.actions import engineering, studies
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import Unavailable
from quality_creator.model.event import Capability
from quality_creator.model.ids import CharacteristicId

EVERY_S = 10.0


async def keep(hub: Hub) -> None:
    """Reckon until cancelled; what can't be read now is reckoned the next time."""
    while True:
        for one in hub.config.characteristics:
            if one.specification is None or not hub.ingest.chart(one.id).characteristic.public:
                hub.ingest.tell_capability(one.id, None)
                continue
            try:
                hub.ingest.tell_capability(one.id, await reckon(hub, one.id))
            except Unavailable:
                continue
        await asyncio.sleep(EVERY_S)


async def reckon(hub: Hub, name: CharacteristicId) -> Capability | None:
    """A characteristic's capability from its newest values; None where there is none."""
    chart, rows = await hub.database.look(engineering.rows, hub.ingest.chart(name))
    return await asyncio.to_thread(studies.reckon, chart, rows)
