"""Addresses that people open: pages, static files, the choice of language."""

from datetime import UTC, datetime
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from quality_creator.actions import episodes, proofs
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.text import LANGUAGES, Language, negotiate
from quality_creator.web import pages
from quality_creator.web.security import Door, PublicFiles, public

DIST = Path(__file__).parent / "dist"


def routes(hub: Hub) -> list[BaseRoute]:
    """Every page."""

    @public
    async def home(request: Request) -> Response:
        everything = await episodes.everything(hub)
        by_state = {
            state: [e for e in everything if e.state == state]
            for state in ("on-air", "planned", "ended", "published")
        }
        page = pages.render_home(
            language(request),
            on_air=by_state["on-air"],
            planned=by_state["planned"],
            past=[*by_state["ended"], *by_state["published"]],
        )
        return html(page)

    @public
    async def episode(request: Request) -> Response:
        found = await episodes.by_slug(hub, Slug(request.path_params["slug"]))
        seals = await proofs.seals(hub, found.slug, datetime.now(UTC)) if found.state == "published" else ()
        return html(pages.render_episode(language(request), found, seals))

    @public
    async def design(request: Request) -> Response:
        return html(pages.render_design(language(request)))

    return [
        Door("GET", "/", home),
        Door("GET", "/episodes/{slug}", episode),
        Door("GET", "/design", design),
        Door("GET", "/language/{tag}", choose_language),
        Mount("/static", _Static(directory=DIST)),
    ]


def html(page: str, code: int = 200) -> Response:
    """A page. It depends on the reader's language, so shared caches ask again."""
    return HTMLResponse(page, code, headers={"cache-control": "no-cache", "vary": "accept-language, cookie"})


def language(request: Request) -> Language:
    """What the reader chose, else what the browser asks for."""
    chosen = request.cookies.get("lang")
    for known in LANGUAGES:
        if chosen == known:
            return known
    return negotiate(request.headers.get("accept-language", ""))


@public
async def choose_language(request: Request) -> Response:
    """Remember the reader's choice and go back to the page they were on."""
    tag = request.path_params["tag"]
    if tag not in LANGUAGES:
        raise NotFound(f"no language {tag!r}; there are {', '.join(LANGUAGES)}")
    to = request.query_params.get("to", "/")
    # Only a path on this site: `//elsewhere` and `/\\elsewhere` are other hosts to a browser.
    if not to.startswith("/") or to[1:2] in ("/", "\\"):
        to = "/"
    answer = RedirectResponse(to, 303)
    answer.set_cookie("lang", tag, max_age=365 * 86_400, samesite="lax")
    return answer


def error_page(request: Request, code: int, words: str) -> Response:
    """What went wrong, as a page."""
    return html(pages.render_error(language(request), code, words), code)


class _Static(PublicFiles, StaticFiles):
    """Built files carry their digest in their name, so they never change; texts lie there compressed, too."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        built = path.startswith("assets/")
        answer = (await self._compressed(path, scope) if built else None) or await super().get_response(
            path, scope
        )
        if built and answer.status_code == 200:
            answer.headers["cache-control"] = "public, max-age=31536000, immutable"
            answer.headers.add_vary_header("accept-encoding")
        return answer

    async def _compressed(self, path: str, scope: Scope) -> Response | None:
        accepted = {
            name.partition(";")[0].strip()
            for name in Headers(scope=scope).get("accept-encoding", "").split(",")
        }
        for coding, ending in (("br", ".br"), ("gzip", ".gz")):
            if coding not in accepted:
                continue
            full, found = await run_in_threadpool(self.lookup_path, path + ending)
            if found:
                answer = self.file_response(full, found, scope)
                answer.headers["content-encoding"] = coding
                return answer
        return None
