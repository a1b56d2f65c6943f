"""From an ended episode to a double endorsement that stands, and to its end, over the hub's own doors."""

import asyncio
import json
import zipfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from quality_creator.actions import bundling, checking, evidence_source
from quality_creator.actions.checking import Report
from quality_creator.model.errors import NotFound
from quality_creator.trust import dossier, endorsement, evidence, jcs
from tests.actions.publisher import Publisher, publisher
from tests.trust.authorities import Signer, key
from tests.web.house import TOKEN

Act = Callable[[Publisher, httpx.AsyncClient], Awaitable[None]]


def _run(folder: Path, act: Act) -> None:
    async def around() -> None:
        async with publisher(folder) as made, made.house.client(authorization=f"Bearer {TOKEN}") as client:
            await act(made, client)

    asyncio.run(around())


async def _send(client: httpx.AsyncClient, data: bytes) -> httpx.Response:
    return await client.post("/api/documents", content=data)


async def _published(client: httpx.AsyncClient) -> bytes:
    answer = await client.post("/api/episodes/one/publish")
    assert answer.status_code == 201, answer.text
    return (await client.get("/episodes/one/proof/dossier.json")).content


def _endorse(one: Signer, data: bytes, **options: Any) -> bytes:
    one.site = "http://127.0.0.1:8080"
    return one.endorse(data, subject=dossier.decode(data).id, now=datetime.now(UTC), **options)


async def _endorsed(made: Publisher, client: httpx.AsyncClient) -> bytes:
    """A published episode with its double endorsement."""
    assert (await _send(client, made.register())).status_code == 201
    data = await _published(client)
    for one in made.signers:
        answer = await _send(client, _endorse(one, data))
        assert answer.status_code == 201, answer.text
        assert answer.json()["proof"].startswith("c2sp.org/tlog-proof@v1")
        for listed in one.status_lists(now=datetime.now(UTC)).values():
            assert (await _send(client, listed)).status_code == 201
    return data


class _OverHttp:
    """The hub's files, as `qc verify` asks for them."""

    online = True
    place = None

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client = client
        self._loop = loop

    def read(self, name: str) -> bytes:
        address = f"/episodes/one/proof/{evidence.check_name(name)}"
        answer = asyncio.run_coroutine_threadsafe(self._client.get(address), self._loop).result(30)
        if answer.status_code == 404:
            raise NotFound(name)
        assert answer.status_code == 200, answer.text
        return answer.content


async def _verify(client: httpx.AsyncClient, after: timedelta = timedelta(0)) -> Report:
    source = _OverHttp(client, asyncio.get_running_loop())
    now = datetime.now(UTC) + after
    return await asyncio.to_thread(lambda: checking.check(source, target="one", now=now))


def test_a_published_and_doubly_endorsed_episode_stands_online_and_in_its_bundle(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        data = await _endorsed(made, client)
        report = await _verify(client)
        assert report.state == "stands", report.checks
        assert report.dossier == dossier.digest_sri(data)
        assert report.demonstration
        source = _OverHttp(client, asyncio.get_running_loop())
        await asyncio.to_thread(bundling.write, source, tmp_path / "one.zip", with_media=True)

    _run(tmp_path, act)
    with evidence_source.opened(str(tmp_path / "one.zip")) as source:
        report = checking.check(source, target="", now=datetime.now(UTC))
    assert report.state == "stands"
    assert "8 segments are the ones of the dossier" in {one.words for one in report.checks}
    assert zipfile.is_zipfile(tmp_path / "one.zip")


def test_revoking_one_endorsement_turns_the_verdict_at_once(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        await _endorsed(made, client)
        one = made.institution
        made_id = (await _verify(client)).endorsements[1].id
        change = endorsement.issue_change(
            one.key,
            id="urn:uuid:c",
            issuer=one.did,
            endorsement=made_id,
            status="revoked",
            reason="a gauge was not calibrated",
            now=datetime.now(UTC),
        )
        assert (await _send(client, change)).status_code == 201
        report = await _verify(client)
        assert report.state == "fails"
        assert report.endorsements[1].reasons[0].startswith("withdrawal-logged")
        page = (await client.get("/episodes/one/proof")).text
        assert 'data-state="fails"' in page

    _run(tmp_path, act)


def test_the_page_says_who_vouched_for_what_in_both_languages(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        assert (await client.get("/episodes/one/proof")).status_code == 404
        data = await _endorsed(made, client)
        english = (await client.get("/episodes/one/proof", headers={"accept-language": "en"})).text
        chinese = (await client.get("/episodes/one/proof", headers={"accept-language": "zh-CN"})).text
        for page in (english, chinese):
            assert dossier.digest_sri(data) in page.replace("&#43;", "+").replace("&#34;", '"')
            assert 'data-state="stands"' in page
            assert "did:web:inst1.example" in page
        assert "Demonstration" in english
        assert "演示" in chinese
        assert 'lang="zh-Hans"' in chinese
        episode = (await client.get("/episodes/one", headers={"accept-language": "en"})).text
        assert 'href="/episodes/one/proof"' in episode

    _run(tmp_path, act)


def test_an_episode_is_published_once_after_it_has_ended(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        assert (await client.post("/api/episodes/two/publish")).status_code == 404
        first = await _published(client)
        again = await client.post("/api/episodes/one/publish")
        assert again.status_code == 409
        assert (await client.get("/episodes/one/proof/dossier.json")).content == first
        assert (await client.get("/live/one/720p/0.m4s")).status_code == 200

    _run(tmp_path, act)


def test_what_authorities_did_not_sign_or_may_not_say_is_refused(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        data = await _published(client)
        one = made.institution
        assert (await _send(client, _endorse(one, data))).status_code == 400  # no register yet
        first = made.register()
        assert (await _send(client, first)).status_code == 201
        thief = Signer(one.did, one.role, key("thief"), one.witness)
        for document, code in (
            (b"{}", 400),
            (b"not JSON", 400),
            (_endorse(thief, data), 403),
            (thief.status_list(now=datetime.now(UTC)), 403),
            (one.endorse(data, subject="x", now=datetime.now(UTC) - timedelta(minutes=16)), 409),
            (one.status_list(now=datetime.now(UTC) - timedelta(hours=25)), 409),
            (first, 409),
            (made.register(id="urn:uuid:2"), 400),
        ):
            assert (await _send(client, document)).status_code == code
        good = _endorse(one, data)
        document = jcs.decode_object(good)
        document["credentialSubject"]["endorsementComment"] = "Everything was perfect."
        assert (await _send(client, json.dumps(document).encode())).status_code == 400
        assert (await _send(client, good)).status_code == 201
        assert (await _send(client, good)).status_code == 409

    _run(tmp_path, act)


def test_a_new_register_needs_the_institutions_of_the_one_before(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        first = made.register()
        assert (await _send(client, first)).status_code == 201
        one = made.institution
        authorities = (
            *(s.authority() for s in made.signers),
            Signer("did:web:new.example", "inspection", key("new"), key("w")).authority(),
        )
        second = made.register(
            version=2, previous=dossier.digest_sri(first), authorities=authorities, quorum=2
        )
        refused = await _send(client, second)
        assert (refused.status_code, "approved by 0" in refused.text) == (400, True)
        approval = one.endorse(
            second, subject="urn:uuid:99999999-2222-4333-8444-555555555555", now=datetime.now(UTC)
        )
        assert (await _send(client, approval)).status_code == 201
        assert (await _send(client, second)).status_code == 201

    _run(tmp_path, act)


def test_the_operator_can_not_endorse_for_anyone(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        """All that the operator has: the hub's folder, its keys, and the writing of the log."""
        await _send(client, made.register())
        data = await _published(client)
        operator = Signer(made.institution.did, "inspection", key("the operator's own"), key("w"))
        forged = endorsement.read(_endorse(operator, data))
        index = await made.hub.ledger.enter(
            forged.data, type=endorsement.LEAF, id=forged.id, subject=forged.digest, issuer=forged.issuer
        )
        await made.hub.ledger.seen(index, 10)
        report = await _verify(client)
        assert report.state == "fails"
        assert report.endorsements[0].reasons[0].startswith("wrong-key")

    _run(tmp_path, act)


def test_without_the_operators_token_nothing_comes_in(tmp_path: Path) -> None:
    async def act(made: Publisher, _: httpx.AsyncClient) -> None:
        async with made.house.client() as stranger:
            assert (await stranger.post("/api/documents", content=b"{}")).status_code in (401, 403)
            assert (await stranger.post("/api/episodes/one/publish")).status_code in (401, 403)

    _run(tmp_path, act)


@pytest.mark.parametrize(
    "name",
    [
        "../../operator.token",
        "register/0.json",
        "endorsements/9.json",
        "status/x.json",
        "log/../x",
        "media/720p/99.m4s",
    ],
)
def test_what_is_no_file_of_the_evidence_is_not_found(name: str, tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        await _published(client)
        assert (await client.get(f"/episodes/one/proof/{name}")).status_code in (400, 404)

    _run(tmp_path, act)
