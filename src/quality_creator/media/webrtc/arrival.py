"""From packets in any order to whole pictures and pieces of sound, without waiting longer than is worth it.

A picture is whole with its last packet, which is marked (RFC 3550, 5.1); nothing is kept back until the
next one begins. A packet that is missing is waited for while its retransmission may still come. What is
lost after that is skipped: sound goes on at once, pictures with the next one that stands for itself, since
whatever refers to a lost picture would show its absence for seconds.
"""

from collections.abc import Callable
from dataclasses import dataclass

from quality_creator.media.webrtc.words import Kind

PATIENCE_S: dict[Kind, float] = {"audio": 0.06, "video": 0.25}
"""How long a gap is waited for, from when something behind it came."""

ASK_AGAIN_S = 0.3
"""Between two requests for a picture that stands for itself."""

_MOST = 2048
"""Packets kept; a jump of more than half the numbers is a sender that began anew."""


@dataclass(frozen=True, slots=True)
class Packet:
    """What the assembly needs of an RTP packet."""

    sequence: int
    stamp: int
    marked: bool
    payload_type: int
    data: bytes
    """Without the payload's own header; empty when it only probes the network."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole picture, or one packet of sound, still encoded."""

    stamp: int
    payload_type: int
    data: bytes


class Assembly:
    """One stream of packets. `now` comes from a clock that only goes forward."""

    def __init__(self, kind: Kind, stands_alone: Callable[[Frame], bool] = lambda frame: True) -> None:
        """Begin with the first packet that comes.

        Args:
            kind: Whether a frame is one packet (sound) or ends with a mark (pictures).
            stands_alone: Whether a picture can be decoded without any before it.
        """
        self._kind = kind
        self._stands_alone = stands_alone
        self._next: int | None = None  # the lowest number that is not used yet, without wrapping
        self._kept: dict[int, Packet] = {}
        self._gap_since: float | None = None
        self._broken = kind == "video"
        self._asked = float("-inf")
        self.lost = 0
        """Packets that never came."""

    def add(self, packet: Packet, now: float) -> tuple[list[Frame], bool]:
        """Take a packet.

        Returns:
            The frames that are whole now, in order, and whether the sender should be asked for a picture
            that stands for itself.
        """
        number = self._number(packet.sequence)
        if self._next is None or abs(number - self._next) > _MOST:
            self._kept.clear()
            self._next, self._gap_since = number, None
            self._broken = self._kind == "video"
        if number >= self._next:
            self._kept[number] = packet
        frames = self._take()
        if not self._kept:
            self._gap_since = None
        elif self._next not in self._kept:
            self._gap_since = now if self._gap_since is None or frames else self._gap_since
            if now - self._gap_since >= PATIENCE_S[self._kind]:
                self._skip()
                self._gap_since = None
                frames += self._take()
        else:
            self._gap_since = None
        whole = [frame for frame in frames if self._usable(frame)]
        return whole, self._ask(now)

    def spoiled(self) -> None:
        """A picture could not be decoded: nothing that refers to it is wanted."""
        self._broken = self._kind == "video"

    def _number(self, sequence: int) -> int:
        """The packet's number without wrapping, nearest to where we are."""
        if self._next is None:
            return sequence
        ahead = (sequence - self._next) & 0xFFFF
        return self._next + (ahead if ahead < 0x8000 else ahead - 0x10000)

    def _take(self) -> list[Frame]:
        """All frames that are whole from the next packet on."""
        frames = []
        while (frame := self._frame()) is not None:
            frames.append(frame)
        return frames

    def _frame(self) -> Frame | None:
        assert self._next is not None
        first = number = self._next
        while (packet := self._kept.get(number)) is not None:
            begun = self._kept[first]
            if packet.stamp != begun.stamp:
                return self._cut(first, number)
            number += 1
            # Between two pictures come packets that only probe; they are of no picture.
            if packet.marked or self._kind == "audio" or (number == first + 1 and not packet.data):
                return self._cut(first, number)
        return None

    def _cut(self, first: int, end: int) -> Frame:
        packets = [self._kept.pop(number) for number in range(first, end)]
        self._next = end
        data = b"".join(packet.data for packet in packets)
        return Frame(packets[0].stamp, packets[0].payload_type, data)

    def _skip(self) -> None:
        """Give up what is missing, and the picture that it was of."""
        assert self._next is not None
        first = min(self._kept)
        self.lost += first - self._next
        self._next = first
        if self._kind == "audio":
            return
        self._broken = True
        # What came of the picture in which the gap ends can't be told from a whole one: leave it out.
        while (packet := self._kept.pop(self._next, None)) is not None:
            self._next += 1
            if packet.marked:
                break

    def _usable(self, frame: Frame) -> bool:
        if not frame.data:
            return False
        if self._broken and self._stands_alone(frame):
            self._broken = False
        return not self._broken

    def _ask(self, now: float) -> bool:
        if not self._broken or now - self._asked < ASK_AGAIN_S:
            return False
        self._asked = now
        return True


def is_key(codec: str, data: bytes) -> bool:
    """Whether an encoded picture stands for itself: VP8 (RFC 6386, 9.1), H.264 with start codes."""
    if codec == "vp8":
        return bool(data) and not data[0] & 1
    at = data.find(b"\0\0\1")
    while 0 <= at < len(data) - 3:
        if data[at + 3] & 0x1F in (5, 7):
            return True
        at = data.find(b"\0\0\1", at + 3)
    return False
