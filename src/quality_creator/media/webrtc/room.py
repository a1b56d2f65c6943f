"""The guests' room: every peer connection of an episode, in the event loop of the guests' process.

A guest has at most one connection that sends and one that receives; a new one takes the place of the old,
so that coming back needs nothing from anyone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import Any

from quality_creator.config import Webrtc
from quality_creator.media import wire
from quality_creator.media.webrtc import sdp, words
from quality_creator.media.webrtc.limits import CONNECT_S, OFF_PROGRAM_BPS, ON_PROGRAM_BPS, SILENCE_S
from quality_creator.media.webrtc.peer import Peer
from quality_creator.model.errors import BadPayload
from quality_creator.model.guest import TALKBACK
from quality_creator.model.ids import SourceId

_LOOK_S = 0.5


class Room:
    """For the event loop's thread."""

    def __init__(self, options: Webrtc, say: Callable[[words.Up], None]) -> None:
        """Nobody may come yet.

        Args:
            options: How guests reach us.
            say: Says something to the worker.
        """
        self._options = options
        self._say = say
        self._admitted: set[SourceId] = set()
        self._peers: dict[str, tuple[SourceId, Peer]] = {}
        self._sending: dict[SourceId, str] = {}
        self._receiving: dict[SourceId, str] = {}
        self._told: dict[SourceId, wire.Seat] = {}
        self._program: frozenset[SourceId] = frozenset()
        self._work: set[asyncio.Task[None]] = set()

    def hear(self, message: words.Down) -> None:
        """Do what the worker wants; nothing of it blocks."""
        match message:
            case words.Deliver():
                _, peer = self._peers.get(message.connection, (None, None))
                if peer is not None:
                    peer.deliver(message)
            case words.Spoiled():
                _, peer = self._peers.get(message.connection, (None, None))
                if peer is not None:
                    peer.spoiled()
            case words.Admit():
                self._admitted.add(message.guest)
            case words.Dismiss():
                self._admitted.discard(message.guest)
                self._begin(self._let_go(message.guest))
            case words.OnProgram():
                self._program = frozenset(message.guests)
                for guest, peer in self._peers.values():
                    peer.allow(self._bits(guest))
            case words.Begin():
                pass  # the first message is none of ours
            case _:
                self._begin(self._carry_out(message))

    # --- the loop ----------------------------------------------------------------------------------------

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _carry_out(self, order: words.Order) -> None:
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
        self._say(wire.Answer(number=order.number, sdp=text, refusal=refusal))

    async def _open(self, offer: wire.Offer) -> str:
        guest = offer.guest
        if guest not in self._admitted:
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
        asyncio.get_running_loop().call_later(CONNECT_S, self._expect, offer.session)
        return text

    def _prepare(self, guest: SourceId, peer: Peer, wish: sdp.Wish) -> None:
        if peer.way != "receive":
            if peer.way == "talk" and wish.kinds != ("audio",):
                raise BadPayload("talkback is sound alone")
            peer.take(self._say)
            peer.allow(self._bits(guest))
            self._say(words.Began(guest=guest, connection=peer.name))
            return
        peer.give(wish, lambda codec: self._say(words.Refresh(codec=codec)))
        self._say(words.Listens(guest=guest, connection=peer.name, codec=peer.video))

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

    def _bits(self, guest: SourceId) -> int:
        return ON_PROGRAM_BPS if guest in self._program else OFF_PROGRAM_BPS

    def _lines(self, way: wire.Way) -> dict[SourceId, str]:
        return self._receiving if way == "receive" else self._sending

    # --- who is there ------------------------------------------------------------------------------------

    def _changed(self, peer: Peer) -> None:
        """A peer's connection stands, or is over."""
        guest, _ = self._peers.get(peer.name, (None, None))
        if peer.over:
            self._peers.pop(peer.name, None)
            if guest is not None:
                lines = self._lines(peer.way)
                if lines.get(guest) == peer.name:
                    del lines[guest]
            if peer.way == "receive":
                self._say(words.Left(connection=peer.name))
            else:
                self._say(words.Gone(connection=peer.name, words=words.LOST))
        elif peer.video is not None:
            self._say(words.Refresh(codec=peer.video))
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
            self._say(seat)

    def _standing(self, session: str | None) -> str:
        _, peer = self._peers.get(session or "", (None, None))
        return session if session and peer is not None and peer.connected else ""

    def _expect(self, session: str) -> None:
        _, peer = self._peers.get(session, (None, None))
        if peer is not None and not peer.connected:
            self._begin(peer.close())

    async def watch(self) -> None:
        """Let those go from whom nothing comes any more, for ever."""
        while True:
            await asyncio.sleep(_LOOK_S)
            now = time.monotonic()
            for _, peer in list(self._peers.values()):
                if peer.way != "receive" and peer.connected and now - peer.last > SILENCE_S:
                    with contextlib.suppress(ConnectionError):
                        await peer.close()
