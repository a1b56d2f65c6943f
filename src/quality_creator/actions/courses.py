"""What an episode's charts began with and what people changed on them: with it all else is computed again.

The opening (`charts/opening.json`) says where every chart stood when the episode went on air, and the values
before that; its digest is in the log before anything was shown. The course (`charts/course.json`) says at
which measurement limits, rules or the configuration were changed, and which measurements were too many for
the picture. With both, every point, limit, signal and capability follows from the measurements shown.
"""

from typing import Literal, TypeVar

import msgspec

from quality_creator.actions import judging, studies
from quality_creator.actions.judging import Chart
from quality_creator.model.characteristic import Characteristic
from quality_creator.model.chart_row import ChartRow
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadPayload
from quality_creator.model.ids import CharacteristicId, GaugeId
from quality_creator.model.reading import Measurement, Status

OPENING = "charts/opening.json"
COURSE = "charts/course.json"

Cause = Literal["start", "restart", "limits", "rules"]

T = TypeVar("T")


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


def standing(chart: Chart, cause: Cause, made: Micros) -> Standing:
    """A chart as it is written down."""
    return Standing(cause=cause, characteristic=chart.characteristic, row=chart.row(), made=made)


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


def decode_opening(data: bytes) -> tuple[Opening, ...]:
    """Read `charts/opening.json`. Raises BadPayload."""
    return _decode(data, tuple[Opening, ...])


def decode_course(data: bytes) -> tuple[Course, ...]:
    """Read `charts/course.json`. Raises BadPayload."""
    return _decode(data, tuple[Course, ...])


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"the state of the charts can't be read: {error}") from error
