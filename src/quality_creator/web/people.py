"""Pages about people: one's own keys and sessions; accounts, personal links and the audit."""

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from quality_creator.actions import audit, entry, institutions, links, people, sessions
from quality_creator.actions.hub import Hub
from quality_creator.actions.passkeys import Ceremonies
from quality_creator.model.errors import BadInput, Conflict
from quality_creator.model.ids import InstitutionId, PersonId, Slug
from quality_creator.model.person import Role, Visitor
from quality_creator.store.audit import Deed
from quality_creator.web import deeds, pages
from quality_creator.web.api import decoded, json
from quality_creator.web.entrance import SignIn, question_of
from quality_creator.web.forms import Form, form
from quality_creator.web.refusal import told
from quality_creator.web.security import Door, Trail, allow
from quality_creator.web.sessions import device_of
from quality_creator.web.site import language
from quality_creator.web.words import PLACES, ROLES

administrator = allow(Role.ADMINISTRATOR)


def routes(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    """Every page about people, and what the command line asks."""
    return [
        *_own(hub, ceremonies),
        *_accounts(hub, ceremonies),
        *_links(hub, ceremonies),
        *_api(hub, ceremonies),
    ]


# --- one's own -----------------------------------------------------------------------------------


def _own(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    async def me(request: Request, visitor: Visitor, code: int = 200, **values: Any) -> Response:
        portrait = None if visitor.person is None else await people.portrait(hub, visitor.person.id)
        keys = None
        if visitor.person is not None and visitor.may(Role.EXPERT):
            keys = await institutions.keys_of(hub, visitor.person)
        shown = {"keys": keys, "fresh": (), "complaint": "", "recovered": False} | values
        places = [place for place in PLACES if visitor.may(*place.roles)]
        return page(request, "me.html", visitor, code, portrait=portrait, places=places, **shown)

    @allow(*Role)
    async def own(request: Request, visitor: Visitor) -> Response:
        return await me(request, visitor, recovered="recovered" in request.query_params)

    @allow(*Role)
    async def question(request: Request, visitor: Visitor) -> Response:
        return question_of(await entry.another_passkey(hub, ceremonies, visitor))

    @allow(*Role)
    async def add(request: Request, visitor: Visitor) -> Response:
        answer = await decoded(request, SignIn)
        await entry.add_passkey(hub, ceremonies, visitor, answer, device_of(request))
        return json({"to": "/me"})

    @allow(*Role)
    async def drop(request: Request, visitor: Visitor) -> Response:
        try:
            await entry.drop_passkey(hub, visitor, request.path_params["passkey"])
        except Conflict as error:
            return await me(request, visitor, 409, complaint=told(request, error))
        return RedirectResponse("/me", 303)

    @allow(*Role)
    async def codes(request: Request, visitor: Visitor) -> Response:
        return await me(request, visitor, fresh=await entry.new_codes(hub, visitor))

    @allow(*Role)
    async def end(request: Request, visitor: Visitor) -> Response:
        await sessions.end_own(hub, visitor, request.path_params["session"])
        return RedirectResponse("/me", 303)

    return [
        Door("GET", "/me", own),
        Door("POST", "/me/passkeys/question", question, act=Trail.NONE),  # a question changes nothing
        Door("POST", "/me/passkeys", add, act=Trail.ITSELF),
        Door("POST", "/me/passkeys/{passkey}/drop", drop, act=Trail.ITSELF),
        Door("POST", "/me/codes", codes, act=Trail.ITSELF),
        Door("POST", "/me/sessions/{session}/end", end, act=Trail.ITSELF),
    ]


# --- accounts and the audit ----------------------------------------------------------------------


def _accounts(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    address = ceremonies.party.address

    async def overview(request: Request, visitor: Visitor, code: int = 200, **values: Any) -> Response:
        shown: dict[str, Any] = {"invited": None, "link": "", "complaint": "", "given": {}} | values
        everybody = await people.everybody(hub)
        return page(request, "people.html", visitor, code, everybody=everybody, **shown)

    async def one(request: Request, visitor: Visitor, code: int = 200, **values: Any) -> Response:
        shown: dict[str, Any] = {"link": "", "complaint": ""} | values
        portrait = await people.portrait(hub, _person(request))
        done = await audit.newest(hub, who=portrait.person.id)
        return page(
            request,
            "person.html",
            visitor,
            code,
            portrait=portrait,
            deeds=_told(request, hub, done[:10]),
            **shown,
        )

    @administrator
    async def everybody(request: Request, visitor: Visitor) -> Response:
        return await overview(request, visitor)

    @administrator
    async def invite(request: Request, visitor: Visitor) -> Response:
        given = await form(request)
        fields = {key: given(key).strip() for key in ("account", "name", "institution")}
        try:
            roles, institution = _roles(given)
            wanted = people.Invitation(
                account=fields["account"].lower(), name=fields["name"], roles=roles, institution=institution
            )
            person, secret = await people.invite(hub, visitor, wanted)
        except (BadInput, Conflict) as error:
            code = 409 if isinstance(error, Conflict) else 400
            return await overview(
                request,
                visitor,
                code,
                complaint=told(request, error),
                given=fields | {"roles": given.every("role")},
            )
        return await overview(request, visitor, invited=person, link=f"{address}/invite/{secret}")

    @administrator
    async def person(request: Request, visitor: Visitor) -> Response:
        return await one(request, visitor)

    @administrator
    async def change(request: Request, visitor: Visitor) -> Response:
        given = await form(request)
        try:
            roles, institution = _roles(given)
            await people.change(
                hub,
                visitor,
                _person(request),
                roles=roles,
                institution=institution,
                disabled=given("disabled") == "yes",
            )
        except (BadInput, Conflict) as error:
            return await one(
                request, visitor, 409 if isinstance(error, Conflict) else 400, complaint=told(request, error)
            )
        return RedirectResponse(f"/people/{_person(request)}", 303)

    @administrator
    async def invite_again(request: Request, visitor: Visitor) -> Response:
        try:
            _, secret = await people.invite_again(hub, visitor, _person(request))
        except Conflict as error:
            return await one(request, visitor, 409, complaint=told(request, error))
        return await one(request, visitor, link=f"{address}/invite/{secret}")

    @administrator
    async def sign_out(request: Request, visitor: Visitor) -> Response:
        await sessions.end_every(hub, visitor, _person(request))
        return RedirectResponse(f"/people/{_person(request)}", 303)

    @administrator
    async def trail(request: Request, visitor: Visitor) -> Response:
        before = request.query_params.get("before", "")
        if before and not (before.isascii() and before.isdigit() and len(before) < 16):
            raise BadInput("before is the number of a row, not {before!r}", before=before[:64])
        done = await audit.newest(hub, int(before) if before else None)
        more = len(done) == audit.PAGE
        shown = _told(request, hub, done)
        return page(request, "audit.html", visitor, deeds=shown, more=more, first=not before)

    return [
        Door("GET", "/people", everybody),
        Door("POST", "/people", invite, act=Trail.ITSELF),
        Door("GET", "/people/{person}", person),
        Door("POST", "/people/{person}", change, act=Trail.ITSELF),
        Door("POST", "/people/{person}/invite", invite_again, act=Trail.ITSELF),
        Door("POST", "/people/{person}/sign-out", sign_out, act=Trail.ITSELF),
        Door("GET", "/audit", trail),
    ]


def _told(request: Request, hub: Hub, done: Sequence[Deed]) -> list[deeds.Told]:
    reader = language(request)
    sources = {str(camera.id): camera.name.pick(reader) for camera in hub.config.cameras}
    return [deeds.told(one, reader, sources) for one in done]


def _person(request: Request) -> PersonId:
    return PersonId(request.path_params["person"])


def _roles(given: Form) -> tuple[frozenset[Role], InstitutionId | None]:
    try:
        roles = frozenset(Role(role) for role in given.every("role"))
    except ValueError as error:
        raise BadInput("role: {error}; there are: {role}", error=error, role=tuple(Role)) from error
    institution = given("institution").strip()
    return roles, InstitutionId(institution) if institution else None


# --- personal links ------------------------------------------------------------------------------


def _links(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    inviting = allow(Role.ADMINISTRATOR, Role.PRODUCER)

    async def overview(request: Request, visitor: Visitor, code: int = 200, **values: Any) -> Response:
        shown: dict[str, Any] = {"made": None, "link": "", "complaint": "", "given": {}} | values
        return page(
            request,
            "links.html",
            visitor,
            code,
            links=await links.everything(hub),
            episodes=await hub.database.episodes.in_states("on-air", "planned"),
            **shown,
        )

    @inviting
    async def everything(request: Request, visitor: Visitor) -> Response:
        return await overview(request, visitor)

    @inviting
    async def make(request: Request, visitor: Visitor) -> Response:
        given = await form(request)
        fields = {key: given(key).strip() for key in ("role", "name", "episode", "hours")}
        try:
            made, secret = await links.make(
                hub,
                visitor,
                role=_role(fields["role"]),
                name=fields["name"],
                episode=Slug(fields["episode"]),
                hours=_hours(fields["hours"]),
            )
        except BadInput as error:
            return await overview(request, visitor, 400, complaint=told(request, error), given=fields)
        return await overview(request, visitor, made=made, link=f"{ceremonies.party.address}/link/{secret}")

    @inviting
    async def revoke(request: Request, visitor: Visitor) -> Response:
        await links.revoke(hub, visitor, request.path_params["link"])
        return RedirectResponse("/links", 303)

    return [
        Door("GET", "/links", everything),
        Door("POST", "/links", make, act=Trail.ITSELF),
        Door("POST", "/links/{link}/revoke", revoke, act=Trail.ITSELF),
    ]


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise BadInput("role: {text!r}; a personal link is for a guest or an expert", text=text) from error


def _hours(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise BadInput("hours: {text!r} is not a number of hours", text=text[:16])
    return int(text)


# --- what the command line asks ------------------------------------------------------------------


class Code(msgspec.Struct, frozen=True, kw_only=True):
    """A one-time address, and until when it is good."""

    address: str
    until: str


def _api(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    address = ceremonies.party.address

    @administrator
    async def everybody(_: Request, __: Visitor) -> Response:
        return json({"people": await people.everybody(hub)})

    @administrator
    async def invite(request: Request, visitor: Visitor) -> Response:
        person, secret = await people.invite(hub, visitor, await decoded(request, people.Invitation))
        return json({"person": person, "address": f"{address}/invite/{secret}"}, 201)

    @administrator
    async def admin_code(request: Request, visitor: Visitor) -> Response:
        secret, link = await people.admin_code(hub, visitor)
        return json(Code(address=f"{address}/invite/{secret}", until=link.until.isoformat()), 201)

    return [
        Door("GET", "/api/people", everybody),
        Door("POST", "/api/people", invite, act=Trail.ITSELF),
        Door("POST", "/api/people/admin-code", admin_code, act=Trail.ITSELF),
    ]


def page(request: Request, template: str, visitor: Visitor, code: int = 200, **values: Any) -> Response:
    """A page for somebody who is signed in."""
    text = pages.render(language(request), template, request.url.path, visitor=visitor, roles=ROLES, **values)
    return HTMLResponse(text, code)
