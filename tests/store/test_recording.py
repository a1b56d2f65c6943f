import asyncio
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.episode import Episode
from quality_creator.model.errors import NotFound, Unavailable
from quality_creator.model.ids import EpisodeId, Slug
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text
from quality_creator.store.database import open_folder
from quality_creator.store.recording import Recording, Recordings, SpooledPart, init_name
from quality_creator.store.spool import Spool

EPISODE = EpisodeId("0192f0c0-0000-7000-8000-000000000001")
INIT = b"an init segment"


def part(msn: int, number: int, size: int = 50) -> SpooledPart:
    """A part with bytes of its own."""
    return SpooledPart(
        msn=msn,
        part=number,
        start=MediaTime((msn * 6 + number) * 28_800),
        utc=Micros(1_700_000_000_000_000 + (msn * 6 + number) * 320_000),
        duration=28_800,
        independent=number == 0,
        discontinuity=msn == 3,
        inits={"720p": init_name(INIT), "360p": init_name(INIT)},
        data={"720p": b"%d.%d high " % (msn, number) * size, "360p": b"%d.%d low " % (msn, number) * size},
    )


def run(folder: Path, work: Callable[[Recording], Awaitable[None]], usage: Any = None) -> None:
    """Open the episode's recording as a process that starts would, and work with it."""

    async def process() -> None:
        database = await open_folder(folder)
        if await database.episodes.by_slug(Slug("visit")) is None:
            text = Text(zh="探厂", en="visit")
            await database.episodes.create(
                Episode(
                    id=EPISODE,
                    slug=Slug("visit"),
                    title=text,
                    summary=text,
                    brand=text,
                    state="planned",
                    sources=(),
                    scene=Scene(layout="full", sources=()),
                )
            )
        recordings = await Recordings.open_(database, folder)
        recording = await recordings.open(EPISODE, *([usage] if usage else []))
        try:
            await work(recording)
        finally:
            await database.close()

    asyncio.run(process())


def spool_files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "spool" / EPISODE).glob("*"))


async def seal_all(recording: Recording) -> None:
    for msn in recording.unsealed:
        await recording.seal(msn, b"[]", [])


def test_a_sealed_segment_is_one_object_a_rendition_and_a_row(tmp_path: Path) -> None:
    async def work(recording: Recording) -> None:
        assert await recording.keep_init("720p", INIT) == init_name(INIT)
        await recording.keep_init("360p", INIT)
        parts = [part(3, number) for number in range(6)]
        assert [await recording.append(one) for one in parts] == [True] * 6
        row = await recording.seal(3, b'[{"at":0}]', [{"at": 7}])
        assert await recording.index() == [row]
        assert msgspec.structs.asdict(row) == {
            "msn": 3,
            "start": 3 * 6 * 28_800,
            "duration": 6 * 28_800,
            "utc": parts[0].utc,
            "discontinuity": True,
            "recorded": True,
            "inits": parts[0].inits,
            "parts": {
                name: [(len(one.data[name]), one.part == 0) for one in parts] for name in ("720p", "360p")
            },
        }
        for name in ("720p", "360p"):
            assert await recording.segment(name, 3) == b"".join(one.data[name] for one in parts)
            assert [await recording.part(name, row, n) for n in range(6)] == [one.data[name] for one in parts]
            assert await recording.init(name, init_name(INIT)) == INIT
        assert await recording.messages(3) == b'[{"at":0}]'
        assert await recording.signals() == [[{"at": 7}]]

    run(tmp_path, work)
    assert spool_files(tmp_path) == []
    episode = tmp_path / "objects" / "episodes" / EPISODE
    assert sorted(path.relative_to(episode).as_posix() for path in episode.rglob("*.*")) == sorted(
        f"{name}/{file}" for name in ("720p", "360p") for file in ("3.m4s", init_name(INIT))
    )


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    async def work(recording: Recording) -> None:
        for get in (recording.segment("720p", 0), recording.init("720p", "x.mp4"), recording.messages(0)):
            with pytest.raises(NotFound):
                await get
        await recording.append(part(0, 0))
        row = await recording.seal(0, b"[]", [])
        with pytest.raises(NotFound):
            await recording.part("720p", row, 1)

    run(tmp_path, work)


def test_replaying_an_episode_leaves_nothing_in_the_spool_folder(tmp_path: Path) -> None:
    async def work(recording: Recording) -> None:
        assert recording.left_open == ()

    run(tmp_path, work)
    assert not (tmp_path / "spool").exists()


def test_the_next_process_finds_what_was_not_sealed_and_goes_on(tmp_path: Path) -> None:
    async def before(recording: Recording) -> None:
        await recording.keep_init("720p", INIT)
        for msn in range(2):
            for number in range(6):
                await recording.append(part(msn, number))
        await recording.seal(0, b"[]", [])
        await recording.append(part(2, 0))
        await recording.append(part(2, 1))

    async def after(recording: Recording) -> None:
        assert [(one.msn, one.recorded) for one in recording.left_open] == [(1, True), (2, True)]
        assert recording.left_open[0].parts == tuple(part(1, number) for number in range(6))
        assert recording.left_open[1].parts == (part(2, 0), part(2, 1))
        assert recording.unsealed == (1, 2)
        assert await recording.init("720p", init_name(INIT)) == INIT
        await recording.seal(1, b"[]", [])
        assert await recording.append(part(2, 2))
        row = await recording.seal(2, b"[]", [])
        assert row.duration == 3 * 28_800
        assert await recording.segment("360p", 2) == b"".join(part(2, n).data["360p"] for n in range(3))
        assert [one.msn for one in await recording.index()] == [0, 1, 2]
        assert [one.msn for one in await recording.index(since=1)] == [1, 2]

    run(tmp_path, before)
    run(tmp_path, after)
    assert spool_files(tmp_path) == []


def test_killed_between_the_row_and_the_spools_end_nothing_is_there_twice(tmp_path: Path) -> None:
    spool = tmp_path / "spool" / EPISODE / "0.spool"

    async def before(recording: Recording) -> None:
        await recording.append(part(0, 0))
        shutil.copy(spool, tmp_path / "copy")
        await recording.seal(0, b"[]", [])
        shutil.copy(tmp_path / "copy", spool)

    async def after(recording: Recording) -> None:
        assert recording.left_open == ()
        assert recording.unsealed == ()
        assert await recording.segment("720p", 0) == part(0, 0).data["720p"]

    run(tmp_path, before)
    run(tmp_path, after)
    assert not spool.exists()


def test_killed_between_the_objects_and_the_row_sealing_is_done_again(tmp_path: Path) -> None:
    async def before(recording: Recording) -> None:
        await recording.append(part(0, 0))
        (tmp_path / "objects" / "episodes" / EPISODE / "720p").mkdir(parents=True)
        (tmp_path / "objects" / "episodes" / EPISODE / "720p" / "0.m4s").write_bytes(b"half")

    async def after(recording: Recording) -> None:
        await seal_all(recording)
        assert await recording.segment("720p", 0) == part(0, 0).data["720p"]

    run(tmp_path, before)
    run(tmp_path, after)


@given(cut=st.floats(0, 1))
@settings(deadline=None, max_examples=25)
def test_cut_at_any_byte_the_spool_gives_back_the_parts_that_are_whole(
    cut: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    ends = [0]

    async def before(recording: Recording) -> None:
        for number in range(4):
            await recording.append(part(0, number, size=2))
            ends.append(path.stat().st_size)

    async def after(recording: Recording) -> None:
        whole = sum(end <= kept for end in ends) - 1
        expected = tuple(part(0, number, size=2) for number in range(whole))
        assert tuple(one for segment in recording.left_open for one in segment.parts) == expected

    path = folder / "spool" / EPISODE / "0.spool"
    run(folder, before)
    kept = round(cut * ends[-1])
    os.truncate(path, kept)
    run(folder, after)


def test_parts_come_in_order(tmp_path: Path) -> None:
    async def work(recording: Recording) -> None:
        with pytest.raises(ValueError, match=r"part 0\.1 follows 0 parts"):
            await recording.append(part(0, 1))

    run(tmp_path, work)


def test_a_spool_of_another_version_is_left_alone_and_named(tmp_path: Path) -> None:
    path = tmp_path / "spool" / EPISODE / "0.spool"
    spool = Spool(path)
    spool.append(b"something else")
    spool.close()

    async def work(recording: Recording) -> None:
        """Not reached."""

    with pytest.raises(Unavailable, match=r"0\.spool was not written by this version"):
        run(tmp_path, work)
    assert path.exists()


# --- faults --------------------------------------------------------------------------------------


def test_while_the_objects_are_away_the_spool_keeps_segments_and_serves_them(tmp_path: Path) -> None:
    async def work(recording: Recording) -> None:
        blocked = tmp_path / "objects" / "episodes"
        blocked.write_bytes(b"")
        for msn in range(2):
            await recording.append(part(msn, 0))
            with pytest.raises(Unavailable, match="episodes"):
                await recording.seal(msn, b"[]", [])
        assert recording.unsealed == (0, 1)
        assert await recording.index() == []
        assert await recording.segment("720p", 1) == part(1, 0).data["720p"]
        blocked.unlink()
        await seal_all(recording)
        assert [row.recorded for row in await recording.index()] == [True, True]

    run(tmp_path, work)
    assert spool_files(tmp_path) == []


def test_a_disk_that_refuses_a_part_says_so_and_the_segment_is_a_gap(tmp_path: Path) -> None:
    async def work(recording: Recording) -> None:
        await recording.append(part(0, 0))
        await recording.seal(0, b"[]", [])
        full = tmp_path / "spool" / EPISODE / "1.spool"
        full.symlink_to("/dev/full")
        with pytest.raises(Unavailable, match=r"part 1\.0 can't be recorded: No space left on device"):
            await recording.append(part(1, 0))
        assert await recording.append(part(1, 1)) is False
        row = await recording.seal(1, b"[]", [])
        assert (row.recorded, row.duration) == (False, 2 * 28_800)
        assert [size for size, _ in row.parts["720p"]] == [len(part(1, n).data["720p"]) for n in range(2)]
        with pytest.raises(NotFound):
            await recording.segment("720p", 1)
        with pytest.raises(NotFound):
            await recording.part("720p", row, 0)
        assert await recording.append(part(2, 0))
        assert (await recording.seal(2, b"[]", [])).recorded
        assert await recording.segment("720p", 0) == part(0, 0).data["720p"]

    run(tmp_path, work)


class FillingDisk:
    """A disk whose free share is what a test says."""

    def __init__(self) -> None:
        self.free = 0.5

    def __call__(self, path: Path) -> tuple[int, int, int]:
        assert path.exists()
        return 1000, 1000 - round(1000 * self.free), round(1000 * self.free)


def test_recording_warns_stops_and_comes_back_with_the_room_on_the_disk(tmp_path: Path) -> None:
    disk = FillingDisk()
    seen = []

    async def work(recording: Recording) -> None:
        shares = [0.5, 0.099, 0.010, 0.009, 0.5, 0.5, 0.5]
        for number, disk.free in enumerate(shares[:5]):
            kept = await recording.append(part(0, number))
            seen.append((kept, recording.disk.recording, recording.disk.warning))
        assert (await recording.seal(0, b"[]", [])).recorded is False
        for msn, disk.free in ((1, 0.009), (2, 0.015), (3, 0.02), (4, 0.015)):
            kept = await recording.append(part(msn, 0))
            row = await recording.seal(msn, b"[]", [])
            assert row.recorded == kept
            seen.append((kept, recording.disk.recording, recording.disk.warning))

    run(tmp_path, work, usage=disk)
    assert seen == [
        (True, True, False),
        (True, True, True),
        (True, True, True),
        (False, False, True),
        (False, False, False),  # there is room again, but this segment has a hole
        (False, False, True),
        (False, False, True),  # not yet: recording does not flutter around one limit
        (True, True, True),
        (True, True, True),
    ]
    assert spool_files(tmp_path) == []


def test_after_a_kill_numbers_go_on_from_a_segment_that_was_not_recorded(tmp_path: Path) -> None:
    disk = FillingDisk()

    async def before(recording: Recording) -> None:
        await recording.append(part(5, 0))
        disk.free = 0.001
        assert await recording.append(part(5, 1)) is False
        assert await recording.append(part(5, 2)) is False

    async def after(recording: Recording) -> None:
        (left,) = recording.left_open
        assert (left.msn, len(left.parts), left.recorded) == (5, 3, False)
        assert left.parts[2].start == part(5, 2).start
        row = await recording.seal(5, b"[]", [])
        assert (row.recorded, row.duration) == (False, 3 * 28_800)

    run(tmp_path, before, usage=disk)
    run(tmp_path, after)


def test_a_spool_that_can_not_be_read_back_makes_a_gap_and_not_a_broken_segment(tmp_path: Path) -> None:
    async def work(recording: Recording) -> None:
        await recording.append(part(0, 0))
        await recording.append(part(0, 1))
        path = tmp_path / "spool" / EPISODE / "0.spool"
        data = bytearray(path.read_bytes())
        data[-10] ^= 1
        path.write_bytes(data)
        assert (await recording.seal(0, b"[]", [])).recorded is False

    run(tmp_path, work)


PROCESS = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_recording import part, run

async def work(recording):
    for msn in range(1000):
        for number in range(6):
            await recording.append(part(msn, number, size=2000))
            print(msn, number, flush=True)
        await recording.seal(msn, b"[]", [])

run(Path({folder!r}), work)
"""


@pytest.mark.parametrize("acknowledged", [1, 9, 25])
def test_killed_at_any_moment_no_part_that_was_acknowledged_is_lost(
    tmp_path: Path, acknowledged: int
) -> None:
    code = PROCESS.format(tests=str(Path(__file__).parent), folder=str(tmp_path))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(acknowledged):
            last = process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        last = process.stdout.read().rpartition("\n")[0].rpartition("\n")[2] or last
    msn, number = map(int, last.split())

    async def after(recording: Recording) -> None:
        await seal_all(recording)
        rows = await recording.index()
        assert [row.msn for row in rows] == list(range(len(rows)))
        assert len(rows) > msn
        for row in rows:
            assert row.recorded
            count = row.duration // 28_800
            assert count >= (6 if row.msn < msn else number + 1)
            for name in ("720p", "360p"):
                whole = b"".join(part(row.msn, n, size=2000).data[name] for n in range(count))
                assert await recording.segment(name, row.msn) == whole

    run(tmp_path, after)
