"""Panels of which width, length and thickness are measured: charts of several characteristics for tests."""

import random
from collections.abc import Sequence

from quality_creator.actions.joining import Arrival
from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, ChartId, GaugeId
from quality_creator.model.joint import JointChart
from quality_creator.model.reading import Measurement, Status
from quality_creator.model.text import Text

NAMES = tuple(map(CharacteristicId, ("width", "length", "thick")))

T2 = JointChart(
    id=ChartId("panel"),
    name=Text(zh="板件", en="Panel"),
    kind="t2",
    characteristics=NAMES,
    tolerance_s=0.5,
    estimate_from=20,
)
MEWMA = JointChart(
    id=ChartId("panel"),
    name=Text(zh="板件", en="Panel"),
    kind="mewma",
    characteristics=NAMES,
    join="sequence",
    estimate_from=20,
)
PAIRS = JointChart(
    id=ChartId("panel"),
    name=Text(zh="板件", en="Panel"),
    kind="t2",
    characteristics=NAMES,
    tolerance_s=0.5,
    size=2,
    estimate_from=12,
)
CHARTS = {"t2": T2, "mewma": MEWMA, "t2-of-2": PAIRS}


def value_of(
    place: int, item: int, value: float, *, at: float | None = None, status: Status = "good"
) -> Arrival:
    """What was measured of an item, `at` seconds, or a second for each item and a little for each gauge."""
    seconds = item + 0.1 * place if at is None else at
    one = Measurement(
        characteristic=NAMES[place],
        value=value,
        time=Micros(round(1e6 * seconds)),
        gauge=GaugeId("saw"),
        sequence=item,
        status=status,
        tag=NAMES[place],
    )
    return place, one


def arrivals(items: int, *, seed: int = 3, disorder: int = 4) -> list[Arrival]:
    """Items of which some values are missing, bad or late; in the last third the length is off.

    Width and length follow each other; the thickness is its own.
    """
    chance = random.Random(seed)
    found: list[tuple[float, int, Arrival]] = []
    for item in range(items):
        common = chance.gauss(0, 1)
        off = 3.0 if item > items * 2 / 3 else 0.0
        values = (common + chance.gauss(0, 0.4), common + chance.gauss(0, 0.4) + off, chance.gauss(0, 1))
        for place, value in enumerate(values):
            if chance.random() < 0.04:
                continue
            status: Status = (
                "bad" if chance.random() < 0.02 else "uncertain" if chance.random() < 0.05 else "good"
            )
            when = item + chance.random() * disorder if place == 2 else float(item)
            found.append((when, place, value_of(place, item, 10.0 + value, status=status)))
    # Each characteristic comes in its own order; one of them comes late.
    found.sort(key=lambda one: (one[1], one[2][1].sequence))
    times = {place: sorted(when for when, p, _ in found if p == place) for place in range(3)}
    taken = [(times[place].pop(0), place, one) for _, place, one in found]
    taken.sort(key=lambda one: one[:2])
    return [one for _, _, one in taken]


def of(arrived: Sequence[Arrival], place: int) -> list[Measurement]:
    """What came of one characteristic."""
    return [one for which, one in arrived if which == place]
