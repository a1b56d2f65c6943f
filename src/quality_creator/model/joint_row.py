"""A chart of several characteristics as it is kept between two steps, and the observations it was made of."""

import msgspec

from quality_creator.model.clock import Micros
from quality_creator.model.event import JointPoint
from quality_creator.model.ids import ChartId
from quality_creator.model.joint import JointChart


class Offer(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """A value that waits for its partners."""

    index: int
    """Number of the measurement within its characteristic."""
    time: Micros
    value: float
    key: int
    """By which it is joined: µs less the lag, or the source's sequence."""
    uncertain: bool = False


class Waiting(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has come of each characteristic and is in no observation; in the order of the characteristics."""

    queues: tuple[tuple[Offer, ...], ...]
    seen: tuple[int, ...]
    """Measurements so far, bad ones too: the number of the next one."""
    alone: tuple[int, ...]
    """Values that were let go because they found no partner."""
    bad: tuple[int, ...]
    """Measurements that are in no observation because their source called them bad."""


class JointRow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a chart of several characteristics stands."""

    chart: ChartId
    plan: JointChart
    """The plan that made the state; when the configuration's is another, the state is not its."""
    state: bytes
    """As `quality.encode` writes it."""
    frozen: bool
    """Whether the state has the limits that judge; until then its limits mean nothing."""
    collected: tuple[float, ...]
    """Values from which limits are to be estimated, observation by observation; empty afterwards."""
    points: int
    """Observations so far: the number of the next one."""
    waiting: Waiting


class Kept(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An observation as it is kept: its values, and how it was judged when it came."""

    point: JointPoint
    values: tuple[float, ...]
    upper: float | None = None
    """The limit of that time; absent while limits were collected."""
