"""What every camera of the factory writes over its picture: its name, the time, and that it is made up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from quality_creator.demo.drawing import IRON, PAPER, SLATE, STONE, Sheet, text_width, write
from quality_creator.demo.picture import WIDTH, Area, Picture
from quality_creator.demo.plant import SECOND, Sample, Tally
from quality_creator.model.clock import Micros, utc
from quality_creator.model.text import Text


@dataclass(frozen=True, slots=True)
class Moment:
    """All that a frame shows: a scene draws the same picture for the same moment."""

    time: Micros
    """The frame's own time stamp."""
    elapsed: int
    """Microseconds that the factory has run; everything that moves keeps to it."""
    recent: Mapping[str, tuple[Sample, ...]]
    """The newest values of each tag read by `time`, the newest last; none yet is an empty one."""
    tallies: Mapping[str, Tally]
    """The newest counters by their tag."""

    def newest(self, tag: str) -> Sample | None:
        """The newest value of a tag."""
        values = self.recent.get(tag, ())
        return values[-1] if values else None

    def phase(self, period: int) -> float:
        """How far a cycle that began with the factory has gone, in seconds."""
        return self.elapsed % period / SECOND


_CLOCK = Area(WIDTH - 420, 26, 392, 36)


def caption(sheet: Sheet, number: int, name: Text) -> None:
    """The still part: the camera's name at the left, the mark of a simulation at the right."""
    sheet.text(32, 54, f"{number}", 30, SLATE, weight="Bold")
    sheet.rectangle(58, 30, 2, 28, STONE)
    sheet.text(70, 54, name.zh, 28, SLATE, weight="Bold")
    sheet.text(70 + text_width(name.zh, 28, "Bold") + 12, 54, name.en, 24, IRON)
    words = "模拟画面 SIMULATION"
    width = text_width(words, 18, "Bold")
    sheet.rectangle(WIDTH - 32 - width - 20, 68, width + 20, 28, SLATE, radius=4)
    sheet.text(WIDTH - 32 - width - 10, 88, words, 18, PAPER, weight="Bold")


class Clock:
    """The moving part: the time in the corner, drawn when its second changes."""

    def __init__(self) -> None:
        self._shown = ""

    def paint(self, picture: Picture, time: Micros) -> None:
        """Bring the picture's clock to a time."""
        words = clock_words(time)
        if words == self._shown:
            return
        self._shown = words
        with picture.patch(_CLOCK) as rgb:
            write(
                rgb, _CLOCK.width - 4, 54 - _CLOCK.y, words, 26, colour=SLATE, weight="Bold", anchor="right"
            )


def clock_words(time: Micros) -> str:
    """Date and time where the factory is, which is where it is simulated, and how that differs from UTC."""
    instant = utc(time).astimezone()
    minutes = round((instant.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    zone = f"{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "") if minutes else ""
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC{zone}"
