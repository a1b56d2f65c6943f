"""Repeat every draw of a log from its files, as anyone can: with the base installation, and without a hub."""

from collections.abc import Callable, Sequence

import msgspec

from quality_creator.actions import log_reader
from quality_creator.actions.log_reader import Get
from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import draw, leaf, merkle
from quality_creator.trust.log.draw import DRAW, LOT, Draw
from quality_creator.trust.log.leaf import Leaf
from quality_creator.trust.log.policy import Policy


class Repeated(msgspec.Struct, frozen=True, kw_only=True):
    """A lot of a log, and what repeating its draw gave."""

    index: int
    """The announcement's place in the log."""
    what: str
    count: int
    units: tuple[str, ...]
    """As they are said to be drawn; empty when nobody said so."""
    wrong: str
    """Why they were not drawn so; empty when they were."""
    steerable: bool
    """Whether the log's writer could have chosen: it has no witnesses whose cosignatures decide."""


async def check(get: Get, believed: Policy) -> list[Repeated]:
    """Repeat every draw of a log.

    Raises:
        BadPayload: the log is not what its checkpoint says.
        NotFound, Unavailable: it can't be read.
    """
    seen = await log_reader.newest(get, believed)
    there = seen.signed.checkpoint
    leaves = [leaf.decode(entry) async for _, entry in log_reader.entries(get, there.size)]
    hashes = merkle.in_memory([one.hash for one in leaves])
    if merkle.root(there.size, hashes) != there.root:
        raise BadPayload("the log's entries have another root than its checkpoint")

    def root_of(size: int) -> bytes:
        if size > len(leaves):
            raise BadPayload(f"the log has no tree of {size} entries")
        return merkle.root(size, hashes)

    found: dict[int, Repeated] = {}
    for index, one in enumerate(leaves):
        if one.type == LOT:
            found[index] = _announced(index, await _document(get, one.sha256))
        elif one.type == DRAW:
            made = draw.decode_draw(await _document(get, one.sha256))
            repeated = await _repeat(get, made, leaves, believed, root_of)
            # What was said first counts; another draw of the same lot must say the same.
            before = found.get(made.index)
            if before is not None and before.units and before.units != repeated.units:
                repeated = msgspec.structs.replace(before, wrong="two draws of this lot say different units")
            found[made.index] = repeated
    return [found[index] for index in sorted(found)]


async def _repeat(
    get: Get, made: Draw, leaves: Sequence[Leaf], believed: Policy, root_of: Callable[[int], bytes]
) -> Repeated:
    document = await _document(get, made.lot)
    lot = draw.decode_lot(document)
    wrong = ""
    try:
        if made.index >= len(leaves):
            raise BadPayload(f"the log has no entry {made.index}")
        draw.check(made, lot, leaves[made.index], believed, root_of)
    except BadPayload as error:
        wrong = str(error)
    units = tuple(lot.name(unit) if unit < lot.count else f"({unit + 1})" for unit in made.units)
    return msgspec.structs.replace(_announced(made.index, document), units=units, wrong=wrong)


def _announced(index: int, document: bytes) -> Repeated:
    lot = draw.decode_lot(document)
    return Repeated(
        index=index, what=lot.what, count=lot.count, units=(), wrong="", steerable=not lot.witnesses
    )


async def _document(get: Get, digest: str) -> bytes:
    data = await get(f"{leaf.DOCUMENTS}/{digest}")
    if leaf.sha256(data) != digest:
        raise BadPayload(f"the document {digest} is another one")
    return data
