"""The low-latency HLS window: what is announced to players, and as which text (RFC 8216bis).

It knows neither HTTP nor codecs. An episode has one window for all of its renditions, since their parts
are made, kept and announced together. From the episode's media address the names are:

    index.m3u8                      the multivariant playlist (`multivariant`)
    <rendition>/index.m3u8          a media playlist (`Window.playlist`)
    <rendition>/<init>              an init segment, under the name that the segment states
    <rendition>/<msn>.m4s           a segment
    <rendition>/<msn>.<part>.m4s    a part

Names of media never change their meaning, so they can be cached for ever; playlists are cached by
their whole query. The window writes a playlist that only grows (`EVENT`), back to the episode's start.

**Theory of the text.** A segment's text changes while it is young: its parts are listed until it lies
three target durations behind the newest part. Then only its own lines remain (and `EXT-X-GAP` if it
was not recorded, for its bytes will soon be gone: no earlier, or players at the live edge would pass
over parts that they could have). A segment that lies wholly beyond the skip boundary (six target
durations) does not change any more: it is *settled*, its text is appended to what was settled before, as
plain text and into a running gzip stream, and it is never looked at again. A four-hour playlist so
costs a copy of its text and the compression of the last few segments.
"""

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from quality_creator.model.clock import TICKS, Micros, iso
from quality_creator.model.stream import FRAME_RATE, PART_TICKS, SEGMENT_TICKS, Rendition

PLAYLIST = "index.m3u8"
CONTENT_TYPE = "application/vnd.apple.mpegurl"

TARGET_S = -(-SEGMENT_TICKS // TICKS)
"""Target duration: seconds, whole, not less than any segment when that is rounded."""

PARTS_LISTED = 3 * TARGET_S * TICKS
"""Ticks behind the newest part within which a segment's parts are listed (6.2.2)."""

SKIP_BOUNDARY = 6 * TARGET_S * TICKS
"""Ticks behind the newest part beyond which segments are left out of delta updates (4.4.3.8)."""

ADVANCE_PARTS = -(-3 * TICKS // PART_TICKS) if PART_TICKS < TICKS else 3
"""How many parts a blocking request may be ahead of the newest part (6.2.5.2)."""

BLOCK_S = 3 * TARGET_S
"""Seconds after which a blocked request should be answered with 503 (6.2.5.2)."""

Ready = Literal["now", "wait", "refuse"]
"""What to do with a request: answer, hold until the window changes and ask again, answer with 400."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part as players see it."""

    duration: int = PART_TICKS
    independent: bool = False
    """It starts with a key frame."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished segment; what a stored row says."""

    msn: int
    utc: Micros
    """Wall time of its first picture."""
    inits: Mapping[str, str]
    """By rendition: the name of the init segment."""
    parts: tuple[Part, ...]
    discontinuity: bool = False
    """Time stamps or encoding do not go on from the segment before."""
    recorded: bool = True

    @property
    def duration(self) -> int:
        """In ticks."""
        return sum(part.duration for part in self.parts)


@dataclass(frozen=True, slots=True)
class Variant:
    """A rendition as the multivariant playlist states it."""

    name: str
    bandwidth: int
    """Bits a second that no segment exceeds."""
    average: int
    codecs: str
    width: int
    height: int


def variant(rendition: Rendition, codecs: str, data_bitrate: int = 64_000) -> Variant:
    """What an encoding needs, from how it is made.

    The peak is a segment whose encoder starts with a full buffer of one second (that is what
    `Rendition.video_bitrate` says of it) and drains it; sound may swing by a tenth.
    """
    segment_s = SEGMENT_TICKS / TICKS
    peak = rendition.video_bitrate * (1 + 1 / segment_s) + rendition.audio_bitrate * 1.1 + data_bitrate
    average = rendition.video_bitrate + rendition.audio_bitrate + data_bitrate
    return Variant(rendition.name, math.ceil(peak), average, codecs, rendition.width, rendition.height)


def multivariant(variants: Sequence[Variant]) -> bytes:
    """The playlist of playlists; a player starts with the first."""
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for one in variants:
        lines += (
            f"#EXT-X-STREAM-INF:BANDWIDTH={one.bandwidth},AVERAGE-BANDWIDTH={one.average},"
            f'CODECS="{one.codecs}",RESOLUTION={one.width}x{one.height},FRAME-RATE={FRAME_RATE}.000',
            f"{one.name}/{PLAYLIST}",
        )
    return ("\n".join(lines) + "\n").encode()


def segment_name(msn: int) -> str:
    """A segment's address from its media playlist."""
    return f"{msn}.m4s"


def part_name(msn: int, part: int) -> str:
    """A part's address from its media playlist."""
    return f"{msn}.{part}.m4s"


class Window:
    """What is announced of one episode; told by one owner, read by any number of requests.

    Args:
        renditions: Their names; every segment states an init for each.
        segments: The stored ones, in order and without gaps in their numbers, when an episode goes on.
        hold_back: How many parts players stay behind the newest: 3 is what the standard advises, 2 is the
            least that it allows (faster, and less forgiving).
        ended: The episode is over before anyone asks: the playlist is one of `VOD`.
        first: The first segment's number, where there are none yet.
    """

    def __init__(
        self,
        renditions: Sequence[str],
        *,
        segments: Iterable[Segment] = (),
        hold_back: float = 3.0,
        ended: bool = False,
        first: int = 0,
    ) -> None:
        if hold_back < 2:
            raise ValueError(f"a hold-back of {hold_back} parts; players need at least 2")
        stored = tuple(segments)
        self.version = 0
        """Grows with every change: an answer that was made at a version holds for it."""
        self._vod = ended
        self._ended = False
        self._next = stored[0].msn if stored else first
        self._edge = 0  # ticks announced
        self._inits: Mapping[str, str] = {}
        self._open: _Young | None = None
        self._recent: list[_Young] = []
        self._last_parts = 0
        self._settled = 0
        head = _head(self._next, None if ended else hold_back)
        self._feeds = {name: _Feed(head) for name in renditions}
        for segment in stored:
            self.restore(segment)
        self._ended = ended

    # --- told by the owner ---

    def open(self, msn: int, utc: Micros, inits: Mapping[str, str], *, discontinuity: bool = False) -> None:
        """A segment starts; it is announced with its first part."""
        if self._ended or self._open is not None or msn != self._next:
            state = "the episode has ended" if self._ended else f"segment {self._next} is next"
            raise ValueError(f"segment {msn} can't start: {state if self._open is None else 'one is open'}")
        if inits.keys() != self._feeds.keys():
            raise ValueError(f"inits for {sorted(inits)}; the renditions are {sorted(self._feeds)}")
        changed = frozenset(name for name, init in inits.items() if self._inits.get(name) != init)
        self._inits = inits
        self._open = _Young(Segment(msn, utc, inits, (), discontinuity), changed)

    def add(self, part: Part = Part()) -> None:
        """Announce a part of the open segment. Its bytes are kept and can be had."""
        if self._open is None:
            raise ValueError("a part without an open segment")
        if part.duration > PART_TICKS:
            raise ValueError(f"a part of {part.duration} ticks; at most {PART_TICKS} were promised")
        self._open.segment = replace(self._open.segment, parts=(*self._open.segment.parts, part))
        self._edge += part.duration
        self._settle()
        self.version += 1

    def close(self, *, recorded: bool = True) -> Segment:
        """The open segment is finished; it has at least one part.

        Args:
            recorded: False when its bytes will be gone once it is settled: then it is a gap.
        """
        young = self._open
        if young is None or not young.segment.parts:
            raise ValueError("there is no open segment with a part")
        segment = young.segment = replace(young.segment, recorded=recorded)
        if 2 * segment.duration >= (2 * TARGET_S + 1) * TICKS:
            raise ValueError(f"segment {segment.msn} is longer than the target of {TARGET_S} s")
        young.end = self._edge
        self._open = None
        self._next = segment.msn + 1
        self._last_parts = len(segment.parts)
        self._recent.append(young)
        self.version += 1
        return segment

    def restore(self, segment: Segment) -> None:
        """Announce a segment that an earlier process made: where it was not recorded, it is a gap at once."""
        self.open(segment.msn, segment.utc, segment.inits, discontinuity=segment.discontinuity)
        for part in segment.parts:
            self.add(part)
        self.close(recorded=segment.recorded)
        self._recent[-1].gone = not segment.recorded

    def end(self) -> None:
        """Nothing more comes. What is announced stays, an open segment is closed."""
        if self._open is not None and self._open.segment.parts:
            self.close()
        self._open = None
        self._ended = True
        self.version += 1

    # --- asked for requests ---

    @property
    def ended(self) -> bool:
        """Whether the playlist is complete."""
        return self._ended

    @property
    def newest(self) -> tuple[int, int] | None:
        """The newest part: its segment's number and its own; None before the first."""
        if self._open is not None and self._open.segment.parts:
            return self._next, len(self._open.segment.parts) - 1
        return (self._next - 1, self._last_parts - 1) if self._last_parts else None

    @property
    def hint(self) -> tuple[int, int] | None:
        """The part that comes next: a request for it is held. None when nothing more comes."""
        return None if self._ended else (self._next, self._announced)

    @property
    def oldest_young(self) -> int:
        """From this segment on, parts may be asked for, and what is not recorded must be in memory."""
        return self._recent[0].segment.msn if self._recent else self._next

    def ready(self, msn: int | None, part: int | None) -> Ready:
        """Whether a playlist request with `_HLS_msn` and `_HLS_part` can be answered (6.2.5.2).

        After `BLOCK_S` of "wait" the answer should be 503.
        """
        if self._ended or (msn is None and part is None):
            return "now"
        if msn is None or msn < 0 or (part is not None and part < 0):
            return "refuse"
        if part is not None and msn == self._next - 1 and part >= self._last_parts:
            msn, part = msn + 1, 0  # beyond a finished segment's last part: the next one's first
        ahead = msn - self._next
        if ahead < 0 or (ahead == 0 and part is not None and part < self._announced):
            return "now"
        # The last Media Segment is the one before `_next`: "plus two" leads to the one behind `_next`.
        newest = self._announced - 1 if ahead == 0 else -1
        if ahead > 1 or (part is not None and part > newest + ADVANCE_PARTS):
            return "refuse"
        return "wait"

    def playlist(self, rendition: str, *, skip: bool = False) -> bytes:
        """A rendition's media playlist as it is now.

        Args:
            rendition: One of those that the window was made with.
            skip: The request has `_HLS_skip`: answer with a delta update if that is possible.
        """
        feed = self._feeds[rendition]
        young = self._young(rendition)
        if skip and self._settled and not self._ended:
            return f"{feed.head}#EXT-X-SKIP:SKIPPED-SEGMENTS={self._settled}\n{young}".encode()
        return bytes(feed.plain) + young.encode()

    def playlist_gzip(self, rendition: str, *, skip: bool = False) -> bytes:
        """The same, compressed; costs little however long the playlist is."""
        if skip and self._settled and not self._ended:
            return zlib.compress(self.playlist(rendition, skip=True), wbits=_GZIP)
        feed = self._feeds[rendition]
        tail = feed.deflate.copy()
        return bytes(feed.packed) + tail.compress(self._young(rendition).encode()) + tail.flush()

    # --- text ---

    @property
    def _announced(self) -> int:
        """Parts of the open segment."""
        return 0 if self._open is None else len(self._open.segment.parts)

    def _settle(self) -> None:
        """Move the segments that do not change any more into the settled text."""
        while self._recent and self._edge - self._recent[0].end >= SKIP_BOUNDARY:
            young = self._recent.pop(0)
            for name, feed in self._feeds.items():
                feed.append(young.text(name, listed=False))
            self._settled += 1

    def _young(self, rendition: str) -> str:
        """What follows the settled text."""
        pieces = [
            young.text(rendition, listed=not self._vod and self._edge - young.end < PARTS_LISTED)
            for young in self._recent
        ]
        if self._ended:
            pieces.append("#EXT-X-ENDLIST\n")
            return "".join(pieces)
        if self._open is not None and self._open.segment.parts:
            pieces.append(self._open.lines(rendition, listed=True))
        pieces.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{part_name(self._next, self._announced)}"\n')
        if self.newest is not None:
            msn, part = self.newest
            pieces += (
                f'#EXT-X-RENDITION-REPORT:URI="../{name}/{PLAYLIST}",LAST-MSN={msn},LAST-PART={part}\n'
                for name in self._feeds
                if name != rendition
            )
        return "".join(pieces)


_GZIP = 31
"""zlib's `wbits` for the largest window with a gzip header."""


class _Feed:
    """A rendition's settled text: as it is, and as a gzip stream that is not finished."""

    def __init__(self, head: str) -> None:
        self.head = head
        self.plain = bytearray()
        self.packed = bytearray()
        self.deflate = zlib.compressobj(wbits=_GZIP)
        self.append(head)

    def append(self, text: str) -> None:
        """Text that will never change."""
        data = text.encode()
        self.plain += data
        self.packed += self.deflate.compress(data)


@dataclass(slots=True)
class _Young:
    """A segment whose text may still change, and the texts it has had."""

    segment: Segment
    changed: frozenset[str]
    """Renditions whose init differs from the segment's before."""
    end: int = 0
    """In ticks since the window's start."""
    gone: bool = False
    """Its bytes were not recorded and are no longer in memory."""
    _texts: dict[tuple[str, bool], str] = field(default_factory=dict)

    def text(self, rendition: str, *, listed: bool) -> str:
        """The lines of a finished segment; with its parts, or without."""
        listed = listed and not self.gone
        key = rendition, listed
        if key not in self._texts:
            segment = self.segment
            gap = "" if segment.recorded or listed else "#EXT-X-GAP\n"
            length = f"#EXTINF:{_seconds(segment.duration)},\n{segment_name(segment.msn)}\n"
            self._texts[key] = self.lines(rendition, listed=listed) + gap + length
        return self._texts[key]

    def lines(self, rendition: str, *, listed: bool) -> str:
        """What stands before a segment's own lines; all there is while it is open."""
        segment = self.segment
        lines = ["#EXT-X-DISCONTINUITY\n"] if segment.discontinuity else []
        if rendition in self.changed:
            lines.append(f'#EXT-X-MAP:URI="{segment.inits[rendition]}"\n')
        lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{iso(segment.utc)}\n")
        if listed:
            for number, part in enumerate(segment.parts):
                key = ",INDEPENDENT=YES" if part.independent else ""
                uri = part_name(segment.msn, number)
                lines.append(f'#EXT-X-PART:DURATION={_seconds(part.duration)},URI="{uri}"{key}\n')
        return "".join(lines)


def _head(first: int, hold_back: float | None) -> str:
    """The lines that never change; without a hold-back they are those of a finished episode."""
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:9",
        f"#EXT-X-TARGETDURATION:{TARGET_S}",
        f"#EXT-X-MEDIA-SEQUENCE:{first}",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if hold_back is None else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    if hold_back is not None:
        lines += (
            f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL={_seconds(SKIP_BOUNDARY)},"
            f"PART-HOLD-BACK={_seconds(round(hold_back * PART_TICKS))}",
            f"#EXT-X-PART-INF:PART-TARGET={_seconds(PART_TICKS)}",
        )
    return "\n".join(lines) + "\n"


def _seconds(ticks: int) -> str:
    """Ticks as a decimal number without needless digits."""
    return f"{ticks / TICKS:.5f}".rstrip("0").rstrip(".")
