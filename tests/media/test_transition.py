"""Transitions: where they are at each picture, and that their ends are the scenes themselves."""

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.media.scale import Planes, planes_of
from quality_creator.media.transition import Move, blend, darken, pull, take
from quality_creator.model.scene import Transition
from tests.media.broadcast import scene

FIRST, SECOND = scene("full", "one"), scene("full", "two")
MIX = Transition(kind="mix", frames=8)


def plain(luma: int, u: int = 90, v: int = 160) -> Planes:
    planes = Planes(*planes_of(av.VideoFrame(1280, 720, "yuv420p")))
    planes.y[...], planes.u[...], planes.v[...] = luma, u, v
    return planes


def levels(move: Move, most: int = 300) -> list[float]:
    """The level at each picture until it is done."""
    found = []
    while not move.done and len(found) < most:
        move = move.step()
        found.append(move.level)
    return found


def test_a_cut_is_done_at_the_first_picture() -> None:
    assert levels(take(None, SECOND, Transition(kind="cut"))) == [1.0]


def test_a_mix_takes_as_many_pictures_as_were_asked_for_in_equal_steps() -> None:
    assert levels(take(None, SECOND, MIX)) == pytest.approx([n / 8 for n in range(1, 9)])


@settings(deadline=None)
@given(st.lists(st.floats(-0.5, 1.5), min_size=1, max_size=40), st.integers(1, 250))
def test_wherever_the_t_bar_was_let_go_a_take_goes_on_from_there_and_ends(
    hands: list[float], frames: int
) -> None:
    move = None
    for position in hands:
        before = move.level if move else 0.0
        move = pull(move, SECOND, "mix", position).step()
        assert abs(move.level - before) <= 0.2 + 1e-9
        assert 0 <= move.level <= 1
    end = levels(take(move, SECOND, Transition(kind="mix", frames=frames)))
    assert end == sorted(end)
    assert len(end) <= frames + 1
    assert not end or end[-1] == pytest.approx(1)


def test_a_t_bar_that_goes_back_undoes_the_transition() -> None:
    move = pull(None, SECOND, "wipe", 0.5).step().step()
    assert not move.undone
    move = pull(move, SECOND, "wipe", 0.0)
    for _ in range(3):
        move = move.step()
    assert move.undone


def test_a_mix_is_the_weighted_mean_of_both() -> None:
    canvas, other = plain(100, 90, 160), plain(200, 130, 40)
    blend("mix", canvas, other, 0.25)
    assert [np.unique(p).tolist() for p in (canvas.y, canvas.u, canvas.v)] == [[125], [100], [130]]


def test_a_wipe_shows_the_next_scene_left_of_its_edge() -> None:
    canvas = plain(100)
    blend("wipe", canvas, plain(200), 0.4)
    assert np.unique(canvas.y[:, :512]).tolist() == [200]
    assert np.unique(canvas.y[:, 512:]).tolist() == [100]


def test_a_dip_is_black_in_its_middle() -> None:
    lumas = []
    for level in (0.25, 0.5, 0.75):
        canvas = plain(116)
        blend("dip", canvas, plain(216), level)
        lumas.append(int(canvas.y[0, 0]))
    assert lumas == [66, 16, 116]


@pytest.mark.parametrize("kind", ["cut", "mix", "wipe", "dip"])
def test_every_transition_ends_with_the_next_scene_alone(kind: str) -> None:
    canvas = plain(100)
    blend(kind, canvas, plain(200, 60, 70), 1.0)  # type: ignore[arg-type]
    assert [np.unique(p).tolist() for p in (canvas.y, canvas.u, canvas.v)] == [[200], [60], [70]]


def test_black_is_the_black_of_video() -> None:
    canvas = plain(235, 10, 240)
    darken(canvas, 1.0)
    assert [np.unique(p).tolist() for p in (canvas.y, canvas.u, canvas.v)] == [[16], [128], [128]]
