"""One peer on the network: its socket, its clock, and the way from its bytes to a camera's thread."""

import asyncio
import contextlib
import os
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from quality_creator.media.rtmp import flv
from quality_creator.media.rtmp.connection import (
    HANDSHAKE_BYTES,
    Connection,
    Ended,
    Event,
    Published,
    Refused,
)
from quality_creator.media.rtmp.ingest import Ingest, Pipe, Refusal
from quality_creator.media.rtmp.limits import Limits
from quality_creator.model.ids import SourceId

LINGER_S = 1.0
"""How long a peer that was cut off may take to read why."""

OnIngest: TypeAlias = Callable[[Ingest], None]
OnRefusal: TypeAlias = Callable[[Refusal], None]


class Session(asyncio.Protocol):
    """Feeds a `Connection` and does what its events say.

    Everything here runs in the listener's thread, except what the pipe's reader calls.
    """

    source: SourceId | None = None
    """Whose key the peer has shown; kept until the session is over."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits: Limits,
        *,
        admit: Callable[["Session", str], SourceId],
        on_ingest: OnIngest,
        on_refusal: OnRefusal,
        turned_away: str | None,
        on_over: Callable[["Session"], None],
        on_gone: Callable[["Session"], None],
    ) -> None:
        """Wait for the peer.

        Args:
            loop: The listener's.
            limits: What the peer may ask of us.
            admit: Whose a stream key is; Forbidden and Conflict go to the peer.
            on_ingest: Called when the peer may publish.
            on_refusal: Called when the peer is turned away or cut off.
            turned_away: Why the peer is refused as soon as it is there; None when it is welcome.
            on_over: Called once, when nothing of the peer is taken any more.
            on_gone: Called once, when its socket is closed.
        """
        self._loop = loop
        self._limits = limits
        self._on_ingest = on_ingest
        self._on_refusal = on_refusal
        self._on_over = on_over
        self._on_gone = on_gone
        self._turned_away = turned_away
        self._connection = Connection(
            now=loop.time(),
            admit=partial(admit, self),
            nonce=os.urandom(HANDSHAKE_BYTES - 8),
            limits=limits,
        )
        self._flv = flv.FlvStream()
        self._pipe: Pipe | None = None
        self._transport: asyncio.Transport
        self.peer = "?"
        """Its address, host:port."""
        self._timer: asyncio.TimerHandle | None = None
        self._stuck: asyncio.TimerHandle | None = None
        """Runs while the pipe is full and the peer is not read."""
        self._over = False
        self._refused = False

    # --- what asyncio calls ------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        host, port, *_ = transport.get_extra_info("peername") or ("?", 0)
        self.peer = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._watch()
        if self._turned_away is not None:
            self.refuse(self._turned_away)

    def data_received(self, data: bytes) -> None:
        self._act(self._connection.receive(data, self._loop.time()))

    def eof_received(self) -> None:
        self._end("the publisher hung up")

    def connection_lost(self, error: Exception | None) -> None:
        lost = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        self._end(f"the connection was lost: {lost}" if lost else "the publisher hung up")
        for timer in (self._timer, self._stuck):
            if timer is not None:
                timer.cancel()
        self._on_gone(self)

    # --- what the listener calls -------------------------------------------------------------------------

    def refuse(self, words: str) -> None:
        """Send the peer away, and tell it why."""
        self._act(self._connection.refuse(words))

    def hang_up(self, words: str) -> None:
        """Drop the peer at once, without a word to it."""
        self._end(words)
        self._transport.abort()

    # --- events ------------------------------------------------------------------------------------------

    def _act(self, events: list[Event]) -> None:
        if self._over:
            return
        stream: list[bytes] = []
        for event in events:
            match event:
                case flv.Tag():
                    stream.append(self._flv.write(event))
                case Published():
                    self._publish(event)
                case Ended():
                    self._pour(stream)
                    self._end("the publisher stopped")
                case Refused(words):
                    self._pour(stream)
                    self._end(words)
                    self._refused = True
                    self._on_refusal(Refusal(self.peer, self.source, words))
        if not self._over:
            self._pour(stream)
        self._answer()

    def _publish(self, published: Published) -> None:
        self._pipe = Pipe(
            self._limits.pipe_bytes,
            on_room=lambda: self._soon(self._resume),
            on_close=lambda words: self._soon(lambda: self.refuse(words)),
        )
        self._on_ingest(
            Ingest(published.source, self.peer, published.application, published.encoder, self._pipe)
        )

    def _pour(self, stream: list[bytes]) -> None:
        if self._pipe is None or self._pipe.write(b"".join(stream)) or self._stuck is not None:
            return
        self._transport.pause_reading()
        words = f"the programme has not taken the stream for {self._limits.stuck_s:g} s"
        self._stuck = self._loop.call_later(self._limits.stuck_s, self.refuse, words)

    def _resume(self) -> None:
        if self._over or self._stuck is None:
            return
        self._stuck.cancel()
        self._stuck = None
        self._connection.excuse_silence(self._loop.time())
        self._transport.resume_reading()

    def _answer(self) -> None:
        answer = self._connection.data_to_send()
        self._transport.write(answer)
        unread = self._transport.get_write_buffer_size()
        if unread > self._limits.unread_bytes and not self._over:
            words = f"does not read our answers; {unread} bytes wait"
            self.hang_up(words)
            self._on_refusal(Refusal(self.peer, self.source, words))
        elif self._over and answer:
            self._linger()
        elif self._over:
            self._transport.close()

    def _linger(self) -> None:
        """Go on reading for a moment: a socket that is closed with unread bytes takes our words back."""
        self._transport.resume_reading()
        if self._refused:
            with contextlib.suppress(OSError):  # it has hung up meanwhile
                self._transport.write_eof()
        self._loop.call_later(LINGER_S, self._transport.abort)

    def _end(self, words: str) -> None:
        """Nothing of the peer is taken any more."""
        if self._over:
            return
        self._over = True
        if self._pipe is not None:
            self._pipe.finish(words)
        self._on_over(self)

    # --- time --------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Look at the deadline when it is due; pictures move it on meanwhile."""
        if self._stuck is None:
            self._act(self._connection.tick(self._loop.time()))
        deadline = self._connection.deadline
        if not self._over and deadline is not None:
            due = max(deadline, self._loop.time() + 0.1)
            self._timer = self._loop.call_at(due, self._watch)

    def _soon(self, callback: Callable[[], None]) -> None:
        """Run something in the listener's thread; nothing happens once the listener is closed."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback)
