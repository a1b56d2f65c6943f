"""The page of institutions and their experts' keys, and the doors through which a key is enrolled."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from quality_creator.actions import institutions
from quality_creator.actions.hub import Hub
from quality_creator.actions.institutions import KeyAnswer
from quality_creator.actions.passkeys import Ceremonies
from quality_creator.model.errors import BadInput, Conflict
from quality_creator.model.person import Role, Visitor
from quality_creator.model.text import Text
from quality_creator.web.api import decoded, json
from quality_creator.web.forms import form
from quality_creator.web.people import administrator, page
from quality_creator.web.refusal import told
from quality_creator.web.security import Door, Trail, allow
from quality_creator.web.sessions import device_of


def routes(hub: Hub, ceremonies: Ceremonies) -> list[BaseRoute]:
    """Every address about institutions."""
    expert = allow(Role.EXPERT)

    async def overview(request: Request, visitor: Visitor, code: int = 200, **values: Any) -> Response:
        shown: dict[str, Any] = {"complaint": "", "given": {}} | values
        return page(
            request,
            "institutions.html",
            visitor,
            code,
            institutions=await institutions.everything(hub),
            keys=await institutions.keys(hub),
            **shown,
        )

    @administrator
    async def everything(request: Request, visitor: Visitor) -> Response:
        return await overview(request, visitor)

    @administrator
    async def add(request: Request, visitor: Visitor) -> Response:
        given = await form(request)
        fields = {key: given(key).strip() for key in ("id", "zh", "en", "did", "role")}
        try:
            role: Any = fields["role"]
            if role not in ("inspection", "committee"):
                raise BadInput("role: {role!r}; inspection or committee", role=role)
            name = Text(zh=fields["zh"], en=fields["en"])
            await institutions.add(hub, visitor, id_=fields["id"], name=name, did=fields["did"], role=role)
        except (BadInput, Conflict) as error:
            code = 409 if isinstance(error, Conflict) else 400
            return await overview(request, visitor, code, complaint=told(request, error), given=fields)
        return RedirectResponse("/institutions", 303)

    @administrator
    async def approve(request: Request, visitor: Visitor) -> Response:
        await institutions.decide(hub, visitor, request.path_params["key"], "approved")
        return RedirectResponse("/institutions", 303)

    @administrator
    async def revoke(request: Request, visitor: Visitor) -> Response:
        await institutions.decide(hub, visitor, request.path_params["key"], "revoked")
        return RedirectResponse("/institutions", 303)

    @expert
    async def question(_: Request, visitor: Visitor) -> Response:
        return json(await institutions.key_question(hub, ceremonies, visitor))

    @expert
    async def enrol(request: Request, visitor: Visitor) -> Response:
        answer = await decoded(request, KeyAnswer)
        return json(await institutions.enrol_key(hub, ceremonies, visitor, answer, device_of(request)), 201)

    return [
        Door("GET", "/institutions", everything),
        Door("POST", "/institutions", add, act=Trail.ITSELF),
        Door("POST", "/institutions/keys/{key}/approve", approve, act=Trail.ITSELF),
        Door("POST", "/institutions/keys/{key}/revoke", revoke, act=Trail.ITSELF),
        Door("POST", "/me/key/question", question, act=Trail.NONE),  # a question changes nothing
        Door("POST", "/me/key", enrol, act=Trail.ITSELF),
    ]
