"""The API for machines and operators: JSON in, JSON out, a token on every request."""

from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from quality_creator.actions import command, episodes, readings, status, studio
from quality_creator.actions.hub import Hub
from quality_creator.factory.http import HttpConnector
from quality_creator.model.decoding import explained
from quality_creator.model.errors import BadInput
from quality_creator.model.ids import Slug
from quality_creator.model.person import STAFF, Role, Visitor
from quality_creator.model.scene import Scene
from quality_creator.web.security import Door, Trail, allow, gauges

MAX_BODY = 8 << 20
"""Bytes of one request; 50,000 readings are about 6 MB."""

T = TypeVar("T")


def json(value: object, status_code: int = 200) -> Response:
    """An answer as JSON."""
    return Response(msgspec.json.encode(value), status_code, media_type="application/json")


async def body(request: Request) -> bytes:
    """A request's body, up to `MAX_BODY`. Raises BadInput above it."""
    taken = bytearray()
    async for chunk in request.stream():
        taken += chunk
        if len(taken) > MAX_BODY:
            raise BadInput("a body above {most} bytes; send smaller batches", most=MAX_BODY)
    return bytes(taken)


async def decoded(request: Request, kind: type[T]) -> T:
    """A request's body as a struct. Raises BadInput that names the field."""
    try:
        return msgspec.json.decode(await body(request), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput("the body is not what is expected: {error}", error=explained(error)) from error


def routes(hub: Hub) -> list[BaseRoute]:
    """Episodes, status and readings."""
    producer = allow(Role.PRODUCER)

    @allow(*STAFF)
    async def list_(request: Request, _: Visitor) -> Response:
        return json({"episodes": await episodes.everything(hub)})

    @producer
    async def plan(request: Request, _: Visitor) -> Response:
        made = await episodes.plan(hub, await decoded(request, episodes.Draft))
        request.state.detail = {"slug": made.slug}
        return json(made, 201)

    @producer
    async def start(request: Request, visitor: Visitor) -> Response:
        return json(await episodes.start(hub, _slug(request), visitor.name))

    @producer
    async def end(request: Request, _: Visitor) -> Response:
        return json(await episodes.end(hub, _slug(request)))

    @producer
    async def scene(request: Request, visitor: Visitor) -> Response:
        wanted = await decoded(request, Scene)
        done = await studio.perform(hub, _slug(request), command.Put(scene=wanted), visitor.name)
        request.state.detail = {"layout": wanted.layout, "sources": wanted.sources, "position": done.position}
        return json({"position": done.position})

    @allow(*STAFF)
    async def show_status(request: Request, _: Visitor) -> Response:
        return json(await status.status(hub))

    @gauges
    async def post_readings(request: Request, gauge: HttpConnector) -> Response:
        answer = await readings.take(hub, gauge, await body(request))
        return json(answer, answer.http_status)

    return [
        Door("GET", "/api/episodes", list_),
        Door("POST", "/api/episodes", plan, act="episode.plan"),
        Door("POST", "/api/episodes/{slug}/start", start, act="episode.start"),
        Door("POST", "/api/episodes/{slug}/end", end, act="episode.end"),
        Door("POST", "/api/episodes/{slug}/scene", scene, act="episode.scene"),
        Door("GET", "/api/status", show_status),
        Door("POST", "/api/readings", post_readings, act=Trail.NONE),  # a measurement is its own record
        Door("POST", "/api/traces", post_readings, act=Trail.NONE),  # and so is a trace
    ]


def _slug(request: Request) -> Slug:
    return Slug(request.path_params["slug"])
