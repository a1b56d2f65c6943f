"""The tap leak-test bench: a tap is clamped and put under pressure; a dial shows how much it loses."""

import math
from typing import Final

from quality_creator.demo.drawing import (
    ACCENT,
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
    Weight,
    arc,
    curve,
    mix,
    over,
    rounded,
    write,
)
from quality_creator.demo.instrument import digits, face
from quality_creator.demo.overlay import Clock, Moment, caption
from quality_creator.demo.picture import HEIGHT, WIDTH, Area, Loop, Picture
from quality_creator.demo.plant import LEAK, SECOND, TAP_COUNTER, Sample, Tally
from quality_creator.demo.sound import Event, loop
from quality_creator.demo.ware import TAP_FOOT, tap
from quality_creator.model.text import Text

NAME: Final = Text(zh="龙头试漏台", en="Tap leak-test bench")

_STEPS: Final = (
    (0.0, Text(zh="松开", en="Release")),
    (0.32, Text(zh="移入", en="Move in")),
    (1.04, Text(zh="夹紧", en="Clamp")),
    (1.36, Text(zh="保压", en="Hold")),
    (2.0, Text(zh="读数", en="Read")),
)
"""From which second of a cycle on a step is at work; values are read where `Read` begins."""

_PITCH = 204
"""From tap to tap on the conveyor."""
_STATION = 322
"""Where the tap under test stands."""
_DECK = 548
"""The conveyor's top."""
_STROKE = 66
"""How far the clamp comes down."""
DIAL: Final = (964.0, 374.0)
"""The dial's middle."""
_RADIUS: Final = 190.0
NEEDLE: Final = 164.0
"""From the dial's middle to the needle's tip."""
DIGITS_SIZE: Final = 92
DIGITS: Final = Area.around(DIAL[0] - 150, DIAL[1] + 102, 300, 74)
"""Where the dial's digits are."""
_SCALE_END = 3.0
_LIMIT = 2.0


_NOISES: Final = (
    Event(at_s=0.02, length_s=0.35, pitch_hz=0, level=0.05),
    Event(at_s=1.02, length_s=0.06, pitch_hz=210, level=0.06),
    Event(at_s=1.36, length_s=0.10, pitch_hz=120, level=0.07),
    Event(at_s=2.0, length_s=0.12, pitch_hz=880, level=0.03),
)
"""Air escapes, the taps stop, the clamp closes, a value is read."""


class TapBench:
    """Camera 2: the bench and, beside it, the instrument."""

    gauge = LEAK.tag
    sound = loop(LEAK.period / SECOND, 98.0, _NOISES, seed=2)

    def __init__(self) -> None:
        sheet = Sheet(WIDTH, HEIGHT, WALL)
        _room(sheet)
        _console(sheet)
        _steps(sheet)
        caption(sheet, 2, NAME)
        self.picture = Picture(sheet.finish())
        self._tap, self._clamp = tap(), _clamp()
        self._conveyor = Loop(self.picture, Area(0, 244, 662, _DECK - 244 + 2), self._compose)
        self._step = self._tally = self._value = ""
        self._clock = Clock()

    def paint(self, moment: Moment) -> None:
        """Draw a moment into `picture`."""
        self._clock.paint(self.picture, moment.time)
        frame = round(moment.phase(LEAK.period) * 25)
        self._conveyor.show(_pose(frame))
        self._paint_step(moment.phase(LEAK.period))
        self._paint_dial(moment.newest(LEAK.tag))
        self._paint_tally(moment.tallies.get(TAP_COUNTER.tag))

    def _compose(self, rgb: Pixels, pose: int) -> None:
        shift, stroke = _pose_of(pose)
        for place in range(-2, 3):
            x = _STATION + place * _PITCH + shift - TAP_FOOT[0]
            over(rgb, self._tap, x, _DECK - TAP_FOOT[1] - 244)
        over(rgb, self._clamp, _STATION - self._clamp.shape[1] // 2, stroke - _ROD)

    def _paint_step(self, seconds: float) -> None:
        now = [step for start, step in _STEPS if start <= seconds + 0.02][-1]
        if now.en == self._step:
            return
        self._step = now.en
        area = _STEP_AREA
        with self.picture.patch(area) as rgb:
            for number, (_, step) in enumerate(_STEPS):
                base = 30 + number * 40
                at_work = step is now
                colour = INK if at_work else IRON
                if at_work:
                    rgb[base - 21 : base - 1, 0:20] = ACCENT
                weight: Weight = "Bold" if at_work else "Regular"
                write(rgb, 32, base, step.zh, 26, colour=colour, weight=weight)
                write(rgb, 94, base, step.en, 22, colour=colour)

    def _paint_dial(self, sample: Sample | None) -> None:
        words = digits(LEAK, sample)
        if words == self._value:
            return
        self._value = words
        area = Area.around(DIAL[0] - 180, DIAL[1] - 180, 360, 366)
        middle = (DIAL[0] - area.x, DIAL[1] - area.y)
        with self.picture.patch(area) as rgb:
            base = middle[1] + 172
            write(rgb, middle[0], base, words, DIGITS_SIZE, colour=INK, weight="Bold", anchor="middle")
            over(rgb, _needle(area, 0.0 if sample is None else sample.value), 0, 0)

    def _paint_tally(self, tally: Tally | None) -> None:
        words = "" if tally is None else f"{tally.total:,}/{tally.rejected:,}"
        if tally is None or words == self._tally:
            return
        self._tally = words
        with self.picture.patch(_TALLY_AREA) as rgb:
            write(rgb, 156, 40, f"{tally.total:,}", 32, weight="Bold", colour=INK)
            write(rgb, 446, 40, f"{tally.rejected:,}", 32, weight="Bold", colour=INK)


# --- what moves --------------------------------------------------------------------------------------

_STEP_AREA = Area(458, 138, 190, 206)
_TALLY_AREA = Area(56, 628, 560, 56)


def _pose(frame: int) -> int:
    """The position of conveyor and clamp in a frame of the cycle: one number for each picture."""
    moving = range(8, 26), range(26, 34), range(8)
    return frame if any(frame in span for span in moving) else 34


def _pose_of(pose: int) -> tuple[int, int]:
    """How far the taps have come, and how far the clamp is down, in pixels."""
    if pose < 8:
        return 0, round(_STROKE * (1 - _ease(pose / 8)))
    if pose < 26:
        return round(_PITCH * _ease((pose - 8) / 18)), 0
    return 0, round(_STROKE * _ease(min((pose - 26) / 8, 1.0)))


def _ease(share: float) -> float:
    """From 0 to 1, slow at both ends."""
    return (1 - math.cos(math.pi * share)) / 2


def _needle(area: Area, value: float) -> Pixels:
    sheet = Sheet(area.width, area.height)
    x, y = DIAL[0] - area.x, DIAL[1] - area.y
    turn = math.radians(angle(value))
    ahead, aside = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))

    def at(along: float, off: float) -> Point:
        return x + ahead[0] * along + aside[0] * off, y + ahead[1] * along + aside[1] * off

    blade = [at(-44, -6), at(-44, 6), at(0, 7), at(NEEDLE, 1.6), at(NEEDLE, -1.6), at(0, -7)]
    sheet.shadow(blade, blur=5, strength=0.3, below=4)
    sheet.polygon(blade, ACCENT)
    sheet.ellipse(x, y, 19, 19, SLATE)
    sheet.ellipse(x, y, 8, 8, STONE)
    return sheet.finish()


_ROD = 72
"""What of the piston's rod is inside its cylinder while the clamp is up."""


def _clamp() -> Pixels:
    """The crosshead with its rod and its pressing foot; its guides stand still."""
    sheet = Sheet(180, 170)
    steel = ((0, SLATE), (0.4, PAPER), (1, SLATE))
    sheet.gradient(rounded(82, 0, 16, _ROD + 4, 0), steel, across=True)
    top = _ROD + 2
    sheet.gradient(rounded(6, top, 168, 30, 6), ((0, PAPER), (0.4, MIST), (1, STONE)))
    sheet.frame(6, top, 168, 30, SLATE, line=1.5, radius=6)
    sheet.gradient(rounded(78, top + 30, 24, 40, 0), steel, across=True)
    sheet.rectangle(56, top + 68, 68, 20, ACCENT, radius=5)
    return sheet.finish()


# --- what stands still -------------------------------------------------------------------------------


def angle(value: float) -> float:
    """Where a value stands on the dial, in degrees clockwise from the right."""
    return 150 + 240 * min(max(value / _SCALE_END, -0.02), 1.02)


def _room(sheet: Sheet) -> None:
    """Tiled wall, floor, bench, tank and the frame around the tap under test."""
    joint = mix(WALL, STONE, 0.22)
    for x in range(0, WIDTH, 96):
        sheet.rectangle(x, 112, 1.5, 600, joint)
    for y in range(112, HEIGHT, 96):
        sheet.rectangle(0, y, WIDTH, 1.5, joint)
    sheet.rectangle(0, 680, WIDTH, 40, FLOOR)
    _tank(sheet, 96, 232)
    for x in (_STATION - 76, _STATION + 64):
        sheet.gradient(
            rounded(x, 176, 12, _DECK - 170, 0), ((0, IRON), (0.35, WHITE), (1, IRON)), across=True
        )
    sheet.gradient(rounded(_STATION - 100, 148, 200, 34, 6), ((0, mix(SLATE, WHITE, 0.2)), (1, SLATE)))
    sheet.text(_STATION, 173, "汀砚 TINGYAN", 20, PAPER, weight="Bold", anchor="middle")
    sheet.gradient(
        rounded(_STATION - 26, 182, 52, 66, 4),
        ((0, IRON), (0.3, WHITE), (0.6, STONE), (1, SLATE)),
        across=True,
    )
    _bench(sheet)


def _tank(sheet: Sheet, x: float, y: float) -> None:
    """The air receiver and the hose to the fixture."""
    body = ((0, IRON), (0.25, PAPER), (0.6, STONE), (1, SLATE))
    sheet.gradient(rounded(x - 54, y, 108, 400, 50), body, across=True)
    sheet.rectangle(x - 8, y - 18, 16, 22, SLATE)
    for band in (y + 44, y + 150):
        sheet.rectangle(x - 54, band, 108, 5, IRON)
    sheet.ellipse(x, y + 96, 30, 30, SLATE)
    sheet.ellipse(x, y + 96, 26, 26, WHITE)
    sheet.line([(x, y + 96), (x + 13, y + 81)], INK, 3.0)
    sheet.line(arc(x, y + 96, 20, 20, start=150, end=390), STONE, 2.0)
    hose = curve(
        [(x, y - 14), (x + 60, y - 40), (x + 130, y + 40), (x + 118, _DECK - 40), (x + 150, _DECK + 26)]
    )
    sheet.line(hose, mix(ACCENT, INK, 0.3), 9.0)
    sheet.line(hose, ACCENT, 6.0)


def _bench(sheet: Sheet) -> None:
    """The conveyor on its bench, with the shift's counters on the front."""
    sheet.gradient(
        [(0, _DECK), (664, _DECK), (664, _DECK + 24), (0, _DECK + 24)], ((0, SLATE), (0.3, IRON), (1, SLATE))
    )
    for x in range(12, 664, 36):
        sheet.ellipse(x, _DECK + 12, 8, 8, STONE)
        sheet.ellipse(x, _DECK + 12, 3, 3, SLATE)
    sheet.rectangle(0, _DECK + 24, 664, 200, MIST)
    sheet.rectangle(0, _DECK + 24, 664, 8, STONE)
    area = _TALLY_AREA
    sheet.rectangle(area.x - 16, area.y - 4, area.width + 32, area.height + 8, WHITE, radius=6)
    sheet.frame(area.x - 16, area.y - 4, area.width + 32, area.height + 8, STONE, line=1.5, radius=6)
    sheet.text(area.x, area.y + 38, "本班", 24, SLATE, weight="Bold")
    sheet.text(area.x + 52, area.y + 38, "This shift", 18, IRON)
    sheet.text(area.x + 300, area.y + 38, "剔除", 24, SLATE, weight="Bold")
    sheet.text(area.x + 352, area.y + 38, "Rejected", 18, IRON)


def _steps(sheet: Sheet) -> None:
    area = _STEP_AREA
    sheet.rectangle(area.x - 14, area.y - 8, area.width + 20, area.height + 16, PAPER, radius=8)
    sheet.frame(area.x - 14, area.y - 8, area.width + 20, area.height + 16, STONE, line=1.5, radius=8)


def _console(sheet: Sheet) -> None:
    """The instrument: a dial on a cabinet."""
    sheet.shadow(rounded(664, 116, 610, 640, 10), blur=20, strength=0.3, below=6)
    sheet.rectangle(664, 108, 610, 640, STONE, radius=12)
    sheet.rectangle(664, 640, 610, 110, mix(STONE, INK, 0.12))
    face(sheet, 684, 122, 570, 500)
    sheet.text(706, 162, "泄漏压降", 28, SLATE, weight="Bold")
    sheet.text(706, 190, "Leak pressure drop", 20, IRON)
    beyond = (angle(_LIMIT), angle(_SCALE_END))
    band = [*_around(_RADIUS, *beyond), *reversed(_around(_RADIUS - 20, *beyond))]
    sheet.polygon(band, mix(WHITE, STONE, 0.75))
    for tenth in range(31):
        value, major = tenth / 10, tenth % 5 == 0
        at = angle(value)
        tick = [_out(_RADIUS - (28 if major else 16), at), _out(_RADIUS, at)]
        sheet.line(tick, INK if major else SLATE, 4.0 if major else 1.8)
        if major:
            x, y = _out(_RADIUS - 53, at)
            sheet.text(x, y + 10, f"{value:.1f}", 28, INK, anchor="middle")
    sheet.line(_around(_RADIUS, 150, 390), SLATE, 2.0)
    sheet.line([_out(_RADIUS - 28, angle(_LIMIT)), _out(_RADIUS + 14, angle(_LIMIT))], ACCENT, 5.0)
    x, y = _out(_RADIUS + 14, angle(_LIMIT))
    sheet.text(x + 8, y + 2, f"自定上限 {_LIMIT:.1f}", 21, ACCENT, weight="Bold")
    sheet.text(x + 8, y + 24, "Own limit", 18, ACCENT)
    sheet.text(DIAL[0], DIAL[1] + 214, LEAK.unit, 28, SLATE, anchor="middle")
    for x in (720, 760, 800):
        sheet.ellipse(x, 680, 13, 13, SLATE)
        sheet.ellipse(x, 680, 8, 8, IRON)
    sheet.rectangle(1060, 664, 180, 34, mix(STONE, INK, 0.3), radius=4)
    sheet.text(1150, 689, "汀砚 TINGYAN", 22, PAPER, weight="Bold", anchor="middle")


def _out(radius: float, degrees: float) -> Point:
    turn = math.radians(degrees)
    return DIAL[0] + radius * math.cos(turn), DIAL[1] + radius * math.sin(turn)


def _around(radius: float, start: float, end: float) -> list[Point]:
    return arc(*DIAL, radius, radius, start=start, end=end)
