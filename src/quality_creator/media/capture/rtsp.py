"""Cameras that we call: RTSP, over TCP or UDP."""

import re
import time
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import av

from quality_creator.config import RtspCamera
from quality_creator.media.capture.decode import Decoding
from quality_creator.media.capture.source import Feed
from quality_creator.media.timing import Steady
from quality_creator.model.errors import Unavailable

_ANSWER_S = 5.0
"""For the whole of the connection's set-up."""

_SILENCE_S = 2.0
"""Without a packet: the connection is dead, whatever TCP thinks. There are cameras with one picture a second;
that pictures are missing is noticed long before, by those who show them."""


class RtspCapture:
    """Pulls one camera. An end without a word is a loss like any other."""

    def __init__(self, camera: RtspCamera) -> None:
        self._camera = camera
        self._url, self._secrets = _address(camera)

    def play(self, feed: Feed) -> None:
        """See `Capture`."""
        began = time.monotonic()
        # PyAV keeps what the libraries log in this thread; without it errors have no words of the peer.
        with av.logging.Capture() as said:
            try:
                self._play(feed, said)
            except av.error.FFmpegError as error:
                # An attempt that is given up ends in whatever error comes first.
                if feed.last < began and time.monotonic() - began >= _ANSWER_S:
                    raise Unavailable(f"the camera did not answer within {_ANSWER_S:g} s") from None
                if isinstance(error, av.error.ExitError):
                    raise Unavailable(f"the camera sent nothing for {_SILENCE_S:g} s") from None
                raise Unavailable(self._words(error, said)) from None

    def _play(self, feed: Feed, said: list[tuple[int, str, str]]) -> None:
        feed.begin(remote=True)
        options = {
            "rtsp_transport": self._camera.transport,
            # No `nobuffer`: it throws away the pictures that were looked at, and with them the first key
            # frame, so that a camera comes a whole group of pictures later.
            "analyzeduration": "200000",
            "probesize": "200000",
        }
        with av.open(self._url, options=options, timeout=(_ANSWER_S, _SILENCE_S)) as container:
            decoding = Decoding(container, feed, Steady(), delay_ms=self._camera.delay_ms, live=True)
            for packet in decoding.packets():
                if feed.stopping.is_set():
                    return
                decoding.take(packet)
                said.clear()
        raise Unavailable("the camera ended the stream")

    def _words(self, error: av.error.FFmpegError, said: list[tuple[int, str, str]]) -> str:
        """The peer's own words, without address or secrets."""
        words = [
            error.strerror or "",
            *(text.strip() for level, _, text in said[-3:] if level <= av.logging.ERROR),
        ]
        text = "; ".join(dict.fromkeys(words))
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return re.sub(r"\w+://\S*@", "", text)


def _address(camera: RtspCamera) -> tuple[str, list[str]]:
    """The address with its credentials, and what must never be said aloud."""
    parts = urlsplit(camera.url)
    username = camera.username or unquote(parts.username or "")
    password = camera.password or unquote(parts.password or "")
    place = parts.netloc.rpartition("@")[2]
    if username or password:
        place = f"{quote(username, safe='')}:{quote(password, safe='')}@{place}"
    secrets = [password, quote(password, safe=""), parts.password or ""]
    return urlunsplit(parts._replace(netloc=place)), sorted({s for s in secrets if s}, key=len, reverse=True)
