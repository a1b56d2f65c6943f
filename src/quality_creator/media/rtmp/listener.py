"""A port that cameras push RTMP to: any number of publishers, each with a stream key of its own.

It runs in a thread of its own with an event loop of its own. For each publisher whose key is known it hands
out an `Ingest`, whose stream a camera's thread reads; whoever is turned away or cut off is reported in words.
A publisher whose stream is not read fast enough is not read from the network either, so that its own TCP
makes it wait; when that lasts too long, it is cut off.
"""

import asyncio
import hashlib
import hmac
import os
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from quality_creator.media.rtmp.limits import Limits
from quality_creator.media.rtmp.session import OnIngest, OnRefusal, Session
from quality_creator.model.errors import Conflict, Forbidden, Unavailable
from quality_creator.model.ids import SourceId


class Listener:
    """The port. Its callbacks run in its own thread and must not block."""

    def __init__(
        self,
        bind: socket.socket | tuple[str, int],
        keys: Mapping[SourceId, str],
        *,
        on_ingest: OnIngest,
        on_refusal: OnRefusal,
        limits: Limits | None = None,
    ) -> None:
        """Take the port; peers wait until `start`.

        Args:
            bind: A socket that listens already, which is closed with the listener, or a host and a port, 0
                for any free one.
            keys: The stream key of each source, all different and none empty.
            on_ingest: Called for each publisher that is let in; it has to see that the stream is read.
            on_refusal: Called for each peer that is turned away or cut off. On an open port strangers knock
                often: count them rather than log each.
            limits: What a peer may ask of us.

        Raises:
            Unavailable: the port is in use, or not ours to take.
        """
        if "" in keys.values() or len(set(keys.values())) < len(keys):
            raise ValueError("each source needs a stream key of its own")
        self._socket = bind if isinstance(bind, socket.socket) else _listening(*bind)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        """The host and the port that it listens on."""
        self._digests = {source: _digest(key) for source, key in keys.items()}
        self._on_ingest = on_ingest
        self._on_refusal = on_refusal
        self._limits = limits or Limits()
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="rtmp", daemon=True)
        self._sessions: set[Session] = set()
        self._empty = asyncio.Event()
        self._empty.set()
        self._publishers: dict[SourceId, str] = {}
        """The source of each running publisher, and where it is."""

    def start(self) -> None:
        """Let peers in."""
        self._thread.start()

    def close(self) -> None:
        """Send all publishers away and give the port back; their streams end. May be called twice."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._closing.set)
            self._thread.join()
        self._loop.close()
        self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        server = await self._loop.create_server(self._session, sock=self._socket)
        await self._closing.wait()
        server.close()
        for session in tuple(self._sessions):
            session.hang_up("the listener was closed")
        await self._empty.wait()

    def _session(self) -> Session:
        crowd = len(self._sessions) >= self._limits.connections
        session = Session(
            self._loop,
            self._limits,
            admit=self._admit,
            on_ingest=self._on_ingest,
            on_refusal=self._on_refusal,
            turned_away=f"more than {self._limits.connections} connections at once" if crowd else None,
            on_over=self._release,
            on_gone=self._forget,
        )
        self._sessions.add(session)
        self._empty.clear()
        return session

    def _admit(self, session: Session, key: str) -> SourceId:
        digest = _digest(key)
        # All of them, whichever fits: the time taken tells nothing about the keys.
        fitting = [source for source, known in self._digests.items() if hmac.compare_digest(known, digest)]
        if not fitting:
            raise Forbidden(f"unknown stream key ({len(key)} characters, {key[:2] + '...'!r})")
        (source,) = fitting
        if source in self._publishers:
            raise Conflict(f"the stream key of '{source}' is in use by {self._publishers[source]}")
        session.source = source
        self._publishers[source] = session.peer
        return source

    def _forget(self, session: Session) -> None:
        self._sessions.discard(session)
        if not self._sessions:
            self._empty.set()

    def _release(self, session: Session) -> None:
        if session.source is not None:
            self._publishers.pop(session.source)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        return socket.create_server((address[0], address[1]), family=family, backlog=64)
    except OSError as error:
        # The library's own text repeats the address.
        reason = os.strerror(error.errno) if error.errno and error.errno > 0 else str(error)
        raise Unavailable(f"can't take RTMP at {host}:{port}: {reason}") from error


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
