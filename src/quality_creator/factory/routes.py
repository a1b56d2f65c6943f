"""Where each field of each tag leads: a gauge's configuration, checked and ready for use.

What a payload says is then read by `mapping`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from quality_creator.config import AnyGauge, Config, CounterTag, StateTag, Tag, TraceTag
from quality_creator.factory import units
from quality_creator.model.characteristic import Characteristic, ChartPlan
from quality_creator.model.clock import Micros, micros
from quality_creator.model.errors import BadInput
from quality_creator.model.ids import CharacteristicId, GaugeId
from quality_creator.model.reading import MachineState

TimeFormat = Literal["rfc3339", "unix-s", "unix-ms", "unix-us"]

Path = str | tuple[str, ...]
"""The way to a field: its name, or the names of the objects around it and its own; () for none."""


@dataclass(frozen=True, slots=True)
class Clock:
    """What is needed of our own clock to judge a source's time."""

    now: Micros
    future: int
    """Microseconds that a source may be ahead."""


@dataclass(frozen=True, slots=True)
class Route:
    """How one field of one tag becomes one characteristic's measurements."""

    gauge: GaugeId
    characteristic: CharacteristicId
    convert: units.Conversion
    unit: str
    """What the machine sends in."""
    value: Path
    time: Path
    time_format: TimeFormat
    sequence: Path
    """Empty when the source has no numbers: then its time, in microseconds, is the number."""
    status: Path
    unit_field: Path
    plan: ChartPlan
    """Of the characteristic: it says whether the value is a count."""
    found_in: Path
    """Of a count in unequal numbers: what it was found in."""


@dataclass(frozen=True, slots=True)
class CounterRoute:
    """How one tag becomes a line's counters."""

    line: str
    total: Path
    rejected: Path
    time: Path
    time_format: TimeFormat


@dataclass(frozen=True, slots=True)
class StateRoute:
    """How one tag becomes a line's machine states."""

    line: str
    state: Path
    time: Path
    time_format: TimeFormat
    words: Mapping[str, MachineState]
    """What the machine says, and what it means."""


@dataclass(frozen=True, slots=True)
class TraceRoute:
    """How one tag becomes a test's traces."""

    gauge: GaugeId
    test: str
    x: Path
    y: Path
    time: Path
    time_format: TimeFormat
    sequence: Path
    """Empty when the source has no numbers: then its time, in microseconds, is the number."""
    specimen: Path


@dataclass(frozen=True, slots=True)
class Routes:
    """Everything that comes from one tag; one payload may carry several characteristics."""

    readings: tuple[Route, ...]
    counters: tuple[CounterRoute, ...]
    states: tuple[StateRoute, ...] = ()
    traces: tuple[TraceRoute, ...] = ()


@dataclass(frozen=True, slots=True)
class GaugeMapping:
    """A gauge's configuration, checked and ready for use."""

    gauge: GaugeId
    future: int
    """Microseconds that a source may be ahead of our clock."""
    tags: Mapping[str, Routes]
    reading_tags: Mapping[str, Routes]
    """`tags` with readings alone, for messages that keep the kinds apart; and so on."""
    counter_tags: Mapping[str, Routes]
    state_tags: Mapping[str, Routes]
    trace_tags: Mapping[str, Routes]

    def clock(self, now: datetime) -> Clock:
        """Our clock, as it is needed for this gauge."""
        return Clock(micros(now), self.future)


# --- from the configuration ----------------------------------------------------------------------


def mappings(config: Config) -> dict[GaugeId, GaugeMapping]:
    """The mapping of every gauge.

    Raises:
        BadInput: a unit is not known or can't be converted, or a field is named badly; the text
            names the key.
    """
    characteristics = {one.id: one for one in config.characteristics}
    return {
        gauge.id: gauge_mapping(gauge, characteristics, where=f"gauges[{index}]")
        for index, gauge in enumerate(config.gauges)
    }


def gauge_mapping(
    gauge: AnyGauge, characteristics: Mapping[CharacteristicId, Characteristic], *, where: str = "gauge"
) -> GaugeMapping:
    """One gauge's mapping; `where` is its place in the configuration, for the error's text."""
    readings = [
        (tag.tag, _route(gauge, tag, characteristics, f"{where}.tags[{number}]"))
        for number, tag in enumerate(gauge.tags)
    ]
    _check_twice(readings, where)
    counters = [
        (counter.tag, _counter_route(counter, f"{where}.counters[{number}]"))
        for number, counter in enumerate(gauge.counters)
    ]
    states = [
        (state.tag, _state_route(state, f"{where}.states[{number}]"))
        for number, state in enumerate(gauge.states)
    ]
    traces = [
        (trace.tag, _trace_route(gauge, trace, f"{where}.traces[{number}]"))
        for number, trace in enumerate(gauge.traces)
    ]
    return GaugeMapping(
        gauge=gauge.id,
        future=round(gauge.future_s * 1e6),
        tags=_by_tag(readings, counters, states, traces),
        reading_tags=_by_tag(readings=readings),
        counter_tags=_by_tag(counters=counters),
        state_tags=_by_tag(states=states),
        trace_tags=_by_tag(traces=traces),
    )


def _by_tag(
    readings: Sequence[tuple[str, Route]] = (),
    counters: Sequence[tuple[str, CounterRoute]] = (),
    states: Sequence[tuple[str, StateRoute]] = (),
    traces: Sequence[tuple[str, TraceRoute]] = (),
) -> dict[str, Routes]:
    return {
        tag: Routes(
            tuple(route for name, route in readings if name == tag),
            tuple(route for name, route in counters if name == tag),
            tuple(route for name, route in states if name == tag),
            tuple(route for name, route in traces if name == tag),
        )
        for tag in dict.fromkeys(name for name, _ in [*readings, *counters, *states, *traces])
    }


def _check_twice(readings: Sequence[tuple[str, Route]], where: str) -> None:
    seen: dict[tuple[str, CharacteristicId], int] = {}
    for number, (tag, route) in enumerate(readings):
        first = seen.setdefault((tag, route.characteristic), number)
        if first != number:
            raise BadInput(
                f"{where}.tags[{number}]: {tag!r} already brings {route.characteristic!r} in tags[{first}]"
            )


def _route(
    gauge: AnyGauge, tag: Tag, characteristics: Mapping[CharacteristicId, Characteristic], where: str
) -> Route:
    target = characteristics.get(CharacteristicId(tag.characteristic))
    if target is None:
        raise BadInput(f"{where}.characteristic: {tag.characteristic!r} is not in `characteristics`")
    source = tag.unit or target.unit
    try:
        convert = units.conversion(source, target.unit)
    except BadInput as error:
        raise BadInput(f"{where}.unit: {error}") from error
    return Route(
        gauge=gauge.id,
        characteristic=target.id,
        convert=convert,
        unit=source,
        value=_path(tag.value, f"{where}.value"),
        time=_path(tag.time, f"{where}.time"),
        time_format=tag.time_format,
        sequence=_path(tag.sequence, f"{where}.sequence") if tag.sequence else (),
        status=_path(tag.status, f"{where}.status") if tag.status else (),
        unit_field=_path(tag.unit_field, f"{where}.unit_field") if tag.unit_field else (),
        plan=target.chart,
        found_in=_path(tag.found_in, f"{where}.found_in"),
    )


def _counter_route(counter: CounterTag, where: str) -> CounterRoute:
    return CounterRoute(
        line=counter.line,
        total=_path(counter.total, f"{where}.total"),
        rejected=_path(counter.rejected, f"{where}.rejected"),
        time=_path(counter.time, f"{where}.time"),
        time_format=counter.time_format,
    )


def _state_route(state: StateTag, where: str) -> StateRoute:
    meanings: list[tuple[MachineState, tuple[str, ...]]] = [
        ("running", state.running),
        ("stopped", state.stopped),
        ("planned-stop", state.planned_stop),
        ("unknown", state.unknown),
    ]
    words: dict[str, MachineState] = {}
    for meaning, spellings in meanings:
        for word in spellings:
            if words.setdefault(word, meaning) != meaning:
                raise BadInput(f"{where}: {word!r} means both {words[word]} and {meaning}")
    return StateRoute(
        line=state.line,
        state=_path(state.state, f"{where}.state"),
        time=_path(state.time, f"{where}.time"),
        time_format=state.time_format,
        words=words,
    )


def _trace_route(gauge: AnyGauge, trace: TraceTag, where: str) -> TraceRoute:
    return TraceRoute(
        gauge=gauge.id,
        test=trace.test,
        x=_path(trace.x, f"{where}.x"),
        y=_path(trace.y, f"{where}.y"),
        time=_path(trace.time, f"{where}.time"),
        time_format=trace.time_format,
        sequence=_path(trace.sequence, f"{where}.sequence") if trace.sequence else (),
        specimen=_path(trace.specimen, f"{where}.specimen") if trace.specimen else (),
    )


def _path(name: str, where: str) -> Path:
    steps = tuple(name.split("."))
    if not all(steps):
        raise BadInput(f"{where}: {name!r}; a field's name, with dots between objects: value, data.value")
    return steps[0] if len(steps) == 1 else steps
