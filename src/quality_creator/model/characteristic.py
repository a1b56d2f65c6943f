"""What is measured on a line, what it should be, and how it is judged."""

from typing import Annotated, Literal

import msgspec

from quality_creator.model.ids import CharacteristicId, LineId, SourceId
from quality_creator.model.text import Text


class Specification(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a product must be, in the characteristic's unit; at least one limit is given."""

    lower: float | None = None
    target: float | None = None
    upper: float | None = None
    origin: Text | None = None
    """Whose limit it is: a standard with its number, or the maker."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits that a person froze: the centre and sigma of the charted statistic's *values*."""

    center: float
    """Of counts the mean of what is plotted: a proportion, a count, a count of one unit."""
    sigma: float | None = None
    """Absent for counts, whose sigma follows from the centre."""
    dispersion: float = 1.0
    """Laney's sigma_z; 1 for all other charts."""


ChartKind = Literal["i-mr", "xbar-r", "xbar-s", "p", "np", "c", "u", "laney-p", "laney-u", "ewma", "cusum"]

PROPORTIONS: tuple[ChartKind, ...] = ("p", "laney-p")
"""Charts of a count out of so many inspected."""

PAIRED: tuple[ChartKind, ...] = (*PROPORTIONS, "u", "laney-u")
"""Charts whose every point is a count and what it was found in, so that each has its own limits."""

COUNTS: tuple[ChartKind, ...] = (*PAIRED, "np", "c")

WEIGHTED: tuple[ChartKind, ...] = ("ewma", "cusum")
"""Charts that remember all points, and are judged by their own limit alone."""


class ChartPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which chart judges a characteristic, and by which rules."""

    kind: ChartKind = "i-mr"
    size: int = 1
    """Subgroup size; 1 for individuals. Of `np` the number inspected for every count."""
    rules: tuple[str, ...] = ("nelson-1", "nelson-2")
    limits: Limits | None = None
    """Given limits; without them they are estimated once from the first `estimate_from` points."""
    estimate_from: int = 25
    target: float | None = None
    """EWMA and CUSUM: what the process should be at; without it the estimated centre."""
    width: Annotated[float, msgspec.Meta(gt=0)] = 3.0
    """Distance of the limits from the centre in sigmas of what is plotted; EWMA's L."""
    weight: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.2
    """EWMA's lambda."""
    slack: Annotated[float, msgspec.Meta(ge=0)] = 0.5
    """CUSUM's k, in sigmas of what is cumulated."""
    decision: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    """CUSUM's h, in sigmas of what is cumulated."""
    head_start: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    """CUSUM's fast initial response, in sigmas; usually h/2."""
    reset: bool = False
    """Whether a CUSUM begins again after a signal."""

    @property
    def each(self) -> int:
        """How many measurements make a point; a count is a measurement."""
        return 1 if self.kind in COUNTS else self.size


class Characteristic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A property of the product or the process that is measured."""

    id: CharacteristicId
    name: Text
    unit: str
    line: LineId
    camera: SourceId | None = None
    """The camera in whose picture the measurement can be seen; values then wait for its frame."""
    specification: Specification | None = None
    chart: ChartPlan = ChartPlan()
    decimals: int = 2
    """Digits after the point when shown."""
    public: bool = True
    """Whether viewers see it."""
