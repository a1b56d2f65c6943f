"""A bank of charts says what each chart would say by itself."""

import math
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given as always
from hypothesis import settings
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput, BadPayload
from quality_creator.quality import (
    Kind,
    Limits,
    Plan,
    decode_bank,
    encode_bank,
    estimate,
    given,
    start,
    start_bank,
    step,
    step_bank,
)
from quality_creator.quality.bank import MAGIC, Bank
from quality_creator.quality.rules import DEFAULT, NELSON, WESTERN_ELECTRIC
from quality_creator.quality.state import seal
from tests.quality.cases import case

ALL_RULES = (*NELSON, "nelson-8-both", *WESTERN_ELECTRIC)

Found = list[tuple[int, int, str, bool]]


def bank_of(plan: Plan, count: int) -> tuple[list[Limits], Bank]:
    limits = [given(plan, center=0.1 * number, sigma=0.5 + 0.1 * (number % 7)) for number in range(count)]
    return limits, start_bank(plan, limits)


@settings(max_examples=50)
@always(
    kind=st.sampled_from([("i-mr", 1), ("xbar-r", 3), ("xbar-s", 2)]),
    rules=st.sampled_from([ALL_RULES, DEFAULT, (), ("nelson-8-both",), ("nelson-5", "nelson-4")]),
    count=st.sampled_from([1, 5, 66]),
    cuts=st.lists(st.integers(0, 40), max_size=6).map(sorted),
    seed=st.integers(0, 1000),
    mood=st.sampled_from(["plain", "gaps", "restart", "huge"]),
)
def test_a_bank_agrees_with_single_charts_however_it_is_cut(  # noqa: PLR0917 - drawn by name
    kind: tuple[Kind, int], rules: tuple[str, ...], count: int, cuts: list[int], seed: int, mood: str
) -> None:
    plan = Plan(kind=kind[0], size=kind[1], rules=rules)
    rng = np.random.default_rng(seed)
    rows = np.round(rng.normal(size=(40, count)), 1)
    if mood == "gaps":
        rows[rng.random(rows.shape) < 0.05] = math.nan
    if mood == "huge":
        # Differences overflow, also between one that does by itself and an ordinary row.
        rows = np.clip(rows, -3.5, 3.5)
        rows[rng.random(40) < 0.3] *= 5e307
    limits, bank = bank_of(plan, count)
    locations, spreads, found = [np.empty((0, count))], [np.empty((0, count))], []
    for first, last in pairwise([0, *cuts, 40]):
        bank, points = step_bank(bank, rows[first:last])
        locations.append(points.location)
        spreads.append(points.spread)
        found += [
            (points.first + signal.row, signal.characteristic, signal.rule, signal.continuing)
            for signal in points.signals
        ]
        if mood == "restart":
            bank = decode_bank(encode_bank(bank))
    expected: Found = []
    for number in range(count):
        _, single = step(start(plan, limits[number]), rows[:, number])
        np.testing.assert_array_equal(np.concatenate(locations)[:, number], single.location)
        np.testing.assert_array_equal(np.concatenate(spreads)[:, number], single.spread)
        expected += [(signal.row, number, signal.rule, signal.continuing) for signal in single.signals]
    assert sorted(found) == sorted(expected)


def test_signals_come_by_row_then_rule_then_characteristic() -> None:
    plan = Plan(kind="i-mr", rules=("nelson-1", "western-electric-1"))
    _, bank = bank_of(plan, 3)
    _, points = step_bank(bank, [[9.0, 0.0, 9.0], [0.0, 0.0, 9.0]])
    order = [(signal.row, signal.rule, signal.characteristic) for signal in points.signals]
    ranks = {"nelson-1": 0, "western-electric-1": 1, "spread-limits": 2}
    assert order == sorted(order, key=lambda entry: (entry[0], ranks[entry[1]], entry[2]))
    assert len(points.signals) == len(order) == 7


def test_a_bank_of_many_long_rows_is_judged_in_blocks() -> None:
    plan = Plan(kind="i-mr", rules=NELSON)
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(300, 400))
    limits = [given(plan, center=0.0, sigma=1.0)] * 400
    _, points = step_bank(start_bank(plan, limits), rows)
    for number in (0, 63, 64, 399):
        _, single = step(start(plan, limits[0]), rows[:, number])
        mine = [signal for signal in points.signals if signal.characteristic == number]
        assert [(s.row, s.rule, s.continuing) for s in mine] == [
            (s.row, s.rule, s.continuing) for s in single.signals
        ]


def test_numpy_is_left_as_it_was() -> None:
    before = np.getbufsize(), np.geterr()
    _, bank = bank_of(Plan(kind="i-mr"), 3)
    step_bank(bank, [[1e300, 0.0, math.nan]] * 3)
    assert (np.getbufsize(), np.geterr()) == before


def test_unequal_subgroups_have_the_limits_that_they_have_alone() -> None:
    subgroups = case("pistonrings_unequal_n_S")["inputs"]["phase1"]
    values = np.array([row + [math.nan] * (5 - len(row)) for row in subgroups])
    plan = Plan(kind="xbar-s", size=5, rules=ALL_RULES)
    # Narrow limits, so that there is something to find.
    frozen = given(plan, center=74.0, sigma=0.002)
    estimated = estimate(plan, values).limits
    _, points = step_bank(start_bank(plan, [frozen, estimated]), np.repeat(values.reshape(-1, 1), 2, axis=1))
    for number, limits in enumerate((frozen, estimated)):
        _, single = step(start(plan, limits), values)
        mine = [(s.row, s.rule) for s in points.signals if s.characteristic == number]
        assert mine == [(s.row, s.rule) for s in single.signals]


def test_what_does_not_fit_a_bank_is_refused() -> None:
    plan = Plan(kind="i-mr")
    _, bank = bank_of(plan, 3)
    with pytest.raises(BadInput, match="characteristic 1 in row 0 is infinite"):
        step_bank(bank, [0.0, math.inf, 0.0])
    with pytest.raises(BadInput, match="3 values"):
        step_bank(bank, [0.0, 1.0])
    with pytest.raises(BadInput, match="numbers"):
        step_bank(bank, ["a", "b", "c"])
    with pytest.raises(BadInput, match="at least one"):
        start_bank(plan, [])
    with pytest.raises(BadInput, match="a bank judges"):
        start_bank(Plan(kind="c"), [])


PLAN = Plan(kind="xbar-r", size=3, rules=NELSON)
DATA = encode_bank(step_bank(bank_of(PLAN, 5)[1], np.arange(50.0).reshape(10, 5) % 7)[0])


@always(st.integers(0, len(DATA) - 1), st.integers(1, 255))
def test_a_changed_byte_is_refused(place: int, change: int) -> None:
    mutated = bytearray(DATA)
    mutated[place] ^= change
    with pytest.raises(BadPayload):
        decode_bank(bytes(mutated))


@always(st.binary(max_size=100))
def test_any_bytes_are_refused(body: bytes) -> None:
    for data in (body, seal(MAGIC, body)):
        with pytest.raises(BadPayload):
            decode_bank(data)


@pytest.mark.parametrize(
    "change",
    [{"characteristics": 4}, {"characteristics": 0}, {"plotted": -1}, {"held": b""}, {"previous": b"12345"}],
)
def test_parts_that_do_not_fit_are_refused(change: dict[str, Any]) -> None:
    body = msgspec.msgpack.decode(DATA[16:]) | change
    with pytest.raises(BadPayload):
        decode_bank(seal(MAGIC, msgspec.msgpack.encode(body)))
