"""Targets in the studio: entered, changed, switched, removed; and where a stream key never is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from quality_creator.actions import episodes
from quality_creator.model.person import Role
from quality_creator.model.text import Text
from quality_creator.store.database import FILE
from tests.peers.hub import CAMERA
from tests.web.house import House, house

KEY = "live_4815162342_SeCrEt?bandwidth=1"
DRAFT = {"name": "Platform", "address": "rtmps://live.example.com/app", "key": KEY}


@asynccontextmanager
async def studio(folder: Path) -> AsyncIterator[tuple[House, httpx.AsyncClient]]:
    async with house(folder, CAMERA.format(id="one")) as one:
        await episodes.plan(one.hub, episodes.Draft(slug="visit", title=Text(zh="探访", en="Visit")))
        cookie = await one.cookie(await one.person("lin", Role.PRODUCER))
        async with one.client(cookie, accept="application/json") as client:
            yield one, client


async def listed(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    answer = await client.get("/studio/visit/outs.json")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["outs"]
    return found


def test_a_target_is_entered_switched_changed_and_removed(tmp_path: Path) -> None:
    async def check() -> None:
        async with studio(tmp_path) as (_, client):
            assert await listed(client) == []
            answer = await client.post("/studio/visit/outs", json=DRAFT)
            assert answer.status_code == 201, answer.text
            made = answer.json()
            assert made == {
                "id": made["id"],
                "name": "Platform",
                "address": "rtmps://live.example.com/app",
                "key": "••••th=1",
                "rendition": "720p",
                "on": False,
                "health": None,
                "words": "",
            }
            where = f"/studio/visit/outs/{made['id']}"
            assert (await client.post(where, json={"on": True})).json()["on"]
            assert (await client.post(where, json={"name": "Other", "rendition": "360p"})).is_success
            assert await listed(client) == [{**made, "on": True, "name": "Other", "rendition": "360p"}]
            assert (await client.delete(where)).status_code == 204
            assert await listed(client) == []
            assert (await client.delete(where)).status_code == 404
            assert (await client.post(where, json={"on": True})).status_code == 404

    asyncio.run(check())


def test_a_key_goes_to_no_other_address_than_it_was_entered_for(tmp_path: Path) -> None:
    async def check() -> None:
        async with studio(tmp_path) as (_, client):
            made = (await client.post("/studio/visit/outs", json=DRAFT)).json()
            where = f"/studio/visit/outs/{made['id']}"
            answer = await client.post(where, json={"address": "rtmp://elsewhere.example.org/app"})
            assert (answer.status_code, "enter it again" in answer.json()["error"]) == (400, True)
            same = await client.post(where, json={"address": "rtmps://live.example.com:443/app/"})
            assert same.status_code == 200
            moved = await client.post(
                where, json={"address": "rtmp://elsewhere.example.org/app", "key": "another-key-42"}
            )
            assert moved.json()["key"] == "••••y-42"

    asyncio.run(check())


def test_what_can_not_be_a_target_is_refused_without_repeating_a_secret(tmp_path: Path) -> None:
    async def check() -> None:
        async with studio(tmp_path) as (_, client):
            for change in (
                {"address": "http://live.example.com/app"},
                {"address": f"rtmp://live.example.com/app?{KEY}"},
                {"key": "with spaces in it"},
                {"key": ""},
                {"name": ""},
                {"rendition": "4k"},
                {"more": 1},
            ):
                answer = await client.post("/studio/visit/outs", json={**DRAFT, **change})
                assert answer.status_code == 400, change
                assert "SeCrEt" not in answer.text
                assert "with spaces" not in answer.text
            assert (await client.post("/studio/nowhere/outs", json=DRAFT)).status_code == 404
            for _ in range(20):
                assert (await client.post("/studio/visit/outs", json=DRAFT)).status_code == 201
            answer = await client.post("/studio/visit/outs", json=DRAFT)
            assert "remove one first" in answer.json()["error"]

    asyncio.run(check())


def test_no_stream_key_is_on_the_disk_or_in_the_audit_or_on_a_page(tmp_path: Path) -> None:
    async def check() -> None:
        async with studio(tmp_path) as (one, client):
            made = (await client.post("/studio/visit/outs", json=DRAFT)).json()
            await client.post(f"/studio/visit/outs/{made['id']}", json={"key": KEY, "on": True})
            cookie = await one.cookie(await one.person("root", Role.ADMINISTRATOR))
            async with one.client(cookie) as administrator:
                audit = (await administrator.get("/audit")).text
            assert "added a target" in audit
            assert "rtmps://live.example.com/app" in audit
            pages = audit + (await client.get("/studio/visit/outs.json")).text
            pages += (await client.get("/studio/visit")).text + (
                await client.get("/studio/visit/state.json")
            ).text
            assert "SeCrEt" not in pages

    asyncio.run(check())
    with sqlite3.connect(tmp_path / "data" / FILE) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file():
            assert b"SeCrEt" not in path.read_bytes(), path


def test_a_target_whose_key_was_sealed_by_another_hub_asks_for_it(tmp_path: Path) -> None:
    async def check() -> None:
        async with studio(tmp_path) as (_, client):
            await client.post("/studio/visit/outs", json=DRAFT)
            (tmp_path / "data" / "keys" / "sealing.key").unlink()
            (found,) = await listed(client)
            assert (found["key"], "enter it again" in found["words"]) == ("••••", True)

    asyncio.run(check())
