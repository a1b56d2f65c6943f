"""What was stamped into a stream, for those who do not open its segments: charts and the timeline."""

from collections.abc import Iterable

import msgspec

from quality_creator.model.clock import MediaTime
from quality_creator.model.errors import BadPayload
from quality_creator.model.event import FrameData, TimedMessage
from quality_creator.model.ids import CharacteristicId, ChartId

_decoder = msgspec.json.Decoder(list[TimedMessage])


class StampedSignal(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rule began to hold."""

    at: int
    """MediaTime."""
    characteristic: CharacteristicId | ChartId
    """Or the chart of several characteristics."""
    index: int
    """Of the measurement, or observation, at which it did."""
    rules: tuple[str, ...]


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """What the page's timeline shows."""

    duration: MediaTime
    signals: tuple[StampedSignal, ...]


def decode(batch: bytes) -> list[TimedMessage]:
    """What was stamped into one segment. Raises BadPayload."""
    try:
        return _decoder.decode(batch)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"a batch of measurements that can't be read: {error}") from error


def signals(messages: Iterable[TimedMessage]) -> list[StampedSignal]:
    """The points at which rules began to hold, in order."""
    found = []
    for timed in messages:
        if not isinstance(timed.message, FrameData):
            continue
        for point in timed.message.points:
            rules = tuple(signal.rule for signal in point.signals if not signal.continuing)
            if rules:
                found.append(
                    StampedSignal(
                        at=timed.at, characteristic=point.characteristic, index=point.index, rules=rules
                    )
                )
        for together in timed.message.joint or ():
            rules = tuple(signal.rule for signal in together.signals if not signal.continuing)
            if rules:
                found.append(
                    StampedSignal(
                        at=timed.at, characteristic=together.chart, index=together.index, rules=rules
                    )
                )
    return found
