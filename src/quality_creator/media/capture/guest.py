"""Guests as sources: what arrives over WebRTC, decoded beside the others in a thread of its own."""

import queue
import time
from collections.abc import Callable
from fractions import Fraction

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from quality_creator.media.capture.decode import Resampling
from quality_creator.media.capture.source import Feed, Picture, forget
from quality_creator.media.scale import Raw, Scaler, refusal
from quality_creator.media.timing import Lateness, Steady
from quality_creator.media.webrtc.stamps import Stamps, follow
from quality_creator.media.webrtc.words import DECODERS, Arrived, Began, Gone, News, Reported
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadPayload
from quality_creator.model.stream import AUDIO_RATE

PICTURE_RATE = 90_000
"""Of the stamps of every video codec in RTP."""

_LOOK_S = 0.2
"""How often a wait looks whether the source is to stop."""

_WAITING = 600
"""Frames that wait for this thread: seconds' worth. Beyond that it can't keep up, and begins anew."""

_SILENT_S = 1.0
"""Without a picture for so long, sound is timed by itself: the guest has no camera, or covers it."""

_CLOSEST_S = 0.024
"""Pictures that follow each other faster than this are more than can be shown; the rest is left out."""

_PAST_US, _FUTURE_US = 10_000_000, 1_000_000
"""A guest's own clock that is further off than this is not believed."""

_WORDS_S = 5.0


class GuestCapture:
    """Plays whoever comes by this guest's link; a new connection takes the old one's place."""

    def __init__(self, spoiled: Callable[[str], None]) -> None:
        """Nobody is there yet.

        Args:
            spoiled: Called, in this capture's thread, with the name of a connection whose pictures can't be
                decoded without one that stands for itself.
        """
        self._spoiled = spoiled
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()

    def tell(self, news: News) -> None:
        """Something happened on the network; from any thread, and never blocks."""
        if not isinstance(news, Arrived) or self._news.qsize() < _WAITING:
            self._news.put(news)

    def play(self, feed: Feed) -> None:
        """See `Capture`. Waits for the guest as long as it takes, and again when they are gone."""
        feed.trouble = feed.trouble or "waiting for the guest"
        playing: _Connection | None = None
        while not feed.stopping.is_set():
            try:
                news = self._news.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if isinstance(news, Began):
                playing = _Connection(feed, news.connection, self._spoiled)
            elif playing is None or news.connection != playing.name:
                continue  # of a connection that another one has replaced
            elif isinstance(news, Gone):
                playing, feed.trouble = None, news.words
                forget()
            else:
                playing.take(news)


class _Connection:
    """Decodes one connection into the feed."""

    def __init__(self, feed: Feed, name: str, spoiled: Callable[[str], None]) -> None:
        self.name = name
        self._feed = feed
        self._spoiled = spoiled
        self._picture = Stamps(PICTURE_RATE)
        self._sound = Stamps(AUDIO_RATE)
        self._picture_pace = Steady()
        self._sound_pace = Steady()
        self._scaler = Scaler()
        self._jitter = Lateness()
        self._decoders: dict[str, VideoCodecContext | AudioCodecContext] = {}
        self._resampling: Resampling | None = None
        self._last_due = float("-inf")
        self._last_picture = float("-inf")
        self._next_words = 0.0
        feed.begin(remote=True)
        feed.trouble = "the guest is here; no picture yet"

    def take(self, news: Arrived | Reported) -> None:
        """Take what came."""
        if isinstance(news, Reported):
            (self._sound if news.kind == "audio" else self._picture).report(news.stamp, news.ntp)
            return
        try:
            if news.kind == "audio":
                self._hear(news)
            else:
                self._see(news)
        except av.error.FFmpegError:
            if news.kind == "video":
                self._spoiled(self.name)

    # --- pictures ----------------------------------------------------------------------------------------

    def _see(self, news: Arrived) -> None:
        at = self._picture.seconds(news.stamp, news.now)
        due = self._picture_pace.due(at, news.now)
        self._feed.offset = self._picture_pace.offset
        self._last_picture = news.now
        packet = av.Packet(news.data)
        for frame in self._decoder(news.codec).decode(packet):
            if isinstance(frame, VideoFrame) and not 0 <= due - self._last_due < _CLOSEST_S:
                self._last_due = due
                self._hand_over(frame, news, at, due)

    def _hand_over(self, frame: VideoFrame, news: Arrived, at: float, due: float) -> None:
        words = refusal(frame)
        if words is not None:
            raise BadPayload(words)
        raw = Raw(frame, frame.width / frame.height)
        place = self._feed.place
        tile = self._scaler.tile(raw, place) if place else None
        self._jitter.observe(news.now - due)
        taken = self._taken(at, due)
        self._feed.put(Picture(due=due, ready=time.monotonic(), taken=taken, raw=raw, tile=tile))
        if news.now >= self._next_words:
            self._next_words = news.now + _WORDS_S
            sound = "Opus sound" if self._sound.base is not None else "no sound"
            what = f"{news.codec} {frame.width}x{frame.height}, {sound}"
            self._feed.sends = f"{what}; jitter {self._jitter.value * 1e3:.0f} ms"

    def _taken(self, at: float, due: float) -> Micros:
        """When a picture was taken: by the guest's clock where that can be right, else when it came."""
        here = self._feed.wall.utc(due)
        said = self._picture.sender_time(at)
        if said is None or not -_PAST_US <= said * 1e6 - here <= _FUTURE_US:
            return here
        return Micros(round(said * 1e6))

    # --- sound -------------------------------------------------------------------------------------------

    def _hear(self, news: Arrived) -> None:
        at = self._sound.seconds(news.stamp, news.now)
        self._sound_pace.due(at, news.now)
        if news.now - self._last_picture > _SILENT_S:
            self._feed.offset = self._sound_pace.offset
            self._feed.sends = "voice only: Opus sound, no pictures"
            if self._last_picture == float("-inf"):
                self._feed.trouble = self._feed.sends
        follow(self._sound, self._picture)
        for frame in self._decoder(news.codec).decode(av.Packet(news.data)):
            if not isinstance(frame, AudioFrame):
                continue
            frame.pts, frame.time_base = round(at * AUDIO_RATE), Fraction(1, AUDIO_RATE)
            if self._resampling is None or not self._resampling.takes(frame):
                self._resampling = Resampling(frame)
            for place, samples in self._resampling.convert(frame):
                self._feed.ring.write(place, samples)

    def _decoder(self, codec: str) -> VideoCodecContext | AudioCodecContext:
        if codec not in self._decoders:
            context = av.CodecContext.create(DECODERS[codec], "r")
            assert isinstance(context, VideoCodecContext | AudioCodecContext)
            if isinstance(context, VideoCodecContext):
                # Threads that decode ahead would hold back as many pictures as there are threads.
                context.thread_count = 1
                context.flags |= Flags.low_delay
            else:
                context.sample_rate = AUDIO_RATE
                context.layout = "stereo"
            self._decoders[codec] = context
        return self._decoders[codec]
