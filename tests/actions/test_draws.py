import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from quality_creator.actions import draws, episodes, log_reader, monitor, redrawing
from quality_creator.actions.draws import Order
from quality_creator.actions.monitor import Memory
from quality_creator.model.errors import BadInput, BadPayload, NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.text import Text
from quality_creator.trust.log.draw import DRAW
from tests.web.house import House, house

CONFIG = """
[log]
name = "log.example"
[[cameras]]
id = "bars"
kind = "generated"
name = { zh-Hans = "彩条", en = "Bars" }
"""
SLUG = Slug("visit")


@asynccontextmanager
async def visiting(folder: Path) -> AsyncIterator[House]:
    """A hub whose log grows, with an episode."""
    async with house(folder, CONFIG) as one:
        task = asyncio.create_task(one.hub.ledger.run())
        title = Text(zh="参观", en="Visit")
        await episodes.plan(one.hub, episodes.Draft(slug=SLUG, title=title))
        try:
            yield one
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def log_of(folder: Path) -> str:
    return str(folder / "data" / "objects" / "log")


def test_units_are_drawn_once_and_anyone_repeats_it_from_the_files(tmp_path: Path) -> None:
    async def go() -> None:
        async with visiting(tmp_path) as one:
            hub = one.hub
            made = await draws.announce(hub, SLUG, Order(what="doors", count=250, drawn=8))
            assert len(set(made.units)) == 8
            assert {int(unit) for unit in made.units} <= set(range(1, 251))
            assert await draws.settle(hub, SLUG, made.lot) == made
            named = await draws.announce(hub, SLUG, Order(what="taps", serials=("A7", "A8", "A9"), drawn=2))
            assert set(named.units) < {"A7", "A8", "A9"}
            assert await draws.everything(hub, SLUG) == [made, named]
            assert named.draw_index is not None
            await hub.ledger.seen(named.draw_index, 20)
            believed = hub.ledger.policy
        async with log_reader.opened(log_of(tmp_path)) as get:
            found = await redrawing.check(get, believed)
        assert [(one.units, one.wrong) for one in found] == [(made.units, ""), (named.units, "")]
        assert all(one.steerable for one in found)  # this log has no witnesses, and the check says so

    asyncio.run(go())


def test_a_draw_that_says_other_units_is_found_out(tmp_path: Path) -> None:
    async def go() -> None:
        async with visiting(tmp_path) as one:
            ledger = one.hub.ledger
            made = await draws.announce(one.hub, SLUG, Order(what="doors", count=250, drawn=8))
            about = await ledger.about("urn:uuid:" + (await episodes.by_slug(one.hub, SLUG)).id, DRAW)
            lie = msgspec.json.decode(about[0].document or b"")
            lie["units"][0] = (lie["units"][0] + 1) % 250
            document = draws.draw.jcs.encode(lie)
            index = await ledger.enter(document, type=DRAW, id="urn:x", subject=about[0].subject)
            await ledger.seen(index, 20)
            assert (await draws.everything(one.hub, SLUG))[0].units == made.units
            async with log_reader.opened(log_of(tmp_path)) as get:
                (found,) = await redrawing.check(get, ledger.policy)
            assert "two draws of this lot" in found.wrong

    asyncio.run(go())


def test_an_order_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    async def go() -> None:
        async with visiting(tmp_path) as one:
            for order in (
                Order(what="x", drawn=1),
                Order(what="x", count=3, serials=("a", "b", "c"), drawn=1),
                Order(what="x", count=3, drawn=4),
                Order(what="x", serials=("a", "a"), drawn=1),
            ):
                with pytest.raises(BadInput):
                    await draws.announce(one.hub, SLUG, order)
            with pytest.raises(NotFound):
                await draws.announce(one.hub, Slug("none"), Order(what="x", count=3, drawn=1))
            with pytest.raises(NotFound):
                await draws.settle(one.hub, SLUG, "urn:uuid:none")
            assert await draws.everything(one.hub, SLUG) == []

    asyncio.run(go())


def test_a_monitor_reports_what_is_new_and_what_is_in_a_name_and_remembers(tmp_path: Path) -> None:
    async def go() -> None:
        async with visiting(tmp_path) as one:
            ledger = one.hub.ledger
            await ledger.seen(0, 20)
            async with log_reader.opened(log_of(tmp_path)) as get:
                first = await monitor.look(get, ledger.policy, Memory(), [])
                assert [entry.type for _, entry in first.entries] == ["log/1"]
                for number in range(300):
                    issuer = "did:web:inst01.example" if number == 7 else ""
                    index = await ledger.enter(
                        b"%d" % number, type="remark/1", id=str(number), subject="urn:x", issuer=issuer
                    )
                await ledger.seen(index, 20)
                second = await monitor.look(get, ledger.policy, first.memory, ["did:web:inst01.example"])
                assert [(at, entry.id) for at, entry in second.entries] == [(8, "7")]
                await monitor.remember(tmp_path / "memory", second.memory)
                kept = await monitor.recall(tmp_path / "memory")
                assert kept == second.memory
                assert (await monitor.look(get, ledger.policy, kept, [])).entries == ()

    asyncio.run(go())


def test_a_monitor_finds_a_log_that_was_rewritten_or_shrank(tmp_path: Path) -> None:
    async def go() -> None:
        memories = []
        for count, words in ((3, b"%d"), (2, b"%d"), (4, b"other %d")):
            shutil.rmtree(tmp_path / "data", ignore_errors=True)
            async with visiting(tmp_path) as one:
                ledger = one.hub.ledger
                for number in range(count):
                    index = await ledger.enter(words % number, type="remark/1", id="1", subject="urn:x")
                await ledger.seen(index, 20)
                async with log_reader.opened(log_of(tmp_path)) as get:
                    memories.append((await monitor.look(get, ledger.policy, Memory(), [])).memory)
                    if len(memories) > 1:
                        with pytest.raises(BadPayload, match="shrunk" if count == 2 else "does not begin"):
                            await monitor.look(get, ledger.policy, memories[0], [])

    asyncio.run(go())
