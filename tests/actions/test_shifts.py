"""A line's shifts, live: by the clock of its place, whatever comes late, and however it is cut."""

import itertools
import random
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.actions import shifts
from quality_creator.actions.shifts import Use
from quality_creator.config import Oee
from quality_creator.config.schema import Shift
from quality_creator.model.clock import Micros, micros
from quality_creator.model.reading import Count, LineState, MachineState
from quality_creator.quality.oee import ShiftSummary

PLAN = Oee(
    ideal_cycle_s=2.0,
    zone="Asia/Shanghai",
    shifts=(Shift(name="day", start="08:00"), Shift(name="night", start="20:00")),
)
MORNING = datetime(2026, 5, 4, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai


def at(minutes: float) -> Micros:
    return micros(MORNING + timedelta(minutes=minutes))


def says(minutes: float, state: MachineState) -> LineState:
    return LineState(line="board", time=at(minutes), state=state)


def counted(minutes: float, total: int, rejected: int = 0) -> Count:
    return Count(line="board", time=at(minutes), total=total, rejected=rejected)


def run(use: Use, *heard: LineState | Count) -> tuple[Use, list[ShiftSummary]]:
    """One by one."""
    ended: list[ShiftSummary] = []
    for one in heard:
        if isinstance(one, Count):
            use, over = shifts.step(PLAN, use, [], one)
        else:
            use, over = shifts.step(PLAN, use, [one], None)
        ended += over
    return use, ended


def test_a_shift_is_reckoned_from_its_own_beginning_by_the_clock_of_the_place() -> None:
    use, ended = run(
        shifts.begin(PLAN),
        says(60, "running"),
        counted(60, 100),
        says(160, "stopped"),
        says(180, "planned-stop"),
        says(200, "running"),
        counted(260, 4900, 98),
    )
    assert ended == []
    running, over = shifts.so_far(PLAN, use, at(260))
    assert running is not None
    assert over == []
    assert (running.name, running.start, running.end) == ("day", at(0), at(260))
    # An hour in which nobody said anything; then 160 min ran, 20 stood still, 20 were a break.
    assert running.unknown_s == 3600
    assert running.planned_stop_s == 1200
    figures = running.figures
    assert (figures.planned_s, figures.run_s) == (180 * 60, 160 * 60)
    assert figures.performance == 4800 * 2.0 / (160 * 60)
    assert figures.quality == (4800 - 98) / 4800


def test_the_next_shift_begins_by_itself_and_the_stroke_s_count_belongs_to_the_old_one() -> None:
    use, ended = run(
        shifts.begin(PLAN),
        says(0, "running"),
        counted(0, 0),
        counted(720, 20_000),
        counted(730, 20_200, 4),
    )
    [day] = ended
    assert (day.name, day.ended, day.figures.total) == ("day", True, 20_000)
    running, _ = shifts.so_far(PLAN, use, at(740))
    assert running is not None
    assert (running.name, running.figures.total, running.figures.rejected) == ("night", 200, 4)
    assert running.figures.run_s == 20 * 60  # it runs until somebody says otherwise


def test_on_a_quiet_line_shifts_end_for_those_who_look() -> None:
    use, _ = run(shifts.begin(PLAN), says(10, "running"))
    running, ended = shifts.so_far(PLAN, use, at(24 * 60 + 5))
    assert [one.name for one in ended] == ["day", "night"]
    assert running is not None
    assert running.start == at(24 * 60)


def test_after_a_long_silence_nothing_is_made_up() -> None:
    use, _ = run(shifts.begin(PLAN), says(10, "running"))
    use, ended = run(use, says(60 * 24 * 30, "running"))
    assert ended == []
    running, _ = shifts.so_far(PLAN, use, at(60 * 24 * 30 + 10))
    assert running is not None
    assert running.figures.run_s == 600


def test_what_comes_late_holds_from_the_newest_instant_that_was_heard_of() -> None:
    use, _ = run(shifts.begin(PLAN), says(0, "running"), counted(100, 10), says(90, "stopped"))
    running, _ = shifts.so_far(PLAN, use, at(130))
    assert running is not None
    assert (running.figures.run_s, running.stopped_s) == (6000, 1800)


def test_counters_that_were_set_by_hand_count_from_there() -> None:
    use, _ = run(shifts.begin(PLAN), counted(0, 100, 50), counted(10, 120, 3), counted(20, 130, 4))
    running, _ = shifts.so_far(PLAN, use, at(20))
    assert running is not None
    assert (running.figures.total, running.figures.rejected) == (10, 1)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 60), max_size=5))
def test_kept_and_resumed_anywhere_the_figures_are_the_same(seed: int, cuts: list[int]) -> None:
    chance = random.Random(seed)
    heard: list[LineState | Count] = []
    total = 0
    for n in range(60):
        if chance.random() < 0.5:
            heard.append(says(n * 40, chance.choice(["running", "stopped", "planned-stop", "unknown"])))
        else:
            total += chance.randint(0, 900)
            heard.append(counted(n * 40, total, total // 50))
    whole, ended = run(shifts.begin(PLAN), *heard)
    use, over = shifts.begin(PLAN), list[ShiftSummary]()
    for first, last in itertools.pairwise([0, *sorted(cuts), 60]):
        use, some = run(shifts.resumed(PLAN, use.row("board")), *heard[first:last])  # type: ignore[arg-type]
        over += some
    assert (use, over) == (whole, ended)
