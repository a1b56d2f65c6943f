"""What a connector hands over, what it gets back, and what every connector can say of itself."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from quality_creator.model.clock import Utc
from quality_creator.model.ids import GaugeId
from quality_creator.model.reading import Count, LineState, Measurement, Refusal, Trace


@dataclass(frozen=True, slots=True)
class Batch:
    """What one message of a machine came to: what it measured, what it counted, what was wrong.

    The i-th measurement came from the message's item `items[i]`, the i-th count from its item
    `count_items[i]`; refusals name their item themselves.
    """

    gauge: GaugeId
    measurements: Sequence[Measurement] = ()
    items: Sequence[int] = ()
    counts: Sequence[Count] = ()
    count_items: Sequence[int] = ()
    refusals: Sequence[Refusal] = ()
    states: Sequence[LineState] = ()
    traces: Sequence[Trace] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a batch, once that is durable."""

    accepted: int
    """Measurements, counts, states and traces that are new."""
    duplicates: Sequence[int] = ()
    """Positions in the batch's measurements of those that had been taken in before."""
    stale_counts: Sequence[int] = ()
    """Positions in the batch's counts of those that a newer one had overtaken."""
    refusals: Sequence[Refusal] = ()
    """All of the batch's, and those that only the store could find; `index` is the item's."""
    overtaken: int = 0
    """States that a newer one had overtaken, and traces that had been taken in before."""


Sink = Callable[[Batch], Awaitable[Outcome]]
"""Takes a batch in. When it returns, the batch is durable and may be acknowledged.

Raises `Unavailable` when it can't; the connector then offers the same batch again later.
"""

State = Literal["connecting", "live", "lost"]


class ConnectorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator wants to know of a gauge."""

    gauge: GaugeId
    kind: str
    state: State
    since: Utc
    """When it came into this state."""
    last_reading: Utc | None
    """When the newest reading arrived, by our clock."""
    accepted: int
    refused: int
    duplicates: int
    last_error: str
    """In the peer's words; empty when nothing has gone wrong yet."""


class Connector(Protocol):
    """One gauge's way in, whatever it speaks."""

    async def run(self, sink: Sink) -> None:
        """Bring readings until cancelled; a peer that is away is waited for."""

    def status(self) -> ConnectorStatus:
        """How it stands now."""


class Tally:
    """Keeps what `ConnectorStatus` shows; counts run since the process began."""

    def __init__(self, gauge: GaugeId, kind: str, now: datetime) -> None:
        self._gauge = gauge
        self._kind = kind
        self._state: State = "connecting"
        self._since = now
        self._last_reading: datetime | None = None
        self._accepted = self._refused = self._duplicates = 0
        self._last_error = ""

    def enter(self, state: State, now: datetime) -> None:
        """Note a state; `since` moves only when it is another one."""
        if state != self._state:
            self._state, self._since = state, now

    def complain(self, error: str) -> None:
        """Note what went wrong; it stays until something else does."""
        self._last_error = error

    def add(self, outcome: Outcome, now: datetime) -> None:
        """Note what became of a batch."""
        self._accepted += outcome.accepted
        self._duplicates += len(outcome.duplicates) + len(outcome.stale_counts) + outcome.overtaken
        self._refused += len(outcome.refusals)
        if outcome.accepted:
            self._last_reading = now
        if outcome.refusals:
            last = outcome.refusals[-1]
            self._last_error = f"{last.reason}: {last.detail}"

    def status(self) -> ConnectorStatus:
        """What there is to say now."""
        return ConnectorStatus(
            gauge=self._gauge,
            kind=self._kind,
            state=self._state,
            since=self._since,
            last_reading=self._last_reading,
            accepted=self._accepted,
            refused=self._refused,
            duplicates=self._duplicates,
            last_error=self._last_error,
        )
