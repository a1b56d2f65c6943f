"""Who may come in by which door: one table, and every door is walked through with every role and nobody."""

import asyncio
from importlib.resources import files
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from quality_creator.model.person import STAFF, Role
from quality_creator.web import security
from quality_creator.web.security import Door, Everybody, allow, public
from quality_creator.web.site import DIST
from tests.web.house import TOKEN, House, house

SIGNING_PAGE = files("quality_creator.cli").joinpath("built/signing-page.html")

# Whoever adds a door adds its line: the method, the path, and who may come in.
TABLE = """
GET  /                                      public
GET  /episodes/{slug}                       public
GET  /design                                public
GET  /language/{tag}                        public
GET  /log/checkpoint                        public
GET  /log/policy                            public
GET  /log/tile/{path:path}                  public
GET  /log/documents/{digest}                public
GET  /log/proofs/{index:int}.tlog-proof     public
GET  /challenge                             public
GET  /challenge/{size}.svg                  public
GET  /api/challenge                         public
GET  /api/episodes/{slug}/draws             public
POST /api/episodes/{slug}/draws             producer
POST /api/episodes/{slug}/draws/{lot}       producer
GET  /live/{slug}/index.m3u8                public
GET  /live/{slug}/data/{msn:int}.json       public
GET  /live/{slug}/signals.json              public
GET  /live/{slug}/{rendition}/index.m3u8    public
GET  /live/{slug}/{rendition}/{name}        public

GET  /sign-in                               public
POST /sign-in                               public
POST /sign-in/question                      public
POST /sign-in/passkey                       public
POST /sign-in/code                          public
POST /sign-out                              everyone
GET  /invite/{secret}                       public
POST /invite/{secret}/question              public
POST /invite/{secret}                       public
GET  /link/{secret}                         public
POST /link/{secret}                         public

GET  /me                                    everyone
POST /me/passkeys/question                  everyone
POST /me/passkeys                           everyone
POST /me/passkeys/{passkey}/drop            everyone
POST /me/codes                              everyone
POST /me/sessions/{session}/end             everyone

GET  /people                                administrator
POST /people                                administrator
GET  /people/{person}                       administrator
POST /people/{person}                       administrator
POST /people/{person}/invite                administrator
POST /people/{person}/sign-out              administrator
GET  /audit                                 administrator
GET  /links                                 administrator, producer
POST /links                                 administrator, producer
POST /links/{link}/revoke                   administrator, producer
GET  /institutions                          administrator
POST /institutions                          administrator
POST /institutions/keys/{key}/approve       administrator
POST /institutions/keys/{key}/revoke        administrator
POST /me/key/question                       expert
POST /me/key                                expert
GET  /api/people                            administrator
POST /api/people                            administrator
POST /api/people/admin-code                 administrator

GET  /api/episodes                          staff
POST /api/episodes                          producer
POST /api/episodes/{slug}/start             producer
POST /api/episodes/{slug}/end               producer
POST /api/episodes/{slug}/scene             producer
GET  /api/status                            staff
POST /api/readings                          gauges
POST /api/traces                            gauges
POST /api/episodes/{slug}/publish           producer
POST /api/documents                         producer
GET  /episodes/{slug}/proof                 public
GET  /episodes/{slug}/proof/{name:path}     public
GET  /status/{which:path}                    public

GET  /episodes/{slug}/prompter              crew
GET  /episodes/{slug}/timer                 crew
GET  /episodes/{slug}/timer.json            crew
GET  /studio                                producer
POST /studio                                producer
GET  /studio/{slug}                         producer
GET  /studio/{slug}/as-run.edl              producer
POST /studio/{slug}/do                      producer
POST /studio/{slug}/images                  producer
GET  /studio/{slug}/images/{digest}         producer
POST /studio/{slug}/rundown.csv             producer
GET  /studio/{slug}/rundown.csv             producer
GET  /studio/{slug}/rundown.json            producer
POST /studio/{slug}/rundown.json            producer
GET  /studio/{slug}/state.json              producer
GET  /studio/{slug}/stream                  producer
GET  /studio/{slug}/outs.json               producer
POST /studio/{slug}/outs                    producer
POST /studio/{slug}/outs/{out}              producer
DELETE /studio/{slug}/outs/{out}            producer
GET  /studio/{slug}/isos.json               producer
POST /studio/{slug}/isos/{source}           producer
GET  /studio/{slug}/isos/{file}             producer

GET  /endorsements/{uuid}                   public
GET  /endorsements/{uuid}/qr.svg            public

GET  /desk                                  expert, producer
GET  /desk/{slug}                           expert, producer
GET  /desk/{slug}/state                     expert, producer
POST /desk/{slug}/remarks                   expert
GET  /desk/{slug}/live                      expert, producer
POST /desk/{slug}/chat                      expert, producer
POST /desk/{slug}/remarks/{id}/air          producer
POST /desk/{slug}/remarks/{id}/off          producer
POST /desk/{slug}/remarks/{id}/done         producer
POST /desk/{slug}/draws/{id}/air            producer
POST /desk/{slug}/draws/{id}/off            producer

GET  /episodes/{slug}/guests                producer
GET  /api/episodes/{slug}/guests            producer
POST /api/episodes/{slug}/guests            producer
DELETE /api/episodes/{slug}/guests/{guest}  producer
POST /api/episodes/{slug}/guests/{guest}/link  producer
POST /api/episodes/{slug}/guests/{guest}/mute  producer
GET  /api/episodes/{slug}/levels            producer
PUT  /api/episodes/{slug}/talkback          producer
POST /api/episodes/{slug}/talkback          producer
PATCH /api/episodes/{slug}/talkback/{session}  producer
DELETE /api/episodes/{slug}/talkback/{session}  producer

GET  /join/{link}                           public
GET  /api/join/{link}/events                public
POST /api/join/{link}/whip                  public
PATCH /api/join/{link}/whip/{session}       public
DELETE /api/join/{link}/whip/{session}      public
POST /api/join/{link}/whep                  public
PATCH /api/join/{link}/whep/{session}       public
DELETE /api/join/{link}/whep/{session}      public

GET  /lines                                 quality-engineer
GET  /lines/false-alarms.json               quality-engineer
GET  /lines/{line}/{characteristic}         quality-engineer
GET  /lines/{line}/{characteristic}/data.json  quality-engineer
POST /lines/{line}/{characteristic}/estimate   quality-engineer
POST /lines/{line}/{characteristic}/freeze     quality-engineer
POST /lines/{line}/{characteristic}/rules      quality-engineer
POST /lines/{line}/{characteristic}/public     quality-engineer
GET  /lines/{line}/-/charts/{chart}         quality-engineer
GET  /lines/{line}/-/charts/{chart}/data.json  quality-engineer
POST /lines/{line}/-/charts/{chart}/estimate   quality-engineer
POST /lines/{line}/-/charts/{chart}/freeze     quality-engineer
POST /lines/{line}/-/charts/{chart}/public     quality-engineer
GET  /lines/{line}/-/oee                    quality-engineer
GET  /lines/{line}/-/traces/{test}          quality-engineer
GET  /lines/{line}/{characteristic}/gauge   quality-engineer
POST /lines/{line}/{characteristic}/gauge   quality-engineer
GET  /lines/{line}/{characteristic}/gauge/{number}  quality-engineer
GET  /lines/{line}/{characteristic}/lots    quality-engineer
POST /lines/{line}/{characteristic}/lots/plan     quality-engineer
POST /lines/{line}/{characteristic}/lots/decide   quality-engineer
POST /lines/{line}/{characteristic}/lots/resume   quality-engineer
"""

GROUPS = {"staff": STAFF, "crew": STAFF | {Role.EXPERT, Role.GUEST}, "everyone": frozenset(Role)}
PLACES = {"{msn:int}": "0", "{slug}": "visit", "{episode}": "visit"}


def table() -> dict[tuple[str, str], frozenset[Role] | Everybody]:
    """The table above, read."""
    found: dict[tuple[str, str], frozenset[Role] | Everybody] = {}
    for line in TABLE.split("\n"):
        if line.strip():
            method, path, words = line.split(maxsplit=2)
            if words in ("public", "gauges"):
                found[method, path] = Everybody(words)
            else:
                found[method, path] = GROUPS.get(words) or frozenset(Role(word) for word in words.split(", "))
    return found


def doors(one: House) -> list[Door]:
    return [route for route in one.app.routes if isinstance(route, Door)]


def method_of(door: Door) -> str:
    return next(iter((door.methods or set()) - {"HEAD"}))


def filled(path: str) -> str:
    for place, value in PLACES.items():
        path = path.replace(place, value)
    return "/".join("x" if piece.startswith("{") else piece for piece in path.split("/"))


def refusal(answer: httpx.Response) -> str:
    """Why a door stayed closed; a page is a wrong entry's answer, not the door's."""
    told = answer.status_code == 403 and answer.headers["content-type"] == "application/json"
    return str(answer.json()["error"]) if told else ""


def test_every_door_is_in_the_table_and_says_the_same(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            assert {(method_of(door), door.path): door.who for door in doors(one)} == table()
            rest = [route for route in one.app.routes if not isinstance(route, Door)]
            assert [route.path for route in rest if isinstance(route, Mount)] == ["/static"]
            assert len(rest) == 1

    asyncio.run(check())


def test_every_door_opens_to_those_whom_it_names_and_to_nobody_else(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            people = {role: await one.person(role, role) for role in Role}
            for (method, path), who in table().items():
                for role in (None, *Role):
                    # A fresh session each time: one of the doors ends it.
                    cookie = None if role is None else await one.cookie(people[role])
                    async with one.client(cookie, accept="application/json") as client:
                        answer = await client.request(method, filled(path))
                    words = refusal(answer)
                    if who is Everybody.PUBLIC or (isinstance(who, frozenset) and role in who):
                        assert not words.startswith(("sign in first", "this is for")), (method, path, role)
                        assert answer.status_code != 500, (method, path, role, answer.text)
                    elif who is Everybody.GAUGES:
                        assert words.startswith("send a token"), (method, path, role)
                    else:
                        refused = "sign in first" if role is None else "this is for"
                        assert words.startswith(refused), (method, path, role, answer.status_code)
                        assert answer.headers["cache-control"] == "no-store"

    asyncio.run(check())


def test_the_operators_token_has_all_of_the_staffs_roles_and_no_other(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            for (method, path), who in table().items():
                if not isinstance(who, frozenset):
                    continue
                for token, right in ((TOKEN, True), (TOKEN + "x", False), ("", False)):
                    headers = {"accept": "application/json", "authorization": f"Bearer {token}"}
                    async with one.client(**headers) as client:
                        answer = await client.request(method, filled(path))
                    words = refusal(answer)
                    let_in = not words.startswith(("sign in first", "this is for"))
                    assert let_in == (right and not who.isdisjoint(STAFF)), (method, path, token)

    asyncio.run(check())


def test_a_wrong_token_is_nobodys_even_beside_a_right_cookie(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            cookie = await one.cookie(await one.person("lin", Role.QUALITY_ENGINEER))
            async with one.client(cookie) as client:
                assert (await client.get("/lines")).status_code == 200
                answer = await client.get("/lines", headers={"authorization": "Bearer wrong"})
                assert answer.status_code == 403

    asyncio.run(check())


def test_a_personal_link_opens_its_own_episode_only(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:

            @allow(Role.GUEST)
            async def room(request: object, visitor: object) -> security.Response:
                return security.Response("the room")

            one.app.router.routes.append(Door("GET", "/room/{slug}", room))
            async with one.client(await one.link_cookie(Role.GUEST, "visit")) as client:
                assert (await client.get("/room/visit")).text == "the room"
                assert (await client.get("/room/other")).status_code == 403
                assert (await client.get("/lines")).status_code == 403

    asyncio.run(check())


def test_the_page_that_signs_endorsements_is_nowhere_on_the_operators_site(tmp_path: Path) -> None:
    """Whoever serves it could sign in an authority's name."""
    page = SIGNING_PAGE.read_bytes()
    assert [path for path in DIST.rglob("*") if path.is_file() and path.read_bytes() == page] == []
    assert b"EndorsementCredential" in page
    told = [path.name for path in DIST.rglob("*.js") if b"EndorsementCredential" in path.read_bytes()]
    assert told == []

    async def check() -> None:
        async with house(tmp_path) as one, one.client() as client:
            for path in ("/signing-page", "/signing-page.html", "/static/signing-page.html"):
                assert (await client.get(path)).status_code == 404, path
            for path in (
                "/static/../cli/built/signing-page.html",
                "/static/%2e%2e/%2e%2e/cli/built/signing-page.html",
            ):
                assert (await client.get(path)).status_code in (400, 404), path

    asyncio.run(check())


def test_an_address_that_says_nothing_stops_the_application() -> None:
    async def page(request: object) -> security.Response:
        return security.Response()

    for silent in (Route("/", page), Mount("/files", StaticFiles(directory=Path(__file__).parent))):
        with pytest.raises(TypeError, match="does not say who may come in"):
            security.check([silent])
    security.check([Door("GET", "/", public(page))])


def test_a_door_that_changes_something_says_what_the_audit_reads() -> None:
    async def page(request: object) -> security.Response:
        return security.Response()

    with pytest.raises(TypeError, match="says its `act`"):
        Door("POST", "/", public(page))
    with pytest.raises(TypeError, match="says its `act`"):
        Door("GET", "/", public(page), act="a.deed")
    with pytest.raises(TypeError, match="at least one role"):
        allow()
