"""One endorsement as a page that can be printed: what it says, whether it counts, and what became of it."""

import hashlib
import re
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from quality_creator.actions import proofs, publishing
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import NotFound
from quality_creator.web import pages
from quality_creator.web.proof import REASONS
from quality_creator.web.security import Door, public
from quality_creator.web.site import html, language

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def routes(hub: Hub) -> list[BaseRoute]:
    """The page, and its address as a picture."""

    @public
    async def page(request: Request) -> Response:
        uuid, spoken = _uuid(request), language(request)
        shown = await proofs.single(hub, uuid, datetime.now(UTC))
        assert shown.judged.endorsement is not None
        made = pages.render(
            spoken,
            "endorsement.html",
            f"/endorsements/{uuid}",
            shown=shown,
            uuid=uuid,
            digest=hashlib.sha256(shown.judged.endorsement.data).hexdigest(),
            address=f"{publishing.address(hub)}/endorsements/{uuid}",
            reasons={reason: pages.say(spoken, message) for reason, message in REASONS.items()},
        )
        return html(made)

    @public
    async def code(request: Request) -> Response:
        import segno

        address = f"{publishing.address(hub)}/endorsements/{_uuid(request)}"
        svg = segno.make(address, error="m", micro=False).svg_inline(
            scale=1, border=4, omitsize=True, dark="#000", light="#fff"
        )
        svg = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        return Response(svg, media_type="image/svg+xml", headers={"cache-control": "public, max-age=86400"})

    return [
        Door("GET", "/endorsements/{uuid}", page),
        Door("GET", "/endorsements/{uuid}/qr.svg", code),
    ]


def _uuid(request: Request) -> str:
    uuid: str = request.path_params["uuid"]
    if not _UUID.fullmatch(uuid):
        raise NotFound(f"no endorsement is called {uuid!r:.80}")
    return uuid
