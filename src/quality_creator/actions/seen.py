"""What a stream had of each chart: its points, and each definition that differs from the one before. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from quality_creator.model.event import (
    Capability,
    Definition,
    Definitions,
    FrameData,
    JointDefinition,
    JointPoint,
    Point,
    TimedMessage,
)
from quality_creator.model.ids import CharacteristicId, ChartId


@dataclass(slots=True)
class Shown:
    """What the stream had of one characteristic."""

    points: list[Point] = field(default_factory=list)
    """In the order of the stream."""
    definitions: list[tuple[int, Definition]] = field(default_factory=list)
    """Each that differs from the one before, and how many points stood in the stream before it."""
    capabilities: list[Capability] = field(default_factory=list)
    """Each that differs from the one before."""


@dataclass(slots=True)
class ShownJoint:
    """What the stream had of one chart of several characteristics."""

    points: list[JointPoint] = field(default_factory=list)
    """In the order of the stream."""
    definitions: list[tuple[int, JointDefinition]] = field(default_factory=list)
    """Each that differs from the one before, and how many points stood in the stream before it."""


@dataclass(slots=True)
class Seen:
    """What the stream had."""

    one: dict[CharacteristicId, Shown] = field(default_factory=dict)
    several: dict[ChartId, ShownJoint] = field(default_factory=dict)
    """Charts of several characteristics."""


def shown(batches: Iterable[Sequence[TimedMessage]]) -> Seen:
    """What was stamped into a stream."""
    found = Seen()
    last: dict[CharacteristicId, Definition] = {}
    for batch in batches:
        for timed in batch:
            match timed.message:
                case Definitions(characteristics=definitions, charts=charts):
                    for one in definitions:
                        if last.get(one.characteristic) != one:
                            last[one.characteristic] = one
                            _define(found.one.setdefault(one.characteristic, Shown()), one)
                    for several in charts or ():
                        _define_joint(found.several.setdefault(several.chart, ShownJoint()), several)
                case FrameData(points=points, joint=joint):
                    for point in points:
                        found.one.setdefault(point.characteristic, Shown()).points.append(point)
                    for together in joint or ():
                        found.several.setdefault(together.chart, ShownJoint()).points.append(together)
    return found


def _define(seen: Shown, one: Definition) -> None:
    if one.capability is not None and (not seen.capabilities or seen.capabilities[-1] != one.capability):
        seen.capabilities.append(one.capability)
    bare = msgspec.structs.replace(one, capability=None, collected=None)
    if not seen.definitions or seen.definitions[-1][1] != bare:
        seen.definitions.append((len(seen.points), bare))


def _define_joint(seen: ShownJoint, one: JointDefinition) -> None:
    bare = msgspec.structs.replace(one, collected=None, alone=())
    if not seen.definitions or seen.definitions[-1][1] != bare:
        seen.definitions.append((len(seen.points), bare))
