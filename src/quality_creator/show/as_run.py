"""What was aired, for those who come later: chapters of the replay, and an edit decision list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from quality_creator.model.clock import MediaTime
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import FRAME_RATE, FRAME_TICKS
from quality_creator.model.text import Text
from quality_creator.show.state import AsRun


@dataclass(frozen=True, slots=True)
class Chapter:
    """What begins where."""

    at: MediaTime
    title: Text


def chapters(lines: Sequence[AsRun], names: Mapping[SourceId, Text]) -> list[Chapter]:
    """The chapters of what was aired: its items; of a show without a rundown, its scenes.

    Cuts within an item are no chapters, and neither are those that follow whoever speaks. What
    stands before the first item is one, by who is seen.

    Args:
        lines: In order; those without a position are left out.
        names: Of the sources.
    """
    planned = any(line.item is not None for line in lines)
    found: list[Chapter] = []
    for line in lines:
        if line.position is None or (found and line.item is None and (planned or line.follows)):
            continue
        title = line.item.title if line.item is not None else _scene(line, names)
        if found and found[-1].at == line.position:
            found.pop()  # it was replaced before anybody saw it
        if not found or found[-1].title != title:
            found.append(Chapter(line.position, title))
    return found


def edl(lines: Sequence[AsRun], title: str, end: MediaTime, names: Mapping[SourceId, Text]) -> str:
    """An edit decision list (CMX 3600) of the recording: one event for each take, 25 pictures a second.

    Args:
        lines: What was aired, in order.
        title: Of the episode.
        end: Of the recording.
        names: Of the sources.
    """
    aired = [line for line in lines if line.position is not None and line.position < end]
    rows = [f"TITLE: {_ascii(title)}", "FCM: NON-DROP FRAME"]
    for number, line in enumerate(aired, 1):
        assert line.position is not None
        following = aired[number].position if number < len(aired) else end
        assert following is not None
        first, last = timecode(line.position), timecode(following)
        rows.append(f"{number:03d}  PROGRAM  AA/V  C        {first} {last} {first} {last}")
        if line.item is not None:
            rows.append(_remark("FROM CLIP NAME", line.item.title.en or line.item.title.zh))
        rows.append(_remark("COMMENT", f"{line.scene.layout}: {_scene(line, names).en} ({_why(line)})"))
    return "\n".join(rows) + "\n"


def timecode(position: MediaTime) -> str:
    """A position as hours:minutes:seconds:pictures.

    >>> timecode(MediaTime(90_000 * 3661 + 3_600 * 7))
    '01:01:01:07'
    """
    frames = position // FRAME_TICKS
    seconds = frames // FRAME_RATE
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}:{frames % FRAME_RATE:02d}"


def _scene(line: AsRun, names: Mapping[SourceId, Text]) -> Text:
    shown = [names.get(source, Text(zh=source, en=source)) for source in line.scene.shown]
    return Text(zh=" + ".join(one.zh for one in shown), en=" + ".join(one.en for one in shown))


def _why(line: AsRun) -> str:
    return "follows the speaker" if line.follows else f"by {line.by or 'nobody'}"


def _ascii(text: str) -> str:
    return _one_line(text).encode("ascii", "replace").decode()


def _remark(kind: str, words: str) -> str:
    return f"* {kind}: {_one_line(words)}"


def _one_line(text: str) -> str:
    """A line of the list is a statement of its own."""
    return " ".join(text.split())
