"""What a quality engineer sees and does with a chart of several characteristics: as it stands, and Phase I.

Points are numbered as on the chart, from 0; people are shown and type numbers from 1. Points are shown as
they were judged when they came, each with the limit of its time.
"""

import asyncio
import hashlib
from dataclasses import dataclass

import msgspec

from quality_creator import quality
from quality_creator.actions import engineering, joint
from quality_creator.actions.engineering import Entry
from quality_creator.actions.hub import Hub
from quality_creator.actions.joint import Joint
from quality_creator.config import Line
from quality_creator.model.characteristic import Characteristic
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.event import ChartLimits, Signal
from quality_creator.model.ids import CharacteristicId, ChartId, LineId
from quality_creator.model.joint import JointChart
from quality_creator.model.joint_row import Kept
from quality_creator.model.text import Text
from quality_creator.quality.multivariate import METHODS
from quality_creator.store import charts, joints
from quality_creator.store.charts import Choice, EstimationRow
from quality_creator.store.database import Transaction

SHOWN = 250
"""Points on a chart."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A characteristic of the chart."""

    characteristic: CharacteristicId
    name: Text
    unit: str
    decimals: int


class JointPlotted(msgspec.Struct, frozen=True, kw_only=True):
    """A point as it was judged when it came."""

    number: int
    time: Micros
    location: float
    parts: tuple[float, ...]
    values: tuple[float, ...]
    """Of the observation that completed it."""
    signals: tuple[Signal, ...]
    upper: float | None = None
    """The limit of its time, where it differs from that of now."""
    spread: None = None
    found_in: None = None
    lower: None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that is needed to draw it, in the words of a characteristic's definition."""

    chart: str
    size: int
    location: ChartLimits | None
    members: tuple[Member, ...]
    weight: float | None = None
    unit: str = ""
    decimals: int = 2
    spread: None = None
    width: None = None
    slack: None = None
    decision: None = None
    rules: tuple[str, ...] = ()


class JointPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A chart as it stands: its limit, and its newest points."""

    definition: Plan
    points: tuple[JointPlotted, ...]
    total: int
    """Points so far, those without a limit too: the number of the next one."""
    collecting: tuple[int, int] | None
    """How many of how many points there are, before limits are frozen by themselves."""
    sigma: None = None


@dataclass(frozen=True, slots=True)
class JointStanding:
    """A chart of several, what was chosen for it, and where it stands."""

    joint: Joint
    configured: JointChart
    line: Line
    members: tuple[Characteristic, ...]
    choice: Choice | None
    public: bool
    """Whether viewers see it now."""

    @property
    def chart(self) -> JointChart:
        """As it is now."""
        return self.joint.chart


@dataclass(frozen=True, slots=True)
class JointGlance:
    """One row of the overview."""

    standing: JointStanding
    picture: JointPicture


@dataclass(frozen=True, slots=True)
class Found:
    """Limits that are looked at, and which of their own points they do not let pass."""

    estimation: quality.MultivariateEstimation
    beyond: tuple[tuple[int, float, int], ...]
    """Points beyond the limit of Phase I: number, T², and which characteristic drives it most."""


# --- looking -------------------------------------------------------------------------------------


async def overview(hub: Hub, points: int = 30) -> dict[LineId, list[JointGlance]]:
    """Every line's charts of several characteristics."""

    def look(transaction: Transaction) -> dict[LineId, list[JointGlance]]:
        choices = charts.chosen(transaction)
        found: dict[LineId, list[JointGlance]] = {line.id: [] for line in hub.config.lines}
        for chart in hub.config.charts:
            one = _standing(hub, chart, choices.get(CharacteristicId(chart.id)))
            found[one.line.id].append(JointGlance(one, _picture(transaction, one, points)))
        return found

    return await hub.database.look(look)


async def standing(hub: Hub, line: LineId, name: ChartId) -> JointStanding:
    """One chart. Raises NotFound."""
    configured = hub.ingest.configured_joint(name)
    if hub.config.line_of(configured).id != line:
        raise NotFound("line {line!r} has no chart {name!r}", line=line, name=name)
    return _standing(hub, configured, (await hub.database.look(charts.chosen)).get(CharacteristicId(name)))


def _standing(hub: Hub, configured: JointChart, choice: Choice | None) -> JointStanding:
    return JointStanding(
        joint=hub.ingest.joint(configured.id),
        configured=configured,
        line=hub.config.line_of(configured),
        members=tuple(hub.ingest.chart(name).characteristic for name in configured.characteristics),
        choice=choice,
        public=hub.ingest.joint_public(configured.id),
    )


async def picture(hub: Hub, one: JointStanding, points: int = SHOWN, since: int = 0) -> JointPicture:
    """The newest points, those before number `since` left out."""
    found = await hub.database.look(_picture, one, points)
    kept = tuple(point for point in found.points if point.number >= since)
    return msgspec.structs.replace(found, points=kept)


async def history(hub: Hub, name: ChartId) -> list[EstimationRow]:
    """Every estimation of a chart's limits, the newest first."""
    return (await hub.database.look(charts.estimations_of, CharacteristicId(name)))[::-1]


def _picture(transaction: Transaction, standing: JointStanding, points: int) -> JointPicture:
    now = _now(transaction, standing)
    chart = now.chart
    rows = joints.newest(transaction, chart.id, points * chart.size + len(now.state.pending))
    limits = now.limits
    upper = None if limits is None else limits.location.upper
    members = tuple(
        Member(characteristic=one.id, name=one.name, unit=one.unit, decimals=one.decimals)
        for one in standing.members
    )
    return JointPicture(
        definition=Plan(
            chart=chart.kind,
            size=chart.size,
            location=None
            if limits is None
            else ChartLimits(center=limits.location.center, upper=limits.location.upper),
            members=members,
            weight=chart.weight if chart.kind == "mewma" else None,
        ),
        points=tuple(_plotted(row, upper) for row in rows if row.point.location is not None)[-points:],
        total=now.state.plotted,
        collecting=None
        if now.frozen
        else (len(now.collected) // joint.plan_of(chart).take, chart.estimate_from),
    )


def _now(transaction: Transaction, standing: JointStanding) -> Joint:
    """The chart that belongs to the observations of this transaction's moment."""
    row = joints.one(transaction, standing.chart.id)
    return standing.joint if row is None else joint.resumed(standing.chart, row, row.waiting.seen)


def _plotted(row: Kept, upper: float | None) -> JointPlotted:
    point = row.point
    assert point.plotted is not None
    assert point.location is not None
    return JointPlotted(
        number=point.plotted,
        time=point.time,
        location=point.location,
        parts=point.parts,
        values=row.values,
        signals=point.signals,
        upper=None if row.upper == upper else row.upper,
    )


# --- Phase I -------------------------------------------------------------------------------------


def fitting_methods(chart: JointChart) -> dict[str, str]:
    """The ways to estimate the covariance that fit the chart, the default first, with what they do."""
    fitting = ("within",) if chart.size > 1 else ("covariance", "successive-differences")
    return {name: words for name, words in METHODS.items() if name in fitting}


async def estimate(hub: Hub, standing: JointStanding, entry: Entry, by: str) -> Found:
    """Limits from a span of points, to be looked at; nothing changes.

    Raises:
        BadInput: the entry can't be, or these points can't give limits; it says which.
    """
    chart = standing.chart
    first, last = engineering.span_of(entry, hub.ingest.joint(chart.id).state.plotted)
    excluded = engineering.excluded_of(entry.excluded, first, last)
    fewest = len(chart.characteristics) + 3
    if last - first - len(excluded) < fewest:
        raise BadInput(
            "Limits need at least {fewest} points; of points {first} to {last} only {left} are left.",
            fewest=fewest,
            left=last - first - len(excluded),
            first=first + 1,
            last=last,
        )
    if entry.method and entry.method not in fitting_methods(chart):
        raise BadInput("The method {method} does not fit this chart.", method=entry.method)
    values = await hub.database.look(_spanned, standing, first, last)
    if values is None:
        raise BadInput(
            "The measurements of point {first} and later ones are not kept any more.", first=first + 1
        )
    inner = {number - first: reason for number, reason in excluded.items()}
    estimation = await asyncio.to_thread(
        joint.estimate, chart, values, method=entry.method or None, exclude=inner, by=by
    )
    # The record speaks of the chart's numbers.
    record = msgspec.structs.replace(
        estimation,
        span=(first, last),
        excluded=tuple(quality.Exclusion(index=n, reason=excluded[n]) for n in sorted(excluded)),
    )
    return Found(record, _beyond(chart, estimation, values, first, set(inner)))


def _spanned(transaction: Transaction, standing: JointStanding, first: int, last: int) -> list[float] | None:
    """The values of whole points, observation by observation; None where they are not all there."""
    now = _now(transaction, standing)
    size = now.chart.size
    back = (now.state.plotted - first) * size + len(now.state.pending) // len(now.chart.characteristics)
    rows = joints.newest(transaction, now.chart.id, back)
    ends = {row.point.plotted: n for n, row in enumerate(rows) if row.point.plotted is not None}
    found: list[float] = []
    for number in range(first, last):
        end = ends.get(number)
        if end is None or end + 1 < size:
            return None
        group = rows[end + 1 - size : end + 1]
        if any(row.point.plotted is not None for row in group[:-1]):
            return None  # of a time when a point had fewer observations
        found += [value for row in group for value in row.values]
    return found


def _beyond(
    chart: JointChart,
    estimation: quality.MultivariateEstimation,
    values: list[float],
    first: int,
    excluded: set[int],
) -> tuple[tuple[int, float, int], ...]:
    """The points that took part and lie beyond the limit that holds for these."""
    state = quality.start(joint.plan_of(chart), quality.retrospective(estimation.limits))
    _, points = quality.step(state, values)
    parts = quality.contributions(state, values)
    return tuple(
        (first + signal.row, float(points.location[signal.row]), int(parts[signal.row].argmax()))
        for signal in points.signals
        if signal.row not in excluded
    )


def seen(found: Found) -> str:
    """What a person has looked at, in a few characters: the same limits from the same points."""
    one = found.estimation
    digest = hashlib.sha256(msgspec.json.encode(one.limits)).hexdigest()
    return f"{one.span[0]}-{one.span[1]}-{one.used}-{digest[:24]}"


async def freeze(hub: Hub, standing: JointStanding, entry: Entry, by: str, looked_at: str) -> Found:
    """Let the limits judge that the person has looked at.

    Raises:
        BadInput: as `estimate`.
        Conflict: they are not the ones that were looked at.
    """
    found = await estimate(hub, standing, entry, by)
    if seen(found) != looked_at:
        raise Conflict("These limits were not looked at yet. Here they are; look, then freeze.")
    await hub.ingest.freeze_joint(standing.chart.id, found.estimation)
    return found
