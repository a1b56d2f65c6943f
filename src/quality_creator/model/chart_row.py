"""A chart as it is kept between two steps: what the store writes, and anyone who follows the chart reads."""

import msgspec

from quality_creator.model.characteristic import ChartPlan
from quality_creator.model.ids import CharacteristicId


class ChartRow(msgspec.Struct, frozen=True, kw_only=True):
    """Where one characteristic's chart stands."""

    characteristic: CharacteristicId
    plan: ChartPlan
    """The plan that made the state; when the configuration's is another, the state is not its."""
    state: bytes
    """As `quality.encode` writes it."""
    frozen: bool
    """Whether the state has the limits that judge; until then its limits mean nothing."""
    waiting: tuple[float, ...]
    """Values from which limits are to be estimated; empty afterwards."""
    points: int
    """Measurements numbered so far, bad ones too: the number of the next one."""
    since: int = 0
    """The plotted point from which a weighted chart remembers."""
    behind: bytes = b""
    """A weighted chart's earlier states, as MessagePack; empty where there are none."""
