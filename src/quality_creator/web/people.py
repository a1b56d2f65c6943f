"""Coming in and going out, for persons."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from quality_creator.actions import sessions
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import Forbidden
from quality_creator.model.person import Role, Visitor
from quality_creator.web import pages
from quality_creator.web.forms import form, inside
from quality_creator.web.patience import TooOften
from quality_creator.web.security import PRIVATE, Door, Trail, allow, public, same
from quality_creator.web.sessions import address_of, device_of, let_in, let_out, secret_of
from quality_creator.web.site import language


def routes(hub: Hub) -> list[BaseRoute]:
    """The doors."""

    @public
    async def sign_in_page(request: Request) -> Response:
        return door(request, hub, to=request.query_params.get("to", "/"))

    @public
    async def sign_in_as_operator(request: Request) -> Response:
        given = await form(request)
        name, to = given("name").strip(), given("to")
        if not name or len(name) > 64:
            return door(request, hub, to=to, name=name, trouble="no-name", code=400)
        try:
            with request.app.state.sessions.attempt(request):
                if not same(given("token").strip(), hub.operator_token):
                    raise Forbidden("this is not the operator's token")
        except TooOften as error:
            answer = door(request, hub, to=to, name=name, trouble="too-often", code=429)
            answer.headers["retry-after"] = str(round(error.wait_s + 0.5))
            return answer
        except Forbidden:
            return door(request, hub, to=to, name=name, trouble="wrong-token", code=403)
        secret, until = await sessions.begin_as_operator(
            hub, name, address=address_of(request), device=device_of(request), before=secret_of(request)
        )
        return let_in(request, RedirectResponse(inside(to, "/"), 303, headers=PRIVATE), secret, until)

    @allow(*Role)
    async def sign_out(request: Request, visitor: Visitor) -> Response:
        await sessions.end(hub, visitor)
        return let_out(request, RedirectResponse("/", 303))

    return [
        Door("GET", "/sign-in", sign_in_page),
        Door("POST", "/sign-in", sign_in_as_operator, act=Trail.ITSELF),
        Door("POST", "/sign-out", sign_out, act=Trail.ITSELF),
    ]


def door(
    request: Request, hub: Hub, *, to: str, name: str = "", trouble: str = "", code: int = 200
) -> Response:
    """The page at which people sign in; they go on to where they wanted to go."""
    page = pages.render(
        language(request), "sign_in.html", "/sign-in", to=inside(to, "/"), name=name, trouble=trouble
    )
    return HTMLResponse(page, code, headers=PRIVATE)
