"""An episode's stream as players ask for it, whether it is on air or long over."""

from typing import Protocol

from quality_creator.media import hls
from quality_creator.model.errors import NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.stream import PART_TICKS, RENDITIONS
from quality_creator.store.recording import StoredSegment

NAMES = tuple(rendition.name for rendition in RENDITIONS)
"""Of every episode's renditions."""


class Stream(Protocol):
    """What stands behind `/live/<slug>/`; implemented by `shelf.Shelf` and `replay.Replay`.

    All of them raise NotFound for what was never announced, BadInput for what can't be asked, and
    Unavailable for what did not come in time.
    """

    slug: Slug

    def multivariant(self) -> bytes:
        """The playlist of playlists."""

    async def playlist(
        self, rendition: str, msn: int | None, part: int | None, *, skip: bool, gzip: bool
    ) -> bytes:
        """A media playlist; with `msn` (and `part`) once it has that segment (and part)."""

    async def init(self, rendition: str, name: str) -> bytes:
        """An init segment."""

    async def segment(self, rendition: str, msn: int) -> bytes:
        """A whole segment."""

    async def part(self, rendition: str, msn: int, part: int) -> bytes:
        """A part; one that is hinted at is waited for."""

    async def data(self, msn: int) -> tuple[bytes, bool]:
        """The messages of a segment as JSON, and whether more may come."""

    async def signals(self) -> bytes:
        """Where signals are, for the timeline, as JSON."""

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""


def known(rendition: str) -> str:
    """A rendition's name that was asked for. Raises NotFound."""
    if rendition not in NAMES:
        raise NotFound(f"no rendition {rendition!r}; there are {', '.join(NAMES)}")
    return rendition


def announced(row: StoredSegment) -> hls.Segment:
    """A segment of the index, as players see it."""
    parts = row.parts[NAMES[0]][: row.duration // PART_TICKS]  # a signature behind them is no part
    return hls.Segment(
        row.msn,
        row.utc,
        row.inits,
        tuple(hls.Part(PART_TICKS, independent) for _, independent in parts),
        row.discontinuity,
        row.recorded,
    )
