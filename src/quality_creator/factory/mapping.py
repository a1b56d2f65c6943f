"""From a machine's words to ours: payloads in, measurements, counts and refusals out.

A measuring system must not guess. `"1.5"`, `true` and `NaN` are not values, a time without a
zone is not an instant, and a unit that was not agreed upon is not converted. Every refusal says
what was received and what is allowed; for any bytes at all there is nothing but refusals.
"""

import json
import math
import reprlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, get_args

import msgspec

from quality_creator.factory import units
from quality_creator.factory.intake import Batch
from quality_creator.factory.routes import (
    Clock,
    CounterRoute,
    GaugeMapping,
    Path,
    Route,
    Routes,
    StateRoute,
    TimeFormat,
    TraceRoute,
)
from quality_creator.model.characteristic import COUNTS, PAIRED, PROPORTIONS
from quality_creator.model.clock import Micros, micros
from quality_creator.model.ids import GaugeId
from quality_creator.model.reading import (
    Among,
    Count,
    LineState,
    Measurement,
    Reason,
    Refusal,
    Status,
    Trace,
)

LARGEST = 2**63 - 1
"""The largest sequence or count: what a database's integer holds."""

_TIME_WORDS: dict[TimeFormat, str] = {
    "rfc3339": "RFC 3339 with Z or an offset, such as 2026-05-04T08:30:00.250Z",
    "unix-s": "seconds since 1970 as a number",
    "unix-ms": "milliseconds since 1970 as a number",
    "unix-us": "microseconds since 1970 as a whole number",
}
_TIME_SCALE: dict[TimeFormat, int] = {"unix-s": 1_000_000, "unix-ms": 1_000, "unix-us": 1}

_STATUSES: tuple[Status, ...] = get_args(Status)

_ABSENT: Any = object()

_EMPTY: dict[Any, Any] = {}


class Refused(Exception):
    """Why one item, or a whole message, was not taken; never leaves this room."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason: Reason = reason
        self.detail = detail

    def refusal(self, gauge: GaugeId, index: int, among: Among) -> Refusal:
        """In words for the sender."""
        return Refusal(gauge=gauge, reason=self.reason, detail=self.detail, index=index, among=among)


def decode(payload: bytes) -> Any:
    """JSON as Python values.

    What is not JSON but common (`NaN`, a number beyond any float) is let through as a float that
    is not finite, so that one such value refuses its own item and not the whole message.

    Raises:
        Refused: with reason `bad-json`.
    """
    try:
        return msgspec.json.decode(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        complaint = str(error)
    try:
        return json.loads(payload.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Refused("bad-json", f"{complaint}; received {shown(payload)}") from error


def read_payload(
    mapping: GaugeMapping, routes: Routes | None, topic: str, payload: bytes, now: datetime
) -> Batch:
    """What came on one topic: a JSON object, or an array of them, each for all of the routes."""
    if routes is None:
        known = ", ".join(map(repr, mapping.tags)) or "none"
        return refused(mapping.gauge, "unknown-topic", f"received on {topic!r}; allowed: {known}")
    try:
        decoded = decode(payload)
    except Refused as error:
        return refused(mapping.gauge, error.reason, f"on {topic!r}: {error.detail}")
    items = decoded if isinstance(decoded, list) else [decoded]
    return read_items(mapping, [(index, topic, routes, item) for index, item in enumerate(items)], now)


Item = tuple[int, str, Routes, Any]
"""One item of a message: its position there, from 0; what the gauge calls it (for MQTT the topic); where it
leads; and what it says. There are many, and a plain tuple is made five times as fast as a named one."""


def read_items(mapping: GaugeMapping, items: Iterable[Item], now: datetime) -> Batch:
    """What a message's items say, each by its own routes."""
    clock = mapping.clock(now)
    measurements: list[Measurement] = []
    places: list[int] = []
    counts: list[Count] = []
    count_places: list[int] = []
    states: list[LineState] = []
    traces: list[Trace] = []
    refusals: list[Refusal] = []
    for index, tag, routes, item in items:
        for route in routes.readings:
            try:
                measurements.append(measurement(route, tag, item, clock))
                places.append(index)
            except Refused as error:
                refusals.append(error.refusal(mapping.gauge, index, "readings"))
        for counter in routes.counters:
            try:
                counts.append(count(counter, item, clock))
                count_places.append(index)
            except Refused as error:
                refusals.append(error.refusal(mapping.gauge, index, "counters"))
        for state in routes.states:
            try:
                states.append(line_state(state, item, clock))
            except Refused as error:
                refusals.append(error.refusal(mapping.gauge, index, "states"))
        for one in routes.traces:
            try:
                traces.append(trace(one, item, clock))
            except Refused as error:
                refusals.append(error.refusal(mapping.gauge, index, "traces"))
    return Batch(mapping.gauge, measurements, places, counts, count_places, refusals, states, traces)


def refused(gauge: GaugeId, reason: Reason, detail: str) -> Batch:
    """A message of which nothing could be read."""
    return Batch(gauge, refusals=(Refusal(gauge=gauge, reason=reason, detail=detail),))


# --- one item ------------------------------------------------------------------------------------


def measurement(route: Route, tag: str, item: Any, clock: Clock) -> Measurement:
    """One reading. Raises Refused."""
    # A field with a plain name, as nearly all have, is found here: a call for each takes twice as long. What
    # is not, is missing or lies deeper, and then `_required` and `_optional` know.
    fields = item if type(item) is dict else _EMPTY
    received = fields.get(route.value, _ABSENT)
    value = _value(_required(item, route.value) if received is _ABSENT else received, route)
    received = fields.get(route.time, _ABSENT)
    received = _required(item, route.time) if received is _ABSENT else received
    time = _time(received, route.time_format, clock)
    sequence: int = time
    if route.sequence:
        received = fields.get(route.sequence, _ABSENT)
        sequence = _sequence(_required(item, route.sequence) if received is _ABSENT else received)
    unit = fields.get(route.unit_field, _ABSENT)
    if type(route.unit_field) is not str:
        unit = _optional(item, route.unit_field)
    if unit is not _ABSENT:
        _check_unit(unit, route.unit)
    found_in = _found_in(item, value, route) if route.plan.kind in COUNTS else None
    status = fields.get(route.status, _ABSENT)
    if type(route.status) is not str:
        status = _optional(item, route.status)
    return Measurement(
        characteristic=route.characteristic,
        value=value,
        time=time,
        gauge=route.gauge,
        sequence=sequence,
        status="good" if status is _ABSENT else _status(status),
        tag=tag,
        found_in=found_in,
    )


def _found_in(item: Any, value: float, route: Route) -> float | None:
    """What a count was found in; the count itself is checked with it."""
    kind = route.plan.kind
    if value < 0 or value != int(value):
        raise Refused("bad-count", f"received {value:g}; allowed: a whole number from 0, as {kind} counts")
    if kind == "np" and value > route.plan.size:
        raise Refused(
            "bad-count", f"received {value:g}; allowed: at most {route.plan.size}, the number inspected"
        )
    if kind not in PAIRED:
        return None
    received = _required(item, route.found_in)
    name = _dotted(route.found_in)
    if type(received) not in (int, float) or not 0 < received < math.inf:
        raise Refused("bad-count", f"`{name}`: received {shown(received)}; allowed: a number above 0")
    if kind in PROPORTIONS and received != int(received):
        raise Refused("bad-count", f"`{name}`: received {shown(received)}; allowed: a whole number above 0")
    if kind in PROPORTIONS and value > received:
        raise Refused("bad-count", f"received {value:g} of {received:g} inspected; allowed: at most all")
    try:
        return float(received)
    except OverflowError:
        raise Refused(
            "bad-count", f"`{name}`: received {shown(received)}; allowed: a number above 0"
        ) from None


def count(route: CounterRoute, item: Any, clock: Clock) -> Count:
    """A line's counters. Raises Refused."""
    total = _whole(_required(item, route.total), route.total)
    rejected = _whole(_required(item, route.rejected), route.rejected)
    if rejected > total:
        raise Refused("bad-count", f"received {rejected} rejected of {total} in total; allowed: at most all")
    time = _time(_required(item, route.time), route.time_format, clock)
    return Count(line=route.line, time=time, total=total, rejected=rejected)


def line_state(route: StateRoute, item: Any, clock: Clock) -> LineState:
    """A line's machine state. Raises Refused."""
    received = _required(item, route.state)
    state = route.words.get(received) if type(received) is str else None
    if state is None:
        allowed = ", ".join(map(repr, route.words))
        raise Refused("bad-state", f"received {shown(received)}; allowed: {allowed}")
    return LineState(
        line=route.line, time=_time(_required(item, route.time), route.time_format, clock), state=state
    )


SAMPLES = 20_000
"""Samples of one trace at most."""


def trace(route: TraceRoute, item: Any, clock: Clock) -> Trace:
    """A test's trace. Raises Refused."""
    x = _samples(_required(item, route.x), route.x)
    y = _samples(_required(item, route.y), route.y)
    if len(x) != len(y):
        raise Refused("bad-trace", f"received {len(x)} of x and {len(y)} of y; allowed: equally many")
    if None in x:
        raise Refused("bad-trace", f"`{_dotted(route.x)}` has a null; only y may miss a sample")
    time = _time(_required(item, route.time), route.time_format, clock)
    specimen = _optional(item, route.specimen)
    if specimen is _ABSENT:
        specimen = ""
    if type(specimen) is not str or len(specimen) > 128:
        raise Refused("bad-trace", f"the specimen: received {shown(specimen)}; allowed: a short text")
    return Trace(
        test=route.test,
        gauge=route.gauge,
        sequence=_sequence(_required(item, route.sequence)) if route.sequence else time,
        time=time,
        specimen=specimen,
        x=tuple(value for value in x if value is not None),
        y=tuple(y),
    )


def _samples(received: Any, path: Path) -> list[float | None]:
    name = _dotted(path)
    if type(received) is not list or not 2 <= len(received) <= SAMPLES:
        raise Refused(
            "bad-trace", f"`{name}`: received {shown(received)}; allowed: a list of 2 to {SAMPLES} numbers"
        )
    found: list[float | None] = []
    for value in received:
        if value is None:
            found.append(None)
            continue
        if type(value) not in (int, float) or not abs(value) <= _LARGEST:
            raise Refused("bad-trace", f"`{name}`: received {shown(value)}; allowed: finite numbers, or null")
        found.append(float(value))
    return found


_LARGEST = 1e300
"""Beyond it a difference of two samples is no number any more."""


def _optional(item: Any, path: Path) -> Any:
    if type(path) is str:  # nearly every path; a loop over its one step takes three times as long
        return item.get(path, _ABSENT) if type(item) is dict else _ABSENT
    for step in path:
        if type(item) is not dict:
            return _ABSENT
        item = item.get(step, _ABSENT)
    return item if path else _ABSENT


def _required(item: Any, path: Path) -> Any:
    found = _optional(item, path)
    if found is _ABSENT:
        fields = ", ".join(map(shown, item)) if type(item) is dict else ""
        there = f"an object with {fields or 'no fields'}" if type(item) is dict else shown(item)
        raise Refused("missing-field", f"the field `{_dotted(path)}` is missing; received {there}")
    return found


def _dotted(path: Path) -> str:
    return path if isinstance(path, str) else ".".join(path)


def _value(received: Any, route: Route) -> float:
    # The exact type: True is an int for isinstance, and not a measured value.
    if type(received) is not float and type(received) is not int:
        raise Refused("bad-value", f"received {shown(received)}; allowed: a number, without quotes")
    try:
        value = route.convert(received) if route.convert is not units.SAME else float(received)
    except OverflowError:
        value = float("inf")
    if value - value != 0.0:  # NaN or infinite
        raise Refused("bad-value", f"received {shown(received)}; allowed: a finite number")
    return value


def _time(received: Any, form: TimeFormat, clock: Clock) -> Micros:
    time = _instant(received) if form == "rfc3339" else _unix(received, form)
    if time is None or not 0 <= time <= LARGEST:
        raise Refused("bad-time", f"received {shown(received)}; allowed: {_TIME_WORDS[form]}")
    if time > clock.now + clock.future:
        ahead = (time - clock.now) / 1e6
        raise Refused(
            "time-in-future",
            f"received {shown(received)}, {ahead:.3f} s ahead of our clock; "
            f"allowed: {clock.future / 1e6:g} s; set the machine's clock",
        )
    return Micros(time)


def _instant(received: Any) -> int | None:
    # fromisoformat reads more than RFC 3339 allows: dates alone, weeks, no separators, no zone.
    if type(received) is not str or len(received) < 20:
        return None
    if received[4] + received[7] + received[13] + received[16] != "--::" or received[10] not in "Tt ":
        return None
    try:
        return micros(datetime.fromisoformat(received))
    except ValueError:
        return None


def _unix(received: Any, form: TimeFormat) -> int | None:
    if type(received) is int:
        return received * _TIME_SCALE[form]
    if type(received) is float and form != "unix-us" and abs(received) < 1e18:
        return round(received * _TIME_SCALE[form])
    return None


def _sequence(received: Any) -> int:
    if type(received) is not int or not 0 <= received <= LARGEST:
        raise Refused("bad-sequence", f"received {shown(received)}; allowed: a whole number from 0 to 2^63-1")
    return received


def _whole(received: Any, path: Path) -> int:
    if type(received) is not int or not 0 <= received <= LARGEST:
        name = _dotted(path)
        raise Refused("bad-count", f"`{name}`: received {shown(received)}; allowed: a whole number from 0")
    return received


def _status(received: Any) -> Status:
    for status in _STATUSES:
        if received == status:
            return status
    raise Refused("bad-status", f"received {shown(received)}; allowed: {', '.join(_STATUSES)}")


def _check_unit(received: Any, expected: str) -> None:
    if received == expected:
        return
    if type(received) is not str or not units.same(received, expected):
        raise Refused("wrong-unit", f"received {shown(received)}; allowed: {expected!r}")


_BRIEF = reprlib.Repr()
_BRIEF.maxstring = _BRIEF.maxother = 60
_BRIEF.maxlevel = 2


def shown(received: Any) -> str:
    """What was received, short enough for a message, however large or deep it is."""
    try:
        return _BRIEF.repr(received.decode(errors="replace") if isinstance(received, bytes) else received)
    except ValueError:  # Python does not write whole numbers of more than 4300 digits
        return "a whole number of thousands of digits"
