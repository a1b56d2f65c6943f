"""Where people come in: sign-in by passkey, recovery code or the operator's token; invitations; links."""

import time
from contextlib import AbstractContextManager

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from quality_creator.actions import audit, entry, guests, links, people, sessions
from quality_creator.actions.hub import Hub
from quality_creator.actions.passkeys import Ceremonies
from quality_creator.actions.sessions import Caller, Entry
from quality_creator.model.errors import BadInput, Forbidden, NotFound
from quality_creator.model.person import Role, Visitor
from quality_creator.store.people import Link
from quality_creator.web import pages
from quality_creator.web.api import decoded, json
from quality_creator.web.forms import form, inside
from quality_creator.web.patience import TooOften
from quality_creator.web.security import PRIVATE, Door, Trail, allow, public, same
from quality_creator.web.sessions import address_of, device_of, let_in, let_out, secret_of
from quality_creator.web.site import language

SECRET = PRIVATE | {"referrer-policy": "no-referrer"}
"""On pages whose address is a secret."""

SignIn = dict[str, object]
"""A passkey's answer; `actions.passkeys` looks at it closely."""


class Naming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who makes a passkey; counts only for the first administrator."""

    account: str = ""
    name: str = ""


class Enrolment(Naming, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An invitation's answer."""

    credential: SignIn


def routes(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    """The doors."""
    return [*_sign_in(hub, ceremonies), *_invitations(hub, ceremonies), *_links(hub)]


def door(
    request: Request,
    hub: Hub,
    *,
    to: str,
    trouble: str = "",
    code: int = 200,
    **values: str,
) -> Response:
    """The page at which people sign in; they go on to where they wanted to go."""
    party = request.app.state.ceremonies.party
    page = pages.render(
        language(request),
        "sign_in.html",
        "/sign-in",
        to=inside(to),
        name=values.get("name", ""),
        account=values.get("account", ""),
        trouble=trouble,
        elsewhere="" if _here(request, party.origins) else party.address,
        usable=party.usable,
        operator=hub.config.hub.operator_sign_in,
    )
    return HTMLResponse(page, code, headers=PRIVATE)


def _here(request: Request, origins: tuple[str, ...]) -> bool:
    """Whether the page is open at one of the addresses to which passkeys belong."""
    return f"{request.url.scheme}://{request.headers.get('host', '')}" in origins


# --- sign-in -------------------------------------------------------------------------------------


def _sign_in(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    @public
    async def page(request: Request) -> Response:
        return door(request, hub, to=request.query_params.get("to", ""))

    @public
    async def question(request: Request) -> Response:
        return question_of(ceremonies.question(time.time()))

    @public
    async def by_passkey(request: Request) -> Response:
        answer = await decoded(request, SignIn)
        with request.app.state.sessions.attempt(request):
            found = await entry.sign_in(hub, ceremonies, answer, caller(request))
        return _entered(request, json({"to": inside(request.query_params.get("to", ""))}), found)

    @public
    async def by_code(request: Request) -> Response:
        given = await form(request)
        account, to = given("account").strip().lower(), given("to")
        try:
            with request.app.state.sessions.attempt(request, account):
                found = await entry.recover(hub, account, given("code"), caller(request))
        except Forbidden as error:
            return _refused(request, hub, error, "wrong-code", to=to, account=account)
        return _entered(request, RedirectResponse("/me?recovered=yes", 303, headers=PRIVATE), found)

    @public
    async def by_token(request: Request) -> Response:
        given = await form(request)
        name, to = given("name").strip(), given("to")
        if not hub.config.hub.operator_sign_in:
            raise Forbidden("the operator's token opens no pages here; `hub.operator_sign_in` says so")
        try:
            name = links.check_name(name)
        except BadInput:
            return door(request, hub, to=to, name=name, trouble="no-name", code=400)
        here = caller(request)
        try:
            with request.app.state.sessions.attempt(request):
                if not same(given("token").strip(), hub.operator_token):
                    await audit.note(
                        hub, audit.stranger(here.address), "session.refused", name, way="operator"
                    )
                    raise Forbidden("this is not the operator's token")
        except Forbidden as error:
            return _refused(request, hub, error, "wrong-token", to=to, name=name)
        found = await sessions.begin_as_operator(hub, name, here)
        return _entered(request, RedirectResponse(inside(to), 303, headers=PRIVATE), found)

    @allow(*Role)
    async def sign_out(request: Request, visitor: Visitor) -> Response:
        await sessions.end(hub, visitor)
        return let_out(request, RedirectResponse("/", 303))

    return [
        Door("GET", "/sign-in", page),
        Door("POST", "/sign-in", by_token, act=Trail.ITSELF),
        Door("POST", "/sign-in/question", question, act=Trail.NONE),  # a question changes nothing
        Door("POST", "/sign-in/passkey", by_passkey, act=Trail.ITSELF),
        Door("POST", "/sign-in/code", by_code, act=Trail.ITSELF),
        Door("POST", "/sign-out", sign_out, act=Trail.ITSELF),
    ]


def _refused(request: Request, hub: Hub, error: Forbidden, trouble: str, **values: str) -> Response:
    if not isinstance(error, TooOften):
        return door(request, hub, trouble=trouble, code=403, to=values.pop("to"), **values)
    answer = door(request, hub, trouble="too-often", code=429, to=values.pop("to"), **values)
    answer.headers["retry-after"] = str(round(error.wait_s + 0.5))
    return answer


# --- invitations ---------------------------------------------------------------------------------


def _invitations(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    @public
    async def page(request: Request) -> Response:
        secret = request.path_params["secret"]
        with _guess(request):
            link, person = await people.invitation(hub, secret)
        party = ceremonies.party
        shown = pages.render(
            language(request),
            "invite.html",
            request.url.path,
            link=link,
            person=person,
            secret=secret,
            elsewhere="" if _here(request, party.origins) else f"{party.address}{request.url.path}",
            usable=party.usable,
        )
        return HTMLResponse(shown, headers=SECRET)

    @public
    async def question(request: Request) -> Response:
        naming = await decoded(request, Naming)
        with _guess(request):
            text = await people.enrolment(
                hub, ceremonies, request.path_params["secret"], naming.account, naming.name
            )
        return question_of(text)

    @public
    async def enrol(request: Request) -> Response:
        given = await decoded(request, Enrolment)
        with _guess(request):
            found = await people.enrol(
                hub,
                ceremonies,
                request.path_params["secret"],
                given.credential,
                caller(request),
                account=given.account,
                name=given.name,
            )
        return _entered(request, json({"codes": found.codes, "to": "/me"}), found)

    return [
        Door("GET", "/invite/{secret}", page),
        Door("POST", "/invite/{secret}/question", question, act=Trail.NONE),  # a question changes nothing
        Door("POST", "/invite/{secret}", enrol, act=Trail.ITSELF),
    ]


# --- personal links ------------------------------------------------------------------------------


def _links(hub: Hub) -> list[BaseRoute]:
    @public
    async def page(request: Request) -> Response:
        secret = request.path_params["secret"]
        with _guess(request):
            link = await links.visit(hub, secret)
        assert link.episode is not None
        episode = await hub.database.episodes.by_slug(link.episode)
        if episode is None:
            raise NotFound("this episode is not there any more")
        shown = pages.render(
            language(request), "link.html", request.url.path, link=link, episode=episode, secret=secret
        )
        return HTMLResponse(shown, headers=SECRET)

    @public
    async def come_in(request: Request) -> Response:
        secret = request.path_params["secret"]
        with _guess(request):
            link, found = await links.come_in(hub, secret, caller(request))
        goal = await _goal(hub, link, secret)
        return _entered(request, RedirectResponse(goal, 303, headers=SECRET), found)

    return [
        Door("GET", "/link/{secret}", page),
        Door("POST", "/link/{secret}", come_in, act=Trail.ITSELF),
    ]


async def _goal(hub: Hub, link: Link, secret: str) -> str:
    """Where a personal link leads: a guest to the green room, an expert to the desk."""
    if link.role == Role.EXPERT:
        return f"/desk/{link.episode}"
    try:
        await guests.admit(hub, secret)
    except Forbidden:
        # The producer removed them, or their link is older than the forum: they may still look on.
        return f"/episodes/{link.episode}"
    return f"/join/{secret}"


# --- what they share -----------------------------------------------------------------------------


def caller(request: Request) -> Caller:
    """The browser that asks."""
    return Caller(address_of(request), device_of(request), secret_of(request))


def _guess(request: Request) -> AbstractContextManager[None]:
    """Secrets of addresses can't be guessed; whoever tries has to be patient all the same."""
    guess: AbstractContextManager[None] = request.app.state.sessions.guess(request)
    return guess


def _entered(request: Request, answer: Response, found: Entry) -> Response:
    answer.headers["cache-control"] = "no-store"
    return let_in(request, answer, found.secret, found.until)


def question_of(text: str) -> Response:
    """What a browser is asked for by a ceremony."""
    return Response(text, media_type="application/json", headers={"cache-control": "no-store"})
