"""Boxes of an MP4 as C2PA sees them, and the hash that binds them (`c2pa.hash.bmff.v3`).

The hash is SHA-256 over each top-level box that is not excluded, in file order, each with its own offset in
front. So a box that is changed, moved, left out or put in changes the hash.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from quality_creator.model.errors import BadPayload
from quality_creator.trust.c2pa import cbor

C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
"""The extended type of the `uuid` box that holds a manifest (A.5.1)."""

HASH_SIZE = 32

_HEADER = struct.Struct(">I4s")
_U64 = struct.Struct(">Q")


@dataclass(frozen=True, slots=True)
class Box:
    """A top-level box: header from `start`, content from `content` to `end`."""

    kind: bytes
    start: int
    content: int
    end: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Boxes that a hash leaves out: those of one kind that have these bytes at these places."""

    kind: bytes
    data: tuple[tuple[int, bytes], ...] = ()
    """Offsets count from the start of the box, its header included."""

    def covers(self, data: bytes, box: Box) -> bool:
        """Whether a box is left out."""
        return box.kind == self.kind and all(
            data[box.start + offset : min(box.start + offset + len(value), box.end)] == value
            for offset, value in self.data
        )

    @property
    def value(self) -> dict[str, Any]:
        """As an `exclusions-map`."""
        found: dict[str, Any] = {"xpath": f"/{self.kind.decode('ascii')}"}
        if self.data:
            found["data"] = [{"offset": offset, "value": value} for offset, value in self.data]
        return found


INIT_EXCLUSIONS = (Exclusion(b"uuid", ((8, C2PA_UUID),)), Exclusion(b"ftyp"), Exclusion(b"mfra"))
"""The mandatory ones where a manifest is embedded."""


def box(kind: bytes, *content: bytes) -> bytes:
    """A box with its 8-byte header."""
    body = b"".join(content)
    return _HEADER.pack(8 + len(body), kind) + body


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes side by side in a span. Raises BadPayload where sizes don't fit."""
    position, last = start, len(data) if end is None else end
    while position < last:
        if last - position < 8:
            raise BadPayload(f"{last - position} bytes at {position} are too few for a box's header")
        size, kind = _HEADER.unpack_from(data, position)
        content = position + 8
        if size == 1 and last - position >= 16:
            (size,) = _U64.unpack_from(data, content)
            content += 8
        elif size == 0:
            size = last - position
        if not content - position <= size <= last - position:
            raise BadPayload(f"the box {kind!r} at {position} says {size} bytes, which can't be")
        yield Box(kind, position, content, position + size)
        position += size


class Hash:
    """Hashes a file while it is made, piece by piece; each piece has whole boxes."""

    def __init__(self, exclusions: tuple[Exclusion, ...]) -> None:
        self._exclusions = exclusions
        self._digest = hashlib.sha256()
        self.size = 0
        """Bytes so far: where the next box will stand."""

    def add(self, piece: bytes) -> None:
        """The next bytes of the file. Raises BadPayload when they are no whole boxes."""
        view = memoryview(piece)
        for found in boxes(piece):
            if not any(one.covers(piece, found) for one in self._exclusions):
                self._digest.update(_U64.pack(self.size + found.start))
                self._digest.update(view[found.start : found.end])
        self.size += len(piece)

    def digest(self) -> bytes:
        """Of what was added so far."""
        return self._digest.digest()


def bmff_hash(data: bytes, exclusions: tuple[Exclusion, ...]) -> bytes:
    """The hash of a whole file or segment. Raises BadPayload."""
    found = Hash(exclusions)
    found.add(data)
    return found.digest()


def hash_map(exclusions: tuple[Exclusion, ...], digest: bytes, name: str | None = None) -> dict[str, Any]:
    """A `bmff-hash-map`."""
    found: dict[str, Any] = {
        "exclusions": [one.value for one in exclusions],
        "alg": "sha256",
        "hash": digest,
    }
    return found if name is None else {**found, "name": name}


def stated_hash(value: Any, exclusions: tuple[Exclusion, ...]) -> bytes:
    """The hash that a `bmff-hash-map` states.

    Raises:
        BadPayload: it is none, or leaves out anything else than it must: then it would say too little.
    """
    if cbor.field(value, "exclusions", list) != [one.value for one in exclusions]:
        raise BadPayload("the hash leaves out other boxes than it may")
    if value.get("alg", "sha256") != "sha256" or "merkle" in value:
        raise BadPayload("the hash is of another kind than SHA-256 over boxes")
    found = cbor.field(value, "hash", bytes)
    if len(found) != HASH_SIZE:
        raise BadPayload(f"a hash of {len(found)} bytes")
    return bytes(found)
