import asyncio
import hashlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from xml.etree import ElementTree

from quality_creator.actions import challenges
from quality_creator.actions.challenges import Challenges
from quality_creator.trust.log import challenge, leaf, policy, proof, tile
from quality_creator.web.live import FOREVER
from tests.web.house import House, house

CONFIG = '[log]\nname = "log.example"\nchallenge_s = 5\n'


@asynccontextmanager
async def growing(folder: Path) -> AsyncIterator[House]:
    async with house(folder, CONFIG) as one:
        task = asyncio.create_task(one.hub.ledger.run())
        try:
            yield one
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def test_the_log_is_files_that_any_cache_may_keep_and_any_site_may_read(tmp_path: Path) -> None:
    async def go() -> None:
        async with growing(tmp_path) as one, one.client() as client:
            document = b'{"some":"document"}'
            index = await one.hub.ledger.enter(document, type="remark/1", id="urn:x", subject="urn:y")
            await one.hub.ledger.seen(index, 20)
            believed = policy.parse((await client.get("/log/policy")).content)
            newest = await client.get("/log/checkpoint")
            assert newest.headers["content-type"] == "text/plain; charset=utf-8"
            assert newest.headers["cache-control"] == "no-cache"
            there = believed.open(newest.content).signed.checkpoint
            for place in (*tile.tiles(there.size), *tile.bundles(there.size)):
                answer = await client.get(f"/log/{place.path}")
                assert answer.headers["content-type"] == "application/octet-stream"
                assert answer.headers["cache-control"] == FOREVER
                assert answer.headers["access-control-allow-origin"] == "*"
            assert leaf.decode(tile.unpack(answer.content)[index]).id == "urn:x"
            kept = await client.get(f"/log/documents/{hashlib.sha256(document).hexdigest()}")
            assert (kept.content, kept.headers["cache-control"]) == (document, FOREVER)
            made = leaf.leaf_of(document, type="remark/1", id="urn:x", issuer="log.example", subject="urn:y")
            text = (await client.get(f"/log/proofs/{index}.tlog-proof")).content
            assert proof.verify(text, made, believed).index == index

    asyncio.run(go())


def test_only_files_of_the_log_can_be_had_below_its_address(tmp_path: Path) -> None:
    async def go() -> None:
        async with growing(tmp_path) as one, one.client() as client:
            await one.hub.ledger.seen(0, 20)
            for path in (
                "tile/0/001",
                "tile/0/0",
                "tile/64/000",
                "tile/..%2f..%2f..%2fquality-creator.db",
                "tile/entries/000.p/0",
                "documents/..%2fcheckpoint",
                "documents/" + "a" * 64,
                "documents/" + "A" * 64,
                "proofs/7.tlog-proof",
                "proofs/99999999999999999999.tlog-proof",
            ):
                assert (await client.get(f"/log/{path}")).status_code == 404, path

    asyncio.run(go())


def test_the_code_is_nothing_before_the_log_and_then_follows_from_its_checkpoint(tmp_path: Path) -> None:
    async def go() -> None:
        async with growing(tmp_path) as one, one.client() as client:
            assert (await client.get("/api/challenge")).status_code == 503
            page = (await client.get("/challenge", headers={"accept-language": "zh"})).text
            assert "日志尚未发布任何内容" in page
            await one.hub.ledger.seen(0, 20)
            newest = one.hub.ledger.newest
            assert newest is not None
            one.hub.challenges.shown = await challenges._show(one.hub, newest)
            code = challenge.code(newest.published.note)
            answer = await client.get("/api/challenge")
            assert answer.headers["cache-control"] == "no-store"
            shown = answer.json()
            assert (shown["code"], shown["size"], shown["logged"], shown["witnessed"]) == (
                code,
                1,
                False,
                False,
            )
            page = (await client.get("/challenge", headers={"accept-language": "en"})).text
            assert re.search(rf"{code[:4]}</span> <span id=\"last\">{code[4:]}<", page)
            assert "could have known the code before" in page
            picture = await client.get("/challenge/1.svg")
            assert picture.headers["content-type"] == "image/svg+xml"
            assert ElementTree.fromstring(picture.text).tag == "{http://www.w3.org/2000/svg}svg"
            assert (await client.get("/challenge/2.svg")).status_code == 404

    asyncio.run(go())


def test_the_code_changes_when_it_is_due_and_the_log_has_grown(tmp_path: Path) -> None:
    async def go() -> None:
        async with growing(tmp_path) as one:
            await one.hub.ledger.seen(0, 20)
            newest = one.hub.ledger.newest
            assert newest is not None
            kept = Challenges(await challenges._show(one.hub, newest))
            assert kept.shown is not None
            until = kept.shown.until
            assert not kept._due(newest, until)  # the log has not grown
            await one.hub.ledger.seen(await one.hub.ledger.enter(b"", type="x/1", id="", subject=""), 20)
            grown = one.hub.ledger.newest
            assert grown is not None
            assert kept._due(grown, until)
            assert not kept._due(grown, type(until)(until - 1))

    asyncio.run(go())
