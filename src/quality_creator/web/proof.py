"""Who vouches for an episode, as a page and as files; and the door by which authorities' documents come in.

No page here signs anything: an authority signs at its own desk, with `qc endorse`.
"""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from quality_creator.actions import authorities, enrolments, proofs, publishing
from quality_creator.actions.hub import Hub
from quality_creator.model.ids import Slug
from quality_creator.model.person import Role, Visitor
from quality_creator.trust import evidence
from quality_creator.trust.verdict import Reason
from quality_creator.web import pages
from quality_creator.web.api import body, json
from quality_creator.web.security import Door, allow, public
from quality_creator.web.site import html, language


def _say(message: str) -> str:
    """Marks a message for the catalogue."""
    return message


FOREVER = "public, max-age=31536000, immutable"
BRIEF = "public, max-age=5"
"""Of what a new entry of the log changes."""

OPEN = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
"""Tools on other sites may read what is public anyway."""

_KINDS = {
    ".json": "application/json",
    ".ndjson": "application/x-ndjson",
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".parquet": "application/vnd.apache.parquet",
}
REASONS: dict[Reason, str] = {
    "malformed": _say("It can't be read as an endorsement."),
    "unknown-issuer": _say("Its issuer is not in the register of authorities."),
    "wrong-key": _say("It was not signed with a key that the register gives its issuer."),
    "bad-signature": _say("Its signature is not right."),
    "other-dossier": _say("It is of another dossier."),
    "not-logged": _say("It is not in the log yet, or its witnesses have not seen it."),
    "no-time": _say("No witness says when it was logged."),
    "back-dated": _say("The time that it states is not when it was logged."),
    "key-not-valid": _say("Its key did not count when it was logged."),
    "key-stolen": _say("It was logged after its key was stolen."),
    "not-yet-valid": _say("It does not count yet."),
    "expired": _say("It has expired."),
    "status-missing": _say("Its issuer's list of revocations or suspensions is not at hand."),
    "status-wrong": _say("The list of revocations or suspensions is not its issuer's."),
    "status-old": _say("Its issuer has not renewed the lists of revocations and suspensions for a day."),
    "revoked": _say("Its issuer has revoked it."),
    "suspended": _say("Its issuer has suspended it."),
    "withdrawal-logged": _say("Its issuer has taken it back, says the log."),
    "suspension-logged": _say("Its issuer has suspended it, says the log."),
    "dissented": _say("Its issuer has dissented since, says the log."),
}
"""Why an endorsement does not count, in words for everybody."""

_FINAL = (
    evidence.DOSSIER,
    evidence.SEGMENTS,
    evidence.MEASUREMENTS,
    evidence.TABLE,
    evidence.AS_RUN,
    "verdicts",
    "media",
    "remarks",
)


def routes(hub: Hub) -> list[BaseRoute]:
    """Every address that is about evidence."""

    @public
    async def shown_page(request: Request) -> Response:
        slug = _slug(request)
        shown = await proofs.standing(hub, slug, datetime.now(UTC))
        spoken = language(request)
        page = pages.render(
            spoken,
            "proof.html",
            f"/episodes/{slug}/proof",
            shown=shown,
            address=f"{publishing.address(hub)}/episodes/{slug}",
            reasons={reason: pages.say(spoken, message) for reason, message in REASONS.items()},
        )
        return html(page)

    @public
    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        data = await publishing.read(hub, _slug(request), name)
        kind = _KINDS.get("." + name.rpartition(".")[2], "text/plain; charset=utf-8")
        final = name.partition("/")[0] in _FINAL
        return Response(data, media_type=kind, headers={"cache-control": FOREVER if final else BRIEF, **OPEN})

    @public
    async def status_list(request: Request) -> Response:
        where = f"{publishing.address(hub)}/status/{request.path_params['which']}"
        data = await publishing.status_of(hub, where)
        return Response(data, media_type="application/vc", headers={"cache-control": BRIEF, **OPEN})

    @allow(Role.PRODUCER)
    async def publish(request: Request, _: Visitor) -> Response:
        return json(await publishing.publish(hub, _slug(request)), 201)

    @allow(Role.PRODUCER)
    async def take(request: Request, visitor: Visitor) -> Response:
        data = await body(request)
        if enrolments.concerns(data):
            taken = await enrolments.take(hub, visitor, data)
        else:
            taken = await authorities.take(hub.ledger, data)
        request.state.detail = {"kind": taken.kind, "id": taken.id, "index": taken.index}
        return json(taken, 201)

    return [
        Door("GET", "/episodes/{slug}/proof", shown_page),
        Door("GET", "/episodes/{slug}/proof/{name:path}", file),
        Door("GET", "/status/{which:path}", status_list),
        Door("POST", "/api/episodes/{slug}/publish", publish, act="episode.publish"),
        Door("POST", "/api/documents", take, act="document.take"),
    ]


def _slug(request: Request) -> Slug:
    return Slug(request.path_params["slug"])
