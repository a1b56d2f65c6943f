"""A study's own chart tells whether its values were in control."""

import numpy as np
import pytest

from quality_creator.quality.stability import stability


def test_a_slow_drift_is_seen_by_location_alone() -> None:
    values = np.concatenate((np.tile([0.0, 0.1], 10), np.linspace(0.1, 1.0, 10)))
    found = stability(values, [1] * 30)
    assert found.kind == "i-mr"
    assert found.stable is False
    assert 29 in found.beyond
    assert 10 not in found.beyond


def test_a_wide_subgroup_is_seen_by_spread_alone() -> None:
    rows = np.tile([-0.1, 0.0, 0.1], (20, 1))
    rows[7] = [-2.0, 0.0, 2.0]
    found = stability(rows.ravel(), [3] * 20)
    assert (found.kind, found.points, found.beyond) == ("xbar-r", 20, (7,))


@pytest.mark.parametrize("sizes", [[2, 3, 4, 1] * 10, [12] * 20])
def test_unequal_and_large_subgroups_are_charted_by_deviations(sizes: list[int]) -> None:
    rng = np.random.default_rng(5)
    found = stability(rng.uniform(-1.0, 1.0, sum(sizes)), sizes)
    assert (found.kind, found.points, found.stable) == ("xbar-s", len(sizes), True)
