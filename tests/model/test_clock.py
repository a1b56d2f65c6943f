"""Media time and wall time."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.clock import Anchor, MediaTime, Micros, Timeline, iso, micros, utc

LINE = Timeline(
    anchors=(
        Anchor(at=MediaTime(0), utc=Micros(1_000_000_000)),
        Anchor(at=MediaTime(900_000), utc=Micros(1_060_000_000)),  # 10 s of stream, then 50 s missing
    )
)


@given(st.integers(0, 10**9))
def test_there_and_back_is_the_same_position_to_a_tick(position: int) -> None:
    assert abs(LINE.position_at(LINE.utc_at(MediaTime(position))) - position) <= 1


def test_an_instant_inside_a_gap_is_the_gaps_end() -> None:
    assert LINE.position_at(Micros(1_030_000_000)) == 900_000


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        micros(datetime(2026, 1, 1))  # noqa: DTZ001


@given(st.integers(0, 4 * 10**15))
def test_microseconds_survive(instant: int) -> None:
    assert micros(utc(instant)) == instant


def test_iso_cuts_to_milliseconds() -> None:
    assert iso(1_767_225_600_123_999) == "2026-01-01T00:00:00.123Z"
