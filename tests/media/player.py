"""A player's view of playlists, written from RFC 8216bis and not from our window: reads, checks, merges."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)(?:,|$)')


@dataclass(frozen=True)
class Segment:
    """A segment with everything that applies to it; without address and duration while it is made."""

    msn: int
    uri: str | None = None
    duration: float = 0.0
    utc: datetime | None = None
    init: str | None = None
    discontinuity: bool = False
    gap: bool = False
    parts: tuple[tuple[str, float, bool], ...] = ()


@dataclass
class Playlist:
    """What one answer said."""

    version: int = 1
    target: int = 0
    kind: str | None = None
    first: int = 0
    control: dict[str, str] = field(default_factory=dict)
    part_target: float | None = None
    segments: list[Segment] = field(default_factory=list)
    open: Segment | None = None
    hint: str | None = None
    reports: dict[str, tuple[int, int]] = field(default_factory=dict)
    skipped: int = 0
    ended: bool = False

    @property
    def known(self) -> list[Segment]:
        """All segments, with the open one if it has parts."""
        return self.segments + ([self.open] if self.open is not None else [])

    @property
    def length(self) -> float:
        """Seconds from the start of the first listed segment to the end of the last part."""
        open_length = sum(part[1] for part in self.open.parts) if self.open else 0
        return sum(segment.duration for segment in self.segments) + open_length

    def has(self, msn: int, part: int | None) -> bool:
        """Whether the answer serves a player that asked for this part (or whole segment) or a later one."""
        if any(segment.msn >= msn for segment in self.segments):
            whole = next((s for s in self.segments if s.msn == msn), None)
            if part is None or whole is None or any(s.msn > msn for s in self.known):
                return True
            return part < len(whole.parts)
        if self.open is None or part is None:
            return False
        return self.open.msn > msn or (self.open.msn == msn and part < len(self.open.parts))


def attributes(text: str) -> dict[str, str]:
    found = {name: value.strip('"') for name, value in ATTRIBUTE.findall(text)}
    assert len(found) == text.count("=") - text.count("==") or '"' in text
    return found


def parse(text: str) -> Playlist:
    """Read a playlist; any tag that we do not know, or one in a wrong place, fails."""
    lines = text.split("\n")
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == "", "the last line has no end"
    out = Playlist()
    msn, init = 0, None
    current = Segment(0)
    seen: set[str] = set()
    for line in lines[1:-1]:
        assert line == line.strip()
        assert line, "an empty line"
        if not line.startswith("#"):
            assert current.duration > 0, f"{line} without EXTINF"
            out.segments.append(replace(current, msn=msn, uri=line, init=init))
            msn, current = msn + 1, Segment(0)
            continue
        tag, _, value = line.partition(":")
        if tag in ONCE:
            assert tag not in seen, f"{tag} twice"
            assert tag in AT_THE_END or not out.segments, f"{tag} behind a segment"
            seen.add(tag)
        match tag:
            case "#EXT-X-VERSION":
                out.version = int(value)
            case "#EXT-X-TARGETDURATION":
                out.target = int(value)
            case "#EXT-X-MEDIA-SEQUENCE":
                out.first = msn = int(value)
            case "#EXT-X-PLAYLIST-TYPE":
                out.kind = value
            case "#EXT-X-INDEPENDENT-SEGMENTS":
                assert not value
            case "#EXT-X-SERVER-CONTROL":
                out.control = attributes(value)
            case "#EXT-X-PART-INF":
                out.part_target = float(attributes(value)["PART-TARGET"])
            case "#EXT-X-SKIP":
                out.skipped = int(attributes(value)["SKIPPED-SEGMENTS"])
                msn += out.skipped
            case "#EXT-X-DISCONTINUITY":
                current = replace(current, discontinuity=True)
            case "#EXT-X-MAP":
                init = attributes(value)["URI"]
            case "#EXT-X-PROGRAM-DATE-TIME":
                assert current.utc is None
                current = replace(current, utc=datetime.fromisoformat(value))
            case "#EXT-X-GAP":
                current = replace(current, gap=True)
            case "#EXT-X-PART":
                part = attributes(value)
                entry = part["URI"], float(part["DURATION"]), part.get("INDEPENDENT") == "YES"
                current = replace(current, parts=(*current.parts, entry))
            case "#EXTINF":
                assert current.duration == 0
                current = replace(current, duration=float(value.removesuffix(",")))
            case "#EXT-X-PRELOAD-HINT":
                assert attributes(value)["TYPE"] == "PART"
                out.hint = attributes(value)["URI"]
            case "#EXT-X-RENDITION-REPORT":
                report = attributes(value)
                out.reports[report["URI"]] = int(report["LAST-MSN"]), int(report["LAST-PART"])
            case "#EXT-X-ENDLIST":
                out.ended = True
            case _:
                raise AssertionError(f"{tag} is not a tag of a media playlist that we use")
    assert current.duration == 0, "EXTINF without a URI"
    if current != Segment(0):
        assert current.parts, "tags of a segment that has nothing"
        out.open = replace(current, msn=msn, init=init)
    return out


AT_THE_END = {"#EXT-X-PRELOAD-HINT", "#EXT-X-ENDLIST"}
ONCE = AT_THE_END | {
    "#EXT-X-VERSION",
    "#EXT-X-TARGETDURATION",
    "#EXT-X-MEDIA-SEQUENCE",
    "#EXT-X-PLAYLIST-TYPE",
    "#EXT-X-INDEPENDENT-SEGMENTS",
    "#EXT-X-SERVER-CONTROL",
    "#EXT-X-PART-INF",
    "#EXT-X-SKIP",
}


def check(playlist: Playlist) -> None:
    """The rules of RFC 8216bis that can be seen in one full playlist."""
    target = playlist.target
    low_latency = playlist.part_target is not None
    assert playlist.version >= (9 if playlist.skipped or low_latency else 6)
    assert playlist.kind in (None, "EVENT", "VOD")
    for segment in playlist.segments:
        assert round(segment.duration) <= target  # 4.4.3.1
    for segment in playlist.known:
        assert segment.utc is not None  # 6.2.1
        assert segment.utc.tzinfo is not None
        assert segment.init is not None  # 4.4.4.5: fMP4 needs one
        for index, (_, duration, _) in enumerate(segment.parts):
            assert playlist.part_target is not None
            assert 0 < duration <= playlist.part_target  # 4.4.3.7
            if index + 1 < len(segment.parts):
                assert duration >= 0.85 * playlist.part_target  # 4.4.4.9
        if segment.parts:
            assert segment.parts[0][2]  # EXT-X-INDEPENDENT-SEGMENTS
        if segment.parts and segment is not playlist.open:
            assert abs(sum(part[1] for part in segment.parts) - segment.duration) < 1e-4
    assert len({segment.uri for segment in playlist.segments}) == len(playlist.segments)
    if playlist.kind == "VOD":
        assert playlist.ended
        assert not low_latency
        return
    assert playlist.part_target is not None
    assert playlist.control["CAN-BLOCK-RELOAD"] == "YES"
    assert float(playlist.control["CAN-SKIP-UNTIL"]) >= 6 * target  # 4.4.3.8
    assert float(playlist.control["PART-HOLD-BACK"]) >= 2 * playlist.part_target
    assert (playlist.hint is None) == playlist.ended
    behind = 0.0
    for segment in reversed(playlist.known):
        if segment is not playlist.open:
            # 6.2.2: listed up to three target durations behind the end, and no longer
            assert bool(segment.parts) == (behind < 3 * target - 1e-6) or segment.gap
        behind += segment.duration or sum(part[1] for part in segment.parts)


class Player:
    """Keeps what it knows over deltas, as a player does."""

    def __init__(self) -> None:
        self.playlist: Playlist | None = None

    @property
    def may_skip(self) -> bool:
        """Whether it may ask for a delta (the caller says how old its playlist is)."""
        return self.playlist is not None

    def take(self, text: str) -> Playlist:
        """Take an answer in, full or delta."""
        new = parse(text)
        if new.skipped:
            old = self.playlist
            assert old is not None
            assert old.first == new.first
            known = {segment.msn: segment for segment in old.segments}
            wanted = range(new.first, new.first + new.skipped)
            assert all(msn in known for msn in wanted), "the delta leaves out what was never sent"
            inherited = known[wanted[-1]].init
            merged = [known[msn] for msn in wanted]
            for segment in new.known:
                inherited = segment.init or inherited
                if segment is new.open:
                    new.open = replace(segment, init=inherited)
                else:
                    merged.append(replace(segment, init=inherited))
            new.segments, new.skipped = merged, 0
        self.playlist = new
        return new
