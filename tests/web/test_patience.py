"""Buckets that leak: nobody gets more than their due, whatever else is tried, and memory stays as it is."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.web.patience import ROWS, WIDTH, Patience, TooOften
from quality_creator.web.sessions import network


def test_a_burst_is_free_and_then_one_waits_for_each_try() -> None:
    patience = Patience(burst=5, per_s=0.5)
    for _ in range(5):
        patience.take("a", 0.0)
    with pytest.raises(TooOften, match="wait 2 s") as refused:
        patience.take("a", 0.0)
    assert refused.value.wait_s == pytest.approx(2.0)
    patience.take("b", 0.0)
    patience.take("a", 2.0)
    with pytest.raises(TooOften):
        patience.take("a", 2.0)


def test_what_is_given_back_does_not_count() -> None:
    patience = Patience(burst=1, per_s=0.1)
    for _ in range(10):
        patience.take("a", 0.0)
        patience.give_back("a", 0.0)
    patience.take("a", 0.0)
    with pytest.raises(TooOften):
        patience.take("a", 0.0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0.0, 30.0)), max_size=80))
def test_no_key_is_ever_given_more_than_burst_and_leak_allow(tries: list[tuple[str, float]]) -> None:
    patience, given_at = Patience(burst=4, per_s=0.25), dict[str, list[float]]()
    for key, at in sorted(tries, key=lambda one: one[1]):
        try:
            patience.take(key, at)
        except TooOften:
            continue
        given_at.setdefault(key, []).append(at)
    for times in given_at.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                assert last - first + 1 <= 4 + 0.25 * (times[last] - times[first]) + 1e-6


def test_thousands_of_strangers_take_no_memory_and_do_not_shut_others_out() -> None:
    patience = Patience(burst=5, per_s=0.1)
    before = (len(patience._level), len(patience._at))
    for number in range(1_000):
        with contextlib.suppress(TooOften):
            for _ in range(5):
                patience.take(f"stranger {number}", 0.0)
    assert (len(patience._level), len(patience._at)) == before == (ROWS * WIDTH, ROWS * WIDTH)
    shut_out = sum(patience.wait_s(f"guest {number}", 0.0) > 0 for number in range(1_000))
    # Only whose four buckets all have strangers in them: (1 - e^(-1000/2048))^4 = 2.3 % of them.
    assert shut_out < 60


def test_a_subscriber_with_ipv6_is_one_address() -> None:
    assert network("2001:db8:1:2::5") == network("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network("2001:db8:1:3::5") != network("2001:db8:1:2::5")
    assert network("192.0.2.7") == "192.0.2.7"
    assert network("no address") == "no address"
