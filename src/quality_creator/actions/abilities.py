"""Tell viewers what the public characteristics are capable of, reckoned again now and then.

A study of some thousand values takes tens of milliseconds, so it is not made for every segment:
what travels in the stream says of which moment it is.
"""

import asyncio

from quality_creator.actions import engineering
from quality_creator.actions.engineering import Standing, Study
from quality_creator.actions.hub import Hub
from quality_creator.model.clock import Micros
from quality_creator.model.errors import Unavailable
from quality_creator.model.event import Capability
from quality_creator.model.ids import CharacteristicId
from quality_creator.quality.index import Index

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
    standing: Standing = await engineering.standing(hub, hub.ingest.configured(name).line, name)
    picture = await engineering.picture(hub, standing)
    if not picture.points:
        return None
    return of(await engineering.study(hub, standing, picture), picture.points[-1].time)


def of(study: Study, time: Micros) -> Capability | None:
    """A study in the words of the stream: the two indices, and what speaks against believing them."""
    found = study.capability
    if found is None:
        return None
    cpk, ppk = found.indices.get("Cpk"), found.indices.get("Ppk")
    if cpk is None and ppk is None:
        return None
    notes = {note.code for note in found.notes}
    return Capability(
        time=time,
        values=study.values,
        cpk=_value(cpk),
        cpk_low=None if cpk is None else cpk.low,
        cpk_high=None if cpk is None else cpk.high,
        ppk=_value(ppk),
        ppk_low=None if ppk is None else ppk.low,
        ppk_high=None if ppk is None else ppk.high,
        stable=found.stable,
        provisional="provisional" in notes,
        normal=None if found.normality is None else "not-normal" not in notes,
    )


def _value(index: Index | None) -> float | None:
    return None if index is None else index.value
