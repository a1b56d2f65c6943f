"""The programme goes out to other platforms, and comes back there by itself after any kill."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from quality_creator.media import barcode
from quality_creator.media.scale import planes_of
from tests.peers.hub import CAMERA, HubProcess, free_port, running_hub
from tests.peers.receiver import Authority, Receiver, tls_front

KEY = "a-key-that-nobody-may-see"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def hub(tmp_path: Path, authority: Authority) -> Iterator[HubProcess]:
    text = CAMERA.format(id="one") + f"[restream]\nca_file = '{authority.file}'\n"
    with running_hub(tmp_path / "hub", text) as running:
        yield running


def out(hub: HubProcess, name: str) -> Any:
    return next(one for one in hub.api("GET", "/studio/visit/outs.json")["outs"] if one["name"] == name)


def add(hub: HubProcess, name: str, port: int, scheme: str = "rtmp") -> None:
    address = f"{scheme}://127.0.0.1:{port}/live"
    hub.api("POST", "/studio/visit/outs", {"name": name, "address": address, "key": KEY, "on": True})


def until(condition: Callable[[], object], within_s: float = 40.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.2)


def live(hub: HubProcess, name: str) -> Callable[[], bool]:
    return lambda: (health := out(hub, name)["health"]) is not None and health["condition"] == "live"


def codes(path: Path) -> list[int]:
    """When the camera took each picture that a platform got, in microseconds; slates left out."""
    strip = barcode.Strip.of(1280, 720)
    with av.open(str(path)) as file:
        read = [barcode.read(planes_of(frame)[0], strip) for frame in file.decode(video=0)]
    return [taken for taken in read if taken is not None]


def worker(hub: HubProcess) -> int:
    (one,) = hub.api("GET", "/api/status")["episodes"]
    found = re.match(r"process (\d+)", one["worker"])
    return int(found[1]) if found else 0


@pytest.mark.slow
def test_a_target_gets_the_programme_beside_one_that_refuses_and_again_after_every_kill(
    hub: HubProcess, authority: Authority, tmp_path: Path
) -> None:
    plain = Receiver(tmp_path / "plain.ts", key=KEY)
    behind_tls = Receiver(tmp_path / "tls.ts", key=KEY)
    hub.on_air(scene={"layout": "full", "sources": ["one"]})
    with tls_front(authority.server(), behind_tls.port) as secure:
        add(hub, "plain", plain.port)
        add(hub, "secure", secure, "rtmps")
        add(hub, "nobody", free_port())
        until(live(hub, "plain"))
        until(live(hub, "secure"))
        until(lambda: plain.path.exists() and plain.path.stat().st_size > 300_000)
        assert "nobody listens" in out(hub, "nobody")["health"]["words"]
        assert out(hub, "plain")["health"]["kbps"] > 100

        # The worker is killed: the connection stands, and what comes after the gap belongs to it.
        killed = worker(hub)
        os.kill(killed, signal.SIGKILL)
        until(lambda: worker(hub) not in (0, killed))
        size = plain.path.stat().st_size
        until(lambda: plain.path.stat().st_size > size + 200_000)
        assert out(hub, "plain")["health"]["losses"] == 0

        # The platform goes away and comes back.
        plain.kill()
        until(lambda: out(hub, "plain")["health"]["losses"] == 1)
        again = Receiver(tmp_path / "again.ts", plain.port, key=KEY, awaited=True)
        until(live(hub, "plain"))
        until(lambda: again.path.exists() and again.path.stat().st_size > 200_000)
        assert out(hub, "secure")["health"]["losses"] == 0

        # The hub is killed: the targets that were on are on again by themselves.
        hub.kill()
        again.finished()
        third = Receiver(tmp_path / "third.ts", plain.port, key=KEY)
        hub.start()
        until(live(hub, "plain"))
        until(lambda: third.path.exists() and third.path.stat().st_size > 200_000)
        (one,) = [one for one in hub.api("GET", "/studio/visit/outs.json")["outs"] if one["name"] == "plain"]
        hub.api("POST", f"/studio/visit/outs/{one['id']}", {"on": False})
        third.finished()
    behind_tls.finished()
    for path in (tmp_path / "plain.ts", tmp_path / "again.ts", tmp_path / "third.ts", tmp_path / "tls.ts"):
        found = codes(path)
        assert len(found) > 20, path
        # The frames are those of the programme, in its order; a source that starts anew may be shown later.
        assert found == sorted(found), path
    assert KEY not in hub.words()
    assert all(KEY.encode() not in file.read_bytes() for file in hub.folder.rglob("*") if file.is_file())


@pytest.mark.slow
def test_what_is_switched_on_before_the_episode_begins_goes_out_with_it_and_ends_with_it(
    hub: HubProcess, tmp_path: Path
) -> None:
    receiver = Receiver(tmp_path / "out.ts", key=KEY)
    hub.api("POST", "/api/episodes", {"slug": "visit", "title": {"zh-Hans": "探访", "en": "A visit"}})
    add(hub, "platform", receiver.port)
    assert out(hub, "platform")["health"] is None
    hub.api("POST", "/api/episodes/visit/start")
    until(lambda: receiver.path.exists() and receiver.path.stat().st_size > 200_000)
    hub.api("POST", "/api/episodes/visit/end")
    receiver.finished()
    assert len(codes(receiver.path)) > 20
    assert out(hub, "platform")["health"] is None
    answer = hub.client.post("/studio/visit/outs", json={})
    assert answer.status_code == 403
