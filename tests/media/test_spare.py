"""A worker in reserve: there at once, replaced when taken, and gone with whoever keeps it."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from quality_creator.media import spare
from quality_creator.media.spare import Process, Spares, launch
from tests.media.broadcast import start
from tests.media.test_supervisor import MADE, Hub, supervised


@contextlib.asynccontextmanager
async def kept(spares: Spares) -> AsyncIterator[Spares]:
    task = asyncio.create_task(spares.run())
    try:
        yield spares
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


linux = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks into /proc")


def loaded(process: Process) -> bool:
    """Whether it has loaded FFmpeg's libraries."""
    return "libavcodec" in Path(f"/proc/{process.child.pid}/maps").read_text()


def test_the_spare_broadcasts_and_another_takes_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spare, "REST_S", 0.1)
    first = launch(spare=True)

    async def broadcast() -> Hub:
        async with kept(Spares(first)) as spares:
            hub = Hub(start([MADE]), take=spares.take)
            async with supervised(hub):
                await hub.parts(4)
                assert hub.supervisor.pid == first.child.pid
                first.child.kill()  # the next one was made meanwhile
                await hub.parts(4)
                assert hub.supervisor.pid not in (None, first.child.pid)
                await hub.supervisor.stop()
        return hub

    hub = asyncio.run(broadcast())
    hub.whole()
    assert hub.supervisor.restarts == 1


def test_a_spare_that_died_is_not_given_away() -> None:
    dead = launch(spare=True)
    dead.child.kill()
    dead.child.wait()
    taken = Spares(dead).take()
    try:
        assert taken.child.pid != dead.child.pid
        assert taken.child.poll() is None
    finally:
        taken.dismiss()


@linux
def test_whoever_has_pushing_cameras_gets_a_worker_that_has_their_socket() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        deaf = launch(spare=True)
        taken = Spares(deaf, listening).take(listening)
        try:
            assert taken is not deaf
            assert deaf.child.poll() is not None
            there = Path(f"/proc/{taken.child.pid}/fd/{listening.fileno()}")
            assert there.readlink() == Path(f"/proc/self/fd/{listening.fileno()}").readlink()
        finally:
            taken.dismiss()


@linux
def test_a_spare_loads_its_programs_and_leaves_quietly_when_nobody_wants_it() -> None:
    process = launch(spare=True)
    deadline = time.monotonic() + 30
    while not loaded(process):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.close(process.down)  # as when the hub is gone
    assert process.child.wait(30) == 0
    assert process.child.stdout is not None
    assert process.child.stdout.read() == b""
    process.child.stdout.close()
    os.close(process.up)
