"""The quality engineer's pages: charts as they stand, Phase I, rules, what is public. Nobody else's."""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from quality_creator import quality
from quality_creator.actions import engineering, joint_engineering, traces
from quality_creator.actions.engineering import Entry, Standing
from quality_creator.actions.hub import Hub
from quality_creator.actions.joint_engineering import JointPlotted
from quality_creator.actions.studies import Histogram, PlottedPoint
from quality_creator.model.characteristic import COUNTS, WEIGHTED, ChartPlan
from quality_creator.model.errors import BadInput, Conflict
from quality_creator.model.person import Visitor
from quality_creator.quality import arl, arl_rules
from quality_creator.quality.rules import NELSON, WESTERN_ELECTRIC
from quality_creator.web import desks, joint_lines
from quality_creator.web.api import json
from quality_creator.web.engineers import (
    back,
    chosen_public,
    engineer,
    entry_of,
    page,
    refused,
    since_of,
    standing_of,
    suggested,
)
from quality_creator.web.forms import form
from quality_creator.web.refusal import told
from quality_creator.web.security import Door, Trail


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address below `/lines`."""

    @engineer
    async def overview(request: Request, visitor: Visitor) -> Response:
        found = await engineering.overview(hub)
        lines = [(line, found[line.id]) for line in hub.config.lines]
        return page(
            request,
            "lines.html",
            visitor,
            lines=lines,
            spark=spark,
            uses=await desks.uses(hub),
            tests=hub.config.traces,
            newest=await traces.newest(hub),
            several=await joint_engineering.overview(hub),
        )

    @engineer
    async def characteristic(request: Request, visitor: Visitor) -> Response:
        return await _characteristic(hub, request, visitor)

    @engineer
    async def data(request: Request, _: Visitor) -> Response:
        standing = await standing_of(hub, request)
        return json(await engineering.picture(hub, standing, since=since_of(request)))

    @engineer
    async def estimate(request: Request, visitor: Visitor) -> Response:
        standing, entry, _ = await _entry(hub, request)
        try:
            found = await engineering.estimate(hub, standing, entry, visitor.name)
        except BadInput as error:
            return await _characteristic(hub, request, visitor, entry=entry, error=error)
        if _wants_json(request):
            return json(found)
        return await _characteristic(hub, request, visitor, entry=entry, found=found)

    @engineer
    async def freeze(request: Request, visitor: Visitor) -> Response:
        standing, entry, looked_at = await _entry(hub, request)
        try:
            found = await engineering.freeze(hub, standing, entry, visitor.name, looked_at)
        except (BadInput, Conflict) as error:
            return await _characteristic(hub, request, visitor, entry=entry, error=error)
        return json(found) if _wants_json(request) else back(request)

    @engineer
    async def rules(request: Request, visitor: Visitor) -> Response:
        standing = await standing_of(hub, request)
        given = await form(request)
        try:
            chosen = None
            if given("as-configured") != "yes":
                chosen = engineering.check_rules(given.every("rule"))
            await hub.ingest.choose_rules(standing.characteristic.id, chosen, by=visitor.name)
        except BadInput as error:
            return await _characteristic(hub, request, visitor, error=error)
        return back(request)

    @engineer
    async def public(request: Request, visitor: Visitor) -> Response:
        standing = await standing_of(hub, request)
        try:
            chosen = await chosen_public(request)
        except BadInput as error:
            return await _characteristic(hub, request, visitor, error=error)
        await hub.ingest.choose_public(standing.characteristic.id, chosen, by=visitor.name)
        return back(request)

    @engineer
    async def false_alarms(request: Request, _: Visitor) -> Response:
        chosen = engineering.check_rules(request.query_params.getlist("rule"))
        return json(await asyncio.to_thread(_false_alarms, chosen))

    one = "/lines/{line}/{characteristic}"
    return [
        *desks.routes(hub),
        *joint_lines.routes(hub),
        Door("GET", "/lines", overview),
        Door("GET", "/lines/false-alarms.json", false_alarms),
        Door("GET", one, characteristic),
        Door("GET", one + "/data.json", data),
        Door("POST", one + "/estimate", estimate, act=Trail.NONE),  # it looks, and changes nothing
        Door("POST", one + "/freeze", freeze, act="chart.freeze"),
        Door("POST", one + "/rules", rules, act="chart.rules"),
        Door("POST", one + "/public", public, act="chart.public"),
    ]


# --- what came in --------------------------------------------------------------------------------


async def _entry(hub: Hub, request: Request) -> tuple[Standing, Entry, str]:
    standing = await standing_of(hub, request)
    return standing, *await entry_of(request)


def _wants_json(request: Request) -> bool:
    return request.url.path.endswith(".json") or "application/json" in request.headers.get("accept", "")


# --- what goes out -------------------------------------------------------------------------------


async def _characteristic(
    hub: Hub,
    request: Request,
    visitor: Visitor,
    *,
    entry: Entry | None = None,
    found: quality.Estimation | None = None,
    error: BadInput | Conflict | None = None,
) -> Response:
    """The page of a characteristic, with what came of a form where one was sent."""
    if error is not None and _wants_json(request):
        return json({"error": told(request, error)}, refused(error))
    standing = await standing_of(hub, request)
    picture = await engineering.picture(hub, standing)
    study = await engineering.study(hub, standing, picture)
    values = {
        "one": standing.characteristic,
        "standing": standing,
        "picture": picture,
        "study": study,
        "bars": None if study.histogram is None else bars(study.histogram, standing),
        "history": await engineering.history(hub, standing.characteristic.id),
        "methods": engineering.fitting_methods(standing.characteristic),
        "entry": entry or suggested(picture.total, 25),
        "found": found,
        "seen": "" if found is None else engineering.seen(found),
        "error": None if error is None else told(request, error),
        "place": request.url.path.rpartition("/")[2] if error is not None else "",
        "alarms": await asyncio.to_thread(_alarms_of, standing.characteristic.chart),
        "counts": standing.characteristic.chart.kind in COUNTS,
        "weighted": standing.characteristic.chart.kind in WEIGHTED,
        "nelson": NELSON,
        "western": WESTERN_ELECTRIC,
        "here": f"/lines/{standing.characteristic.line}/{standing.characteristic.id}",
    }
    return page(request, "lines_characteristic.html", visitor, refused(error), **values)


def _alarms_of(plan: ChartPlan) -> dict[str, object]:
    """The in-control average run length of a chart as it is judged."""
    try:
        match plan.kind:
            case "ewma":
                length = arl.ewma(plan.weight, plan.width)
            case "cusum":
                length = arl.cusum(plan.slack, plan.decision, head_start=plan.head_start)
            case _:
                return _false_alarms(plan.rules)
    except BadInput:  # beyond what can be reckoned: as good as never
        length = math.inf
    if math.isinf(length):
        return {"arl": None, "exact": True, "per_thousand": 0.0}
    return {"arl": length, "exact": True, "per_thousand": 1000.0 / length}


def _false_alarms(rules: tuple[str, ...]) -> dict[str, object]:
    """The in-control average run length of a choice of rules, on the upper chart."""
    if not rules:
        return {"arl": None, "exact": True, "per_thousand": 0.0}
    found = arl_rules.shewhart(rules)
    return {"arl": found.value, "exact": found.exact, "per_thousand": 1000.0 / found.value}


# --- pictures without scripts --------------------------------------------------------------------

WIDTH, HEIGHT = 640, 240


def bars(histogram: Histogram, standing: Standing) -> dict[str, Any]:
    """A histogram's shapes in a picture of `WIDTH` by `HEIGHT`, with the fitted normal and the limits."""
    specification = standing.characteristic.specification
    limits = []
    if specification is not None:
        named = (("LSL", specification.lower), ("T", specification.target), ("USL", specification.upper))
        limits = [(name, value) for name, value in named if value is not None]
    reach = [histogram.edges[0], histogram.edges[-1], *(value for _, value in limits)]
    margin = 0.04 * (max(reach) - min(reach))
    low, high = min(reach) - margin, max(reach) + margin

    def x(value: float) -> float:
        return round((value - low) / (high - low) * WIDTH, 2)

    width = histogram.edges[1] - histogram.edges[0]
    scale = sum(histogram.counts) * width
    curve = [low + (high - low) * i / 160 for i in range(161)]
    heights = [scale * _normal(value, histogram.mean, histogram.sigma) for value in curve]
    top = max(*histogram.counts, *heights) * 1.08

    def y(count: float) -> float:
        return round(HEIGHT - count / top * HEIGHT, 2)

    columns = zip(histogram.edges[:-1], histogram.edges[1:], histogram.counts, strict=True)
    return {
        "bars": [(x(a), y(n), round(x(b) - x(a) - 1, 2), round(HEIGHT - y(n), 2)) for a, b, n in columns],
        "curve": " ".join(f"{x(v)},{y(h)}" for v, h in zip(curve, heights, strict=True)),
        "limits": [(name, value, x(value)) for name, value in limits],
        "band": _band(specification, x),
        "low": histogram.edges[0],
        "high": histogram.edges[-1],
        "low_x": x(histogram.edges[0]),
        "high_x": x(histogram.edges[-1]),
    }


def _band(specification: Any, x: Callable[[float], float]) -> tuple[float, float] | None:
    if specification is None:
        return None
    left = 0.0 if specification.lower is None else x(specification.lower)
    right = float(WIDTH) if specification.upper is None else x(specification.upper)
    return left, round(right - left, 2)


def _normal(value: float, mean: float, sigma: float) -> float:
    z = (value - mean) / sigma
    return math.exp(-0.5 * z * z) / (sigma * math.sqrt(2.0 * math.pi))


def spark(points: Sequence[PlottedPoint | JointPlotted]) -> str:
    """A sparkline's path in a picture of 120 by 28; empty for fewer than two points."""
    values = [point.location for point in points]
    if len(values) < 2:
        return ""
    low, high = min(values), max(values)
    reach = (high - low) or 1.0
    step = 116 / (len(values) - 1)
    return " ".join(f"{2 + i * step:.1f},{25 - 22 * (v - low) / reach:.1f}" for i, v in enumerate(values))
