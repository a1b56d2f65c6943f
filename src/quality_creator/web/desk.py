"""The expert's desk: its page, what it sees as it happens, remarks that come in signed, and the private chat.

`GET /desk/{slug}/live` is a stream of events (text/event-stream): each has the whole state as
`/desk/{slug}/state` gives it, sent at once and whenever something changed; a comment every few seconds
shows that the line is alive. Nothing of it is kept by caches.
"""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute

from quality_creator.actions import episodes, logged_graphics, remarks
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadPayload, Forbidden
from quality_creator.model.ids import Slug
from quality_creator.model.person import Role, Visitor
from quality_creator.trust.remark import LONGEST
from quality_creator.web.api import body, decoded, json
from quality_creator.web.security import Door, Trail, allow

LOOK_S = 2.0
"""How often a page is looked after where nothing told of a change: a lot that was drawn, a key approved."""

ALIVE_LOOKS = 5
"""After how many quiet looks a sign of life is sent."""

at_desk = allow(Role.EXPERT, Role.PRODUCER)


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the chat."""

    words: str


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether what an expert asked for was done."""

    done: bool = True


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address below `/desk`."""
    return [*_desk_doors(hub), *_producer_doors(hub)]


def _desk_doors(hub: Hub) -> list[Door]:

    @at_desk
    async def state(request: Request, visitor: Visitor) -> Response:
        return json(await remarks.desk(hub, _slug(request), visitor))

    @allow(Role.EXPERT)
    async def enter(request: Request, visitor: Visitor) -> Response:
        data = await body(request)
        if len(data) > LONGEST:
            raise BadPayload(f"a remark of {len(data)} bytes; at most {LONGEST} are taken")
        return json(await remarks.enter(hub, _slug(request), visitor, data), 201)

    @at_desk
    async def live(request: Request, visitor: Visitor) -> Response:
        slug = _slug(request)
        await remarks.desk(hub, slug, visitor)
        return StreamingResponse(
            _follow(hub, slug, request),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    @at_desk
    async def chat(request: Request, visitor: Visitor) -> Response:
        line = await decoded(request, Words)
        await remarks.chat(hub, _slug(request), line.words, visitor.name)
        return json({}, 201)

    return [
        Door("GET", "/desk/{slug}/state", state),
        # A remark is its own record, in a log that anyone may read; the chat stands in the show's own log.
        Door("POST", "/desk/{slug}/remarks", enter, act=Trail.NONE),
        Door("GET", "/desk/{slug}/live", live),
        Door("POST", "/desk/{slug}/chat", chat, act=Trail.NONE),
    ]


def _producer_doors(hub: Hub) -> list[Door]:
    producer = allow(Role.PRODUCER)

    @producer
    async def air(request: Request, visitor: Visitor) -> Response:
        return json(await logged_graphics.show_remark(hub, _slug(request), _id(request), visitor.name))

    @producer
    async def off(request: Request, visitor: Visitor) -> Response:
        return json(await logged_graphics.hide_remark(hub, _slug(request), _id(request), visitor.name))

    @producer
    async def done(request: Request, visitor: Visitor) -> Response:
        given = await decoded(request, Answer)
        slug, name = _slug(request), _id(request)
        return json(await logged_graphics.answer(hub, slug, name, visitor.name, done=given.done))

    @producer
    async def draw(request: Request, visitor: Visitor) -> Response:
        return json(await logged_graphics.show_draw(hub, _slug(request), _id(request), visitor.name))

    @producer
    async def draw_off(request: Request, visitor: Visitor) -> Response:
        return json(await logged_graphics.hide_draw(hub, _slug(request), _id(request), visitor.name))

    # What is done stands in the show's own log, with the name of who did it.
    return [
        Door("POST", "/desk/{slug}/remarks/{id}/air", air, act=Trail.NONE),
        Door("POST", "/desk/{slug}/remarks/{id}/off", off, act=Trail.NONE),
        Door("POST", "/desk/{slug}/remarks/{id}/done", done, act=Trail.NONE),
        Door("POST", "/desk/{slug}/draws/{id}/air", draw, act=Trail.NONE),
        Door("POST", "/desk/{slug}/draws/{id}/off", draw_off, act=Trail.NONE),
    ]


async def _follow(hub: Hub, slug: Slug, request: Request) -> AsyncIterator[bytes]:
    """The state whenever it changes, for as long as its reader may see it."""
    news = asyncio.Event()
    before, quiet = b"", 0
    show = await episodes.show_of(hub, await episodes.by_slug(hub, slug))
    stop = show.listen(news.set)
    try:
        while True:
            news.clear()
            # Who was signed out or lost their key's approval sees it here, too.
            visitor = await request.app.state.sessions.visitor(request)
            if visitor is None or not visitor.may(Role.EXPERT, Role.PRODUCER):
                yield b"event: dismissed\ndata: {}\n\n"
                return
            now = await remarks.desk(hub, slug, visitor)
            # The clock and the programme's edge go on by themselves; the page knows them.
            known = msgspec.json.encode(msgspec.structs.replace(now, now=0, edge=0))
            if known != before:
                yield b"data: " + msgspec.json.encode(now) + b"\n\n"
                before, quiet = known, 0
            elif quiet == ALIVE_LOOKS:
                yield b": here\n\n"
                quiet = 0
            quiet += 1
            try:
                async with asyncio.timeout(LOOK_S):
                    await news.wait()
            except TimeoutError:
                continue
    except Forbidden:
        yield b"event: dismissed\ndata: {}\n\n"
    finally:
        stop()


def _slug(request: Request) -> Slug:
    return Slug(request.path_params["slug"])


def _id(request: Request) -> str:
    return str(request.path_params["id"])
