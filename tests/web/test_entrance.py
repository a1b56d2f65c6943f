"""The entrance: the operator's token, recovery codes, links; cookies, waiting, and where one goes on to."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from quality_creator.actions import audit, entry, guests, links, people, sessions
from quality_creator.actions.sessions import Caller
from quality_creator.model.errors import Conflict, Forbidden, NotFound, Unavailable
from quality_creator.model.ids import Slug, SourceId
from quality_creator.model.person import Role
from quality_creator.store import people as kept
from quality_creator.store.people import IDLE
from quality_creator.web.forms import inside
from quality_creator.web.sessions import ATTEMPTS, WITHIN_S
from tests.web.house import TOKEN, House, house

CALLER = Caller("192.0.2.1", "Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0", "")


async def by_token(client: httpx.AsyncClient, token: str = TOKEN, to: str = "/me") -> httpx.Response:
    return await client.post("/sign-in", data={"name": "Lin", "token": token, "to": to})


async def acts(one: House) -> list[str]:
    return [deed.act for deed in await audit.newest(one.hub)]


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_changes_at_each_sign_in(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one, one.client() as client:
            first = await by_token(client)
            cookie = first.headers["set-cookie"].lower()
            assert {"httponly", "samesite=strict", "path=/"} <= set(cookie.split("; "))
            assert TOKEN.lower() not in cookie
            secret = client.cookies["session"]
            await by_token(client)
            assert client.cookies["session"] != secret
            async with one.client(secret) as old:
                assert (await old.get("/me")).status_code == 403
            assert (await client.get("/me")).status_code == 200

    asyncio.run(check())


def test_over_tls_the_cookie_is_this_hosts_alone_and_no_other_name_counts(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            transport = httpx.ASGITransport(one.app, client=("192.0.2.1", 1))
            async with httpx.AsyncClient(transport=transport, base_url="https://hub.example") as client:
                answer = await by_token(client)
                cookie = answer.headers["set-cookie"]
                assert cookie.startswith("__Host-session=")
                assert "; Secure" in cookie
                assert "domain" not in cookie.lower()
                secret = cookie.partition("=")[2].partition(";")[0]
                client.cookies.clear()
                planted = await client.get("/me", headers={"cookie": f"session={secret}"})
                assert planted.status_code == 403

    asyncio.run(check())


@pytest.mark.parametrize(
    "to",
    ["//elsewhere", "https://elsewhere/lines", "/lines/\\elsewhere", "/\\elsewhere", "", "lines", "/a\nb"],
)
def test_signing_in_leads_nowhere_else(to: str) -> None:
    assert inside(to) == "/me"
    assert inside("/lines/panels?x=1") == "/lines/panels?x=1"


def test_wrong_tokens_and_codes_make_an_address_wait_and_are_written_down(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one, one.client(address="192.0.2.7") as client:
            for number in range(ATTEMPTS):
                if number % 2:
                    answer = await client.post("/sign-in/code", data={"account": "lin", "code": "1-a-b"})
                else:
                    answer = await by_token(client, "wrong")
                assert answer.status_code == 403
            waiting = await by_token(client)
            assert waiting.status_code == 429
            assert 0 < int(waiting.headers["retry-after"]) <= WITHIN_S
            assert "session" not in client.cookies
            assert await acts(one) == ["session.refused"] * ATTEMPTS
            async with one.client(address="192.0.2.8") as other:
                assert (await by_token(other)).status_code == 303

    asyncio.run(check())


def test_a_right_link_opens_however_often_the_same_address_was_wrong(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one, one.client(address="192.0.2.7") as client:
            right, _ = await people.admin_code(one.hub, sessions.operator("192.0.2.7"))
            for number in range(ATTEMPTS + 2):
                wrong = await client.get("/invite/" + "x" * 32)
                assert (wrong.status_code == 429) == (number >= ATTEMPTS), number
            assert (await by_token(client, "wrong")).status_code == 429
            assert (await client.get(f"/invite/{right}")).status_code == 200
            assert (await client.get("/join/nonsense")).status_code == 429

    asyncio.run(check())


def test_codes_are_waited_for_by_account_whatever_the_address(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            for number in range(ATTEMPTS + 1):
                async with one.client(address=f"198.51.100.{number}") as client:
                    answer = await client.post("/sign-in/code", data={"account": "lin", "code": "1-a-b"})
                assert answer.status_code == (403 if number < ATTEMPTS else 429)

    asyncio.run(check())


def test_the_operators_token_opens_no_pages_where_the_configuration_says_so(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path, "[hub]\noperator_sign_in = false\n") as one, one.client() as client:
            assert "operator.token" not in (await client.get("/sign-in")).text
            assert (await by_token(client)).status_code == 403
            answer = await client.get("/api/people", headers={"authorization": f"Bearer {TOKEN}"})
            assert answer.json() == {"people": []}

    asyncio.run(check())


def test_a_recovery_code_opens_once_and_is_kept_as_argon2_only(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            lin = await one.person("lin", Role.PRODUCER)
            codes = await entry.new_codes(one.hub, sessions.of_person(lin, ""))
            assert [code[0] for code in codes] == list("12345678")
            async with one.hub.database.read() as transaction:
                hashes = (await transaction.execute(text("SELECT hash FROM recovery_codes"))).scalars().all()
            assert all(one.startswith("$argon2id$") for one in hashes)
            async with one.client() as client:
                given = {"account": "lin", "code": f" {codes[4].upper().replace('-', ' ')}"}
                assert (await client.post("/sign-in/code", data=given)).headers[
                    "location"
                ] == "/me?recovered=yes"
                assert "7 left" in (await client.get("/me")).text
            async with one.client() as client:
                assert (await client.post("/sign-in/code", data=given)).status_code == 403

    asyncio.run(check())


def test_a_session_ends_by_itself_and_with_the_account_and_roles_count_at_once(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            boss = sessions.operator("")
            lin = await one.person("lin", Role.QUALITY_ENGINEER)
            await one.person("chief", Role.ADMINISTRATOR)
            cookie = await one.cookie(lin)
            async with one.client(cookie) as client:
                assert (await client.get("/lines")).status_code == 200
                changed = {"roles": frozenset({Role.VIEWER}), "institution": None, "disabled": False}
                await people.change(one.hub, boss, lin.id, **changed)
                assert (await client.get("/lines")).status_code == 403
                assert (await client.get("/me")).status_code == 200
                [mine] = await sessions.open_now(one.hub, lin.id)
                long_ago = datetime.now(UTC) - IDLE - timedelta(seconds=1)
                await one.hub.database.transact(kept.seen, mine.id, long_ago)
                assert (await client.get("/me")).status_code == 403
            async with one.client(await one.cookie(lin)) as client:
                await people.change(one.hub, boss, lin.id, **(changed | {"disabled": True}))
                assert (await client.get("/me")).status_code == 403

    asyncio.run(check())


def test_the_last_administrator_stays_one(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            boss = sessions.operator("")
            first, second = [await one.person(name, Role.ADMINISTRATOR) for name in ("first", "second")]
            closed = {"roles": frozenset({Role.ADMINISTRATOR}), "institution": None, "disabled": True}
            await people.change(one.hub, boss, first.id, **closed)
            for change in (closed, closed | {"roles": frozenset({Role.VIEWER}), "disabled": False}):
                with pytest.raises(Conflict, match="nobody would be left"):
                    await people.change(one.hub, boss, second.id, **change)
            assert (await people.portrait(one.hub, second.id)).person == second

    asyncio.run(check())


def test_a_personal_link_is_kept_as_a_digest_and_is_over_when_its_time_is(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(
            tmp_path, '[[cameras]]\nkind = "generated"\nid = "cam"\nname = { zh-Hans = "a", en = "a" }'
        ) as one:
            boss = sessions.operator("")
            async with one.client(authorization=f"Bearer {TOKEN}") as client:
                draft = {"slug": "visit", "title": {"zh-Hans": "a", "en": "a"}}
                assert (await client.post("/api/episodes", json=draft)).status_code == 201
            link, secret = await links.make(
                one.hub,
                boss,
                role=Role.GUEST,
                name="Wang",
                episode="visit",
                hours=1,  # type: ignore[arg-type]
            )
            raw = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("quality-creator.db*"))
            assert link.id.encode() in raw
            assert secret.encode() not in raw
            async with one.client() as client:
                assert (await client.post(f"/link/{secret}")).headers["location"] == f"/join/{secret}"
                assert "Wang" in (await client.get("/me")).text
                async with one.hub.database.write() as transaction:
                    await transaction.execute(text("UPDATE links SET until = 0"))
                assert (await client.get("/me")).status_code == 403
                assert (await client.get(f"/link/{secret}")).status_code == 404
            with pytest.raises(NotFound, match="is over"):
                await links.visit(one.hub, secret)

    asyncio.run(check())


def test_a_link_leads_a_guest_to_the_green_room_and_an_expert_to_the_desk(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(
            tmp_path, '[[cameras]]\nkind = "generated"\nid = "cam"\nname = { zh-Hans = "a", en = "a" }'
        ) as one:
            boss, slug = sessions.operator(""), Slug("visit")
            async with one.client(authorization=f"Bearer {TOKEN}") as client:
                draft = {"slug": "visit", "title": {"zh-Hans": "a", "en": "a"}}
                assert (await client.post("/api/episodes", json=draft)).status_code == 201
            made = [
                await links.make(one.hub, boss, role=role, name=f"Wang {role}", episode=slug, hours=1)
                for role in (Role.GUEST, Role.EXPERT)
            ]
            (guest, guests_secret), (_, experts_secret) = made
            seated = (await guests.forum_of(one.hub, slug)).guests
            assert [(g.id, g.name.en) for g in seated.values()] == [("wang-guest", "Wang guest")]
            async with one.client() as client:
                goal = (await client.post(f"/link/{experts_secret}")).headers["location"]
                assert goal == "/desk/visit"
                assert (await client.get(goal)).status_code == 200
            async with one.client() as client:
                goal = (await client.post(f"/link/{guests_secret}")).headers["location"]
                assert goal == f"/join/{guests_secret}"
                page = await client.get(goal)
                assert page.status_code == 200
                assert "Wang guest" in page.text
                # Removed by the producer, they may still look on; without the link they are out.
                await guests.remove(one.hub, slug, SourceId("wang-guest"))
                assert (await client.get(goal)).status_code == 403
            again, secret = await links.make(one.hub, boss, role=Role.GUEST, name="Li", episode=slug, hours=1)
            await links.revoke(one.hub, boss, again.id)
            assert (await guests.forum_of(one.hub, slug)).guests == {}
            with pytest.raises(Forbidden):
                await guests.admit(one.hub, secret)
            assert guest.episode == slug

    asyncio.run(check())


def test_the_audit_can_not_be_changed_even_by_the_database_itself(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            await audit.note(one.hub, sessions.operator("192.0.2.1", "Lin"), "a.deed", "x", more=1)
            for statement in ("UPDATE audit SET name = 'Wang'", "DELETE FROM audit"):
                with pytest.raises(Unavailable, match="what was done stays written"):
                    async with one.hub.database.write() as transaction:
                        await transaction.execute(text(statement))
            [deed] = await audit.newest(one.hub)
            assert (deed.name, deed.act, deed.subject, deed.detail) == ("Lin", "a.deed", "x", {"more": 1})

    asyncio.run(check())


def test_an_action_and_its_deed_are_there_together_or_not_at_all(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            lin = people.Invitation(account="lin", name="Lin", roles=frozenset({Role.PRODUCER}))
            await people.invite(one.hub, sessions.operator(""), lin)
            assert await acts(one) == ["people.invite"]
            with pytest.raises(Conflict, match="an account 'lin' already"):
                await people.invite(one.hub, sessions.operator(""), lin)
            assert await acts(one) == ["people.invite"]

    asyncio.run(check())


def test_a_door_writes_down_what_was_done_and_nothing_of_what_was_refused(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one, one.client(authorization=f"Bearer {TOKEN}") as client:
            assert (await client.post("/api/episodes", json={"slug": "No"})).status_code == 400
            assert await acts(one) == []

    asyncio.run(check())


def test_other_sites_can_not_make_a_browser_do_anything(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            cookie = await one.cookie(await one.person("lin", Role.ADMINISTRATOR))
            for headers in (
                {"sec-fetch-site": "cross-site"},
                {"sec-fetch-site": "same-site"},
                {"origin": "null"},
            ):
                async with one.client(cookie, **headers) as client:
                    for path in ("/people", "/me/codes", "/sign-out", "/sign-in", "/sign-in/passkey"):
                        answer = await client.post(path)
                        assert (answer.status_code, "another site" in answer.text) == (403, True)
            assert await acts(one) == ["session.begin"]

    asyncio.run(check())


def test_no_page_behind_a_role_and_no_secret_address_is_kept_or_told(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            _, secret = await people.invite(
                one.hub,
                sessions.operator(""),
                people.Invitation(account="lin", name="Lin", roles=frozenset({Role.VIEWER})),
            )
            async with one.client() as client:
                page = await client.get(f"/invite/{secret}")
                assert page.status_code == 200
                assert page.headers["cache-control"] == "no-store"
                assert page.headers["referrer-policy"] == "no-referrer"
                assert re.search(r"Passkeys|passkey", page.text)

    asyncio.run(check())
