"""The seals of an episode and the page of one endorsement: valid, missing, revoked, with their history."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from quality_creator.actions import summary
from quality_creator.model.clock import Micros
from quality_creator.model.event import (
    ChartLimits,
    Definitions,
    FrameData,
    JointDefinition,
    JointPoint,
    Signal,
    TimedMessage,
)
from quality_creator.model.ids import CharacteristicId, ChartId, LineId
from quality_creator.model.text import Text
from quality_creator.trust import dissent, dossier, endorsement
from tests.actions.publisher import Publisher, publisher
from tests.web.house import TOKEN


def _run(folder: Path, act: Callable[[Publisher, httpx.AsyncClient], Awaitable[None]]) -> None:
    async def around() -> None:
        async with publisher(folder) as made, made.house.client(authorization=f"Bearer {TOKEN}") as client:
            await act(made, client)

    asyncio.run(around())


async def _text(client: httpx.AsyncClient, path: str, language: str = "en") -> str:
    answer = await client.get(path, headers={"accept-language": language})
    assert answer.status_code == 200, answer.text
    return answer.text


def _marks(page: str) -> list[tuple[str, str]]:
    return re.findall(r'class="stamps__one" data-mark="([a-z]+)" data-role="([a-z]+)"', page)


async def _take(client: httpx.AsyncClient, data: bytes) -> None:
    answer = await client.post("/api/documents", content=data)
    assert answer.status_code == 201, answer.text


def test_an_episode_has_two_seals_and_each_endorsement_a_page_with_its_history(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        await _take(client, made.register())
        assert _marks(await _text(client, "/episodes/one")) == []  # not published: nothing to vouch for
        assert (await client.post("/api/episodes/one/publish")).status_code == 201
        data = (await client.get("/episodes/one/proof/dossier.json")).content
        roles = [role for _, role in _marks(await _text(client, "/episodes/one"))]
        assert sorted(roles) == ["committee", "inspection"]
        ids: dict[str, str] = {}
        for one in made.signers:
            one.site = "http://127.0.0.1:8080"
            now = datetime.now(UTC)
            signed = one.endorse(data, subject=dossier.decode(data).id, now=now)
            ids[one.did] = endorsement.read(signed).id.removeprefix("urn:uuid:")
            await _take(client, signed)
            for listed in one.status_lists(now=now).values():
                await _take(client, listed)
            marks = [mark for mark, _ in _marks(await _text(client, "/episodes/one"))]
            assert marks.count("valid") == len(ids)
            assert marks.count("missing") == 2 - len(ids)

        uuid = ids[made.institution.did]
        page = await _text(client, f"/endorsements/{uuid}")
        assert 'data-mark="valid"' in page
        assert "Nothing speaks against it" in page
        assert f"/endorsements/{uuid}/qr.svg" in page
        assert "未发现问题" in await _text(client, f"/endorsements/{uuid}", "zh-CN")
        code = await client.get(f"/endorsements/{uuid}/qr.svg")
        assert (code.status_code, code.headers["content-type"]) == (200, "image/svg+xml")
        signed = (await client.get(re.findall(r"/log/documents/[0-9a-f]{64}", page)[0])).content
        assert endorsement.read(signed).id == f"urn:uuid:{uuid}"

        await _take(
            client,
            endorsement.issue_change(
                made.institution.key,
                id="urn:uuid:c",
                issuer=made.institution.did,
                endorsement=f"urn:uuid:{uuid}",
                status="revoked",
                reason="a gauge was not calibrated",
                now=datetime.now(UTC),
            ),
        )
        seals = {role: mark for mark, role in _marks(await _text(client, "/episodes/one"))}
        assert seals == {"committee": "valid", "inspection": "revoked"}
        page = await _text(client, f"/endorsements/{uuid}")
        assert 'data-mark="revoked"' in page
        assert "a gauge was not calibrated" in page
        assert "Nothing speaks against it" not in page

    _run(tmp_path, act)


def test_a_suspension_and_its_end_stand_in_the_history_and_the_verdict_follows_at_once(
    tmp_path: Path,
) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        await _take(client, made.register())
        assert (await client.post("/api/episodes/one/publish")).status_code == 201
        data = (await client.get("/episodes/one/proof/dossier.json")).content
        for one in made.signers:
            one.site = "http://127.0.0.1:8080"
            signed = one.endorse(data, subject=dossier.decode(data).id, now=datetime.now(UTC))
            await _take(client, signed)
            for listed in one.status_lists(now=datetime.now(UTC) - timedelta(seconds=30)).values():
                await _take(client, listed)
        one = made.institution
        uuid = endorsement.read(signed).id.removeprefix("urn:uuid:")

        async def mark() -> str:
            seals = {role: mark for mark, role in _marks(await _text(client, "/episodes/one"))}
            return seals["inspection"]

        assert await mark() == "valid"
        for status, number in (("suspended", 1), ("reinstated", 2)):
            at = datetime.now(UTC)
            change = endorsement.issue_change(
                one.key,
                id=f"urn:uuid:c{number}",
                issuer=one.did,
                endorsement=f"urn:uuid:{uuid}",
                status=status,  # type: ignore[arg-type]
                reason=f"reason {number}",
                now=at,
            )
            await _take(client, change)
            one.suspended = {1} if status == "suspended" else set()
            lists = one.status_lists(now=at - timedelta(seconds=30 - number))
            await _take(client, lists[f"{one.list_address}/suspension"])
            assert await mark() == ("suspended" if status == "suspended" else "valid")
        served = await client.get("/status/inst1.example/suspension")
        assert served.content == lists[f"{one.list_address}/suspension"]
        page = await _text(client, f"/endorsements/{uuid}")
        assert re.findall(r"<strong>(suspended|in force again)</strong>", page) == [
            "suspended",
            "in force again",
        ]
        assert "reason 1" in page
        assert "reason 2" in page

    _run(tmp_path, act)


def test_a_dissent_is_logged_and_stands_on_the_page_of_the_proof(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        await _take(client, made.register())
        assert (await client.post("/api/episodes/one/publish")).status_code == 201
        data = (await client.get("/episodes/one/proof/dossier.json")).content
        said = dissent.issue(
            made.institution.key,
            id="urn:uuid:d",
            issuer=made.institution.did,
            subject=dossier.decode(data).id,
            digest=dossier.digest_sri(data),
            reason="the gauge at station 3 was not calibrated",
            now=datetime.now(UTC),
        )
        await _take(client, said)
        assert (await client.post("/api/documents", content=said)).status_code == 409
        page = await _text(client, "/episodes/one/proof")
        assert "does not vouch for it" in page
        assert "the gauge at station 3 was not calibrated" in page
        assert "不予背书" in await _text(client, "/episodes/one/proof", "zh-CN")
        signed = (await client.get(re.findall(r"/log/documents/[0-9a-f]{64}", page)[0])).content
        assert signed == said

    _run(tmp_path, act)


def _several(segment: int) -> list[TimedMessage]:
    """A chart of several characteristics, in a segment's messages."""
    at = segment * 172_800
    definition = JointDefinition(
        chart=ChartId("surface"),
        name=Text(zh="表面 <一>", en="Surface <one>"),
        line=LineId("board"),
        line_name=Text(zh="板件线", en="Board line"),
        kind="t2",
        characteristics=(CharacteristicId("gloss"), CharacteristicId("moisture")),
        alpha=0.0027,
        location=ChartLimits(center=2.0, upper=11.8),
        mean=(80.0, 8.0),
        sigma=(1.0, 0.2),
        correlation=((1.0, 0.5), (0.5, 1.0)),
    )
    point = JointPoint(
        chart=definition.chart,
        index=segment,
        time=Micros(segment),
        of=(segment, segment),
        plotted=segment,
        location=12.5,
        parts=(1.0, 11.0),
        signals=(Signal(rule="t2-limit"),),
    )
    return [
        TimedMessage(at=at, message=Definitions(characteristics=(), charts=(definition,))),
        TimedMessage(at=at + 1, message=FrameData(utc=Micros(segment), joint=(point,))),
    ]


@pytest.mark.parametrize("spoken", ["en", "zh-CN"])
def test_a_dossier_with_a_chart_of_several_characteristics_is_shown_as_any_other(
    tmp_path: Path, spoken: str
) -> None:
    async def act() -> None:
        around = publisher(tmp_path, beside=_several)
        async with around as made, made.house.client(authorization=f"Bearer {TOKEN}") as client:
            await _take(client, made.register())
            assert (await client.post("/api/episodes/one/publish")).status_code == 201
            data = (await client.get("/episodes/one/proof/dossier.json")).content
            assert {one.characteristic for one in dossier.decode(data).verdicts} >= {"surface", "xbar-r"}
            verdict = (await client.get("/episodes/one/proof/verdicts/surface.json")).content
            assert isinstance(summary.decode_verdict(verdict), summary.JointSummary)
            one = made.institution
            one.site = "http://127.0.0.1:8080"
            signed = one.endorse(data, subject=dossier.decode(data).id, now=datetime.now(UTC))
            await _take(client, signed)
            page = await _text(client, "/episodes/one/proof", spoken)
            assert ("表面 &lt;一&gt;" if spoken == "zh-CN" else "Surface &lt;one&gt;") in page
            uuid = endorsement.read(signed).id.removeprefix("urn:uuid:")
            assert "did:web:inst1.example" in await _text(client, f"/endorsements/{uuid}", spoken)
            assert (await client.get("/episodes/one")).status_code == 200

    asyncio.run(act())


def test_an_endorsement_that_nobody_made_is_not_there(tmp_path: Path) -> None:
    async def act(_: Publisher, client: httpx.AsyncClient) -> None:
        for uuid in ("11111111-2222-4333-8444-555555555555", "x", "11111111-2222-4333-8444-55555555555g"):
            assert (await client.get(f"/endorsements/{uuid}")).status_code == 404
        assert (await client.get("/endorsements/x/qr.svg")).status_code == 404

    _run(tmp_path, act)
