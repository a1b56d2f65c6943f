"""The tree as files that never change: tiles of 256 hashes and bundles of entries (C2SP tlog-tiles).

The writer's whole state is the tree's right edge: `Tree`. `grow` takes entries and says which files
to write; a file's bytes follow from the entries before its end, so that writing it again is the same
bytes. A reader asks `needed` which tiles a proof takes, gets them, and makes the proof from `hashes`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import merkle

WIDTH = 256
"""Hashes in a full tile, entries in a full bundle."""

HEIGHT = 8
"""Levels of the tree in a tile."""

HASH = 32
"""Bytes of a hash."""

LARGEST_ENTRY = 65_535
"""Bytes; a bundle states an entry's length in two bytes."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of a tile."""

    level: int
    number: int
    width: int = WIDTH
    """In hashes, 1 to 256."""

    @property
    def path(self) -> str:
        """Below the log's address."""
        return f"tile/{self.level}/{_number(self.number)}{_partial(self.width)}"


@dataclass(frozen=True, slots=True)
class Bundle:
    """The place of some entries."""

    number: int
    width: int = WIDTH
    """In entries, 1 to 256."""

    @property
    def path(self) -> str:
        """Below the log's address."""
        return f"tile/entries/{_number(self.number)}{_partial(self.width)}"


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree's right edge: all that is needed to grow it and to know its root."""

    size: int = 0
    edge: tuple[bytes, ...] = ()
    """By level, the hashes of the tile that is not full; empty where there is none."""
    bundle: bytes = b""
    """The bundle that is not full."""

    @property
    def root(self) -> bytes:
        """Over all entries."""

        def hash_of(level: int, index: int) -> bytes:
            place, inner = level // HEIGHT, level % HEIGHT
            return _hash_in(
                self.edge[place], inner, index - (self.size >> HEIGHT * (place + 1) << HEIGHT - inner)
            )

        return merkle.root(self.size, hash_of)


def grow(tree: Tree, entries: Sequence[bytes]) -> tuple[Tree, dict[str, bytes]]:
    """Add entries; returns the tree and the files to write before it may be signed, by path.

    Raises:
        ValueError: an entry is longer than `LARGEST_ENTRY`.
    """
    files: dict[str, bytes] = {}
    bundle = _grow_bundle(tree, entries, files)
    new = [merkle.leaf_hash(entry) for entry in entries]
    edge = list(tree.edge)
    level = 0
    while new:
        if level == len(edge):
            edge.append(b"")
        number = tree.size >> HEIGHT * (level + 1)
        data = edge[level] + b"".join(new)
        new = []
        while len(data) >= WIDTH * HASH:
            files[Tile(level, number).path] = full = data[: WIDTH * HASH]
            new.append(_hash_in(full, HEIGHT, 0))
            data = data[WIDTH * HASH :]
            number += 1
        if data:
            files[Tile(level, number, len(data) // HASH).path] = data
        edge[level] = data
        level += 1
    return Tree(tree.size + len(entries), tuple(edge), bundle), files


def _grow_bundle(tree: Tree, entries: Sequence[bytes], files: dict[str, bytes]) -> bytes:
    data, index = tree.bundle, tree.size
    for entry in entries:
        data += pack([entry])
        index += 1
        if index % WIDTH == 0:
            files[Bundle(index // WIDTH - 1).path] = data
            data = b""
    if entries and data:
        files[Bundle(index // WIDTH, index % WIDTH).path] = data
    return data


def edge(size: int) -> tuple[list[Tile | None], Bundle | None]:
    """Where the right edge of a tree lies: by level a tile that is not full, and the bundle that is not."""
    tiles: list[Tile | None] = []
    level = 0
    while size >> HEIGHT * level:
        number, width = divmod(size >> HEIGHT * level, WIDTH)
        tiles.append(Tile(level, number, width) if width else None)
        level += 1
    number, width = divmod(size, WIDTH)
    return tiles, Bundle(number, width) if width else None


def restore(size: int, tiles: Mapping[Tile, bytes], bundle: bytes) -> Tree:
    """A tree from the files that `edge` names.

    Raises:
        BadPayload: a file has another length than its place says.
    """
    places, bundle_place = edge(size)
    for place in places:
        if place is not None and len(tiles[place]) != place.width * HASH:
            raise BadPayload(f"{place.path} has {len(tiles[place])} bytes, not {place.width * HASH}")
    if len(unpack(bundle)) != (bundle_place.width if bundle_place else 0):
        raise BadPayload("the newest bundle does not have as many entries as its place says")
    return Tree(size, tuple(b"" if place is None else tiles[place] for place in places), bundle)


def tiles(size: int) -> Iterable[Tile]:
    """Every tile of a tree, level by level."""
    level = 0
    while size >> HEIGHT * level:
        full, width = divmod(size >> HEIGHT * level, WIDTH)
        yield from (Tile(level, number) for number in range(full))
        if width:
            yield Tile(level, full, width)
        level += 1


def bundles(size: int, start: int = 0) -> Iterable[Bundle]:
    """The bundles of a tree with the entries from `start` on."""
    full, width = divmod(size, WIDTH)
    yield from (Bundle(number) for number in range(start // WIDTH, full))
    if width and start < size:
        yield Bundle(full, width)


def needed(size: int, make: Callable[[merkle.Hashes], object]) -> list[Tile]:
    """The tiles of a tree of `size` that making a proof reads: `needed(n, lambda h: inclusion(i, n, h))`."""
    found: dict[Tile, None] = {}

    def hash_of(level: int, index: int) -> bytes:
        found[_tile_of(size, level, index)] = None
        return merkle.EMPTY

    make(hash_of)
    return list(found)


def hashes(size: int, read: Callable[[Tile], bytes]) -> merkle.Hashes:
    """The hashes of a tree of `size`, from its tiles.

    Args:
        size: Of the tree.
        read: Gives a tile's bytes.

    Returns:
        What raises BadPayload when a tile has the wrong length.
    """

    def hash_of(level: int, index: int) -> bytes:
        place = _tile_of(size, level, index)
        data = read(place)
        if len(data) != place.width * HASH:
            raise BadPayload(f"{place.path} has {len(data)} bytes, not {place.width * HASH}")
        inner = level % HEIGHT
        return _hash_in(data, inner, index - (place.number << HEIGHT - inner))

    return hash_of


def pack(entries: Iterable[bytes]) -> bytes:
    """Entries as a bundle has them. Raises ValueError for one that is too long."""
    packed = bytearray()
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise ValueError(f"an entry of {len(entry)} bytes; {LARGEST_ENTRY} are allowed")
        packed += len(entry).to_bytes(2, "big") + entry
    return bytes(packed)


def unpack(data: bytes) -> list[bytes]:
    """A bundle's entries. Raises BadPayload when it ends within one."""
    entries, position = [], 0
    while position < len(data):
        start = position + 2
        position = start + int.from_bytes(data[position:start], "big")
        if start > len(data) or position > len(data):
            raise BadPayload("a bundle of entries that ends within an entry")
        entries.append(data[start:position])
    return entries


def _tile_of(size: int, level: int, index: int) -> Tile:
    place, inner = level // HEIGHT, level % HEIGHT
    number = index >> HEIGHT - inner
    return Tile(place, number, min(WIDTH, (size >> HEIGHT * place) - number * WIDTH))


def _hash_in(data: bytes, level: int, index: int) -> bytes:
    """The hash at a level within a tile, 0 to 8, over the tile's hashes."""
    start = index << level
    hashes = [data[i * HASH : (i + 1) * HASH] for i in range(start, start + (1 << level))]
    return merkle.root_of(hashes)


def _number(number: int) -> str:
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _partial(width: int) -> str:
    return "" if width == WIDTH else f".p/{width}"
