"""The web application: pages, API and live media as one ASGI app."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from quality_creator.actions.hub import Hub
from quality_creator.model.errors import (
    BadInput,
    BadPayload,
    Conflict,
    Forbidden,
    NotFound,
    QualityCreatorError,
    Unavailable,
)
from quality_creator.web import api, lines, live, site
from quality_creator.web.api import json
from quality_creator.web.security import SecurityHeaders

STATUS: list[tuple[type[QualityCreatorError], int]] = [
    (NotFound, 404),
    (BadInput, 400),
    (BadPayload, 400),
    (Forbidden, 403),
    (Conflict, 409),
    (Unavailable, 503),
]
"""Whose fault an error is, in HTTP's words; the first that fits counts."""


def build(hub: Hub) -> ASGIApp:
    """The application for one hub."""
    return Starlette(
        routes=[*live.routes(hub), *api.routes(hub), *lines.routes(hub), *site.routes(hub)],
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={
            QualityCreatorError: _refusal(hub),
            HTTPException: _http_error(hub),
            500: _http_error(hub),
        },
    )


def _refusal(hub: Hub) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        code = next(code for kind, code in STATUS if isinstance(error, kind))
        return _answer(request, code, str(error))

    return answer


def _http_error(hub: Hub) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return _answer(request, error.status_code, error.detail)
        return _answer(request, 500, "something broke here; it is in the hub's log")

    return answer


def _answer(request: Request, code: int, words: str) -> Response:
    path = request.url.path
    if path.startswith(("/api/", "/live/")) or path.endswith(".json"):
        return json({"error": words}, code)
    return site.error_page(request, code, words)
