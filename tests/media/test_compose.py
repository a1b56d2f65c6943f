import av
import numpy as np
import pytest

from quality_creator.media.compose import Composer
from quality_creator.media.scale import Planes, Raw, Scaler, Tile, planes_of
from quality_creator.media.scene import HEIGHT, WHOLE, WIDTH, Rectangle, places
from tests.media.broadcast import scene


def plain(width: int, height: int, luma: int) -> Raw:
    frame = av.VideoFrame(width, height, "yuv420p")
    frame.colorspace, frame.color_range = 1, 1
    for plane, level in zip(planes_of(frame), (luma, 90, 160), strict=True):
        plane[...] = level
    return Raw(frame, width / height)


def tile(luma: int, place: Rectangle, width: int = 640, height: int = 360) -> Tile:
    return Scaler().tile(plain(width, height, luma), place)


@pytest.fixture
def canvas() -> Planes:
    return Planes(*planes_of(av.VideoFrame(WIDTH, HEIGHT, "yuv420p")))


def luma_of(canvas: Planes, place: Rectangle) -> set[int]:
    return {int(n) for n in np.unique(canvas.cut(place).y)}


def test_each_source_stands_in_its_place_and_the_ground_around(canvas: Planes) -> None:
    sides = places("side-by-side")
    Composer(canvas).compose(scene("side-by-side"), [tile(100, sides[0]), tile(200, sides[1])])
    assert [luma_of(canvas, side) for side in sides] == [{100}, {200}]
    chroma = canvas.cut(sides[0])
    assert (np.unique(chroma.u).tolist(), np.unique(chroma.v).tolist()) == ([90], [160])
    around = luma_of(canvas, Rectangle(0, 0, WIDTH, sides[0].y))
    assert len(around) == 1
    assert not around & {100, 200}


def test_what_a_larger_picture_left_beside_a_smaller_one_is_painted_over(canvas: Planes) -> None:
    composer = Composer(canvas)
    composer.compose(scene("full"), [tile(100, WHOLE)])
    composer.compose(scene("full"), [tile(200, WHOLE, 480, 360)])
    assert luma_of(canvas, Rectangle(160, 0, 960, 720)) == {200}
    assert 100 not in luma_of(canvas, WHOLE)


def test_an_inset_has_an_edge_and_lies_over_the_picture(canvas: Planes) -> None:
    whole, inset = places("picture-in-picture")
    composer = Composer(canvas)
    for _ in range(2):
        composer.compose(scene("picture-in-picture"), [tile(100, whole), tile(60, inset)])
        assert luma_of(canvas, inset) == {60}
        rim = Rectangle(inset.x - 2, inset.y - 2, inset.width + 4, inset.height + 4)
        assert luma_of(canvas, rim) == {60, 200}
        assert luma_of(canvas, Rectangle(0, 0, 600, HEIGHT)) == {100}


def test_an_inset_without_a_source_leaves_the_picture_whole(canvas: Planes) -> None:
    Composer(canvas).compose(scene("picture-in-picture"), [tile(100, WHOLE), None])
    assert luma_of(canvas, WHOLE) == {100}


def test_an_empty_place_is_seen_to_be_one(canvas: Planes) -> None:
    large, upper, lower = places("three-up")
    Composer(canvas).compose(scene("three-up"), [tile(100, large), None, tile(200, lower)])
    (empty,) = luma_of(canvas, upper)
    (ground,) = luma_of(canvas, Rectangle(0, 0, WIDTH, large.y))
    assert empty > ground
