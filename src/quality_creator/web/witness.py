"""A witness' address: what logs post to, and where monitors see what it has seen."""

import re

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from quality_creator.actions.witness import Witness
from quality_creator.model.errors import NotFound, Unavailable
from quality_creator.trust.log import checkpoint
from quality_creator.trust.log.witnessing import LARGEST, SIZE_TYPE, Refusal

_HASH = re.compile(r"[0-9a-f]{64}")


def build(witness: Witness) -> ASGIApp:
    """The application of one witness. Nobody signs in: a log is known by its signature."""

    async def add_checkpoint(request: Request) -> Response:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST:
                raise HTTPException(413, f"at most {LARGEST} bytes")
        match await witness.add_checkpoint(bytes(body)):
            case Refusal(status=409, words=size):
                return Response(size, 409, headers={"content-type": SIZE_TYPE})
            case Refusal(status=status, words=words):
                return PlainTextResponse(f"{words}\n", status)
            case signature:
                return PlainTextResponse(signature.line)

    async def latest(request: Request) -> Response:
        name = request.path_params["origin"]
        if not _HASH.fullmatch(name):
            raise NotFound("a log is called by the SHA-256 of its origin, 64 digits in lower case")
        return PlainTextResponse(await witness.latest(name), headers={"cache-control": "no-cache"})

    async def home(_: Request) -> Response:
        return PlainTextResponse(f"{witness.key}\n")

    def away(_: Request, error: Exception) -> Response:
        return PlainTextResponse(f"{error}\n", 404 if isinstance(error, NotFound) else 503)

    return Starlette(
        routes=[
            Route("/", home, methods=["GET"]),
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route(f"/{{origin}}/{checkpoint.FILE}", latest, methods=["GET"]),
        ],
        exception_handlers={NotFound: away, Unavailable: away},
    )
