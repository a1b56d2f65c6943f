"""The rules against their texts, one point at a time."""

import math

import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.quality import Plan, given, start, step
from quality_creator.quality.rules import NELSON, TABLE, WESTERN_ELECTRIC, parse
from tests.quality import brute
from tests.quality.cases import case

ALL_RULES = tuple(rule.name for rule in TABLE)


def judged(values: list[float]) -> list[tuple[int, str, bool]]:
    plan = Plan(kind="i-mr", rules=ALL_RULES)
    _, points = step(start(plan, given(plan, center=0.0, sigma=1.0)), values)
    found = [(signal.row, signal.rule, signal.continuing) for signal in points.signals]
    return [entry for entry in found if entry[1] != "spread-limits"]


# Coarse values meet lines, ties and the centre; a drift and a sawtooth make the long patterns.
series = st.builds(
    lambda seed, digits, drift, saw, scale: np.round(
        np.random.default_rng(seed).normal(0, scale, 90)
        + drift * np.sin(np.arange(90) / 9)
        + saw * (-1.0) ** np.arange(90),
        digits,
    ).tolist(),
    st.integers(0, 10**6),
    st.integers(0, 2),
    st.sampled_from([0.0, 1.0, 2.0]),
    st.sampled_from([0.0, 0.0, 1.2]),
    st.sampled_from([0.4, 1.0, 1.5]),
)


@always(series)
def test_word_operations_agree_with_the_rules_read_aloud(values: list[float]) -> None:
    assert judged(values) == brute.signals(ALL_RULES, values, 0.0, 1.0)


@always(series, st.sets(st.integers(0, 89), max_size=6))
def test_a_missing_value_satisfies_nothing(values: list[float], gaps: set[int]) -> None:
    values = [math.nan if number in gaps else value for number, value in enumerate(values)]
    assert judged(values) == brute.signals(ALL_RULES, values, 0.0, 1.0)


@always(series, st.integers(1, 20))
def test_every_pattern_is_found_across_cuts(values: list[float], length: int) -> None:
    plan = Plan(kind="i-mr", rules=ALL_RULES)
    state, found = start(plan, given(plan, center=0.0, sigma=1.0)), []
    for first in range(0, len(values), length):
        state, points = step(state, values[first : first + length])
        found += [(points.first + signal.row, signal.rule, signal.continuing) for signal in points.signals]
    assert [entry for entry in found if entry[1] != "spread-limits"] == judged(values)


@pytest.mark.parametrize("name", ALL_RULES)
def test_the_brute_force_meets_every_rule(name: str) -> None:
    found = set()
    for seed in range(40):
        rng = np.random.default_rng(seed)
        for values in (rng.normal(size=300), rng.normal(0, 0.3, 300), rng.normal(0, 3, 300)):
            found |= {rule for _, rule, _ in judged(values.tolist())}
    assert name in found


@pytest.mark.parametrize("name", ["rules_nelson1_exact_3sigma_not_signal", "rules_we1_vs_limits"])
def test_published_sequence(name: str) -> None:
    published = case(name)
    expected = published["expected"]
    found: dict[str, list[int]] = {rule: [] for rule in ALL_RULES}
    for row, rule, _ in judged(published["inputs"]["z"]):
        found[rule].append(row)
    early = expected["m_of_n_short_window_at_start"]
    nelson = expected["nelson"] | {"5": early["rule5"], "6": early["rule6"]}
    assert {key: found[f"nelson-{key}"] for key in nelson} == nelson
    assert found["nelson-8-both"] == expected["nelson8_both_sides_required"]
    western = expected["western_electric"]
    assert [found["western-electric-1"], found["western-electric-4"]] == [western["we1"], western["we4"]]
    # The published list waits for a full window; ours fires when m points already qualify.
    assert found["western-electric-2"] == early["rule5"]
    assert found["western-electric-3"] == early["rule6"]


def test_a_pattern_is_named_where_it_completes_and_then_continues_until_it_breaks() -> None:
    values = [0.5] * 11 + [0.0] + [0.5] * 9
    found = [entry for entry in judged(values) if entry[1] == "nelson-2"]
    assert found == [
        (8, "nelson-2", False),
        (9, "nelson-2", True),
        (10, "nelson-2", True),
        (20, "nelson-2", False),
    ]


def test_a_change_of_side_is_a_new_pattern() -> None:
    found = [entry for entry in judged([3.5, 3.6, -3.5, -3.6]) if entry[1] == "nelson-1"]
    assert [continuing for _, _, continuing in found] == [False, True, False, True]


def test_a_tie_breaks_a_trend() -> None:
    assert [row for row, rule, _ in judged([0, 0.1, 0.2, 0.3, 0.4, 0.4, 0.5]) if rule == "nelson-3"] == []
    assert [row for row, rule, _ in judged([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5]) if rule == "nelson-3"] == [5]


def test_names_are_read_as_a_person_writes_them() -> None:
    assert parse("nelson") == NELSON
    assert parse("Western-Electric, nelson-8-both") == (*WESTERN_ELECTRIC, "nelson-8-both")
    assert parse("none") == ()


@pytest.mark.parametrize("text", ["nelson-9", "nelson-4..2", "nelson-1..", "x"])
def test_an_unknown_rule_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        parse(text)
