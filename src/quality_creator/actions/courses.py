"""What an episode's charts began with and what people changed on them: with it all else is computed again.

The opening (`charts/opening.json`) says where every chart stood when the episode went on air, and the values
before that; its digest is in the log before anything was shown. The course (`charts/course.json`) says at
which measurement limits, rules or the configuration were changed, and which measurements were too many for
the picture. With both, every point, limit, signal and capability follows from the measurements shown.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from quality_creator.actions import judging, studies
from quality_creator.actions.joint import Joint
from quality_creator.actions.judging import Chart
from quality_creator.model.characteristic import Characteristic
from quality_creator.model.chart_row import ChartRow
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadPayload
from quality_creator.model.ids import CharacteristicId, ChartId, GaugeId
from quality_creator.model.joint import JointChart
from quality_creator.model.joint_row import JointRow
from quality_creator.model.reading import Measurement, Status

OPENING = "charts/opening.json"
COURSE = "charts/course.json"

Cause = Literal["start", "restart", "removed", "limits", "rules", "public"]
"""`removed`: a chart of several that the configuration had no more when a hub took the episode up again. What
is measured until it is there again, with a `restart`, it does not see."""


class Value(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A measurement that was not shown."""

    index: int
    """Its number within its characteristic."""
    time: Micros
    value: float
    status: Status = "good"
    found_in: float | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a chart stands, and why it is written down."""

    cause: Cause
    characteristic: Characteristic
    """With what a person chose for it."""
    row: ChartRow
    made: Micros


class Opening(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chart when the episode began."""

    standing: Standing
    before: tuple[Value, ...]
    """The newest measurements before, as many as anything that is shown looks back at."""


class Course(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a chart."""

    characteristic: CharacteristicId
    changes: tuple[Standing, ...]
    """In their order: each where the chart stood right behind it."""
    unshown: tuple[Value, ...]
    """Measurements up to the last one shown that are not in the stream: too many for a frame, or while
    the characteristic was not public."""


class JointStanding(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a chart of several characteristics stands, and why it is written down."""

    cause: Cause
    chart: JointChart
    """With what a person chose for it."""
    row: JointRow
    made: Micros

    @property
    def place(self) -> int:
        """How many measurements of its characteristics there were before."""
        return sum(self.row.waiting.seen)


class JointCourse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of a chart of several characteristics."""

    chart: ChartId
    changes: tuple[JointStanding, ...]
    arrivals: tuple[int, ...]
    """In which order measurements of its characteristics arrived, each as the characteristic's place in the
    chart, from the beginning to the one that completed the last observation shown."""
    keys: tuple[int, ...] = ()
    """Where they are joined by them, the sources' sequence numbers of these."""


class Openings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`charts/opening.json`; where there are no charts of several, the list of the others alone."""

    characteristics: tuple[Opening, ...]
    charts: tuple[JointStanding, ...] = ()


class Courses(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`charts/course.json`; where there are no charts of several, the list of the others alone."""

    characteristics: tuple[Course, ...]
    charts: tuple[JointCourse, ...] = ()


def standing(chart: Chart, cause: Cause, made: Micros) -> Standing:
    """A chart as it is written down."""
    return Standing(cause=cause, characteristic=chart.characteristic, row=chart.row(), made=made)


def joint_standing(one: Joint, cause: Cause, made: Micros) -> JointStanding:
    """A chart of several characteristics as it is written down."""
    return JointStanding(cause=cause, chart=one.chart, row=one.row(), made=made)


def looked_back(chart: Chart) -> int:
    """How many measurements before the next one anything looks at."""
    return max(judging.recent_rows(chart), studies.reach(chart) + chart.characteristic.chart.each)


def value_of(index: int, one: Measurement) -> Value:
    """A measurement in few bytes."""
    return Value(index, one.time, one.value, one.status, one.found_in)


def measurement(characteristic: CharacteristicId, one: Value) -> Measurement:
    """As the charts take it."""
    return Measurement(
        characteristic=characteristic,
        value=one.value,
        time=one.time,
        gauge=GaugeId(""),
        sequence=one.index,
        status=one.status,
        found_in=one.found_in,
    )


def encode_opening(
    characteristics: Sequence[msgspec.Raw | Opening], charts: Sequence[JointStanding]
) -> bytes:
    """Write `charts/opening.json`."""
    return _encode(characteristics, charts)


def encode_course(characteristics: Sequence[Course], charts: Sequence[JointCourse]) -> bytes:
    """Write `charts/course.json`."""
    return _encode(characteristics, charts)


def decode_opening(data: bytes) -> Openings:
    """Read `charts/opening.json`. Raises BadPayload."""
    found = _decode(data, tuple[Opening, ...] | Openings)
    return found if isinstance(found, Openings) else Openings(characteristics=found)


def decode_course(data: bytes) -> Courses:
    """Read `charts/course.json`. Raises BadPayload."""
    found = _decode(data, tuple[Course, ...] | Courses)
    return found if isinstance(found, Courses) else Courses(characteristics=found)


def _encode(characteristics: Sequence[object], charts: Sequence[object]) -> bytes:
    # The list is how it was before there were charts of several; evidence without them is read by all.
    return msgspec.json.encode(
        {"characteristics": characteristics, "charts": charts} if charts else characteristics
    )


def _decode(data: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"the state of the charts can't be read: {error}") from error
