"""H.264 and PCM for a recording of a source that has no packets of its own that a file takes."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.packet import Packet

from quality_creator.media.programme import HEARD_AHEAD
from quality_creator.media.scale import Planes, Raw, Scaler, planes_of
from quality_creator.media.scene import HEIGHT, WIDTH, Rectangle
from quality_creator.media.sound import Samples
from quality_creator.model.clock import TICKS
from quality_creator.model.stream import AUDIO_RATE, FRAME_RATE, FRAME_TICKS

_WHOLE = Rectangle(0, 0, WIDTH, HEIGHT)


class IsoEncoder:
    """One file's encoders: 25 pictures a second in the programme's size, whatever the source sends."""

    contents = f"h264 {WIDTH}x{HEIGHT}, pcm_s16le"

    def __init__(self, out: OutputContainer, first: float) -> None:
        """Add the streams.

        Args:
            out: The file.
            first: The tick of the first picture.
        """
        self._first = first
        self._video = out.add_stream("libx264", rate=FRAME_RATE)
        video = self._video.codec_context
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        video.time_base = Fraction(1, TICKS)
        video.thread_count = 1
        video.colorspace = video.color_primaries = video.color_trc = 1
        video.color_range = 1
        video.options = {"preset": "superfast", "tune": "zerolatency", "crf": "21", "g": str(2 * FRAME_RATE)}
        # Uncompressed: nothing comes before the first sample, which players would show the first picture for.
        self._audio = out.add_stream("pcm_s16le", rate=AUDIO_RATE)
        self._audio.codec_context.layout, self._audio.codec_context.format = "stereo", "s16"
        self._scaler = Scaler()
        # The mixer hands over the sound of a little later than its picture; a file begins with both.
        self._lead = np.zeros((2, HEARD_AHEAD), np.float32)
        self._heard = 0

    def encode(self, tick: float, raw: Raw, samples: Samples) -> "Iterator[Packet[Any]]":
        """What becomes of a tick's picture and sound."""
        number = round((tick - self._first) * FRAME_RATE)
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        frame.colorspace, frame.color_range = 1, 1
        canvas = Planes(*planes_of(frame))
        tile = self._scaler.tile(raw, _WHOLE)
        if tile.at != _WHOLE:
            canvas.y[...], canvas.u[...], canvas.v[...] = 16, 128, 128
        canvas.cut(tile.at).put(tile.planes)
        frame.pts, frame.time_base = number * FRAME_TICKS, Fraction(1, TICKS)
        yield from self._video.encode(frame)
        # Ticks that were left out are silent.
        at = HEARD_AHEAD + number * AUDIO_RATE // FRAME_RATE
        missing = max(at - self._heard - self._lead.shape[1], 0)
        sound = np.concatenate((self._lead, np.zeros((2, missing), np.float32), samples), axis=1)
        self._lead = sound[:, :0]
        whole = (np.clip(sound, -1, 1) * 32_767).astype(np.int16)
        heard = AudioFrame.from_ndarray(np.ascontiguousarray(whole.T).reshape(1, -1), "s16", "stereo")
        heard.sample_rate, heard.pts, heard.time_base = AUDIO_RATE, self._heard, Fraction(1, AUDIO_RATE)
        self._heard += sound.shape[1]
        yield from self._audio.encode(heard)

    def end(self) -> "Iterator[Packet[Any]]":
        """What the encoders still have."""
        yield from self._video.encode(None)
        yield from self._audio.encode(None)
