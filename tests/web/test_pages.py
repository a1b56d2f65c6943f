"""Pages as text: both languages complete, nothing inline, and no title that can break out of its place."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from quality_creator.model.episode import Episode, EpisodeState
from quality_creator.model.ids import EpisodeId, Slug
from quality_creator.model.scene import Scene
from quality_creator.model.text import LANGUAGES, Language, Text
from quality_creator.web import pages
from quality_creator.web.security import POLICY
from quality_creator.web.studio_words import STUDIO_WORDS
from tests.web import refusals

WEB = Path(pages.__file__).parent
HOSTILE = "</script><img src=x onerror=alert(1)>\"'&{{ 7*191 }}"
BEGUN = datetime(2026, 5, 4, 2, 2, 11, tzinfo=UTC)


def episode(state: EpisodeState = "on-air", words: str = "visit") -> Episode:
    text = Text(zh=words, en=words)
    return Episode(
        id=EpisodeId("e"),
        slug=Slug("visit"),
        title=text,
        summary=text,
        brand=text,
        state=state,
        sources=(),
        scene=Scene(layout="full", sources=()),
        planned=BEGUN if state == "planned" else None,
        started=None if state == "planned" else BEGUN,
        ended=BEGUN + timedelta(hours=1, minutes=2, seconds=3) if state == "ended" else None,
    )


def every_page(language: Language, words: str = "visit") -> dict[str, str]:
    states: tuple[EpisodeState, ...] = ("on-air", "planned", "ended")
    on_air, planned, ended = (episode(state, words) for state in states)
    return {
        "home": pages.render_home(language, on_air=[on_air], planned=[planned], past=[ended]),
        "home, nothing on air": pages.render_home(language, on_air=[], planned=[planned], past=[ended]),
        "home, nothing at all": pages.render_home(language, on_air=[], planned=[], past=[]),
        "on air": pages.render_episode(language, on_air),
        "planned": pages.render_episode(language, planned),
        "ended": pages.render_episode(language, ended),
        "design": pages.render_design(language),
        **{
            str(status): pages.render_error(language, status, words, path=f"/{words}")
            for status in (400, 403, 404, 409, 500, 503)
        },
    }


class Elements(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


# --- the catalogue ----------------------------------------------------------------


def messages() -> set[str]:
    """Every message of the templates, of the code, and of the refusals that pages can meet."""
    found = {one.template for one in refusals.reachable() if one.template is not None}
    for path in sorted((WEB / "templates").glob("*.html")):
        found |= {m for _, m, _, _ in extract_from_file("jinja2.ext:babel_extract", path)}
    keywords = {"_say": None, "say": None}
    for path in sorted(WEB.glob("*.py")):
        found |= {m for _, m, _, _ in extract_from_file("python", path, keywords=keywords)}
    return {message for message in found if isinstance(message, str)}


def test_what_people_are_refused_with_stands_in_the_code_word_for_word() -> None:
    put_together = {one.where.partition(":")[0] for one in refusals.reachable() if one.template is None}
    assert put_together == set(refusals.PUT_TOGETHER)


def catalogue(name: str) -> Catalog:
    with (WEB / "locale" / name / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=name)


@pytest.mark.parametrize("name", ["zh_Hans", "en"])
def test_the_catalogue_has_what_the_pages_say_and_nothing_else(name: str) -> None:
    known = {message.id for message in catalogue(name) if message.id}
    assert known == messages()


def test_everything_is_said_in_chinese_too() -> None:
    missing = [message.id for message in catalogue("zh_Hans") if message.id and not message.string]
    assert missing == []


def test_a_translation_fills_the_same_places() -> None:
    def places(text: object) -> list[str]:
        return sorted(re.findall(r"(?<!\{)\{(\w+)(?:![rs])?(?::[^}]*)?\}|(%\(\w+\)s)", str(text)))

    for message in catalogue("zh_Hans"):
        assert places(message.string) == places(message.id), message.id


# --- the pages --------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(language: Language) -> None:
    for name, text in every_page(language).items():
        for tag, attributes in Elements(text).found:
            inline = {key for key in attributes if key == "style" or key.startswith("on")}
            assert inline == set(), (name, tag)
            for key in ("src", "href"):
                address = attributes.get(key)
                assert address is None or re.match(r"(/[^/]|/$|#)", address), (name, tag, address)
            if tag == "script":
                assert attributes.get("src") or attributes.get("type") == "application/json", name


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_title_stays_words_whatever_it_says(language: Language) -> None:
    plain = every_page(language)
    for name, text in every_page(language, HOSTILE).items():
        shape = [(tag, sorted(attributes)) for tag, attributes in Elements(text).found]
        expected = [(tag, sorted(attributes)) for tag, attributes in Elements(plain[name]).found]
        assert shape == expected, name
        assert "1337" not in text, name


def test_words_for_scripts_can_not_end_their_element() -> None:
    filtered = pages._environment("en").filters["json"]
    out = filtered({"a": "</script><!--"})
    assert "<" not in out
    assert msgspec.json.decode(str(out)) == {"a": "</script><!--"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_built_file_that_a_page_names_is_there(language: Language) -> None:
    for text in every_page(language).values():
        for address in re.findall(r'(?:src|href)="/static/([^"]+)"', text):
            assert (pages.STATIC / address).is_file(), address


def test_a_page_says_its_language_and_leads_to_the_same_page_in_the_other() -> None:
    text = pages.render_episode("zh-Hans", episode())
    assert '<html lang="zh-Hans">' in text
    assert 'href="/language/en?to=/episodes/visit"' in text
    assert re.search(r'href="/language/zh-Hans[^>]*aria-current="true"', text)


def test_past_is_sorted_newest_first_and_planned_next_first() -> None:
    def on(day: int, state: EpisodeState) -> Episode:
        time = datetime(2026, 5, day, tzinfo=UTC)
        changes = {"planned": time} if state == "planned" else {"started": time, "ended": time}
        return msgspec.structs.replace(episode(state), slug=Slug(f"{state}-{day}"), **changes)

    text = pages.render_home(
        "en",
        on_air=[episode()],
        planned=[on(9, "planned"), on(7, "planned")],
        past=[on(1, "ended"), on(3, "ended")],
    )
    order = re.findall(r'href="/episodes/((?:planned|ended)-\d)"', text)
    assert order == ["planned-7", "planned-9", "ended-3", "ended-1"]


def test_a_time_without_scripts_is_utc_and_says_so() -> None:
    ended = pages.render_episode("en", episode("ended"))
    assert '<time datetime="2026-05-04T02:02:11Z" data-shape="long">4 May 2026, 02:02 UTC</time>' in ended
    assert ">2026年5月4日 02:02 UTC</time>" in pages.render_episode("zh-Hans", episode("ended"))
    assert "1:02:03" in pages.render_home("en", on_air=[], planned=[], past=[episode("ended")])


def test_chinese_titles_break_behind_their_marks() -> None:
    filtered = pages._environment("zh-Hans").filters["phrases"]
    phrases = re.findall(r'<span class="phrase">(.*?)</span>', filtered("质量月：一扇门、一只龙头"))
    assert phrases == ["质量月：", "一扇门、", "一只龙头"]
    assert filtered("<b>") == '<span class="phrase">&lt;b&gt;</span>'


def test_the_policy_allows_no_inline_script_and_no_inline_style_but_an_empty_one() -> None:
    allowed = dict(part.split(" ", 1) for part in POLICY.split("; "))
    assert allowed["script-src"] == "'self'"
    # SHA-256 of nothing: media-chrome's empty <style>, filled by script.
    assert allowed["style-src"] == "'self' 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"


def test_the_keys_of_the_keyboard_are_called_by_their_names() -> None:
    """Not by those of buttons that say the same word in English."""
    keys = [STUDIO_WORDS[key] for key in ("st-key-space", "st-key-enter")]
    assert [pages.say("zh-Hans", key) for key in keys] == ["空格", "回车"]
    assert [pages.say("en", key) for key in keys] == ["Space", "Enter"]
