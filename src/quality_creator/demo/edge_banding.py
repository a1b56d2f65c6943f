"""The edge-banding line: panels get their edge, and each one's moisture and peel force are read."""

import math
from collections.abc import Callable, Sequence
from typing import Final

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
    Colour,
    Pixels,
    Point,
    Sheet,
    curve,
    mix,
    over,
)
from quality_creator.demo.instrument import Readout, face
from quality_creator.demo.overlay import Clock, Moment, caption
from quality_creator.demo.picture import HEIGHT, WIDTH, Area, Loop, Picture
from quality_creator.demo.plant import MOISTURE, PEEL, SECOND
from quality_creator.demo.sound import Event, loop
from quality_creator.model.text import Text

NAME: Final = Text(zh="封边线", en="Edge-banding line")

# The machine repeats itself with each panel. Everything that moves is therefore drawn for the 65 frames
# of one panel's time, and panels advance whole pixels a frame, so that their edges stay sharp.
_FRAMES: Final = PEEL.period * 25 // SECOND
_PITCH: Final = 4 * _FRAMES
"""From panel to panel; 4 pixels a frame."""

_ROOM = Projection(origin=(28.0, 270.0), along=(1.0, 0.25), forward=(-0.62, 0.36))
"""Height 0 is the conveyor's top; the panels' banded edge looks to the viewer."""
_FLOOR = -150.0
_LENGTH, _THICK = 186.0, 15.0
_BACK, _EDGE = 18.0, 122.0
"""Where on the conveyor a panel lies; its edge sticks out in front."""
_PRESS = 572.0
"""Where the tape meets the edge."""
_MOISTURE_HEAD, _PEEL_HEAD = 96.0, 1004.0
_LEAD = 181
"""Where panels stand when a cycle begins: so that one is at each head when its value is read."""

_REEL = (470.0, 246.0, 30.0)
_REEL_RADIUS = 88.0
_TURN: Final = 13
"""Frames in which the reel turns by a sixth, after which it looks the same; five of them make a loop."""


_NOISES: Final = (
    Event(at_s=0.5, length_s=0.5, pitch_hz=0, level=0.02),
    Event(at_s=1.3, length_s=0.08, pitch_hz=160, level=0.05),
    Event(at_s=2.2, length_s=0.05, pitch_hz=700, level=0.02),
)
"""The trimmer cuts, a panel comes in, a value is read."""


class EdgeBanding:
    """Camera 1: the line from the infeed to the peel test."""

    gauge = PEEL.tag
    sound = loop(PEEL.period / SECOND, 147.0, _NOISES, seed=1)

    def __init__(self) -> None:
        behind, front = Sheet(WIDTH, HEIGHT, WALL), Sheet(WIDTH, HEIGHT)
        _hall(behind)
        _display(behind)
        _body(behind)
        caption(behind, 1, NAME)
        self.readouts = (
            Readout(PEEL, Text(zh="剥离力", en="Peel force"), x=722, y=126, width=248),
            Readout(MOISTURE, Text(zh="含水率", en="Moisture"), x=1000, y=126, width=230),
        )
        for readout in self.readouts:
            readout.still(behind)
        _beam(front)
        _units(front)
        self._behind, self._front = behind.finish(), front.finish()
        whole = self._behind.copy()
        over(whole, self._front, 0, 0)
        self.picture = Picture(whole)
        self._raw, self._banded = _panel(BOARD_EDGE), _panel(ACCENT)
        self._discs = [
            [_spinner(radius, spokes, step / _TURN) for step in range(_TURN)]
            for _, _, _, radius, spokes in _SPINNING
        ]
        self._loops = [Loop(self.picture, area, self._composer(area)) for area in _areas()]
        self._clock = Clock()

    def paint(self, moment: Moment) -> None:
        """Draw a moment into `picture`."""
        self._clock.paint(self.picture, moment.time)
        for readout in self.readouts:
            readout.paint(self.picture, moment.newest(readout.channel.tag))
        for part in self._loops:
            part.show(round(moment.elapsed * 25 / SECOND) % _FRAMES)

    def _composer(self, area: Area) -> Callable[[Pixels, int], None]:
        def compose(rgb: Pixels, position: int) -> None:
            rgb[:] = area.of(self._behind)[..., :3]
            self._panels(rgb, area, position)
            over(rgb, area.of(self._front), 0, 0)
            for disc, turns in zip(_SPINNING, self._discs, strict=True):
                sprite = turns[position % _TURN]
                column, row = _ROOM.at(*disc[:3])
                left, top = round(column) - sprite.shape[1] // 2, round(row) - sprite.shape[0] // 2
                over(rgb, sprite, left - area.x, top - area.y)

        return compose

    def _panels(self, rgb: Pixels, area: Area, position: int) -> None:
        way = (_LEAD + 4 * position) % _PITCH
        press = round(_ROOM.at(_PRESS, _EDGE)[0])
        for x in range(way - 2 * _PITCH, 1500, _PITCH):
            column, row = (round(c) for c in _ROOM.at(x, 0))
            left, top = column - _PANEL_CORNER[0], row - _PANEL_CORNER[1]
            # Upstream of the press roller the edge is still bare.
            cut = min(max(press - left, 0), self._raw.shape[1])
            over(rgb, self._raw[:, :cut], left - area.x, top - area.y)
            over(rgb, self._banded[:, cut:], left + cut - area.x, top - area.y)


# --- what moves --------------------------------------------------------------------------------------

_PANEL_CORNER = (90, 30)
"""Where in a panel's picture its own place is."""


def _panel(edge: Colour) -> Pixels:
    sheet = Sheet(290, 130)
    here = Projection(origin=_PANEL_CORNER, along=_ROOM.along, forward=_ROOM.forward)
    here.box(sheet, (0, _BACK, 0), (_LENGTH, _EDGE - _BACK, _THICK), edge, top=WHITE, edge=False)
    right = _upright(here, _LENGTH, _BACK, _EDGE, _THICK)
    sheet.polygon(right, mix(WHITE, INK, 0.2))
    top = here.path(
        (0, _BACK, _THICK), (_LENGTH, _BACK, _THICK), (_LENGTH, _EDGE, _THICK), (0, _EDGE, _THICK)
    )
    sheet.line(top, mix(WHITE, INK, 0.2), 1.0, closed=True)
    return sheet.finish()


def _upright(here: Projection, x: float, back: float, front: float, height: float) -> list[Point]:
    return here.path((x, back, 0), (x, front, 0), (x, front, height), (x, back, height))


_SPINNING: Final = (
    (*_REEL, 46.0, 6),
    (434.0, 150.0, 34.0, 22.0, 3),  # the glue roller
    (_PRESS + 12, 142.0, 34.0, 17.0, 2),
    (_PRESS + 52, 137.0, 34.0, 12.0, 2),
    (_PRESS + 84, 137.0, 34.0, 12.0, 2),
)
"""Discs that turn: along, forward, up, radius, and after which part of a turn they look the same."""


def _spinner(radius: float, spokes: int, turn: float) -> Pixels:
    """One disc's picture, its middle in the middle."""
    across, down = round(radius * 1.3) + 4, round(radius * 0.6) + 4
    sheet = Sheet(2 * across, 2 * down)
    here = Projection(origin=(across, down), along=_ROOM.along, forward=_ROOM.forward)
    rim = here.disc(0, 0, 0, radius)
    sheet.polygon(rim, MIST)
    for spoke in range(spokes):
        angle = 2 * math.pi * (spoke + turn) / spokes
        tip = here.at(radius * math.cos(angle), radius * math.sin(angle))
        sheet.line([here.at(0, 0), tip], IRON, max(radius / 11, 2.0))
    sheet.line(rim, SLATE, 1.4, closed=True)
    sheet.polygon(here.disc(0, 0, 0, radius * 0.28), SLATE)
    return sheet.finish()


# --- what stands still -------------------------------------------------------------------------------


def _hall(sheet: Sheet) -> None:
    """Wall, floor, the way for people, and what waits on the floor."""
    for x in (150, 420, 690, 960, 1230):
        sheet.rectangle(x, 112, 2, 600, mix(WALL, STONE, 0.25))
    behind = _ROOM.path((-300, -190, _FLOOR), (1900, -190, _FLOOR))
    sheet.polygon([*behind, (WIDTH + 400, HEIGHT + 200), (-400, HEIGHT + 200)], FLOOR)
    sheet.line(behind, mix(FLOOR, INK, 0.2), 2.0)
    walk = _ROOM.path((-200, 330, _FLOOR), (1500, 330, _FLOOR), (1500, 344, _FLOOR), (-200, 344, _FLOOR))
    sheet.polygon(walk, ACCENT_LIGHT)
    # Ducts that take the dust away, from the units up and along the wall.
    sheet.gradient(
        [(-10, 112), (640, 112), (640, 140), (-10, 140)],
        ((0, PAPER), (0.4, MIST), (1, STONE)),
    )
    for x in (118, 330, 542):
        sheet.rectangle(x, 108, 8, 36, STONE)


def _display(sheet: Sheet) -> None:
    """The board on the wall with this line's readings."""
    face(sheet, 700, 112, 548, 138)
    sheet.rectangle(984, 130, 1.5, 102, MIST)


def _body(sheet: Sheet) -> None:
    """The machine behind the panels, the conveyor under them, and the heads that look at them."""
    shade = _ROOM.path((-200, -120, _FLOOR), (1500, -120, _FLOOR), (1500, 175, _FLOOR), (-200, 175, _FLOOR))
    sheet.polygon(shade, mix(FLOOR, INK, 0.09))
    for x in range(-60, 1500, 250):
        _ROOM.box(sheet, (x, 78, _FLOOR), (24, 22, 118), STONE)
    _ROOM.box(sheet, (250, -120, _FLOOR), (690, 122, 250), MIST)
    for x in (268, 440, 612, 784):
        door = _ROOM.path((x, 2, 14), (x + 142, 2, 14), (x + 142, 2, 88), (x, 2, 88))
        sheet.polygon(door, mix(MIST, WHITE, 0.35))
        sheet.line(door, mix(MIST, INK, 0.3), 1.2, closed=True)
    _ROOM.box(sheet, (-240, 0, -34), (1800, 112, 32), STONE, top=IRON)
    for x in range(-230, 1560, 26):  # the chain's links
        sheet.line(_ROOM.path((x, 6, -2), (x, 40, -2)), mix(IRON, INK, 0.25), 1.2)
    _ROOM.box(sheet, (-240, 112, -30), (1800, 4, 8), MIST, edge=False)


def _beam(sheet: Sheet) -> None:
    """What presses the panels down, with the maker's name on it."""
    for x in range(300, 930, 30):
        _ROOM.post(sheet, (x, 62, 17), 8, 12, IRON)
    _ROOM.box(sheet, (262, 2, 26), (672, 62, 44), PAPER)
    _ROOM.letter(sheet, "汀砚 TINGYAN", (300, 64, 37), 24, ACCENT)


def _units(sheet: Sheet) -> None:
    """What works on the edge, from the infeed on; everything in front of the panels."""
    _head(sheet, _MOISTURE_HEAD, "含水率")
    _unit(sheet, 218, "1", 70)
    foot = _ROOM.at(250, 150, 44)
    _pipe(sheet, [foot, (foot[0], foot[1] - 60), (foot[0] + 6, 200), (foot[0] + 6, 138)])
    _unit(sheet, 352, "2", 56)
    for x, y, z, radius, _ in _SPINNING[1:]:
        _ROOM.post(sheet, (x, y, _FLOOR), radius * 0.4, z - _FLOOR - 50, IRON)
        _ROOM.post(sheet, (x, y, z - 56), radius, 56, STONE)
    tape = _ROOM.path((_REEL[0] + 62, _REEL[1] - 62, 22), (_PRESS - 8, 132, 22))
    _reel(sheet)
    sheet.polygon([*tape, (tape[1][0], tape[1][1] + 18), (tape[0][0], tape[0][1] + 18)], ACCENT)
    _unit(sheet, 726, "3", 66)
    arch = [_ROOM.at(758, 150, 44), _ROOM.at(752, 140, 110), _ROOM.at(738, 60, 150), _ROOM.at(726, -50, 128)]
    _pipe(sheet, [*arch, _ROOM.at(724, -60, 100)])
    _unit(sheet, 856, "4", 62)
    _head(sheet, _PEEL_HEAD, "剥离力")
    _stock(sheet)


def _unit(sheet: Sheet, x: float, number: str, length: float) -> None:
    _ROOM.box(sheet, (x + 8, 146, _FLOOR), (length - 16, 40, 80), STONE)
    _ROOM.box(sheet, (x, 132, -72), (length, 62, 116), PAPER)
    window = _ROOM.path(
        (x + 8, 194, 6), (x + length - 8, 194, 6), (x + length - 8, 194, 34), (x + 8, 194, 34)
    )
    sheet.polygon(window, mix(SLATE, ACCENT, 0.35))
    sheet.line(window, SLATE, 1.2, closed=True)
    _ROOM.letter(sheet, number, (x + length / 2 - 8, 194, -40), 30, IRON)


def _pipe(sheet: Sheet, through: Sequence[Point]) -> None:
    """A hose that takes the dust away."""
    way = curve(through)
    sheet.line(way, mix(STONE, INK, 0.25), 24.0)
    sheet.line(way, MIST, 20.0)
    sheet.line([(x - 4, y) for x, y in way], PAPER, 5.0)


def _head(sheet: Sheet, x: float, name: str) -> None:
    """A gantry with a measuring head over the panels, and a plate that says what it measures."""
    _ROOM.box(sheet, (x, -8, -4), (16, 12, 104), SLATE)
    _ROOM.box(sheet, (x, -8, 84), (16, 150, 16), SLATE)
    _ROOM.box(sheet, (x - 8, 84, 40), (32, 34, 52), ACCENT)
    _ROOM.box(sheet, (x, 132, _FLOOR), (16, 12, 250), SLATE)
    left, top = _ROOM.at(x, 60, 150)
    sheet.rectangle(left - 38, top - 2, 84, 32, WHITE, radius=4)
    sheet.frame(left - 38, top - 2, 84, 32, SLATE, line=1.5, radius=4)
    sheet.text(left + 4, top + 22, name, 23, SLATE, weight="Bold", anchor="middle")


def _reel(sheet: Sheet) -> None:
    """The reel of tape, lying on its turntable."""
    x, y, z = _REEL
    _ROOM.post(sheet, (x, y, _FLOOR), 13, z - _FLOOR - 18, STONE)
    sheet.polygon(_ROOM.disc(x, y, z - 20, _REEL_RADIUS + 3), IRON)
    for level in range(-18, 1, 2):
        sheet.polygon(_ROOM.disc(x, y, z + level, _REEL_RADIUS), mix(ACCENT, INK, 0.3))
    sheet.polygon(_ROOM.disc(x, y, z, _REEL_RADIUS), ACCENT)
    for radius in range(52, 87, 6):
        sheet.line(_ROOM.disc(x, y, z, radius), mix(ACCENT, WHITE, 0.18), 0.9, closed=True)


def _stock(sheet: Sheet) -> None:
    """Panels that wait for their edge, and spare reels."""
    x, y = 250.0, 372.0
    for slat in range(3):
        _ROOM.box(sheet, (x - 4, y + slat * 46, _FLOOR), (196, 14, 10), BOARD_EDGE)
    for layer in range(7):
        _ROOM.box(sheet, (x, y, _FLOOR + 10 + 12 * layer), (186, 104, 11), BOARD, top=WHITE)
    x, y = 552, 336
    for number, colour in enumerate((STONE, BOARD)):
        z = _FLOOR + 20 * number
        for level in range(0, 19, 2):
            sheet.polygon(_ROOM.disc(x, y, z + level, 62), mix(colour, INK, 0.3))
        sheet.polygon(_ROOM.disc(x, y, z + 18, 62), colour)
        sheet.line(_ROOM.disc(x, y, z + 18, 62), mix(colour, INK, 0.35), 1.0, closed=True)
    sheet.polygon(_ROOM.disc(x, y, _FLOOR + 38, 28), SLATE)


def _areas() -> list[Area]:
    """Where anything moves: the band of the panels in columns, and the turning discs."""
    columns = []
    for x in range(0, WIDTH, 128):
        top = _ROOM.at(x - _ROOM.origin[0], 0, 20)[1]
        bottom = _ROOM.at(x + 128 - _ROOM.origin[0], _EDGE)[1] + 30
        columns.append(Area.around(x, top, 128, bottom - top))
    middle = _ROOM.at(*_REEL)
    return [*columns, Area.around(middle[0] - 64, middle[1] - 32, 128, 64)]
