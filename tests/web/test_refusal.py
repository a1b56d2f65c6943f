"""Refusals over HTTP: people are told in their language, logs and programs with a token in English."""

import asyncio
from pathlib import Path

import pytest

from quality_creator.actions import episodes
from quality_creator.model.person import Role
from quality_creator.model.text import Text
from tests.web.house import TOKEN, house

CAMERA = '[[cameras]]\nkind = "generated"\nid = "one"\nname = { zh-Hans = "一号", en = "One" }\n'
ENGLISH = "there is no scene 'both'"
CHINESE = "没有场景“both”"


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"accept-language": "en-GB"}, ENGLISH),
        ({"accept-language": "zh-CN,zh;q=0.9"}, CHINESE),
        ({"accept-language": "zh-CN", "authorization": f"Bearer {TOKEN}"}, ENGLISH),
    ],
)
def test_a_refusal_is_told_in_the_readers_language(
    tmp_path: Path, headers: dict[str, str], words: str
) -> None:
    async def check() -> None:
        async with house(tmp_path, CAMERA) as one:
            draft = episodes.Draft(slug="visit", title=Text(zh="探访", en="A visit"))
            await episodes.plan(one.hub, draft)
            cookie = await one.cookie(await one.person("lin", Role.PRODUCER))
            async with one.client(None if "authorization" in headers else cookie, **headers) as client:
                answer = await client.post(
                    "/studio/visit/do",
                    json={"do": "forget-scene", "name": "both"},
                    headers={"origin": "http://localhost:8080", "accept": "application/json"},
                )
                assert (answer.status_code, answer.json()) == (404, {"error": words})

    asyncio.run(check())


def test_the_page_of_a_refusal_is_in_one_language(tmp_path: Path) -> None:
    async def check() -> None:
        async with house(tmp_path) as one:
            cookie = await one.cookie(await one.person("lin", Role.QUALITY_ENGINEER))
            async with one.client(cookie, **{"accept-language": "zh-CN"}) as client:
                text = (await client.get("/people")).text
                assert "此处仅供：管理员；Lin 不在其列" in text
                assert "is not one of them" not in text

    asyncio.run(check())
