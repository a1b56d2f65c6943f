"""The hub's transparency log: what others enter, when it is seen by the witnesses, and proofs of that.

`enter` gives a document its place in the log and returns when that is durable; `run` is the one task that
grows the log and publishes it, some moments later. Who needs to know that a quorum has seen an entry waits
for `seen`, and gets the document's proof from `proof`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.actions.log_writer import Writer
from quality_creator.actions.witnesses import Witnesses, WitnessStatus
from quality_creator.config import Config
from quality_creator.model.clock import Micros, micros
from quality_creator.model.errors import BadInput, BadPayload, Conflict, NotFound, Unavailable
from quality_creator.store import ledger
from quality_creator.store.database import Database, Transaction, open_folder
from quality_creator.store.keys import Keys
from quality_creator.store.ledger import Entry, LogFiles, Published
from quality_creator.store.objects import open_objects
from quality_creator.trust import jcs
from quality_creator.trust.log import checkpoint, leaf, merkle, policy, proof
from quality_creator.trust.log.leaf import Leaf
from quality_creator.trust.log.policy import Policy, Seen

if TYPE_CHECKING:
    import httpx

log = structlog.get_logger()

Result = TypeVar("Result")

KEY = "log"
"""The log's key, among the hub's own."""

BEGINNING = "log/1"
"""The log's first entry: with it there is a checkpoint before the first episode begins."""

GATHER_S = 0.1
"""How long an entry waits for company."""

AGAIN_S = 2.0
"""Pause after something could not be done."""


class LedgerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the log is doing, for the operator."""

    origin: str
    key: str
    """The log's verifier key."""
    size: int
    """Entries that are published."""
    waiting: int
    """Entries that are not published yet."""
    trouble: str
    witnesses: tuple[WitnessStatus, ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest checkpoint that was published."""

    published: Published
    seen: Seen
    at: Micros
    """When this hub published it, or took it up."""


class Ledger:
    """Made by `open`, alive while `run` runs."""

    def __init__(
        self, database: Database, files: LogFiles, writer: Writer, *, policy_text: bytes, witnesses: Witnesses
    ) -> None:
        self.origin = writer.origin
        self.policy_text = policy_text
        self.policy: Policy = policy.parse(policy_text)
        self.newest: Newest | None = None
        self.trouble = ""
        self._database = database
        self._files = files
        self._writer = writer
        self._witnesses = witnesses
        self._waiting = asyncio.Event()
        self._changed = asyncio.Event()
        self._entered = 0
        self._note()

    @classmethod
    async def open(
        cls, database: Database, keys: Keys, config: Config, client: "httpx.AsyncClient | None"
    ) -> Self:
        """The log in a hub's data folder, checked before it is gone on with.

        Args:
            client: For the witnesses; not needed where the policy names none with an address.

        Raises:
            BadInput: the log, its key and its policy do not belong together; the text says how.
            Unavailable: it can't be read now.
        """
        private = await asyncio.to_thread(keys.own_ed25519, KEY)
        origin = await _origin(database, config)
        text = await asyncio.to_thread(_policy_text, config, origin, private)
        objects = await asyncio.to_thread(open_objects, config.hub.objects, config.path(config.hub.data))
        files = LogFiles(objects)
        believed = policy.parse(text)
        witnesses = Witnesses(believed, client)
        writer = await Writer.open(
            database, files, private=private, origin=origin, policy=believed, ask=witnesses.ask
        )
        opened = cls(database, files, writer, policy_text=text, witnesses=witnesses)
        opened._entered = await database.look(ledger.count)
        if opened._entered == 0:
            about = jcs.encode({"type": BEGINNING, "origin": origin, "key": opened.key})
            await opened.enter(about, type=BEGINNING, id=opened.key, subject=origin)
        return opened

    # --- entering ---

    async def enter(self, document: bytes, *, type: str, id: str, subject: str, issuer: str = "") -> int:  # noqa: A002
        """Give a document its place in the log; it is there, durably, when this returns.

        Args:
            document: Its bytes; they are published beside the log.
            type: What kind of document, such as `endorsement/1`.
            id: Its own.
            subject: What it is about, such as an episode's `urn:uuid:`.
            issuer: Who made it; empty for the hub.

        Raises:
            BadPayload: an entry can't say this (texts that are too long or not NFC).
            Unavailable: it can't be kept now.
        """
        return await self.transact(
            lambda transaction: self.enter_in(
                transaction, document, type=type, id=id, subject=subject, issuer=issuer
            )
        )

    def enter_in(
        self,
        transaction: Transaction,
        document: bytes,
        *,
        type: str,  # noqa: A002
        id: str,  # noqa: A002
        subject: str,
        issuer: str = "",
    ) -> int:
        """`enter` as a part of the caller's own transaction, which runs within `transact`."""
        made = leaf.leaf_of(document, type=type, id=id, issuer=issuer or self.origin, subject=subject)
        words = {"type": type, "id": id, "subject": subject}
        return ledger.enter(transaction, made.encode(), document=document, now=datetime.now(UTC), **words)

    async def transact(self, act: Callable[[Transaction], Result]) -> Result:
        """Run a transaction that enters something, and let the log grow by it."""
        result = await self._database.transact(act)
        self._entered = await self._database.look(ledger.count)
        self._waiting.set()
        return result

    # --- reading ---

    async def seen(self, index: int, timeout_s: float) -> Published:
        """Wait until a quorum has seen an entry; the first checkpoint with it.

        Raises:
            Unavailable: it did not come to that in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while self.newest is None or self.newest.published.size <= index:
                    await self._changed.wait()
        except TimeoutError:
            raise Unavailable(
                f"the log's entry {index} is not seen by its witnesses yet"
                + (f": {self.trouble}" * bool(self.trouble))
            ) from None
        published = await self._database.look(ledger.first_with, index)
        assert published is not None
        return published

    async def proof(self, index: int) -> bytes:
        """The `.tlog-proof` of an entry, by the first checkpoint that has it.

        Raises:
            NotFound: it is not published (yet).
            Unavailable: the log can't be read now.
        """
        published = await self._database.look(ledger.first_with, index)
        if published is None:
            raise NotFound(f"the log's entry {index} is not published")
        # From the tiles of the newest tree: those of a smaller one need not have been written.
        path = await self._writer.proof(
            lambda hashes: merkle.inclusion(index, published.size, hashes), self._writer.tree.size
        )
        return proof.Proof(index, tuple(path), published.note).encode()

    async def about(self, subject: str, *types: str) -> list[Entry]:
        """Entries about something, of some types or of all, in the log's order. Raises Unavailable."""
        return await self._database.look(ledger.about, subject, types)

    async def called(self, type: str, id: str) -> Entry:  # noqa: A002
        """The entry of a type that has an id. Raises NotFound, Unavailable."""
        found = await self._database.look(ledger.called, type, id)
        if found is None:
            raise NotFound(f"the log has no {type} with the id {id!r:.80}")
        return found

    async def entry(self, index: int) -> Leaf:
        """An entry. Raises NotFound, Unavailable."""
        found = await self._database.look(ledger.entries, index, 1)
        if not found or found[0].index != index:
            raise NotFound(f"the log has no entry {index}")
        return leaf.decode(found[0].leaf)

    async def first_of(self, size: int) -> Published:
        """The checkpoint of exactly this size. Raises NotFound, Unavailable."""
        published = await self._database.look(ledger.first_with, size - 1)
        if published is None or published.size != size:
            raise NotFound(f"no checkpoint of {size} entries was published")
        return published

    async def read(self, path: str) -> bytes:
        """One of the log's files, as it is published. Raises NotFound, Unavailable."""
        return await self._files.get(path)

    @property
    def key(self) -> str:
        """The log's verifier key."""
        return next(str(one) for one in self.policy.logs if one.name == self.origin)

    def status(self) -> LedgerStatus:
        """How the log is doing."""
        size = self.newest.published.size if self.newest else 0
        return LedgerStatus(
            origin=self.origin,
            key=self.key,
            size=size,
            waiting=self._entered - size,
            trouble=self.trouble,
            witnesses=self._witnesses.status(),
        )

    async def wait(self) -> None:
        """Until something is published that is newer than what is `newest` now."""
        await self._changed.wait()

    # --- the one task ---

    async def run(self) -> None:
        """Grow and publish the log until cancelled."""
        self._waiting.set()  # what an earlier process left
        while True:
            await self._waiting.wait()
            await asyncio.sleep(GATHER_S)
            self._waiting.clear()
            try:
                while await self._writer.step():
                    self._note()
                self.trouble = ""
            except Unavailable as error:
                self._say(str(error))
                await asyncio.sleep(AGAIN_S)
                self._waiting.set()
            except Conflict as error:
                # Going on could fork the log. The broadcast does not depend on it.
                self._say(f"{error}; the log stands still until the hub is started again")
                return

    def _note(self) -> None:
        if self._writer.published is None:
            return
        published = self._writer.published
        self.newest = Newest(published, self.policy.open(published.note), micros(datetime.now(UTC)))
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _say(self, words: str) -> None:
        if words != self.trouble:
            log.error("the log is not published", words=words)
        self.trouble = words


async def key_of(config: Config, keys: Keys) -> str:
    """The log's verifier key, made now where there is none. Raises BadInput."""
    database = await open_folder(config.path(config.hub.data))
    try:
        origin = await _origin(database, config)
        private = await asyncio.to_thread(keys.own_ed25519, KEY)
        return str(checkpoint.log_key(origin, private))
    except BadPayload as error:
        raise BadInput(f"log.name: {error}") from error
    finally:
        await database.close()


async def _origin(database: Database, config: Config) -> str:
    """What the log is called: a log that is there keeps its name unless the configuration says another."""
    kept = await database.look(ledger.head)
    if config.log.name or kept is None:
        return config.log.name or f"{config.hub.address.partition('://')[2].strip('/') or 'localhost'}/log"
    return kept[0]


def _policy_text(config: Config, origin: str, private: Ed25519PrivateKey) -> bytes:
    """The policy's file; without one, the log alone is believed."""
    try:
        own = f"log {checkpoint.log_key(origin, private)}"
    except BadPayload as error:
        raise BadInput(f"log.name: {error}") from error
    if not config.log.policy:
        return f"{own}\nquorum none\n".encode()
    path = config.path(config.log.policy)
    try:
        text = path.read_bytes()
        believed = policy.parse(text)
    except OSError as error:
        raise BadInput(f"log.policy: {path}: {error.strerror}") from error
    except BadPayload as error:
        raise BadInput(f"log.policy: {path}: {error}") from error
    if all(f"log {one}" != own for one in believed.logs):
        raise BadInput(f"log.policy: {path}: it does not name this log; add the line `{own}`")
    return text
