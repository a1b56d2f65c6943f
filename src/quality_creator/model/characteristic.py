"""What is measured on a line, what it should be, and how it is judged."""

from typing import Literal

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
    sigma: float


class ChartPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which chart judges a characteristic, and by which rules."""

    kind: Literal["i-mr", "xbar-r"] = "i-mr"
    size: int = 1
    """Subgroup size; 1 for individuals."""
    rules: tuple[str, ...] = ("nelson-1", "nelson-2")
    limits: Limits | None = None
    """Given limits; without them they are estimated once from the first `estimate_from` points."""
    estimate_from: int = 25


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
