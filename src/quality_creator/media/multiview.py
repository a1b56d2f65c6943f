"""Small pictures of all sources, programme and preview, for whoever looks on; while nobody does, none.

They are made in a thread that stands behind everything else: the programme's pace does not depend on it, and
when the machine has little time there are fewer of them.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import Interpolation, VideoReformatter

from quality_creator.media import wire
from quality_creator.media.overlay import Artist, key_of
from quality_creator.media.playout import Player, Shown
from quality_creator.media.programme import Slates, Stage
from quality_creator.media.scale import Planes, Raw, Scaler, colours, planes_of
from quality_creator.media.scene import HEIGHT, WIDTH, Rectangle
from quality_creator.model.clock import Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Graphic
from quality_creator.model.scene import Scene
from quality_creator.model.stream import FRAME_RATE

EVERY_S = 0.2
SMALL, LARGE = (320, 180), (640, 360)
_QUALITY = 70
_REST = 2.0
"""After a round of pictures the thread rests at least this many times as long as it took."""

_BEHIND = 10
"""Niceness."""

Pixels = npt.NDArray[np.uint8]


class Multiview:
    """Looks at the players from its own thread, and at the programme when the mixer offers it."""

    def __init__(
        self,
        players: Mapping[SourceId, Player],
        slates: Slates,
        artist: Artist,
        send: Callable[[wire.Pictures], None],
    ) -> None:
        self._players = players
        self._send = send
        self._until = 0.0
        self._due = 0.0
        self._scaler = VideoReformatter()
        self._program = _frame()
        self._program_planes = Planes(*planes_of(self._program))
        self._preview = _frame()
        self._glances: dict[SourceId, _Glance] = {}
        self._stage = Stage(Planes(*planes_of(self._preview)), self._glances, slates)
        self._artist = artist
        self._scene: Scene | None = None
        self._graphics: Sequence[bytes] = ()
        self._asked = threading.Event()

    def start(self) -> None:
        """Begin to wait for somebody who looks."""
        threading.Thread(target=self._run, name="multiview", daemon=True).start()

    def watch(self, seconds: float) -> None:
        """Somebody looks for so long."""
        self._until = time.monotonic() + seconds

    def watched(self, now: float) -> bool:
        """Whether somebody looks."""
        return now < self._until

    def preview(self, scene: Scene | None, graphics: Sequence[Graphic]) -> None:
        """What stands on the preview bus, and the graphics that will lie over it."""
        self._scene = scene
        self._graphics = tuple(key_of(graphic) for graphic in graphics)
        self._artist.hold("preview", self._graphics)

    def offer(self, canvas: Planes, now: float) -> None:
        """Show the programme's newest picture. Called by the mixer at each tick; seldom does anything."""
        if now < self._until and now >= self._due and not self._asked.is_set():
            self._due = now + EVERY_S
            self._program_planes.put(canvas)
            self._asked.set()

    def _run(self) -> None:
        if sys.platform == "linux":
            os.nice(_BEHIND)  # there, of this thread alone
        while True:
            self._asked.wait()
            began = time.monotonic()
            self._send(self._pictures())
            took = time.monotonic() - began
            time.sleep(max(EVERY_S - took, took * _REST) / 2)
            self._asked.clear()

    def _pictures(self) -> wire.Pictures:
        sources = {}
        players = dict(self._players)  # the mixer lets guests in and out meanwhile
        for name in self._glances.keys() - players.keys():
            del self._glances[name]
        for name, player in players.items():
            if name not in self._glances or self._glances[name].player is not player:
                self._glances[name] = _Glance(player)
            raw = player.raw
            if raw is not None:
                sources[name] = self._jpeg(raw, SMALL)
        preview = b""
        if self._scene is not None:
            self._stage.paint(self._scene)
            self._lay()
            preview = self._jpeg(Raw(self._preview, WIDTH / HEIGHT), LARGE)
        program = self._jpeg(Raw(self._program, WIDTH / HEIGHT), LARGE)
        return wire.Pictures(sources=sources, program=program, preview=preview)

    def _lay(self) -> None:
        """Lay the graphics over the preview as they will be seen, without their coming."""
        for key in self._graphics:
            layer = self._artist.layer(key)
            if layer is not None:
                layer.put(self._stage.canvas, 1.0, int(time.monotonic() * FRAME_RATE))
        if self._graphics:
            self._stage.spoil()

    def _jpeg(self, raw: Raw, size: tuple[int, int]) -> bytes:
        width = min(size[0], round(size[1] * raw.aspect))
        height = max(round(width / raw.aspect), 2)
        across = raw.orientation.turns % 2 == 1
        space, span = colours(raw.frame)
        scaled = self._scaler.reformat(
            raw.frame,
            height if across else width,
            width if across else height,
            "bgr24",
            src_colorspace=space,
            src_color_range=span,
            interpolation=Interpolation.FAST_BILINEAR if size == SMALL else Interpolation.AREA,
            threads=1,
        )
        pixels: Pixels = scaled.to_ndarray().astype(np.uint8, copy=False)
        if raw.orientation.mirrored:
            pixels = pixels[:, ::-1]
        pixels = np.ascontiguousarray(np.rot90(pixels, raw.orientation.turns))
        parameters: Any = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
        done, data = cv2.imencode(".jpg", pixels, parameters)
        assert done
        return data.tobytes()


class _Glance:
    """A player's picture for another thread than the mixer's."""

    def __init__(self, player: Player) -> None:
        self.player = player
        self._scaler = Scaler()

    def show(self, place: Rectangle) -> Shown | None:
        raw = self.player.raw
        return None if raw is None else Shown(self._scaler.tile(raw, place), Micros(0))


def _frame() -> av.VideoFrame:
    frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
    frame.colorspace, frame.color_range = 1, 1
    Planes(*planes_of(frame)).y[...] = 16
    return frame
