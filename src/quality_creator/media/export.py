"""One file of a recorded episode, for anyone to keep: nothing is encoded again.

A progressive MP4 that starts at once (`moov` in front) with the rundown as chapters, and the measured values
as a text track that players can show below the picture. What no MP4 track holds as it is, the messages
themselves, goes beside it as JSON Lines when asked for: a first line about the file, then one
`model.event.TimedMessage` a line, whose `at` is a position in the file, in ticks of 1/90000 s.

Where the recording has a gap, the file has a cut: MP4 knows no holes, and a picture held for the
length of a gap would let sound and picture drift apart in players. The first line of the JSON says where
and how much was cut.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

import av
import msgspec
from av.error import FFmpegError

from quality_creator.media import cmaf, emsg
from quality_creator.model.clock import TICKS, MediaTime
from quality_creator.model.errors import BadInput, BadPayload, Unavailable
from quality_creator.model.event import SCHEME, Definition, Definitions, Point, TimedMessage
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.stream import AUDIO_RATE, FRAME_TICKS
from quality_creator.model.text import Language

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.stream import Stream

SHORTEST_TEXT = 5 * FRAME_TICKS
"""A text stands at least this long: values that change sooner come together a little later, never earlier."""

_SCALES = {cmaf.PICTURE: TICKS, cmaf.SOUND: AUDIO_RATE}

# What FFmpeg's tx3g encoder wants to know of the letters: white, with a thin black edge, at the bottom.
_STYLE = b"""[Script Info]\r
ScriptType: v4.00+\r
\r
[V4+ Styles]\r
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
MarginR, MarginV, Encoding\r
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1\r
\r
[Events]\r
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r
"""


@dataclass(frozen=True, slots=True)
class Piece:
    """A segment of the recording."""

    start: MediaTime
    duration: int
    """In ticks."""
    init: bytes
    read: Callable[[], bytes] | None
    """Gives the segment's bytes; None where it was not recorded. Called once, in order."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """What begins where."""

    at: MediaTime
    title: str


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """Where the file leaves something out."""

    at: int
    """Position in the file, in ticks."""
    missing: int
    """What is left out, in ticks."""


class Header(msgspec.Struct, frozen=True, kw_only=True, tag="export", tag_field="type"):
    """The first line of the JSON beside a file."""

    scheme: str
    title: str
    ticks: int
    """In a second."""
    duration: int
    cuts: tuple[Cut, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """Which position of the recording is which of the file."""

    pieces: tuple[tuple[Piece, int], ...]
    """The recorded ones, and how far each moves towards the start."""
    cuts: tuple[Cut, ...]
    duration: int

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> Self:
        """Put the recorded pieces one behind the other.

        Raises:
            BadInput: none is recorded, or they were encoded differently.
            BadPayload: they overlap.
        """
        placed: list[tuple[Piece, int]] = []
        cuts: list[Cut] = []
        position = 0
        for piece in pieces:
            if piece.read is None:
                continue
            moved = piece.start - position
            before = placed[-1][1] if placed else 0
            if moved < before:
                raise BadPayload(f"the segment at {piece.start} begins before the one in front of it ends")
            if moved > before:
                cuts.append(Cut(at=position, missing=moved - before))
            if placed and piece.init != placed[0][0].init:
                raise BadInput(
                    f"from {piece.start // TICKS} s on the episode was encoded differently, which one file "
                    "can't hold; export it in two pieces"
                )
            placed.append((piece, moved))
            position += piece.duration
        if not placed:
            raise BadInput("nothing of the episode was recorded; there is nothing to export")
        return cls(tuple(placed), tuple(cuts), position)

    def position(self, at: MediaTime) -> int:
        """Where a position of the recording is in the file; one that was cut out is at the cut."""
        found = 0
        for piece, moved in self.pieces:
            if at < piece.start:
                break
            found = min(at, piece.start + piece.duration) - moved
        return found


def export(
    pieces: Sequence[Piece],
    path: Path,
    *,
    title: str,
    chapters: Sequence[Chapter] = (),
    language: Language = "en",
    data: Path | None = None,
) -> Layout:
    """Write the file; it is there when it is complete, and not before.

    Args:
        pieces: The whole recording of one rendition, in order; those that were not recorded too.
        path: The file to write; one that is there is replaced.
        title: Of the episode.
        chapters: In order.
        language: Of the text track.
        data: Where the messages go as JSON Lines; nowhere when left out.

    Raises:
        BadInput: nothing is recorded, or it does not fit into one file.
        BadPayload: the recording is damaged.
        Unavailable: the file can't be written, in the system's words.
    """
    layout = Layout.of(pieces)
    spare = path.with_name(path.name + ".part")
    try:
        with _translated(path), ExitStack() as stack:
            stack.callback(spare.unlink, missing_ok=True)
            lines = stack.enter_context(data.open("w", encoding="utf-8")) if data is not None else None
            if lines is not None:
                header = Header(
                    scheme=SCHEME, title=title, ticks=TICKS, duration=layout.duration, cuts=layout.cuts
                )
                lines.write(msgspec.json.encode(header).decode() + "\n")
            with av.open(str(spare), "w", format="mp4", options={"movflags": "+faststart"}) as out:
                out.metadata["title"] = title
                out.set_chapters(_chapters(layout, chapters))
                _copy(layout, out, language, lines)
            spare.replace(path)
    except BaseException:
        if data is not None:
            data.unlink(missing_ok=True)
        raise
    return layout


def _copy(layout: Layout, out: "OutputContainer", language: Language, lines: TextIO | None) -> None:
    """Every sample and every message of the recording, at its place in the file."""
    streams: dict[int, Stream] = {}
    texts: Stream | None = None
    values = _Values(language)
    for piece, moved in layout.pieces:
        assert piece.read is not None
        segment = piece.read()
        if texts is None:
            streams, texts = _streams(out, piece.init + segment)
        _check(piece, segment)
        for fragment in cmaf.fragments(segment):
            for run in fragment.runs:
                if run.track in streams:
                    for packet in _packets(segment, run, moved):
                        packet.stream = streams[run.track]
                        out.mux(packet)
        for timed in emsg.messages(segment):
            moved_message = TimedMessage(at=max(timed.at - moved, 0), message=timed.message)
            if lines is not None:
                lines.write(msgspec.json.encode(moved_message).decode() + "\n")
            for text in values.take(moved_message):
                out.mux(text.packet(texts))
    if texts is not None:
        for text in values.end(layout.duration):
            out.mux(text.packet(texts))


def _streams(out: "OutputContainer", sample: bytes) -> tuple[dict[int, "Stream"], "Stream"]:
    """Tracks like the recording's, and one for text."""
    with av.open(io.BytesIO(sample), "r", format="mp4") as source:
        picture = out.add_stream_from_template(source.streams.video[0])
        sound = out.add_stream_from_template(source.streams.audio[0])
    text = out.add_stream("mov_text")
    text.codec_context.subtitle_header = _STYLE
    text.codec_context.time_base = Fraction(1, TICKS)
    return {cmaf.PICTURE: picture, cmaf.SOUND: sound}, text


def _check(piece: Piece, segment: bytes) -> None:
    """A segment that is not whole and where its index says would spoil all that follows."""
    for track, scale in _SCALES.items():
        position, end = (at * scale // TICKS for at in (piece.start, piece.start + piece.duration))
        for fragment in cmaf.fragments(segment):
            run = fragment.run(track)
            if run is None or run.at != position:
                raise BadPayload(f"the segment at {piece.start} goes on at another place than where it was")
            position = run.end
        if position != end:
            raise BadPayload(f"the segment at {piece.start} ends at another place than its index says")


def _packets(segment: bytes, run: cmaf.Run, moved: int) -> Iterator["av.Packet[Stream]"]:
    scale = _SCALES[run.track]
    at = run.at - moved * scale // TICKS
    for sample in run.samples:
        packet = av.Packet(segment[sample.start : sample.end])
        packet.time_base = Fraction(1, scale)
        packet.pts = packet.dts = at
        packet.duration = sample.duration
        packet.is_keyframe = sample.key
        at += sample.duration
        yield packet


def _chapters(layout: Layout, chapters: Sequence[Chapter]) -> list["av.container.core.Chapter"]:
    starts = [layout.position(chapter.at) for chapter in chapters]
    ends = [*starts, layout.duration][1:]
    return [
        {
            "id": number,
            "start": start,
            "end": end,
            "time_base": Fraction(1, TICKS),
            "metadata": {"title": chapter.title},
        }
        for number, (chapter, start, end) in enumerate(zip(chapters, starts, ends, strict=True), 1)
        if start < end
    ]


@dataclass(frozen=True, slots=True)
class _Text:
    """What stands below the picture for a while."""

    start: int
    end: int
    words: str

    def packet(self, stream: "Stream") -> "av.Packet[Stream]":
        """As a sample of a tx3g track (3GPP TS 26.245): its length, and UTF-8."""
        words = self.words.encode()[:65_535]
        packet = av.Packet(len(words).to_bytes(2, "big") + words)
        packet.stream, packet.time_base = stream, Fraction(1, TICKS)
        packet.pts = packet.dts = self.start
        packet.duration = self.end - self.start
        packet.is_keyframe = True
        return packet


@dataclass(slots=True)
class _Values:
    """The newest value of each characteristic as text, from one change to the next."""

    language: Language
    definitions: dict[CharacteristicId, Definition] = field(default_factory=dict)
    newest: dict[CharacteristicId, str] = field(default_factory=dict)
    start: int | None = None
    words: str = ""
    """What stands since `start`."""
    changed: int | None = None
    """Since when other words wait for this text to have stood long enough."""

    def take(self, timed: TimedMessage) -> list[_Text]:
        """A message, in order; returns the text that has ended since."""
        if isinstance(timed.message, Definitions):
            self.definitions = {one.characteristic: one for one in timed.message.characteristics}
            return []
        if not timed.message.points:
            return []
        ended = self._change(timed.at)
        for point in timed.message.points:
            if definition := self.definitions.get(point.characteristic):
                self.newest[point.characteristic] = _line(definition, point, self.language)
        if self.start is None:
            self.start, self.words = timed.at, self._joined()
        elif self.changed is None:
            self.changed = timed.at
        return ended

    def end(self, at: int) -> list[_Text]:
        """The last texts, at the file's end."""
        ended = self._change(at)
        if self.start is not None and self.start < at:
            ended.append(_Text(self.start, at, self.words))
        return ended

    def _change(self, now: int) -> list[_Text]:
        """Go over to the words that wait, if they were due before now."""
        if self.start is None or self.changed is None:
            return []
        due = max(self.changed, self.start + SHORTEST_TEXT)
        if due >= now:
            return []
        text = _Text(self.start, due, self.words)
        self.start, self.words, self.changed = due, self._joined(), None
        return [text]

    def _joined(self) -> str:
        return "\n".join(self.newest.values())


def _line(definition: Definition, point: Point, language: Language) -> str:
    """`glaze thickness 412.3 µm`, and the rules that begin to hold."""
    value = (
        f"{definition.name.pick(language)} {point.value:.{definition.decimals}f} {definition.unit}".strip()
    )
    marks = [signal.rule for signal in point.signals if not signal.continuing]
    return " ".join([value, *(f"! {rule}" for rule in marks)])


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    """Turns FFmpeg's and the system's errors into ours, once."""
    try:
        yield
    except (FFmpegError, OSError) as error:
        raise Unavailable(f"{path} can't be written: {error.strerror or error}") from error
