"""What all kinds of camera share: a thread that connects, and connects again, and what it hands over.

A kind says only how one connection is made and played (`Capture`). It raises one of our errors, in the
peer's words, when that fails or ends; the thread waits a little longer each time and tries again.
"""

import gc
import math
import os
import sys
import threading
import time
import traceback
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from quality_creator.config import AnyCamera
from quality_creator.media.scale import Raw, Tile
from quality_creator.media.scene import Rectangle
from quality_creator.media.sound import Ring
from quality_creator.media.wallclock import WallClock
from quality_creator.model.clock import Micros
from quality_creator.model.errors import QualityCreatorError
from quality_creator.model.guest import Guest
from quality_creator.model.stream import FRAME_RATE

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.packet import Packet
    from av.video.stream import VideoStream

FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 5.0
"""Before the next attempt; doubled from attempt to attempt."""

STABLE_S = 5.0
"""A connection that brought pictures for this long has earned the first wait again."""

_BEHIND_MIXER = 5
"""Niceness: one picture of one source may come late, the programme may not."""

_KEPT = 32
"""Pictures that wait for the mixer at most; it takes them at every tick."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame of a source on its way to the mixer."""

    due: float
    """When it may be shown at the earliest, on the monotonic clock."""
    ready: float
    """When it was handed over."""
    taken: Micros
    """When it was taken, by the source's clock."""
    raw: Raw
    tile: Tile | None
    """Made for the place that the source had at that moment, if it had one."""


class Keeps(Protocol):
    """Who keeps a camera's packets as they come."""

    def take(
        self,
        packet: "Packet[Any]",
        video: "VideoStream",
        audio: "AudioStream | None",
        offset: float | None,
        epoch: int,
    ) -> None:
        """Keep a packet, if it is to be kept."""

    def lost(self, words: str) -> None:
        """The connection has ended."""


class Feed:
    """What a source's thread hands over to the mixer, and what the mixer asks of it."""

    def __init__(self, wall: WallClock, beat: float) -> None:
        self.wall = wall
        self._beat = beat
        self.place: Rectangle | None = None
        """Where the source stands; set by the mixer. None when it is not in the picture."""
        self.ring = Ring()
        """Its sound, by the source's own time in samples."""
        self.offset: float | None = None
        """Our monotonic clock minus the source's own time, in seconds."""
        self.remote = True
        """Whether it comes when a network brings it. A source of our own is in time without any delay."""
        self.epoch = 0
        """Grows when the source's own time began anew."""
        self.sends = ""
        """What the source sends, in words for the operator."""
        self.trouble = ""
        """Why nothing comes, in the peer's words or ours; empty when nothing is known to be wrong."""
        self.recorder: Keeps | None = None
        """Who keeps the packets besides, where the source has any."""
        self.stopping = threading.Event()
        self.last = 0.0
        """When a picture came last, on the monotonic clock."""
        self._pictures: deque[Picture] = deque(maxlen=_KEPT)

    def put(self, picture: Picture) -> None:
        """Hand a picture over; the oldest is dropped when the mixer does not take them."""
        self._pictures.append(picture)
        self.last = picture.ready
        self.trouble = ""

    def take(self) -> list[Picture]:
        """All pictures that came since."""
        taken = []
        while self._pictures:
            taken.append(self._pictures.popleft())
        return taken

    def begin(self, *, remote: bool) -> None:
        """The source's own time begins anew: sound from before does not fit any more."""
        self.remote = remote
        self.offset = None
        self.ring.clear()
        self.epoch += 1

    def on_beat(self, instant: float) -> float:
        """The first tick of the programme from an instant on, by the monotonic clock.

        A source that makes its own time falls in with it: no picture then waits for its tick.
        """
        return self._beat + math.ceil((instant - self._beat) * FRAME_RATE) / FRAME_RATE

    def sleep_until(self, instant: float) -> bool:
        """Wait for an instant of the monotonic clock. False when the source is to stop."""
        return not self.stopping.wait(max(instant - time.monotonic(), 0))


class Capture(Protocol):
    """One kind of camera."""

    def play(self, feed: Feed) -> None:
        """Connect, and hand over pictures and sound until the source ends or `feed.stopping` is set.

        Raises:
            QualityCreatorError: it can't be had, or broke off; the text is the peer's, without secrets.
        """


def forget() -> None:
    """Give back what a closed stream leaves in circles of references: few objects, but large ones.

    The collector counts objects, not bytes, and would hardly ever come round to them.
    """
    gc.collect()


class Source:
    """A camera or a guest, and its thread."""

    def __init__(self, camera: AnyCamera | Guest, capture: Capture, wall: WallClock, beat: float) -> None:
        """Nothing runs yet.

        Args:
            camera: Which one.
            capture: How its kind is played.
            wall: The wall clock.
            beat: Any tick of the programme, on the monotonic clock.
        """
        self.camera = camera
        self.feed = Feed(wall, beat)
        self._capture = capture
        self._thread = threading.Thread(target=self._run, name=f"source {camera.id}", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def stop(self) -> None:
        """Let go. Returns at once; the thread ends when the peer lets it."""
        self.feed.stopping.set()

    def join(self, timeout: float) -> bool:
        """Wait for the thread. True when it has ended."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        if sys.platform == "linux":
            os.nice(_BEHIND_MIXER)  # there, of this thread alone
        wait = FIRST_WAIT_S
        while not self.feed.stopping.is_set():
            began = time.monotonic()
            try:
                self._capture.play(self.feed)
                self.feed.trouble = "the source ended"
            except QualityCreatorError as error:
                self.feed.trouble = str(error)
            except Exception as error:  # noqa: BLE001
                # A bug that one source hits must not take the others off air.
                traceback.print_exc()
                self.feed.trouble = f"an error in our own code: {type(error).__name__}; the log has more"
            if self.feed.recorder is not None:
                self.feed.recorder.lost(self.feed.trouble)
            forget()
            if self.feed.last - began > STABLE_S:
                wait = FIRST_WAIT_S
            self.feed.stopping.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)
