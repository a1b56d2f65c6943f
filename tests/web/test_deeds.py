"""What stands in the audit: every act and every fact in words, in the reader's language."""

import re
from datetime import UTC, datetime
from pathlib import Path

import quality_creator
from quality_creator.model.text import Language
from quality_creator.store.audit import Deed
from quality_creator.web import deeds

HERE = Path(quality_creator.__file__).parent
WHEN = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def deed(act: str, subject: str = "", **detail: object) -> Deed:
    return Deed(at=WHEN, who="operator", name="operator", address="", act=act, subject=subject, detail=detail)


def said(language: Language, one: Deed) -> list[tuple[str, str]]:
    told = deeds.told(one, language, {"line": "封边线"})
    return [(fact.key, fact.text) for fact in told.facts]


def test_every_act_that_is_written_down_has_words() -> None:
    code = "\n".join(path.read_text() for room in ("web", "actions") for path in (HERE / room).rglob("*.py"))
    code = re.sub(r'""".*?"""', "", code, flags=re.DOTALL)  # examples
    named = set(re.findall(r'\bact="([a-z-]+\.[a-z-]+)"', code))
    named |= set(
        re.findall(r'audit\.(?:write|note)\(\s*[^"()]*(?:\([^()]*\))?[^"()]*"([a-z-]+\.[a-z-]+)"', code)
    )
    named |= set(re.findall(r'"(key\.[a-z]+)"', code))
    assert len(named) > 30
    assert named == set(deeds.ACTS)


def test_what_is_known_of_a_deed_is_said_in_chinese() -> None:
    scene = deed("episode.scene", "visit", layout="three-up", sources=["line", "bench"], position=5_598_000)
    assert said("zh-Hans", scene) == [
        ("布局", "三分"),
        ("信号", "封边线、bench"),
        ("节目位置", "0:01:02"),
    ]
    change = deed("people.change", "wang", roles=["expert", "viewer"], institution=None, disabled=False)
    assert said("zh-Hans", change) == [("角色", "专家、观众"), ("已停用", "否")]
    told = deeds.told(change, "zh-Hans", {})
    assert (told.who, told.act) == ("操作员", "更改了账号")


def test_a_browser_is_called_by_its_name_and_an_instant_stays_one() -> None:
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36"
    assert said("en", deed("session.begin", way="operator", device=agent)) == [
        ("Way", "by the operator's token"),
        ("Device", "Chrome, Linux"),
    ]
    (fact,) = deeds.told(deed("people.admin-code", until=WHEN.isoformat()), "en", {}).facts
    assert (fact.key, fact.at) == ("Until", WHEN)


def test_a_fact_that_has_no_words_yet_stands_as_it_is() -> None:
    assert said("zh-Hans", deed("episode.end", "visit", colour="blue")) == [("colour", "blue")]
