"""The laboratory: a cabinet door opens and closes on its hinges, and a basin's glaze is measured."""

import math
from typing import Final

import cv2
import numpy as np

from quality_creator.demo.axonometry import Projection
from quality_creator.demo.drawing import (
    ACCENT,
    ACCENT_LIGHT,
    BOARD,
    BOARD_EDGE,
    FLOOR,
    INK,
    IRON,
    MIST,
    PAPER,
    SLATE,
    STONE,
    WALL,
    WHITE,
    Pixels,
    Point,
    Sheet,
    curve,
    left_of,
    mix,
    oval,
    over,
    rounded,
    write,
)
from quality_creator.demo.instrument import Readout, digits, face
from quality_creator.demo.overlay import Clock, Moment, caption
from quality_creator.demo.picture import HEIGHT, WIDTH, Area, Loop, Picture
from quality_creator.demo.plant import GLAZE, HINGE, SECOND, Sample
from quality_creator.demo.sound import Event, loop
from quality_creator.demo.ware import BASIN_FOOT, TAP_FOOT, basin, tap
from quality_creator.model.text import Text

NAME: Final = Text(zh="实验室", en="Laboratory")

_BENCH = 566
"""The bench top's back edge."""

_RIG = Projection(origin=(196.0, 560.0), along=(1.0, 0.25), forward=(-0.62, 0.36))
"""Where the cabinet stands; height 0 is under it."""
_WIDE, _DEEP, _HIGH = 168.0, 96.0, 232.0
_RIG_AREA = Area(0, 300, 420, 420)
_OPENING, _CLOSING = (0.3, 1.4), (2.0, 3.2)
"""Seconds of a cycle; the torque is read when the door is open."""

_BASIN: Final = (676, _BENCH + 12)
"""The middle of its foot."""
_SPOTS: Final = tuple((_BASIN[0] - 92 + 46 * spot, _BASIN[1] - 66 + abs(spot - 2) * -8) for spot in range(5))
"""Where the probe touches the glaze."""
_GAUGE_AREA = Area(486, 322, 390, 248)
_RAIL = 340
_TOUCH_S = 0.28
"""How long the probe rests before and after a value is read."""
_CELLS = Area(924, 462, 316, 60)


_NOISES: Final = (
    Event(at_s=0.3, length_s=0.3, pitch_hz=0, level=0.02),
    Event(at_s=1.4, length_s=0.05, pitch_hz=700, level=0.02),
    Event(at_s=2.0, length_s=0.3, pitch_hz=0, level=0.02),
    Event(at_s=3.2, length_s=0.12, pitch_hz=95, level=0.09),
)
"""The arm pushes, a value is read, the arm pulls, the door is shut."""


class Laboratory:
    """Camera 3: the hinge rig at the left, the glaze gauge at the right."""

    gauge = GLAZE.tag
    sound = loop(HINGE.period / SECOND, 60.0, _NOISES, seed=3)

    def __init__(self) -> None:
        sheet = Sheet(WIDTH, HEIGHT, WALL)
        _room(sheet)
        _cabinet(sheet)
        _gauge(sheet)
        caption(sheet, 3, NAME)
        hinge = Readout(HINGE, Text(zh="铰链力矩", en="Hinge torque"), x=56, y=124, width=336)
        glaze = Readout(GLAZE, Text(zh="釉层厚度", en="Glaze thickness"), x=926, y=326, width=304, size=84)
        self.readouts = (hinge, glaze)
        for readout in self.readouts:
            readout.still(sheet)
        self.picture = Picture(sheet.finish())
        self._door = Loop(self.picture, _RIG_AREA, _compose_door)
        self._basin, self._probe = basin(), _probe()
        self._gauge = Loop(self.picture, _GAUGE_AREA, self._compose_gauge)
        self._cells = self._cycles = ""
        self._clock = Clock()

    def paint(self, moment: Moment) -> None:
        """Draw a moment into `picture`."""
        self._clock.paint(self.picture, moment.time)
        for readout in self.readouts:
            readout.paint(self.picture, moment.newest(readout.channel.tag))
        self._door.show(_door_pose(moment.phase(HINGE.period)))
        self._gauge.show(_probe_pose(moment.phase(GLAZE.period)))
        self._paint_cells(moment.recent.get(GLAZE.tag, ()))
        self._paint_cycles(moment.newest(HINGE.tag))

    def _compose_gauge(self, rgb: Pixels, pose: int) -> None:
        across, down = divmod(pose, 1000)
        area = _GAUGE_AREA
        over(rgb, self._basin, _BASIN[0] - BASIN_FOOT[0] - area.x, _BASIN[1] - BASIN_FOOT[1] - area.y)
        left = across - self._probe.shape[1] // 2 - area.x
        over(rgb, self._probe, left, down - self._probe.shape[0] - area.y)
        over(rgb, _CARRIAGE, across - _CARRIAGE.shape[1] // 2 - area.x, _RAIL - 10 - area.y)

    def _paint_cells(self, samples: tuple[Sample, ...]) -> None:
        """The five values of the basin under the probe, as far as they are read."""
        basin_number = samples[-1].number // 5 if samples else 0
        here = [sample for sample in samples if sample.number // 5 == basin_number]
        words = " ".join(digits(GLAZE, sample) for sample in here)
        if words == self._cells:
            return
        self._cells = words
        with self.picture.patch(_CELLS) as rgb:
            for sample in here:
                x = 31 + 63 * (sample.number % 5)
                write(rgb, x, 50, digits(GLAZE, sample), 20, colour=INK, anchor="middle")
                over(rgb, _DOT, x - 12, 2)
                write(
                    rgb, x, 20, str(sample.number % 5 + 1), 17, colour=WHITE, weight="Bold", anchor="middle"
                )

    def _paint_cycles(self, sample: Sample | None) -> None:
        words = f"{41_200 + (0 if sample is None else sample.number + 1):,}"
        if words == self._cycles:
            return
        self._cycles = words
        with self.picture.patch(Area(204, 252, 190, 38)) as rgb:
            write(rgb, 188, 28, words, 28, colour=INK, weight="Bold", anchor="right")


# --- what moves --------------------------------------------------------------------------------------


def _ease(share: float) -> float:
    """From 0 to 1, slow at both ends."""
    return (1 - math.cos(math.pi * min(max(share, 0.0), 1.0))) / 2


def _door_pose(seconds: float) -> int:
    """How far the door is open, in degrees."""
    opened = _ease((seconds - _OPENING[0]) / (_OPENING[1] - _OPENING[0]))
    closed = _ease((seconds - _CLOSING[0]) / (_CLOSING[1] - _CLOSING[0]))
    return round(96 * (opened - closed))


def _compose_door(rgb: Pixels, degrees: int) -> None:
    area = _RIG_AREA
    sheet = Sheet(area.width, area.height)
    here = Projection(
        origin=(_RIG.origin[0] - area.x, _RIG.origin[1] - area.y), along=_RIG.along, forward=_RIG.forward
    )
    angle = math.radians(degrees)
    tip = (_WIDE * math.cos(angle), _DEEP + _WIDE * math.sin(angle))
    low, high = 4.0, _HIGH - 4
    front = here.path((0, _DEEP, low), (*tip, low), (*tip, high), (0, _DEEP, high))
    sheet.polygon(front, mix(WHITE, INK, 0.05 + 0.12 * math.sin(angle)))
    sheet.line(front, mix(WHITE, INK, 0.45), 1.4, closed=True)
    inset = [_along(front, u, v) for u, v in ((0.12, 0.1), (0.88, 0.1), (0.88, 0.9), (0.12, 0.9))]
    sheet.line(inset, mix(WHITE, INK, 0.22), 1.2, closed=True)
    sheet.line([_along(front, 0.93, 0.42), _along(front, 0.93, 0.6)], SLATE, 5.0)
    # The arm of the rig holds the door at its upper half and pushes it.
    grip = _along(front, 0.8, 0.78)
    base = here.at(_WIDE + 40, _DEEP + 58, 178)
    sheet.line([base, grip], SLATE, 9.0)
    middle = ((base[0] + grip[0]) / 2, (base[1] + grip[1]) / 2)
    sheet.line([base, middle], ACCENT, 13.0)
    sheet.ellipse(*grip, 8, 8, SLATE)
    sheet.ellipse(*base, 10, 10, IRON)
    over(rgb, sheet.finish(), 0, 0)


def _along(face_points: list[Point], across: float, up: float) -> Point:
    """A place on a face given by its corners: low left, low right, high right, high left."""
    a, b, c, d = face_points
    low = (a[0] + (b[0] - a[0]) * across, a[1] + (b[1] - a[1]) * across)
    high = (d[0] + (c[0] - d[0]) * across, d[1] + (c[1] - d[1]) * across)
    return low[0] + (high[0] - low[0]) * up, low[1] + (high[1] - low[1]) * up


def _probe_pose(seconds: float) -> int:
    """Where the probe's tip is: a thousand times its column, and its row."""
    beats = [beat / SECOND for beat in GLAZE.beats]
    rest = (_BASIN[0] - 132, 404)
    stops = [(0.6, rest)]
    for beat, (x, y) in zip(beats, _SPOTS, strict=True):
        stops += [(beat - _TOUCH_S - 0.3, (x, y - 46)), (beat - _TOUCH_S, (x, y))]
        stops += [(beat + _TOUCH_S, (x, y)), (beat + _TOUCH_S + 0.22, (x, y - 46))]
    stops += [(beats[-1] + 1.4, rest), (GLAZE.period / SECOND + 1, rest)]
    before = max((stop for stop in stops if stop[0] <= seconds), default=stops[0])
    after = min((stop for stop in stops if stop[0] > seconds), default=stops[-1])
    share = _ease((seconds - before[0]) / max(after[0] - before[0], 0.01))
    x, y = (round(a + (b - a) * share) for a, b in zip(before[1], after[1], strict=True))
    return x * 1000 + y


def _probe() -> Pixels:
    """The carriage's rod and the probe at its end."""
    sheet = Sheet(44, 260)
    steel = ((0, SLATE), (0.4, PAPER), (1, SLATE))
    sheet.gradient(rounded(16, 0, 12, 190, 0), steel, across=True)
    sheet.gradient(
        rounded(8, 180, 28, 48, 8),
        ((0, mix(ACCENT, INK, 0.3)), (0.35, ACCENT_LIGHT), (1, ACCENT)),
        across=True,
    )
    sheet.polygon([(14, 228), (30, 228), (25, 252), (19, 252)], SLATE)
    sheet.ellipse(22, 254, 5, 5, INK)
    return sheet.finish()


def _dot() -> Pixels:
    sheet = Sheet(24, 24)
    sheet.ellipse(12, 12, 12, 12, ACCENT)
    return sheet.finish()


def _carriage() -> Pixels:
    sheet = Sheet(56, 36)
    sheet.rectangle(2, 2, 52, 32, SLATE, radius=6)
    sheet.ellipse(28, 18, 6, 6, STONE)
    return sheet.finish()


_DOT, _CARRIAGE = _dot(), _carriage()


# --- what stands still -------------------------------------------------------------------------------


def _room(sheet: Sheet) -> None:
    """Wall, floor, bench, shelf of samples and the plan of the five spots."""
    sheet.polygon([(0, 610), (WIDTH, 610), (WIDTH, HEIGHT), (0, HEIGHT)], FLOOR)
    sheet.rectangle(0, 604, WIDTH, 6, mix(WALL, STONE, 0.5))
    _shelf(sheet)
    _plan(sheet)
    face(sheet, 36, 116, 376, 180)
    sheet.rectangle(56, 244, 336, 1.5, MIST)
    sheet.text(56, 280, "开合次数", 22, SLATE, weight="Bold")
    sheet.text(152, 280, "Cycles", 18, IRON)
    sheet.polygon([(440, _BENCH), (WIDTH, _BENCH), (WIDTH, _BENCH + 40), (424, _BENCH + 40)], PAPER)
    sheet.rectangle(424, _BENCH + 40, WIDTH - 424, 14, MIST)
    sheet.rectangle(436, _BENCH + 54, WIDTH - 436, 120, mix(STONE, WHITE, 0.25))
    for x in (448, 658, 868, 1078):
        sheet.rectangle(x, _BENCH + 66, 196, 100, mix(STONE, WHITE, 0.45), radius=4)
        sheet.rectangle(x + 68, _BENCH + 80, 60, 7, SLATE, radius=3)


def _shelf(sheet: Sheet) -> None:
    """Samples that are kept."""
    for y in (206, 316):
        sheet.rectangle(462, y, 400, 12, BOARD)
        sheet.rectangle(462, y + 9, 400, 4, BOARD_EDGE)
    small = cv2.resize(tap(), None, fx=0.46, fy=0.46, interpolation=cv2.INTER_AREA)
    for x in (484, 566):
        _lay(sheet, np.asarray(small, np.uint8), x, 206 - round(TAP_FOOT[1] * 0.46))
    for number, colour in enumerate((ACCENT, MIST, WHITE, BOARD, STONE)):
        x = 676 + number * 34
        sheet.rectangle(x, 132 + number % 2 * 8, 28, 74 - number % 2 * 8, colour)
        sheet.frame(x, 132 + number % 2 * 8, 28, 74 - number % 2 * 8, mix(colour, INK, 0.3), line=1.2)
    little = cv2.resize(basin(), None, fx=0.42, fy=0.42, interpolation=cv2.INTER_AREA)
    _lay(sheet, np.asarray(little, np.uint8), 478, 318 - round(BASIN_FOOT[1] * 0.42) - 2)
    for x, width, colour in ((622, 74, PAPER), (704, 60, MIST), (772, 70, BOARD)):
        sheet.rectangle(x, 252, width, 64, colour, radius=2)
        sheet.frame(x, 252, width, 64, mix(colour, INK, 0.3), line=1.2, radius=2)
        sheet.rectangle(x + 10, 272, width - 20, 22, WHITE)
        sheet.rectangle(x + 14, 280, width - 28, 3, STONE)


def _lay(sheet: Sheet, sprite: Pixels, x: int, y: int) -> None:
    """A finished sprite laid on a sheet, which is larger."""
    big = cv2.resize(sprite, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    over(sheet.pixels, np.asarray(big, np.uint8), x * 2, y * 2)


def _plan(sheet: Sheet) -> None:
    """A sheet on the wall that says where a basin is measured."""
    x, y, width, height = 906, 124, 344, 150
    sheet.shadow(rounded(x, y, width, height, 2), blur=8, strength=0.2, below=4)
    sheet.rectangle(x, y, width, height, PAPER)
    sheet.text(x + 18, y + 36, "每盆五点", 24, SLATE, weight="Bold")
    sheet.text(x + 122, y + 36, "Five spots a basin", 20, IRON)
    middle, rim = x + width / 2, y + 66
    bowl = curve([(middle - 120, rim), (middle - 104, rim + 36), (middle - 60, rim + 64), (middle, rim + 70)])
    sheet.line([*bowl, *((2 * middle - px, py) for px, py in reversed(bowl))], SLATE, 2.0)
    sheet.line(oval(middle, rim, 120, 14), SLATE, 2.0, closed=True)
    for spot in range(5):
        place = (middle - 80 + 40 * spot, rim + 44 - abs(spot - 2) * 7)
        sheet.ellipse(*place, 11, 11, ACCENT)
        sheet.text(place[0], place[1] + 6, str(spot + 1), 16, WHITE, weight="Bold", anchor="middle")


def _cabinet(sheet: Sheet) -> None:
    """The rig's table, the open cabinet on it, and the post of the arm."""
    _RIG.box(sheet, (-26, -20, -70), (260, 190, 66), STONE)
    _RIG.box(sheet, (0, 0, 0), (_WIDE, _DEEP, _HIGH), mix(WHITE, STONE, 0.25))
    right = _RIG.at(_WIDE - 8, _DEEP)[0]

    def shelf(height: float, back: float) -> None:
        corners = ((8, _DEEP), (_WIDE - 8, _DEEP), (_WIDE - 8, back), (8, back))
        sheet.polygon(left_of(_RIG.path(*((x, y, height) for x, y in corners)), right), BOARD)

    low, high, middle = 8.0, _HIGH - 8, _HIGH * 0.52
    sheet.polygon(_opening(low, high), mix(STONE, INK, 0.25))
    shelf(low, 22)
    shelf(middle, 40)
    sheet.polygon(_opening(middle - 8, middle), BOARD_EDGE)
    for height in (36, _HIGH - 44):  # the hinges under test
        place = _RIG.at(10, _DEEP, height)
        sheet.rectangle(place[0] - 6, place[1] - 12, 16, 22, ACCENT, radius=3)
    _RIG.post(sheet, (_WIDE + 40, _DEEP + 58, -4), 9, 186, IRON)


def _opening(low: float, high: float) -> list[Point]:
    """The cabinet's opening between two heights."""
    return _RIG.path((8, _DEEP, low), (_WIDE - 8, _DEEP, low), (_WIDE - 8, _DEEP, high), (8, _DEEP, high))


def _gauge(sheet: Sheet) -> None:
    """The gauge's rail over the basin, its display, and the turntable."""
    for x in (502, 846):
        sheet.gradient(
            rounded(x, _RAIL, 14, _BENCH + 10 - _RAIL, 2), ((0, IRON), (0.4, PAPER), (1, SLATE)), across=True
        )
    sheet.gradient(rounded(492, _RAIL - 4, 378, 20, 5), ((0, PAPER), (0.5, STONE), (1, IRON)))
    sheet.ellipse(_BASIN[0], _BASIN[1] + 3, 104, 13, IRON)
    sheet.ellipse(_BASIN[0], _BASIN[1], 104, 13, SLATE)
    face(sheet, 906, 316, 344, 220)
    sheet.rectangle(924, 456, 308, 1.5, MIST)
