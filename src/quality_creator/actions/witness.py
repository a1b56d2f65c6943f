"""A witness of logs: it cosigns what grew from what it saw before, and nothing else (C2SP tlog-witness).

An institution runs it with a key and a folder of its own. Its memory is one checkpoint a log; that is on the
disk before the cosignature leaves the house, so that no crash lets it forget what it said. A checkpoint that
it has cosigned gets the same cosignature whenever it is asked for: what is drawn from a cosignature can't be
drawn again.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadInput, BadPayload, NotFound
from quality_creator.store.disk import make_folder
from quality_creator.store.objects import Objects, open_objects
from quality_creator.trust.log import checkpoint, witnessing
from quality_creator.trust.log.checkpoint import Signed
from quality_creator.trust.log.note import Key, Signature
from quality_creator.trust.log.witnessing import Refusal, Request

KEY = "witness"
"""The key's name in the witness' own folder."""


class Witness:
    """Alone with its folder: see `alone`."""

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        private: Ed25519PrivateKey,
        logs: Sequence[Key],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Nothing is read yet.

        Args:
            folder: Where it remembers what it has seen.
            name: Its own, as it stands in policies' keys.
            private: Its key, used for nothing else.
            logs: The keys of the logs that it watches.
            clock: What it states as the time.
        """
        self.key = checkpoint.witness_key(name, private)
        self._name = name
        self._private = private
        self._logs = tuple(logs)
        self._clock = clock
        self._objects: Objects = open_objects("", folder)
        self._one_at_a_time = asyncio.Lock()

    async def add_checkpoint(self, body: bytes) -> Signature | Refusal:
        """Answer a log.

        Raises:
            Unavailable: what was seen can't be read or kept now; nothing was cosigned.
        """
        try:
            request = witnessing.decode(body)
        except BadPayload as error:
            return Refusal(400, str(error))
        # Looking at what was seen and remembering what is seen now must not be parted.
        async with self._one_at_a_time:
            return await self._cosigned(request)

    async def latest(self, origin_hash: str) -> bytes:
        """The checkpoint of a log that was cosigned last, for monitors. Raises NotFound, Unavailable."""
        return await self._objects.get(f"{origin_hash}/{checkpoint.FILE}")

    async def _cosigned(self, request: Request) -> Signature | Refusal:
        seen = await self._seen(request)
        answer = witnessing.consider(request, self._logs, seen.checkpoint if seen else None)
        if isinstance(answer, Refusal):
            return answer
        if seen is not None and seen.checkpoint == answer.checkpoint:
            return seen.note.by(self.key)[0]
        before = checkpoint.cosigned_at(seen, self.key) if seen is not None else None
        at = max(int(self._clock().timestamp()), before or 0)  # a clock that was set back does not show
        signature = checkpoint.cosign(answer, self._name, self._private, at)
        name = f"{_hash(answer.checkpoint.origin)}/{checkpoint.FILE}"
        await self._objects.replace(name, self._remembered(answer, signature).encode())
        return signature

    def _remembered(self, signed: Signed, signature: Signature) -> Signed:
        """With the log's signature and our own, and nobody else's: those were not verified."""
        keys = [one for one in self._logs if one.name == signed.checkpoint.origin]
        own = tuple(one for key in keys for one in signed.note.by(key))
        bare = type(signed.note)(signed.note.text, own)
        return Signed(signed.checkpoint, bare).with_signatures([signature])

    async def _seen(self, request: Request) -> Signed | None:
        try:
            origin = witnessing.origin_of(request)
            return checkpoint.open_signed(await self.latest(_hash(origin)), self._logs)
        except (NotFound, BadPayload):
            # Not seen before, or no checkpoint of ours: `consider` says what is wrong with it.
            return None


def _hash(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Make sure that no other process is this witness: two of them could say two things.

    Raises:
        BadInput: another one is at work, or the folder can't be used.
    """
    try:
        make_folder(folder)
        with (folder / "lock").open("wb") as file:
            try:
                import fcntl
            except ImportError:  # Windows: the folder's owner sees to it
                yield
                return
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BadInput(f"{folder}: another process is this witness") from error
            yield
    except OSError as error:
        raise BadInput(f"{folder}: {error.strerror}") from error
