"""Sources recorded alone: files whose time code is the programme's own position, beside the programme.

A camera that sends H.264 (or H.265) is remuxed, its own packets as they came; what has no packets, or others,
is encoded from the pictures that the mixer has. Each source has a thread that writes, so that a slow disk
costs that file and nothing else.

A file is QuickTime. While it is written it is fragmented, so that a kill costs its last second and no more;
when it is finished it becomes an ordinary one. It ends when the source is lost, and another begins when it is
back. Beside each lies a sheet (JSON) that says what it is.
"""

import contextlib
import math
import os
import shutil
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import av
import msgspec
from av.container import OutputContainer
from av.packet import Packet

from quality_creator.media import wire
from quality_creator.media.iso_encode import IsoEncoder
from quality_creator.media.iso_files import Sheet
from quality_creator.media.scale import Raw
from quality_creator.media.sound import Samples
from quality_creator.media.wallclock import WallClock
from quality_creator.model.clock import TICKS, MediaTime, utc
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import FRAME_RATE, FRAME_TICKS

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.stream import Stream
    from av.video.stream import VideoStream

OFF, BACK = 0.01, 0.02
"""Share of the disk below which nothing is recorded, and from which it is taken up again."""

PICTURES = frozenset({"h264", "hevc"})
"""What is remuxed; other pictures are encoded."""

SOUNDS = frozenset({"aac", "mp3", "ac3", "pcm_alaw", "pcm_mulaw", "pcm_s16le", "pcm_s16be"})
"""What QuickTime takes; a camera's other sound is left out of its file, and the file says so."""

_WAITING = 1_500
"""Packets that wait for the disk at most: half a minute of a camera with sound."""

_SLIGHT = 0.01
"""Of a picture's length: what lies behind a tick by less is at it."""

_DRIFT_S = 0.02

_LOOK_S = 2.0
_SYNC_S = 5.0
_BEHIND_MIXER = 10
_BASE = Fraction(1, TICKS)
_OPTIONS = {
    "movflags": "+hybrid_fragmented",
    "frag_duration": "1000000",
    "flush_packets": "1",
    "video_track_timescale": str(TICKS),
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an instant of the monotonic clock is in the programme."""

    first: float
    """A tick of the programme on the monotonic clock."""
    position: MediaTime
    """Its position."""
    wall: WallClock

    def at(self, instant: float) -> MediaTime:
        """To the picture: what comes between two ticks is shown at the later one."""
        frames = math.ceil((instant - self.first) * FRAME_RATE - _SLIGHT)
        return MediaTime(max(self.position + frames * FRAME_TICKS, 0))


def timecode(position: MediaTime, rate: int) -> str:
    """HH:MM:SS:FF, with pictures counted at the file's own rate."""
    seconds, rest = divmod(position, TICKS)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}:{rest * rate // TICKS:02d}"


@dataclass(frozen=True, slots=True)
class _Begin:
    """A file begins; its container has its streams, and nothing of it is on the disk yet."""

    out: OutputContainer
    file: "_Late"
    start: float
    rate: int
    contents: str


@dataclass(frozen=True, slots=True)
class _Write:
    packet: "Packet[Any]"


@dataclass(frozen=True, slots=True)
class _Frame:
    """A picture of the mixer's, for a file that is encoded."""

    tick: float
    raw: Raw
    samples: Samples


@dataclass(frozen=True, slots=True)
class _End:
    words: str


class _Late:
    """A file that is made when its first byte is written, in the thread that writes."""

    def __init__(self) -> None:
        self.path = Path()
        self._file: BinaryIO | None = None

    def write(self, data: bytes) -> int:
        if self._file is None:
            self._file = self.path.open("xb")
        return self._file.write(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence) if self._file else 0

    def tell(self) -> int:
        return self._file.tell() if self._file else 0

    def sync(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        if self._file is not None and not self._file.closed:
            self.sync()
            self._file.close()


class Recorder:
    """One source's files. `take` and `lost` come from the source's thread, `show` from the mixer's."""

    def __init__(
        self,
        source: SourceId,
        folder: Path,
        place: Place,
        tell: Callable[[wire.IsoState], None],
        *,
        usage: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage,
    ) -> None:
        self.source = source
        self.on = False
        self.encodes = True
        """Whether what is recorded is what the mixer has; False once packets come that can be kept."""
        self.delay: Callable[[], float] = lambda: 0.0
        """How long after it is due the source's picture is shown."""
        self._folder = folder
        self._place = place
        self._tell = tell
        self._usage = usage
        self._told: tuple[wire.IsoCondition, str] = ("off", "")
        self._items: deque[_Begin | _Write | _Frame | _End] = deque()
        self._come = threading.Semaphore(0)
        # Of the source's thread:
        self._streams: dict[int, Stream] = {}
        self._start = self._offset = self._delay = 0.0
        self._last: dict[int, int] = {}
        self._epoch = 0
        # Of the mixer's:
        self._showing = False
        # Of the writing thread:
        self._begin: _Begin | None = None
        self._encoder: IsoEncoder | None = None
        self._sheet: Sheet | None = None
        self._sheet_path = Path()
        self._end = 0
        self._blocked = ""
        self._looked = self._synced = 0.0
        self._thread = threading.Thread(target=self._run, name=f"iso {source}", daemon=True)
        self._thread.start()

    def switch(self, on: bool) -> None:
        """Record from now on, or no longer."""
        if on == self.on:
            return
        self.on = on
        self._put(_End("switched on" if on else "switched off"))

    def close(self, words: str) -> None:
        """Finish what is open; returns when it is."""
        self.on = False
        self._put(_End(words))
        deadline = time.monotonic() + 2
        while self._items or self._begin is not None:
            if time.monotonic() > deadline:
                return
            time.sleep(0.01)

    # --- what a camera sends ---

    def take(
        self,
        packet: "Packet[Any]",
        video: "VideoStream",
        audio: "AudioStream | None",
        offset: float | None,
        epoch: int,
    ) -> None:
        """Keep a packet as it came.

        Args:
            packet: Of `video` or `audio`.
            video: The camera's pictures.
            audio: Its sound.
            offset: Our monotonic clock minus the camera's stamps, in seconds.
            epoch: Grows when the stamps began anew.
        """
        self.encodes = video.codec_context.name not in PICTURES
        if not self.on or self.encodes:
            self._streams = {}
            return
        if offset is None or packet.pts is None or packet.dts is None or not packet.size:
            return
        if self._streams and (epoch != self._epoch or len(self._items) > _WAITING):
            self.lost("the disk is too slow" if epoch == self._epoch else "the camera began anew")
        picture = packet.stream is video
        if not self._streams:
            if not (picture and packet.is_keyframe) or len(self._items) > _WAITING // 2:
                return
            self._open(packet, video, audio, offset)
            self._epoch = epoch
        stream = self._streams.get(packet.stream.index)
        if stream is None:
            return
        base = Fraction(packet.time_base)
        if abs(offset - self._offset) > _DRIFT_S:
            # A clock that runs off is followed in rare small steps, so that pictures keep their even pace.
            self._offset = offset
        shift = self._offset + self._delay - self._start
        decoded, shown = (round((float(at * base) + shift) * TICKS) for at in (packet.dts, packet.pts))
        if not picture and decoded < 0:
            return  # sound from before the first picture
        decoded = max(decoded, self._last.get(stream.index, decoded - 1) + 1)
        self._last[stream.index] = decoded
        copy = Packet(bytes(packet))
        copy.time_base = _BASE
        copy.dts, copy.pts = decoded, max(shown, decoded)
        copy.duration = round(float((packet.duration or 0) * base) * TICKS)
        copy.is_keyframe = packet.is_keyframe
        copy.stream = stream
        self._put(_Write(copy))

    def lost(self, words: str) -> None:
        """The source has ended; what comes next is another file."""
        self._streams, self._last = {}, {}
        self._put(_End(words or "the source ended"))

    def _open(
        self, packet: "Packet[Any]", video: "VideoStream", audio: "AudioStream | None", offset: float
    ) -> None:
        file = _Late()
        out = av.open(file, "w", format="mov", options=_OPTIONS)
        picture = out.add_stream_from_template(video)
        rate = video.average_rate or video.guessed_rate or Fraction(FRAME_RATE)
        # Cameras say 25.02 and mean 25; the time code counts whole pictures.
        whole = min(max(round(float(rate)), 1), 120)
        picture.codec_context.framerate = Fraction(whole)
        self._streams = {video.index: picture}
        contents = f"{video.codec_context.name} {video.codec_context.width}x{video.codec_context.height}"
        if audio is not None and audio.codec_context.name in SOUNDS:
            self._streams[audio.index] = out.add_stream_from_template(audio)
            contents += f", {audio.codec_context.name}"
        elif audio is not None:
            contents += f", without its sound ({audio.codec_context.name}, which QuickTime has not)"
        else:
            contents += ", no sound"
        assert packet.pts is not None
        # The first picture stands where the programme shows it.
        self._offset, self._delay = offset, self.delay()
        self._start = float(packet.pts * Fraction(packet.time_base)) + self._offset + self._delay
        self._put(_Begin(out, file, self._start, whole, contents))

    # --- what the mixer has ---

    def show(self, tick: float, raw: Raw | None, samples: Samples) -> None:
        """What the mixer has of the source at a tick; it is encoded where there are no packets to keep."""
        if not (self.on and self.encodes) or len(self._items) > FRAME_RATE * 4:
            return
        if raw is None:
            if self._showing:
                self._put(_End("no pictures came"))
            self._showing = False
            return
        self._showing = True
        self._put(_Frame(tick, raw, samples))

    # --- the thread that writes ---

    def _put(self, item: _Begin | _Write | _Frame | _End) -> None:
        self._items.append(item)
        self._come.release()

    def _run(self) -> None:
        if sys.platform == "linux":
            os.nice(_BEHIND_MIXER)  # there, of this thread alone
        while True:
            self._come.acquire()
            item = self._items.popleft()
            try:
                self._do(item)
            except (av.error.FFmpegError, OSError) as error:
                self._refuse(f"the file can't be written: {error.strerror or error}")
            except Exception as error:  # noqa: BLE001
                # A bug that one source hits must not end the recording of it for good, or the programme.
                traceback.print_exc()
                self._refuse(f"an error in our own code: {type(error).__name__}; the log has more")
            self._say()

    def _refuse(self, words: str) -> None:
        self._blocked = words
        self._finish(words)

    def _do(self, item: _Begin | _Write | _Frame | _End) -> None:
        match item:
            case _End(words=words):
                self._finish(words)
            case _Begin():
                self._finish("another began")
                if self._room():
                    self._start_file(item)
            case _Write(packet=packet):
                if self._begin is not None and self._room():
                    self._write(self._begin, packet)
            case _Frame():
                self._encode(item)

    def _encode(self, frame: _Frame) -> None:
        if not self._room():
            return
        if self._encoder is None:
            file = _Late()
            out = av.open(file, "w", format="mov", options=_OPTIONS)
            self._encoder = IsoEncoder(out, frame.tick)
            contents = f"{self._encoder.contents}, encoded from what the mixer had"
            self._start_file(_Begin(out, file, frame.tick, FRAME_RATE, contents))
        assert self._begin is not None
        for packet in self._encoder.encode(frame.tick, frame.raw, frame.samples):
            self._write(self._begin, packet)

    def _start_file(self, begin: _Begin) -> None:
        position = self._place.at(begin.start)
        code = timecode(position, begin.rate)
        name = f"{self.source}-{code.replace(':', '-')}"
        self._folder.mkdir(parents=True, exist_ok=True)
        taken = sum(1 for one in self._folder.glob(f"{name}*.mov"))
        begin.file.path = self._folder / (f"{name}.mov" if not taken else f"{name}-{taken + 1}.mov")
        self._sheet_path = begin.file.path.with_suffix(".json")
        begin.out.metadata["timecode"] = code
        begin.out.metadata["title"] = self.source
        at = self._place.wall.utc(begin.start)
        begin.out.metadata["creation_time"] = utc(at).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._sheet = Sheet(
            source=self.source, position=position, utc=at, timecode=code, contents=begin.contents
        )
        self._begin, self._end = begin, 0
        self._keep(self._sheet)

    def _write(self, begin: _Begin, packet: "Packet[Any]") -> None:
        if packet.pts is not None and packet.time_base is not None:
            end = round((packet.pts + (packet.duration or 0)) * Fraction(packet.time_base) * TICKS)
            self._end = max(self._end, end)
        begin.out.mux(packet)
        now = time.monotonic()
        if now >= self._synced + _SYNC_S:
            begin.file.sync()
            self._synced = now

    def _finish(self, words: str) -> None:
        """End the file at hand, if there is one."""
        begin, encoder, self._encoder = self._begin, self._encoder, None
        if begin is None or self._sheet is None:
            return
        with contextlib.suppress(av.error.FFmpegError, OSError):
            if encoder is not None:
                for packet in encoder.end():
                    self._write(begin, packet)
        # What was written stays readable: it is fragmented until this succeeds.
        with contextlib.suppress(av.error.FFmpegError, OSError):
            begin.out.close()
        with contextlib.suppress(OSError):
            begin.file.close()
        with contextlib.suppress(OSError):
            self._keep(msgspec.structs.replace(self._sheet, duration=self._end, ended=words))
        self._begin = self._sheet = None

    def _keep(self, sheet: Sheet) -> None:
        spare = self._sheet_path.with_suffix(".part")
        spare.write_bytes(msgspec.json.encode(sheet))
        spare.replace(self._sheet_path)

    def _room(self) -> bool:
        """Whether the disk has room; looked at now and then."""
        now = time.monotonic()
        if now < self._looked + _LOOK_S:
            return not self._blocked
        self._looked = now
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            total, _, free = self._usage(self._folder)
            share = free / total if total else 1.0
            if share < OFF and not self._blocked:
                words = f"{share:.1%} of the disk is free; make room"
                self._refuse(words)
            elif share >= BACK:
                self._blocked = ""
        return not self._blocked

    def _say(self) -> None:
        state: tuple[wire.IsoCondition, str]
        if not self.on and self._begin is None:
            state = "off", ""
        elif self._begin is None:
            state = "waiting", self._blocked
        else:
            state = "recording", ""
        if state != self._told:
            self._told = state
            self._tell(wire.IsoState(source=self.source, condition=state[0], words=state[1]))
