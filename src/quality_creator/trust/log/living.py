"""What the log is told while an episode is on air: that it began, what was served, and that it ended.

Between two of these documents nothing can be put in or taken out later: each states the root over all
segments so far and over what was stamped into them, as the dossier states it at the end, and the witnesses'
clocks say when that was.
"""

from typing import Annotated, Literal

import msgspec

from quality_creator.model.errors import BadPayload
from quality_creator.trust import jcs
from quality_creator.trust.log import merkle, note, tile
from quality_creator.trust.log.tile import Tree

START, PROGRESS, END = "start/1", "progress/1", "end/1"

_Count = Annotated[int, msgspec.Meta(ge=0, le=jcs.LARGEST)]


class Started(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The newest checkpoint when the episode began."""

    size: _Count
    root: str
    """Standard base64."""


class Served(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A root over SHA-256 digests in their order (RFC 6962)."""

    count: _Count
    root: str
    """Standard base64."""


class Start(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The episode began."""

    type: Literal["start/1"]
    id: str
    episode: str
    slug: str
    at: str
    """By the hub's clock; the witnesses' say when the log had it."""
    started: Started | None = None
    """What it can't be older than; absent where the log had published nothing."""
    charts: str = ""
    """digestSRI of where the charts stood; absent where nobody wrote it down."""


class Progress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was served so far."""

    type: Literal["progress/1"]
    id: str
    episode: str
    at: str
    last: _Count
    """Number of the newest segment."""
    segments: Served
    """A leaf for each segment: the digests of its renditions, one after the other."""
    measurements: Served
    """A leaf for each segment: the digest of what was stamped into it."""


class End(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The episode ended; what was served is all that there is."""

    type: Literal["end/1"]
    id: str
    episode: str
    at: str
    segments: Served
    measurements: Served


def encode(document: Start | Progress | End) -> bytes:
    """A document's one and only bytes. Raises BadPayload."""
    return jcs.encode(msgspec.to_builtins(document))


def decode(data: bytes) -> Start | Progress | End:
    """Read a document. Raises BadPayload: it is none of these, or not in its one form."""
    value = jcs.canonical(data)
    kinds: dict[object, type[Start | Progress | End]] = {START: Start, PROGRESS: Progress, END: End}
    kind = kinds.get(value.get("type")) if isinstance(value.get("type"), str) else None
    if kind is None:
        raise BadPayload("neither a start, nor a progress, nor an end")
    try:
        document = msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise BadPayload(f"it is no {kind.__name__.lower()}: {error}") from error
    if encode(document) != data:
        raise BadPayload("a document with a member that means nothing")
    for one in (
        (document.started,) if isinstance(document, Start) else (document.segments, document.measurements)
    ):
        if one is not None:
            note.decode_hash(one.root)
    return document


def add(tree: Tree, digests: list[bytes]) -> Tree:
    """A tree over digests with further ones behind them."""
    return tile.grow(tree, digests)[0]


def served(tree: Tree) -> Served:
    """How a document states a tree."""
    return Served(count=tree.size, root=note.encode64(tree.root if tree.size else merkle.EMPTY))
