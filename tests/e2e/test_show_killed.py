"""`kill -9` of worker and hub in the middle of a show: program, preview and rundown come back."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import httpx
import msgspec
import pytest

from quality_creator.media import barcode
from quality_creator.model.ids import SourceId
from quality_creator.model.scene import Scene
from quality_creator.show.state import State
from tests.media.broadcast import pictures
from tests.peers.hub import CAMERA, HubProcess, running_hub

CAMERAS = CAMERA.format(id="one") + CAMERA.format(id="two") + "width = 640\nheight = 480\n"
FULL = {"layout": "full", "sources": ["one"]}
PAIR = {"layout": "side-by-side", "sources": ("two", "one")}
# The second is 4:3: its bar code stands elsewhere in the picture, so that a code tells who is seen.
STANDS = {"one": ((1280, 720), (0, 0, 1280, 720)), "two": ((640, 480), (160, 0, 960, 720))}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with running_hub(tmp_path, CAMERAS) as running:
        yield running


def do(hub: HubProcess, command: str, **more: object) -> Any:
    return hub.api("POST", "/studio/visit/do", {"do": command, **more})


def state(hub: HubProcess) -> State:
    return msgspec.convert(hub.api("GET", "/studio/visit/state.json")["state"], State)


def until(condition: Callable[[], object], within_s: float = 30.0) -> float:
    """Wait until something is so; returns how long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s, "not so in time"
        time.sleep(0.02)
    return time.monotonic() - began


def worker(hub: HubProcess) -> int:
    """The worker's process, once there is one."""

    def pid() -> int:
        (one,) = hub.api("GET", "/api/status")["episodes"]
        found = re.match(r"process (\d+)", one["worker"])
        return int(found[1]) if found else 0

    until(pid)
    return pid()


def recording(hub: HubProcess) -> list[tuple[int, Any]]:
    """Every picture of the stream so far."""
    names = re.findall(r"\n(\d+\.m4s)\n", hub.playlist())
    init = re.search(r'MAP:URI="([^"]+)"', hub.playlist())
    assert init
    data = [hub.client.get(f"/live/visit/720p/{name}").content for name in (init[1], *names)]
    return pictures(b"".join(data))


def code(luma: Any, source: str) -> bool:
    """Whether a source fills the picture."""
    size, place = STANDS[source]
    return barcode.read(luma, barcode.Strip.of(*size).through(size, place)) is not None


def planned(hub: HubProcess) -> None:
    hub.on_air(scene=FULL)
    for name, scene in (("a", FULL), ("b", {"layout": "full", "sources": ["two"]}), ("c", PAIR)):
        title = {"zh-Hans": f"{name}项", "en": f"Item {name}"}
        item = {"id": name, "kind": "forum", "title": title, "planned_s": 60, "scene": scene}
        do(hub, "add-item", item=item)
    hub.wait_for_segment(0)


@pytest.mark.slow
def test_a_killed_worker_comes_back_with_the_show_as_it_was(hub: HubProcess) -> None:
    planned(hub)
    took = do(hub, "take-item", item="b")
    do(hub, "preview", scene=PAIR)
    before = state(hub)
    killed = worker(hub)
    # What was in a part that nobody was told of was never aired: the take's part is waited for.
    hub.wait_for_segment(took["position"] // 172_800)
    os.kill(killed, signal.SIGKILL)
    until(lambda: worker(hub) != killed)
    hub.wait_for_segment(took["position"] // 172_800 + 4)
    assert state(hub) == before
    assert before.mix.program == Scene(layout="full", sources=(SourceId("two"),))
    assert (msgspec.to_builtins(before.mix.preview), before.on_air, before.next) == (PAIR, "b", "c")
    film = recording(hub)
    # The second source from the take on, to the very picture, also behind the kill; slates while it starts.
    for at, luma in film:
        assert not code(luma, "one" if at >= took["position"] else "two"), (at, took)
    assert code(film[-1][1], "two")
    times = [at for at, _ in film]
    assert times == list(range(times[0], times[0] + 3_600 * len(times), 3_600))


@pytest.mark.slow
def test_a_killed_hub_comes_back_with_the_show_as_it_was(hub: HubProcess) -> None:
    planned(hub)
    do(hub, "take-item")
    took = do(hub, "take-item", transition={"kind": "mix", "frames": 5})
    do(hub, "preview", scene=PAIR)
    do(hub, "name-scene", name="both", scene=PAIR)
    do(hub, "show-graphic", graphic={"id": "logo", "template": "logo", "stays": True})
    do(hub, "channel", source="one", channel={"gain_db": -6.0})
    do(hub, "remark", words="那一刻 good shot")
    # What was taken in a part that nobody was told of yet may come back some pictures away.
    hub.wait_for_segment(took["position"] // 172_800 + 1)
    before = state(hub)
    hub.kill()
    hub.start()
    assert state(hub) == before
    assert before.as_run[-1].position == took["position"]
    hub.wait_for_segment(took["position"] // 172_800 + 4)
    assert code(recording(hub)[-1][1], "two")
    log = hub.api("GET", "/studio/visit/state.json")["log"]
    assert [entry["number"] for entry in log] == list(range(1, len(log) + 1))
    assert log[-1]["event"] == {"event": "remark", "words": "那一刻 good shot"}
    assert log[-1]["by"] == "operator"


@pytest.mark.slow
def test_a_take_whose_hub_is_killed_over_it_is_on_air_when_the_next_one_begins(hub: HubProcess) -> None:
    planned(hub)
    # The worker stands still, so that nobody can say when the take was seen.
    os.kill(worker(hub), signal.SIGSTOP)
    hub.client.timeout = httpx.Timeout(0.5)
    with pytest.raises(httpx.ReadTimeout):
        do(hub, "take-item", item="b")
    hub.client.timeout = httpx.Timeout(20)
    hub.kill()
    hub.start()
    found = state(hub)
    assert (found.on_air, found.mix.program.sources) == ("b", ("two",))
    position = found.as_run[-1].position
    assert position is not None
    hub.wait_for_segment(position // 172_800 + 3)
    for at, luma in recording(hub):
        assert not code(luma, "one" if at >= position else "two")


def test_edits_of_the_plan_never_move_the_air(hub: HubProcess) -> None:
    planned(hub)
    do(hub, "take-item", item="a")
    before = state(hub)
    do(hub, "move-item", item="a", before=None)
    do(hub, "remove-item", item="b")
    table = hub.client.get("/studio/visit/rundown.csv")
    assert table.status_code == 403
    after = state(hub)
    assert after.mix.program == before.mix.program  # the preview lines up what comes next
    assert (after.mix.graphics, after.mix.channels) == (before.mix.graphics, before.mix.channels)
    assert after.as_run == before.as_run
    assert [one.id for one in after.rundown] == ["c", "a"]


@pytest.mark.slow
def test_a_rehearsal_whose_hub_is_killed_goes_on(hub: HubProcess) -> None:
    title = {"zh-Hans": "工厂探访", "en": "A visit"}
    hub.api("POST", "/api/episodes", {"slug": "visit", "title": title, "scene": FULL})
    do(hub, "rehearse", on=True)
    assert do(hub, "put", scene=PAIR)["position"] is not None
    before = state(hub)
    hub.kill()
    hub.start()
    assert state(hub) == before
    assert do(hub, "put", scene=FULL)["position"] is not None  # its mixer runs again
    do(hub, "rehearse", on=False)
    assert state(hub).rehearsal is False
    answer = hub.client.get("/live/visit/index.m3u8")
    assert answer.status_code == 404, "nothing was aired"


@pytest.mark.slow
def test_a_rehearsal_leaves_nothing_and_the_chapters_are_the_items_that_were_aired(hub: HubProcess) -> None:
    title = {"zh-Hans": "工厂探访", "en": "A visit"}
    hub.api("POST", "/api/episodes", {"slug": "visit", "title": title, "scene": FULL})
    for name, source in (("a", "one"), ("b", "two")):
        scene = {"layout": "full", "sources": [source]}
        item = {"id": name, "kind": "forum", "title": {"zh-Hans": f"{name}项", "en": f"Item {name}"}}
        do(hub, "add-item", item={**item, "scene": scene})
    before = state(hub)
    do(hub, "rehearse", on=True)
    assert do(hub, "take-item")["position"] is not None  # the mixer runs
    assert do(hub, "take-item", item="b")["position"] is not None
    assert state(hub).on_air == "b"
    hub.api("POST", "/api/episodes/visit/start")
    found = state(hub)
    assert (found.mix, found.rehearsal, found.on_air, found.next) == (before.mix, False, None, "a")
    assert [line.item for line in found.as_run] == [None]
    hub.wait_for_segment(0)
    aired = [do(hub, "take-item")["position"]]
    hub.wait_for_segment(aired[0] // 172_800 + 1)
    aired.append(do(hub, "take-item")["position"])
    hub.wait_for_segment(aired[1] // 172_800 + 1)
    hub.api("POST", "/api/episodes/visit/end")
    out = hub.folder / "visit.mp4"
    command = [
        sys.executable,
        "-m",
        "quality_creator",
        "export",
        "visit",
        str(out),
        "--config",
        str(hub.config),
    ]
    subprocess.run(command, check=True, timeout=60)
    with av.open(str(out)) as file:
        told = [(one["metadata"]["title"], one["start"] * one["time_base"]) for one in file.chapters()]
    assert [title for title, _ in told] == ["Test picture", "Item a", "Item b"]
    assert [float(at) for _, at in told] == pytest.approx([0, *(at / 90_000 for at in aired)], abs=0.001)
