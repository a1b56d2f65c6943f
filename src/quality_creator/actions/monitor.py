"""Watch a log from outside: that it only grows, and what it says in an authority's name.

The monitor remembers the right edge of the tree that it has read; whatever is published later must follow
from it and from the new entries, all of which it reads.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from quality_creator.actions import log_reader
from quality_creator.actions.log_reader import Get
from quality_creator.model.errors import BadInput, BadPayload, Unavailable
from quality_creator.trust.log import leaf, tile
from quality_creator.trust.log.leaf import Leaf
from quality_creator.trust.log.policy import Policy
from quality_creator.trust.log.tile import Tree


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What a monitor has read of a log."""

    origin: str = ""
    size: int = 0
    edge: tuple[bytes, ...] = ()
    bundle: bytes = b""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a log found."""

    memory: Memory
    """To be kept for the next look."""
    entries: tuple[tuple[int, Leaf], ...]
    """New ones that an authority should know of, with their places."""
    size: int


async def look(get: Get, believed: Policy, memory: Memory, names: Sequence[str]) -> Look:
    """Read what is new.

    Args:
        get: The log's files.
        believed: Whom the monitor believes.
        memory: Of the look before.
        names: Whom or what to watch for: an entry's issuer or subject; none for every entry.

    Raises:
        BadPayload: the log did not only grow, or is not what it says. This is what monitors are for.
        Unavailable, NotFound: it can't be read now.
    """
    there = (await log_reader.newest(get, believed)).signed.checkpoint
    if memory.origin not in ("", there.origin):
        raise BadPayload(f"this is the log {there.origin!r}; the one before was {memory.origin!r}")
    if there.size < memory.size:
        raise BadPayload(f"the log has shrunk from {memory.size} to {there.size} entries")
    tree = Tree(memory.size, memory.edge, memory.bundle)
    new = [entry async for _, entry in log_reader.entries(get, there.size, memory.size)]
    grown, _ = tile.grow(tree, new)
    if (grown.size, grown.root) != (there.size, there.root):
        raise BadPayload(
            f"the log of {there.size} entries does not begin with the {memory.size} that were read before"
        )
    found = []
    for index, entry in enumerate(new, memory.size):
        one = leaf.decode(entry)
        if not names or one.issuer in names or one.subject in names:
            found.append((index, one))
    kept = Memory(origin=there.origin, size=grown.size, edge=grown.edge, bundle=grown.bundle)
    return Look(kept, tuple(found), there.size)


async def recall(path: Path) -> Memory:
    """What was kept; nothing when there is no file yet. Raises BadInput for a file that is none."""
    try:
        return msgspec.json.decode(await asyncio.to_thread(path.read_bytes), type=Memory)
    except FileNotFoundError:
        return Memory()
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: not the memory of a monitor: {error}") from error


async def remember(path: Path, memory: Memory) -> None:
    """Keep it in the place of what was kept before. Raises Unavailable."""

    def write() -> None:
        spare = path.with_name(f"{path.name}.new")
        with spare.open("wb") as file:
            file.write(msgspec.json.encode(memory))
            file.flush()
            os.fsync(file.fileno())
        spare.replace(path)

    try:
        await asyncio.to_thread(write)
    except OSError as error:
        raise Unavailable(f"{path}: {error.strerror}") from error
