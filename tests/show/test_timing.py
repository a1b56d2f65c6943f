"""Over and under, and how urgent an item is."""

import pytest

from quality_creator.model.clock import Micros
from quality_creator.show import event as e
from quality_creator.show.timing import over_s, phase, timing
from tests.show.test_state import FULL, after, item, take

# The log has an entry a second: the show begins at 4 s, item a at 5 s; three items of 60 s.
PLANNED = after([*(e.ItemAdded(item=item(name)) for name in "abc"), e.Began(scene=FULL)])
RUNNING = after([take(PLANNED, "a")], PLANNED)


def at(seconds: float) -> Micros:
    return Micros(round(seconds * 1e6))


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(4.9, "running"), (5.0, "soon"), (49.9, "soon"), (50.0, "close"), (65.0, "close"), (65.1, "over")],
)
def test_an_item_is_marked_before_its_end_and_after_it(seconds: float, expected: str) -> None:
    assert phase(timing(RUNNING), at(seconds)) == expected


def test_without_an_item_or_its_length_nothing_is_urgent() -> None:
    assert phase(timing(PLANNED), at(99)) == "idle"
    free = after([e.ItemAdded(item=item("z", planned_s=0))], PLANNED)
    assert phase(timing(after([take(free, "z")], free)), at(9_999)) == "running"


def test_a_show_is_late_by_what_it_began_late_and_then_by_what_runs_over() -> None:
    times = timing(RUNNING)
    assert over_s(times, at(5)) == over_s(times, at(65)) == pytest.approx(1.0)
    assert over_s(times, at(75)) == pytest.approx(11.0)
    skipped = after([take(RUNNING, "c")], RUNNING)  # at 6 s
    assert over_s(timing(skipped), at(6)) == pytest.approx(-118.0)


def test_a_longer_plan_moves_the_end_and_not_the_item_on_air() -> None:
    changed = after([e.ItemChanged(item=item("a", planned_s=10))], RUNNING)
    assert timing(changed).item_ends == timing(RUNNING).item_ends
