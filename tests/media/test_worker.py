"""The worker as the hub has it: a process with two pipes, cameras at one end and parts at the other."""

import io
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import av
import msgspec
import numpy as np
import numpy.typing as npt
import pytest

from quality_creator.config import FileCamera, GeneratedCamera, RtspCamera
from quality_creator.media import wire
from quality_creator.media.scene import places
from quality_creator.model.clock import MediaTime
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import FRAME_TICKS, PART_TICKS
from tests.media.broadcast import Broadcast, broadcast, name, now, number, pictures, scene, sound, start
from tests.media.films import onsets, pulses
from tests.peers.rtsp_server import rtsp_camera

ONE = GeneratedCamera(id=SourceId("one"), name=name("One"))
TWO = GeneratedCamera(id=SourceId("two"), name=name("Two"), width=640, height=360, tone_hz=880)


def continuous(running: Broadcast, rendition: str = "720p") -> None:
    """Every picture and every AAC frame is there, one after the other, and both end together."""
    file = running.file(rendition)
    first, count = running.parts[0].start, len(running.parts)
    times = [time for time, _ in pictures(file)]
    assert times == [first + i * FRAME_TICKS for i in range(count * 8)]
    heard, samples = sound(file)
    assert heard == [first * 8 // 15 + i * 1024 for i in range(count * 15)]
    assert samples.shape[1] * 15 == count * PART_TICKS * 8


def test_shown_is_the_time_of_the_very_frame_in_the_picture() -> None:
    with broadcast(start([ONE, TWO], scene("three-up", "one", "two"))) as running:
        running.wait_for("two", "live")
        running.wait_parts(6)
    for rendition in ("720p", "360p"):
        continuous(running, rendition)
        film = pictures(running.file(rendition))
        for source, size, place in zip(
            ("one", "two"), ((1280, 720), (640, 360)), places("three-up"), strict=False
        ):
            read = [number(luma, place, size) for _, luma in film]
            shown = [taken or None for taken in running.shown(source)]
            # In the small place at half the size a cell of the bar code has two and a half pixels.
            if rendition == "720p" or source == "one":
                assert read == shown
    assert running.parts[-1].shown.keys() == {"one", "two"}


def test_a_scene_changes_at_the_picture_that_is_told_and_no_picture_is_lost() -> None:
    with broadcast(start([ONE, TWO], scene("full", "one"))) as running:
        running.wait_for("one", "live")
        running.wait_parts(2)
        for number_, shown in enumerate(
            [scene("side-by-side", "two", "one"), scene("picture-in-picture", "two"), scene("full", "two")]
        ):
            running.say(wire.Change(scene=shown, number=number_))
            running.wait_parts(2)
    continuous(running)
    film = pictures(running.file())
    begins = [change.position // FRAME_TICKS for change in running.heard(wire.Changed)]
    assert [change.number for change in running.heard(wire.Changed)] == [0, 1, 2]
    sides = places("side-by-side")
    for index, (_, luma) in enumerate(film):
        one = running.shown("one")[index] or None
        two = running.shown("two")[index] or None
        stage = sum(index >= begin for begin in begins)
        if stage == 0:
            assert (number(luma, places("full")[0], (1280, 720)), two) == (one, None)
        elif stage == 1:
            assert (number(luma, sides[0], (640, 360)), number(luma, sides[1], (1280, 720))) == (two, one)
            assert None not in (one, two)
        else:
            assert (number(luma, places("full")[0], (640, 360)), one) == (two, None)


def test_only_sources_of_the_scene_are_heard() -> None:
    with broadcast(start([ONE, TWO], scene("full", "one"))) as running:
        begin = now()
        running.wait(lambda: running.parts and running.parts[-1].utc > begin + 3_000_000)
        running.say(wire.Change(scene=scene("full", "two", "one"), number=0))
        running.wait_parts(4)
    (change,) = running.heard(wire.Changed)
    _, samples = sound(running.file())
    cut = change.position * 8 // 15

    def strength(hertz: float, piece: npt.NDArray[np.float32]) -> float:
        times = np.arange(piece.shape[1]) / 48_000
        return float(np.abs(piece[0] @ np.exp(2j * np.pi * hertz * times)) * 2 / piece.shape[1])

    before, after = samples[:, cut - 20_000 : cut - 2_000], samples[:, cut + 4_000 : cut + 40_000]
    assert strength(440, before) == pytest.approx(0.1, rel=0.05)
    assert strength(880, before) < 0.001
    # The one that is not shown any more is heard on: it is in the scene.
    assert strength(440, after) == pytest.approx(0.1, rel=0.05)
    assert strength(880, after) == pytest.approx(0.1, rel=0.05)


def test_a_flash_and_its_beep_stay_together(tmp_path: Path) -> None:
    film = FileCamera(id=SourceId("film"), name=name("Film"), path=str(pulses(tmp_path / "pulses.mp4")))
    with broadcast(start([film])) as running:
        running.wait_for("film", "live")
        # Past the end of the film and into its second round.
        until = now() + 5_500_000
        running.wait(lambda: running.parts and running.parts[-1].utc > until)
    _, samples = sound(running.file())
    flashes = [at / 25 for at in onsets((float(luma.mean()) for _, luma in pictures(running.file())), 120)]
    loud = np.abs(samples[0]).reshape(-1, 48).max(axis=1)
    beeps = [at / 1000 for at in onsets(iter(loud), 0.1)]
    assert len(flashes) == len(beeps) >= 4
    assert max(abs(flash - beep) for flash, beep in zip(flashes, beeps, strict=True)) < 0.020
    # The rounds follow each other without a seam.
    assert np.diff(flashes) == pytest.approx(1.0, abs=0.001)


def test_a_lost_camera_is_frozen_then_a_slate_and_comes_back_by_itself() -> None:
    with rtsp_camera(sound=None) as camera:
        pulled = RtspCamera(id=SourceId("far"), name=name("Far"), url=camera.url)
        with broadcast(start([ONE, pulled], scene("side-by-side", "one", "far"))) as running:
            running.wait_for("far", "live")
            running.wait_parts(4)
            camera.kill()
            lost = running.wait_for("far", "slate")
            running.wait_parts(2)
            camera.start()
            running.wait_for("far", "live")
            running.wait_parts(3)
            camera.stall()
            running.wait_for("far", "slate")
            running.wait_parts(1)
            camera.resume()
            running.wait_for("far", "live")
            running.wait_parts(3)
    continuous(running)
    conditions = [s.condition for s in running.heard(wire.SourceState) if s.source == "far"]
    runs = [condition for condition, _ in itertools.groupby(conditions)]
    assert runs == ["connecting", "live", "frozen", "slate", "live", "frozen", "slate", "live"]
    assert lost.words.startswith(("the camera ended the stream", "Connection refused"))
    # In the picture: the last frame for a moment, then the slate, then new frames. How long that moment is
    # depends here on how busy the machine is; by given times it is tested in test_playout.
    shown = running.shown("far")
    spans = [(taken, len(list(group))) for taken, group in itertools.groupby(shown)]
    slates = [i for i, (taken, length) in enumerate(spans) if taken == 0 and i > 0]
    assert len(slates) == 2
    for slate in slates:
        assert 5 <= spans[slate - 1][1] <= 50
    film = pictures(running.file())
    place = places("side-by-side")[1]
    codes = [number(luma, place, (640, 360)) for _, luma in film]
    for code, taken, (_, before) in zip(codes[1:], shown[1:], zip(shown, codes, strict=False), strict=False):
        assert (code is None) == (taken == 0)
        assert before is None or code is None or code >= before or code < 50
    # The other source and the programme never noticed.
    assert 0 not in running.shown("one")[100:]


def test_the_cadence_depends_on_no_source() -> None:
    with rtsp_camera(sound="aac") as camera:
        pulled = RtspCamera(id=SourceId("far"), name=name("Far"), url=camera.url)
        with broadcast(start([pulled])) as running:
            running.wait_for("far", "live")
            running.wait_parts(3)
            camera.stall()
            running.wait_parts(6)
    continuous(running)
    utcs = [part.utc for part in running.parts]
    assert all(abs(b - a - 320_000) < 1_000 for a, b in itertools.pairwise(utcs))


def test_missing_time_is_caught_up_and_a_segment_in_progress_goes_on() -> None:
    begin = msgspec.structs.replace(start([ONE], ago_s=4), msn=7, part=4, position=MediaTime(46 * PART_TICKS))
    with broadcast(begin) as running:
        running.wait(lambda: running.parts and running.parts[-1].utc > now() - 700_000)
        running.wait_parts(2)
    parts = running.parts
    assert [(p.msn, p.part) for p in parts[:4]] == [(7, 4), (7, 5), (8, 0), (8, 1)]
    assert [p.independent for p in parts[:9]] == [True, False, True, *[False] * 5, True]
    assert abs(parts[0].utc - begin.utc) < 20_000
    continuous(running)
    with av.open(io.BytesIO(running.file()), "r") as container:
        keys = [p.pts for p in container.demux(video=0) if p.size and p.is_keyframe]
    assert keys == [p.start for p in parts if p.independent]


def test_a_worker_that_is_started_again_has_the_same_init_to_the_byte() -> None:
    inits = []
    for begin in (
        start([ONE]),
        msgspec.structs.replace(start([TWO]), msn=3, part=2, position=MediaTime(576_000)),
    ):
        with broadcast(begin) as running:
            running.wait(lambda running=running: len(running.heard(wire.Init)) == 2)
            inits.append({init.rendition: (init.codecs, init.data) for init in running.heard(wire.Init)})
    assert inits[0] == inits[1]
    assert {codecs for codecs, _ in inits[0].values()} == {"avc1.64001f,mp4a.40.2", "avc1.64001e,mp4a.40.2"}


def test_told_to_stop_it_finishes_its_part_and_leaves() -> None:
    with broadcast(start([ONE])) as running:
        running.wait_parts(2)
        running.say(wire.Stop())
        assert running.process is not None
        assert running.process.wait(5) == 0
        stopped = len(running.parts)
    continuous(running)
    assert len(running.parts) == stopped


def test_it_leaves_when_the_hub_is_gone() -> None:
    up_read, up_write = os.pipe()
    down_read, down_write = os.pipe()
    command = [sys.executable, "-m", "quality_creator.media.worker", "--up", str(up_write), "--down"]
    with subprocess.Popen([*command, str(down_read)], pass_fds=(up_write, down_read)) as worker:
        for descriptor in (up_write, down_read):
            os.close(descriptor)
        os.write(down_write, wire.frame(start([ONE])))
        assert os.read(up_read, 1)
        os.close(down_write)
        assert worker.wait(5) == 0
    os.close(up_read)


def test_a_hub_that_does_not_read_for_a_while_gets_everything() -> None:
    with broadcast(start([ONE])) as running:
        running.wait_parts(3)
        running.news.acquire()  # the reader stands still; the pipe fills
        time.sleep(3)
        running.news.release()
        running.wait_parts(12)
    continuous(running)
