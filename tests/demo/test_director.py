"""The director's script."""

import itertools

from quality_creator.demo.director import OPENING, ROUND_S, SCRIPT, SOURCES, scene_at
from quality_creator.model.ids import SourceId
from quality_creator.model.scene import PLACES


def test_layouts_for_up_to_three_cameras_are_seen_and_every_place_of_them_is_filled() -> None:
    seen = {scene.layout for _, scene in SCRIPT}
    assert seen == {"full", "side-by-side", "picture-in-picture", "three-up"}
    for _, scene in SCRIPT:
        assert len(scene.sources) == PLACES[scene.layout]
        assert len(set(scene.sources)) == len(scene.sources)
        assert set(scene.sources) <= set(SOURCES)


def test_a_scene_stays_about_twenty_seconds() -> None:
    starts = [start for start, _ in SCRIPT] + [ROUND_S]
    assert all(15 <= after - before <= 30 for before, after in itertools.pairwise(starts))


def test_it_opens_with_the_first_scene_and_goes_round() -> None:
    assert scene_at(0) == scene_at(ROUND_S) == OPENING
    assert scene_at(ROUND_S - 0.01) == SCRIPT[-1][1]


def test_the_dial_is_on_air_while_the_first_drift_shows() -> None:
    assert all(SourceId("tap-bench") in scene_at(second).sources for second in range(30, 75))
