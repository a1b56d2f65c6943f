"""What people see: pages made of plain values, in the reader's language."""

import functools
import gettext
import io
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from markupsafe import Markup

from quality_creator.actions.entry import machine
from quality_creator.actions.proofs import Seal
from quality_creator.media.hls import PLAYLIST
from quality_creator.model.clock import utc
from quality_creator.model.episode import Episode
from quality_creator.model.errors import Unavailable
from quality_creator.model.text import LANGUAGES, Language
from quality_creator.web.words import ISLAND_WORDS, NOTES

if TYPE_CHECKING:
    import jinja2

_HERE = Path(__file__).parent
STATIC = _HERE / "dist"
"""What the hub serves under `/static/`; names in `assets/` carry a digest and never change."""

_LOCALES: dict[Language, str] = {"zh-Hans": "zh_Hans", "en": "en"}

_MARKS: dict[Language, dict[str, str]] = {
    "zh-Hans": {"comma": "，", "list_comma": "、", "colon": "：", "semicolon": "；", "separator": "　"},
    "en": {"comma": ", ", "list_comma": ", ", "colon": ": ", "semicolon": "; ", "separator": " · "},
}
"""What stands between words that a page puts together, with the space that belongs to it."""


def render_home(
    language: Language, *, on_air: Sequence[Episode], planned: Sequence[Episode], past: Sequence[Episode]
) -> str:
    """The front page: what is on air, planned and past; sorted here, the nearest first."""
    far = datetime.max.replace(tzinfo=UTC)
    return _page(
        language,
        "home.html",
        "/",
        on_air=on_air,
        planned=sorted(planned, key=lambda episode: episode.planned or far),
        past=sorted(past, key=lambda episode: episode.started or far, reverse=True),
        words=_island_words(language),
    )


def render_episode(language: Language, episode: Episode, seals: Sequence[Seal] = ()) -> str:
    """The viewer's page, whatever the episode's state; with the seals of who vouches for it."""
    path = f"/episodes/{episode.slug}"
    return _page(language, "episode.html", path, episode=episode, seals=seals, words=_island_words(language))


def render_design(language: Language) -> str:
    """The components with all their states."""
    return _page(language, "design.html", "/design", words=_island_words(language))


def render_error(language: Language, status: int, detail: str, *, path: str = "/") -> str:
    """What went wrong and what to do; `detail` is shown as it is, for those who can act on it.

    `path` is where the language links lead back to.
    """
    say = _catalogue(language).gettext
    heading, advice = {
        403: (
            say("This is not public"),
            say("Whoever runs this site has not opened it to everyone."),
        ),
        404: (
            say("There is nothing at this address"),
            say("The address may be misspelt, or what was here has been taken away."),
        ),
        503: (
            say("This can't be done just now"),
            say("Try again in a moment."),
        ),
    }.get(
        status,
        (
            say("Something broke here"),
            say("It is not your fault. It has been written down for those who can mend it."),
        )
        if status >= 500
        else (say("This can't be done"), say("The request does not fit this site. Its own words are below.")),
    )
    return _page(language, "error.html", path, status=status, heading=heading, advice=advice, detail=detail)


def render(language: Language, template: str, path: str, **values: Any) -> str:
    """A page of a template whose scripts have the words that they need."""
    return _page(language, template, path, words=_island_words(language), **values)


def say(language: Language, message: str) -> str:
    """A message in the reader's language."""
    return _catalogue(language).gettext(message)


def warm() -> None:
    """Load what pages are made with, so that no reader waits for it."""
    for language in LANGUAGES:
        render_home(language, on_air=(), planned=(), past=())
        _utc_text(language, datetime.now(UTC), "long")


def _page(language: Language, template: str, path: str, **values: Any) -> str:
    return _environment(language).get_template(template).render(language=language, path=path, **values)


def _island_words(language: Language) -> dict[str, str]:
    say = _catalogue(language).gettext
    return {key: say(message) for key, message in ISLAND_WORDS.items()}


@functools.cache
def _environment(language: Language) -> "jinja2.Environment":
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    extended: Any = environment  # Jinja's types do not know what its extension adds
    extended.install_gettext_translations(_catalogue(language), newstyle=True)
    environment.filters["pick"] = lambda text: text.pick(language)
    environment.filters["iso"] = lambda time: time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    environment.filters["moment"] = utc
    environment.filters["say"] = _catalogue(language).gettext
    environment.filters["utc_text"] = functools.partial(_utc_text, language)
    environment.filters["duration"] = _duration
    environment.filters["json"] = _json
    environment.filters["machine"] = machine
    environment.filters["phrases"] = _phrases
    environment.globals["asset"] = asset
    environment.globals["stream"] = lambda episode: f"/live/{episode.slug}/{PLAYLIST}"
    environment.globals["font"] = _font
    environment.globals["notes"] = NOTES
    environment.globals.update(_MARKS[language])
    return environment


@functools.cache
def _catalogue(language: Language) -> gettext.GNUTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    source = _HERE / "locale" / _LOCALES[language] / "LC_MESSAGES" / "messages.po"
    with source.open("rb") as file:
        catalogue = read_po(file, locale=_LOCALES[language])
    binary = io.BytesIO()
    write_mo(binary, catalogue)
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def _utc_text(language: Language, time: datetime, shape: Literal["clock", "long", "exact"]) -> str:
    """A time for readers without scripts; with them the page shows the reader's own clock instead."""
    from babel.dates import format_datetime

    pattern = {
        ("en", "long"): "d MMM y, HH:mm",
        ("zh-Hans", "long"): "y年M月d日 HH:mm",
        ("en", "exact"): "d MMM y, HH:mm:ss",
        ("zh-Hans", "exact"): "y年M月d日 HH:mm:ss",
    }.get((language, shape), "HH:mm")
    return f"{format_datetime(time.astimezone(UTC), pattern, locale=_LOCALES[language])} UTC"


def _duration(length: timedelta) -> str:
    seconds = int(length.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _json(value: Any) -> Markup:
    """A value as JSON that can stand inside a script element."""
    text = msgspec.json.encode(value, enc_hook=_unmarked).decode()
    return Markup(text.replace("<", "\\u003c"))  # noqa: S704 - without "<" no element can end or begin


def _unmarked(value: Any) -> str:
    """A message of a template, which comes marked as safe for a page, as the text that it is."""
    if isinstance(value, Markup):
        return str.__str__(value)
    raise NotImplementedError


def _phrases(title: str) -> Markup:
    """A title whose lines break behind its marks where they can: Chinese has no spaces to show where."""
    pieces = re.findall(r"[^：，、。；？！]+[：，、。；？！]*|[：，、。；？！]+", title)
    return Markup("").join(Markup('<span class="phrase">{}</span>').format(piece) for piece in pieces)


class Asset(msgspec.Struct, frozen=True, kw_only=True):
    """The addresses of an island's built files."""

    script: str
    styles: tuple[str, ...]
    preloads: tuple[str, ...]
    """Chunks that the script imports."""


class _Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of Vite's manifest."""

    file: str
    css: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


@functools.cache
def asset(island: str) -> Asset:
    """Where the built files of `frontend/src/<island>.ts` are. Raises Unavailable before a build."""
    chunks = _manifest()
    names = [f"src/{island}.ts"]
    for name in names:  # grows while it is walked
        names += [other for other in chunks[name].imports if other not in names]
    return Asset(
        script=f"/static/{chunks[names[0]].file}",
        styles=tuple(f"/static/{css}" for name in reversed(names) for css in chunks[name].css),
        preloads=tuple(f"/static/{chunks[name].file}" for name in names[1:]),
    )


@functools.cache
def _font() -> str:
    """The face that every page needs at once."""
    found = next(
        chunk.file for chunk in _manifest().values() if re.search(r"noto-sans.*\.woff2$", chunk.file)
    )
    return f"/static/{found}"


@functools.cache
def _manifest() -> dict[str, _Chunk]:
    try:
        raw = (STATIC / ".vite" / "manifest.json").read_bytes()
    except FileNotFoundError:
        raise Unavailable(
            "the front end is not built: run `pip install .`, or `npm ci && npm run build` in frontend/"
        ) from None
    return msgspec.json.decode(raw, type=dict[str, _Chunk])


assert set(_LOCALES) == set(LANGUAGES)
