"""The programme on the clock: sources, mixer and encoders between the two pipes, from a start to a stop."""

import gc
import math
import queue
import socket
import time

import numpy as np

from quality_creator.config import AnyCamera, FileCamera, GeneratedCamera, RtmpCamera, RtspCamera
from quality_creator.media import wire
from quality_creator.media.capture.file import FileCapture
from quality_creator.media.capture.generated import GeneratedCapture
from quality_creator.media.capture.rtmp import RtmpCapture
from quality_creator.media.capture.rtsp import RtspCapture
from quality_creator.media.capture.source import Capture, Source
from quality_creator.media.encode import Encoder
from quality_creator.media.encoding import Done, Encoding, Made
from quality_creator.media.forum import Forum
from quality_creator.media.iso import Place
from quality_creator.media.isos import Isos
from quality_creator.media.multiview import Multiview
from quality_creator.media.overlay import Artist
from quality_creator.media.pipes import Inbox, Order, Outbox
from quality_creator.media.playout import Player
from quality_creator.media.programme import Programme, Slates
from quality_creator.media.rtmp.ingest import Ingest, Refusal
from quality_creator.media.rtmp.listener import Listener
from quality_creator.media.scale import Planes, planes_of
from quality_creator.media.wallclock import WallClock
from quality_creator.media.webrtc.returns import WIDTH
from quality_creator.model.clock import TICKS, MediaTime
from quality_creator.model.guest import Guest
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import FRAME_RATE, FRAME_TICKS, PART_FRAMES, RENDITIONS

_FIRST_PICTURES_S = 0.25
"""How long the first tick waits for the sources of its scene, rather than begin with slates."""

_FUTURE_S = 1.0
"""A start later than this is a clock that was set back meanwhile; the worker begins at once."""

_METER_TICKS = 4
"""Ticks from one reading of the meters to the next."""

_WORDS_S = 2.0
"""How often a change of a source's words alone is told."""

_REFUSALS_S = 30.0
"""How often peers that were turned away are told of; on an open port strangers knock often."""

_SLATE = "没有画面 · No picture"
"""Below a lost source's name, where the hub has nothing else to say."""


class Broadcast:
    """One episode's programme from a start to a stop."""

    def __init__(self, start: wire.Start, inbox: Inbox, outbox: Outbox) -> None:
        self._start = start
        self._inbox = inbox
        self._outbox = outbox
        self._wall = WallClock()
        self._refusals: queue.SimpleQueue[Refusal] = queue.SimpleQueue()
        self._refused: list[Refusal] = []
        self._next_refusals = 0.0
        self._captures = {camera.id: _capture(camera) for camera in start.cameras}
        self._first = self._first_tick()
        self._sources = {
            c.id: Source(c, self._captures[c.id], self._wall, self._first) for c in start.cameras
        }
        self._players = {name: Player(source.feed) for name, source in self._sources.items()}
        self._forum = Forum(
            start.webrtc,
            sources=self._sources,
            players=self._players,
            wall=self._wall,
            beat=self._first,
            send=outbox.send,
        )
        self._told: dict[SourceId, tuple[wire.SourceCondition, str, float]] = {}
        self._peaks: dict[SourceId, tuple[float, float]] = {}

    def run(self) -> None:
        """Broadcast until the hub says stop."""
        start = self._start
        slates = Slates({camera.id: camera.name for camera in start.cameras}, start.slate or _SLATE)
        _write_cards(start.guests, slates)
        listener = self._listen()
        for source in self._sources.values():
            source.start()
        self._forum.admit(start.guests)
        encoder = Encoder(
            start.renditions or RENDITIONS, msn=start.msn, part=start.part, position=start.position
        )
        for name, (data, codecs) in encoder.inits().items():
            self._outbox.send(wire.Init(rendition=name, data=data, codecs=codecs))
        artist = Artist(lambda: self._wall.utc(time.monotonic()))
        artist.images(start.images)
        artist.prepare((*start.mix.graphics, *start.cued))
        artist.start()
        canvas = Planes(*planes_of(encoder.canvas))
        programme = Programme(self._players, slates, artist, canvas, start.mix)
        slates.prepare(start.mix.program)
        self._multiview = Multiview(self._players, slates, artist, self._outbox.send)
        self._multiview.preview(start.mix.preview, start.cued)
        self._multiview.start()
        self._isos = Isos(
            start.record,
            Place(self._first, start.position, self._wall),
            self._sources,
            self._players,
            self._outbox.send,
        )
        self._inbox.listen(lambda order: _prepare(order, slates, artist))
        self._await_pictures()
        gc.collect()
        gc.freeze()
        self._broadcast(programme, encoder)
        if listener is not None:
            listener.close()
        self._isos.close()
        self._outbox.close()

    def _broadcast(self, programme: Programme, encoder: Encoder) -> None:
        encoding = Encoding(encoder, self._emit)
        number = 0
        while number % PART_FRAMES or not self._inbox.stopped:
            tick = self._first + number / FRAME_RATE
            now = time.monotonic()
            if tick > now:
                time.sleep(tick - now)
                now = time.monotonic()
            for order in self._inbox.orders():
                self._carry_out(order, programme, number)
            sound, taken = programme.tick(tick, now)
            sizes = encoder.sizes()
            encoding.put(Made(sizes, sound, taken, now - tick))
            self._multiview.offer(programme.canvas, now)
            self._measure(programme, number, now)
            self._isos.tick(tick, programme.voices)
            self._forum.tick(
                tick,
                now,
                shown=programme.shown,
                voices=programme.voices,
                gains=programme.gains,
                muted=programme.muted,
                picture=sizes.nearest(WIDTH),
            )
            number += 1
            self._tell(now)
        encoding.close()

    def _carry_out(self, order: Order, programme: Programme, number: int) -> None:
        match order:
            case wire.Change():
                programme.change(order)
                position = MediaTime(self._start.position + number * FRAME_TICKS)
                self._outbox.send(
                    wire.Changed(number=order.number, position=position, graphics=order.graphics)
                )
            case wire.Tbar():
                programme.pull(order)
            case wire.SetPreview():
                self._multiview.preview(order.scene, order.graphics)
            case wire.Values() | wire.Images():
                pass  # the artist has them
            case wire.Watch():
                self._multiview.watch(order.seconds)
            case wire.Record():
                self._isos.record(order)
            case wire.SetGuests():
                self._forum.admit(order.guests)
                programme.attend()
            case _:
                self._forum.carry_out(order)

    def _measure(self, programme: Programme, number: int, now: float) -> None:
        """Tell how loud it is, while somebody looks."""
        if not self._multiview.watched(now):
            self._peaks.clear()
            return
        for name, samples in programme.voices.items():
            peak, energy = self._peaks.get(name, (0.0, 0.0))
            loudest = max(peak, float(np.abs(samples).max()))
            self._peaks[name] = (loudest, energy + float(np.mean(samples**2)) / _METER_TICKS)
        if number % _METER_TICKS == 0:
            heard = programme.meter.read()
            levels = {name: (_db(peak), _db(energy**0.5)) for name, (peak, energy) in self._peaks.items()}
            self._peaks.clear()
            self._outbox.send(
                wire.Meters(
                    sources=levels,
                    momentary=heard.momentary,
                    short=heard.short,
                    integrated=heard.integrated,
                    true_peak=heard.true_peak,
                )
            )

    def _first_tick(self) -> float:
        """When the first picture is (or was) due, on the monotonic clock."""
        now = time.monotonic()
        first = self._wall.monotonic(self._start.utc)
        if first > now + _FUTURE_S:
            ahead = first - now
            self._note(f"the system clock is {ahead:.1f} s behind the programme's time; it goes on from now")
            return now
        return first

    def _await_pictures(self) -> None:
        feeds = [self._sources[s].feed for s in self._start.mix.program.shown if s in self._sources]
        deadline = time.monotonic() + _FIRST_PICTURES_S
        while time.monotonic() < deadline and not all(feed.last for feed in feeds):
            time.sleep(0.01)

    # --- what the hub hears ------------------------------------------------------------------------------

    def _emit(self, done: Done) -> None:
        """A part is complete; in the thread that encodes."""
        jump = self._wall.look()
        if jump:
            self._note(f"the system clock jumped by {jump:+.1f} s; the programme's wall times follow it")
        part = done.part
        began = self._first + (part.start - self._start.position) / TICKS
        self._outbox.send(
            wire.Part(
                msn=part.msn,
                part=part.part,
                start=part.start,
                utc=self._wall.utc(began),
                independent=part.independent,
                data=part.data,
                shown=done.shown,
                cpu_s=time.process_time(),
                late_ms=done.late * 1000,
            )
        )

    def _tell(self, now: float) -> None:
        """How the sources are, where that changed."""
        for name, player in self._players.items():
            words = _words(player.condition, self._sources[name])
            told = self._told.get(name)
            if told is None or told[0] != player.condition or (told[1] != words and now > told[2] + _WORDS_S):
                self._told[name] = (player.condition, words, now)
                self._outbox.send(wire.SourceState(source=name, condition=player.condition, words=words))
                _log(f"{name}: {player.condition}: {words}")
        self._tell_refusals(now)

    def _tell_refusals(self, now: float) -> None:
        while not self._refusals.empty():
            self._refused.append(self._refusals.get())
        if self._refused and now >= self._next_refusals:
            last, others = self._refused[-1], len(self._refused) - 1
            more = f" (so were {others} more since the last note)" if others else ""
            self._note(f"RTMP: {last.peer} was turned away: {last.words}{more}")
            self._refused, self._next_refusals = [], now + _REFUSALS_S

    def _note(self, words: str) -> None:
        self._outbox.send(wire.Note(words=words))
        _log(words)

    # --- RTMP --------------------------------------------------------------------------------------------

    def _listen(self) -> Listener | None:
        if self._start.rtmp_fd is None:
            return None
        keys = {c.id: c.key for c in self._start.cameras if isinstance(c, RtmpCamera)}
        listener = Listener(
            socket.socket(fileno=self._start.rtmp_fd),
            keys,
            on_ingest=self._accept,
            on_refusal=self._refusals.put,
        )
        listener.start()
        return listener

    def _accept(self, ingest: Ingest) -> None:
        capture = self._captures[ingest.source]
        assert isinstance(capture, RtmpCapture)
        capture.accept(ingest)


def _capture(camera: AnyCamera) -> Capture:
    match camera:
        case RtspCamera():
            return RtspCapture(camera)
        case RtmpCamera():
            return RtmpCapture(camera)
        case FileCamera():
            return FileCapture(camera)
        case GeneratedCamera():
            return GeneratedCapture(camera)


def _db(level: float) -> float:
    return round(20 * math.log10(max(level, 1e-5)), 1)


def _prepare(order: Order, slates: Slates, artist: Artist) -> None:
    """Draw what an order needs before the mixer gets to know it."""
    if isinstance(order, wire.Change | wire.SetPreview) and order.graphics is not None:
        artist.prepare(order.graphics)
    if isinstance(order, wire.Values):
        artist.values(order)
    if isinstance(order, wire.Images):
        artist.images(order.images)
    if isinstance(order, wire.Change | wire.Tbar | wire.SetPreview) and order.scene is not None:
        slates.prepare(order.scene)
    elif isinstance(order, wire.SetGuests):
        _write_cards(order.guests, slates)


def _write_cards(guests: tuple[Guest, ...], slates: Slates) -> None:
    for guest in guests:
        pieces = dict.fromkeys((guest.title.zh, guest.title.en))
        slates.card(guest.id, guest.name, " · ".join(piece for piece in pieces if piece))


def _words(condition: wire.SourceCondition, source: Source) -> str:
    """What the operator reads about a source."""
    feed = source.feed
    match condition:
        case "live":
            return feed.sends
        case "connecting":
            return feed.trouble or "connecting"
        case "frozen" | "slate":
            return feed.trouble or "no pictures come, although the connection stands"


def _log(words: str) -> None:
    print(words, flush=True)
