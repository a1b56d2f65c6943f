"""The desk's doors: what an expert sees, sends, and is told as it happens."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from quality_creator.actions import sessions
from quality_creator.model.person import Role
from tests.actions.experts import Expert, expert
from tests.actions.publisher import Publisher, publisher

JSON = {"accept": "application/json"}


@dataclass
class Seats:
    """Who sits where."""

    made: Publisher
    wang: Expert
    expert: httpx.AsyncClient
    producer: httpx.AsyncClient
    cookie: str
    """The expert's."""


def at_desk(tmp_path: Path, act: Callable[[Seats], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with publisher(tmp_path, ended=False) as made:
            house = made.house
            wang = await expert(made.hub)
            assert wang.visitor.person is not None
            cookie = await house.cookie(wang.visitor.person)
            lin = await house.cookie(await house.person("lin", Role.PRODUCER))
            async with house.client(cookie, **JSON) as one, house.client(lin, **JSON) as other:
                await act(Seats(made, wang, one, other, cookie))

    asyncio.run(inside())


async def state(client: httpx.AsyncClient) -> dict[str, Any]:
    answer = await client.get("/desk/one/state")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json()
    return found


def test_a_remark_goes_from_the_expert_to_the_air_and_off_again(tmp_path: Path) -> None:
    async def act(seats: Seats) -> None:
        data = seats.wang.signed("The seam is open.")
        answer = await seats.expert.post("/desk/one/remarks", content=data)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (await seats.expert.post("/desk/one/remarks", content=data)).json() == made
        document = await seats.expert.get(f"/log/documents/{made['sha256']}")
        assert document.status_code in (200, 404)  # published with the log's next tree
        [told] = (await state(seats.producer))["remarks"]
        assert (told["index"], told["state"], told["document"]) == (
            made["index"],
            "entered",
            json.loads(data),
        )
        for way, then in (("air", "on-air"), ("off", "entered")):
            answer = await seats.producer.post(f"/desk/one/remarks/{made['id']}/{way}")
            assert answer.status_code == 200, answer.text
            assert (await state(seats.expert))["remarks"][0]["state"] == then
        who = (await state(seats.expert))["who"]
        assert (who["did"], who["signs"], who["institution"]) == (
            seats.wang.did,
            True,
            seats.wang.institution,
        )
        assert (await state(seats.producer))["who"]["signs"] is False

    at_desk(tmp_path, act)


def test_what_is_refused_is_refused_with_words_and_a_code_that_says_whose_fault_it_is(tmp_path: Path) -> None:
    async def act(seats: Seats) -> None:
        wang, other = seats.wang, await expert(seats.made.hub, "li")
        data = wang.signed("The seam is open.")
        for body, code, words in (
            (b"{}", 400, "proof"),
            (data.replace(b"open", b"shut"), 400, "signature"),
            (b" " * 70_000, 400, "bytes"),
            (other.signed("Not mine to send."), 403, "not enrolled by you"),
        ):
            answer = await seats.expert.post("/desk/one/remarks", content=body)
            assert (answer.status_code, words in answer.json()["error"]) == (code, True), answer.text
        assert (await seats.producer.post("/desk/one/remarks", content=data)).status_code == 403
        assert (await state(seats.expert))["remarks"] == []
        assert (await seats.expert.get("/desk/nowhere/state")).status_code == 404

    at_desk(tmp_path, act)


def test_the_page_is_told_what_happens_until_its_reader_is_signed_out(tmp_path: Path) -> None:
    async def act(seats: Seats) -> None:
        following = asyncio.create_task(seats.expert.get("/desk/one/live"))
        await asyncio.sleep(0.3)
        await seats.producer.post("/desk/one/chat", json={"words": "What do you see?"})
        await asyncio.sleep(0.3)
        await seats.expert.post("/desk/one/remarks", content=seats.wang.signed("The seam is open."))
        await asyncio.sleep(0.3)
        await seats.expert.post("/sign-out")
        answer = await asyncio.wait_for(following, 60)
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith('data: {"')]
        assert answer.text.rstrip().endswith("event: dismissed\ndata: {}")
        assert events[0]["chat"] == []
        assert events[-1]["chat"][0]["words"] == "What do you see?"
        assert len(events[-1]["remarks"]) == 1

    at_desk(tmp_path, act)


def test_whoever_came_by_a_personal_link_looks_on_and_signs_nothing(tmp_path: Path) -> None:
    async def act(seats: Seats) -> None:
        cookie = await seats.made.house.link_cookie(Role.EXPERT, "one")
        async with seats.made.house.client(cookie, **JSON) as guest:
            assert (await state(guest))["who"]["key"] == "none"
            answer = await guest.post("/desk/one/remarks", content=seats.wang.signed())
            assert (answer.status_code, "account" in answer.json()["error"]) == (403, True)
        assert await sessions.visitor(seats.made.hub, seats.cookie, "") is not None

    at_desk(tmp_path, act)
