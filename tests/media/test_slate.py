import numpy as np
import pytest
from PIL import ImageFont

from quality_creator.media import slate
from quality_creator.media.scene import WHOLE, places
from quality_creator.model.scene import Layout
from quality_creator.model.text import Text

NAME = Text(zh="贴边线", en="Edge banding")


@pytest.fixture
def without_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that has no font of its own."""
    monkeypatch.setattr(slate, "_font", ImageFont.load_default)
    slate._has.cache_clear()
    yield
    slate._has.cache_clear()


def rows(tile: slate.Tile) -> int:
    """How many lines of text there are, the rule above them not counted."""
    bright = (tile.planes.y > 100).any(axis=1)
    return int((np.diff(bright.astype(int)) == 1).sum())


@pytest.mark.usefixtures("without_chinese")
def test_without_a_font_there_are_no_boxes_but_the_latin_lines() -> None:
    assert not slate.drawable("贴边线")
    assert slate.drawable("Edge banding 3")
    assert rows(slate.slate(NAME, "没有画面 · No picture", WHOLE)) == 2
    assert (
        slate.slate(NAME, "没有画面 · No picture", WHOLE).planes.y
        == slate.slate(Text(zh="", en="Edge banding"), "No picture", WHOLE).planes.y
    ).all()


def test_with_a_font_both_languages_are_shown() -> None:
    if not slate.drawable("贴边线"):
        pytest.skip("no font with Chinese on this machine; the other test covers that")
    assert rows(slate.slate(NAME, "没有画面 · No picture", WHOLE)) == 3
    assert rows(slate.slate(Text(zh="CNC 7", en="CNC 7"), "", WHOLE)) == 1


@pytest.mark.parametrize("layout", ["full", "side-by-side", "picture-in-picture", "three-up"])
def test_a_long_name_is_cut_and_stays_in_its_place(layout: Layout) -> None:
    for place in places(layout):
        tile = slate.slate(Text(zh="Line " * 60, en="Line " * 60), "words " * 60, place)
        assert tile.at == place
        assert tile.planes.size == (place.width, place.height)
        edge = np.concatenate((tile.planes.y[:, :8].ravel(), tile.planes.y[:, -8:].ravel()))
        assert len(np.unique(edge)) == 1
