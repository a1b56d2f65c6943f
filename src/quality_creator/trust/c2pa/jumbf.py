"""JUMBF (ISO/IEC 19566-5) as C2PA uses it: labelled boxes within labelled boxes (C2PA 11.1)."""

from collections.abc import Iterator
from dataclasses import dataclass

from quality_creator.model.errors import BadPayload
from quality_creator.trust.c2pa.bmff import box, boxes

_ISO = bytes.fromhex("00110010800000AA00389B71")
_TOGGLES = b"\x03"
"""Requestable, with a label."""

DEEPEST = 8
"""Boxes within boxes; C2PA needs four."""


@dataclass(frozen=True, slots=True)
class Superbox:
    """A `jumb` box: what it is, what it is called, and what it holds."""

    kind: bytes
    """The four-character code of its type."""
    label: str
    raw: bytes
    """The whole box."""
    content: bytes | None
    """Of its `cbor` box; None where it holds other superboxes."""
    children: tuple["Superbox", ...]

    def child(self, label: str, kind: bytes) -> "Superbox":
        """The one box of this label and kind in it. Raises BadPayload."""
        found = [one for one in self.children if (one.label, one.kind) == (label, kind)]
        if len(found) != 1:
            raise BadPayload(f"{len(found)} boxes {label!r} in {self.label!r} where one belongs")
        return found[0]

    @property
    def hashed(self) -> bytes:
        """What an assertion's hash is made over: the box without its 8-byte header."""
        return self.raw[8:]


def superbox(kind: bytes, label: str, *content: bytes) -> bytes:
    """A `jumb` box around others."""
    description = box(b"jumd", kind + _ISO + _TOGGLES + label.encode() + b"\0")
    return box(b"jumb", description, *content)


def cbor_box(kind: bytes, label: str, content: bytes) -> bytes:
    """A `jumb` box around one `cbor` box."""
    return superbox(kind, label, box(b"cbor", content))


def read(data: bytes) -> Superbox:
    """The one superbox that the bytes are. Raises BadPayload and nothing else."""
    found = list(_superboxes(data, 0, len(data), 0))
    if len(found) != 1:
        raise BadPayload(f"{len(found)} boxes where one manifest store belongs")
    return found[0]


def _superboxes(data: bytes, start: int, end: int, depth: int) -> Iterator[Superbox]:
    if depth > DEEPEST:
        raise BadPayload(f"boxes within boxes, deeper than {DEEPEST}")
    for outer in boxes(data, start, end):
        inner = list(boxes(data, outer.content, outer.end))
        if outer.kind != b"jumb" or outer.content != outer.start + 8 or not inner:
            raise BadPayload(f"the box at {outer.start} is no superbox")
        kind, label = _description(data, inner[0].content, inner[0].end, inner[0].kind)
        content = None
        children: tuple[Superbox, ...] = ()
        if len(inner) > 1 and inner[1].kind == b"jumb":
            children = tuple(_superboxes(data, inner[1].start, outer.end, depth + 1))
        elif len(inner) == 2 and inner[1].kind == b"cbor":
            content = data[inner[1].content : inner[1].end]
        else:
            raise BadPayload(f"{label!r} holds neither boxes nor CBOR")
        yield Superbox(kind, label, data[outer.start : outer.end], content, children)


def _description(data: bytes, start: int, end: int, kind: bytes) -> tuple[bytes, str]:
    content = data[start:end]
    label = content[17:-1]
    if kind != b"jumd" or content[4:16] != _ISO or content[16:17] != _TOGGLES or content[-1:] != b"\0":
        raise BadPayload(f"the description at {start} is not one of C2PA's")
    if not label or b"\0" in label or not label.isascii():
        raise BadPayload(f"the label at {start} can't be one")
    return content[:4], label.decode("ascii")
