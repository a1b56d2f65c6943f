"""Pictures are written in both formats, Chinese text included, or with an error that helps."""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from matplotlib.font_manager import fontManager

from quality_creator.cli import face
from quality_creator.cli.figure import LIMIT, check_path, picture
from quality_creator.model.errors import BadInput


@pytest.mark.parametrize(("name", "magic"), [("a.svg", b"<?xml"), ("a.png", b"\x89PNG"), ("b.SVG", b"<?xml")])
def test_a_sheet_is_written_in_the_format_of_its_name(tmp_path: Path, name: str, magic: bytes) -> None:
    with picture(tmp_path / name, "Torque, N·m", source="torque.csv", panels=3, columns=2) as sheet:
        sheet.axes[0].plot([1, 2, 3])
        sheet.label(sheet.axes[0], 2.0, "UCL 2.0", LIMIT)
        assert len(sheet.axes) == 3
    assert (tmp_path / name).read_bytes().startswith(magic)


def test_chinese_text_is_drawn_with_the_package_s_own_face(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    pytest.importorskip("brotli", reason="comes with quality-creator[plot]")
    monkeypatch.setattr(face, "SYSTEM", ())
    with picture(tmp_path / "a.svg", "厚度, µm", source="测量数据.csv") as sheet:
        sheet.axes[0].bar(["工位", "two"], [1, 2])
        sheet.axes[0].set_xlabel("小时")
    assert missing_glyphs(recwarn) == []
    svg = (tmp_path / "a.svg").read_text()
    drawn = Counter(re.findall(r'id="NotoSansSC[A-Za-z]*-([A-Za-z]+)-[0-9a-f]+"', svg))
    assert drawn == {"Regular": len("测量数据工位小时"), "Bold": len("厚度")}
    # Bold in the title, plain at the axis.
    assert {font.weight for font in fontManager.ttflist if font.name == face.CHINESE} == {400, 700}


def test_a_character_that_no_font_has_is_never_a_box(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    recwarn: pytest.WarningsRecorder,
) -> None:
    monkeypatch.setattr(face, "SYSTEM", ())
    monkeypatch.setattr(face, "PACKED", tmp_path)
    face._register.cache_clear()
    with picture(tmp_path / "a.png", "t") as sheet:
        sheet.axes[0].set_xlabel("厚度, mm")
        sheet.axes[0].bar(["甲", "b"], [1, 2])
        labelled = sheet.axes[0]
    assert missing_glyphs(recwarn) == []
    assert labelled.get_xlabel() == "??, mm"
    assert [label.get_text() for label in labelled.get_xticklabels()] == ["?", "b"]
    assert "no font here has 厚 度 甲" in capsys.readouterr().err
    with picture(tmp_path / "b.svg", "thickness"):
        pass
    assert capsys.readouterr().err == ""


def missing_glyphs(warnings: pytest.WarningsRecorder) -> list[str]:
    return [str(one.message) for one in warnings if "missing from" in str(one.message)]


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
