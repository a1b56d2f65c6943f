"""The worker's ends of its two pipes: what the hub wants, and what the hub gets.

Each has a thread, so that neither a hub that is slow to read nor one that says nothing touches the cadence.
When the hub is gone, so is the worker, at once and from whatever it is doing.
"""

import os
import queue
import threading
from collections.abc import Callable

from quality_creator.media import wire
from quality_creator.model.errors import BadPayload

Order = (
    wire.Change
    | wire.Tbar
    | wire.SetPreview
    | wire.Values
    | wire.Images
    | wire.Watch
    | wire.Record
    | wire.Forum
)

_UNREAD = 64
"""Messages that wait for a hub that does not read; then the worker waits too, and catches up later."""


class Inbox:
    """What the hub says."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()
        self._stopped = threading.Event()

    def start(self) -> wire.Start:
        """Wait for the first message. Raises BadPayload, EOFError."""
        message = self._read()
        if not isinstance(message, wire.Start):
            raise BadPayload(f"the hub's first message is {type(message).__name__}, not Start")
        return message

    def listen(self, prepare: Callable[[Order], None]) -> None:
        """Take further messages in a thread.

        Args:
            prepare: Called with each order before the mixer gets to know it, in that thread.
        """
        threading.Thread(target=self._run, args=(prepare,), name="inbox", daemon=True).start()

    @property
    def stopped(self) -> bool:
        """Whether the hub wants no more parts."""
        return self._stopped.is_set()

    def orders(self) -> list[Order]:
        """What was asked for since the last call, in order."""
        orders = []
        while not self._orders.empty():
            orders.append(self._orders.get())
        return orders

    def _run(self, prepare: Callable[[Order], None]) -> None:
        while True:
            try:
                message = self._read()
            except EOFError:
                os._exit(0)  # the hub is gone: nobody waits for a part, or for tidying up
            except BadPayload as error:
                print(error, flush=True)
                os._exit(1)
            match message:
                case wire.Stop():
                    self._stopped.set()
                case wire.Start():
                    print("the hub sent a second Start; it is ignored", flush=True)
                case _:
                    prepare(message)
                    self._orders.put(message)

    def _read(self) -> wire.Down:
        return wire.down(self._exactly(wire.length(self._exactly(4))))

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = os.read(self._descriptor, size - len(data))
            if not piece:
                raise EOFError("the hub closed the pipe")
            data += piece
        return data


class Outbox:
    """What the hub gets, in order."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._messages: queue.Queue[wire.Up | None] = queue.Queue(_UNREAD)
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)
        self._thread.start()

    def send(self, message: wire.Up) -> None:
        """Queue a message; blocks only when the hub has not read for very long."""
        self._messages.put(message)

    def close(self) -> None:
        """Return when everything is with the hub."""
        self._messages.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (message := self._messages.get()) is not None:
            data = memoryview(wire.frame(message))
            try:
                while data:
                    data = data[os.write(self._descriptor, data) :]
            except BrokenPipeError:
                os._exit(0)
