"""One peer connection: a guest who sends, one who receives, or the producer who talks.

The library (aiortc) does the handshakes, SRTP and RTCP. Three things of it are replaced, all on a receiver
before it begins: how packets become frames (its own buffer holds each picture back until the next begins
and sound for 80 ms), who decodes them (the worker), and the most that it asks the sender for.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import av
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpSender,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.rtp import RtcpSrPacket, RtpPacket
from aiortc.sdp import candidate_from_sdp

from quality_creator.config import Webrtc
from quality_creator.media import wire
from quality_creator.media.webrtc import sdp
from quality_creator.media.webrtc.arrival import Assembly, Packet, is_key
from quality_creator.media.webrtc.limits import HANDSHAKE_S, OFF_PROGRAM_BPS, ON_PROGRAM_BPS
from quality_creator.media.webrtc.words import (
    DECODERS,
    Arrived,
    Deliver,
    Kind,
    News,
    Reported,
    VideoCodec,
)
from quality_creator.model.errors import BadPayload, QualityCreatorError

_WAITING = 25
"""Packets that wait to be sent to a guest; the oldest goes first."""


class Peer:
    """For the event loop of the room."""

    def __init__(self, name: str, way: wire.Way, options: Webrtc, on_change: Callable[[Peer], None]) -> None:
        """Nothing is open yet.

        Args:
            name: The connection's, unique.
            way: What it is for.
            options: How we can be reached.
            on_change: Called when it stands, and when it is over.
        """
        self.name = name
        self.way = way
        self.connected = False
        self.over = False
        self.last = time.monotonic()
        """When something came last."""
        self.video: VideoCodec | None = None
        """Which codec the receiver takes; None where only sound is received."""
        self._options = options
        self._on_change = on_change
        self._connection = RTCPeerConnection(
            RTCConfiguration(
                iceServers=[
                    RTCIceServer(
                        urls=list(one.urls), username=one.username or None, credential=one.credential or None
                    )
                    for one in options.ice_servers
                ]
            )
        )
        self._connection.on("connectionstatechange", self._changed)
        self._assemblies: list[Assembly] = []
        self._estimators: list[_Cap] = []
        self._lines: dict[str, Line] = {}
        self._closing: asyncio.Future[None] | None = None

    async def answer(self, offer: str, prepare: Callable[[Peer, sdp.Wish], None]) -> str:
        """Take an offer and give the answer, with all our addresses in it.

        Args:
            offer: The other side's session description.
            prepare: Called once the offer is understood, to attach what is sent or taken.

        Raises:
            BadPayload: the offer can't be taken; the text says why.
        """
        wish = sdp.wish(offer)
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                if self.way == "receive":
                    prepare(self, wish)
                await self._connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
                if self.way != "receive":
                    prepare(self, wish)
                await self._connection.setLocalDescription(await self._connection.createAnswer())
        except QualityCreatorError:
            raise
        except TimeoutError:
            raise BadPayload(
                f"no answer within {HANDSHAKE_S:g} s; are the servers in webrtc.ice_servers there?"
            ) from None
        except Exception as error:
            # The library reads descriptions with assertions and indices; whatever they raise is the offer's.
            raise BadPayload(f"the offer can't be taken: {type(error).__name__} {error}") from error
        text = sdp.announced(self._connection.localDescription.sdp, self._options.announce)
        return text if self.way == "receive" else sdp.capped(text, ON_PROGRAM_BPS // 1000)

    async def trickle(self, text: str) -> None:
        """Take candidates that come after the offer. Raises BadPayload, for an ICE restart too."""
        news = sdp.fragment(text)
        remote = self._connection.remoteDescription.sdp
        if news.username and f"a=ice-ufrag:{news.username}" not in remote.replace("\r\n", "\n").split("\n"):
            raise BadPayload("ICE can't be restarted here; post a new offer to the same address instead")
        try:
            for mid, text_ in news.candidates:
                candidate = candidate_from_sdp(text_)
                candidate.sdpMid = mid or None
                candidate.sdpMLineIndex = None if mid else 0
                await self._connection.addIceCandidate(candidate)
            if news.complete:
                await self._connection.addIceCandidate(None)
        except Exception as error:
            raise BadPayload(f"a candidate can't be taken: {type(error).__name__} {error}") from error

    async def close(self) -> None:
        """End it."""
        if not self.over:
            self.over, self.connected = True, False
            self._on_change(self)
            with contextlib.suppress(ConnectionError):
                await self._connection.close()

    def _changed(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self.connected, self.last = True, time.monotonic()
            self._on_change(self)
        elif state in ("failed", "closed") and not self.over:
            self._closing = asyncio.ensure_future(self.close())

    # --- what comes --------------------------------------------------------------------------------------

    def take(self, tell: Callable[[News], None]) -> None:
        """Hand over what the other side sends. For `prepare`, of a peer that sends. Raises BadPayload."""
        for transceiver in self._connection.getTransceivers():
            receiver = transceiver.receiver
            if receiver.track is None:
                raise BadPayload("the offer sends nothing; its media must be `sendonly`")
            self._assemblies.append(self._tap(transceiver, tell))

    def spoiled(self) -> None:
        """Pictures can't be decoded without one that stands for itself."""
        for assembly in self._assemblies:
            assembly.spoiled()

    def _tap(self, transceiver: RTCRtpTransceiver, tell: Callable[[News], None]) -> Assembly:
        kind: Kind = "audio" if transceiver.kind == "audio" else "video"
        codecs = {codec.payloadType: codec.name.lower() for codec in transceiver._codecs}
        if not set(codecs.values()) & set(DECODERS):
            wanted = "Opus" if kind == "audio" else "VP8 or H.264"
            raise BadPayload(f"no codec of the offered {kind} is taken; offer {wanted}")
        assembly = Assembly(kind, lambda frame: is_key(codecs[frame.payload_type], frame.data))

        def arrived(packet: RtpPacket) -> bool:
            self.last = now = time.monotonic()
            frames, ask = assembly.add(
                Packet(
                    packet.sequence_number,
                    packet.timestamp,
                    bool(packet.marker),
                    packet.payload_type,
                    packet._data,  # type: ignore[attr-defined]
                ),
                now,
            )
            for frame in frames:
                if codecs.get(frame.payload_type) in DECODERS:
                    tell(
                        Arrived(
                            connection=self.name,
                            kind=kind,
                            codec=codecs[frame.payload_type],
                            stamp=frame.stamp,
                            data=frame.data,
                            now=now,
                        )
                    )
            return ask

        def reported(stamp: int, ntp: int) -> None:
            tell(Reported(connection=self.name, kind=kind, stamp=stamp, ntp=ntp))

        cap = _tap(transceiver.receiver, arrived, reported)
        if cap is not None:
            self._estimators.append(cap)
        return assembly

    def allow(self, bits: int) -> None:
        """Ask the other side to send at most so many bits of picture a second."""
        for cap in self._estimators:
            cap.most = bits

    # --- what goes ---------------------------------------------------------------------------------------

    def give(self, wish: sdp.Wish, refresh: Callable[[VideoCodec], None]) -> None:
        """Make the lines on which packets go. For `prepare`, of a peer that receives."""
        for kind in ("audio", "video"):
            if kind not in wish.kinds:
                continue
            line = Line(kind)
            transceiver = self._connection.addTransceiver(line, direction="sendonly")
            wanted = "audio/opus"
            if kind == "video":
                self.video = "h264" if wish.h264 else "vp8"
                wanted = {"h264": "video/h264", "vp8": "video/vp8"}[self.video]
            capabilities = RTCRtpSender.getCapabilities(kind).codecs
            transceiver.setCodecPreferences(
                [c for c in capabilities if c.mimeType.lower() in (wanted, f"{kind}/rtx")]
            )
            if self.video is not None:
                # What the library does when a receiver lost a picture; it can't reach an encoder of ours.
                transceiver.sender._send_keyframe = functools.partial(refresh, self.video)  # type: ignore[method-assign]
            self._lines[kind] = line

    def deliver(self, packet: Deliver) -> None:
        """Send a packet, where it is taken."""
        line = self._lines.get(packet.kind)
        if line is not None and self.connected:
            line.put(packet)


class Line(MediaStreamTrack):
    """Packets on their way to one receiver."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._packets: asyncio.Queue[Deliver] = asyncio.Queue(_WAITING)

    def put(self, packet: Deliver) -> None:
        """Send a packet next."""
        if self._packets.full():
            self._packets.get_nowait()
        self._packets.put_nowait(packet)

    async def recv(self) -> av.Packet[Any]:
        """The next packet."""
        if self.readyState != "live":
            raise MediaStreamError
        one = await self._packets.get()
        packet = av.Packet(one.data)
        packet.pts, packet.time_base = one.at, Fraction(1, one.rate)
        return packet


# --- what is replaced of the library ---------------------------------------------------------------------


class _Buffer:
    """Stands where the library's own buffer stood; frames leave by another door."""

    def __init__(self, arrived: Callable[[RtpPacket], bool]) -> None:
        self._arrived = arrived

    def add(self, packet: RtpPacket) -> tuple[bool, None]:
        return self._arrived(packet), None


class _Cap:
    """The library's estimate of what the network carries, with an upper limit of ours."""

    def __init__(self, estimator: Any) -> None:
        self._estimator = estimator
        self.most = OFF_PROGRAM_BPS
        self._told = 0
        self._ssrcs: list[int] = []

    def add(self, **packet: Any) -> tuple[int, list[int]] | None:
        found: tuple[int, list[int]] | None = self._estimator.add(**packet)
        if found is not None:
            self._ssrcs = found[1]
            self._told = self.most
            return min(found[0], self.most), found[1]
        if self._ssrcs and self._told != self.most:
            self._told = self.most
            return self.most, self._ssrcs
        return None


_PRIVATE = "_RTCRtpReceiver__"


def _tap(
    receiver: RTCRtpReceiver, arrived: Callable[[RtpPacket], bool], reported: Callable[[int, int], None]
) -> _Cap | None:
    """Put our own parts into a receiver that has not begun. Raises AttributeError without a place."""
    for part in ("jitter_buffer", "remote_bitrate_estimator"):
        getattr(receiver, _PRIVATE + part)
    setattr(receiver, f"{_PRIVATE}jitter_buffer", _Buffer(arrived))
    theirs = receiver._handle_rtcp_packet

    async def handle(packet: Any) -> None:
        if isinstance(packet, RtcpSrPacket):
            reported(packet.sender_info.rtp_timestamp, packet.sender_info.ntp_timestamp)
        await theirs(packet)

    receiver._handle_rtcp_packet = handle  # type: ignore[method-assign]
    estimator = getattr(receiver, f"{_PRIVATE}remote_bitrate_estimator")
    if estimator is None:
        return None
    cap = _Cap(estimator)
    setattr(receiver, f"{_PRIVATE}remote_bitrate_estimator", cap)
    return cap
