"""The short way to playlists, parts and readings says what the framework's long way says."""

from collections.abc import Iterator

import pytest

from quality_creator.web.api import MAX_BODY
from tests.peers.hub import CAMERA, FACTORY, TOKEN, HubProcess, running_hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("express"), CAMERA.format(id="cam") + FACTORY) as running:
        running.on_air()
        running.wait_for_segment(1)
        yield running


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/live/visit/720p/index.m3u8?_HLS_msn=0&_HLS_part=1", 200),
        ("/live/visit/720p/index.m3u8?_HLS_msn=1&_HLS_skip=YES", 200),
        ("/live/visit/720p/0.m4s", 200),
        ("/live/visit/360p/0.3.m4s", 200),
        ("/live/visit/720p/index.m3u8?_HLS_msn=one", 400),
        ("/live/visit/720p/index.m3u8?_HLS_msn=900", 400),
        ("/live/visit/480p/index.m3u8", 404),
        ("/live/visit/720p/9000.m4s", 404),
        ("/live/visit/720p/0.900.m4s", 404),
        ("/live/Never%20planned/720p/0.m4s", 404),
    ],
)
def test_the_short_way_and_the_long_one_say_the_same(
    hub: HubProcess, address: str, status: int, encoding: str
) -> None:
    # Only GET takes the short way.
    headers = {"accept-encoding": encoding}
    short, long = (hub.client.request(method, address, headers=headers) for method in ("GET", "HEAD"))
    assert short.status_code == long.status_code == status
    # What a live playlist holds changes between the two.
    own = ("date", "content-length") if "index.m3u8" in address else ("date",)
    assert {k: v for k, v in short.headers.items() if k not in own} == {
        k: v for k, v in long.headers.items() if k not in own
    }
    assert len(short.content) > 0


READING = b'{"readings": [{"tag": "leak", "value": 1.0, "time": "2026-05-04T08:30:00Z", "sequence": 1}]}'


@pytest.mark.parametrize(
    ("token", "body", "status"),
    [
        (TOKEN, READING, 200),
        (TOKEN, READING.replace(b"1.0", b'"1.0"').replace(b": 1}", b": 2}"), 422),
        (TOKEN, b"{", 400),
        (TOKEN, b" " * (MAX_BODY + 1), 400),
        ("somebody-elses", READING, 403),
        ("", READING, 403),
    ],
)
def test_readings_are_answered_alike_on_both_ways(
    hub: HubProcess, token: str, body: bytes, status: int
) -> None:
    if status == 200:  # once before, so that both ways find the same
        hub.post([{"tag": "leak", "value": 1.0, "time": "2026-05-04T08:30:00Z", "sequence": 1}])
    # What says that a browser sent it takes the long way.
    authorization = {"authorization": f"Bearer {token}"} if token else {}
    short, long = (
        hub.client.post("/api/readings", content=body, headers=authorization | more)
        for more in ({}, {"sec-fetch-site": "none"})
    )
    assert short.status_code == long.status_code == status
    assert short.content == long.content
    assert dict(short.headers) | {"date": ""} == dict(long.headers) | {"date": ""}


def test_another_site_does_not_make_a_browser_post_readings(hub: HubProcess) -> None:
    headers = {"authorization": f"Bearer {TOKEN}", "origin": "https://elsewhere.example"}
    refused = hub.client.post("/api/readings", content=READING, headers=headers)
    assert (refused.status_code, refused.json()["error"]) == (403, "this request came from another site")
