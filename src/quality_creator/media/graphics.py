"""Draws graphics: a template, its fields and live values become a layer to lay over the picture cheaply."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import segno
from PIL import Image, ImageDraw

from quality_creator.media import lettering, logo
from quality_creator.media.scale import Plane, Planes
from quality_creator.media.scene import Rectangle
from quality_creator.media.templates import Box, ChartBox, Drawn, Fill, Line, QrCode, Runs, Words
from quality_creator.media.wire import Series
from quality_creator.model.event import LineOee
from quality_creator.model.mix import Graphic

_PACE = 3
"""Pixels that a running text moves at each picture."""

_FINE = 2
"""A chart's line is drawn so many times larger and made smaller again: Pillow's own has steps."""

_RIM = 10
"""Pixels around a chart into which its rings may reach."""

_EDGE_WORDS = 88
"""Room for the limits' values, in pixels."""

_LIGHT, _DARK = "#ffffff", "#000000"
_PAPER, _SOFT, _SIGNAL = "#f4f1ea", "#8f8a80", "#f0b35c"
Floats = npt.NDArray[np.floating[Any]]

_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A drawing as the mixer needs it: premultiplied planes, and how much of the picture shows through."""

    planes: Planes
    through: Plane
    """255 where the picture is seen whole."""
    through_half: Plane


@dataclass(frozen=True, slots=True)
class Layer:
    """A graphic, ready to be laid over the picture."""

    area: Rectangle
    sheet: Sheet
    strip: Sheet | None = None
    """What runs through the area."""

    def put(self, canvas: Planes, level: float, picture: int) -> None:
        """Lay it over a picture.

        Args:
            canvas: Written to.
            level: 0 for nothing of it, 1 for all.
            picture: Pictures since it came; a running text is that far.
        """
        _over(canvas.cut(self.area), self.sheet, level)
        if self.strip is None:
            return
        length = self.strip.planes.size[0]
        lap = length + self.area.width
        x = self.area.width - (picture * _PACE // 2 * 2) % lap
        left, right = max(x, 0), min(x + length, self.area.width)
        if left < right:
            at = Rectangle(self.area.x + left, self.area.y, right - left, self.area.height)
            cut = Rectangle(left - x, 0, right - left, self.area.height)
            _over(canvas.cut(at), _cut(self.strip, cut), level)


@dataclass(frozen=True, slots=True)
class Material:
    """What a graphic shows beside its own fields; the same material gives the same drawing."""

    series: Series | None = None
    """The newest values of its characteristic, where it has one and any came."""
    line: LineOee | None = None
    """How its line uses its time."""
    left_s: int | None = None
    """What a countdown still has to count, in seconds."""
    picture: bytes | None = None
    """Its PNG, as `logo.normal` made it."""


def left_s(graphic: Graphic, now: int) -> int | None:
    """Whole seconds to a countdown's end at a wall time (microseconds since 1970), rounded up."""
    return None if graphic.until is None else max(-(-(graphic.until - now) // 1_000_000), 0)


def draw(graphic: Graphic, drawn: Drawn, material: Material) -> Layer:
    """Draw a graphic as it is now.

    Args:
        graphic: Which one.
        drawn: How its template is drawn.
        material: What it shows.
    """
    if graphic.image is not None and material.picture is not None:
        at, picture = logo.placed(material.picture, graphic.image)
        return Layer(at, _sheet(picture))
    x, y, width, height = drawn.area
    image = Image.new("RGBA", (width, height) if drawn.pieces else (2, 2))
    pen = ImageDraw.Draw(image)
    places = _places(graphic, material)
    strip = None
    for piece in drawn.pieces:
        match piece:
            case Fill(box=box, fill=fill, alpha=alpha):
                left, top, across, down = box
                pen.rectangle((left, top, left + across - 1, top + down - 1), _colour(fill, alpha))
            case Line(line=line, fill=fill, width=thick):
                pen.line(line, fill, thick, joint="curve")
            case Words():
                _write(pen, piece, _filled(piece.words, places))
            case Runs():
                strip = _strip(_filled(piece.runs, places), piece, height)
            case ChartBox(chart=box):
                if material.series is not None:
                    _chart(image, box, material.series)
            case QrCode(qr=words, at=box):
                _qr(pen, box, _filled(words, places))
    return Layer(Rectangle(x, y, *image.size), _sheet(image), strip)


def _write(pen: ImageDraw.ImageDraw, piece: Words, words: str) -> None:
    lines = lettering.wrapped(words, piece.size, piece.weight, piece.width, piece.lines)
    for number, text in enumerate(lines):
        lettering.write(
            pen,
            (piece.at[0], piece.at[1] + number * piece.size * 1.36),
            text,
            piece.size,
            piece.fill,
            weight=piece.weight,
            anchor=piece.anchor,
            edge=piece.edge,
        )


_UNKNOWN = "–"


def _places(graphic: Graphic, material: Material) -> dict[str, str]:
    series, line = material.series, material.line
    places = dict.fromkeys(
        ("value", "oee", "availability", "performance", "quality", "code.zh-Hans", "code.en"), _UNKNOWN
    )
    for name, text in graphic.fields.items():
        places[f"{name}.zh-Hans"], places[f"{name}.en"] = text.zh, text.en
    if series is not None:
        newest = f"{series.values[-1]:.{series.decimals}f}" if series.values else _UNKNOWN
        places |= {"value": newest.replace("-", "−"), "unit": series.unit}
        places |= {"name.zh-Hans": series.name.zh, "name.en": series.name.en}
    if line is not None:
        places |= {"line.zh-Hans": line.name.zh, "line.en": line.name.en, "oee": _percent(line.oee)}
        places |= {"availability": _percent(line.availability), "performance": _percent(line.performance)}
        places["quality"] = _percent(line.quality)
    if material.left_s is not None:
        places["countdown"] = f"{material.left_s // 60}:{material.left_s % 60:02d}"
    return places


def _percent(share: float | None) -> str:
    return _UNKNOWN if share is None else f"{100 * share:.1f} %"


def _filled(words: str, places: Mapping[str, str]) -> str:
    """The words with their places filled in; what joins two wordings goes with a missing one."""
    text = _PLACE.sub(lambda found: places.get(found[1], ""), words)
    return re.sub(r"^[\s,]+|[\s,]+$", "", text)


def _chart(image: Image.Image, box: Box, series: Series) -> None:
    """The newest points as a line, the limits as hairlines with their values at the edge."""
    x, y, width, height = box
    pen = ImageDraw.Draw(image)
    limits = [("UCL", series.upper), ("CL", series.center), ("LCL", series.lower)]
    levels = [level for _, level in limits if level is not None]
    if not series.values:
        return
    low, high = min(*series.values, *levels), max(*series.values, *levels)
    reach = (high - low) or 1.0
    low, high = low - 0.08 * reach, high + 0.08 * reach
    plot = width - _EDGE_WORDS

    def at(value: float) -> float:
        return y + height - (value - low) / (high - low) * height

    for name, level in limits:
        if level is not None:
            pen.line([(x, at(level)), (x + plot, at(level))], _SOFT, 1)
            words = f"{name} {level:.{series.decimals}f}"
            lettering.write(pen, (x + width, at(level)), words, 15, _SOFT, anchor="right")
    step = plot / max(series.room - 1, 1)
    first = plot - step * (len(series.values) - 1)
    points = [(_RIM + first + step * n, _RIM + at(value) - y) for n, value in enumerate(series.values)]
    size = (round(plot) + 2 * _RIM, height + 2 * _RIM)
    fine = Image.new("RGBA", (size[0] * _FINE, size[1] * _FINE))
    _points(ImageDraw.Draw(fine), points, series)
    image.alpha_composite(fine.resize(size, Image.Resampling.BOX), (x - _RIM, y - _RIM))


def _points(pen: ImageDraw.ImageDraw, points: Sequence[tuple[float, float]], series: Series) -> None:
    """The line, a ring around what is outside the limits, and the newest point, in fine pixels."""
    scaled = [(across * _FINE, down * _FINE) for across, down in points]
    if len(scaled) > 1:
        pen.line(scaled, _PAPER, 2 * _FINE, joint="curve")
    for (across, down), value in zip(scaled, series.values, strict=True):
        outside = (series.upper is not None and value > series.upper) or (
            series.lower is not None and value < series.lower
        )
        if outside:
            pen.circle((across, down), 7 * _FINE, outline=_SIGNAL, width=2 * _FINE)
    pen.circle(scaled[-1], 4 * _FINE, fill=_PAPER)


def _qr(pen: ImageDraw.ImageDraw, box: Box, text: str) -> None:
    """Modules of whole pixels with the quiet zone that the standard asks for."""
    if not text:
        return
    x, y, side, _ = box
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    module = side // len(rows)
    edge = (side - module * len(rows)) // 2
    # The ground has the whole box: a code of fewer modules only has a wider rim.
    pen.rectangle((x, y, x + side - 1, y + side - 1), _LIGHT)
    for down, row in enumerate(rows):
        for across, dark in enumerate(row):
            if dark:
                left, top = x + edge + across * module, y + edge + down * module
                pen.rectangle((left, top, left + module - 1, top + module - 1), _DARK)


def _strip(text: str, piece: Runs, height: int) -> Sheet | None:
    length = round(lettering.width(text, piece.size) / 2 + 1) * 2
    if not text:
        return None
    image = Image.new("RGBA", (length, height))
    lettering.write(ImageDraw.Draw(image), (0, piece.at), text, piece.size, piece.fill)
    return _sheet(image)


def _colour(fill: str, alpha: float) -> tuple[int, int, int, int]:
    red, green, blue = (int(fill[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue, round(255 * alpha)


def _sheet(image: Image.Image) -> Sheet:
    """A drawing's premultiplied planes in BT.709, limited range."""
    pixels: Floats = np.asarray(image, np.float32)
    alpha = pixels[..., 3] / 255
    red, green, blue = (pixels[..., n] / 255 for n in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    u = 128 + 224 * (blue - luma) / 1.8556
    v = 128 + 224 * (red - luma) / 1.5748
    y = _bytes((16 + 219 * luma) * alpha)
    return Sheet(
        Planes(y, _bytes(_half(u * alpha)), _bytes(_half(v * alpha))),
        _bytes(255 * (1 - alpha)),
        _bytes(_half(255 * (1 - alpha))),
    )


def _half(plane: Floats) -> Floats:
    down, across = plane.shape[0] // 2, plane.shape[1] // 2
    mean: Floats = plane.reshape(down, 2, across, 2).mean(axis=(1, 3))
    return mean


def _bytes(values: Floats) -> Plane:
    return np.ascontiguousarray(np.rint(values).clip(0, 255).astype(np.uint8))


def _over(canvas: Planes, sheet: Sheet, level: float) -> None:
    planes: Sequence[tuple[Plane, Plane, Plane]] = (
        (canvas.y, sheet.planes.y, sheet.through),
        (canvas.u, sheet.planes.u, sheet.through_half),
        (canvas.v, sheet.planes.v, sheet.through_half),
    )
    for under, over, through in planes:
        shown, kept = over, through
        if level < 1:
            shown = cv2.convertScaleAbs(over, alpha=level).astype(np.uint8, copy=False)
            kept = cv2.convertScaleAbs(through, alpha=level, beta=255 * (1 - level)).astype(
                np.uint8, copy=False
            )
        cv2.multiply(under, kept, dst=under, scale=1 / 255)
        cv2.add(under, shown, dst=under)


def _cut(sheet: Sheet, at: Rectangle) -> Sheet:
    half = np.s_[at.y // 2 : at.bottom // 2, at.x // 2 : at.right // 2]
    whole = np.s_[at.y : at.bottom, at.x : at.right]
    return Sheet(sheet.planes.cut(at), sheet.through[whole], sheet.through_half[half])
