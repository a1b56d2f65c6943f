"""The short way to playlists and parts says what the framework's long way says."""

from collections.abc import Iterator

import pytest

from tests.peers.hub import CAMERA, HubProcess, running_hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubProcess]:
    with running_hub(tmp_path_factory.mktemp("express"), CAMERA.format(id="cam")) as running:
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
