"""What every viewer asks for and every machine posts several times a second, with nothing in between.

A framework's way from a request to an answer costs more than finding a part in memory, or taking a reading
in. Playlists, parts and readings therefore are answered here, before the framework, by the functions that its
doors call too; everything else, and whatever is odd about a request, goes on to it.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from quality_creator.actions import readings
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import Forbidden, QualityCreatorError
from quality_creator.model.ids import Slug
from quality_creator.web import live
from quality_creator.web.api import body
from quality_creator.web.refusal import code, words
from quality_creator.web.security import HEADERS, PRIVATE, bearer

_READINGS = "/api/readings"

_BROWSERS = frozenset({b"origin", b"sec-fetch-site"})
"""Headers that only browsers send; whether they may post is for the framework's guards to say."""

_MEDIA = re.compile(r"/live/([^/]+)/([^/]+)/(index\.m3u8|\d{1,9}(?:\.\d{1,3})?\.m4s)")


def _raw(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


_MEDIA_HEADERS, _OUR_HEADERS, _PRIVATE_HEADERS = map(
    _raw, ({**HEADERS, **live.OPEN}, HEADERS, {**HEADERS, **PRIVATE})
)
_JSON = {"content-type": "application/json"}


class Express:
    """Stands before the application."""

    def __init__(self, app: ASGIApp, hub: Hub) -> None:
        self._app = app
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            posted = scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == _READINGS
            if posted and _BROWSERS.isdisjoint(name for name, _ in scope["headers"]):
                await self._take_readings(scope, receive, send)
            else:
                await self._app(scope, receive, send)
            return
        match = _MEDIA.fullmatch(scope["path"])
        if match is None:
            await self._app(scope, receive, send)
            return
        slug, rendition, name = match.groups()
        try:
            if name == "index.m3u8":
                query = parse_qs(scope["query_string"].decode("latin-1"))
                gzip = _takes_gzip(scope["headers"])
                answer = await live.playlist(self._hub, Slug(slug), rendition, _first(query), gzip=gzip)
            else:
                answer = await live.media(self._hub, Slug(slug), rendition, name)
        except QualityCreatorError as error:
            await _refuse(send, error)
            return
        await _send(send, 200, answer, _MEDIA_HEADERS)

    async def _take_readings(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            gauge = readings.gauge_of(self._hub, bearer(request))
            answer = await readings.take(self._hub, gauge, await body(request))
        except QualityCreatorError as error:
            await _refuse(send, error)
        except ClientDisconnect:
            pass  # nobody waits for an answer
        else:
            await _send(send, answer.http_status, live.Answer(answer.encode(), _JSON), _OUR_HEADERS)


async def _send(send: Send, status: int, answer: live.Answer, common: list[tuple[bytes, bytes]]) -> None:
    headers = [
        *common,
        *_raw(answer.headers),
        (b"content-length", str(len(answer.content)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.content})


async def _refuse(send: Send, error: QualityCreatorError) -> None:
    common = _PRIVATE_HEADERS if isinstance(error, Forbidden) else _OUR_HEADERS
    await _send(send, code(error), live.Answer(words(error), _JSON), common)


def _first(query: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in query.items()}


def _takes_gzip(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"accept-encoding" and b"gzip" in value for name, value in headers)
