"""Files of the front end: compressed as the browser takes them, and kept for good."""

import asyncio
import gzip
from pathlib import Path

import httpx
import pytest

from quality_creator.web import pages
from quality_creator.web.site import DIST
from tests.web.house import house


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("br, gzip", "br"), ("gzip, deflate", "gzip"), ("gzip;q=0.8", "gzip"), ("identity", None)],
)
def test_a_script_comes_in_the_coding_that_the_browser_takes(
    tmp_path: Path, accepted: str, coding: str | None
) -> None:
    script = pages.asset("episode").script

    async def get() -> tuple[httpx.Response, bytes]:
        async with house(tmp_path) as running, running.client() as client:
            request = client.build_request("GET", script, headers={"accept-encoding": accepted})
            answer = await client.send(request, stream=True)
            return answer, b"".join([chunk async for chunk in answer.aiter_raw()])

    answer, sent = asyncio.run(get())
    file = DIST / script.removeprefix("/static/")
    assert answer.status_code == 200
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "accept-encoding" in answer.headers["vary"].lower()
    assert "immutable" in answer.headers["cache-control"]
    ending = {"br": ".br", "gzip": ".gz", None: ""}[coding]
    assert sent == file.with_name(file.name + ending).read_bytes()
    if coding == "gzip":
        assert gzip.decompress(sent) == file.read_bytes()
