"""The web application: pages, API and live media as one ASGI app."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from quality_creator.actions.hub import Hub
from quality_creator.actions.passkeys import Ceremonies, relying_party
from quality_creator.model.errors import Forbidden, QualityCreatorError
from quality_creator.web import (
    api,
    desk,
    desk_page,
    endorsements,
    entrance,
    forum,
    institutions,
    isos,
    lines,
    live,
    log,
    outs,
    people,
    planning,
    proof,
    site,
    studio,
)
from quality_creator.web.api import json
from quality_creator.web.patience import TooOften
from quality_creator.web.refusal import code, told
from quality_creator.web.security import PRIVATE, SecurityHeaders, SignInFirst, check
from quality_creator.web.sessions import Sessions


def build(hub: Hub) -> ASGIApp:
    """The application for one hub. Raises TypeError for an address that does not say who may come in."""
    ceremonies = Ceremonies(relying_party(hub.config))
    routes = [
        *live.routes(hub),
        *api.routes(hub),
        *entrance.routes(hub, ceremonies),
        *people.routes(hub, ceremonies),
        *institutions.routes(hub, ceremonies),
        *lines.routes(hub),
        *log.routes(hub),
        *proof.routes(hub),
        *endorsements.routes(hub),
        *forum.routes(hub),
        *desk.routes(hub),
        *desk_page.routes(hub),
        *planning.routes(hub),
        *studio.routes(hub),
        *outs.routes(hub),
        *isos.routes(hub),
        *site.routes(hub),
    ]
    check(routes)
    app = Starlette(
        routes=routes,
        middleware=[Middleware(SecurityHeaders)],
        exception_handlers={
            QualityCreatorError: _refusal(hub),
            HTTPException: _http_error(hub),
            500: _http_error(hub),
        },
    )
    app.state.hub = hub
    app.state.ceremonies = ceremonies
    app.state.sessions = Sessions(hub)
    return app


def _refusal(hub: Hub) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, QualityCreatorError)
        status = code(error)
        if isinstance(error, SignInFirst) and not _wants_json(request):
            return entrance.door(request, hub, to=error.to, code=status)
        refused = _answer(request, status, told(request, error))
        if isinstance(error, TooOften):
            refused.headers["retry-after"] = str(round(error.wait_s + 0.5))
        if isinstance(error, Forbidden):
            refused.headers.update(PRIVATE)  # somebody else may be let in
        return refused

    return answer


def _http_error(hub: Hub) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        if isinstance(error, HTTPException):
            return _answer(request, error.status_code, error.detail, shown=error.status_code != 404)
        return _answer(request, 500, "something broke here; it is in the hub's log", shown=False)

    return answer


def _answer(request: Request, code: int, words: str, *, shown: bool = True) -> Response:
    """Words for a program, or a page; the page's own words say enough where they are not `shown`."""
    if _wants_json(request):
        return json({"error": words}, code)
    return site.error_page(request, code, words if shown else "")


def _wants_json(request: Request) -> bool:
    path, accept = request.url.path, request.headers.get("accept", "")
    return path.startswith(("/api/", "/live/")) or path.endswith(".json") or "application/json" in accept
