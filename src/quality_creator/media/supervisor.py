"""Keeps an episode's media worker at work: starts it, judges it by its parts, and starts it again.

A worker lives as long as its parts come; that its process runs says nothing. One that dies, hangs or sends
nonsense is replaced, and the next begins behind the last part that the owner kept. The worker never outlives
this process: its pipes end, and it leaves.
"""

import asyncio
import contextlib
import fcntl
import os
import socket
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from quality_creator.media import wire
from quality_creator.media.spare import Process, launch
from quality_creator.model.clock import MediaTime
from quality_creator.model.errors import BadPayload
from quality_creator.model.stream import PART_TICKS, SEGMENT_PARTS

FIRST_PART_S = 8.0
"""For the first part of a worker: programs are loaded, cameras called."""

NEXT_PART_S = 2.0
"""Between two parts, of which one is due every 0.32 s."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.1, 5.0
"""Before a restart; doubled from restart to restart."""

HEALTHY_S = 10.0
"""A worker that sent parts for this long has earned the first wait again."""

_LOOK_S = 0.2
"""Between two looks at the time."""

STOP_S = 3.0
"""For the part at hand, once it is told to stop."""

_LEAVE_LOOK_S = 0.02

LOG_LINES = 50
_LONGEST_LINE = 2_000
_PIPE_BYTES = 1 << 20


class Supervisor:
    """One episode's worker, whichever process that is at the moment.

    `run` belongs into a task of the owner's; the other methods are called from the same loop.
    """

    def __init__(
        self,
        *,
        start: Callable[[], Awaitable[wire.Start]],
        on_message: Callable[[wire.Up], Awaitable[None]],
        rtmp: socket.socket | None = None,
        take: Callable[[socket.socket | None], Process] = launch,
    ) -> None:
        """Prepare; nothing runs yet.

        Args:
            start: Asked before each start of a worker: where the stream stands. `rtmp_fd` is filled in here.
            on_message: Called with everything that the worker says, in order, and with notes about the
                worker itself; the next message is read when it returns.
            rtmp: A socket that listens for cameras that push. It stays the owner's, and open while a worker
                is away, so that cameras wait.
            take: Gives a worker's process that knows this socket; `Spares.take` where there are spare ones.
        """
        self._start = start
        self._on_message = on_message
        self._rtmp = rtmp
        self._take = take
        self._number = 0
        self._unconfirmed: set[int] = set()
        self._missed: list[wire.Down] | None = None
        self._down: asyncio.WriteTransport | None = None
        self._process: Process | None = None
        self._replace = False
        self._stop = asyncio.Event()
        self._over = asyncio.Event()
        self._over.set()
        self._log: deque[str] = deque(maxlen=LOG_LINES)
        self.restarts = 0
        """How often a worker was replaced."""

    @property
    def log(self) -> tuple[str, ...]:
        """The worker's last lines, of this or an earlier process."""
        return tuple(self._log)

    @property
    def pid(self) -> int | None:
        """The process that works at the moment."""
        return self._process.child.pid if self._process and self._process.child.poll() is None else None

    def change(self, change: wire.Change) -> int:
        """Change the mix. What the owner's `start` says must have the change from now on.

        Returns:
            The number that `Changed` will carry when it is on air, though another worker may say so.
        """
        self._number += 1
        self._unconfirmed.add(self._number)
        self.tell(msgspec.structs.replace(change, number=self._number))
        return self._number

    def tell(
        self,
        order: wire.Tbar
        | wire.SetPreview
        | wire.Values
        | wire.Images
        | wire.Watch
        | wire.Record
        | wire.Change
        | wire.Forum,
    ) -> None:
        """Say something to the worker that is there; without one it is lost."""
        if self._missed is not None:
            self._missed.append(order)
        else:
            self._say(order)

    def replace(self) -> None:
        """Put a new worker in this one's place, at once, from where the owner's `start` then says."""
        self._replace = True
        if self._process is not None:
            self._process.child.kill()

    async def stop(self) -> None:
        """Let the worker finish its part and leave; returns when `run` has ended."""
        self._stop.set()
        self._say(wire.Stop())
        await self._over.wait()

    async def run(self) -> None:
        """Keep a worker at work until `stop`. Cancelling kills the worker."""
        self._over.clear()
        wait = FIRST_WAIT_S
        try:
            while not self._stop.is_set():
                self._replace = False
                healthy_s, words = await self._work()
                if self._stop.is_set():
                    return
                self.restarts += 1
                self._log.append(f"-- {words} --")
                if self._replace:
                    continue
                wait = FIRST_WAIT_S if healthy_s >= HEALTHY_S else wait
                await self._on_message(wire.Note(words=f"{words}; it is started again in {wait:.1f} s"))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._stop.wait()
                wait = min(wait * 2, LONGEST_WAIT_S)
        finally:
            self._over.set()

    # --- one process -------------------------------------------------------------------------------------

    async def _work(self) -> tuple[float, str]:
        """Run one worker to its end. Returns for how many seconds parts came, and why it ended, in words."""
        start = await self._start()
        self._missed = []  # the start has all that was said before
        start = msgspec.structs.replace(start, rtmp_fd=self._rtmp.fileno() if self._rtmp else None)
        async with contextlib.AsyncExitStack() as stack:
            process = self._process = self._take(self._rtmp)
            reader = await _reader(process.up, stack)
            down = await _writer(process.down, stack)
            log = asyncio.create_task(self._keep_log(await _output(process, stack)))
            try:
                self._down = down
                self._begin(start)
                if self._stop.is_set():
                    self._say(wire.Stop())
                return await self._listen(reader, start)
            finally:
                self._down = None
                await _end(process, patient=self._stop.is_set())
                await log

    def _begin(self, start: wire.Start) -> None:
        """Say the first words to a new worker, and what was said while it was made."""
        self._say(start)
        missed, self._missed = self._missed or [], None
        coming = {order.number for order in missed if isinstance(order, wire.Change)}
        for number in sorted(self._unconfirmed - coming):
            self._say(wire.Change(number=number))  # it is in the start; only its asker still waits
        for order in missed:
            self._say(order)

    async def _listen(self, reader: asyncio.StreamReader, start: wire.Start) -> tuple[float, str]:
        loop = asyncio.get_running_loop()
        deadline, first = loop.time() + FIRST_PART_S, 0.0
        expected = (start.msn, start.part, start.position)
        while True:
            try:
                message = await _next(reader, deadline)
            except TimeoutError:
                limit = NEXT_PART_S if first else FIRST_PART_S
                return self._lived(first), f"the media worker sent no part for {limit:g} s"
            except asyncio.IncompleteReadError:
                return self._lived(first), await self._died()
            except BadPayload as error:
                return self._lived(first), f"the media worker sent nonsense: {error}"
            if isinstance(message, wire.Part):
                if (message.msn, message.part, message.start) != expected:
                    return self._lived(first), (
                        f"the media worker sent part {message.msn}.{message.part} at {message.start}, "
                        f"where {expected[0]}.{expected[1]} at {expected[2]} was due"
                    )
                expected = _after(message)
                first = first or loop.time()
            elif isinstance(message, wire.Changed):
                self._unconfirmed.discard(message.number)
            asked = loop.time()
            await self._on_message(message)
            if self._replace:
                return self._lived(first), "the media worker is replaced"
            # What the owner takes for a message is not the worker's fault.
            now = loop.time()
            deadline = now + NEXT_PART_S if isinstance(message, wire.Part) else deadline + now - asked

    def _lived(self, first: float) -> float:
        return asyncio.get_running_loop().time() - first if first else 0.0

    async def _died(self) -> str:
        assert self._process is not None
        code = await _left(self._process, 1.0)
        if code is None:
            return "the media worker closed its pipe"
        return (
            f"the media worker ended by signal {-code}" if code < 0 else f"the media worker ended with {code}"
        )

    def _say(self, message: wire.Down) -> None:
        if self._down is not None and not self._down.is_closing():
            self._down.write(wire.frame(message))

    async def _keep_log(self, output: asyncio.StreamReader) -> None:
        rest = b""
        while piece := await output.read(1 << 14):
            *lines, rest = (rest + piece).split(b"\n")
            self._log.extend(line[:_LONGEST_LINE].decode(errors="replace") for line in lines)
            rest = rest[-_LONGEST_LINE:]
        if rest:
            self._log.append(rest.decode(errors="replace"))


def _after(part: wire.Part) -> tuple[int, int, MediaTime]:
    """Number and position of the part behind another."""
    position = MediaTime(part.start + PART_TICKS)
    if part.part + 1 < SEGMENT_PARTS:
        return part.msn, part.part + 1, position
    return part.msn + 1, 0, position


async def _end(process: Process, *, patient: bool) -> None:
    """See a worker out; one that was told to stop gets the time to."""
    if patient:
        await _left(process, STOP_S)
    process.child.kill()
    await _left(process, None)


async def _left(process: Process, within_s: float | None) -> int | None:
    """Wait until a worker has left; its exit code, or None when it did not within that time."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            while (code := process.child.poll()) is None:  # noqa: ASYNC110 - nobody tells of a child that is not the loop's
                await asyncio.sleep(_LEAVE_LOOK_S)
            return code
    return None


async def _output(process: Process, stack: contextlib.AsyncExitStack) -> asyncio.StreamReader:
    """What a worker prints."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(loop=loop)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader, loop=loop), process.child.stdout
    )
    stack.callback(transport.close)
    return reader


async def _reader(descriptor: int, stack: contextlib.AsyncExitStack) -> asyncio.StreamReader:
    with contextlib.suppress(OSError, AttributeError):
        # A part in one piece, where the kernel allows it: fewer switches between the two.
        fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_PIPE_BYTES, loop=loop)
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader, loop=loop), os.fdopen(descriptor, "rb", buffering=0)
    )
    stack.callback(transport.close)
    return reader


async def _writer(descriptor: int, stack: contextlib.AsyncExitStack) -> asyncio.WriteTransport:
    transport, _ = await asyncio.get_running_loop().connect_write_pipe(
        asyncio.BaseProtocol, os.fdopen(descriptor, "wb", buffering=0)
    )
    stack.callback(transport.close)
    return transport


async def _next(reader: asyncio.StreamReader, deadline: float) -> wire.Up:
    """The worker's next message. Raises TimeoutError past the deadline.

    Time in which this process did not get to run is not the worker's fault: on a crowded machine the
    message may lie in the pipe already.
    """
    loop = asyncio.get_running_loop()
    message = asyncio.ensure_future(_read(reader))
    try:
        while True:
            began = loop.time()
            await asyncio.wait((message,), timeout=_LOOK_S)
            if message.done():
                return message.result()
            now = loop.time()
            deadline += max(now - began - _LOOK_S, 0)
            if now >= deadline:
                raise TimeoutError
    finally:
        message.cancel()


async def _read(reader: asyncio.StreamReader) -> wire.Up:
    return wire.up(await reader.readexactly(wire.length(await reader.readexactly(4))))
