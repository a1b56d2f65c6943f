"""A media worker in reserve: its programs are loaded and it waits for its first word.

Loading them is most of a worker's start. The spare has done it when an episode goes on air, when a worker
dies, and, because the command makes the first one before it loads its own programs, when a hub starts.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from dataclasses import dataclass

REST_S = 5.0
"""After a spare was taken, before the next is made: the one that starts shall have the processor."""


@dataclass(frozen=True, slots=True)
class Process:
    """A worker's process, and our ends of its pipes."""

    child: subprocess.Popen[bytes]
    up: int
    """Where it speaks."""
    down: int
    """Where it listens."""
    rtmp: socket.socket | None
    """The listening socket that it was born with."""

    def dismiss(self) -> None:
        """End it, and close its pipes; for one that nobody uses."""
        self.child.kill()
        self.child.wait()
        assert self.child.stdout is not None
        self.child.stdout.close()
        os.close(self.up)
        os.close(self.down)


def launch(rtmp: socket.socket | None = None, *, spare: bool = False) -> Process:
    """Start a worker. It does nothing before its first message; a spare one does not hurry before that."""
    up_read, up_write = os.pipe()
    down_read, down_write = os.pipe()
    try:
        child = subprocess.Popen(
            [
                *(sys.executable, "-m", "quality_creator.media.worker"),
                *("--up", str(up_write), "--down", str(down_read)),
                *(("--spare",) if spare else ()),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(up_write, down_read, *([rtmp.fileno()] if rtmp else [])),
            # A crash inside a library leaves a trace; numpy's own threads would only compete with ours.
            env={
                **os.environ,
                "PYTHONFAULTHANDLER": "1",
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },
        )
    except OSError:
        os.close(up_read)
        os.close(down_write)
        raise
    finally:
        os.close(up_write)
        os.close(down_read)
    return Process(child, up_read, down_write, rtmp)


class Spares:
    """Whoever needs a worker takes it here; `run` belongs into a task of the owner's."""

    def __init__(self, first: Process | None = None, rtmp: socket.socket | None = None) -> None:
        """Begin.

        Args:
            first: One that was made already.
            rtmp: The socket on which later ones can listen for cameras that push; whoever takes one says
                whether it shall.
        """
        self._rtmp = rtmp
        self._spare = first
        self._taken = asyncio.Event()

    def take(self, rtmp: socket.socket | None = None) -> Process:
        """A worker: the spare if it lives and knows the socket, else a new one."""
        spare, self._spare = self._spare, None
        self._taken.set()
        if spare is not None:
            if spare.child.poll() is None and (rtmp is None or rtmp is spare.rtmp):
                return spare
            spare.dismiss()
        return launch(rtmp)

    async def run(self) -> None:
        """Keep one in reserve until cancelled; then it is ended."""
        try:
            while True:
                if self._spare is None:
                    # Without one a start takes longer, and says itself what stands against it.
                    with contextlib.suppress(OSError):
                        self._spare = launch(self._rtmp, spare=True)
                await self._taken.wait()
                await asyncio.sleep(REST_S)
                self._taken.clear()
        finally:
            if self._spare is not None:
                self._spare.dismiss()
