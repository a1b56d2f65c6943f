"""The quality engineer's pages: who may see and change what, and what each bad entry is told."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.peers.hub import HubProcess, running_hub
from tests.web import engineer
from tests.web.engineer import COLOUR, GLOSS, LEAK, MOISTURE, PEEL, post, signed_in, values

ROUTES = [
    ("GET", "/lines"),
    ("GET", "/lines/false-alarms.json?rule=nelson-1"),
    ("GET", PEEL),
    ("GET", PEEL + "/data.json"),
    ("POST", PEEL + "/estimate"),
    ("POST", PEEL + "/freeze"),
    ("POST", PEEL + "/rules"),
    ("POST", PEEL + "/public"),
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("lines"), engineer.TEXT) as running:
        calm = values(300)
        post(running, "moisture", [*calm[:100], 20.0, *calm[101:200], *[8.0] * 20, *calm[220:]])
        post(running, "peel", values(151, 3.0))
        post(running, "leak", values(12, 1.0, 0.1))
        post(running, "gloss", values(12, 80.0, 1.0))
        yield running


@pytest.fixture(scope="module")
def lin(hub: HubProcess) -> Iterator[httpx.Client]:
    with signed_in(hub) as client:
        yield client


# --- who may -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize("cookie", [None, "", "wrong", "é" * 20])
def test_without_a_session_nothing_is_shown_and_nothing_changes(
    hub: HubProcess, lin: httpx.Client, method: str, path: str, cookie: str | None
) -> None:
    before = lin.get(PEEL + "/data.json").json()["definition"]
    headers = {} if cookie is None else {"cookie": f"session={cookie}".encode()}
    body = {"public": "yes", "rule": "nelson-3", "first": "1", "last": "25"}
    answer = hub.client.request(
        method,
        path,
        headers=headers,  # type: ignore[arg-type]
        data=body if method == "POST" else None,
    )
    assert answer.status_code == 403
    assert "Peel strength" not in answer.text
    assert lin.get(PEEL + "/data.json").json()["definition"] == before
    assert "Not public" in lin.get(PEEL).text


def test_another_site_can_not_make_a_signed_in_browser_change_things(
    hub: HubProcess, lin: httpx.Client
) -> None:
    for path in ("/public", "/rules", "/freeze", "/estimate"):
        answer = lin.post(PEEL + path, data={"public": "yes"}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
    assert "Not public" in lin.get(PEEL).text


def test_who_signs_out_is_out_and_others_stay(hub: HubProcess, lin: httpx.Client) -> None:
    with signed_in(hub) as other:
        cookie = other.cookies["session"]
        assert other.post("/sign-out").status_code == 303
        again = hub.client.get("/lines", headers={"cookie": f"session={cookie}"})
        assert again.status_code == 403
    assert lin.get("/lines").status_code == 200


# --- what is shown -------------------------------------------------------------------------------


def test_every_characteristic_says_how_it_stands(lin: httpx.Client) -> None:
    page = lin.get("/lines").text
    for words in ("Leak pressure drop", "Moisture", "Peel strength", "X̄-R, n = 5", "Not public"):
        assert words in page
    chinese = lin.get("/lines", headers={"accept-language": "zh-CN"}).text
    for words in ("泄漏压降", "含水率", "剥离强度", "不公开"):
        assert words in chinese


def test_data_are_the_points_as_judged_now_and_those_since_a_number_are_the_same_ones(
    lin: httpx.Client,
) -> None:
    everything = lin.get(MOISTURE + "/data.json").json()
    assert everything["total"] == 300
    assert [point["number"] for point in everything["points"]] == list(range(50, 300))
    assert everything["points"][50]["location"] == 20.0
    assert {"rule": "nelson-1", "continuing": False} in everything["points"][50]["signals"]
    since = lin.get(MOISTURE + "/data.json?since=290").json()["points"]
    assert since == everything["points"][-10:]
    peel = lin.get(PEEL + "/data.json").json()
    assert (peel["total"], len(peel["points"])) == (30, 30)
    measured = values(151, 3.0)
    assert peel["points"][29]["location"] == pytest.approx(sum(measured[145:150]) / 5)
    assert peel["points"][29]["spread"] == pytest.approx(max(measured[145:150]) - min(measured[145:150]))


def test_before_there_are_limits_it_is_said_how_many_points_are_collected(lin: httpx.Client) -> None:
    assert "Collecting 12 of 25" in lin.get("/lines").text
    assert "Collecting 12 of 25" in lin.get(GLOSS).text
    assert "Collecting 0 of 25" in lin.get(COLOUR).text
    nothing = lin.post(COLOUR + "/estimate", data={"first": "1", "last": "25"})
    assert (nothing.status_code, "There are no points yet" in nothing.text) == (400, True)


def test_capability_says_that_it_is_not_stable_and_not_normal(lin: httpx.Client) -> None:
    page = lin.get(MOISTURE).text
    for words in ("Ppk", "Not stable", "Not normal", "Anderson-Darling", "histogram__curve"):
        assert words in page
    assert "Provisional" in lin.get(LEAK).text
    assert "No specification is configured" in lin.get(PEEL).text


def test_the_false_alarms_of_a_choice_are_told(lin: httpx.Client) -> None:
    def arl(*rules: str) -> float | None:
        found: float | None = lin.get("/lines/false-alarms.json", params={"rule": list(rules)}).json()["arl"]
        return found

    assert arl("nelson-1") == pytest.approx(370.4, abs=0.1)
    assert arl(*(f"western-electric-{n}" for n in range(1, 5))) == pytest.approx(91.75, abs=0.01)
    assert arl() is None
    assert lin.get("/lines/false-alarms.json?rule=nelson-9").status_code == 400


@pytest.mark.parametrize(
    "path", ["/lines/panels/nothing", "/lines/nowhere/peel", "/lines/taps/peel", "/lines/panels/peel/x"]
)
def test_what_is_not_there_is_not_found(lin: httpx.Client, path: str) -> None:
    assert lin.get(path).status_code == 404


@pytest.mark.parametrize("since", ["-1", "x", "1e3", "٣", "9" * 30])
def test_a_number_that_is_none_is_refused_with_words(lin: httpx.Client, since: str) -> None:
    answer = lin.get(MOISTURE + "/data.json", params={"since": since})
    assert answer.status_code == 400
    assert "since" in answer.json()["error"]


# --- Phase I -------------------------------------------------------------------------------------

WRONG = [
    ({"first": "1", "last": "4"}, "at least 5 points", "至少需要 5 个点"),
    ({"first": "9", "last": "4"}, "comes after", "之后"),
    ({"first": "290", "last": "301"}, "points 1 to 300", "现有第 1 至 300 点"),
    ({"first": "0", "last": "25"}, "points 1 to 300", "现有第 1 至 300 点"),
    ({"first": "x", "last": "25"}, "not the number of a point", "不是点的编号"),
    ({"first": "", "last": "25"}, "not the number of a point", "不是点的编号"),
    ({"first": "1", "last": "25", "exclude": "26", "reason": "why"}, "can&#39;t be left out", "不能剔除"),
    (
        {"first": "1", "last": "25", "exclude": "7", "reason": "  "},
        "Say why point 7",
        "请说明剔除第 7 点的原因",
    ),
    (
        {"first": "1", "last": "25", "exclude": ["7", "7"], "reason": ["a", "b"]},
        "Point 7 is left out twice",
        "重复剔除",
    ),
    ({"first": "201", "last": "220"}, "no spread", "没有差异"),
    ({"first": "1", "last": "25", "method": "rbar"}, "does not fit this chart", "不适用"),
]


@pytest.mark.parametrize(("entry", "english", "chinese"), WRONG)
@pytest.mark.parametrize("act", ["estimate", "freeze"])
def test_each_wrong_entry_has_its_own_words_in_both_languages_and_in_the_api(
    lin: httpx.Client, act: str, entry: dict[str, str], english: str, chinese: str
) -> None:
    for language, words in (("en", english), ("zh-CN", chinese)):
        answer = lin.post(f"{MOISTURE}/{act}", data=entry, headers={"accept-language": language})
        assert answer.status_code == 400
        complaint = re.search(r'<p class="complaint" role="alert">(.*?)</p>', answer.text)
        assert complaint is not None
        assert words in complaint[1]
    answer = lin.post(f"{MOISTURE}/{act}", data=entry, headers={"accept": "application/json"})
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_limits_are_looked_at_and_frozen_with_their_record(hub: HubProcess, lin: httpx.Client) -> None:
    entry = {"first": "81", "last": "120", "exclude": "101", "reason": "sensor <cleaned>"}
    before = lin.get(MOISTURE + "/data.json").json()["definition"]["location"]
    looked = lin.post(MOISTURE + "/estimate", data=entry)
    assert looked.status_code == 200
    assert lin.get(MOISTURE + "/data.json").json()["definition"]["location"] == before
    found = lin.post(MOISTURE + "/estimate", data=entry, headers={"accept": "application/json"}).json()
    assert (found["span"], found["used"], found["by"]) == ([80, 120], 39, "Lin")
    assert found["excluded"] == [{"index": 100, "reason": "sensor <cleaned>"}]
    unseen = lin.post(MOISTURE + "/freeze", data=entry)
    assert unseen.status_code == 409
    assert "not looked at yet" in unseen.text
    match = re.search(r'name="seen" value="([^"]+)"', looked.text)
    assert match is not None
    frozen = lin.post(MOISTURE + "/freeze", data={**entry, "seen": match[1]})
    assert (frozen.status_code, frozen.headers["location"]) == (303, MOISTURE)
    after = lin.get(MOISTURE + "/data.json").json()
    assert after["definition"]["location"] == pytest.approx(found["limits"]["location"])
    assert after["total"] == 300
    page = lin.get(MOISTURE).text
    assert "sensor &lt;cleaned&gt;" in page
    assert "81–120" in page
    hub.stop()
    hub.start()
    assert lin.get(MOISTURE + "/data.json").json() == after


def test_rules_are_chosen_and_given_back(lin: httpx.Client) -> None:
    def rules() -> list[str]:
        found: list[str] = lin.get(LEAK + "/data.json").json()["definition"]["rules"]
        return found

    assert lin.post(LEAK + "/rules", data={"rule": ["nelson-5", "nelson-1"]}).status_code == 303
    assert rules() == ["nelson-1", "nelson-5"]
    wrong = lin.post(LEAK + "/rules", data={"rule": "nelson-9"})
    assert wrong.status_code == 400
    assert "There is no rule nelson-9" in wrong.text
    assert rules() == ["nelson-1", "nelson-5"]
    assert lin.post(LEAK + "/rules", data={"as-configured": "yes"}).status_code == 303
    assert rules() == ["nelson-1", "nelson-2"]


def test_public_or_not_is_chosen_and_given_back(lin: httpx.Client) -> None:
    assert lin.post(PEEL + "/public", data={"public": "yes"}).status_code == 303
    assert 'class="shown shown--yes"' in lin.get(PEEL).text
    assert lin.post(PEEL + "/public", data={"public": "perhaps"}).status_code == 400
    assert lin.post(PEEL + "/public", data={"public": "configured"}).status_code == 303
    assert 'class="shown shown--yes"' not in lin.get(PEEL).text
