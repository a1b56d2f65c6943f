"""What a machine sent, and what we made of it."""

from typing import Literal

import msgspec

from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, GaugeId

Status = Literal["good", "uncertain", "bad"]
"""OPC UA's severities: a bad value is kept and counted, never charted."""


class Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """One value of one tag, as its source stated it, already in our words."""

    gauge: GaugeId
    tag: str
    sequence: int
    """The source's own number; (gauge, sequence) is taken in once, however often it is sent."""
    value: float
    """Finite, in the characteristic's unit."""
    time: Micros
    """The source's time, not ours."""
    status: Status = "good"


class Measurement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A reading that belongs to a characteristic."""

    characteristic: CharacteristicId
    value: float
    time: Micros
    gauge: GaugeId
    sequence: int
    status: Status = "good"
    tag: str = ""
    """What the gauge calls it (for MQTT the topic); sequences are counted within a tag."""
    found_in: float | None = None
    """Of a count: the items inspected, or the units looked at; absent for values."""


class Count(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """A line's counters at an instant: cumulative since the line's shift began."""

    line: str
    time: Micros
    total: int
    rejected: int


MachineState = Literal["running", "stopped", "planned-stop", "unknown"]
"""How a line's time is spent: stopped is a loss; a planned stop is a break or no orders."""


class LineState(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """From `time` on a line is in `state`."""

    line: str
    time: Micros
    state: MachineState


class Trace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A series that a test bench recorded of one specimen: force over travel, temperature over time."""

    test: str
    gauge: GaugeId
    sequence: int
    """The source's own number; (test, gauge, sequence) is taken in once."""
    time: Micros
    specimen: str
    x: tuple[float, ...]
    """Finite, in the test's unit; may go back and forth."""
    y: tuple[float | None, ...]
    """As many; None is a missing sample."""


Reason = Literal[
    "bad-json",
    "unknown-topic",
    "unknown-tag",
    "missing-field",
    "bad-time",
    "time-in-future",
    "bad-value",
    "wrong-unit",
    "bad-status",
    "bad-sequence",
    "bad-count",
    "bad-state",
    "bad-trace",
]

Among = Literal["readings", "counters", "states", "traces"]
"""The lists of a message."""


class Refusal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a reading was not taken in, in words that its sender can act on."""

    gauge: GaugeId
    reason: Reason
    detail: str
    """What was received and what is allowed."""
    index: int | None = None
    """Position in the batch, from 0; absent when the batch as a whole could not be read."""
    among: Among = "readings"
    """In which of the batch's lists `index` counts."""
