"""What travels inside the picture: the words of the data in the stream.

Each message is the JSON text of one ID3 `TXXX` frame (description `SCHEME`) in an `emsg` box
whose presentation time is the frame that the data belong to. A segment's first part carries
a `Definitions`, so that whoever joins can read on from there.
"""

import msgspec

from quality_creator.model.characteristic import ChartKind, Specification
from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, ChartId, LineId
from quality_creator.model.joint import JointKind
from quality_creator.model.mix import Graphic
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
    """The upper chart's statistic: the individual, the mean, the proportion or count, EWMA's z, CUSUM's
    C+ in sigmas. Before there are limits, EWMA and CUSUM show what they will be made of."""
    spread: float | None = None
    """The lower chart's statistic (the moving range, the range, s, CUSUM's C- as a positive number);
    absent for the first individual, and where a chart has none."""
    signals: tuple[Signal, ...] = ()
    found_in: float | None = None
    """Of a count: the items inspected, or the units looked at."""
    lower: float | None = None
    """The point's own limits on the upper chart, where they differ from the definition's: counts found
    in unequal numbers, and an EWMA's first points. A point with `upper` and no `lower` has none below."""
    upper: float | None = None


class JointPoint(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False, omit_defaults=True
):
    """An observation of several characteristics, and the chart's judgement where it completes a point."""

    chart: ChartId
    index: int
    """Number of the observation within its chart, from 0, without gaps in an episode."""
    time: Micros
    """Of its newest value."""
    of: tuple[int, ...]
    """Of which measurement of each characteristic it is made, in the order of the definition."""
    status: Status = "good"
    """`uncertain` when one of its values is."""
    late: bool = False
    plotted: int | None = None
    """Number of the plotted point, from 0; absent while a subgroup fills."""
    location: float | None = None
    """T² of the observation, the subgroup's mean, or the weighted mean; absent before there are limits."""
    parts: tuple[float, ...] = ()
    """By how much the statistic would be smaller without each characteristic: the largest one drives it."""
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
    chart: ChartKind
    size: int
    """Measurements in a point; of `np` the number inspected for every count."""
    rules: tuple[str, ...]
    specification: Specification | None = None
    location: ChartLimits | None = None
    """Absent until limits are frozen."""
    spread: ChartLimits | None = None
    collected: int | None = None
    """Points towards the limits, as of the segment's start; absent once they are frozen."""
    estimate_from: int | None = None
    """How many points give the limits; absent once they are frozen."""
    weight: float | None = None
    """EWMA's lambda."""
    width: float | None = None
    """EWMA's L."""
    slack: float | None = None
    """CUSUM's k."""
    decision: float | None = None
    """CUSUM's h."""
    capability: "Capability | None" = None
    """As of a short while before the segment's start; absent where there is none."""


class Capability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Whether the process can hold its specification, from its newest values, and what speaks against it."""

    time: Micros
    """Of the newest value."""
    plotted: int | None = None
    """How many points the chart had then."""
    values: int
    """How many entered."""
    cpk: float | None = None
    """Short-term; absent where the spread within subgroups can't be told."""
    cpk_low: float | None = None
    cpk_high: float | None = None
    """The two-sided 95 % interval."""
    ppk: float | None = None
    ppk_low: float | None = None
    ppk_high: float | None = None
    stable: bool | None = None
    """Whether the chart was free of signals over its newest points; absent without limits."""
    provisional: bool = False
    """Fewer than 30 subgroups."""
    normal: bool | None = None
    """Whether the values look normal (Anderson-Darling, 5 %); absent when they were not tested."""


class LineOee(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """How well a line uses its time, in the shift that runs; each factor absent where nothing can be said."""

    line: LineId
    name: Text
    shift: str
    start: Micros
    time: Micros
    """Up to when."""
    availability: float | None = None
    performance: float | None = None
    """Above 1 it is reported as it is."""
    quality: float | None = None
    oee: float | None = None
    unknown_s: float = 0.0
    """Seconds for which nobody said what the line did; left out of the planned time."""


class JointDefinition(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """All that is needed to draw a chart of several characteristics."""

    chart: ChartId
    name: Text
    line: LineId
    line_name: Text
    kind: JointKind
    characteristics: tuple[CharacteristicId, ...]
    size: int = 1
    """Observations in a point."""
    alpha: float
    """The false alarm rate that the limit is made for."""
    weight: float | None = None
    """MEWMA's lambda."""
    location: ChartLimits | None = None
    """Absent until limits are frozen; its centre is what the statistic is on average."""
    mean: tuple[float, ...] = ()
    """Each characteristic's centre; empty until limits are frozen."""
    sigma: tuple[float, ...] = ()
    """Each characteristic's standard deviation."""
    correlation: tuple[tuple[float, ...], ...] = ()
    """Of the characteristics; with mean and sigma anyone computes a point again."""
    collected: int | None = None
    """Points towards the limits, as of the segment's start; absent once they are frozen."""
    estimate_from: int | None = None
    alone: tuple[int, ...] = ()
    """Values of each characteristic that found no partner so far, as of the segment's start."""


class Definitions(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="definitions", tag_field="type"
):
    """Every public characteristic, as of the segment's start."""

    characteristics: tuple[Definition, ...]
    lines: tuple[LineOee, ...] = ()
    """Lines whose OEE is shown to the public."""
    charts: tuple[JointDefinition, ...] | msgspec.UnsetType = msgspec.UNSET
    """Public charts of several characteristics; absent where there are none."""


class FrameData(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="data", tag_field="type"
):
    """What belongs to one frame of the picture."""

    utc: Micros
    """The wall time of the frame."""
    points: tuple[Point, ...] = ()
    counters: tuple[Counters, ...] = ()
    joint: tuple[JointPoint, ...] | msgspec.UnsetType = msgspec.UNSET
    """Observations of several characteristics; absent where there are none."""
    graphics: tuple[Graphic, ...] | msgspec.UnsetType = msgspec.UNSET
    """What is burned into the picture from this frame on; absent where nothing changes. A segment's first
    frame says it again while there is anything."""


Message = Definitions | FrameData


class TimedMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message and the position in the stream that it belongs to."""

    at: int
    """MediaTime."""
    message: Message
