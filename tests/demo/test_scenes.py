"""What the cameras see: the same picture for the same moment, and instruments that can be read."""

import math
import time

import numpy as np
import pytest
from fontTools.ttLib import TTFont

from quality_creator.demo import drawing
from quality_creator.demo.drawing import ACCENT
from quality_creator.demo.edge_banding import EdgeBanding
from quality_creator.demo.fonts.characters import characters
from quality_creator.demo.instrument import Readout
from quality_creator.demo.laboratory import Laboratory
from quality_creator.demo.overlay import Moment, clock_words
from quality_creator.demo.picture import HEIGHT, WIDTH, rgb_of
from quality_creator.demo.plant import GLAZE, HINGE, LEAK, MOISTURE, PEEL, SECOND, Channel, Sample
from quality_creator.demo.simulator import SCENES
from quality_creator.demo.tap_bench import DIAL, DIGITS, DIGITS_SIZE, NEEDLE, TapBench, angle
from quality_creator.model.clock import Micros
from tests.demo import reader
from tests.demo.day import NOON, Day


def showing(channel: Channel, value: float) -> Moment:
    """A moment at which a channel's newest value is this one."""
    sample = Sample(channel, 0, value, NOON)
    return Moment(time=NOON, elapsed=0, recent={channel.tag: (sample,)}, tallies={})


@pytest.fixture(scope="module")
def bench() -> TapBench:
    return TapBench()


@pytest.fixture(scope="module")
def readouts() -> dict[str, tuple[EdgeBanding | Laboratory, Readout]]:
    scenes: list[EdgeBanding | Laboratory] = [EdgeBanding(), Laboratory()]
    return {readout.channel.tag: (scene, readout) for scene in scenes for readout in scene.readouts}


@pytest.mark.parametrize("name", SCENES)
def test_a_moment_has_one_picture_however_one_came_to_it(name: str) -> None:
    day = Day.of(2, 60)
    scene = {str(source): make for source, make in SCENES.items()}[name]()
    for seconds in (0.0, 3.1, 12.8, 30.2, 41.44):
        scene.paint(day.moment(seconds))
    alone = {str(source): make for source, make in SCENES.items()}[name]()
    alone.paint(day.moment(41.44))
    for one, other in zip(scene.picture.planes, alone.picture.planes, strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("name", SCENES)
def test_something_moves_and_most_stands_still(name: str) -> None:
    day = Day.of(2, 60)
    scene = {str(source): make for source, make in SCENES.items()}[name]()
    lumas = []
    for frame in range(0, 125, 5):
        scene.paint(day.moment(30 + frame / 25))
        lumas.append(scene.picture.planes[0].copy())
    changed = np.any([luma != lumas[0] for luma in lumas], axis=0)
    assert 0.01 < changed.mean() < 0.5
    assert lumas[0].shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize("value", [0.0, 0.57, 0.93, 1.38, 1.46, 2.0, 2.49, 3.0])
def test_the_dials_digits_and_its_needle_say_the_value(bench: TapBench, value: float) -> None:
    bench.paint(showing(LEAK, value))
    planes = bench.picture.planes
    assert reader.number(planes[0], DIGITS, DIGITS_SIZE) == f"{value:.2f}"
    seen = reader.needle(rgb_of(planes), DIAL, ACCENT, NEEDLE - 10)
    # A quarter of the value's last digit.
    assert abs((seen - angle(value) + 180) % 360 - 180) < (angle(0.01) - angle(0.0)) / 4


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0, 1.5, 2.5, 3.0])
def test_the_needle_points_at_the_mark_of_its_value(bench: TapBench, value: float) -> None:
    bench.paint(showing(LEAK, value))
    planes = bench.picture.planes
    seen = reader.needle(rgb_of(planes), DIAL, ACCENT, NEEDLE - 10)

    def darkest(degrees: float) -> int:
        """Beyond the needle's tip, where only the scale's marks are."""
        turn = math.radians(degrees)
        spots = [(DIAL[0] + r * math.cos(turn), DIAL[1] + r * math.sin(turn)) for r in range(170, 182)]
        return int(max(planes[0][int(y), int(x)] for x, y in spots))

    assert darkest(seen) < 60
    assert min(darkest(seen + 3), darkest(seen - 3)) > 150


@pytest.mark.parametrize(
    ("channel", "values"),
    [
        (PEEL, (3.60, 2.49, 4.05)),
        (MOISTURE, (8.05, 10.15, 7.95)),
        (GLAZE, (0.702, 0.698, 0.731)),
        (HINGE, (1.20, 0.87, 1.36)),
    ],
)
def test_every_display_says_the_value_to_its_last_digit(
    readouts: dict[str, tuple[EdgeBanding | Laboratory, Readout]], channel: Channel, values: tuple[float, ...]
) -> None:
    scene, readout = readouts[channel.tag]
    for value in values:
        scene.paint(showing(channel, value))
        seen = reader.number(scene.picture.planes[0], readout.area, readout.size)
        assert seen == f"{value:.{channel.decimals}f}"


def test_before_the_first_value_no_display_shows_a_number(bench: TapBench) -> None:
    bench.paint(Moment(time=NOON, elapsed=0, recent={}, tallies={}))
    assert reader.number(bench.picture.planes[0], DIGITS, DIGITS_SIZE).strip(".") == ""


def test_the_clock_in_the_corner_follows_the_frames_own_time(bench: TapBench) -> None:
    first = showing(LEAK, 1.0)
    bench.paint(first)
    before = bench.picture.planes[0][:64, 860:].copy()
    bench.paint(Moment(time=Micros(NOON + SECOND), elapsed=0, recent=first.recent, tallies={}))
    assert not np.array_equal(before, bench.picture.planes[0][:64, 860:])


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_fonts_have_every_character_that_is_drawn(weight: drawing.Weight) -> None:
    path = drawing.font(10, weight).path
    assert isinstance(path, str)
    missing = [c for c in characters() if ord(c) not in TTFont(path).getBestCmap()]
    assert missing == [], "cut the fonts anew: see src/quality_creator/demo/fonts/README.md"


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("CST-8", "2026-05-29 04:26:40 UTC+8"),
        ("UTC0", "2026-05-28 20:26:40 UTC"),
        ("NDT2:30", "2026-05-28 17:56:40 UTC-2:30"),
        ("IST-5:30", "2026-05-29 01:56:40 UTC+5:30"),
    ],
)
def test_the_clock_says_how_its_zone_differs_from_utc(
    monkeypatch: pytest.MonkeyPatch, zone: str, words: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert clock_words(NOON) == words
    finally:
        monkeypatch.undo()
        time.tzset()
