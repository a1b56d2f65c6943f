"""The expert's desk as a page, and the way to it; what it does goes through the doors of `web.desk`."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from quality_creator.actions import episodes
from quality_creator.actions.hub import Hub
from quality_creator.model.ids import Slug
from quality_creator.model.person import Visitor
from quality_creator.web import pages
from quality_creator.web.desk import at_desk
from quality_creator.web.desk_words import DESK_WORDS
from quality_creator.web.security import Door
from quality_creator.web.site import language


def routes(hub: Hub) -> list[BaseRoute]:
    """The addresses of both."""

    @at_desk
    async def choose(request: Request, visitor: Visitor) -> Response:
        open_ = [one for one in await episodes.everything(hub) if one.state != "published"]
        live = [one for one in open_ if one.state == "on-air"]
        if len(live) == 1:
            return RedirectResponse(f"/desk/{live[0].slug}", 303)
        open_.sort(key=lambda one: one.state != "on-air")
        made = pages.render(
            language(request), "desks.html", request.url.path, visitor=visitor, episodes=open_
        )
        return HTMLResponse(made)

    @at_desk
    async def page(request: Request, visitor: Visitor) -> Response:
        reader = language(request)
        words = {key: pages.say(reader, message) for key, message in DESK_WORDS.items()}
        episode = await episodes.by_slug(hub, Slug(request.path_params["slug"]))
        made = pages.render(
            reader, "desk.html", request.url.path, visitor=visitor, episode=episode, desk_words=words
        )
        return HTMLResponse(made)

    return [Door("GET", "/desk", choose), Door("GET", "/desk/{slug}", page)]
