"""Who vouches, in a browser: the proof, each endorsement, the code of the moment; on screen and on paper."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from quality_creator.trust import dossier, endorsement
from quality_creator.web.site import DIST
from tests.actions.publisher import publisher
from tests.e2e.test_pages import READERS
from tests.web.house import TOKEN

pytestmark = pytest.mark.browser

SITE = "https://factory.example"


async def _said(folder: Path) -> dict[tuple[str, str], str]:
    """Every page in both languages: one half of the endorsement is valid, the other was taken back."""
    async with publisher(folder) as made, made.house.client(authorization=f"Bearer {TOKEN}") as client:

        async def take(data: bytes) -> None:
            assert (await client.post("/api/documents", content=data)).status_code == 201

        await take(made.register())
        assert (await client.post("/api/episodes/one/publish")).status_code == 201
        data = (await client.get("/episodes/one/proof/dossier.json")).content
        paths = ["/episodes/one/proof", "/challenge", "/sign-in", "/nowhere"]
        for one in made.signers:
            one.site = SITE
            now = datetime.now(UTC)
            signed = one.endorse(data, subject=dossier.decode(data).id, now=now)
            await take(signed)
            for listed in one.status_lists(now=now).values():
                await take(listed)
            paths.append("/endorsements/" + endorsement.read(signed).id.removeprefix("urn:uuid:"))
        await take(
            endorsement.issue_change(
                made.institution.key,
                id="urn:uuid:c",
                issuer=made.institution.did,
                endorsement="urn:uuid:" + paths[-1].removeprefix("/endorsements/"),
                status="revoked",
                reason="a gauge was not calibrated",
                now=datetime.now(UTC),
            )
        )
        found = {}
        for language in ("en", "zh-Hans"):
            for path in paths:
                answer = await client.get(path, headers={"cookie": f"lang={language}", "accept": "text/html"})
                found[path, language] = answer.text
        return found


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, str], str]]:
    folder = tmp_path_factory.mktemp("vouched")
    # Playwright holds this thread's loop.
    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(lambda: asyncio.run(_said(folder))).result()


def serve(page: Page, said: dict[tuple[str, str], str], language: str) -> None:
    def answer(route: Route) -> None:
        path = urlsplit(route.request.url).path
        if path.startswith("/static/"):
            route.fulfill(path=DIST / path.removeprefix("/static/"))
        elif (path, language) in said:
            route.fulfill(body=said[path, language], content_type="text/html; charset=utf-8")
        else:
            route.fulfill(status=404, body="")

    page.route("**/*", answer)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "language", "theme"), READERS, indirect=["page"])
def test_axe_finds_nothing_and_nothing_sticks_out(
    page: Page, language: str, theme: Any, *, said: dict[tuple[str, str], str]
) -> None:
    page.emulate_media(color_scheme=theme)
    serve(page, said, language)
    for path in sorted({path for path, _ in said}):
        page.goto(SITE + path)
        assert page.locator("html").get_attribute("lang") == language
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide == 0, path


def test_a_seal_is_red_only_where_the_endorsement_counts(
    page: Page, said: dict[tuple[str, str], str]
) -> None:
    serve(page, said, "en")
    page.goto(SITE + "/episodes/one/proof")
    red = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--seal')")
    assert red
    colours = {
        half.get_attribute("data-state"): half.locator(".stamp").evaluate("e => getComputedStyle(e).color")
        for half in page.locator(".half").all()
    }
    assert set(colours) == {"stands", "fails"}
    assert colours["stands"] == "rgb(179, 38, 30)"
    assert colours["fails"] != colours["stands"]


def test_an_endorsement_on_paper_says_where_its_present_state_is(
    page: Page, said: dict[tuple[str, str], str]
) -> None:
    serve(page, said, "en")
    [path, *_] = sorted(path for path, _ in said if path.startswith("/endorsements/"))
    page.goto(SITE + path)
    page.emulate_media(media="print")
    expect(page.locator(".endorsement__print")).to_be_visible()
    expect(page.locator(".endorsement__print .code")).to_contain_text(path)
    expect(page.locator(".languages")).to_be_hidden()
    expect(page.locator(".half__files")).to_be_hidden()
    assert page.pdf(format="A4").count(b"/Type /Page\n") <= 2
