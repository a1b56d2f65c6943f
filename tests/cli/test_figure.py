"""Pictures are written in both formats, Chinese text included, or with an error that helps."""

import subprocess
import sys
from pathlib import Path

import pytest

from quality_creator.cli.figure import LIMIT, check_path, picture
from quality_creator.model.errors import BadInput


@pytest.mark.parametrize(("name", "magic"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("b.SVG", b"<?xml")])
def test_a_sheet_is_written_in_the_format_of_its_name(tmp_path: Path, name: str, magic: bytes) -> None:
    with picture(tmp_path / name, "Torque, N·m", source="torque.csv", panels=3, columns=2) as sheet:
        sheet.axes[0].plot([1, 2, 3])
        sheet.label(sheet.axes[0], 2.0, "UCL 2.0", LIMIT)
        assert len(sheet.axes) == 3
    assert (tmp_path / name).read_bytes().startswith(magic)


def test_chinese_text_has_glyphs(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    from quality_creator.cli.figure import _chinese_fonts

    if not _chinese_fonts():
        pytest.skip("this machine has no font with Chinese characters")
    with picture(tmp_path / "a.png", "厚度, µm", source="测量数据.csv") as sheet:
        sheet.axes[0].set_xlabel("子组")
    assert [str(one.message) for one in recwarn if "missing from font" in str(one.message)] == []


@pytest.mark.filterwarnings("ignore:Glyph")
def test_without_a_chinese_font_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("quality_creator.cli.figure.CHINESE_FONTS", ())
    with picture(tmp_path / "a.svg", "t") as sheet:
        sheet.axes[0].set_xlabel("厚度")
    assert "no font with Chinese characters" in capsys.readouterr().err
    with picture(tmp_path / "b.svg", "thickness"):
        pass
    assert capsys.readouterr().err == ""


def test_the_same_sheet_is_written_with_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        with picture(tmp_path / name, "t") as sheet:
            sheet.axes[0].plot([1, 2, 3])
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_names_and_folders_that_can_not_be_written_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"\.svg or \.png"):
        check_path(tmp_path / "a.pdf")
    with pytest.raises(BadInput, match="there is no folder"):
        check_path(tmp_path / "none" / "a.svg")


def test_without_matplotlib_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from pathlib import Path\n"
        "from quality_creator.cli.figure import picture\n"
        "from quality_creator.model.errors import Unavailable\n"
        "try:\n    picture(Path('t.svg'), 't').__enter__()\nexcept Unavailable as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'quality-creator[plot]'" in done.stdout
