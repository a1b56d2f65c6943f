"""The real size: nineteen inspection institutions and the committee, each with its witness and its desk."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from quality_creator.actions import checking
from quality_creator.model.errors import Unavailable
from quality_creator.trust import dissent, dossier, register
from tests.actions.publisher import Publisher, publisher
from tests.trust.authorities import Signer, signer
from tests.web.house import TOKEN

INSTITUTIONS = 19
QUORUM = 10
REGISTER = "urn:uuid:99999999-2222-4333-8444-555555555555"


def _run(folder: Path, act: Callable[[Publisher, httpx.AsyncClient], Awaitable[None]]) -> None:
    async def around() -> None:
        async with (
            publisher(folder, institutions=INSTITUTIONS) as made,
            made.house.client(authorization=f"Bearer {TOKEN}") as client,
        ):
            await act(made, client)

    asyncio.run(around())


async def _send(client: httpx.AsyncClient, data: bytes) -> httpx.Response:
    return await client.post("/api/documents", content=data)


async def _enter(made: Publisher, number: int, patience_s: float) -> None:
    index = await made.hub.ledger.enter(f"{number}".encode(), type="x/1", id=f"urn:x:{number}", subject="x")
    await made.hub.ledger.seen(index, patience_s)


def _names(count: int) -> set[str]:
    return {f"inst{number}" for number in range(1, count + 1)}


def test_the_log_goes_on_with_the_committee_and_ten_of_nineteen_and_with_no_fewer(tmp_path: Path) -> None:
    async def act(made: Publisher, _: httpx.AsyncClient) -> None:
        await _enter(made, 1, 15)
        made.away |= _names(INSTITUTIONS - QUORUM)
        await _enter(made, 2, 15)
        made.away |= _names(INSTITUTIONS - QUORUM + 1)
        with pytest.raises(Unavailable, match="not seen by its witnesses"):
            await _enter(made, 3, 2)
        # One of those that were away a moment ago is asked again at once: the quorum hangs on it.
        made.away -= {"inst1"}
        await _enter(made, 4, 15)
        made.away.clear()
        made.away.add("committee")
        with pytest.raises(Unavailable, match="not seen by its witnesses"):
            await _enter(made, 5, 2)

    _run(tmp_path, act)


def test_the_register_changes_by_the_committee_and_ten_of_nineteen_and_by_no_fewer(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        first = made.register()
        assert (await _send(client, first)).status_code == 201
        newcomer = signer("new")
        second = made.register(
            version=2,
            previous=dossier.digest_sri(first),
            authorities=tuple(one.authority() for one in (*made.signers, newcomer)),
            quorum=11,
        )

        def approve(one: Signer) -> bytes:
            return one.endorse(second, subject=REGISTER, now=datetime.now(UTC))

        assert "approved by 0 institutions; version 1 demands 10" in (await _send(client, second)).text
        # One that dissents says so, and does not count; the committee's own word is no institution's.
        against = made.institutions[-1]
        said = dissent.issue(
            against.key,
            id="urn:uuid:d",
            issuer=against.did,
            subject=REGISTER,
            digest=dossier.digest_sri(second),
            reason="its accreditation is not for furniture",
            now=datetime.now(UTC),
        )
        for document in (said, approve(made.committee), *map(approve, made.institutions[: QUORUM - 1])):
            answer = await _send(client, document)
            assert answer.status_code == 201, answer.text
        assert "approved by 9 institutions" in (await _send(client, second)).text
        assert (await _send(client, approve(newcomer))).status_code == 403  # it is in no register yet
        by_an_institution = register.issue(
            register.read(second),
            made.institution.key,
            issuer=made.institution.did,
            credential_id="urn:uuid:2",
            now=datetime.now(UTC),
        )
        assert (await _send(client, approve(made.institutions[QUORUM - 1]))).status_code == 201
        assert "not signed by the committee" in (await _send(client, by_an_institution)).text
        assert (await _send(client, second)).status_code == 201

    _run(tmp_path, act)


def test_an_endorsement_by_one_stands_beside_the_dissent_of_three_and_both_are_seen(tmp_path: Path) -> None:
    async def act(made: Publisher, client: httpx.AsyncClient) -> None:
        assert (await _send(client, made.register())).status_code == 201
        assert (await client.post("/api/episodes/one/publish")).status_code == 201
        data = (await client.get("/episodes/one/proof/dossier.json")).content
        subject = dossier.decode(data).id
        now = datetime.now(UTC)
        for one in (made.committee, made.institution):
            one.site = "http://127.0.0.1:8080"
            for document in (
                one.endorse(data, subject=subject, now=now),
                *one.status_lists(now=now).values(),
            ):
                assert (await _send(client, document)).status_code == 201
        for number, one in enumerate(made.institutions[1:4], 1):
            said = dissent.issue(
                one.key,
                id=f"urn:uuid:d{number}",
                issuer=one.did,
                subject=subject,
                digest=dossier.digest_sri(data),
                reason=f"reason {number}",
                now=now,
            )
            assert (await _send(client, said)).status_code == 201
        page = (await client.get("/episodes/one/proof", headers={"accept-language": "en"})).text
        assert 'class="page proof" data-state="stands"' in page
        assert page.count('class="half half--against"') == 3
        report = await asyncio.to_thread(checking.check, made.source(), target="one", now=datetime.now(UTC))
        assert (report.state, len(report.dissents)) == ("stands", 3), report.checks
        assert [one.reason for one in report.dissents] == ["reason 1", "reason 2", "reason 3"]
        policy = next(one for one in report.checks if one.name == "policy")
        assert policy.words.startswith("20 witnesses")

    _run(tmp_path, act)
