"""The words of a control chart: plan, limits, points, signals.

A plan says which chart, limits say where its lines stand, points are what was plotted, and a
signal names the rule that holds at a point. Sigma is always the process's (one value's) for
charts of measurements; for charts of counts see `Limits`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import msgspec
import numpy as np
from numpy.typing import NDArray

from quality_creator.model.errors import BadInput
from quality_creator.quality import rules as run_rules

Floats = NDArray[np.float64]

Kind = Literal[
    "i-mr",
    "xbar-r",
    "xbar-s",
    "p",
    "np",
    "c",
    "u",
    "laney-p",
    "laney-u",
    "ewma",
    "cusum",
    "t2",
    "mewma",
]

VARIABLES: tuple[Kind, ...] = ("i-mr", "xbar-r", "xbar-s")
ATTRIBUTES: tuple[Kind, ...] = ("p", "np", "c", "u", "laney-p", "laney-u")
WEIGHTED: tuple[Kind, ...] = ("ewma", "cusum")
MULTIVARIATE: tuple[Kind, ...] = ("t2", "mewma")
KINDS: tuple[Kind, ...] = (*VARIABLES, *ATTRIBUTES, *WEIGHTED, *MULTIVARIATE)


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which chart judges a stream of values, and how.

    How many values make one point: `i-mr` and `c` one; `xbar-r`, `xbar-s`, `ewma` and `cusum`
    `size`; `np` one count out of `size` inspected; `p`, `u` and Laney's two, the count and what
    it was found in; `t2` and `mewma` `size` rows of `variables` values.

    >>> Plan(kind="xbar-r", size=5).take
    5
    """

    kind: Kind
    size: int = 1
    """Values in a subgroup; where subgroups differ, the largest, and the others end in NaN."""
    rules: tuple[str, ...] = run_rules.DEFAULT
    """Names from `rules.TABLE`. Weighted and multivariate charts know only their own limit."""
    width: float = 3.0
    """Distance of the limits from the centre in sigmas of the plotted statistic; EWMA's L."""
    weight: float = 0.2
    """EWMA's and MEWMA's lambda, the weight of the newest point."""
    slack: float = 0.5
    """CUSUM's k, in sigmas of the plotted mean: half the shift that is to be found."""
    decision: float = 5.0
    """CUSUM's h, in sigmas of the plotted mean."""
    head_start: float = 0.0
    """CUSUM's fast initial response, in sigmas of the plotted mean; usually h/2."""
    reset: bool = False
    """Whether a CUSUM starts again after a signal."""
    variables: int = 1
    """How many characteristics a multivariate chart judges together."""
    alpha: float = 0.0027
    """The false alarm rate a T² limit is made for."""
    threshold: float | None = None
    """MEWMA's h4; without it, the one whose in-control ARL is 1/alpha."""
    constants: Literal["exact", "printed"] = "exact"
    """`printed` rounds d2 and d3 to the three decimals of printed tables, to repeat the digits of
    programs that use them; it moves a limit by up to 0.001 sigma."""
    settled: bool = False
    """Whether EWMA and MEWMA take their settled (asymptotic) variance from the first point on."""

    @property
    def take(self) -> int:
        """How many values make one point."""
        match self.kind:
            case "i-mr" | "c" | "np":
                return 1
            case "p" | "u" | "laney-p" | "laney-u":
                return 2
            case "xbar-r" | "xbar-s" | "ewma" | "cusum":
                return self.size
            case "t2" | "mewma":
                return self.size * self.variables


def check_plan(plan: Plan) -> None:  # noqa: PLR0912 - one line for each thing that can be wrong
    """Refuse a plan that no chart can follow.

    Raises:
        BadInput: what is wrong, and what is allowed.
    """
    kind, size = plan.kind, plan.size
    if kind not in KINDS:
        raise BadInput(f"there is no chart {kind!r}; choose one of {', '.join(KINDS)}")
    if size < 1:
        raise BadInput(f"a subgroup has at least 1 value, not {size}")
    if kind in ("xbar-r", "xbar-s") and size < 2:
        raise BadInput(f"{kind} needs subgroups of at least 2 values; for single values choose i-mr")
    if plan.constants not in ("exact", "printed"):
        raise BadInput(f"constants are exact or printed, not {plan.constants!r}")
    if kind in ("i-mr", "c", "p", "u", "laney-p", "laney-u", "mewma") and size != 1:
        raise BadInput(f"a point of {kind} has no subgroup size; leave it at 1, not {size}")
    for name in plan.rules:
        run_rules.rule(name)
    if len(set(plan.rules)) != len(plan.rules):
        raise BadInput(f"a rule is named twice: {', '.join(plan.rules)}")
    if kind in WEIGHTED + MULTIVARIATE and plan.rules not in ((), run_rules.DEFAULT):
        raise BadInput(
            f"run rules assume independent points, which {kind} does not plot; leave the rules out: "
            "it is judged by its own limit"
        )
    for name, value in (("width", plan.width), ("decision", plan.decision)):
        if not 0.0 < value < float("inf"):
            raise BadInput(f"{name} is a positive number of sigmas, not {value}")
    for name, value in (("slack", plan.slack), ("head_start", plan.head_start)):
        if not 0.0 <= value < float("inf"):
            raise BadInput(f"{name} is a number of sigmas, 0 or more, not {value}")
    if plan.head_start > plan.decision:
        raise BadInput(f"a head start of {plan.head_start} is already beyond h = {plan.decision}")
    if not 0.0 < plan.weight <= 1.0:
        raise BadInput(f"the weight (lambda) lies above 0 and is at most 1, not {plan.weight}")
    if not 0.0 < plan.alpha < 1.0:
        raise BadInput(f"alpha lies between 0 and 1, not {plan.alpha}")
    if plan.threshold is not None and not 0.0 < plan.threshold < float("inf"):
        raise BadInput(f"MEWMA's threshold is a positive number, not {plan.threshold}")
    if kind in MULTIVARIATE and plan.variables < 2:
        raise BadInput(f"{kind} judges 2 or more variables together, not {plan.variables}")
    if kind not in MULTIVARIATE and plan.variables != 1:
        raise BadInput(f"{kind} judges one variable, not {plan.variables}")


class Lines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The centre line and the two limits of one picture, in the unit of what it plots."""

    center: float
    lower: float
    """0 where the statistic cannot fall below it: such a limit is never crossed."""
    upper: float


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="one"):
    """Limits as a person froze them; they never move by themselves."""

    center: float
    """The process mean, in the values' unit; of counts what the chart plots."""
    sigma: float
    """One value's standard deviation. Of counts: √(p(1−p)) of one inspected item for `p`, √u of
    one unit for `u`, that of a point for `np` and `c`."""
    location: Lines
    """For a point of the plan's size; where sizes differ, `Points.location_lines` has each point's."""
    spread: Lines | None = None
    """Of the moving range, the range or the standard deviation."""
    common_spread: bool = False
    """The spread's centre is the weighted mean of unequal subgroups and serves them all."""
    dispersion: float = 1.0
    """Laney's sigma_z, the dispersion beyond the binomial's or Poisson's; 1 for all others."""


class MultivariateLimits(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="several"
):
    """Limits of a chart that judges several characteristics together."""

    center: tuple[float, ...]
    """Each characteristic's mean."""
    covariance: tuple[tuple[float, ...], ...]
    """Of one row of values."""
    location: Lines
    """Of the plotted statistic; its centre is the number of characteristics, which it has on
    average when the parameters are known."""
    retrospective: float
    """The upper limit for the points that the limits were estimated from (Phase I)."""
    spread: None = None


AnyLimits = Limits | MultivariateLimits


class Signal(msgspec.Struct, frozen=True, gc=False):
    """A rule that holds at a point."""

    row: int
    """Which of the points that came with this signal, from 0."""
    rule: str
    continuing: bool
    """False at the point that completes the pattern, True at later points of the same pattern."""


class Signals(Sequence[Signal]):
    """What the rules found, ordered by row and within a row by the plan's order of rules."""

    __slots__ = ("_names", "continuing", "row", "which")

    def __init__(
        self,
        names: tuple[str, ...],
        row: NDArray[np.int64],
        which: NDArray[np.int64],
        continuing: NDArray[np.bool_],
    ) -> None:
        self._names = names
        self.row = row
        self.which = which
        """Index into `names`."""
        self.continuing = continuing

    @property
    def names(self) -> tuple[str, ...]:
        """The rules that were asked."""
        return self._names

    def rows(self, rule: str) -> NDArray[np.int64]:
        """The rows at which `rule` holds, ascending; empty when it was not asked."""
        if rule not in self._names:
            return np.empty(0, np.int64)
        rows: NDArray[np.int64] = self.row[self.which == self._names.index(rule)]
        return rows

    def __len__(self) -> int:
        return len(self.row)

    @overload
    def __getitem__(self, index: int) -> Signal: ...
    @overload
    def __getitem__(self, index: slice) -> "Signals": ...
    def __getitem__(self, index: int | slice) -> "Signal | Signals":
        if isinstance(index, slice):
            return Signals(self._names, self.row[index], self.which[index], self.continuing[index])
        return Signal(int(self.row[index]), self._names[self.which[index]], bool(self.continuing[index]))

    def __iter__(self) -> Iterator[Signal]:
        names = self._names
        rows, whiches, flags = self.row.tolist(), self.which.tolist(), self.continuing.tolist()
        for row, which, continuing in zip(rows, whiches, flags, strict=True):
            yield Signal(row, names[which], continuing)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Signals | tuple | list):
            return tuple(self) == tuple(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Signals({list(self)!r})"


@dataclass(frozen=True, slots=True, eq=False)
class PointLines:
    """Lines that differ from point to point; arrays of shape (points,)."""

    center: Floats
    lower: Floats
    upper: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What a step plotted; arrays of shape (points,), NaN where a value was missing."""

    first: int
    """The number of the first of these points since `start()`."""
    completed: int
    """Index of the passed value that completed the first point."""
    take: int
    """How many values make a point."""
    location: Floats
    """The individual, the mean, the proportion or count; EWMA's z; CUSUM's C+ in sigmas; T²."""
    spread: Floats
    """The moving range, the range, the standard deviation; CUSUM's C- in sigmas, positive; NaN
    where the chart or the point has none."""
    location_lines: Lines | PointLines
    spread_lines: Lines | PointLines | None
    signals: Signals

    @property
    def index(self) -> NDArray[np.int64]:
        """The number of each point since `start()`."""
        return np.arange(self.first, self.first + len(self.location), dtype=np.int64)

    @property
    def value_index(self) -> NDArray[np.int64]:
        """Which of the passed values completed each point."""
        return self.completed + self.take * np.arange(len(self.location), dtype=np.int64)

    def __len__(self) -> int:
        return len(self.location)


class Exclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A point that was left out of an estimation, and why."""

    index: int
    """Number of the point in the estimated values, from 0."""
    reason: str


class Estimation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The record of one estimation: what from, how, without what and by whom."""

    kind: Kind
    method: str
    """A name from `estimate.METHODS`, or `given`."""
    constants: Mapping[str, float]
    """The constants that were used, by name: `d2`, `d3`, `c4`; `d2(4)` where sizes differ."""
    span: tuple[int, int]
    """The points that were looked at: first and one after the last, from 0."""
    used: int
    """How many points of the span entered."""
    excluded: tuple[Exclusion, ...] = ()
    missing: int = 0
    """How many points of the span had no value."""
    by: str = ""
    """Who decided."""
    limits: Limits


class MultivariateEstimation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As `Estimation`, of several characteristics together."""

    kind: Kind
    method: str
    span: tuple[int, int]
    used: int
    excluded: tuple[Exclusion, ...] = ()
    missing: int = 0
    by: str = ""
    limits: MultivariateLimits
