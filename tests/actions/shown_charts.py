"""Charts of every kind as an episode shows them: measured, judged, stamped, and written down."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import msgspec

from quality_creator.actions import courses, judging, studies
from quality_creator.actions.courses import Course, Opening
from quality_creator.actions.judging import Chart
from quality_creator.model.characteristic import (
    COUNTS,
    PAIRED,
    Characteristic,
    ChartPlan,
    Limits,
    Specification,
)
from quality_creator.model.clock import Micros
from quality_creator.model.event import Capability, Definition, Definitions, FrameData, Point, TimedMessage
from quality_creator.model.ids import CharacteristicId, GaugeId, LineId
from quality_creator.model.reading import Measurement
from quality_creator.model.text import Text

LINE = Text(zh="板件线", en="Board line")
SEGMENT = 172_800
"""Ticks."""

PLANS: dict[str, ChartPlan] = {
    "i-mr": ChartPlan(kind="i-mr", estimate_from=8),
    "xbar-r": ChartPlan(kind="xbar-r", size=3, estimate_from=6),
    "xbar-s": ChartPlan(kind="xbar-s", size=4, estimate_from=6),
    "p": ChartPlan(kind="p", estimate_from=8),
    "np": ChartPlan(kind="np", size=50, estimate_from=8),
    "c": ChartPlan(kind="c", estimate_from=8),
    "u": ChartPlan(kind="u", estimate_from=8),
    "laney-p": ChartPlan(kind="laney-p", estimate_from=8),
    "laney-u": ChartPlan(kind="laney-u", limits=Limits(center=0.05, dispersion=1.4)),
    "ewma": ChartPlan(kind="ewma", estimate_from=8, weight=0.1, width=2.7),
    "cusum": ChartPlan(kind="cusum", size=2, estimate_from=6, decision=4.0, reset=True),
}
"""A plan of every live kind."""


@dataclass
class Charts:
    """Some characteristics over an episode."""

    plans: dict[str, ChartPlan] = field(default_factory=lambda: {"xbar-r": PLANS["xbar-r"]})
    """By the characteristic's name."""
    a_segment: int = 12
    """Measurements of each characteristic in a segment."""
    earlier: int = 30
    """Measurements before the episode began."""
    count: int = 6
    """Segments; of more, the last ones have no measurements."""
    reckoned: int = 1
    """After how many segments the capability is told anew."""
    unwritten: bool = False
    """Whether nobody wrote down where the charts stood."""
    lie: Callable[[Definition | Point], Definition | Point] = lambda one: one
    """What a hub that lies shows in the place of something."""

    @cached_property
    def _shown(self) -> tuple[list[list[TimedMessage]], list[Opening], list[Course]]:
        batches: list[list[TimedMessage]] = [[] for _ in range(self.count)]
        parts = [self._follow(name, plan) for name, plan in self.plans.items()]
        for number, batch in enumerate(batches):
            start = number * SEGMENT
            shown = [self.lie(part.definitions[number]) for part in parts]
            shown += [self.lie(point) for part in parts for point in part.points[number]]
            definitions = Definitions(characteristics=tuple(o for o in shown if isinstance(o, Definition)))
            points = tuple(o for o in shown if isinstance(o, Point))
            batch.append(TimedMessage(at=start, message=definitions))
            batch.append(TimedMessage(at=start + 3_600, message=FrameData(utc=Micros(number), points=points)))
        return batches, [part.opening for part in parts], [part.course for part in parts]

    def messages(self, number: int) -> list[TimedMessage]:
        """What is stamped into a segment."""
        return self._shown[0][number] if number < self.count else []

    @property
    def openings(self) -> list[Opening]:
        """Where the charts stood."""
        return self._shown[1]

    @property
    def opening(self) -> bytes:
        """`charts/opening.json`."""
        return b"" if self.unwritten else msgspec.json.encode(self._shown[1])

    @property
    def course(self) -> bytes:
        """`charts/course.json`."""
        return msgspec.json.encode(self._shown[2])

    def _follow(self, name: str, plan: ChartPlan) -> "_Part":
        one = characteristic(name, plan)
        rows = measured(one, self.earlier + self.a_segment * self.count)
        chart = judging.judge(judging.fresh(one), rows[: self.earlier]).chart
        before = [courses.value_of(n, row) for n, row in enumerate(rows[: self.earlier])]
        opening = Opening(standing=courses.standing(chart, "start", Micros(1)), before=tuple(before))
        found = _Part(opening, Course(characteristic=one.id, changes=(), unshown=()))
        told = None
        for number in range(self.count):
            first = self.earlier + number * self.a_segment
            if number % self.reckoned == 0:
                told = capability(chart, rows[:first])
            found.definitions.append(judging.definition(chart, LINE, told))
            judged = judging.judge(chart, rows[first : first + self.a_segment])
            found.points.append(list(judged.points))
            chart = judged.chart
        return found


@dataclass
class _Part:
    opening: Opening
    course: Course
    definitions: list[Definition] = field(default_factory=list)
    points: list[list[Point]] = field(default_factory=list)


def characteristic(name: str, plan: ChartPlan) -> Characteristic:
    """Something that is measured."""
    counted = plan.kind in COUNTS
    return Characteristic(
        id=CharacteristicId(name),
        name=Text(zh="剥离力", en="Peel force"),
        unit="" if counted else "N/mm",
        line=LineId("board"),
        specification=None if counted else Specification(lower=6.0, upper=10.0),
        chart=plan,
    )


def measured(one: Characteristic, count: int) -> list[Measurement]:
    """A process that goes wrong in its last third; one of its measurements is bad."""
    chance = random.Random(one.id)
    return [_measured(one, n, chance, wrong=n > count * 2 / 3) for n in range(count)]


def _measured(one: Characteristic, number: int, chance: random.Random, *, wrong: bool) -> Measurement:
    plan = one.chart
    found_in: float | None = None
    if plan.kind in COUNTS:
        inspected = plan.size if plan.kind == "np" else chance.randint(30, 120)
        value = float(sum(chance.random() < (0.25 if wrong else 0.05) for _ in range(inspected)))
        found_in = float(inspected) if plan.kind in PAIRED else None
    else:
        value = chance.gauss(9.4 if wrong else 8.0, 0.3)
    return Measurement(
        characteristic=one.id,
        value=value,
        time=Micros(1_000_000 * (number + 1)),
        gauge=GaugeId("g"),
        sequence=number,
        status="bad" if number == 41 else "good",
        found_in=found_in,
    )


def capability(chart: Chart, rows: Sequence[Measurement]) -> Capability | None:
    """What viewers are told, where it can be told."""
    if chart.characteristic.specification is None:
        return None
    return studies.reckon(chart, rows)
