"""What the quality engineer's pages share: who may come in, whose chart is meant, and how a page is made."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from quality_creator.actions import engineering
from quality_creator.actions.engineering import Standing
from quality_creator.actions.hub import Hub
from quality_creator.model.ids import CharacteristicId, LineId
from quality_creator.model.person import Role, Visitor
from quality_creator.web import pages
from quality_creator.web.security import allow
from quality_creator.web.site import language

engineer = allow(Role.QUALITY_ENGINEER)


async def standing_of(hub: Hub, request: Request) -> Standing:
    """The characteristic that the path names. Raises NotFound."""
    parts = request.path_params
    return await engineering.standing(hub, LineId(parts["line"]), CharacteristicId(parts["characteristic"]))


def page(request: Request, template: str, visitor: Visitor, code: int = 200, **values: Any) -> Response:
    """A page for whoever is signed in."""
    made = pages.render(language(request), template, request.url.path, session=visitor, **values)
    return HTMLResponse(made, code)
