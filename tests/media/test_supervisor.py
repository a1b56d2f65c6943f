"""A worker that is kept at work, whatever happens to its process."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest

from quality_creator.config import GeneratedCamera, RtmpCamera
from quality_creator.media import supervisor, wire
from quality_creator.media.spare import Process, launch
from quality_creator.media.supervisor import Supervisor
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Mix
from quality_creator.model.stream import FRAME_TICKS, PART_TICKS
from tests.media.broadcast import Broadcast, name, pictures, scene, sound, start

MADE = GeneratedCamera(id=SourceId("made"), name=name("Made"))
PUSHED = RtmpCamera(id=SourceId("pushed"), name=name("Pushed"), key="a-long-key")


class Hub:
    """Keeps what the worker says, and knows where the stream stands."""

    def __init__(
        self,
        begin: wire.Start,
        rtmp: socket.socket | None = None,
        take: Callable[[socket.socket | None], Process] = launch,
    ) -> None:
        self.begin = begin
        self.mix = begin.mix
        self.kept = Broadcast()
        self.starts: list[wire.Start] = []
        self.news = asyncio.Condition()
        self.delay_s = 0.0
        self.supervisor = Supervisor(start=self.start, on_message=self.hear, rtmp=rtmp, take=take)

    async def start(self) -> wire.Start:
        begin = msgspec.structs.replace(self.begin, mix=self.mix)
        if self.kept.parts:
            last = self.kept.parts[-1]
            done = last.msn * 6 + last.part + 1
            begin = msgspec.structs.replace(
                begin,
                msn=done // 6,
                part=done % 6,
                position=MediaTime(last.start + PART_TICKS),
                utc=Micros(last.utc + 320_000),
            )
        self.starts.append(begin)
        return begin

    async def hear(self, message: wire.Up) -> None:
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        async with self.news:
            self.kept.messages.append((0.0, message))
            self.news.notify_all()

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(30), self.news:
            await self.news.wait_for(condition)

    async def parts(self, more: int) -> None:
        goal = len(self.kept.parts) + more
        await self.until(lambda: len(self.kept.parts) >= goal)

    def whole(self) -> None:
        """Nothing is missing: FFmpeg reads every picture and every sound, one after the other."""
        for rendition in ("720p", "360p"):
            file = self.kept.file(rendition)
            count = len(self.kept.parts)
            assert [time for time, _ in pictures(file)] == [n * FRAME_TICKS for n in range(count * 8)]
            assert sound(file)[0] == [n * 1024 for n in range(count * 15)]
        utcs = [part.utc for part in self.kept.parts]
        assert max(abs(utc - utcs[0] - n * 320_000) for n, utc in enumerate(utcs)) < 20_000

    def notes(self) -> list[str]:
        return [note.words for note in self.kept.heard(wire.Note)]


@contextlib.asynccontextmanager
async def supervised(hub: Hub) -> AsyncIterator[Hub]:
    task = asyncio.create_task(hub.supervisor.run())
    try:
        yield hub
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_a_worker_that_is_killed_is_replaced_and_the_stream_has_no_hole() -> None:
    async def broadcast() -> Hub:
        async with supervised(Hub(start([MADE]))) as hub:
            await hub.parts(4)
            hub.mix = Mix(program=scene("three-up", "made"))
            hub.supervisor.change(wire.Change(scene=hub.mix.program))
            await hub.until(lambda: hub.kept.heard(wire.Changed))
            assert hub.supervisor.pid is not None
            os.kill(hub.supervisor.pid, signal.SIGKILL)
            await hub.parts(8)
            await hub.supervisor.stop()
        return hub

    hub = asyncio.run(broadcast())
    hub.whole()
    assert hub.notes() == ["the media worker ended by signal 9; it is started again in 0.1 s"]
    assert hub.supervisor.restarts == 1
    assert hub.supervisor.pid is None
    # The scene that was set holds; both inits are the same to the byte.
    assert len({i.data for i in hub.kept.heard(wire.Init)}) == 2
    luma = pictures(hub.kept.file())[-1][1]
    assert luma[400, 1100] < 60
    assert "made: live: generated 1280x720 at 25/s" in hub.supervisor.log


def test_a_worker_that_hangs_is_replaced_and_one_whose_parts_are_taken_slowly_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "NEXT_PART_S", 1.0)

    async def broadcast() -> Hub:
        async with supervised(Hub(start([MADE]))) as hub:
            await hub.parts(3)
            hub.delay_s = 1.3
            await hub.parts(2)
            hub.delay_s = 0.0
            assert hub.supervisor.restarts == 0
            assert hub.supervisor.pid is not None
            os.kill(hub.supervisor.pid, signal.SIGSTOP)
            await hub.until(hub.notes)
            await hub.parts(4)
            await hub.supervisor.stop()
        return hub

    hub = asyncio.run(broadcast())
    hub.whole()
    assert hub.notes() == ["the media worker sent no part for 1 s; it is started again in 0.1 s"]


def test_a_replaced_worker_begins_where_its_owner_says_and_without_a_pause() -> None:
    async def broadcast() -> Hub:
        async with supervised(Hub(start([MADE]))) as hub:
            await hub.parts(3)
            hub.supervisor.replace()
            await hub.until(lambda: len(hub.starts) == 2)
            await hub.parts(3)
        return hub

    hub = asyncio.run(broadcast())
    hub.whole()
    assert hub.notes() == []
    assert hub.starts[1].position > 0


def test_parts_that_do_not_follow_each_other_are_nonsense() -> None:
    with subprocess.Popen(["true"]) as child:
        gone = Process(child, up=-1, down=-1, rtmp=None)

    async def listen(messages: list[bytes]) -> str:
        hub = Hub(start([MADE]))
        reader = asyncio.StreamReader()
        for message in messages:
            reader.feed_data(message)
        hub.supervisor._process = gone
        reader.feed_eof()
        return (await hub.supervisor._listen(reader, hub.begin))[1]

    part = wire.Part(
        msn=0,
        part=1,
        start=MediaTime(PART_TICKS),
        utc=Micros(0),
        independent=True,
        data={},
        shown={},
        cpu_s=0,
        late_ms=0,
    )
    words = asyncio.run(listen([wire.frame(part)]))
    assert words == "the media worker sent part 0.1 at 28800, where 0.0 at 0 was due"
    assert "can't be read" in asyncio.run(listen([b"\0\0\0\3abc"]))
    assert "of 4294967295 bytes" in asyncio.run(listen([b"\xff" * 8]))
    assert asyncio.run(listen([])) == "the media worker ended with 0"


def test_a_worker_that_can_not_start_is_tried_again_at_growing_distances() -> None:
    async def broadcast() -> Hub:
        # No cadence fits a width of zero: x264 refuses, and the worker ends with a trace in its log.
        wrong = msgspec.structs.replace(start([MADE]).renditions[0], width=0)
        async with supervised(Hub(msgspec.structs.replace(start([MADE]), renditions=(wrong,)))) as hub:
            await hub.until(lambda: len(hub.notes()) == 3)
        return hub

    hub = asyncio.run(broadcast())
    assert [words.rpartition("; ")[2] for words in hub.notes()] == [
        f"it is started again in {wait} s" for wait in (0.1, 0.2, 0.4)
    ]
    assert any("Traceback" in line for line in hub.supervisor.log)
    assert len(hub.supervisor.log) <= 50


def test_no_worker_outlives_a_hub_that_is_cancelled() -> None:
    async def broadcast() -> int:
        async with supervised(Hub(start([MADE]))) as hub:
            await hub.parts(1)
            assert hub.supervisor.pid is not None
            return hub.supervisor.pid

    pid = asyncio.run(broadcast())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_camera_that_pushes_waits_while_a_worker_is_away_and_is_let_in_by_the_next() -> None:
    async def broadcast(port: socket.socket) -> Hub:
        address = f"rtmp://127.0.0.1:{port.getsockname()[1]}/live/{PUSHED.key}"
        command = (
            "ffmpeg -loglevel error -re -f lavfi -i testsrc2=size=320x180:rate=25 -c:v libx264"
            " -preset ultrafast -tune zerolatency -g 25 -f flv"
        )

        def push() -> "subprocess.Popen[bytes]":
            return subprocess.Popen([*command.split(), address], stderr=subprocess.DEVNULL)

        # The first calls before any worker is there.
        pushers = [push()]
        try:
            async with supervised(Hub(start([PUSHED]), port)) as hub:
                await hub.until(lambda: (s := hub.kept.state("pushed")) and s.condition == "live")
                assert hub.supervisor.pid is not None
                os.kill(hub.supervisor.pid, signal.SIGKILL)
                pushers.append(push())
                seen = len(hub.kept.messages)
                await hub.until(
                    lambda: any(
                        isinstance(m, wire.SourceState) and m.condition == "live"
                        for _, m in hub.kept.messages[seen:]
                    )
                )
                await hub.parts(1)
        finally:
            for pusher in pushers:
                pusher.kill()
                pusher.wait()
        return hub

    with socket.create_server(("127.0.0.1", 0)) as port:
        hub = asyncio.run(broadcast(port))
    hub.whole()


def test_strangers_at_the_port_are_told_of() -> None:
    async def broadcast(port: socket.socket) -> Hub:
        async with supervised(Hub(start([PUSHED]), port)) as hub:
            with socket.create_connection(port.getsockname()) as stranger:
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n" * 200)
                await hub.until(hub.notes)
        return hub

    with socket.create_server(("127.0.0.1", 0)) as port:
        (note,) = asyncio.run(broadcast(port)).notes()
    assert note.startswith("RTMP: 127.0.0.1:")
