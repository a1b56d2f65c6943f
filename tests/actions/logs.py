"""Logs in a folder, for the tests of their writer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.actions import log_reader
from quality_creator.actions.log_reader import Checked
from quality_creator.actions.log_writer import Ask, Writer, no_witnesses
from quality_creator.store import ledger
from quality_creator.store.database import Database, open_folder
from quality_creator.store.ledger import LogFiles
from quality_creator.store.objects import open_objects
from quality_creator.trust.log import checkpoint
from quality_creator.trust.log.leaf import leaf_of
from quality_creator.trust.log.policy import Policy

ORIGIN = "log.example/quality"
KEY = Ed25519PrivateKey.from_private_bytes(b"K" * 32)
POLICY = log_reader.only([str(checkpoint.log_key(ORIGIN, KEY))])
LOG = str(POLICY.logs[0])
"""Its key, as commands take it."""


@asynccontextmanager
async def writing(
    folder: Path, *, origin: str = ORIGIN, policy: Policy = POLICY, ask: Ask = no_witnesses
) -> AsyncIterator[tuple[Database, Writer]]:
    """A writer on the log in a data folder."""
    database = await open_folder(folder)
    try:
        files = LogFiles(open_objects("", folder))
        yield database, await Writer.open(database, files, private=KEY, origin=origin, policy=policy, ask=ask)
    finally:
        await database.close()


async def enter(database: Database, number: int, kind: str = "remark/1") -> int:
    """Enter a document of its own."""
    document = f"document {number}".encode()
    words = {"type": kind, "id": f"urn:example:{number}", "subject": "urn:example:episode"}
    entry = leaf_of(document, issuer=ORIGIN, **words).encode()
    return await database.transact(ledger.enter, entry, document=document, now=datetime.now(UTC), **words)


async def check(folder: Path) -> Checked:
    """Go through the published log."""
    async with log_reader.opened(str(folder / "objects" / "log")) as get:
        return await log_reader.fsck(get, await log_reader.newest(get, POLICY))


async def grow(folder: Path, *numbers: int) -> None:
    """A log with these entries, as files below `objects/log`."""
    async with writing(folder) as (database, writer):
        for number in numbers:
            await enter(database, number)
        await writer.step()
