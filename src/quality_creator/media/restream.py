"""One target that the programme is restreamed to: watched, and connected again on its own.

What goes out are the parts of one rendition as they were encoded, remuxed by `rtmp.remux`. A target that is
slow or dead costs its own viewers pictures and nobody else anything: `feed` never waits, and what a target
does not take in time is dropped up to the next key frame.
"""

import asyncio
import contextlib
import os
import socket
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import msgspec
import structlog

from quality_creator import __version__
from quality_creator.media.rtmp.connection import HANDSHAKE_BYTES
from quality_creator.media.rtmp.publication import Publication, Refused, State
from quality_creator.media.rtmp.remux import Piece, Remux
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadInput, BadPayload, Unavailable
from quality_creator.model.stream import PART_FRAMES, RENDITIONS, Rendition

log = structlog.get_logger()

FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 30.0
"""Before the next attempt; doubled from attempt to attempt."""

STABLE_S = 20.0
"""A connection that stood this long has earned the first wait again."""

ANSWER_S = 10.0
"""From the call to the moment that the server takes the stream."""

STUCK_S = 10.0
"""How long a server may take nothing before it is called again."""

WAITING_PIECES = 31
"""Parts that wait for a slow server: ten seconds. Then they are dropped."""

_BUFFER_BYTES = 1 << 18
_RATE_S = 5.0
_ENCODER = f"FMLE/3.0 (compatible; QualityCreator/{__version__})"
_PORTS = {"rtmp": 1935, "rtmps": 443}

Condition = Literal["connecting", "live", "waiting"]


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How a target is doing."""

    condition: Condition
    since: Micros
    """Since when."""
    kbps: int
    """What it took lately, in thousands of bits a second."""
    dropped: int
    """Pictures that it did not take in time, since it was switched on."""
    losses: int
    """How often a connection that stood was lost."""
    words: str
    """Why it is not live, or was not before: the server's own words or ours; never the key."""
    retry_s: float | None
    """Until the next attempt."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens, and what it calls the application."""

    host: str
    port: int
    secure: bool
    application: str

    @classmethod
    def read(cls, text: str) -> "Address":
        """Raises BadInput that says what is allowed."""
        try:
            parts = urlsplit(text.strip())
            port = parts.port
        except ValueError as error:
            raise BadInput("address: {error}", error=error) from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise BadInput("address: it begins with rtmp:// or rtmps:// and a host")
        if parts.username or parts.password or parts.query or parts.fragment or "@" in parts.netloc:
            raise BadInput("address: what is secret, and what follows `?`, belongs into the stream key")
        application = parts.path.strip("/")
        if not application:
            raise BadInput("address: the application is missing, as `live` in rtmp://host/live")
        return cls(parts.hostname, port or _PORTS[parts.scheme], parts.scheme == "rtmps", application)

    def __str__(self) -> str:
        scheme = "rtmps" if self.secure else "rtmp"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}/{self.application}"


class Restream:
    """`run` belongs into a task; `feed` and `health` are called from the same loop."""

    def __init__(
        self,
        name: str,
        address: Address,
        key: str,
        *,
        rendition: str,
        tls: ssl.SSLContext,
        utc: Callable[[], Micros],
    ) -> None:
        """Prepare; nothing is called yet.

        Args:
            name: For the log.
            address: Of the server.
            key: The stream key; it goes to the server and nowhere else.
            rendition: Which one goes out.
            tls: Verifies the server of an rtmps address.
            utc: The wall clock.
        """
        self.name = name
        self.rendition: Rendition = next(one for one in RENDITIONS if one.name == rendition)
        self._address = address
        self._key = key
        self._tls = tls
        self._utc = utc
        self._condition: Condition = "connecting"
        self._since = utc()
        self._words = ""
        self._retry_at = 0.0
        self._losses = self._dropped = 0
        self._pieces: deque[Piece] = deque()
        self._come = asyncio.Event()
        self._next: Literal["first", "after a gap", "any"] = "first"
        """Which piece may come next: the first, and one after a gap, begins with a key frame."""
        self._sent: deque[tuple[float, int]] = deque()
        self._publication: Publication | None = None

    def feed(self, piece: Piece) -> None:
        """The programme's next part. Nothing waits for the server."""
        if self._condition != "live":
            return
        if len(self._pieces) >= WAITING_PIECES:
            self._dropped += PART_FRAMES * len(self._pieces)
            self._pieces.clear()
            self._next = "after a gap"
        if self._next != "any" and not piece.independent:
            self._dropped += PART_FRAMES if self._next == "after a gap" else 0
            return
        self._next = "any"
        self._pieces.append(piece)
        self._come.set()

    def health(self) -> Health:
        """How it is doing now."""
        now = asyncio.get_running_loop().time()
        while self._sent and self._sent[0][0] < now - _RATE_S:
            self._sent.popleft()
        taken = sum(size for _, size in self._sent)
        span = min(_RATE_S, max((self._utc() - self._since) / 1e6, 1.0))
        return Health(
            condition=self._condition,
            since=self._since,
            kbps=round(taken * 8 / span / 1000) if self._condition == "live" else 0,
            dropped=self._dropped,
            losses=self._losses,
            words=self._words,
            retry_s=max(self._retry_at - now, 0.0) if self._condition == "waiting" else None,
        )

    async def run(self) -> None:
        """Publish, and publish again, until cancelled."""
        loop = asyncio.get_running_loop()
        wait, told = 0.0, ""
        while True:
            self._become("connecting")
            try:
                await self._publish()
            except (Unavailable, BadPayload) as error:
                self._words = str(error)
            stood_s = 0.0
            if self._condition == "live":
                self._losses += 1
                stood_s, told = (self._utc() - self._since) / 1e6, ""
            wait = wait_after(wait, stood_s)
            if self._words != told:  # a server that is away for a day is one line of the log
                told = self._words
                log.warning("restream", target=self.name, words=told, again_in_s=wait)
            self._retry_at = loop.time() + wait
            self._become("waiting")
            await asyncio.sleep(wait)

    # --- one connection ---

    def _become(self, condition: Condition) -> None:
        self._condition, self._since = condition, self._utc()
        self._pieces.clear()
        self._sent.clear()
        self._come.clear()
        self._next = "first"

    async def _publish(self) -> None:
        """One connection to its end. Raises Unavailable and BadPayload, in words for the producer."""
        address = self._address
        publication = Publication(
            address=str(address),
            application=address.application,
            key=self._key,
            encoder=_ENCODER,
            nonce=os.urandom(HANDSHAKE_BYTES - 8),
        )
        writer: asyncio.StreamWriter | None = None
        try:
            async with asyncio.timeout(ANSWER_S):
                reader, writer = await asyncio.open_connection(
                    address.host, address.port, ssl=self._tls if address.secure else None
                )
                writer.transport.set_write_buffer_limits(high=_BUFFER_BYTES)
                await self._greet(publication, reader, writer)
            self._become("live")
            log.info("restream", target=self.name, words="live")
            await self._play(publication, reader, writer)
        except TimeoutError:
            raise Unavailable("no answer within {seconds:g} s", seconds=ANSWER_S) from None
        except ssl.SSLCertVerificationError as error:
            raise Unavailable(
                "its certificate is not to be trusted: {why}", why=error.verify_message
            ) from None
        except ssl.SSLError as error:
            raise Unavailable("TLS: {why}", why=error.reason or "it does not speak it") from None
        except ConnectionError as error:
            if (
                address.secure
                and publication.state is State.HELLO
                and not isinstance(error, ConnectionRefusedError)
            ):
                raise Unavailable("it broke off while TLS was agreed on; does it speak rtmps?") from None
            raise Unavailable(_system(error)) from None
        except socket.gaierror:
            raise Unavailable("there is no host {host}", host=address.host) from None
        except OSError as error:
            raise Unavailable(_system(error)) from None
        finally:
            if writer is not None:
                self._leave(publication, writer)

    async def _greet(
        self, publication: Publication, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while publication.state is not State.LIVE:
            writer.write(publication.data_to_send())
            await writer.drain()
            await self._hear(publication, reader)

    async def _hear(self, publication: Publication, reader: asyncio.StreamReader) -> None:
        data = await reader.read(1 << 14)
        if not data:
            at = "" if publication.state is State.LIVE else " without a word, before it took the stream"
            raise Unavailable("it closed the connection{at}", at=at)
        for event in publication.receive(data):
            if isinstance(event, Refused):
                raise Unavailable("it says: {words}", words=event.words)

    async def _play(
        self, publication: Publication, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        async def listen() -> None:
            while True:
                await self._hear(publication, reader)
                writer.write(publication.data_to_send())

        tasks = [asyncio.create_task(listen()), asyncio.create_task(self._send(publication, writer))]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _send(self, publication: Publication, writer: asyncio.StreamWriter) -> None:
        remux = Remux(self.rendition, _ENCODER)
        loop = asyncio.get_running_loop()
        while True:
            while not self._pieces:
                self._come.clear()
                await self._come.wait()
            for tag in remux.tags(self._pieces.popleft()):
                publication.send(tag)
            data = publication.data_to_send()
            writer.write(data)
            try:
                async with asyncio.timeout(STUCK_S):
                    await writer.drain()
            except TimeoutError:
                raise Unavailable("it took nothing for {seconds:g} s", seconds=STUCK_S) from None
            self._sent.append((loop.time(), len(data)))

    def _leave(self, publication: Publication, writer: asyncio.StreamWriter) -> None:
        """Say good-bye where it may still be heard, and close without waiting."""
        with contextlib.suppress(OSError, RuntimeError):
            publication.bye()
            if writer.transport.get_write_buffer_size():
                writer.transport.abort()
            else:
                writer.write(publication.data_to_send())
                writer.close()


def wait_after(before_s: float, stood_s: float) -> float:
    """How long to wait for the next attempt.

    Args:
        before_s: The wait before the attempt that has ended; 0 for the first.
        stood_s: How long its connection stood.
    """
    if not before_s or stood_s >= STABLE_S:
        return FIRST_WAIT_S
    return min(before_s * 2, LONGEST_WAIT_S)


def verifying(ca_file: str | None) -> ssl.SSLContext:
    """Trusts the system's authorities, and those of a PEM file besides. Raises BadInput."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise BadInput(
                "restream.ca_file: {ca_file}: {why}",
                ca_file=ca_file,
                why=error.strerror or "no certificates in PEM",
            ) from None
    return context


def _system(error: OSError) -> str:
    """The system's words, without addresses that asyncio puts before them."""
    if isinstance(error, ConnectionRefusedError) or "Connect call failed" in str(error):
        return "nobody listens there (connection refused)"
    if error.errno:
        return os.strerror(error.errno)
    return (
        "the connection broke" if isinstance(error, ConnectionError) else str(error) or "the connection broke"
    )
