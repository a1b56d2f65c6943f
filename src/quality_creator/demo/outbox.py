"""What gauges have to send, kept until the hub has it: nothing is lost and nothing changes its order."""

import threading
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from quality_creator.demo.plant import Sample, Tally
from quality_creator.model.clock import Micros


class ReadingMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A value as a gauge sends it."""

    tag: str
    value: float
    unit: str
    time: str
    sequence: int


class CounterMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A line's counters as they are sent."""

    tag: str
    total: int
    rejected: int
    time: str


class CountMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What an inspection counted, and in how many."""

    tag: str
    value: int
    found_in: int
    unit: str
    time: str
    sequence: int


class StateMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A line's machine state."""

    tag: str
    state: str
    time: str


class TraceMessage(msgspec.Struct, frozen=True, kw_only=True):
    """What a test bench recorded of one specimen."""

    tag: str
    specimen: str
    x: list[float]
    y: list[float]
    time: str
    sequence: int


Message = ReadingMessage | CounterMessage | CountMessage | StateMessage | TraceMessage

MOST: Final = 100_000
"""About half a day; beyond it the oldest go, so that a hub that never comes back costs no memory."""


class Outbox:
    """One gauge's messages in their order; filled by one thread and emptied by another."""

    def __init__(self) -> None:
        self._filled = threading.Condition()
        self._waiting: deque[Message] = deque()
        self.lost = 0
        """Messages that had to go because the box was full."""

    def put(self, messages: Sequence[Message]) -> None:
        """Add messages behind the others."""
        with self._filled:
            self._waiting.extend(messages)
            while len(self._waiting) > MOST:
                self._waiting.popleft()
                self.lost += 1
            self._filled.notify()

    def batch(self, most: int, wait_s: float) -> list[Message]:
        """The oldest messages, which stay in the box; empty when none came in time."""
        with self._filled:
            self._filled.wait_for(lambda: self._waiting, wait_s)
            return [message for message, _ in zip(self._waiting, range(most), strict=False)]

    def sent(self, batch: Sequence[Message]) -> None:
        """The hub has these: they leave the box."""
        with self._filled:
            for message in batch:
                if self._waiting and self._waiting[0] is message:
                    self._waiting.popleft()

    def __len__(self) -> int:
        return len(self._waiting)


def reading(sample: Sample) -> ReadingMessage:
    """What is sent of a value. Its instant is its number too, as no two of a factory share one."""
    channel = sample.channel
    return ReadingMessage(
        tag=channel.tag,
        value=sample.value,
        unit=channel.unit,
        time=rfc3339(sample.time),
        sequence=sample.time,
    )


def counter(tally: Tally) -> CounterMessage:
    """What is sent of a line's counters."""
    return CounterMessage(
        tag=tally.counter.tag, total=tally.total, rejected=tally.rejected, time=rfc3339(tally.time)
    )


def rfc3339(time: Micros) -> str:
    """An instant to the microsecond."""
    instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=time)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
