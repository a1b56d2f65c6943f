"""The code that is shown in the factory and filmed: which one now, until when, and the log's entry of it."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
import structlog

from quality_creator.actions.ledger import Newest
from quality_creator.model.clock import Micros, iso, micros
from quality_creator.model.errors import Unavailable
from quality_creator.trust.log import challenge
from quality_creator.trust.log.challenge import CHALLENGE, Challenge

if TYPE_CHECKING:
    from quality_creator.actions.hub import Hub

log = structlog.get_logger()

LOOK_S = 0.5


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a screen in the factory shows now."""

    code: str
    """Eight digits."""
    origin: str
    size: int
    """Of the checkpoint from which the code follows."""
    root: str
    """Of it, in hex."""
    since: Micros
    until: Micros
    """When the next one is due; it may be late when the log's witnesses are."""
    witnessed: bool
    """Whether the code follows from cosignatures; without them, whoever runs the log could have known it."""
    logged: bool
    """Whether it is written into the log: it is while an episode is on air."""


def words(shown: Shown) -> str:
    """What the code's QR code says: with it whoever has the log's tools finds the checkpoint."""
    return f"{shown.origin}\n{shown.size}\n{shown.root}\n{shown.code}"


@dataclass(slots=True)
class Challenges:
    """What is shown now."""

    shown: Shown | None = None
    """None before the log has published anything."""

    async def keep(self, hub: "Hub") -> None:
        """Change the code when it is due, until cancelled."""
        while True:
            newest = hub.ledger.newest
            if newest is not None and self._due(newest, micros(datetime.now(UTC))):
                try:
                    self.shown = await _show(hub, newest)
                except Unavailable as error:
                    log.warning("no new challenge", words=str(error))
            await asyncio.sleep(LOOK_S)

    def _due(self, newest: Newest, now: Micros) -> bool:
        if self.shown is None:
            return True
        return now >= self.shown.until and newest.published.size != self.shown.size


async def _show(hub: "Hub", newest: Newest) -> Shown:
    now = micros(datetime.now(UTC))
    there = newest.seen.signed.checkpoint
    made = Shown(
        code=challenge.code(newest.published.note),
        origin=there.origin,
        size=there.size,
        root=there.root.hex(),
        since=now,
        until=Micros(now + round(hub.config.log.challenge_s * 1e6)),
        witnessed=bool(newest.seen.times),
        logged=bool(hub.air),
    )
    for air in hub.air.values():
        document = Challenge(
            type="challenge/1",
            id=f"urn:uuid:{uuid.uuid4()}",
            episode=f"urn:uuid:{air.episode.id}",
            code=made.code,
            checkpoint=newest.published.note.decode(),
            at=iso(now),
        )
        await hub.ledger.enter(document.encode(), type=CHALLENGE, id=document.id, subject=document.episode)
    return made
