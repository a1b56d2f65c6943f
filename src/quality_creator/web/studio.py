"""The studio: a producer's page, its commands, what it sees as it happens; the host's timer and prompter."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from quality_creator.actions import studio, studio_view
from quality_creator.actions.command import Command
from quality_creator.actions.desk import Desk, Seen
from quality_creator.actions.hub import Hub
from quality_creator.actions.studio import Studio
from quality_creator.media import wire
from quality_creator.media.templates import templates
from quality_creator.model.decoding import explained
from quality_creator.model.errors import BadInput, NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.person import STAFF, Role, Visitor
from quality_creator.model.text import Language
from quality_creator.show import files
from quality_creator.web import pages
from quality_creator.web.api import body, json
from quality_creator.web.heard_words import HEARD
from quality_creator.web.out_words import OUT_WORDS
from quality_creator.web.security import Door, Trail, allow
from quality_creator.web.site import language
from quality_creator.web.studio_words import KINDS, STUDIO_WORDS

WATCH_S = 2.0
"""How often the mixer is told that somebody still looks; it stops sending pictures a little after."""

FROM_THE_LOG = frozenset({"remark", "draw"})
"""Templates of graphics that are taken on air where what they show is listed; nobody fills them in."""

_command: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)

producer = allow(Role.PRODUCER)
host = allow(*STAFF, Role.GUEST, Role.EXPERT)


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address below `/studio`, and the host's pages of an episode."""

    async def room(request: Request) -> Studio:
        return await studio.studio(hub, Slug(request.path_params["slug"]))

    @producer
    async def page(request: Request, visitor: Visitor) -> Response:
        found = await room(request)
        reader = language(request)
        known = [(one, pages.say(reader, one)) for one in HEARD]
        return _page(
            request, "studio.html", visitor, episode=found.episode, data=_data(hub, reader), heard=known
        )

    @producer
    async def do(request: Request, visitor: Visitor) -> Response:
        try:
            command = _command.decode(await body(request))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadInput("this is not a command of the studio: {error}", error=explained(error)) from error
        slug = Slug(request.path_params["slug"])
        return json(await studio.perform(hub, slug, command, visitor.name))

    @producer
    async def state(request: Request, _: Visitor) -> Response:
        return json(studio_view.view(await room(request)))

    @producer
    async def stream(request: Request, _: Visitor) -> Response:
        await room(request)
        slug = Slug(request.path_params["slug"])
        return StreamingResponse(_frames(hub, slug), media_type="application/octet-stream")

    @producer
    async def table(request: Request, _: Visitor) -> Response:
        found = await room(request)
        return _file(files.to_csv(found.show.state.rundown), f"{found.episode.slug}-rundown.csv", "text/csv")

    @producer
    async def plan(request: Request, _: Visitor) -> Response:
        found = await room(request)
        data = files.to_json(found.show.state.rundown)
        return _file(data, f"{found.episode.slug}-rundown.json", "application/json")

    @producer
    async def bring_table(request: Request, visitor: Visitor) -> Response:
        known = (await room(request)).episode.sources
        items = files.from_csv(await body(request), known)
        return json(await studio.replace(hub, Slug(request.path_params["slug"]), items, visitor.name))

    @producer
    async def bring_plan(request: Request, visitor: Visitor) -> Response:
        known = (await room(request)).episode.sources
        items = files.from_json(await body(request), known)
        return json(await studio.replace(hub, Slug(request.path_params["slug"]), items, visitor.name))

    @producer
    async def bring_image(request: Request, visitor: Visitor) -> Response:
        slug = Slug(request.path_params["slug"])
        return json(await studio.bring_image(hub, slug, await body(request), visitor.name))

    @producer
    async def image(request: Request, _: Visitor) -> Response:
        found = await room(request)
        data = found.show.images.get(request.path_params["digest"])
        if data is None:
            raise NotFound("this picture was not brought along")
        return Response(data, media_type="image/png", headers={"cache-control": "private, max-age=86400"})

    @producer
    async def decisions(request: Request, _: Visitor) -> Response:
        found = await room(request)
        text = await studio_view.decisions(found)
        return _file(text.encode(), f"{found.episode.slug}.edl", "text/plain")

    @host
    async def timer(request: Request, visitor: Visitor) -> Response:
        found = await room(request)
        return _page(request, "timer.html", visitor, episode=found.episode, prompter=False)

    @host
    async def prompter(request: Request, visitor: Visitor) -> Response:
        found = await room(request)
        return _page(request, "timer.html", visitor, episode=found.episode, prompter=True)

    @host
    async def times(request: Request, _: Visitor) -> Response:
        found = await room(request)
        return json(studio_view.cue_sheet(found))

    return [
        Door("GET", "/studio/{slug}", page),
        # What is done stands in the show's own log, with the name of who did it.
        Door("POST", "/studio/{slug}/do", do, act=Trail.NONE),
        Door("GET", "/studio/{slug}/state.json", state),
        Door("GET", "/studio/{slug}/stream", stream),
        Door("GET", "/studio/{slug}/rundown.csv", table),
        Door("GET", "/studio/{slug}/rundown.json", plan),
        Door("POST", "/studio/{slug}/rundown.csv", bring_table, act=Trail.NONE),
        Door("POST", "/studio/{slug}/rundown.json", bring_plan, act=Trail.NONE),
        Door("POST", "/studio/{slug}/images", bring_image, act=Trail.NONE),
        Door("GET", "/studio/{slug}/images/{digest}", image),
        Door("GET", "/studio/{slug}/as-run.edl", decisions),
        Door("GET", "/episodes/{slug}/timer", timer),
        Door("GET", "/episodes/{slug}/prompter", prompter),
        Door("GET", "/episodes/{slug}/timer.json", times),
    ]


def _page(request: Request, template: str, visitor: Visitor, **values: Any) -> Response:
    reader = language(request)
    words = {key: pages.say(reader, message) for key, message in (STUDIO_WORDS | OUT_WORDS).items()}
    values = {"visitor": visitor, "studio_words": words, **values}
    return HTMLResponse(pages.render(reader, template, request.url.path, **values))


def _data(hub: Hub, reader: Language) -> dict[str, object]:
    """What the producer's page can choose from."""
    return {
        "templates": [
            {"id": one.id, "name": one.v_quality_creator.name, "fields": one.fields, "needs": one.needs}
            for one in templates().values()
            if one.id not in FROM_THE_LOG
        ],
        "lines": [{"id": one.id, "name": one.name} for one in hub.config.lines if one.oee and one.oee.public],
        "kinds": {kind: pages.say(reader, words) for kind, words in KINDS.items()},
        "characteristics": [
            {"id": one.id, "name": one.name} for one in hub.config.characteristics if one.public
        ],
    }


def _file(data: bytes, name: str, kind: str) -> Response:
    return Response(data, media_type=kind, headers={"content-disposition": f'attachment; filename="{name}"'})


# --- what a page sees as it happens --------------------------------------------------------------

_HEAD = struct.Struct(">IB")
_STATE, _PICTURE, _METERS = 0, 1, 2


class _Window:
    """What is new for one page. A page that reads slowly gets fewer pictures, and always the newest state."""

    def __init__(self) -> None:
        self.news = asyncio.Event()
        self.state = True
        self.pictures: dict[str, bytes] = {}
        self.meters: wire.Meters | None = None

    def hear(self) -> None:
        """The show has an entry more."""
        self.state = True
        self.news.set()

    def see(self, message: Seen) -> None:
        """The mixer sent something."""
        if isinstance(message, wire.SourceState):
            self.state = True
        elif isinstance(message, wire.Meters):
            self.meters = message
        else:
            # A source's name never begins with a full stop.
            self.pictures.update({str(name): data for name, data in message.sources.items()})
            self.pictures.update({".program": message.program, ".preview": message.preview})
        self.news.set()


async def _frames(hub: Hub, slug: Slug) -> AsyncIterator[bytes]:
    """Frames for a page: 4 bytes of length, 1 byte of kind; a state as JSON, or a name and its JPEG."""
    window = _Window()
    watched: Desk | None = None
    with ExitStack() as show, ExitStack() as desk:
        room = await studio.studio(hub, slug)
        show.callback(room.show.listen(window.hear))
        while True:
            room = await studio.studio(hub, slug)
            if room.desk is not watched:
                desk.close()
                watched = room.desk
                window.state = True
                if watched is not None:
                    desk.callback(watched.watch(window.see))
            if watched is not None:
                watched.tell(wire.Watch(seconds=2 * WATCH_S))
            deadline = asyncio.get_running_loop().time() + WATCH_S
            while asyncio.get_running_loop().time() < deadline:
                window.news.clear()
                pictures, window.pictures = window.pictures, {}
                if window.state:
                    window.state = False
                    room = await studio.studio(hub, slug)
                    yield _framed(_STATE, msgspec.json.encode(studio_view.view(room)))
                    if room.desk is not watched:
                        break
                if window.meters is not None:
                    yield _framed(_METERS, msgspec.json.encode(window.meters))
                    window.meters = None
                for name, data in pictures.items():
                    head = name.encode()
                    yield _framed(_PICTURE, bytes([len(head)]) + head + data)
                try:
                    async with asyncio.timeout_at(deadline):
                        await window.news.wait()
                except TimeoutError:
                    break


def _framed(kind: int, data: bytes) -> bytes:
    return _HEAD.pack(len(data), kind) + data
