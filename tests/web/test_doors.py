"""What the hub answers at its doors: to strangers, to other sites, to bad input."""

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.peers.hub import CAMERA, FACTORY, TOKEN, HubProcess, running_hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("doors"), CAMERA.format(id="cam") + FACTORY) as running:
        yield running


OPERATOR_ROUTES = [
    ("GET", "/api/episodes"),
    ("POST", "/api/episodes"),
    ("POST", "/api/episodes/x/start"),
    ("POST", "/api/episodes/x/end"),
    ("POST", "/api/episodes/x/scene"),
    ("GET", "/api/status"),
    ("POST", "/api/readings"),
]


@pytest.mark.parametrize(("method", "path"), OPERATOR_ROUTES)
@pytest.mark.parametrize("authorization", [None, "Bearer wrong", "Basic b3A6b3A=", "Bearer"])
def test_nobody_comes_in_without_the_right_token(
    hub: HubProcess, method: str, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    assert hub.client.request(method, path, headers=headers).status_code == 403


def test_a_gauges_token_is_not_the_operators(hub: HubProcess) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    assert hub.client.get("/api/episodes", headers=headers).status_code == 403


def test_the_operators_token_can_be_read_by_its_owner_only(hub: HubProcess) -> None:
    mode = stat.S_IMODE((hub.folder / "data" / "operator.token").stat().st_mode)
    assert mode == 0o600


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
    ],
)
def test_another_site_can_not_make_a_browser_change_anything(
    hub: HubProcess, headers: dict[str, str]
) -> None:
    answer = hub.client.post(
        "/api/readings", headers=headers | {"authorization": f"Bearer {TOKEN}"}, content=b"{}"
    )
    assert answer.status_code == 403
    assert "another site" in answer.json()["error"]


def test_every_answer_carries_the_policy(hub: HubProcess) -> None:
    for path in ("/", "/api/episodes", "/live/none/index.m3u8", "/nothing", "/design"):
        headers = hub.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "'unsafe-inline'" not in headers["content-security-policy"].split("style-src")[0]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "to", ["//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", ""]
)
def test_the_choice_of_language_never_leads_to_another_site(hub: HubProcess, to: str) -> None:
    answer = hub.client.get("/language/en", params={"to": to})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"


def test_the_chosen_language_outranks_the_browsers(hub: HubProcess) -> None:
    asked = {"accept-language": "en-GB,en;q=0.9"}
    with httpx.Client(base_url=hub.address, headers=asked) as reader:
        assert '<html lang="en"' in reader.get("/").text
        back = reader.get("/language/zh-Hans", params={"to": "/design"})
        assert back.headers["location"] == "/design"
        assert '<html lang="zh-Hans"' in reader.get("/").text
    assert hub.client.get("/language/tlh").status_code == 404


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"slug": "No Good", "title": {"zh-Hans": "甲", "en": "A"}}, "use lower-case letters"),
        ({"slug": "a"}, "missing required field `title`"),
        ({"slug": "a", "title": {"zh-Hans": "甲", "en": "A"}, "wrong": 1}, "unknown field `wrong`"),
        ({"slug": "a", "title": {"zh-Hans": "甲", "en": "A"}, "sources": ["x"]}, "there are: cam"),
        ({"slug": "a", "title": {"zh-Hans": "甲", "en": "A"}, "planned": "2026-09-01T10:00:00"}, "timezone"),
    ],
)
def test_a_bad_plan_is_refused_with_words(hub: HubProcess, body: dict[str, object], words: str) -> None:
    token = (hub.folder / "data" / "operator.token").read_text()
    answer = hub.client.post("/api/episodes", json=body, headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_an_episode_goes_from_plan_to_air_only_once(hub: HubProcess) -> None:
    token = (hub.folder / "data" / "operator.token").read_text()
    hub.api("POST", "/api/episodes", {"slug": "once", "title": {"zh-Hans": "一", "en": "Once"}})
    headers = {"authorization": f"Bearer {token}"}
    taken = hub.client.post(
        "/api/episodes", json={"slug": "once", "title": {"zh-Hans": "一", "en": "Once"}}, headers=headers
    )
    assert taken.status_code == 409
    assert hub.client.post("/api/episodes/once/end", headers=headers).status_code == 409
    assert hub.client.post("/api/episodes/never/start", headers=headers).status_code == 404
    assert hub.client.get("/live/once/720p/index.m3u8").status_code == 404
    assert hub.client.get("/episodes/once").status_code == 200
    assert hub.client.get("/episodes/never").status_code == 404


def test_refused_readings_are_explained_to_sender_and_operator(hub: HubProcess) -> None:
    answer = hub.post(
        [
            {"tag": "leak", "value": 1.0, "time": "2026-01-01T00:00:00Z", "sequence": 1},
            {"tag": "leak", "value": "1.0", "time": "2026-01-01T00:00:00Z", "sequence": 2},
            {"tag": "leek", "value": 1.0, "time": "2026-01-01T00:00:00Z", "sequence": 3},
            {"tag": "leak", "value": 1.0, "time": "2026-01-01T00:00:00", "sequence": 4},
        ]
    )
    assert answer["accepted"] == 1
    assert [(one["index"], one["reason"]) for one in answer["refusals"]] == [
        (1, "bad-value"),
        (2, "unknown-tag"),
        (3, "bad-time"),
    ]
    seen = {(row["gauge"], row["reason"]): row["count"] for row in hub.api("GET", "/api/status")["refusals"]}
    assert seen == {("bench", "bad-value"): 1, ("bench", "unknown-tag"): 1, ("bench", "bad-time"): 1}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("[hub]\nport = -1", "hub.port"),
        ("[hub]\ndata = '/proc/none'", "data folder"),
        ("[hub]\nport = {port}", "can't listen at 127.0.0.1"),
    ],
)
def test_a_hub_that_can_not_start_says_why_in_one_line(
    hub: HubProcess, tmp_path: Path, change: str, words: str
) -> None:
    config = tmp_path / "qc.toml"
    config.write_text(change.format(port=hub.port))
    ended = subprocess.run(
        [sys.executable, "-m", "quality_creator", "hub", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert ended.returncode == 2
    assert words in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
