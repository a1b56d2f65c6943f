"""Have the log's checkpoints stamped by a time-stamp authority, where one is configured."""

import asyncio
import uuid
from typing import TYPE_CHECKING

import structlog

from quality_creator.actions.ledger import Ledger
from quality_creator.model.errors import BadPayload, Unavailable
from quality_creator.trust import timestamp

if TYPE_CHECKING:
    import httpx

log = structlog.get_logger()

EVERY_S = 60.0
"""At most so often; nothing is stamped while nothing is entered."""

TIMEOUT_S = 20.0


class Timestamps:
    """Made for a log and an authority; `run` belongs into a task."""

    def __init__(self, ledger: Ledger, client: "httpx.AsyncClient", address: str) -> None:
        self._ledger = ledger
        self._client = client
        self._address = address
        self._stamped = 0

    async def run(self) -> None:
        """Stamp what is new until cancelled; what can't be stamped now is stamped with what comes next."""
        while True:
            try:
                await self.step()
            except (Unavailable, BadPayload) as error:
                log.warning("no time stamp", address=self._address, words=str(error))
            await asyncio.sleep(EVERY_S)

    async def step(self) -> int | None:
        """Have the newest checkpoint stamped, if more than the last stamp's own entry is new.

        Returns:
            The place of the stamp's entry; None where there was nothing to stamp.

        Raises:
            Unavailable: the authority can't be asked, or the answer can't be kept.
            BadPayload: what it answered is no stamp over the checkpoint.
        """
        newest = self._ledger.newest
        if newest is None or newest.published.size <= self._stamped + 1:
            return None
        note = newest.published.note
        found = timestamp.made(note, await self._ask(timestamp.request(note)), f"urn:uuid:{uuid.uuid4()}")
        index = await self._ledger.enter(
            found.encode(), type=timestamp.LEAF, id=found.id, subject=self._ledger.origin
        )
        self._stamped = newest.published.size
        return index

    async def _ask(self, request: bytes) -> bytes:
        import httpx

        headers = {"content-type": "application/timestamp-query"}
        try:
            answer = await self._client.post(
                self._address, content=request, headers=headers, timeout=TIMEOUT_S
            )
        except httpx.HTTPError as error:
            raise Unavailable(f"{self._address}: {error or type(error).__name__}") from error
        if answer.status_code != 200:
            raise Unavailable(f"{self._address} answers {answer.status_code}")
        return answer.content
