import asyncio
import shutil
from pathlib import Path

import pytest

from quality_creator.actions import log_reader
from quality_creator.model.errors import BadInput, Conflict, Unavailable
from quality_creator.store import ledger
from quality_creator.store.database import FILE
from quality_creator.store.ledger import Head
from quality_creator.trust.log import checkpoint, merkle
from quality_creator.trust.log.checkpoint import Checkpoint
from tests.actions.logs import KEY, ORIGIN, POLICY, check, enter, writing


async def grown(folder: Path, *batches: int) -> None:
    """Add so many entries in each step."""
    async with writing(folder) as (database, writer):
        start = await database.look(ledger.count)
        for size in batches:
            for number in range(start, start + size):
                await enter(database, number)
            start += size
            assert await writer.step()
        assert not await writer.step()


def test_a_log_grows_over_tiles_and_restarts_and_is_whole(tmp_path: Path) -> None:
    async def go() -> None:
        await grown(tmp_path, 1, 2, 300)
        await grown(tmp_path)
        await grown(tmp_path, 10, 220)
        found = await check(tmp_path)
        assert (found.size, found.wrong) == (533, ())
        async with log_reader.opened(str(tmp_path / "objects" / "log")) as get:
            entries = [entry async for _, entry in log_reader.entries(get, 533)]
        assert merkle.root_of([merkle.leaf_hash(entry) for entry in entries]) == found.root

    asyncio.run(go())


def test_every_checkpoint_is_a_continuation_of_the_one_before(tmp_path: Path) -> None:
    async def go() -> None:
        async with writing(tmp_path) as (database, writer):
            before = Head(size=0, root=merkle.EMPTY)
            for number in range(8):
                await enter(database, number)
                await writer.step()
                old, new = before.size, writer.tree.size
                proof = await writer.proof(
                    lambda hashes, old=old, new=new: merkle.consistency(old, new, hashes), new
                )
                merkle.check_consistency(proof, old, new, before.root, writer.tree.root)
                before = Head(size=new, root=writer.tree.root)

    asyncio.run(go())


def test_an_announced_lot_ends_a_checkpoint_and_what_follows_has_one_of_its_own(tmp_path: Path) -> None:
    async def go() -> None:
        async with writing(tmp_path) as (database, writer):
            for number, kind in enumerate(["remark/1", "lot/1", "mark/1", "remark/1", "remark/1", "lot/1"]):
                await enter(database, number, kind)
            sizes = []
            while await writer.step():
                sizes.append(writer.tree.size)
            assert sizes == [2, 3, 6]
            await enter(database, 6)
            await enter(database, 7)
            while await writer.step():
                sizes.append(writer.tree.size)
            assert sizes == [2, 3, 6, 7, 8]

    asyncio.run(go())


def test_a_log_keeps_its_name(tmp_path: Path) -> None:
    async def go() -> None:
        await grown(tmp_path, 1)
        with pytest.raises(BadInput, match=r"log\.name"):
            async with writing(tmp_path, origin="other.example"):
                pass

    asyncio.run(go())


def test_a_database_that_is_older_than_what_was_published_is_not_gone_on_with(tmp_path: Path) -> None:
    async def go() -> None:
        await grown(tmp_path, 3)
        shutil.copy(tmp_path / FILE, tmp_path / "old")
        await grown(tmp_path, 2)
        shutil.move(tmp_path / "old", tmp_path / FILE)
        with pytest.raises(BadInput, match="published with 5 entries, and the database has 3"):
            await grown(tmp_path, 1)
        shutil.move(tmp_path / FILE, tmp_path / "gone")
        with pytest.raises(BadInput, match="knows nothing"):
            await grown(tmp_path, 1)

    asyncio.run(go())


def test_a_tile_that_was_changed_stops_the_writer_and_fsck_names_it(tmp_path: Path) -> None:
    async def go() -> None:
        await grown(tmp_path, 300)
        path = tmp_path / "objects" / "log" / "tile" / "0" / "001.p" / "44"
        data = path.read_bytes()
        path.write_bytes(bytes(32) + data[32:])
        assert (await check(tmp_path)).wrong == ("tile/0/001.p/44 does not follow from the entries",)
        with pytest.raises(BadInput, match="fsck"):
            await grown(tmp_path, 1)
        path.unlink()
        assert (await check(tmp_path)).wrong == ("tile/0/001.p/44 is missing",)
        with pytest.raises(BadInput, match="fsck"):
            await grown(tmp_path, 1)

    asyncio.run(go())


def test_fsck_names_an_entry_or_a_document_that_was_changed(tmp_path: Path) -> None:
    async def go() -> None:
        await grown(tmp_path, 3)
        log = tmp_path / "objects" / "log"
        document = next((log / "documents").iterdir())
        good = document.read_bytes()
        document.write_bytes(b"other")
        assert "is another one" in (await check(tmp_path)).wrong[0]
        document.write_bytes(good)
        bundle = log / "tile" / "entries" / "000.p" / "3"
        bundle.write_bytes(bundle.read_bytes().replace(b"urn:example:1", b"urn:example:9"))
        wrong = (await check(tmp_path)).wrong
        assert any("another root" in word for word in wrong)
        assert any("tile/0/000.p/3" in word for word in wrong)

    asyncio.run(go())


def test_a_checkpoint_of_another_tree_is_not_continued(tmp_path: Path) -> None:
    async def go() -> None:
        await grown(tmp_path, 3)
        other = checkpoint.sign(Checkpoint(ORIGIN, 2, bytes(32)), KEY)
        (tmp_path / "objects" / "log" / "checkpoint").write_bytes(other.encode())
        with pytest.raises(BadInput, match="another tree"):
            await grown(tmp_path, 1)

    asyncio.run(go())


def test_two_writers_of_one_log_do_not_fork_it(tmp_path: Path) -> None:
    async def go() -> None:
        async with writing(tmp_path) as (database, one), writing(tmp_path) as (_, other):
            await enter(database, 0)
            assert await one.step()
            await enter(database, 1)
            with pytest.raises(Conflict, match="another one"):
                await other.step()
        assert (await check(tmp_path)).wrong == ()

    asyncio.run(go())


def test_without_a_quorum_nothing_is_published_and_nothing_is_added(tmp_path: Path) -> None:
    async def go() -> None:
        text = f"log {POLICY.logs[0]}\nwitness w {checkpoint.witness_key('w', KEY)}\nquorum w\n"
        strict = log_reader.policy.parse(text.encode())
        async with writing(tmp_path, policy=strict) as (database, writer):
            await enter(database, 0)
            for number in (1, 2):
                with pytest.raises(Unavailable, match="too few witnesses"):
                    await writer.step()
                await enter(database, number)
            assert writer.tree.size == 1
        assert not (tmp_path / "objects" / "log" / "checkpoint").exists()
        async with writing(tmp_path) as (_, writer):
            assert [await writer.step() for _ in range(3)] == [True, True, False]
        assert (await check(tmp_path)).size == 3

    asyncio.run(go())
