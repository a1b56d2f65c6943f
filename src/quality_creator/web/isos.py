"""The studio's recordings of single sources: switched, listed, downloaded."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from quality_creator.actions import isos
from quality_creator.actions.hub import Hub
from quality_creator.model.ids import Slug, SourceId
from quality_creator.model.person import Role, Visitor
from quality_creator.web.api import decoded, json
from quality_creator.web.security import Door, allow

_BLOCK = 1 << 18

producer = allow(Role.PRODUCER)


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address of the recordings."""

    def slug(request: Request) -> Slug:
        return Slug(request.path_params["slug"])

    @producer
    async def listed(request: Request, _: Visitor) -> Response:
        return json(await isos.isos(hub, slug(request)))

    @producer
    async def switch(request: Request, _: Visitor) -> Response:
        wanted = await decoded(request, isos.Switch)
        await isos.switch(hub, slug(request), SourceId(request.path_params["source"]), wanted)
        request.state.detail = {"on": wanted.on}
        return Response(status_code=204)

    @producer
    async def download(request: Request, _: Visitor) -> Response:
        path, file = await isos.path_of(hub, slug(request), request.path_params["file"])
        if file.state != "open":
            return FileResponse(path, media_type="video/quicktime", filename=file.name)
        headers = {
            "content-length": str(file.size),
            "content-disposition": f'attachment; filename="{file.name}"',
        }
        return StreamingResponse(_growing(path, file.size), media_type="video/quicktime", headers=headers)

    return [
        Door("GET", "/studio/{slug}/isos.json", listed),
        Door("POST", "/studio/{slug}/isos/{source}", switch, act="iso.switch"),
        Door("GET", "/studio/{slug}/isos/{file}", download),
    ]


async def _growing(path: Path, size: int) -> AsyncIterator[bytes]:
    """What a file had when it was asked for; it may have more by now."""
    file = await asyncio.to_thread(path.open, "rb")
    try:
        while size > 0 and (block := await asyncio.to_thread(file.read, min(_BLOCK, size))):
            size -= len(block)
            yield block
    finally:
        file.close()
