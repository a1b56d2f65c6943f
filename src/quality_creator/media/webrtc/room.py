"""The guests' room: every peer connection of an episode, in one thread with an event loop of its own.

A guest has at most one connection that sends and one that receives; a new one takes the place of the old,
so that coming back needs nothing from anyone. What the hub asks is answered on the worker's pipe.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from quality_creator.config import Webrtc
from quality_creator.media import wire
from quality_creator.media.capture.guest import Gone, GuestCapture
from quality_creator.media.webrtc import sdp
from quality_creator.media.webrtc.limits import CONNECT_S, OFF_PROGRAM_BPS, ON_PROGRAM_BPS, SILENCE_S
from quality_creator.media.webrtc.network import Loop
from quality_creator.media.webrtc.returns import Encoded, Return, Returns
from quality_creator.model.errors import BadPayload
from quality_creator.model.guest import TALKBACK
from quality_creator.model.ids import SourceId

if TYPE_CHECKING:
    from quality_creator.media.webrtc.peer import Peer

_LOOK_S = 0.5

ForumOrder = wire.Offer | wire.Trickle | wire.Hangup


class Room:
    """`order` and `on_program` may be called from any thread; nothing of them blocks."""

    def __init__(self, options: Webrtc, returns: Returns, send: Callable[[wire.Up], None]) -> None:
        self._options = options
        self._returns = returns
        self._send = send
        self._captures: dict[SourceId, GuestCapture] = {}
        self._peers: dict[str, tuple[SourceId, Peer]] = {}
        self._sending: dict[SourceId, str] = {}
        self._receiving: dict[SourceId, str] = {}
        self._told: dict[SourceId, wire.Seat] = {}
        self._program: frozenset[SourceId] = frozenset()
        self._loop = Loop(options.ports)
        self._thread = threading.Thread(target=self._run, name="guests", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def admit(self, guest: SourceId, capture: GuestCapture) -> None:
        """Somebody may come from now on."""
        self._captures[guest] = capture

    def dismiss(self, guest: SourceId) -> None:
        """Somebody may not come any more; who is there is let go."""
        self._captures.pop(guest, None)
        self._soon(self._let_go(guest))

    def order(self, order: ForumOrder) -> None:
        """Do what the hub asks."""
        self._soon(self._carry_out(order))

    def on_program(self, guests: frozenset[SourceId]) -> None:
        """Who is in the picture now: they may send a large one."""
        if guests != self._program:
            self._program = guests
            self._soon(self._allow())

    # --- the loop ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        # The library takes a third of a second to load: here nobody waits for it.
        import quality_creator.media.webrtc.peer  # noqa: F401

        asyncio.set_event_loop(self._loop)
        self._loop.create_task(self._watch())
        self._loop.run_forever()

    def _soon(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _carry_out(self, order: ForumOrder) -> None:
        if isinstance(order, wire.Hangup):
            await self._close(order.session)
            return
        text = refusal = ""
        try:
            if isinstance(order, wire.Offer):
                text = await self._open(order)
            else:
                await self._trickle(order)
        except BadPayload as error:
            refusal = str(error)
        self._send(wire.Answer(number=order.number, sdp=text, refusal=refusal))

    async def _open(self, offer: wire.Offer) -> str:
        from quality_creator.media.webrtc.peer import Peer

        guest = offer.guest
        if guest not in self._captures:
            raise BadPayload(f"there is no guest {guest!r} in this episode")
        peer = Peer(offer.session, offer.way, self._options, self._changed)
        try:
            text = await peer.answer(offer.sdp, lambda peer, wish: self._prepare(guest, peer, wish))
        except BaseException:
            await peer.close()
            raise
        before = self._lines(offer.way).get(guest)
        self._peers[offer.session] = (guest, peer)
        self._lines(offer.way)[guest] = offer.session
        if before is not None:
            await self._close(before)
        self._loop.call_later(CONNECT_S, self._expect, offer.session)
        return text

    def _prepare(self, guest: SourceId, peer: Peer, wish: sdp.Wish) -> None:
        if peer.way != "receive":
            if peer.way == "talk" and wish.kinds != ("audio",):
                raise BadPayload("talkback is sound alone")
            peer.take(self._captures[guest].tell)
            peer.allow(self._bits(guest))
            return
        lines = peer.give(wish, self._returns.refresh)

        def deliver(picture: Encoded | None, sound: Encoded | None) -> None:
            for line, packet in ((lines.get("video"), picture), (lines.get("audio"), sound)):
                if line is not None and packet is not None and peer.connected:
                    self._loop.call_soon_threadsafe(line.put, packet)

        self._returns.add(peer.name, Return(guest, peer.video, deliver))

    async def _trickle(self, order: wire.Trickle) -> None:
        _, peer = self._peers.get(order.session, (None, None))
        if peer is None:
            raise BadPayload("this connection is over; post a new offer")
        await peer.trickle(order.fragment)

    async def _close(self, session: str) -> None:
        _, peer = self._peers.get(session, (None, None))
        if peer is not None:
            await peer.close()

    async def _let_go(self, guest: SourceId) -> None:
        for whose, peer in list(self._peers.values()):
            if whose == guest:
                await peer.close()

    async def _allow(self) -> None:
        for guest, peer in self._peers.values():
            peer.allow(self._bits(guest))

    def _bits(self, guest: SourceId) -> int:
        return ON_PROGRAM_BPS if guest in self._program else OFF_PROGRAM_BPS

    def _lines(self, way: wire.Way) -> dict[SourceId, str]:
        return self._receiving if way == "receive" else self._sending

    # --- who is there ------------------------------------------------------------------------------------

    def _changed(self, peer: Peer) -> None:
        """A peer's connection stands, or is over."""
        guest, _ = self._peers.get(peer.name, (None, None))
        if peer.over:
            self._returns.remove(peer.name)
            self._peers.pop(peer.name, None)
            if guest is not None:
                lines = self._lines(peer.way)
                if lines.get(guest) == peer.name:
                    del lines[guest]
                capture = self._captures.get(guest)
                if peer.way != "receive" and capture is not None:
                    capture.tell(Gone(peer.name, "the guest's connection is lost"))
        elif peer.video is not None:
            self._returns.refresh(peer.video)
        if guest is not None:
            self._tell(guest)

    def _tell(self, guest: SourceId) -> None:
        seat = wire.Seat(
            guest=guest,
            sending=self._standing(self._sending.get(guest)),
            receiving=self._standing(self._receiving.get(guest)),
        )
        if guest != TALKBACK and self._told.get(guest) != seat:
            self._told[guest] = seat
            self._send(seat)

    def _standing(self, session: str | None) -> str:
        _, peer = self._peers.get(session or "", (None, None))
        return session if session and peer is not None and peer.connected else ""

    def _expect(self, session: str) -> None:
        _, peer = self._peers.get(session, (None, None))
        if peer is not None and not peer.connected:
            self._loop.create_task(peer.close())

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            now = time.monotonic()
            for _, peer in list(self._peers.values()):
                if peer.way != "receive" and peer.connected and now - peer.last > SILENCE_S:
                    with contextlib.suppress(ConnectionError):
                        await peer.close()
