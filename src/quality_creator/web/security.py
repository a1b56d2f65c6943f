"""What every answer carries, and who may come in by which door: nobody, unless the door says so.

Every address of the application is a `Door`; `app.build` refuses anything else. A door has one
method, one path and one handler, and the handler was wrapped by what says who may call it:

    @allow(Role.PRODUCER, Role.MODERATOR)          # whoever has one of the roles, by session or token
    async def take(request: Request, visitor: Visitor) -> Response: ...

    @public                                        # everybody; no session is looked up
    async def page(request: Request) -> Response: ...

    @gauges                                        # machines, by the token of their gauge
    async def readings(request: Request, gauge: HttpConnector) -> Response: ...

    Door("POST", "/studio/{slug}/take", take, act="show.take")
    Door("GET", "/episodes/{slug}", page)

A door that changes something also says what stands in the audit when it was done: `act`, with the
values of the path as its subject; or `Trail.ITSELF` where the action writes it (`actions.audit.write`)
in its own transaction; or `Trail.NONE` where nothing belongs there, with the reason beside it. A
handler may say more by `request.state.detail = {...}`. An answer from 400 on is not a deed.

Whoever came by a personal link is let in only where the path's `slug` or `episode` is theirs.
Answers behind a role are never kept by caches. `visitor.name` is the name for records.
"""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Mount, Route, compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from quality_creator.actions import audit, readings
from quality_creator.factory.http import HttpConnector
from quality_creator.model.errors import Forbidden, Words
from quality_creator.model.person import Role, Visitor
from quality_creator.web.words import ROLES

# blob: is the media source that hls.js hands to the video element. The hash is that of an empty text:
# media-chrome's <style> elements are left empty and filled by script (frontend/src/player/chrome.ts).
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
        "img-src 'self'",
        "font-src 'self'",
        "media-src 'self' blob:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
"""On every answer that does not say otherwise itself."""

PRIVATE = {"cache-control": "no-store", "vary": "accept-language, cookie"}
"""On every answer behind a role."""

OPEN_METHODS = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""

# --- who may -------------------------------------------------------------------------------------

PublicHandler = Callable[[Request], Awaitable[Response]]
Handler = Callable[[Request, Visitor], Awaitable[Response]]
GaugeHandler = Callable[[Request, HttpConnector], Awaitable[Response]]


class Everybody(Enum):
    """Who may come in where no role is asked for."""

    PUBLIC = "public"
    GAUGES = "gauges"


@dataclass(frozen=True, slots=True)
class Guarded:
    """A handler, and who may call it."""

    who: frozenset[Role] | Everybody
    call: Callable[[Request], Awaitable[Response]]


class Trail(Enum):
    """What a door that changes something may say in the place of an act."""

    ITSELF = "the action writes it in its own transaction"
    NONE = "nothing belongs in the audit"


class Door(Route):
    """An address that says who may come in."""

    def __init__(self, method: str, path: str, guarded: Guarded, *, act: str | Trail | None = None) -> None:
        if (act is None) != (method in OPEN_METHODS):
            raise TypeError(f"{method} {path}: a door that changes something, and no other, says its `act`")
        self.who = guarded.who
        self.act = act

        async def answer(request: Request) -> Response:
            request.state.act = act if isinstance(act, str) else ""
            return await guarded.call(request)

        # Starlette would compile each address at once: a tenth of a second of every start.
        super().__init__("/", answer, methods=[method])
        self.path = path
        self._begins = path.partition("{")[0]
        self._compiled = False

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for this door; most are told apart by how their addresses begin."""
        if scope["type"] != "http" or not scope["path"].startswith(self._begins):
            return Match.NONE, {}
        if not self._compiled:
            self.path_regex, self.path_format, self.param_convertors = compile_path(self.path)
            self._compiled = True
        return super().matches(scope)


def public(handler: PublicHandler) -> Guarded:
    """Everybody may call it; it learns nothing of who they are."""
    return Guarded(Everybody.PUBLIC, handler)


def allow(*roles: Role) -> Callable[[Handler], Guarded]:
    """Whoever has one of the roles may call the handler, and nobody else."""
    if not roles:
        raise TypeError("name at least one role")

    def guard(handler: Handler) -> Guarded:
        async def checked(request: Request) -> Response:
            visitor = await request.app.state.sessions.visitor(request)
            if visitor is None:
                raise SignInFirst(_back_to(request))
            if not visitor.may(*roles):
                words = [Words(ROLES[role]) for role in sorted(roles)]
                raise Forbidden(
                    "this is for: {words}; {name} is not one of them", words=words, name=visitor.name
                )
            if visitor.episode is not None:
                for key in ("slug", "episode"):
                    if request.path_params.get(key, visitor.episode) != visitor.episode:
                        raise Forbidden("this personal link opens another episode")
            answer = await handler(request, visitor)
            if request.state.act and answer.status_code < 400:
                subject = " ".join(str(value) for value in request.path_params.values())
                detail = getattr(request.state, "detail", {})
                await audit.note(request.app.state.hub, visitor, request.state.act, subject, **detail)
            answer.headers.update(PRIVATE)
            return answer

        return Guarded(frozenset(roles), checked)

    return guard


def gauges(handler: GaugeHandler) -> Guarded:
    """Machines may call it, with the token of their gauge."""

    async def checked(request: Request) -> Response:
        return await handler(request, readings.gauge_of(request.app.state.hub, bearer(request)))

    return Guarded(Everybody.GAUGES, checked)


class SignInFirst(Forbidden):
    """Nobody is signed in; `to` is where they wanted to go."""

    def __init__(self, to: str) -> None:
        super().__init__("sign in first: /sign-in; programs send `Authorization: Bearer …`")
        self.to = to


def check(routes: list[BaseRoute]) -> None:
    """Make sure that every address says who may come in.

    Raises:
        TypeError: one does not.
    """
    for route in routes:
        static = isinstance(route, Mount) and isinstance(route.app, PublicFiles)
        if not (static or isinstance(route, Door)):
            raise TypeError(f"{route} does not say who may come in: make it a web.security.Door")


class PublicFiles:
    """Marks an ASGI app that hands out files to everybody, so that it may be mounted."""


def _back_to(request: Request) -> str:
    """Where to go after signing in: back to a page, or from a form to the page that it stood on."""
    return request.url.path if request.method in OPEN_METHODS else request.url.path.rpartition("/")[0] or "/"


# --- what every answer carries -------------------------------------------------------------------


class SecurityHeaders:
    """Put the policy on every answer, and refuse changes that another site sends a browser to make."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if scope["method"] not in OPEN_METHODS and cross_site(Headers(scope=scope)):
            await _refuse(with_headers)
            return
        await self.app(scope, receive, with_headers)


def cross_site(headers: Headers) -> bool:
    """Whether a browser says that another site made it ask.

    Programs send neither header; every current browser sends `Sec-Fetch-Site`.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


async def _refuse(send: Send) -> None:
    body = b'{"error":"this request came from another site"}'
    start: Message = {
        "type": "http.response.start",
        "status": 403,
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
    }
    await send(start)
    await send({"type": "http.response.body", "body": body})


def bearer(request: Request) -> str:
    """The token of a request. Raises Forbidden when there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Forbidden("send a token: `Authorization: Bearer …`")
    return token.strip()


def same(given: str, expected: str) -> bool:
    """Compare two secrets without telling by time how alike they are."""
    return hmac.compare_digest(given.encode(), expected.encode())
