"""The transparency log as files that any cache and any tool can take, and the code that is filmed."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from quality_creator.actions import challenges, draws
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import NotFound, Unavailable
from quality_creator.model.ids import Slug
from quality_creator.model.person import Role, Visitor
from quality_creator.trust.log import checkpoint, leaf
from quality_creator.web import pages, site
from quality_creator.web.api import decoded, json
from quality_creator.web.live import FOREVER, OPEN
from quality_creator.web.security import Door, allow, public

ALWAYS_ASK = "no-cache"
"""A checkpoint is replaced; whoever has one asks whether there is a newer one."""

_TEXT = "text/plain; charset=utf-8"
_TILE = re.compile(
    r"(?:entries|[0-9]|[1-5][0-9]|6[0-3])/(?:x\d{3}/){0,5}\d{3}(?:\.p/[1-9]\d{0,2})?", re.ASCII
)
_DIGEST = re.compile(r"[0-9a-f]{64}")


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address below `/log`, and the challenge."""

    @public
    async def newest(_: Request) -> Response:
        return _file(await hub.ledger.read(checkpoint.FILE), _TEXT, ALWAYS_ASK)

    @public
    async def policy(_: Request) -> Response:
        return _file(hub.ledger.policy_text, _TEXT, ALWAYS_ASK)

    @public
    async def tile(request: Request) -> Response:
        path = request.path_params["path"]
        if not _TILE.fullmatch(path):
            raise NotFound(f"the log has no tile {path}")
        return _file(await hub.ledger.read(f"tile/{path}"), "application/octet-stream", FOREVER)

    @public
    async def document(request: Request) -> Response:
        digest = request.path_params["digest"]
        if not _DIGEST.fullmatch(digest):
            raise NotFound("a document is called by its SHA-256, 64 digits in lower case")
        return _file(await hub.ledger.read(f"{leaf.DOCUMENTS}/{digest}"), "application/json", FOREVER)

    @public
    async def proof(request: Request) -> Response:
        index = request.path_params["index"]
        if index >= 1 << 62:
            raise NotFound(f"the log has no entry {index}")
        return _file(await hub.ledger.proof(index), _TEXT, FOREVER)

    @public
    async def challenge(request: Request) -> Response:
        page = pages.render(
            site.language(request), "challenge.html", "/challenge", shown=hub.challenges.shown
        )
        return site.html(page)

    @public
    async def code(_: Request) -> Response:
        shown = hub.challenges.shown
        if shown is None:
            raise Unavailable("the log has published nothing yet, so that there is no code")
        answer = json(shown)
        answer.headers["cache-control"] = "no-store"
        return answer

    @public
    async def picture(request: Request) -> Response:
        import segno

        shown = hub.challenges.shown
        if shown is None or str(shown.size) != request.path_params["size"]:
            raise NotFound("this code is not shown now")
        drawn = segno.make(challenges.words(shown), error="m", micro=False)
        svg = drawn.svg_inline(scale=1, border=4, omitsize=True, dark="#000", light="#fff")
        svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        return Response(svg, media_type="image/svg+xml", headers={"cache-control": "no-store"})

    @public
    async def list_draws(request: Request) -> Response:
        answer = json({"draws": await draws.everything(hub, Slug(request.path_params["slug"]))})
        answer.headers["cache-control"] = "no-cache"
        return answer

    @allow(Role.PRODUCER)
    async def announce(request: Request, _: Visitor) -> Response:
        order = await decoded(request, draws.Order)
        made = await draws.announce(hub, Slug(request.path_params["slug"]), order)
        request.state.detail = {"lot": made.lot, "units": list(made.units)}
        return json(made, 201)

    @allow(Role.PRODUCER)
    async def settle(request: Request, _: Visitor) -> Response:
        return json(await draws.settle(hub, Slug(request.path_params["slug"]), request.path_params["lot"]))

    return [
        Door("GET", "/log/checkpoint", newest),
        Door("GET", "/log/policy", policy),
        Door("GET", "/log/tile/{path:path}", tile),
        Door("GET", "/log/documents/{digest}", document),
        Door("GET", "/log/proofs/{index:int}.tlog-proof", proof),
        Door("GET", "/challenge", challenge),
        Door("GET", "/challenge/{size}.svg", picture),
        Door("GET", "/api/episodes/{slug}/draws", list_draws),
        Door("POST", "/api/episodes/{slug}/draws", announce, act="draw.announce"),
        Door("POST", "/api/episodes/{slug}/draws/{lot}", settle, act="draw.settle"),
        Door("GET", "/api/challenge", code),
    ]


def _file(content: bytes, kind: str, cache: str) -> Response:
    return Response(content, headers={"content-type": kind, "cache-control": cache, **OPEN})
