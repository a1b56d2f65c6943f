"""What the quality engineer's pages share: who may come in, whose chart is meant, and how a page is made."""

from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from quality_creator.actions import engineering
from quality_creator.actions.engineering import Entry, Standing
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadInput, Conflict
from quality_creator.model.ids import CharacteristicId, LineId
from quality_creator.model.person import Role, Visitor
from quality_creator.web import pages
from quality_creator.web.forms import form
from quality_creator.web.security import allow
from quality_creator.web.site import language

engineer = allow(Role.QUALITY_ENGINEER)


async def standing_of(hub: Hub, request: Request) -> Standing:
    """The characteristic that the path names. Raises NotFound."""
    parts = request.path_params
    return await engineering.standing(hub, LineId(parts["line"]), CharacteristicId(parts["characteristic"]))


async def entry_of(request: Request) -> tuple[Entry, str]:
    """What the Phase I dialogue asks for, and what was looked at. Raises BadInput."""
    given = await form(request)
    numbers, reasons = given.every("exclude"), given.every("reason")
    if len(numbers) != len(reasons):
        raise BadInput("each `exclude` has its `reason`, in the same order")
    pairs = [(n, r) for n, r in zip(numbers, reasons, strict=True) if n.strip() or r.strip()]
    return Entry(given("first"), given("last"), given("method"), tuple(pairs)), given("seen")


def since_of(request: Request) -> int:
    """From which point on a page wants to know more. Raises BadInput."""
    since = request.query_params.get("since", "0")
    if not (since.isascii() and since.isdigit() and len(since) < 16):
        raise BadInput("since is the number of a point, not {since!r}", since=since[:64])
    return int(since)


async def chosen_public(request: Request) -> bool | None:
    """Whether viewers shall see a chart; None leaves it to the configuration. Raises BadInput."""
    given = (await form(request))("public")
    choices = {"configured": None, "yes": True, "no": False}
    if given not in choices:
        raise BadInput("Choose whether viewers see it, or leave it to the configuration.")
    return choices[given]


def back(request: Request) -> Response:
    """From a form's address to the page that it stands on."""
    return RedirectResponse(request.url.path.rpartition("/")[0], 303)


def refused(error: BadInput | Conflict | None) -> int:
    """The code of a page that shows what came of a form."""
    return 200 if error is None else 409 if isinstance(error, Conflict) else 400


def suggested(total: int, count: int) -> Entry:
    """The newest points, as many as limits are usually made from."""
    return Entry(str(max(1, total - count + 1)), str(max(1, total)))


def page(request: Request, template: str, visitor: Visitor, code: int = 200, **values: Any) -> Response:
    """A page for whoever is signed in."""
    made = pages.render(language(request), template, request.url.path, session=visitor, **values)
    return HTMLResponse(made, code)
