"""The live media: playlists and parts carry no session, so that any cache can multiply them."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from quality_creator.actions import episodes
from quality_creator.actions.hub import Hub
from quality_creator.actions.stream import Stream
from quality_creator.media import hls
from quality_creator.model.errors import BadInput, NotFound
from quality_creator.model.ids import Slug
from quality_creator.web.security import Door, public

FOREVER = "public, max-age=31536000, immutable"
BRIEF = "public, max-age=1"
"""A playlist that was not waited for: older than a part it is of no use."""
BLOCKED = "public, max-age=6"
"""A playlist that was waited for is the answer to its whole query for as long as anyone asks it."""

# Players on other sites, and tools, may read what is public anyway.
OPEN = {
    "access-control-allow-origin": "*",
    "timing-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
}

_SEGMENT = re.compile(r"(\d{1,9})(?:\.(\d{1,3}))?\.m4s")


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address below `/live`."""

    async def stream(request: Request) -> Stream:
        return await episodes.stream(hub, Slug(request.path_params["slug"]))

    @public
    async def multivariant(request: Request) -> Response:
        found = await stream(request)
        return _answer(found.multivariant(), hls.CONTENT_TYPE, FOREVER if found.ended else BRIEF)

    @public
    async def playlist(request: Request) -> Response:
        found = await stream(request)
        query = request.query_params
        msn, part = _number(query.get("_HLS_msn")), _number(query.get("_HLS_part"))
        gzip = "gzip" in request.headers.get("accept-encoding", "")
        skip = query.get("_HLS_skip") in ("YES", "v2")
        text = await found.playlist(request.path_params["rendition"], msn, part, skip=skip, gzip=gzip)
        # Once the episode has ended, an address without a query still stands for what it became.
        cache = BRIEF if msn is None or found.ended else BLOCKED
        answer = _answer(text, hls.CONTENT_TYPE, cache)
        answer.headers["vary"] = "accept-encoding"
        if gzip:
            answer.headers["content-encoding"] = "gzip"
        return answer

    @public
    async def media(request: Request) -> Response:
        found = await stream(request)
        rendition, name = request.path_params["rendition"], request.path_params["name"]
        if name.endswith(".mp4"):
            return _answer(await found.init(rendition, name), "video/mp4", FOREVER)
        match = _SEGMENT.fullmatch(name)
        if match is None:
            raise NotFound(f"nothing is called {name}")
        msn = int(match[1])
        if match[2] is None:
            return _answer(await found.segment(rendition, msn), "video/iso.segment", FOREVER)
        return _answer(await found.part(rendition, msn, int(match[2])), "video/iso.segment", FOREVER)

    @public
    async def data(request: Request) -> Response:
        found = await stream(request)
        text, growing = await found.data(request.path_params["msn"])
        return _answer(text, "application/json", "no-store" if growing else FOREVER)

    @public
    async def signals(request: Request) -> Response:
        found = await stream(request)
        return _answer(await found.signals(), "application/json", BRIEF)

    return [
        Door("GET", f"/live/{{slug}}/{hls.PLAYLIST}", multivariant),
        Door("GET", "/live/{slug}/data/{msn:int}.json", data),
        Door("GET", "/live/{slug}/signals.json", signals),
        Door("GET", f"/live/{{slug}}/{{rendition}}/{hls.PLAYLIST}", playlist),
        Door("GET", "/live/{slug}/{rendition}/{name}", media),
    ]


def _answer(content: bytes, kind: str, cache: str) -> Response:
    return Response(content, media_type=kind, headers={"cache-control": cache, **OPEN})


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadInput(f"_HLS_msn and _HLS_part are numbers from 0; {text[:20]!r} is not")
    return int(text)
