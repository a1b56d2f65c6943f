"""The pages of charts of several characteristics: as they stand, Phase I, what is public. Engineers alone."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from quality_creator.actions import joint_engineering
from quality_creator.actions.engineering import Entry
from quality_creator.actions.hub import Hub
from quality_creator.actions.joint_engineering import Found, JointStanding
from quality_creator.model.errors import BadInput, Conflict
from quality_creator.model.ids import ChartId, LineId
from quality_creator.model.person import Visitor
from quality_creator.web.api import json
from quality_creator.web.engineers import (
    back,
    chosen_public,
    engineer,
    entry_of,
    page,
    refused,
    since_of,
    suggested,
)
from quality_creator.web.refusal import told
from quality_creator.web.security import Door, Trail


def routes(hub: Hub) -> list[BaseRoute]:
    """Their addresses below `/lines`."""

    @engineer
    async def chart(request: Request, visitor: Visitor) -> Response:
        return await _chart(hub, request, visitor)

    @engineer
    async def data(request: Request, _: Visitor) -> Response:
        one = await _standing_of(hub, request)
        return json(await joint_engineering.picture(hub, one, since=since_of(request)))

    @engineer
    async def estimate(request: Request, visitor: Visitor) -> Response:
        entry, _ = await entry_of(request)
        try:
            found = await joint_engineering.estimate(
                hub, await _standing_of(hub, request), entry, visitor.name
            )
        except BadInput as error:
            return await _chart(hub, request, visitor, entry=entry, error=error)
        return await _chart(hub, request, visitor, entry=entry, found=found)

    @engineer
    async def freeze(request: Request, visitor: Visitor) -> Response:
        entry, looked_at = await entry_of(request)
        try:
            await joint_engineering.freeze(
                hub, await _standing_of(hub, request), entry, visitor.name, looked_at
            )
        except (BadInput, Conflict) as error:
            return await _chart(hub, request, visitor, entry=entry, error=error)
        return back(request)

    @engineer
    async def public(request: Request, visitor: Visitor) -> Response:
        one = await _standing_of(hub, request)
        try:
            chosen = await chosen_public(request)
        except BadInput as error:
            return await _chart(hub, request, visitor, error=error)
        await hub.ingest.choose_joint_public(one.chart.id, chosen, by=visitor.name)
        return back(request)

    one = "/lines/{line}/-/charts/{chart}"
    return [
        Door("GET", one, chart),
        Door("GET", one + "/data.json", data),
        Door("POST", one + "/estimate", estimate, act=Trail.NONE),  # it looks, and changes nothing
        Door("POST", one + "/freeze", freeze, act="chart.freeze"),
        Door("POST", one + "/public", public, act="chart.public"),
    ]


async def _standing_of(hub: Hub, request: Request) -> JointStanding:
    """The chart that the path names. Raises NotFound."""
    parts = request.path_params
    return await joint_engineering.standing(hub, LineId(parts["line"]), ChartId(parts["chart"]))


async def _chart(
    hub: Hub,
    request: Request,
    visitor: Visitor,
    *,
    entry: Entry | None = None,
    found: Found | None = None,
    error: BadInput | Conflict | None = None,
) -> Response:
    """The page of a chart, with what came of a form where one was sent."""
    one = await _standing_of(hub, request)
    picture = await joint_engineering.picture(hub, one)
    values = {
        "standing": one,
        "chart": one.chart,
        "picture": picture,
        "history": await joint_engineering.history(hub, one.chart.id),
        "methods": joint_engineering.fitting_methods(one.chart),
        "entry": entry or suggested(picture.total, 50),
        "found": found,
        "seen": "" if found is None else joint_engineering.seen(found),
        "error": None if error is None else told(request, error),
        "place": request.url.path.rpartition("/")[2] if error is not None else "",
        "here": f"/lines/{one.line.id}/-/charts/{one.chart.id}",
        "waiting": [len(queue) for queue in one.joint.waiting.queues],
    }
    return page(request, "lines_joint.html", visitor, refused(error), **values)
