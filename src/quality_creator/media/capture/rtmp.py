"""Cameras and encoders that call us: RTMP, through the listener that all of them share."""

import queue

import av

from quality_creator.config import RtmpCamera
from quality_creator.media.capture.decode import Decoding
from quality_creator.media.capture.source import Feed, forget
from quality_creator.media.rtmp.ingest import Ingest
from quality_creator.media.timing import Steady
from quality_creator.model.errors import BadPayload, Unavailable

_LOOK_S = 0.2
"""How often a wait looks whether the source is to stop."""


class RtmpCapture:
    """Plays whoever publishes with this camera's key."""

    def __init__(self, camera: RtmpCamera) -> None:
        self._camera = camera
        self._ingests: queue.SimpleQueue[Ingest] = queue.SimpleQueue()

    def accept(self, ingest: Ingest) -> None:
        """A publisher was let in; from any thread, and never blocks."""
        self._ingests.put(ingest)

    def play(self, feed: Feed) -> None:
        """See `Capture`. Waits for a publisher as long as it takes."""
        feed.trouble = feed.trouble or "waiting for the camera to push"
        while not feed.stopping.is_set():
            try:
                ingest = self._ingests.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            try:
                self._play(feed, ingest)
            except BadPayload as error:
                ingest.stream.close(str(error))
                raise
            except av.error.FFmpegError as error:
                words = ingest.stream.ended or f"what it sends can't be read: {error.strerror}"
                ingest.stream.close(words)
                # No wait before the next publisher: it is they who call.
                feed.trouble = words
            else:
                feed.trouble = ingest.stream.ended or "the stream ended"
            if feed.recorder is not None:
                feed.recorder.lost(feed.trouble)
            forget()

    def _play(self, feed: Feed, ingest: Ingest) -> None:
        feed.begin(remote=True)
        feed.trouble = f"{ingest.encoder or 'a publisher'} at {ingest.peer} has begun; no picture yet"
        options = {"analyzeduration": "300000", "probesize": "500000"}
        with av.open(ingest.stream, "r", format="flv", options=options) as container:
            decoding = Decoding(container, feed, Steady(), delay_ms=self._camera.delay_ms, live=True)
            for packet in decoding.packets():
                if feed.stopping.is_set():
                    raise Unavailable("the programme let it go")
                decoding.take(packet)
