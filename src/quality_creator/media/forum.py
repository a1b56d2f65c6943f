"""The forum in the worker: guests become sources, and get the programme without their own voice."""

from collections.abc import Callable, Collection, Mapping

import av

from quality_creator.config import Webrtc
from quality_creator.media import speaker, wire
from quality_creator.media.capture.guest import GuestCapture
from quality_creator.media.capture.source import Source
from quality_creator.media.playout import Player
from quality_creator.media.programme import HEARD_AHEAD
from quality_creator.media.sound import Mixer, Samples
from quality_creator.media.wallclock import WallClock
from quality_creator.media.webrtc.lobby import Lobby
from quality_creator.media.webrtc.returns import Returns, Tick
from quality_creator.model.guest import TALKBACK, Guest
from quality_creator.model.ids import SourceId
from quality_creator.model.text import Text

_TELL_TICKS = 5
"""Between two messages about levels."""

_LATE_S = 0.2
"""Time that is caught up is of no use to people who talk with each other."""

_BEHIND_TALK = 0.25
"""How loud the programme is for a guest to whom the producer talks: 12 dB softer."""

_NEVER = Text(zh="", en="")


class Forum:
    """For the mixer's thread."""

    def __init__(
        self,
        options: Webrtc,
        *,
        sources: dict[SourceId, Source],
        players: dict[SourceId, Player],
        wall: WallClock,
        beat: float,
        send: Callable[[wire.Up], None],
    ) -> None:
        """Nobody may come yet.

        Args:
            options: How guests reach us.
            sources: The programme's; guests are put among them, and taken out.
            players: The same.
            wall: The wall clock.
            beat: Any tick of the programme, on the monotonic clock.
            send: Says something to the hub.
        """
        self._options = options
        self._sources = sources
        self._players = players
        self._wall = wall
        self._beat = beat
        self._send = send
        self._guests: dict[SourceId, Guest] = {}
        self._returns = Returns()
        self._lobby: Lobby | None = None
        self._talk: Player | None = None
        self._talk_to: SourceId | None = None
        self._mixers: dict[SourceId, Mixer] = {}
        self._speaking = speaker.State()
        self._peaks: dict[SourceId, float] = {}
        self._ticks = 0

    def admit(self, guests: tuple[Guest, ...]) -> None:
        """These may come from now on, and no others."""
        wanted = {guest.id: guest for guest in guests}
        if wanted and self._lobby is None:
            self._open()
        for gone in self._guests.keys() - wanted.keys():
            self._players.pop(gone)
            self._sources.pop(gone).stop()
            if self._lobby is not None:
                self._lobby.dismiss(gone)
        for come in wanted.keys() - self._guests.keys():
            source, player = self._seat(wanted[come])
            self._sources[come], self._players[come] = source, player
        self._guests = wanted

    def carry_out(self, order: wire.Talk | wire.Offer | wire.Trickle | wire.Hangup) -> None:
        """Do what the hub asks, other than to admit."""
        if isinstance(order, wire.Talk):
            self._talk_to = order.guest
        elif self._lobby is not None:
            self._lobby.order(order)
        elif not isinstance(order, wire.Hangup):
            self._send(wire.Answer(number=order.number, refusal="there are no guests in this episode"))

    def tick(
        self,
        tick: float,
        now: float,
        *,
        shown: frozenset[SourceId],
        voices: Mapping[SourceId, Samples],
        gains: Mapping[SourceId, float],
        muted: Collection[SourceId],
        picture: av.VideoFrame,
    ) -> None:
        """Give every guest what belongs to this instant.

        Args:
            tick: The instant on the monotonic clock.
            now: What that clock says.
            shown: Who is in the picture.
            voices: What each source sounds like in this tick.
            gains: How loud each is in the programme.
            muted: Whom nobody shall hear; they do not speak, whatever their level is.
            picture: The programme's, of any size; not written to any more.
        """
        self._ticks += 1
        if self._lobby is None:
            return
        self._lobby.on_program(shown & self._guests.keys())
        self._measure(voices, muted)
        talk = self._hear_talk(tick, now)
        listening = self._returns.guests
        if not listening or now - tick > _LATE_S:
            return
        sounds = {guest: self._minus(guest, voices, gains, talk) for guest in listening}
        self._returns.tick(Tick(self._ticks, picture, sounds))

    def _minus(
        self,
        guest: SourceId,
        voices: Mapping[SourceId, Samples],
        gains: Mapping[SourceId, float],
        talk: Samples | None,
    ) -> Samples:
        """The programme's sound without a guest's own voice, and with the producer's when they are meant."""
        others = {name: samples for name, samples in voices.items() if name != guest}
        loud = dict(gains)
        if talk is not None and guest == self._talk_to:
            loud = {name: gain * _BEHIND_TALK for name, gain in gains.items()}
            others[TALKBACK], loud[TALKBACK] = talk, 1.0
        return self._mixers.setdefault(guest, Mixer()).mix(others, loud)

    def _hear_talk(self, tick: float, now: float) -> Samples | None:
        if self._talk is None:
            return None
        self._talk.advance(tick, now)
        return self._talk.hear(tick, HEARD_AHEAD)

    def _measure(self, voices: Mapping[SourceId, Samples], muted: Collection[SourceId]) -> None:
        levels = {name: speaker.level(samples) for name, samples in voices.items()}
        self._speaking = speaker.step(
            self._speaking,
            {guest: levels[guest] for guest in self._guests if guest in levels and guest not in muted},
        )
        for name, level in levels.items():
            self._peaks[name] = max(level, self._peaks.get(name, speaker.QUIETEST))
        if self._ticks % _TELL_TICKS == 0:
            rounded = {name: round(level, 1) for name, level in self._peaks.items() if name in voices}
            self._send(
                wire.Levels(
                    levels=rounded,
                    speaker=self._speaking.speaker,
                    speaking=speaker.speaking(self._speaking),
                )
            )
            self._peaks.clear()

    def _open(self) -> None:
        """The first guest is invited: only now is anything of this needed."""
        self._lobby = Lobby(self._options, self._returns, self._send)
        _, self._talk = self._seat(Guest(id=TALKBACK, name=_NEVER))

    def _seat(self, guest: Guest) -> tuple[Source, Player]:
        assert self._lobby is not None
        capture = GuestCapture(self._lobby.spoiled)
        source = Source(guest, capture, self._wall, self._beat)
        self._lobby.admit(guest.id, capture)
        source.start()
        return source, Player(source.feed)
