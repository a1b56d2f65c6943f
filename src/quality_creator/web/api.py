"""The API for machines and operators: JSON in, JSON out, a token on every request."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from quality_creator.actions import episodes, readings, status
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadInput, Forbidden
from quality_creator.model.ids import Slug
from quality_creator.model.scene import Scene
from quality_creator.web.security import bearer, same

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
            raise BadInput(f"a body above {MAX_BODY} bytes; send smaller batches")
    return bytes(taken)


async def decoded(request: Request, kind: type[T]) -> T:
    """A request's body as a struct. Raises BadInput that names the field."""
    try:
        return msgspec.json.decode(await body(request), type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"the body is not what is expected: {error}") from error


def routes(hub: Hub) -> list[Route]:
    """Every address below `/api`."""

    def operator(
        handler: Callable[[Request], Awaitable[Response]],
    ) -> Callable[[Request], Awaitable[Response]]:
        async def checked(request: Request) -> Response:
            if not same(bearer(request), hub.operator_token):
                raise Forbidden(
                    "this token is not the operator's; it is in `operator.token` in the data folder"
                )
            return await handler(request)

        return checked

    @operator
    async def list_(request: Request) -> Response:
        return json({"episodes": await episodes.everything(hub)})

    @operator
    async def plan(request: Request) -> Response:
        return json(await episodes.plan(hub, await decoded(request, episodes.Draft)), 201)

    @operator
    async def start(request: Request) -> Response:
        return json(await episodes.start(hub, _slug(request)))

    @operator
    async def end(request: Request) -> Response:
        return json(await episodes.end(hub, _slug(request)))

    @operator
    async def scene(request: Request) -> Response:
        position = await episodes.set_scene(hub, _slug(request), await decoded(request, Scene))
        return json({"position": position})

    @operator
    async def show_status(request: Request) -> Response:
        return json(await status.status(hub))

    async def post_readings(request: Request) -> Response:
        gauge = readings.gauge_of(hub, bearer(request))
        answer = await readings.take(hub, gauge, await body(request))
        return json(answer, answer.http_status)

    return [
        Route("/api/episodes", list_, methods=["GET"]),
        Route("/api/episodes", plan, methods=["POST"]),
        Route("/api/episodes/{slug}/start", start, methods=["POST"]),
        Route("/api/episodes/{slug}/end", end, methods=["POST"]),
        Route("/api/episodes/{slug}/scene", scene, methods=["POST"]),
        Route("/api/status", show_status, methods=["GET"]),
        Route("/api/readings", post_readings, methods=["POST"]),
    ]


def _slug(request: Request) -> Slug:
    return Slug(request.path_params["slug"])
