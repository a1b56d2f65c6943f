"""The pages of charts of several characteristics: who may see and change what, Phase I, in both languages."""

import re
from collections.abc import Iterator

import httpx
import pytest

from tests.peers.hub import HubProcess, running_hub
from tests.web.engineer import signed_in
from tests.web.surface import SURFACE, TEXT, measure, panels


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("joint"), TEXT) as running:
        given = panels(80)
        given[60] = (8.3, 77.0)  # each is ordinary, and the two do not fit each other
        measure(running, given, 0, missing=20)
        yield running


@pytest.fixture(scope="module")
def lin(hub: HubProcess) -> Iterator[httpx.Client]:
    with signed_in(hub) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", SURFACE),
        ("GET", SURFACE + "/data.json"),
        ("POST", SURFACE + "/estimate"),
        ("POST", SURFACE + "/freeze"),
        ("POST", SURFACE + "/public"),
    ],
)
def test_without_a_session_nothing_is_shown_and_nothing_changes(
    hub: HubProcess, lin: httpx.Client, method: str, path: str
) -> None:
    body = {"public": "no", "first": "1", "last": "50"} if method == "POST" else None
    answer = hub.client.request(method, path, data=body)
    assert answer.status_code == 403
    assert "Moisture" not in answer.text
    assert 'class="shown shown--yes"' in lin.get(SURFACE).text


@pytest.mark.parametrize(
    "path",
    ["/lines/panels/-/charts/nothing", "/lines/taps/-/charts/surface", "/lines/panels/-/charts/moisture"],
)
def test_what_is_not_there_is_not_found(lin: httpx.Client, path: str) -> None:
    assert lin.get(path).status_code == 404


def test_data_are_the_points_as_they_were_judged_with_what_drives_them(lin: httpx.Client) -> None:
    found = lin.get(SURFACE + "/data.json").json()
    points = found["points"]
    # 80 panels, one without its gloss, and 30 gave the limits.
    assert (found["total"], len(points), points[0]["number"]) == (79, 49, 30)
    assert [one["characteristic"] for one in found["definition"]["members"]] == ["moisture", "gloss"]
    upper = found["definition"]["location"]["upper"]
    signalled = [point for point in points if point["signals"]]
    assert [point["number"] for point in points if point["location"] > upper] == [
        point["number"] for point in signalled
    ]
    assert 59 in [point["number"] for point in signalled]
    assert len(signalled[0]["parts"]) == 2
    newest = lin.get(SURFACE + "/data.json?since=78").json()["points"]
    assert newest == points[-1:]
    assert lin.get(SURFACE + "/data.json?since=x").status_code == 400


def test_the_page_counts_what_found_no_partner(lin: httpx.Client) -> None:
    page = lin.get(SURFACE).text
    counts = re.findall(r'data-member="(\w+)".*?<td>(\d+)</td><td data-alone>(\d+)</td>', page)
    assert counts == [("moisture", "80", "1"), ("gloss", "79", "0")]
    assert "Surface" in lin.get("/lines").text
    assert SURFACE in lin.get("/lines").text


@pytest.mark.parametrize(
    ("entry", "english", "chinese"),
    [
        ({"first": "1", "last": "4"}, "only 4 are left", "4"),
        ({"first": "1", "last": "90"}, "There are points 1 to 79", "79"),
        ({"first": "1", "last": "50", "method": "within"}, "The method within does not fit", "within"),
        ({"first": "1", "last": "50", "exclude": "7", "reason": ""}, "Say why point 7 is left out.", "7"),
    ],
)
def test_each_wrong_entry_has_its_own_words_in_both_languages(
    lin: httpx.Client, entry: dict[str, str], english: str, chinese: str
) -> None:
    for language, words in (("en", english), ("zh-Hans", chinese)):
        answer = lin.post(SURFACE + "/estimate", data=entry, headers={"accept-language": language})
        assert answer.status_code == 400
        [complaint] = re.findall(r'<p class="complaint" role="alert"[^>]*>(.*?)</p>', answer.text)
        assert words in complaint


def test_limits_are_looked_at_with_what_they_do_not_let_pass_and_frozen_with_their_record(
    lin: httpx.Client,
) -> None:
    entry = {"first": "1", "last": "75", "method": "covariance"}
    looked = lin.post(SURFACE + "/estimate", data=entry).text
    assert re.search(r"Beyond the limit.*?60 \(Gloss\)|Beyond the limit.*?60 \(Moisture\)", looked)
    again = entry | {"exclude": "60", "reason": "Lamp changed"}
    looked = lin.post(SURFACE + "/estimate", data=again).text
    [seen] = re.findall(r'name="seen" value="([^"]+)"', looked)
    [upper] = re.findall(r'data-found="upper">([\d.]+)<', looked)
    assert lin.post(SURFACE + "/freeze", data=entry | {"seen": seen}).status_code == 409
    assert lin.post(SURFACE + "/freeze", data=again | {"seen": seen}).status_code == 303
    page = lin.get(SURFACE).text
    assert re.findall(r'data-now="upper">([\d.]+)<', page) == [upper]
    assert "60: Lamp changed" in page
    assert "Lin" in page
    data = lin.get(SURFACE + "/data.json").json()
    # What was judged before stands against the limit of its time.
    assert data["points"][-1]["upper"] is not None
    assert f"{data['definition']['location']['upper']:.4f}" == upper


def test_public_or_not_is_chosen_and_given_back(lin: httpx.Client) -> None:
    for given, shown in (("no", "no"), ("yes", "yes"), ("configured", "yes")):
        assert lin.post(SURFACE + "/public", data={"public": given}).status_code == 303
        assert f'class="shown shown--{shown}"' in lin.get(SURFACE).text
    assert lin.post(SURFACE + "/public", data={"public": "perhaps"}).status_code == 400
    assert lin.post("/lines/panels/gloss/public", data={"public": "no"}).status_code == 303
    page = lin.get(SURFACE).text
    assert 'class="shown shown--no"' in page
    assert "one of these is not public" in page
    assert lin.post("/lines/panels/gloss/public", data={"public": "configured"}).status_code == 303
