"""What people see: pages made of plain values, in the reader's language."""

import functools
import gettext
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
import msgspec
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup

from quality_creator.model.episode import Episode
from quality_creator.model.errors import Unavailable
from quality_creator.model.text import LANGUAGES, Language

_HERE = Path(__file__).parent
STATIC = _HERE / "dist"
"""What the hub serves under `/static/`; names in `assets/` carry a digest and never change."""

_LOCALES: dict[Language, str] = {"zh-Hans": "zh_Hans", "en": "en"}


def render_home(
    language: Language, *, on_air: Sequence[Episode], planned: Sequence[Episode], past: Sequence[Episode]
) -> str:
    """The front page: what is on air, planned (the next first) and past (the newest first)."""
    return _page(language, "home.html", "/", on_air=on_air, planned=planned, past=past)


def render_episode(language: Language, episode: Episode) -> str:
    """The viewer's page."""
    return _page(language, "episode.html", f"/episodes/{episode.slug}", episode=episode)


def render_design(language: Language) -> str:
    """The components with all their states."""
    return _page(language, "design.html", "/design")


def render_error(language: Language, status: int, detail: str, *, path: str = "/") -> str:
    """What went wrong and what to do. `detail` is shown as it is, for those who can act on it."""
    return _page(language, "error.html", path, status=status, detail=detail)


def _page(language: Language, template: str, path: str, **values: Any) -> str:
    return _environment(language).get_template(template).render(language=language, path=path, **values)


@functools.cache
def _environment(language: Language) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    catalogue = _catalogue(language)
    # Jinja's stubs do not know what the extension adds.
    install: Any = environment
    install.install_gettext_translations(catalogue, newstyle=True)
    environment.filters["pick"] = lambda text: text.pick(language)
    environment.filters["json"] = _json
    environment.globals["languages"] = LANGUAGES
    environment.globals["asset"] = _asset
    return environment


@functools.cache
def _catalogue(language: Language) -> gettext.GNUTranslations:
    source = _HERE / "locale" / _LOCALES[language] / "LC_MESSAGES" / "messages.po"
    with source.open("rb") as file:
        catalogue = read_po(file, locale=_LOCALES[language])
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return gettext.GNUTranslations(binary)


class _Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of Vite's manifest."""

    file: str
    css: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses that an island needs."""

    script: str
    styles: tuple[str, ...]
    preloads: tuple[str, ...]


@functools.cache
def _asset(island: str) -> Asset:
    """Where the built files of an island are."""
    manifest = STATIC / ".vite" / "manifest.json"
    try:
        chunks = msgspec.json.decode(manifest.read_bytes(), type=dict[str, _Chunk])
    except FileNotFoundError:
        raise Unavailable(
            "the front end is not built: run `pip install .`, or `npm ci && npm run build` in frontend/"
        ) from None
    names = [f"src/{island}.ts"]
    for name in names:  # grows while it is walked
        names += [other for other in chunks[name].imports if other not in names]
    return Asset(
        script=f"/static/{chunks[names[0]].file}",
        styles=tuple(f"/static/{css}" for name in reversed(names) for css in chunks[name].css),
        preloads=tuple(f"/static/{chunks[name].file}" for name in names[1:]),
    )


def _json(value: Any) -> Markup:
    """A value as JSON that can stand inside a script element."""
    text = msgspec.json.encode(value).decode()
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - without "<" no element can end or begin
