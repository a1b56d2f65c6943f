"""The quality engineer's desks: OEE of a line, laboratory traces, gauge studies, lots under sampling."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from quality_creator.actions import effectiveness, gauge_studies, lots, traces
from quality_creator.actions.effectiveness import Board
from quality_creator.actions.engineering import Standing
from quality_creator.actions.gauge_studies import METHODS, Entry
from quality_creator.actions.hub import Hub
from quality_creator.actions.lots import LEVELS, STANDARDS, Ask, Found
from quality_creator.actions.shifts import so_far
from quality_creator.model.clock import micros
from quality_creator.model.errors import BadInput, Conflict, NotFound, Words
from quality_creator.model.ids import LineId
from quality_creator.model.person import Visitor
from quality_creator.quality.oee import ShiftSummary
from quality_creator.quality.operating import probability_of_acceptance
from quality_creator.quality.sampling import EDITIONS, SinglePlan
from quality_creator.quality.sampling_table import aqls
from quality_creator.quality.switching import Conditions
from quality_creator.web import drawings
from quality_creator.web.engineers import engineer, page, standing_of
from quality_creator.web.forms import Form, form
from quality_creator.web.refusal import told
from quality_creator.web.security import Door, Trail


def routes(hub: Hub) -> list[BaseRoute]:
    """The desks' addresses below `/lines`."""

    @engineer
    async def oee(request: Request, visitor: Visitor) -> Response:
        found = await effectiveness.board(hub, LineId(request.path_params["line"]), micros(_now()))
        return page(request, "lines_oee.html", visitor, **_board(found))

    @engineer
    async def trace(request: Request, visitor: Visitor) -> Response:
        given = request.query_params.get("trace", "")
        number = None if not given else _number(given)
        parts = request.path_params
        sheet = await traces.sheet(hub, LineId(parts["line"]), parts["test"], number)
        drawing = None
        if sheet.shown is not None and sheet.envelope is not None and sheet.result is not None:
            drawing = drawings.trace(sheet.shown.x, sheet.shown.y, sheet.envelope, sheet.result)
        here = f"/lines/{sheet.test.line}/-/traces/{sheet.test.id}"
        values: dict[str, Any] = {"sheet": sheet, "drawing": drawing, "here": here, "chosen": number}
        line = next(one for one in hub.config.lines if one.id == sheet.test.line)
        return page(request, "lines_trace.html", visitor, line=line, **values)

    @engineer
    async def studies(request: Request, visitor: Visitor) -> Response:
        return await _studies(hub, request, visitor)

    @engineer
    async def enter_study(request: Request, visitor: Visitor) -> Response:
        standing, given = await standing_of(hub, request), await form(request)
        try:
            entry = gauge_studies.read(given("title"), given("method"), given("table"), given("tolerance"))
            number = await gauge_studies.keep(hub, standing, entry, by=visitor.name, now=_now())
        except BadInput as error:
            return await _studies(hub, request, visitor, given=given, error=error)
        return RedirectResponse(f"{request.url.path}/{number}", 303)

    @engineer
    async def study(request: Request, visitor: Visitor) -> Response:
        standing = await standing_of(hub, request)
        kept = await gauge_studies.one(
            hub, standing.characteristic.id, _number(request.path_params["number"])
        )
        return page(request, "lines_gauge_study.html", visitor, **_of(standing), kept=kept)

    @engineer
    async def desk(request: Request, visitor: Visitor) -> Response:
        return await _desk(hub, request, visitor, request.query_params.get("supplier", ""))

    @engineer
    async def plan(request: Request, visitor: Visitor) -> Response:
        given = await form(request)
        return await _desk(hub, request, visitor, given("supplier"), given=given)

    @engineer
    async def decide(request: Request, visitor: Visitor) -> Response:
        standing, given = await standing_of(hub, request), await form(request)
        try:
            brought = Found(
                ask=_ask(given),
                seen=given("seen"),
                found=lots.whole(given("found"), Words("what was found")),
                resubmitted=given("resubmitted") == "yes",
                conditions=Conditions(
                    steady=given("steady") == "yes", reduced_authorised=given("authorised") == "yes"
                ),
            )
            supplier = lots.supplier(given("supplier"))
            await lots.decide(hub, standing, supplier, brought, by=visitor.name, now=_now())
        except (BadInput, Conflict) as error:
            return await _desk(hub, request, visitor, given("supplier"), given=given, error=error)
        return _to_desk(request, supplier)

    @engineer
    async def resume(request: Request, visitor: Visitor) -> Response:
        standing, given = await standing_of(hub, request), await form(request)
        try:
            supplier = lots.supplier(given("supplier"))
            await lots.resume(hub, standing, supplier, given("note"), by=visitor.name, now=_now())
        except (BadInput, Conflict) as error:
            return await _desk(hub, request, visitor, given("supplier"), error=error)
        return _to_desk(request, supplier)

    one = "/lines/{line}/{characteristic}"
    return [
        Door("GET", "/lines/{line}/-/oee", oee),
        Door("GET", "/lines/{line}/-/traces/{test}", trace),
        Door("GET", one + "/gauge", studies),
        Door("POST", one + "/gauge", enter_study, act="gauge-study.enter"),
        Door("GET", one + "/gauge/{number}", study),
        Door("GET", one + "/lots", desk),
        Door("POST", one + "/lots/plan", plan, act=Trail.NONE),  # it looks, and changes nothing
        Door("POST", one + "/lots/decide", decide, act="lot.decide"),
        Door("POST", one + "/lots/resume", resume, act="lot.resume"),
    ]


async def uses(hub: Hub) -> dict[LineId, ShiftSummary | None]:
    """The running shift of every line whose OEE is reckoned."""
    now = micros(_now())
    found: dict[LineId, ShiftSummary | None] = {}
    for line in hub.config.lines:
        if line.oee is not None:
            found[line.id], _ = so_far(line.oee, hub.ingest.use(line.id), now)
    return found


def _now() -> datetime:
    return datetime.now(UTC)


def _number(given: str) -> int:
    if not (given.isascii() and given.isdigit() and len(given) < 16):
        raise NotFound("there is nothing with the number {given!r}", given=given[:64])
    return int(given)


def _of(standing: Standing) -> dict[str, Any]:
    one = standing.characteristic
    return {"one": one, "standing": standing, "here": f"/lines/{one.line}/{one.id}"}


def _board(found: Board) -> dict[str, Any]:
    return {"board": found, "spent": None if found.running is None else drawings.spent(found.running)}


# --- gauge studies -------------------------------------------------------------------------------


async def _studies(
    hub: Hub,
    request: Request,
    visitor: Visitor,
    *,
    given: Form | None = None,
    error: BadInput | None = None,
) -> Response:
    standing = await standing_of(hub, request)
    one = standing.characteristic
    tolerance = ""
    if one.specification and one.specification.lower is not None and one.specification.upper is not None:
        tolerance = f"{one.specification.upper - one.specification.lower:g}"
    blank = Entry(title="", method="anova", table="")
    values = {
        **_of(standing),
        "methods": METHODS,
        "studies": await gauge_studies.listed(hub, one.id),
        "title": given("title") if given else blank.title,
        "method": given("method") if given else blank.method,
        "table": given("table") if given else blank.table,
        "tolerance": given("tolerance") if given else tolerance,
        "error": None if error is None else told(request, error),
    }
    return page(request, "lines_gauge.html", visitor, 200 if error is None else 400, **values)


# --- lots ----------------------------------------------------------------------------------------


def _ask(given: Form) -> Ask:
    return lots.read({name: given(name) for name in ("lot", "size", "aql", "level", "standard")})


def _to_desk(request: Request, supplier: str) -> Response:
    there = request.url.path.rpartition("/")[0]
    return RedirectResponse(f"{there}?{urlencode({'supplier': supplier})}" if supplier else there, 303)


async def _desk(
    hub: Hub,
    request: Request,
    visitor: Visitor,
    supplier: str,
    *,
    given: Form | None = None,
    error: BadInput | Conflict | None = None,
) -> Response:
    standing = await standing_of(hub, request)
    name = standing.characteristic.id
    planned: SinglePlan | None = None
    series = await lots.series(hub, name, supplier.strip()[:100])
    if given is not None:
        try:
            lots.supplier(supplier)
            planned = lots.plan(series, _ask(given))
        except (BadInput, Conflict) as wrong:
            error = error or wrong
    last = next((record.plan for _, record in series.lots if record.plan is not None), None)
    values = {
        **_of(standing),
        "series": series,
        "suppliers": await lots.suppliers(hub, name),
        "given": _typed(given, last),
        "plan": planned,
        "seen": "" if planned is None else lots.looked_at(planned),
        "risk": [] if planned is None else _risk(planned),
        "aqls": [f"{one:g}" for one in aqls()],
        "levels": LEVELS,
        "standards": [(name, EDITIONS[name]) for name in STANDARDS],
        "error": None if error is None else told(request, error),
    }
    code = 200 if error is None else 409 if isinstance(error, Conflict) else 400
    return page(request, "lines_lots.html", visitor, code, **values)


def _typed(given: Form | None, last: SinglePlan | None) -> dict[str, str]:
    """What the form says: as it was typed, else as the last lot was asked for."""
    names = ("lot", "size", "aql", "level", "standard", "found")
    if given is not None:
        return {name: given(name) for name in names}
    if last is None:
        return dict(zip(names, ("", "", "1", "II", STANDARDS[1], ""), strict=True))
    return dict(
        zip(names, ("", str(last.lot_size), f"{last.aql:g}", last.level, last.standard, ""), strict=True)
    )


def _risk(plan: SinglePlan) -> list[tuple[float, float]]:
    """How often lots of some qualities are accepted: percent nonconforming and probability."""
    if plan.inspect_all or plan.aql > 10:
        return []
    shares = sorted({plan.aql, 2 * plan.aql, 5 * plan.aql})
    accepted = probability_of_acceptance([share / 100 for share in shares], plan.n, plan.accept)
    return list(zip(shares, accepted.tolist(), strict=True))
