"""The hall's sound."""

import numpy as np
import pytest

from quality_creator.demo.simulator import SCENES
from quality_creator.demo.sound import RATE, excerpt


@pytest.mark.parametrize("name", SCENES)
def test_it_is_quiet_never_silent_and_joins_itself_without_a_click(name: str) -> None:
    cycle = {str(source): scene for source, scene in SCENES.items()}[name].sound
    assert 0.003 < np.sqrt(np.mean(np.square(cycle))) < 0.05
    assert np.abs(cycle).max() < 0.25
    seam = excerpt(cycle, len(cycle) - RATE // 100, RATE // 50)
    inside = np.abs(np.diff(cycle)).max()
    assert np.abs(np.diff(seam)).max() <= inside


def test_an_excerpt_goes_on_over_the_end() -> None:
    cycle = np.arange(5, dtype=np.float32)
    assert excerpt(cycle, 8, 4).tolist() == [3, 4, 0, 1]
