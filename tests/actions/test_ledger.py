import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from quality_creator.actions import log_reader, signing
from quality_creator.actions.ledger import Ledger
from quality_creator.config.load import loads
from quality_creator.model.errors import BadInput, NotFound, Unavailable
from quality_creator.store.database import Database, open_folder
from quality_creator.trust.log import leaf, note, proof

SUBJECT = "urn:uuid:00000000-0000-4000-8000-000000000000"


@asynccontextmanager
async def opened(folder: Path, text: str = "") -> AsyncIterator[tuple[Database, Ledger]]:
    config = loads(text or '[log]\nname = "log.example"\n', folder=folder, environment={})
    database = await open_folder(folder / "data")
    try:
        async with httpx.AsyncClient() as client:
            yield database, await Ledger.open(database, signing.open_keys(config), config, client)
    finally:
        await database.close()


@asynccontextmanager
async def running(folder: Path, text: str = "") -> AsyncIterator[Ledger]:
    async with opened(folder, text) as (_, ledger):
        task = asyncio.create_task(ledger.run())
        try:
            yield ledger
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def test_a_document_gets_a_place_a_checkpoint_and_a_proof_that_needs_nothing_else(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as ledger:
            documents = [f"document {number}".encode() for number in range(5)]
            places = [
                await ledger.enter(one, type="remark/1", id=str(number), subject=SUBJECT)
                for number, one in enumerate(documents)
            ]
            assert places == [1, 2, 3, 4, 5]  # the log's own entry is the first
            await ledger.seen(5, 20)
            for number, (place, document) in enumerate(zip(places, documents, strict=True)):
                made = leaf.leaf_of(
                    document, type="remark/1", id=str(number), issuer="log.example", subject=SUBJECT
                )
                logged = proof.verify(await ledger.proof(place), made, ledger.policy)
                assert (logged.origin, logged.index) == ("log.example", place)
                assert await ledger.read(f"documents/{made.sha256}") == document
            assert [entry.index for entry in await ledger.about(SUBJECT, "remark/1")] == places
            assert await ledger.about(SUBJECT, "draw/1") == []
            status = ledger.status()
            assert (status.size, status.waiting, status.trouble) == (6, 0, "")
            with pytest.raises(NotFound):
                await ledger.proof(6)
            with pytest.raises(Unavailable, match="entry 6"):
                await ledger.seen(6, 0.01)

    asyncio.run(go())


def test_a_proof_names_the_first_checkpoint_that_has_the_entry(tmp_path: Path) -> None:
    async def go() -> None:
        async with running(tmp_path) as ledger:
            first = await ledger.enter(b"one", type="remark/1", id="1", subject=SUBJECT)
            size = (await ledger.seen(first, 20)).size
            later = await ledger.enter(b"two", type="remark/1", id="2", subject=SUBJECT)
            await ledger.seen(later, 20)
            made = leaf.leaf_of(b"one", type="remark/1", id="1", issuer="log.example", subject=SUBJECT)
            assert proof.verify(await ledger.proof(first), made, ledger.policy).size == size == first + 1

    asyncio.run(go())


def test_an_entry_that_nobody_published_is_published_by_the_next_hub(tmp_path: Path) -> None:
    async def go() -> None:
        async with opened(tmp_path) as (_, ledger):
            place = await ledger.enter(b"one", type="remark/1", id="1", subject=SUBJECT)
        async with running(tmp_path) as ledger:
            await ledger.seen(place, 20)
        async with log_reader.opened(str(tmp_path / "data" / "objects" / "log")) as get:
            found = await log_reader.fsck(get, await log_reader.newest(get, ledger.policy))
        assert (found.size, found.wrong) == (2, ())

    asyncio.run(go())


def test_an_entry_of_a_transaction_that_fails_does_not_exist(tmp_path: Path) -> None:
    async def go() -> None:
        async with opened(tmp_path) as (_, ledger):

            def act(transaction: object) -> None:
                ledger.enter_in(transaction, b"one", type="remark/1", id="1", subject=SUBJECT)  # type: ignore[arg-type]
                raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                await ledger.transact(act)
            assert await ledger.about(SUBJECT) == []
            assert await ledger.enter(b"two", type="remark/1", id="2", subject=SUBJECT) == 1

    asyncio.run(go())


def test_a_log_keeps_its_name_when_the_address_changes(tmp_path: Path) -> None:
    async def go() -> None:
        async with opened(tmp_path, '[hub]\naddress = "https://one.example"\n') as (_, ledger):
            assert ledger.origin == "one.example/log"
        async with opened(tmp_path, '[hub]\naddress = "https://two.example"\n') as (_, ledger):
            assert ledger.origin == "one.example/log"

    asyncio.run(go())


def test_a_policy_that_does_not_know_the_log_is_refused_with_the_line_that_it_lacks(tmp_path: Path) -> None:
    async def go() -> None:
        text = '[log]\nname = "log.example"\npolicy = "policy"\n'
        with pytest.raises(BadInput, match=r"log\.policy.*policy"):
            async with opened(tmp_path, text):
                pass
        (tmp_path / "policy").write_bytes(b"quorum none\n")
        with pytest.raises(BadInput, match=r"add the line `log log\.example") as refused:
            async with opened(tmp_path, text):
                pass
        line = str(refused.value).split("`")[1]
        assert note.vkey(line.removeprefix("log ")).name == "log.example"
        (tmp_path / "policy").write_text(f"{line}\nquorum none\n", encoding="ascii")
        async with opened(tmp_path, text) as (_, ledger):
            assert ledger.key == line.removeprefix("log ")
        (tmp_path / "policy").write_bytes(b"quorum\n")
        with pytest.raises(BadInput, match="line 1 of the policy"):
            async with opened(tmp_path, text):
                pass

    asyncio.run(go())


def test_a_name_that_no_key_can_have_is_refused(tmp_path: Path) -> None:
    async def go() -> None:
        with pytest.raises(BadInput, match=r"log\.name"):
            async with opened(tmp_path, '[log]\nname = "a b"\n'):
                pass

    asyncio.run(go())
