"""Instruments whose digits and needle show a value to its last digit."""

from dataclasses import dataclass, field

from quality_creator.demo.drawing import INK, IRON, MIST, SLATE, WHITE, Sheet, rounded, text_width, write
from quality_creator.demo.picture import Area, Picture
from quality_creator.demo.plant import Channel, Sample
from quality_creator.model.text import Text

NOTHING_YET = "– – –"


def digits(channel: Channel, sample: Sample | None) -> str:
    """What a display shows of a value: as many digits as the machine has."""
    return NOTHING_YET if sample is None else f"{sample.value:.{channel.decimals}f}"


@dataclass(slots=True)
class Readout:
    """A display with a name, large digits and a unit."""

    channel: Channel
    name: Text
    x: int
    y: int
    width: int
    size: int = 72
    """Of the digits' type."""
    _shown: str = field(default="", init=False)

    def still(self, sheet: Sheet) -> None:
        """Its name and unit."""
        sheet.text(self.x, self.y + 26, self.name.zh, 26, SLATE, weight="Bold")
        after = self.x + text_width(self.name.zh, 26, "Bold") + 10
        sheet.text(after, self.y + 26, self.name.en, 20, IRON)
        sheet.text(self.x + self.width, self._base, self.channel.unit, 24, SLATE, anchor="right")

    def paint(self, picture: Picture, sample: Sample | None) -> None:
        """Bring the digits to a value."""
        words = digits(self.channel, sample)
        if words == self._shown:
            return
        self._shown = words
        area = self.area
        with picture.patch(area) as rgb:
            left, base = self.x - area.x, self._base - area.y
            write(rgb, left, base, words, self.size, colour=INK, weight="Bold")

    @property
    def area(self) -> Area:
        """The part of the picture that the digits are in."""
        widest = text_width(f"{10:.{self.channel.decimals}f}", self.size, "Bold")
        return Area.around(self.x, self.y + 34, widest, self.size)

    @property
    def _base(self) -> int:
        return self.y + 34 + round(self.size * 0.86)


def face(sheet: Sheet, x: float, y: float, width: float, height: float) -> None:
    """The housing of an instrument: a light plate in a thin dark frame."""
    sheet.shadow(rounded(x, y, width, height, 10), blur=14, strength=0.28, below=8)
    sheet.rectangle(x - 6, y - 6, width + 12, height + 12, SLATE, radius=14)
    sheet.rectangle(x, y, width, height, WHITE, radius=9)
    sheet.frame(x, y, width, height, MIST, line=1.0, radius=9)
