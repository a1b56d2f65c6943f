"""The producer's way in: every episode with the way to its studio, and a form that plans another."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from quality_creator.actions import episodes
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadInput, Conflict
from quality_creator.model.person import Role, Visitor
from quality_creator.model.text import Text
from quality_creator.web.forms import form
from quality_creator.web.people import page
from quality_creator.web.refusal import told
from quality_creator.web.security import Door, allow

producer = allow(Role.PRODUCER)


def routes(hub: Hub) -> list[BaseRoute]:
    """The addresses at which an episode begins."""

    async def overview(request: Request, visitor: Visitor, code: int = 200, **values: Any) -> Response:
        shown: dict[str, Any] = {"complaint": "", "given": {}} | values
        everything = await episodes.everything(hub)
        return page(request, "studios.html", visitor, code, episodes=everything, **shown)

    @producer
    async def studios(request: Request, visitor: Visitor) -> Response:
        return await overview(request, visitor)

    @producer
    async def plan(request: Request, visitor: Visitor) -> Response:
        given = await form(request)
        fields = {key: given(key).strip() for key in ("slug", "zh", "en")}
        try:
            draft = episodes.Draft(slug=fields["slug"], title=Text(zh=fields["zh"], en=fields["en"]))
            made = await episodes.plan(hub, draft)
        except (BadInput, Conflict) as error:
            code = 409 if isinstance(error, Conflict) else 400
            return await overview(request, visitor, code, complaint=told(request, error), given=fields)
        request.state.detail = {"slug": made.slug}
        return RedirectResponse(f"/studio/{made.slug}", 303)

    return [Door("GET", "/studio", studios), Door("POST", "/studio", plan, act="episode.plan")]
