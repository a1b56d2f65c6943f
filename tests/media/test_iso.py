"""Sources recorded alone: they line up with the programme, survive kills, and keep off a full disk."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest

from quality_creator.config import GeneratedCamera, RtspCamera
from quality_creator.media import barcode, wire
from quality_creator.media.iso import Place, Recorder, Sheet, timecode
from quality_creator.media.iso_files import IsoFile, files
from quality_creator.media.scale import Raw, planes_of
from quality_creator.media.scene import places
from quality_creator.media.sound import TICK
from quality_creator.media.wallclock import WallClock
from quality_creator.model.clock import TICKS, MediaTime
from quality_creator.model.ids import SourceId
from tests.media.broadcast import broadcast, name, pictures, scene, start
from tests.peers.rtsp_server import rtsp_camera

FAR, OWN = SourceId("far"), SourceId("own")
OWN_CAMERA = GeneratedCamera(id=OWN, name=name("Own"), width=640, height=360)


def wait_for(condition: Callable[[], object], within_s: float = 15.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "not so in time"
        time.sleep(0.02)


def position_of(code: str, rate: int = 25) -> int:
    hours, minutes, seconds, frames = map(int, code.split(":"))
    return ((hours * 60 + minutes) * 60 + seconds) * TICKS + frames * TICKS // rate


def codes(path: Path, strip: barcode.Strip) -> dict[int, int]:
    """By the time in each picture's bar code: where the picture is in the programme, by the file alone."""
    found: dict[int, list[int]] = {}
    with av.open(str(path)) as file:
        video = file.streams.video[0]
        begins = position_of(video.metadata["timecode"])
        for frame in file.decode(video):
            taken = barcode.read(planes_of(frame)[0], strip)
            assert taken is not None
            assert frame.pts is not None
            assert frame.time_base is not None
            found.setdefault(taken, []).append(begins + round(frame.pts * frame.time_base * TICKS))
    return once(found)


def aired(data: bytes, strip: barcode.Strip) -> dict[int, int]:
    """By the time in the bar code at a place of the programme: where it was shown."""
    found: dict[int, list[int]] = {}
    for at, luma in pictures(data):
        taken = barcode.read(luma, strip)
        if taken is not None:
            found.setdefault(taken, []).append(at)
    return once(found)


def once(found: dict[int, list[int]]) -> dict[int, int]:
    """What stands at one place only: a picture that waits for the next one says little of its time."""
    return {taken: places[0] for taken, places in found.items() if len(places) == 1}


def whole(folder: Path, source: SourceId) -> list[IsoFile]:
    return [one for one in files(folder, set()) if one.source == source]


@pytest.mark.slow
def test_files_line_up_with_the_programme_and_a_lost_camera_goes_on_in_another(tmp_path: Path) -> None:
    """A camera's own packets, and a source that is encoded, each beside what was aired of it."""
    with rtsp_camera(number="clock", sound="pcmu") as camera:
        far = RtspCamera(id=FAR, name=name("Far"), url=camera.url)
        begin = msgspec.structs.replace(
            start([far, OWN_CAMERA], scene("side-by-side", "far", "own")),
            record=wire.Record(folder=str(tmp_path), sources=(FAR, OWN)),
        )
        with broadcast(begin) as running:
            running.wait_for("far", "live", 30)
            running.wait_parts(12, 30)
            camera.kill()
            running.wait_for("far", "slate", 30)
            camera.start()
            running.wait_for("far", "live", 30)
            running.wait_parts(9, 30)
            running.say(wire.Stop())
            assert running.process is not None
            running.process.wait(15)
    states = [(s.source, s.condition) for s in running.heard(wire.IsoState)]
    assert (OWN, "recording") in states
    assert states.count((FAR, "recording")) == 2
    listed = whole(tmp_path, FAR)
    assert [one.state for one in listed] == ["whole", "whole"]
    assert [one.contents for one in listed] == ["h264 640x360, pcm_mulaw"] * 2
    assert listed[0].ended != "the programme ended" == listed[1].ended
    assert listed[1].gap_s is not None
    assert listed[1].gap_s > 0.4
    (own,) = whole(tmp_path, OWN)
    assert (own.state, own.gap_s) == ("whole", None)
    data = running.file()
    strip = barcode.Strip.of(640, 360)
    halves = [
        strip.through((640, 360), (place.x, place.y, place.width, place.height))
        for place in places("side-by-side", None)
    ]
    shown = aired(data, halves[0])
    apart = [
        shown[taken] - at
        for one in listed
        for taken, at in codes(tmp_path / one.name, strip).items()
        if taken in shown
    ]
    assert len(apart) > 60
    # On a busy machine some pictures are shown late; the file has them where they belong.
    assert abs(float(np.median(apart))) <= 3600
    shown, both = aired(data, halves[1]), 0
    encoded = barcode.Strip.of(640, 360).through((640, 360), (0, 0, 1280, 720))
    for taken, at in codes(tmp_path / own.name, encoded).items():
        if taken in shown:
            both += 1
            assert shown[taken] == at
    assert both > 60


@pytest.mark.slow
def test_a_worker_that_is_killed_leaves_files_that_open(tmp_path: Path) -> None:
    begin = msgspec.structs.replace(
        start([OWN_CAMERA]), record=wire.Record(folder=str(tmp_path), sources=(OWN,))
    )
    with broadcast(begin) as running:
        running.wait(lambda: running.heard(wire.IsoState))
        wait_for(lambda: any(one.size > 60_000 for one in files(tmp_path, {OWN})), 60)
        assert running.process is not None
        running.process.kill()
        running.process.wait()
    (one,) = files(tmp_path, set())
    assert one.state == "cut"
    assert one.duration_s is not None
    assert one.duration_s >= 1.0
    with av.open(str(tmp_path / one.name)) as film:
        times = [float(frame.pts * frame.time_base) for frame in film.decode(video=0)]  # type: ignore[operator]
    assert np.diff(times) == pytest.approx(0.04, abs=1e-4)
    assert times[-1] == pytest.approx(one.duration_s, abs=0.1)


# --- one recorder ---------------------------------------------------------------------------------


@dataclass
class Disk:
    free: float = 0.5

    def usage(self, path: Path) -> tuple[int, int, int]:
        return 1000, 1000 - round(self.free * 1000), round(self.free * 1000)


@dataclass
class Bench:
    """A recorder of one source, fed tick by tick."""

    recorder: Recorder
    folder: Path
    disk: Disk
    told: list[wire.IsoState]
    ticks: int = 0
    raw: Raw = field(default_factory=lambda: Raw(av.VideoFrame(320, 180, "yuv420p"), 16 / 9))

    def feed(self, count: int, *, lost: bool = False) -> None:
        for _ in range(count):
            sound = np.zeros((2, TICK), np.float32)
            self.recorder.show(1000.0 + self.ticks / 25, None if lost else self.raw, sound)
            self.ticks += 1
            wait_for(lambda: not self.recorder._items)

    def until(self, condition: wire.IsoCondition) -> wire.IsoState:
        wait_for(lambda: self.told and self.told[-1].condition == condition)
        return self.told[-1]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr("quality_creator.media.iso._LOOK_S", 0.0)
    disk, told = Disk(), []
    place = Place(1000.0, MediaTime(3600 * TICKS), WallClock(lambda: 0))
    recorder = Recorder(OWN, tmp_path / "isos", place, told.append, usage=disk.usage)
    yield Bench(recorder, tmp_path / "isos", disk, told)
    recorder.close("the test ended")


def test_it_is_switched_on_and_off_and_the_listing_says_what_is_missing_between(bench: Bench) -> None:
    bench.feed(5)
    assert not bench.folder.exists()
    bench.recorder.switch(True)
    bench.feed(10)
    bench.until("recording")
    (one,) = files(bench.folder, {OWN})
    assert (one.state, one.start, one.duration_s) == ("open", "01:00:00:05", None)
    bench.recorder.switch(False)
    bench.until("off")
    bench.feed(15)
    bench.recorder.switch(True)
    bench.feed(10)
    bench.feed(1, lost=True)
    bench.until("waiting")
    first, second = files(bench.folder, set())
    assert [first.name, second.name] == ["own-01-00-00-05.mov", "own-01-00-01-05.mov"]
    assert [first.ended, second.ended] == ["switched off", "no pictures came"]
    assert first.duration_s == pytest.approx(0.4, abs=0.05)
    assert second.gap_s == pytest.approx(0.6, abs=0.05)


def test_of_a_file_that_is_being_written_all_but_the_last_second_is_on_the_disk(bench: Bench) -> None:
    bench.recorder.switch(True)
    bench.feed(100)
    (one,) = files(bench.folder, set())  # as after a kill
    assert one.state == "cut"
    assert one.duration_s is not None
    assert one.duration_s >= 4.0 - 1.1
    bench.recorder.close("the end")
    (one,) = files(bench.folder, set())
    assert (one.state, one.ended) == ("whole", "the end")
    assert one.duration_s == pytest.approx(4.0, abs=0.05)
    with av.open(str(bench.folder / one.name)) as film:
        assert film.streams.video[0].frames == 100
        assert film.metadata["creation_time"] == "1970-01-01T00:16:40.000000Z"


def test_a_full_disk_ends_the_file_and_is_told_and_room_begins_another(bench: Bench) -> None:
    bench.recorder.switch(True)
    bench.feed(10)
    bench.until("recording")
    bench.disk.free = 0.009
    bench.feed(3)
    assert "0.9% of the disk is free" in bench.until("waiting").words
    bench.disk.free = 0.015
    bench.feed(3)
    assert bench.told[-1].condition == "waiting"
    bench.disk.free = 0.02
    bench.feed(10)
    bench.until("recording")
    first, _ = files(bench.folder, {OWN})
    assert "of the disk is free" in first.ended
    with av.open(str(bench.folder / first.name)) as film:
        assert len(list(film.decode(video=0))) == 10


def test_a_folder_that_can_not_be_written_is_told_and_nothing_breaks(bench: Bench) -> None:
    bench.folder.write_text("a file stands where the folder should be")
    bench.recorder.switch(True)
    bench.feed(3)
    assert "can't be written" in bench.until("waiting").words
    bench.folder.unlink()
    bench.feed(5)
    bench.until("recording")


def test_what_a_kill_left_before_anything_was_written_is_no_file(tmp_path: Path) -> None:
    sheet = Sheet(
        source=OWN, position=MediaTime(0), utc=WallClock(lambda: 0).utc(1), timecode="", contents=""
    )
    (tmp_path / "own-a.json").write_bytes(msgspec.json.encode(sheet))
    (tmp_path / "own-b.json").write_bytes(b"{")
    (tmp_path / "own-b.mov").write_bytes(b"")
    (tmp_path / "own-c.json").write_bytes(msgspec.json.encode(sheet))
    (tmp_path / "own-c.mov").write_bytes(b"nothing")
    (one,) = files(tmp_path, set())
    assert (one.name, one.state, one.duration_s) == ("own-c.mov", "cut", 0.0)
    assert files(tmp_path / "nowhere", set()) == []


# --- times ----------------------------------------------------------------------------------------


def test_an_instant_is_at_the_picture_that_shows_it() -> None:
    place = Place(100.0, MediaTime(36_000), WallClock(lambda: 0))
    assert [place.at(100.0 + s) for s in (0.0, 0.001, 0.04, 0.041, 10.0)] == [
        36_000,
        39_600,
        39_600,
        43_200,
        936_000,
    ]
    assert place.at(0.0) == 0


@pytest.mark.parametrize(
    ("seconds", "rate", "code"),
    [
        (Fraction(0), 25, "00:00:00:00"),
        (Fraction(24, 25), 25, "00:00:00:24"),
        (Fraction(1, 2), 50, "00:00:00:25"),
        (3723 + Fraction(20, 30), 30, "01:02:03:20"),
    ],
)
def test_a_time_code_counts_pictures_at_the_files_own_rate(seconds: Fraction, rate: int, code: str) -> None:
    assert timecode(MediaTime(round(seconds * TICKS)), rate) == code
