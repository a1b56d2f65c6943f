"""The forum of one episode as the hub has it: who may come, who is there, and what they ask the worker."""

import asyncio
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from quality_creator.config import Webrtc
from quality_creator.media import wire
from quality_creator.model.errors import BadPayload, Conflict, NotFound, Unavailable
from quality_creator.model.guest import Guest
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Mix

ANSWER_S = 12.0
"""For the worker to answer."""

MOST = 12
"""Guests of an episode at a time."""


@dataclass(frozen=True, slots=True)
class Session:
    """A connection that was asked for."""

    guest: SourceId
    way: wire.Way


@dataclass(frozen=True, slots=True)
class Stage:
    """What runs the programme at present, on air or in rehearsal."""

    tell: Callable[[wire.Forum], None]
    mix: Callable[[], Mix]


class Forum:
    """Outlives workers, and the change from rehearsal to air."""

    def __init__(self, options: Webrtc, guests: Iterable[Guest]) -> None:
        self.options = options
        self.guests: dict[SourceId, Guest] = {guest.id: guest for guest in guests}
        self.seats: dict[SourceId, wire.Seat] = {}
        self.levels: dict[SourceId, float] = {}
        """Of every source, in dBFS; empty while no worker tells."""
        self.speaker: SourceId | None = None
        """Who speaks, or spoke last."""
        self.speaking: tuple[SourceId, ...] = ()
        """Who speaks at this moment, the loudest first."""
        self.talking_to: SourceId | None = None
        self._stage: Stage | None = None
        self._sessions: dict[str, Session] = {}
        self._asked: dict[int, asyncio.Future[str]] = {}
        self._number = 0

    # --- the worker --------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Whether guests can be connected: on air, or in rehearsal."""
        return self._stage is not None

    @property
    def mix(self) -> Mix | None:
        """What the mixer does."""
        return None if self._stage is None else self._stage.mix()

    def attach(self, tell: Callable[[wire.Forum], None], mix: Callable[[], Mix]) -> None:
        """A programme begins; `tell` reaches its worker."""
        self._stage = Stage(tell, mix)

    def detach(self, tell: Callable[[wire.Forum], None]) -> None:
        """A programme is over, unless another one began meanwhile."""
        if self._stage is not None and self._stage.tell == tell:
            self._stage = None
            self.begin()

    def begin(self) -> tuple[Guest, ...]:
        """A worker starts, and nobody is connected to it; returns whom it may let in."""
        self.seats.clear()
        self.levels, self.speaker, self.speaking = {}, None, ()
        self._sessions.clear()
        for asked in self._asked.values():
            if not asked.done():
                asked.set_exception(Unavailable("the media worker started again; ask once more"))
        self._asked.clear()
        return tuple(self.guests.values())

    def hear(self, message: wire.Answer | wire.Seat | wire.Levels) -> None:
        """Take what the worker said."""
        match message:
            case wire.Answer():
                asked = self._asked.pop(message.number, None)
                if asked is None or asked.done():
                    return
                if message.refusal:
                    asked.set_exception(BadPayload(message.refusal))
                else:
                    asked.set_result(message.sdp)
            case wire.Seat():
                self.seats[message.guest] = message
            case wire.Levels():
                self.levels, self.speaker = message.levels, message.speaker
                self.speaking = message.speaking

    # --- who may come ------------------------------------------------------------------------------

    def admit(self, guest: Guest) -> None:
        """Somebody may come, or is changed."""
        self.guests[guest.id] = guest
        self._tell_guests()

    def dismiss(self, guest: SourceId) -> None:
        """Somebody may not come any more."""
        self.guests.pop(guest, None)
        self.seats.pop(guest, None)
        if self.talking_to == guest:
            self.talk(None)
        self._tell_guests()

    def talk(self, guest: SourceId | None) -> None:
        """Let one guest hear the producer's own voice. Raises NotFound."""
        if guest is not None and guest not in self.guests:
            raise NotFound(
                "there is no guest {guest!r}; there are: {there}",
                guest=guest,
                there=tuple(self.guests) or "–",
            )
        self.talking_to = guest
        if self._stage is not None:
            self._stage.tell(wire.Talk(guest=guest))

    def _tell_guests(self) -> None:
        if self._stage is not None:
            self._stage.tell(wire.SetGuests(guests=tuple(self.guests.values())))

    # --- connections -------------------------------------------------------------------------------

    async def offer(self, guest: SourceId, way: wire.Way, sdp: str, resume: str | None) -> tuple[str, str]:
        """Ask the worker to take an offer.

        Args:
            guest: Who asks.
            way: What for.
            sdp: The offer.
            resume: The connection that this one goes on from. It is refused when another took that one's
                place, so that two open pages do not push each other out. None takes the place of any.

        Returns:
            The connection's name, and the answer.

        Raises:
            Conflict: another page has taken the place.
            BadPayload: the worker refused it, in its words.
            Unavailable: there is no worker, or it does not answer.
        """
        seat = self.seats.get(guest, wire.Seat(guest=guest))
        there = seat.receiving if way == "receive" else seat.sending
        if resume is not None and there not in ("", resume):
            raise Conflict("this link is in use in another window or on another device")
        session = secrets.token_urlsafe(12)
        answer = await self._ask(
            lambda number: wire.Offer(number=number, session=session, way=way, guest=guest, sdp=sdp)
        )
        self._sessions[session] = Session(guest, way)
        return session, answer

    async def trickle(self, guest: SourceId, session: str, fragment: str) -> None:
        """Tell the worker more about how the other side can be reached. Raises as `offer`, and NotFound."""
        self._own(guest, session)
        await self._ask(lambda number: wire.Trickle(number=number, session=session, fragment=fragment))

    def hang_up(self, guest: SourceId, session: str) -> None:
        """End a connection. Raises NotFound."""
        self._own(guest, session)
        del self._sessions[session]
        if self._stage is not None:
            self._stage.tell(wire.Hangup(session=session))

    def _own(self, guest: SourceId, session: str) -> None:
        found = self._sessions.get(session)
        if found is None or found.guest != guest:
            raise NotFound("there is no such connection any more; post a new offer")

    async def _ask(self, order: Callable[[int], wire.Offer | wire.Trickle]) -> str:
        if self._stage is None:
            raise Unavailable(
                "the episode is not on air and not in rehearsal; guests are connected when it is"
            )
        self._number += 1
        number = self._number
        self._asked[number] = asyncio.get_running_loop().create_future()
        self._stage.tell(order(number))
        try:
            async with asyncio.timeout(ANSWER_S):
                return await self._asked[number]
        except TimeoutError:
            raise Unavailable("the media worker does not answer; it may be starting again") from None
        finally:
            self._asked.pop(number, None)
