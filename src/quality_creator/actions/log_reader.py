"""Read a log as anyone can: from its address, from a copy in a folder, or where the hub keeps it.

Everything that is read is checked: a checkpoint by its signatures, entries by the root.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from quality_creator.model.errors import BadInput, BadPayload, NotFound, Unavailable
from quality_creator.trust.log import checkpoint, leaf, merkle, note, policy, tile
from quality_creator.trust.log.policy import Policy, Seen
from quality_creator.trust.log.tile import Tile, Tree

Get = Callable[[str], Awaitable[bytes]]
"""A file of the log by its path. Raises NotFound, Unavailable."""

TIMEOUT_S = 20.0
LARGEST = 32 << 20
"""Bytes of one file; a full bundle has at most 16.8 million."""


@asynccontextmanager
async def opened(where: str) -> AsyncIterator[Get]:
    """The files of a log.

    Args:
        where: An address such as `https://example.com/log`, or a folder with a copy of what lies there.
    """
    if where.startswith(("http://", "https://")):
        yield lambda path: asyncio.to_thread(_fetch, f"{where.rstrip('/')}/{path}")
    else:
        root = Path(where)
        if not await asyncio.to_thread(root.is_dir):
            raise BadInput(f"{where}: neither an address nor a folder")
        yield lambda path: asyncio.to_thread(_read, root, path)


def _fetch(address: str) -> bytes:
    """A log's files are where it says that they are."""
    from quality_creator.actions.fetching import fetch

    data = fetch(address, timeout_s=TIMEOUT_S, largest=LARGEST, elsewhere=False)
    if len(data) > LARGEST:
        raise Unavailable(f"{address} gives more than {LARGEST} bytes")
    return data


def _read(root: Path, path: str) -> bytes:
    try:
        return (root / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise NotFound(f"there is no {root / path}") from error
    except OSError as error:
        raise Unavailable(f"{root / path}: {error.strerror}") from error


async def newest(get: Get, believed: Policy) -> Seen:
    """The checkpoint that is published, as a policy demands.

    Raises:
        BadPayload: it is none, or the quorum is not met.
        NotFound, Unavailable: it can't be had.
    """
    seen = believed.open(await get(checkpoint.FILE))
    if not believed.holds(seen.times):
        raise BadPayload(
            f"the newest checkpoint has not the quorum; cosigned by {', '.join(seen.times) or 'nobody'}"
        )
    return seen


def only(words: Sequence[str]) -> Policy:
    """The policy of those who know a log's key and ask for no witness. Raises BadPayload."""
    lines = [*(f"log {note.vkey(word)}" for word in words), "quorum none", ""]
    return policy.parse("\n".join(lines).encode())


class Tiles:
    """Proofs from a log's tiles; each tile is read once."""

    def __init__(self, get: Get, size: int) -> None:
        self._get = get
        self._size = size
        self._known: dict[Tile, bytes] = {}

    async def proof(self, make: Callable[[merkle.Hashes], list[bytes]]) -> list[bytes]:
        """Make a proof in the tree. Raises NotFound, Unavailable, BadPayload."""
        for place in tile.needed(self._size, make):
            if place not in self._known:
                self._known[place] = await self._get(place.path)
        return make(tile.hashes(self._size, self._known.__getitem__))

    async def root(self, size: int) -> bytes:
        """The root of the first so many entries."""
        return (await self.proof(lambda hashes: [merkle.root(size, hashes)]))[0]


async def entries(get: Get, size: int, start: int = 0) -> AsyncIterator[tuple[int, bytes]]:
    """The entries of a tree from one on, each with its place; nothing is checked."""
    for place in tile.bundles(size, start):
        found = tile.unpack(await get(place.path))
        if len(found) != place.width:
            raise BadPayload(f"{place.path} has {len(found)} entries")
        for index, entry in enumerate(found, place.number * tile.WIDTH):
            if index >= start:
                yield index, entry


@dataclass(frozen=True, slots=True)
class Checked:
    """What going through a whole log found."""

    size: int
    root: bytes
    files: int
    wrong: tuple[str, ...]
    """What is not as it should be; empty when all is well."""


async def fsck(get: Get, seen: Seen) -> Checked:
    """Go through a log: every bundle and tile, the root, each entry, the documents that are there.

    Args:
        get: The log's files.
        seen: Its checkpoint.
    """
    there = seen.signed.checkpoint
    expected = {place.path for place in tile.tiles(there.size)}
    tree, wrong, files = Tree(), list[str](), 0
    for place in tile.bundles(there.size):
        try:
            found = tile.unpack(await get(place.path))
        except (NotFound, BadPayload) as error:
            return Checked(there.size, there.root, files, (*wrong, f"{place.path}: {error}"))
        if len(found) != place.width:
            return Checked(there.size, there.root, files, (*wrong, f"{place.path} has {len(found)} entries"))
        wrong += [word async for word in _unreadable(get, tree.size, found)]
        tree, made = tile.grow(tree, found)
        files += 1
        for path in sorted(expected & made.keys()):
            files += 1
            wrong += await _different(get, path, made[path])
    if tree.root != there.root:
        wrong.append(f"the entries have another root than the checkpoint of {there.size} entries")
    return Checked(there.size, there.root, files, tuple(wrong))


async def _different(get: Get, path: str, data: bytes) -> list[str]:
    try:
        return [] if await get(path) == data else [f"{path} does not follow from the entries"]
    except NotFound:
        return [f"{path} is missing"]


async def _unreadable(get: Get, start: int, found: Sequence[bytes]) -> AsyncIterator[str]:
    for index, entry in enumerate(found, start):
        try:
            one = leaf.decode(entry)
        except BadPayload as error:
            yield f"entry {index}: {error}"
            continue
        with suppress(NotFound):  # documents may be kept elsewhere
            if leaf.sha256(await get(f"{leaf.DOCUMENTS}/{one.sha256}")) != one.sha256:
                yield f"the document of entry {index} is another one"
