"""Files as cameras: one, or a folder's in the order of their names, over and over without a seam."""

import math
import time
from collections import deque
from pathlib import Path
from typing import Any

import av
from av.packet import Packet

from quality_creator.config import FileCamera
from quality_creator.media.capture.decode import Decoding
from quality_creator.media.capture.source import Feed, forget
from quality_creator.model.errors import BadInput, BadPayload, QualityCreatorError
from quality_creator.model.stream import FRAME_RATE

_AHEAD_S = 0.3
"""Pictures are decoded this long before they are due, so that opening the next file is not seen."""

_READ_AHEAD_S = 1.0
"""Packets are read this long before that: sound may stand behind its picture in a file."""

_BEHIND_S = 2.0
"""A file that is played this late (a slow machine, a suspended one) goes on from now."""

_SHORTEST_S = 0.2
_EXACT_S = 0.001


class _Own:
    """A recording's own pace: its stamps, counted from when it began."""

    def __init__(self, offset: float) -> None:
        self.offset: float | None = offset
        self.epoch = 0

    def due(self, stamp: float, now: float) -> float:
        assert self.offset is not None
        if now - (stamp + self.offset) > _BEHIND_S:
            self.offset = now + _AHEAD_S - stamp
            self.epoch += 1
        return stamp + self.offset


class FileCapture:
    """Plays by the files' own time stamps, which go on from file to file and from round to round."""

    def __init__(self, camera: FileCamera) -> None:
        self._camera = camera
        self._path = Path(camera.path)

    def play(self, feed: Feed) -> None:
        """See `Capture`."""
        feed.begin(remote=False)
        pace = _Own(feed.on_beat(time.monotonic() + _AHEAD_S))
        shift = 0.0
        while not feed.stopping.is_set():
            began, refused = shift, ""
            for file in self._files():
                try:
                    shift = self._play(file, feed, pace, shift)
                except QualityCreatorError as error:
                    refused = str(error)
                forget()
                if feed.stopping.is_set():
                    return
            if shift - began < _SHORTEST_S:
                raise BadInput(
                    refused or f"{self._path}: shorter than {_SHORTEST_S:g} s; use a longer recording"
                )

    def _files(self) -> list[Path]:
        try:
            if not self._path.is_dir():
                return [self._path]
            files = sorted(p for p in self._path.iterdir() if p.is_file() and not p.name.startswith("."))
        except OSError as error:
            raise BadInput(f"{self._path}: {error.strerror}") from error
        if not files:
            raise BadInput(f"{self._path}: no files in this folder")
        return files

    def _play(self, file: Path, feed: Feed, pace: _Own, shift: float) -> float:
        """Play one file from a stamp on. Returns the stamp at which it ended. Raises BadInput, BadPayload."""
        try:
            with av.open(str(file)) as container:
                if "image2" in container.format.name or container.format.name.endswith("_pipe"):
                    raise BadInput(
                        f"{file}: a still picture; a file camera plays films (mp4, mov, mkv, ts, flv)"
                    )
                start = (container.start_time or 0) / av.time_base
                decoding = Decoding(
                    container, feed, pace, delay_ms=self._camera.delay_ms, live=False, shift=shift - start
                )
                _play(decoding, feed)
                # At a tick again. Coded sound is longer than its picture by a part of a tick: that is cut.
                end = max(decoding.picture_end, decoding.sound_end - 1 / FRAME_RATE, shift)
                return math.ceil((end - _EXACT_S) * FRAME_RATE) / FRAME_RATE
        except av.error.FFmpegError as error:
            raise BadInput(f"{file}: {error.strerror}") from None
        except BadPayload as error:
            raise BadPayload(f"{file}: {error}") from error


def _play(decoding: Decoding, feed: Feed) -> None:
    held: deque[tuple[float, Packet[Any]]] = deque()
    for packet in decoding.packets():
        if not decoding.is_picture(packet):
            decoding.sound(packet)
            continue
        time_base, dts = packet.time_base, packet.dts
        at = float(dts * time_base) if dts is not None and time_base else (held[-1][0] if held else 0.0)
        held.append((at, packet))
        while held and held[-1][0] - held[0][0] >= _READ_AHEAD_S:
            if not _show(decoding, held.popleft()[1], feed):
                return
    for _, packet in held:
        if not _show(decoding, packet, feed):
            return


def _show(decoding: Decoding, packet: "Packet[Any]", feed: Feed) -> bool:
    """Hand a packet's pictures over shortly before they are due. False when the source is to stop."""
    for frame, due, now in decoding.pictures(packet):
        if not feed.sleep_until(due - _AHEAD_S):
            return False
        decoding.hand_over(frame, due, now)
    return True
