"""Several characteristics of a line judged together: which, what makes one observation of them, and how."""

from typing import Annotated, Literal

import msgspec

from quality_creator.model.ids import CharacteristicId, ChartId
from quality_creator.model.text import Text

JointKind = Literal["t2", "mewma"]


class JointLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits that a person froze: the means of the characteristics and how they vary together."""

    center: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]
    """Of one observation, in the order of the characteristics."""


class JointChart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A chart of several characteristics, and what of them belongs to one observation.

    One good value of each characteristic makes an observation. Each characteristic's values are taken in
    the order of their arrival; what is first of all of them belongs together when it is of one item:

    - `time`: the sources' times, each less its characteristic's `lags_s`, lie within `tolerance_s`;
    - `sequence`: the sources' sequence numbers are equal.

    Otherwise the older ones have no partner any more: they are let go and counted, for each characteristic.
    A value waits until `wait` further ones of its own characteristic have come. So a partner may come late,
    and in which order characteristics come makes no difference.
    """

    id: ChartId
    name: Text
    kind: JointKind = "t2"
    characteristics: tuple[CharacteristicId, ...]
    """Two or more, all of one line."""
    join: Literal["time", "sequence"] = "time"
    tolerance_s: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0
    lags_s: tuple[Annotated[float, msgspec.Meta(ge=-86_400, le=86_400)], ...] = ()
    """How much later than the item's own moment each characteristic is measured; none without it."""
    wait: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 100
    size: Annotated[int, msgspec.Meta(ge=1, le=25)] = 1
    """Observations in a point; of MEWMA one."""
    alpha: Annotated[float, msgspec.Meta(gt=0, lt=0.5)] = 0.0027
    """The false alarm rate that the limit is made for: in control, one in 1/alpha points."""
    weight: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.1
    """MEWMA's lambda."""
    limits: JointLimits | None = None
    """Given limits; without them they are estimated once from the first `estimate_from` points."""
    estimate_from: Annotated[int, msgspec.Meta(ge=2, le=5_000)] = 50
    public: bool = True
    """Whether viewers see it; they do while they see all of its characteristics."""
