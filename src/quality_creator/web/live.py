"""The live media: playlists and parts carry no session, so that any cache can multiply them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Answer:
    """Bytes, and what to say of them."""

    content: bytes
    headers: Mapping[str, str]


async def playlist(hub: Hub, slug: Slug, rendition: str, query: Mapping[str, str], *, gzip: bool) -> Answer:
    """A media playlist, once it has what the query waits for."""
    found = await episodes.stream(hub, slug)
    msn, part = _number(query.get("_HLS_msn")), _number(query.get("_HLS_part"))
    skip = query.get("_HLS_skip") in ("YES", "v2")
    text = await found.playlist(rendition, msn, part, skip=skip, gzip=gzip)
    # Once the episode has ended, an address without a query still stands for what it became.
    cache = BRIEF if msn is None or found.ended else BLOCKED
    encoding = {"content-encoding": "gzip"} if gzip else {}
    kind = {"content-type": hls.CONTENT_TYPE, "cache-control": cache, "vary": "accept-encoding"}
    return Answer(text, {**kind, **encoding})


async def media(hub: Hub, slug: Slug, rendition: str, name: str) -> Answer:
    """An init segment, a segment or a part."""
    found = await episodes.stream(hub, slug)
    if name.endswith(".mp4"):
        return Answer(await found.init(rendition, name), _kept("video/mp4"))
    match = _SEGMENT.fullmatch(name)
    if match is None:
        raise NotFound(f"nothing is called {name}")
    msn = int(match[1])
    if match[2] is None:
        return Answer(await found.segment(rendition, msn), _kept("video/iso.segment"))
    return Answer(await found.part(rendition, msn, int(match[2])), _kept("video/iso.segment"))


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address below `/live`."""

    async def stream(request: Request) -> Stream:
        return await episodes.stream(hub, Slug(request.path_params["slug"]))

    @public
    async def multivariant(request: Request) -> Response:
        found = await stream(request)
        return _answer(found.multivariant(), hls.CONTENT_TYPE, FOREVER if found.ended else BRIEF)

    @public
    async def a_playlist(request: Request) -> Response:
        slug, rendition = Slug(request.path_params["slug"]), request.path_params["rendition"]
        gzip = "gzip" in request.headers.get("accept-encoding", "")
        return _response(await playlist(hub, slug, rendition, request.query_params, gzip=gzip))

    @public
    async def some_media(request: Request) -> Response:
        slug, rendition = Slug(request.path_params["slug"]), request.path_params["rendition"]
        return _response(await media(hub, slug, rendition, request.path_params["name"]))

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
        Door("GET", f"/live/{{slug}}/{{rendition}}/{hls.PLAYLIST}", a_playlist),
        Door("GET", "/live/{slug}/{rendition}/{name}", some_media),
    ]


def _kept(kind: str) -> dict[str, str]:
    return {"content-type": kind, "cache-control": FOREVER}


def _response(answer: Answer) -> Response:
    return Response(answer.content, headers={**answer.headers, **OPEN})


def _answer(content: bytes, kind: str, cache: str) -> Response:
    return Response(content, media_type=kind, headers={"cache-control": cache, **OPEN})


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise BadInput(f"_HLS_msn and _HLS_part are numbers from 0; {text[:20]!r} is not")
    return int(text)
