"""Who speaks: found within a second, kept through pauses, and not taken in by noise."""

import numpy as np
import pytest

from quality_creator.media import speaker
from quality_creator.media.sound import TICK
from quality_creator.model.ids import SourceId

WANG, LI = SourceId("wang"), SourceId("li")


def run(state: speaker.State, ticks: int, **levels: float) -> speaker.State:
    for _ in range(ticks):
        state = speaker.step(state, {SourceId(name): level for name, level in levels.items()})
    return state


def test_a_sine_of_full_scale_has_minus_three_decibels() -> None:
    wave = np.sin(2 * np.pi * 1000 / 48_000 * np.arange(TICK)).astype(np.float32)
    assert speaker.level(np.stack((wave, wave))) == pytest.approx(-3.01, abs=0.01)
    assert speaker.level(np.zeros((2, TICK), np.float32)) == speaker.QUIETEST


def test_whoever_speaks_is_found_within_a_second_and_stays_while_nobody_does() -> None:
    state = run(speaker.State(), 50, wang=-65, li=-65)
    assert state.speaker is None
    state = run(state, 24, wang=-25, li=-65)
    assert state.speaker == WANG
    state = run(state, 100, wang=-65, li=-65)
    assert state.speaker == WANG
    assert run(state, 24, wang=-65, li=-28).speaker == LI


def test_who_speaks_at_once_is_told_the_loudest_first_and_a_breath_is_no_end() -> None:
    state = run(speaker.State(), 50, wang=-65, li=-65)
    assert speaker.speaking(state) == ()
    state = run(state, 16, wang=-30, li=-65)
    assert speaker.speaking(state) == (WANG,)
    state = run(state, 16, wang=-30, li=-25)
    assert speaker.speaking(state) == (LI, WANG)
    state = run(state, 8, wang=-65, li=-25)
    assert speaker.speaking(state) == (LI, WANG)
    assert speaker.speaking(run(state, 4, wang=-65, li=-25)) == (LI,)
    assert speaker.speaking(run(state, 12, wang=-65, li=-65)) == ()


def test_a_cough_and_a_fan_are_no_speakers() -> None:
    state = run(speaker.State(), 25, wang=-65, li=-65)
    assert run(state, 8, wang=-20, li=-65).speaker is None
    noisy = run(speaker.State(), 3000, wang=-38, li=-65)
    assert run(noisy, 100, wang=-38, li=-30).speaker == LI


def test_two_who_speak_at_once_do_not_take_turns_at_every_syllable() -> None:
    rng = np.random.default_rng(1)
    state = run(speaker.State(), 50, wang=-65, li=-65)
    state = run(state, 30, wang=-25, li=-65)
    changes, before = 0, state.speaker
    for _ in range(500):
        state = run(state, 1, wang=-25 + rng.normal(0, 4), li=-25.5 + rng.normal(0, 4))
        changes += state.speaker != before
        before = state.speaker
    assert changes <= 8


def test_somebody_who_left_is_forgotten() -> None:
    state = run(speaker.State(), 50, wang=-25, li=-65)
    assert run(state, 1, li=-65).speaker is None
