"""The forum's addresses: a guest's own page, WHIP and WHEP by their personal link, and the producer's list.

What a link opens is in its path: encoders that know only an address can send by it (RFC 9725). A wrong link
counts as a try at a door.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Literal

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from quality_creator.actions import episodes, guests, studio
from quality_creator.actions.forum import Forum
from quality_creator.actions.guests import Pass
from quality_creator.actions.hub import Hub
from quality_creator.model.episode import Episode, EpisodeState
from quality_creator.model.errors import BadInput, BadPayload, Forbidden, NotFound
from quality_creator.model.guest import TALKBACK
from quality_creator.model.ids import Slug, SourceId
from quality_creator.model.person import Role, Visitor
from quality_creator.web import pages
from quality_creator.web.api import body, decoded, json
from quality_creator.web.patience import TooOften
from quality_creator.web.security import Door, Trail, allow, public
from quality_creator.web.site import language

MAX_OFFER = 64 << 10
"""Bytes; a browser's offer has about seven thousand."""

LOOK_S = 0.1
"""How often a guest's page is looked after."""

ALIVE_LOOKS, STATE_LOOKS = 50, 20
"""After how many looks a sign of life is sent, and an episode that is not on air is read anew."""

PRIVATE = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(self), microphone=(self), geolocation=()",
}
"""On a guest's page: it may use the camera, and nobody else learns its address."""

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


class Mute(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether nobody hears a guest."""

    muted: bool


class Renew(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a new link lets a guest in."""

    hours: float = 72.0


class Talk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom the producer talks to."""

    guest: SourceId | None


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address of the forum."""
    return [*_guest_doors(hub), *_producer_doors(hub)]


def _guest_doors(hub: Hub) -> list[Door]:
    async def admit(request: Request) -> Pass:
        with request.app.state.sessions.guess(request):
            return await guests.admit(hub, request.path_params["link"])

    @public
    async def page(request: Request) -> Response:
        try:
            found = await admit(request)
        except TooOften:
            raise
        except Forbidden:
            return HTMLResponse(
                pages.render(language(request), "join_closed.html", request.url.path),
                403,
                headers=PRIVATE,
            )
        await guests.came(hub, found)
        episode = await _episode(hub, found.slug)
        values = {"guest": found.guest, "episode": episode, "servers": _servers(hub)}
        return HTMLResponse(
            pages.render(language(request), "join.html", request.url.path, **values), headers=PRIVATE
        )

    @public
    async def events(request: Request) -> Response:
        found = await admit(request)
        return StreamingResponse(
            _follow(hub, found),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )

    def whip_or_whep(way: Literal["send", "receive"], name: str) -> list[Door]:
        @public
        async def offer(request: Request) -> Response:
            found = await admit(request)
            forum = await guests.forum_of(hub, found.slug)
            session, answer = await forum.offer(
                found.guest.id, way, await _offer(request), request.query_params.get("resume")
            )
            return _created(hub, f"{request.url.path}/{session}", answer)

        @public
        async def trickle(request: Request) -> Response:
            found = await admit(request)
            forum = await guests.forum_of(hub, found.slug)
            return await _trickled(request, forum, found.guest.id)

        @public
        async def leave(request: Request) -> Response:
            found = await admit(request)
            forum = await guests.forum_of(hub, found.slug)
            forum.hang_up(found.guest.id, request.path_params["session"])
            return Response()

        path = f"/api/join/{{link}}/{name}"
        # Who was there, and when, stands in the show's own log as the loss and the return of a source.
        return [
            Door("POST", path, offer, act=Trail.NONE),
            Door("PATCH", f"{path}/{{session}}", trickle, act=Trail.NONE),
            Door("DELETE", f"{path}/{{session}}", leave, act=Trail.NONE),
        ]

    return [
        Door("GET", "/join/{link}", page),
        Door("GET", "/api/join/{link}/events", events),
        *whip_or_whep("send", "whip"),
        *whip_or_whep("receive", "whep"),
    ]


def _producer_doors(hub: Hub) -> list[Door]:
    producer = allow(Role.PRODUCER)

    @producer
    async def list_(request: Request, _: Visitor) -> Response:
        show = (await studio.studio(hub, _slug(request))).show
        return json({"guests": await guests.attendance(hub, _slug(request), show.state.mix)})

    @producer
    async def levels(request: Request, _: Visitor) -> Response:
        forum = await guests.forum_of(hub, _slug(request))
        return json({"levels": forum.levels, "speaker": forum.speaker, "speaking": forum.speaking})

    @producer
    async def invite(request: Request, visitor: Visitor) -> Response:
        draft = await decoded(request, guests.Draft)
        return json(await guests.invite(hub, _slug(request), draft, visitor), 201)

    @producer
    async def renew(request: Request, visitor: Visitor) -> Response:
        wanted = await decoded(request, Renew)
        if not 0 < wanted.hours <= 24 * 60:
            raise BadInput("hours: more than 0 and at most 1440")
        return json(await guests.renew(hub, _slug(request), _guest(request), wanted.hours, visitor))

    @producer
    async def mute(request: Request, visitor: Visitor) -> Response:
        wanted = await decoded(request, Mute)
        request.state.detail = {"muted": wanted.muted}
        slug, guest = _slug(request), _guest(request)
        if guest not in (await guests.forum_of(hub, slug)).guests:
            raise NotFound("there is no guest {guest!r}", guest=guest)
        return json(await studio.mute(hub, slug, guest, wanted.muted, visitor.name))

    @producer
    async def remove(request: Request, _: Visitor) -> Response:
        await guests.remove(hub, _slug(request), _guest(request))
        return json({})

    @producer
    async def talk(request: Request, _: Visitor) -> Response:
        wanted = await decoded(request, Talk)
        (await guests.forum_of(hub, _slug(request))).talk(wanted.guest)
        return json({"guest": wanted.guest})

    @producer
    async def talk_offer(request: Request, _: Visitor) -> Response:
        forum = await guests.forum_of(hub, _slug(request))
        session, answer = await forum.offer(TALKBACK, "talk", await _offer(request), None)
        return _created(hub, f"{request.url.path}/{session}", answer)

    @producer
    async def talk_trickle(request: Request, _: Visitor) -> Response:
        return await _trickled(request, await guests.forum_of(hub, _slug(request)), TALKBACK)

    @producer
    async def talk_leave(request: Request, _: Visitor) -> Response:
        (await guests.forum_of(hub, _slug(request))).hang_up(TALKBACK, request.path_params["session"])
        return Response()

    @producer
    async def page(request: Request, visitor: Visitor) -> Response:
        episode = await _episode(hub, _slug(request))
        here = pages.render(
            language(request), "forum.html", request.url.path, episode=episode, visitor=visitor
        )
        return HTMLResponse(
            here, headers={"permissions-policy": "camera=(), microphone=(self), geolocation=()"}
        )

    one = "/api/episodes/{slug}/guests/{guest}"
    talkback = "/api/episodes/{slug}/talkback"
    return [
        Door("GET", "/episodes/{slug}/guests", page),
        Door("GET", "/api/episodes/{slug}/guests", list_),
        Door("GET", "/api/episodes/{slug}/levels", levels),
        Door("POST", "/api/episodes/{slug}/guests", invite, act=Trail.ITSELF),
        Door("POST", f"{one}/link", renew, act=Trail.ITSELF),
        Door("POST", f"{one}/mute", mute, act="guest.mute"),
        Door("DELETE", one, remove, act="guest.remove"),
        # Who is talked to changes with every press of a key, and nobody else hears it.
        Door("PUT", talkback, talk, act=Trail.NONE),
        Door("POST", talkback, talk_offer, act=Trail.NONE),
        Door("PATCH", f"{talkback}/{{session}}", talk_trickle, act=Trail.NONE),
        Door("DELETE", f"{talkback}/{{session}}", talk_leave, act=Trail.NONE),
    ]


# --- WHIP and WHEP ---------------------------------------------------------------------------------


async def _offer(request: Request) -> str:
    if request.headers.get("content-type", "").partition(";")[0].strip() != SDP:
        raise BadInput("post an offer as `content-type: {kind}`", kind=SDP)
    data = await body(request)
    if len(data) > MAX_OFFER:
        raise BadInput("an offer of {count} bytes; at most {most} are taken", count=len(data), most=MAX_OFFER)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadInput("the offer is not UTF-8: {error}", error=error) from error


def _created(hub: Hub, path: str, answer: str) -> Response:
    made = Response(
        answer,
        201,
        media_type=SDP,
        headers={"location": path, "accept-patch": FRAGMENT, "cache-control": "no-store"},
    )
    for server in hub.config.webrtc.ice_servers:
        for url in server.urls:
            words = [f"<{url}>", 'rel="ice-server"']
            if server.username:
                words += [f'username="{server.username}"', f'credential="{server.credential}"']
                words += ['credential-type="password"']
            made.headers.append("link", "; ".join(words))
    return made


async def _trickled(request: Request, forum: Forum, guest: SourceId) -> Response:
    if request.headers.get("content-type", "").partition(";")[0].strip() != FRAGMENT:
        raise BadInput("patch with `content-type: {kind}`", kind=FRAGMENT)
    data = await body(request)
    if len(data) > MAX_OFFER:
        raise BadInput(
            "a fragment of {count} bytes; at most {most} are taken", count=len(data), most=MAX_OFFER
        )
    try:
        await forum.trickle(guest, request.path_params["session"], data.decode(errors="replace"))
    except BadPayload as error:
        # RFC 9725, 4.3.1: candidates are taken, ICE restarts are not.
        return json({"error": str(error)}, 422)
    return Response(status_code=204)


# --- what a guest's page is told -------------------------------------------------------------------


async def _follow(hub: Hub, found: Pass) -> AsyncIterator[bytes]:
    """Where the guest is, whenever that changes, until they go or may not be here any more."""
    before: guests.Attending | None = None
    episode = await _episode(hub, found.slug)
    for number in itertools.count():
        if found.slug not in hub.air and number % STATE_LOOKS == 0:
            episode = await _episode(hub, found.slug)
        state: EpisodeState = "on-air" if found.slug in hub.air else episode.state
        forum = await guests.forum_of(hub, found.slug)
        if found.guest.id not in forum.guests:
            yield b"event: dismissed\ndata: {}\n\n"
            return
        show = await episodes.show_of(hub, episode)
        now = guests.attending(state, forum, show.state.mix, found.guest.id)
        if now != before:
            yield b"data: " + msgspec.json.encode(now) + b"\n\n"
            before = now
        elif number % ALIVE_LOOKS == 0:
            yield b": here\n\n"
        await asyncio.sleep(LOOK_S)


async def _episode(hub: Hub, slug: Slug) -> Episode:
    found = await hub.database.episodes.by_slug(slug)
    if found is None:
        raise NotFound("there is no episode {slug!r}", slug=slug)
    return found


def _servers(hub: Hub) -> list[dict[str, object]]:
    return [
        {
            "urls": list(one.urls),
            **({"username": one.username, "credential": one.credential} if one.username else {}),
        }
        for one in hub.config.webrtc.ice_servers
    ]


def _slug(request: Request) -> Slug:
    return Slug(request.path_params["slug"])


def _guest(request: Request) -> SourceId:
    return SourceId(request.path_params["guest"])
