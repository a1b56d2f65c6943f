"""What a quality engineer sees and does: charts as they stand, studies of their values, and Phase I.

Points are numbered as on the chart, from 0; people are shown and type numbers from 1.
Everything is computed by the statistics room from the measurements as they were kept.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from quality_creator import quality
from quality_creator.actions import judging, studies
from quality_creator.actions.hub import Hub
from quality_creator.actions.judging import Chart
from quality_creator.actions.studies import SHOWN, PlottedPoint, Study
from quality_creator.model.characteristic import COUNTS, WEIGHTED, Characteristic
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.event import Definition
from quality_creator.model.ids import CharacteristicId, LineId
from quality_creator.model.reading import Measurement
from quality_creator.model.text import Text
from quality_creator.quality.estimate import METHODS, methods
from quality_creator.quality.rules import REACH, TABLE
from quality_creator.store import charts, measurements
from quality_creator.store.charts import Choice, EstimationRow
from quality_creator.store.database import Transaction

WITHIN_REACH = 5_000
"""Points back from the newest that limits may be estimated from."""

FEWEST = 5
"""Points that limits need at the very least; fewer say nothing."""


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A chart as it stands: its lines, and its newest points."""

    definition: Definition
    sigma: float | None
    """Of the plotted statistic, in which zones are measured; None before there are limits, and for
    charts without zones of equal height."""
    points: tuple[PlottedPoint, ...]
    total: int
    """Points plotted so far: the number of the next one."""
    collecting: tuple[int, int] | None
    """How many of how many points there are, before limits are frozen by themselves."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A characteristic, what was chosen for it, and where its chart stands."""

    chart: Chart
    configured: Characteristic
    line_name: Text
    choice: Choice | None

    @property
    def characteristic(self) -> Characteristic:
        """As it is now."""
        return self.chart.characteristic


@dataclass(frozen=True, slots=True)
class Glance:
    """One row of the overview."""

    standing: Standing
    picture: Picture


@dataclass(frozen=True, slots=True)
class Entry:
    """What a person asks of an estimation, as typed: point numbers from 1, the last one included."""

    first: str
    last: str
    method: str = ""
    excluded: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """Number and reason of each."""


# --- looking -------------------------------------------------------------------------------------


async def overview(hub: Hub, points: int = 30) -> dict[LineId, list[Glance]]:
    """Every line with its characteristics."""

    def look(transaction: Transaction) -> dict[LineId, list[Glance]]:
        choices = charts.chosen(transaction)
        found: dict[LineId, list[Glance]] = {line.id: [] for line in hub.config.lines}
        for one in hub.config.characteristics:
            standing = _standing(hub, one.id, choices.get(one.id))
            found[one.line].append(Glance(standing, _picture(transaction, standing, points)))
        return found

    return await hub.database.look(look)


async def standing(hub: Hub, line: LineId, name: CharacteristicId) -> Standing:
    """One characteristic. Raises NotFound."""
    if hub.ingest.configured(name).line != line:
        raise NotFound("line {line!r} has no characteristic {name!r}", line=line, name=name)
    return _standing(hub, name, (await hub.database.look(charts.chosen)).get(name))


async def picture(hub: Hub, standing: Standing, points: int = SHOWN, since: int = 0) -> Picture:
    """A chart's newest points, those before number `since` left out."""
    wanted = max(1, min(points, hub.ingest.chart(standing.characteristic.id).state.plotted - since))
    found = await hub.database.look(_picture, standing, wanted)
    kept = tuple(point for point in found.points if point.number >= since)
    return msgspec.structs.replace(found, points=kept)


async def study(hub: Hub, standing: Standing, newest: Picture) -> Study:
    """Histogram and capability of the newest values; "not stable" where the chart signals."""
    values = [one.value for one in await hub.database.look(_studied, standing)]
    stable = None
    if newest.sigma is not None:
        stable = not any(point.signals for point in newest.points)
    return await asyncio.to_thread(studies.study, values, standing.characteristic, stable)


async def history(hub: Hub, name: CharacteristicId) -> list[EstimationRow]:
    """Every estimation of a characteristic's limits, the newest first."""
    return (await hub.database.look(charts.estimations_of, name))[::-1]


def _standing(hub: Hub, name: CharacteristicId, choice: Choice | None) -> Standing:
    names = {line.id: line.name for line in hub.config.lines}
    configured = hub.ingest.configured(name)
    return Standing(hub.ingest.chart(name), configured, names[configured.line], choice)


def _picture(transaction: Transaction, standing: Standing, points: int) -> Picture:
    one, chart = standing.characteristic, _now(transaction, standing)
    limits = chart.state.limits if chart.frozen else None
    assert not isinstance(limits, quality.MultivariateLimits)
    collecting = None
    if not chart.frozen:
        collecting = (len(chart.waiting) // judging.plan_of(one.chart).take, one.chart.estimate_from)
    return Picture(
        definition=judging.definition(chart, standing.line_name),
        sigma=None if limits is None else studies.zone(one.chart, limits),
        points=tuple(_judged_again(transaction, chart, points)[-points:]),
        total=chart.state.plotted,
        collecting=collecting,
    )


def rows(transaction: Transaction, chart: Chart) -> tuple[Chart, list[Measurement]]:
    """A chart and its newest measurements as of one moment, as many as a study looks at."""
    row = charts.one(transaction, chart.characteristic.id)
    now = chart if row is None else judging.resumed(chart.characteristic, row)
    return now, measurements.arrived(transaction, chart.characteristic.id, studies.reach(now))


def _now(transaction: Transaction, standing: Standing) -> Chart:
    """The chart that belongs to the measurements of this transaction's moment."""
    row = charts.one(transaction, standing.characteristic.id)
    return standing.chart if row is None else judging.resumed(standing.characteristic, row)


def _judged_again(transaction: Transaction, chart: Chart, points: int) -> list[PlottedPoint]:
    """The newest points, and those before them that decide how they are judged."""
    if not chart.frozen or chart.characteristic.chart.kind not in WEIGHTED:
        return studies.plotted(_newest(transaction, chart, points + REACH + 1), chart)
    before = judging.before(chart, points)
    count = chart.state.plotted - before.plotted
    found = _newest(transaction, chart, count)
    # Without all that came since, nothing is known of what the chart remembered.
    whole = len(found) == count * chart.characteristic.chart.each
    return studies.plotted(found, chart, before if whole else None)


def _newest(transaction: Transaction, chart: Chart, points: int) -> list[Measurement]:
    """The measurements of the newest points, whole ones only, oldest first."""
    count, wanted = studies.rows_of(chart, points), min(points, chart.state.plotted)
    while True:
        rows = measurements.arrived(transaction, chart.characteristic.id, count)
        found = studies.newest(rows, chart, points)
        # Many bad ones may stand between the others.
        if len(found) == wanted * chart.characteristic.chart.each or len(rows) < count:
            return found
        count *= 2


# --- studies -------------------------------------------------------------------------------------


def _studied(transaction: Transaction, standing: Standing) -> list[Measurement]:
    return _newest(
        transaction, _now(transaction, standing), studies.STUDIED // standing.characteristic.chart.each
    )


# --- Phase I -------------------------------------------------------------------------------------


def fitting_methods(characteristic: Characteristic) -> dict[str, str]:
    """The ways to estimate sigma that fit the chart, the default first, with their formulas."""
    if characteristic.chart.kind in COUNTS:
        return {}
    return {name: METHODS[name] for name in methods(judging.plan_of(characteristic.chart))}


async def estimate(hub: Hub, standing: Standing, entry: Entry, by: str) -> quality.Estimation:
    """Limits from a span of points, to be looked at; nothing changes.

    Raises:
        BadInput: the entry can't be, or these points can't give limits; it says which.
    """
    one = standing.characteristic
    first, last = span_of(entry, hub.ingest.chart(one.id).state.plotted)
    excluded = excluded_of(entry.excluded, first, last)
    if last - first - len(excluded) < FEWEST:
        raise BadInput(
            "Limits need at least {fewest} points; of points {first} to {last} only {left} are left.",
            fewest=FEWEST,
            left=last - first - len(excluded),
            first=first + 1,
            last=last,
        )
    take = judging.plan_of(one.chart).take
    values = await hub.database.look(_spanned, standing, first, last)
    if len(values) != (last - first) * take:
        raise BadInput(
            "The measurements of point {first} and later ones are not kept any more.", first=first + 1
        )
    kept = [v for i, v in enumerate(values) if i // take + first not in excluded]
    if one.chart.kind not in COUNTS and min(kept) == max(kept):
        raise BadInput("There is no spread between these values; constant values give no limits.")
    if entry.method and entry.method not in fitting_methods(one):
        raise BadInput("The method {method} does not fit this chart.", method=entry.method)
    inner = {number - first: reason for number, reason in excluded.items()}
    estimation = judging.estimate(one.chart, values, method=entry.method or None, exclude=inner, by=by)
    if not estimation.limits.sigma > 0:
        raise BadInput("There is no spread between these values; constant values give no limits.")
    # The record speaks of the chart's numbers.
    return msgspec.structs.replace(
        estimation,
        span=(first, last),
        excluded=tuple(quality.Exclusion(index=n, reason=excluded[n]) for n in sorted(excluded)),
    )


def _spanned(transaction: Transaction, standing: Standing, first: int, last: int) -> list[float]:
    chart = _now(transaction, standing)
    plan = standing.characteristic.chart
    found = _newest(transaction, chart, chart.state.plotted - first)
    behind = (chart.state.plotted - last) * plan.each
    return [part for one in found[: len(found) - behind] for part in judging.charted(plan, one)]


def seen(estimation: quality.Estimation) -> str:
    """What a person has looked at, in a few characters: the same limits from the same points."""
    limits = estimation.limits
    return f"{estimation.span[0]}-{estimation.span[1]}-{estimation.used}-{limits.center!r}-{limits.sigma!r}"


async def freeze(hub: Hub, standing: Standing, entry: Entry, by: str, looked_at: str) -> quality.Estimation:
    """Let the limits judge that the person has looked at.

    Raises:
        BadInput: as `estimate`.
        Conflict: they are not the ones that were looked at.
    """
    estimation = await estimate(hub, standing, entry, by)
    if seen(estimation) != looked_at:
        raise Conflict("These limits were not looked at yet. Here they are; look, then freeze.")
    await hub.ingest.freeze(standing.characteristic.id, estimation)
    return estimation


def span_of(entry: Entry, total: int) -> tuple[int, int]:
    """First point and the one after the last, from 0. Raises BadInput."""
    if total == 0:
        raise BadInput("There are no points yet.")
    first, last = _number(entry.first), _number(entry.last)
    oldest = max(1, total - WITHIN_REACH + 1)
    if first > last:
        raise BadInput("Point {first} comes after point {last}.", first=first, last=last)
    if first < oldest or last > total:
        raise BadInput(
            "There are points {oldest} to {total}; {first} to {last} does not lie among them.",
            oldest=oldest,
            total=total,
            first=first,
            last=last,
        )
    return first - 1, last


def excluded_of(entries: Sequence[tuple[str, str]], first: int, last: int) -> Mapping[int, str]:
    """Points that are left out, from 0, with the reason of each. Raises BadInput."""
    excluded: dict[int, str] = {}
    for typed, reason in entries:
        number = _number(typed)
        if not first < number <= last:
            raise BadInput(
                "Point {number} can't be left out: it does not lie among points {first} to {last}.",
                number=number,
                first=first + 1,
                last=last,
            )
        if not reason.strip():
            raise BadInput("Say why point {number} is left out.", number=number)
        if number - 1 in excluded:
            raise BadInput("Point {number} is left out twice.", number=number)
        excluded[number - 1] = reason.strip()[:200]
    return excluded


def _number(typed: str) -> int:
    digits = typed.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):
        raise BadInput("{typed} is not the number of a point.", typed=repr(typed))
    return int(digits)


def check_rules(rules: Sequence[str]) -> tuple[str, ...]:
    """Rules in the order of the table. Raises BadInput for one that does not exist."""
    known = [rule.name for rule in TABLE]
    for name in rules:
        if name not in known:
            raise BadInput("There is no rule {rule}.", rule=name[:64])
    return tuple(name for name in known if name in rules)
