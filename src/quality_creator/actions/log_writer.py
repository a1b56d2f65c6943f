"""Grow the log and publish what it became, in an order that any crash leaves whole.

The life of an entry: a transaction gives it its place (`store.ledger.enter`). `step` takes what is not in
the tree yet and

1. writes the documents, bundles and tiles that the larger tree needs, durably, none over other bytes;
2. puts the new size and root in the place of the old ones in the database: the one compare-and-swap;
3. signs them, and asks the witnesses;
4. keeps the checkpoint with the cosignatures of a quorum, and only then replaces the file `checkpoint`.

A process that is stopped anywhere goes on from the database: places never change, so writing a file again
is writing the same bytes, and signing again is signing the same root. Nothing is added before what was signed
is published, so that every checkpoint of the log had its quorum.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadInput, BadPayload, NotFound, Unavailable
from quality_creator.store import ledger
from quality_creator.store.database import Database, Transaction
from quality_creator.store.ledger import Entry, Head, LogFiles, Published
from quality_creator.trust.log import checkpoint, draw, leaf, merkle, tile
from quality_creator.trust.log.checkpoint import Checkpoint, Signed
from quality_creator.trust.log.note import Signature
from quality_creator.trust.log.policy import Policy, Seen
from quality_creator.trust.log.tile import Tile, Tree

AT_ONCE = 1_000
"""Entries that one checkpoint adds at most."""

Prove = Callable[[int], Awaitable[Sequence[bytes]]]
"""The proof that the tree which is to be cosigned grew from one of a smaller size."""

Ask = Callable[[Signed, Prove, Callable[[Sequence[Signature]], bool]], Awaitable[Sequence[Signature]]]
"""Asks the witnesses for cosignatures until they are enough, or none is to be expected any more."""


class Writer:
    """Owned by one task; nobody else in any process writes this log."""

    def __init__(
        self,
        database: Database,
        files: LogFiles,
        *,
        private: Ed25519PrivateKey,
        origin: str,
        policy: Policy,
        ask: Ask,
    ) -> None:
        self.origin = origin
        self.tree = Tree()
        self.published: Published | None = None
        self._database = database
        self._files = files
        self._private = private
        self._policy = policy
        self._ask = ask
        self._deciding: frozenset[str] = frozenset()

    @classmethod
    async def open(
        cls,
        database: Database,
        files: LogFiles,
        *,
        private: Ed25519PrivateKey,
        origin: str,
        policy: Policy,
        ask: Ask,
    ) -> Self:
        """The log as it was left, checked before anything is signed.

        Raises:
            BadInput: database, files and checkpoint do not belong together; the text says how.
            Unavailable: they can't be read now.
        """
        writer = cls(database, files, private=private, origin=origin, policy=policy, ask=ask)
        await writer._take_up()
        return writer

    async def step(self) -> bool:
        """Publish what was signed and not published, or add entries and publish that; False: nothing to do.

        Raises:
            Unavailable: disk, database or witnesses can't do it now; nothing is lost, call again.
            Conflict: another program writes the same log, or its files are not what they were.
        """
        if self.tree.size == (self.published.size if self.published else 0):
            batch = await self._database.look(self._pending)
            if not batch:
                return False
            await self._add(batch)
        await self._publish()
        return True

    # --- from entries to a signed head ---

    def _deciding_after(self, before: Sequence[Entry]) -> frozenset[str]:
        """Whose cosignatures decide the draw of the lot that the tree ended with."""
        if not before or before[0].type != draw.LOT or before[0].document is None:
            return frozenset()
        try:
            return frozenset(draw.decode_lot(before[0].document).witnesses)
        except BadPayload:  # whoever entered it will be told so by the draw
            return frozenset()

    def _pending(self, transaction: Transaction) -> list[Entry]:
        before = ledger.entries(transaction, self.tree.size - 1, 1) if self.tree.size else []
        self._deciding = self._deciding_after(before)
        waiting = ledger.entries(transaction, self.tree.size, AT_ONCE)
        return waiting[: draw.together([one.type for one in waiting], before[0].type if before else "")]

    async def _add(self, batch: Sequence[Entry]) -> None:
        tree, files = tile.grow(self.tree, [entry.leaf for entry in batch])
        for entry in batch:
            if entry.document is not None:
                await self._files.put_new(f"{leaf.DOCUMENTS}/{leaf.sha256(entry.document)}", entry.document)
        for path, data in files.items():
            await self._files.put_new(path, data)
        old, new = (Head(size=one.size, root=one.root) for one in (self.tree, tree))
        await self._database.transact(ledger.advance, old, new)
        self.tree = tree

    # --- from a signed head to a published checkpoint ---

    async def _publish(self) -> None:
        tree = self.tree
        signed = checkpoint.sign(Checkpoint(self.origin, tree.size, tree.root), self._private)

        async def prove(old: int) -> Sequence[bytes]:
            return await self.proof(lambda hashes: merkle.consistency(old, tree.size, hashes), tree.size)

        def seen(more: Sequence[Signature]) -> Seen:
            return self._policy.open(signed.with_signatures(more).encode())

        def enough(more: Sequence[Signature]) -> bool:
            there = seen(more)
            cosigned = {str(one.key) for one in self._policy.witnesses if one.name in there.times}
            return self._holds(there) and cosigned >= self._deciding

        # Those who decide a draw are waited for; that they are away must not stop the log.
        found = await self._ask(signed, prove, enough)
        if not self._holds(seen(found)):
            raise Unavailable(
                "too few witnesses cosigned the log's checkpoint; what they answered is in the log"
            )
        new = Published(size=tree.size, note=signed.with_signatures(found).encode())
        await self._database.transact(ledger.publish, new)
        await self._files.put_checkpoint(new.note)
        self.published = new

    def _holds(self, seen: Seen) -> bool:
        return self._policy.holds(seen.times)

    async def proof(self, make: Callable[[merkle.Hashes], list[bytes]], size: int) -> list[bytes]:
        """Make a proof from the tiles of a tree of a size that was signed. Raises Unavailable."""
        at_hand: dict[Tile, bytes] = {}
        for place in tile.needed(size, make):
            at_hand[place] = await self._files.get(place.path)
        return make(tile.hashes(size, at_hand.__getitem__))

    # --- after a stop ---

    async def _take_up(self) -> None:
        kept = await self._database.look(ledger.head)
        if kept is None:
            if await self._checkpoint() is not None:
                raise BadInput(
                    "the log's files are there, and the database knows nothing of them; restore it"
                )
            await self._database.transact(ledger.found, self.origin, Head(size=0, root=merkle.EMPTY))
            return
        origin, head = kept
        if origin != self.origin:
            raise BadInput(
                f"log.name: {self.origin!r}; this log is called {origin!r}, and a log keeps its name"
            )
        self.tree = await self._restore(head)
        await self._check(await self._checkpoint(), head)
        self.published = await self._database.look(ledger.newest)

    async def _restore(self, head: Head) -> Tree:
        places, bundle = tile.edge(head.size)
        try:
            tiles = {place: await self._files.get(place.path) for place in places if place is not None}
            tree = tile.restore(head.size, tiles, await self._files.get(bundle.path) if bundle else b"")
        except (NotFound, BadPayload) as error:
            raise BadInput(
                f"the log's files are not those of its database: {error}; see `qc log fsck`"
            ) from error
        if tree.root != head.root:
            raise BadInput(
                "the log's tiles have another root than the one that was signed; see `qc log fsck`"
            )
        return tree

    async def _check(self, published: bytes | None, head: Head) -> None:
        """What was published is a beginning of the tree that the database has."""
        if published is None:
            return
        key = checkpoint.log_key(self.origin, self._private)
        try:
            there = checkpoint.open_signed(published, [key]).checkpoint
        except BadPayload as error:
            raise BadInput(f"the published checkpoint: {error}; is this the log's key?") from error
        if there.size > head.size:
            raise BadInput(
                f"the log was published with {there.size} entries, and the database has {head.size}: "
                "it is older. Restore a newer one; going on would fork the log"
            )
        try:
            root = await self._root(there.size)
        except (NotFound, BadPayload) as error:
            raise BadInput(f"the log's files are not whole: {error}; see `qc log fsck`") from error
        if root != there.root:
            raise BadInput(
                "the published checkpoint is of another tree than the log's files; see `qc log fsck`"
            )

    async def _root(self, size: int) -> bytes:
        # From the tiles of the whole tree: those of a smaller one need not have been written.
        return (await self.proof(lambda hashes: [merkle.root(size, hashes)], self.tree.size))[0]

    async def _checkpoint(self) -> bytes | None:
        try:
            return await self._files.get(checkpoint.FILE)
        except NotFound:
            return None


async def no_witnesses(
    _: Signed, __: Prove, ___: Callable[[Sequence[Signature]], bool]
) -> Sequence[Signature]:
    """`Ask` for a policy that names none."""
    return ()
