"""The studio's way out: where the programme is restreamed to."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from quality_creator.actions import restream
from quality_creator.actions.hub import Hub
from quality_creator.model.ids import Slug
from quality_creator.model.person import Role, Visitor
from quality_creator.web.api import decoded, json
from quality_creator.web.security import Door, allow

producer = allow(Role.PRODUCER)


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address of the targets. What the audit has of them is never a key."""

    def slug(request: Request) -> Slug:
        return Slug(request.path_params["slug"])

    @producer
    async def outs(request: Request, _: Visitor) -> Response:
        return json({"outs": await restream.outs(hub, slug(request))})

    @producer
    async def add(request: Request, _: Visitor) -> Response:
        made = await restream.add(hub, slug(request), await decoded(request, restream.Draft))
        request.state.detail = _detail(made)
        return json(made, 201)

    @producer
    async def change(request: Request, _: Visitor) -> Response:
        wanted = await decoded(request, restream.Change)
        made = await restream.change(hub, slug(request), request.path_params["out"], wanted)
        request.state.detail = _detail(made) | {"new_key": wanted.key is not None}
        return json(made)

    @producer
    async def remove(request: Request, _: Visitor) -> Response:
        await restream.remove(hub, slug(request), request.path_params["out"])
        return Response(status_code=204)

    return [
        Door("GET", "/studio/{slug}/outs.json", outs),
        Door("POST", "/studio/{slug}/outs", add, act="restream.add"),
        Door("POST", "/studio/{slug}/outs/{out}", change, act="restream.change"),
        Door("DELETE", "/studio/{slug}/outs/{out}", remove, act="restream.remove"),
    ]


def _detail(made: restream.Out) -> dict[str, Any]:
    return {"name": made.name, "address": made.address, "on": made.on}
