import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media.scene import HEIGHT, WHOLE, WIDTH, Fit, Rectangle, fit, places
from quality_creator.model.scene import PLACES, Layout

LAYOUTS: tuple[Layout, ...] = get_args(Layout)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_layout_has_as_many_places_as_the_model_says(layout: Layout) -> None:
    assert len(places(layout)) == PLACES[layout]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_places_are_even_lie_in_the_picture_and_are_as_wide_as_cameras_are(layout: Layout) -> None:
    for place in places(layout):
        assert all(n % 2 == 0 for n in (place.x, place.y, place.width, place.height))
        assert place.x >= 0
        assert place.y >= 0
        assert place.right <= WIDTH
        assert place.bottom <= HEIGHT
        # A camera of 16:9 is shown whole, to the pixel.
        assert fit(16 / 9, place) == Fit(place.width, place.height, 0, 0, place)


@pytest.mark.parametrize("layout", ["side-by-side", "three-up"])
def test_places_keep_the_same_gap_and_do_not_overlap(layout: Layout) -> None:
    rectangles = places(layout)
    for one, other in itertools.combinations(rectangles, 2):
        across = max(one.x, other.x) - min(one.right, other.right)
        down = max(one.y, other.y) - min(one.bottom, other.bottom)
        assert max(across, down) == 16
    assert min(r.x for r in rectangles) == WIDTH - max(r.right for r in rectangles) == 16
    assert abs(min(r.y for r in rectangles) - (HEIGHT - max(r.bottom for r in rectangles))) <= 2


def test_three_up_is_as_high_at_the_right_as_at_the_left() -> None:
    large, upper, lower = places("three-up")
    assert (upper.y, lower.bottom) == (large.y, large.bottom)


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [
        (16 / 10, Fit(1280, 800, 0, 40, WHOLE)),
        (1.85, Fit(1332, 720, 26, 0, WHOLE)),
        (4 / 3, Fit(960, 720, 0, 0, Rectangle(160, 0, 960, 720))),
        (2.39, Fit(1280, 536, 0, 0, Rectangle(0, 92, 1280, 536))),
        (9 / 16, Fit(404, 720, 0, 0, Rectangle(438, 0, 404, 720))),
    ],
)
def test_near_aspects_fill_the_place_and_others_are_shown_whole(aspect: float, expected: Fit) -> None:
    assert fit(aspect, WHOLE) == expected


@given(
    st.floats(min_value=1 / 50, max_value=50),
    st.sampled_from([place for layout in LAYOUTS for place in places(layout)]),
)
def test_any_picture_fits_into_any_place_and_keeps_its_shape(aspect: float, place: Rectangle) -> None:
    result = fit(aspect, place)
    at = result.at
    assert all(n % 2 == 0 for n in (result.width, result.height, result.crop_x, result.crop_y, at.x, at.y))
    assert place.x <= at.x
    assert place.y <= at.y
    assert at.right <= place.right
    assert at.bottom <= place.bottom
    assert result.crop_x + at.width <= result.width
    assert result.crop_y + at.height <= result.height
    # Whole, or filled with at most an eighth hidden; never both barred and cropped.
    hidden = 1 - at.width * at.height / (result.width * result.height)
    assert hidden <= 0.13
    assert at == place or hidden == 0
    # Its shape is kept to the pixel, or to one and a half percent where it is as good as the place's.
    shape = result.width / result.height
    assert abs(shape / aspect - 1) < 0.0155 or min(result.width, result.height) < 140
