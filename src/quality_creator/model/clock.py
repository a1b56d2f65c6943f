"""Media time and wall time, and the one map between them."""

import bisect
from datetime import UTC, datetime, timedelta
from typing import Annotated, NewType

import msgspec

Utc = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant with a time zone; naive values are refused wherever they are decoded."""

Micros = NewType("Micros", int)
"""Microseconds since 1970-01-01T00:00:00Z."""

MediaTime = NewType("MediaTime", int)
"""Position in an episode's stream, in ticks of 1/90000 s; 0 is the first frame."""

TICKS = 90_000
"""Ticks of MediaTime in a second."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros(instant: datetime) -> Micros:
    """An aware instant in microseconds. Raises ValueError for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone; write it with Z or an offset")
    since = instant - _EPOCH
    # By hand: dividing by a timedelta takes four times as long, and every reading comes through here.
    return Micros((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def utc(instant: int) -> datetime:
    """Microseconds as an aware UTC instant."""
    return _EPOCH + timedelta(microseconds=instant)


def iso(instant: int) -> str:
    """Microseconds as RFC 3339 in UTC with milliseconds, as `EXT-X-PROGRAM-DATE-TIME` has it."""
    return utc(instant).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant // 1000 % 1000:03d}Z"


class Anchor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From `at` on, media time and wall time run side by side."""

    at: MediaTime
    utc: Micros
    uncertainty: Micros = Micros(0)
    """Half width of the interval in which the true instant lies."""


class Timeline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An episode's map between MediaTime and UTC: anchors in ascending order, at least one."""

    anchors: tuple[Anchor, ...]

    def utc_at(self, position: MediaTime) -> Micros:
        """The wall time of a position; before the first anchor it is extrapolated."""
        index = max(bisect.bisect_right(self.anchors, position, key=lambda anchor: anchor.at) - 1, 0)
        anchor = self.anchors[index]
        return Micros(anchor.utc + (position - anchor.at) * 100 // 9)

    def position_at(self, instant: Micros) -> MediaTime:
        """The position of a wall time; inside a gap of the stream it is the gap's end."""
        index = max(bisect.bisect_right(self.anchors, instant, key=lambda anchor: anchor.utc) - 1, 0)
        anchor = self.anchors[index]
        position = anchor.at + (instant - anchor.utc) * 9 // 100
        if index + 1 < len(self.anchors):
            position = min(position, self.anchors[index + 1].at)
        return MediaTime(position)
