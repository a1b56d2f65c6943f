import asyncio
import hashlib
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.types import ASGIApp

from quality_creator.actions.log_writer import Writer
from quality_creator.actions.witness import Witness, alone
from quality_creator.actions.witnesses import Witnesses
from quality_creator.model.errors import BadInput, Unavailable
from quality_creator.store import ledger
from quality_creator.store.database import Database
from quality_creator.trust.log import checkpoint, merkle, note, policy
from quality_creator.trust.log.checkpoint import Checkpoint, Signed
from quality_creator.trust.log.policy import Policy
from quality_creator.trust.log.witnessing import SIZE_TYPE, Request
from quality_creator.web.witness import build
from tests.actions.logs import KEY, ORIGIN, check, enter, writing

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
NAMES = ("committee", "inst01", "inst02", "inst03")
PRIVATE = {name: Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32)) for name in NAMES}
LOG = checkpoint.log_key(ORIGIN, KEY)
LEAVES = [merkle.leaf_hash(number.to_bytes(2)) for number in range(20)]


def witness(folder: Path, name: str = "inst01", clock: Callable[[], datetime] = lambda: NOW) -> Witness:
    return Witness(folder, name=f"{name}.example", private=PRIVATE[name], logs=[LOG], clock=clock)


def signed(size: int, leaves: list[bytes] = LEAVES) -> Signed:
    return checkpoint.sign(Checkpoint(ORIGIN, size, merkle.root_of(leaves[:size])), KEY)


def request(old: int, new: int, leaves: list[bytes] = LEAVES) -> Request:
    proof = merkle.consistency(old, new, merkle.in_memory(leaves[:new])) if old else []
    return Request(old, tuple(proof), signed(new, leaves).encode())


async def post(app: ASGIApp, one: Request | bytes) -> httpx.Response:
    content = one.encode() if isinstance(one, Request) else one
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://w.example") as client:
        return await client.post("/add-checkpoint", content=content)


def test_a_witness_cosigns_what_grew_and_remembers_it_over_a_restart(tmp_path: Path) -> None:
    async def go() -> None:
        for old, new in ((0, 3), (3, 7), (7, 7), (7, 20)):
            answer = await post(build(witness(tmp_path)), request(old, new))
            assert answer.status_code == 200, answer.text
            line = note.signature(answer.text.removesuffix("\n"))
            with_it = signed(new).with_signatures([line])
            key = witness(tmp_path).key
            assert checkpoint.cosigned_at(with_it, key) == int(NOW.timestamp())

    asyncio.run(go())


def test_a_witness_refuses_in_the_words_of_the_protocol(tmp_path: Path) -> None:
    other = [merkle.leaf_hash(b"!" + leaf) for leaf in LEAVES]
    stranger = checkpoint.sign(Checkpoint(ORIGIN, 8, merkle.root_of(LEAVES[:8])), PRIVATE["committee"])
    unknown = checkpoint.sign(Checkpoint("other.example", 8, merkle.root_of(LEAVES[:8])), KEY)
    empty = checkpoint.sign(Checkpoint(ORIGIN, 0, bytes(32)), KEY)

    async def go() -> None:
        app = build(witness(tmp_path))
        assert (await post(app, Request(0, (), empty.encode()))).status_code == 422
        assert (await post(app, request(0, 7))).status_code == 200
        for asked, status in (
            (Request(0, (), signed(9).encode()), 409),  # it has seen 7
            (request(5, 9), 409),
            (Request(7, (), signed(9).encode()), 422),  # without a proof
            (request(7, 9, other), 422),  # a fork that is larger
            (Request(7, (), signed(7, other).encode()), 422),  # a fork of the same size
            (Request(7, (), signed(6).encode()), 400),  # a smaller tree
            (Request(7, (), stranger.encode()), 403),
            (Request(7, (), unknown.encode()), 404),
            (b"", 400),
            (b"old 7\n\nx", 400),
            (b"old 07\n\n" + signed(9).encode(), 400),
            (b"x" * 100_000, 413),
        ):
            answer = await post(app, asked)
            assert answer.status_code == status, (asked, answer.text)
            if status == 409:
                assert (answer.text, answer.headers["content-type"]) == ("7\n", SIZE_TYPE)
        assert (await post(app, request(7, 9))).status_code == 200

    asyncio.run(go())


def test_of_two_forks_asked_for_at_once_one_is_cosigned(tmp_path: Path) -> None:
    other = [*LEAVES[:3], *(merkle.leaf_hash(b"!" + leaf) for leaf in LEAVES[3:])]

    async def go() -> None:
        app = build(witness(tmp_path))
        await post(app, request(0, 3))
        answers = await asyncio.gather(*(post(app, request(3, 9, leaves)) for leaves in (LEAVES, other) * 5))
        assert sorted({answer.status_code for answer in answers}) in ([200, 409], [200, 409, 422])
        assert sum(answer.status_code == 200 for answer in answers) == 1

    asyncio.run(go())


def test_the_same_checkpoint_gets_the_same_cosignature(tmp_path: Path) -> None:
    async def go() -> None:
        times = iter([NOW, NOW + timedelta(hours=1), NOW + timedelta(hours=2)])
        app = build(witness(tmp_path, clock=lambda: next(times)))
        first = await post(app, request(0, 7))
        assert (await post(app, request(7, 7))).text == first.text

    asyncio.run(go())


def test_a_clock_that_was_set_back_does_not_show(tmp_path: Path) -> None:
    async def go() -> None:
        await post(build(witness(tmp_path)), request(0, 7))
        app = build(witness(tmp_path, clock=lambda: NOW - timedelta(days=1)))
        line = note.signature((await post(app, request(7, 9))).text.removesuffix("\n"))
        assert struct.unpack(">Q", line.data[:8])[0] == int(NOW.timestamp())

    asyncio.run(go())


def test_a_witness_that_can_not_remember_does_not_cosign(tmp_path: Path) -> None:
    async def go() -> None:
        (tmp_path / "objects").mkdir()
        one = witness(tmp_path)
        name = "objects/" + hashlib.sha256(ORIGIN.encode()).hexdigest()
        (tmp_path / name).write_bytes(b"a file where a folder should be")
        assert (await post(build(one), request(0, 7))).status_code == 503

    asyncio.run(go())


def test_monitors_see_what_was_cosigned_and_nothing_that_was_not_verified(tmp_path: Path) -> None:
    async def go() -> None:
        app = build(witness(tmp_path))
        more = signed(7).with_signatures([checkpoint.cosign(signed(7), "x.example", PRIVATE["inst02"], 5)])
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://w") as client:
            path = "/" + hashlib.sha256(ORIGIN.encode()).hexdigest() + "/checkpoint"
            assert (await client.get(path)).status_code == 404
            await post(app, Request(0, (), more.encode()))
            seen = checkpoint.open_signed((await client.get(path)).content, [LOG])
            assert [one.name for one in seen.note.signatures] == [ORIGIN, "inst01.example"]
            assert (await client.get("/../secret/checkpoint")).status_code == 404

    asyncio.run(go())


def test_two_processes_can_not_be_one_witness(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(BadInput, match="another process"), alone(tmp_path):
        pass


# --- the hub's side -------------------------------------------------------------------------------------


def the_policy() -> Policy:
    lines = [f"log {LOG}"]
    for name in NAMES:
        key = checkpoint.witness_key(f"{name}.example", PRIVATE[name])
        lines.append(f"witness {name} {key} http://{name}.example/")
    lines += [
        "group inspection 2 inst01 inst02 inst03",
        "group double all committee inspection",
        "quorum double",
    ]
    return policy.parse("".join(f"{line}\n" for line in lines).encode())


@asynccontextmanager
async def watched(folder: Path, away: set[str]) -> AsyncIterator[tuple[Database, Writer, Witnesses]]:
    """A log's writer with four witnesses, of which some do not answer."""

    async def gone(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("nobody there")

    apps = {name: httpx.ASGITransport(build(witness(folder / name, name))) for name in NAMES}
    mounts: dict[str, httpx.AsyncBaseTransport | None] = {
        f"http://{name}.example": httpx.MockTransport(gone) if name in away else app
        for name, app in apps.items()
    }
    async with httpx.AsyncClient(mounts=mounts) as client:
        asked = Witnesses(the_policy(), client)
        async with writing(folder / "log", policy=the_policy(), ask=asked.ask) as (database, writer):
            yield database, writer, asked


def test_a_log_is_published_with_the_cosignatures_of_a_quorum(tmp_path: Path) -> None:
    async def go() -> None:
        for size, away in ((1, set[str]()), (2, {"inst02"}), (3, {"inst01"}), (4, set[str]())):
            async with watched(tmp_path, away) as (database, writer, asked):
                await enter(database, size)
                await writer.step()
                published = await database.look(ledger.newest)
                assert published is not None
                assert published.size == size
                seen = the_policy().open(published.note)
                assert the_policy().holds(seen.times)
                # One that was away is told from where it left off, by its own word.
                assert set(seen.times) == set(NAMES) - away
                troubled = {one.name for one in asked.status() if one.trouble}
                assert troubled == away
        assert (await check(tmp_path / "log")).wrong == ()

    asyncio.run(go())


def test_without_a_quorum_the_log_waits_and_goes_on_when_it_is_there(tmp_path: Path) -> None:
    async def go() -> None:
        async with watched(tmp_path, {"committee"}) as (database, writer, _):
            await enter(database, 0)
            with pytest.raises(Unavailable):
                await writer.step()
            assert not (tmp_path / "log" / "objects" / "log" / "checkpoint").exists()
        async with watched(tmp_path, set()) as (_, writer, _):
            assert await writer.step()
            assert not await writer.step()

    asyncio.run(go())


def test_a_log_whose_memory_is_older_than_its_witnesses_is_not_published(tmp_path: Path) -> None:
    async def go() -> None:
        async with watched(tmp_path, set()) as (database, writer, _):
            for number in range(3):
                await enter(database, number)
            await writer.step()
        (tmp_path / "log").rename(tmp_path / "lost")
        async with watched(tmp_path, set()) as (database, writer, asked):
            await enter(database, 7)
            with pytest.raises(Unavailable):
                await writer.step()
            assert all("has cosigned 3 entries" in one.trouble for one in asked.status())

    asyncio.run(go())
