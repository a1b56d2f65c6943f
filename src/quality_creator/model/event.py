"""What travels inside the picture: the words of the data in the stream.

Each message is the JSON text of one ID3 `TXXX` frame (description `SCHEME`) in an `emsg` box
whose presentation time is the frame that the data belong to. A segment's first part carries
a `Definitions`, so that whoever joins can read on from there.
"""

from typing import Literal

import msgspec

from quality_creator.model.characteristic import Specification
from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, LineId
from quality_creator.model.reading import Status
from quality_creator.model.text import Text

SCHEME = "quality-creator/1"


class Signal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A rule that holds at a point."""

    rule: str
    continuing: bool = False
    """False at the point that completes the pattern, True at later points of the same pattern."""


class Point(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False, omit_defaults=True
):
    """One measurement, and the chart's judgement where it completes a subgroup."""

    characteristic: CharacteristicId
    index: int
    """Number of the measurement within its characteristic, from 0, without gaps in an episode."""
    time: Micros
    value: float
    status: Status = "good"
    late: bool = False
    """It reached us after its own frame was on its way; it stands at the next frame instead."""
    plotted: int | None = None
    """Number of the plotted point (the subgroup), from 0; absent while a subgroup fills."""
    location: float | None = None
    """The upper chart's statistic (the individual, the mean)."""
    spread: float | None = None
    """The lower chart's statistic (the moving range, the range); absent for the first individual."""
    signals: tuple[Signal, ...] = ()


class Counters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A line's counters as of `time`."""

    line: LineId
    time: Micros
    total: int
    rejected: int


class ChartLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Lines of one of a pair of charts; a limit that can't be crossed is absent."""

    center: float
    lower: float | None = None
    upper: float | None = None


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that is needed to draw a characteristic's chart."""

    characteristic: CharacteristicId
    name: Text
    unit: str
    line: LineId
    line_name: Text
    decimals: int
    chart: Literal["i-mr", "xbar-r"]
    size: int
    rules: tuple[str, ...]
    specification: Specification | None = None
    location: ChartLimits | None = None
    """Absent until limits are frozen."""
    spread: ChartLimits | None = None
    collected: int | None = None
    """Points towards the limits, as of the segment's start; absent once they are frozen."""
    estimate_from: int | None = None
    """How many points give the limits; absent once they are frozen."""


class Definitions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="definitions", tag_field="type"
):
    """Every public characteristic, as of the segment's start."""

    characteristics: tuple[Definition, ...]


class FrameData(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="data", tag_field="type"
):
    """What belongs to one frame of the picture."""

    utc: Micros
    """The wall time of the frame."""
    points: tuple[Point, ...] = ()
    counters: tuple[Counters, ...] = ()


Message = Definitions | FrameData


class TimedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message and the position in the stream that it belongs to."""

    at: int
    """MediaTime."""
    message: Message
