"""Faces that pictures are lettered in: Chinese from the package itself, and never a box for a missing glyph.

The package carries Noto Sans SC as WOFF2, which matplotlib can't read; it is unpacked once into
matplotlib's cache, when a text first needs it. Behind it stand Chinese fonts of the system. A
character that none of them has is written as a question mark, and told.
"""

import os
import sys
import tempfile
import warnings
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

Weight = Literal[400, 700]

LATIN = "DejaVu Sans"
"""Comes with matplotlib."""
CHINESE = "Quality Creator Noto Sans SC"
"""What the package's own face is called once it is unpacked."""
PACKED = Path(__file__).parents[1] / "media" / "fonts"

SYSTEM = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Hiragino Sans GB",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
    "Noto Serif CJK SC",
    "Noto Serif CJK JP",
)
"""Fonts of systems with Chinese characters, the best first."""


def letter(figure: "Figure") -> None:
    """Give every text of a picture faces that have its characters, before it is written."""
    with warnings.catch_warnings():
        # Tick labels are made when a figure is drawn; here for the first time, with the wrong face.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.draw_without_rendering()
    foreign = [text for text in _texts(figure) if not _has(LATIN, text.get_text())]
    if not foreign:
        return
    families = [LATIN, *_chinese({_weight(text) for text in foreign}), *_system()]
    for text in foreign:
        text.set_fontfamily(families)
    missing = {c for text in foreign for c in text.get_text() if not any(_has(name, c) for name in families)}
    if missing:
        _replace(figure, foreign, dict.fromkeys(missing, "?"))
        print(
            f"qc: no font here has {' '.join(sorted(missing))}; written as ?. For Chinese install "
            "'quality-creator[plot]', or a font such as fonts-noto-cjk",
            file=sys.stderr,
        )


def _texts(figure: "Figure") -> "list[Text]":
    from matplotlib.text import Text

    return [text for text in figure.findobj(Text) if isinstance(text, Text) and text.get_text()]


def _weight(text: "Text") -> Weight:
    return 700 if text.get_fontweight() in ("bold", 700) else 400


def _replace(figure: "Figure", texts: "Iterable[Text]", by: dict[str, str]) -> None:
    table = str.maketrans(by)
    for text in texts:
        text.set_text(text.get_text().translate(table))
    for axes in figure.axes:
        # Labels of ticks would come back with the next drawing.
        for axis in (axes.xaxis, axes.yaxis):
            labels = [label.get_text() for label in axis.get_ticklabels()]
            fixed = [label.translate(table) for label in labels]
            if any(label in texts for label in axis.get_ticklabels()) or fixed != labels:
                families = axis.get_ticklabels()[0].get_fontfamily()
                axis.set_ticks(axis.get_ticklocs(), labels=fixed, fontfamily=families)


def _has(family: str, text: str) -> bool:
    return all(ord(character) in _characters(family) or character.isspace() for character in text)


@cache
def _characters(family: str) -> frozenset[int]:
    from matplotlib import font_manager

    return frozenset(font_manager.get_font(font_manager.findfont(family)).get_charmap())


def _chinese(weights: set[Weight]) -> list[str]:
    """The package's own face, where it is built in and can be unpacked."""
    try:
        for weight in weights | {400}:
            _register(weight)
    except (ImportError, OSError):
        return []
    return [CHINESE]


@cache
def _register(weight: Weight) -> None:
    import matplotlib as mpl
    from matplotlib import font_manager

    packed = (PACKED / f"noto-sans-sc-chinese-simplified-{weight}-normal.woff2").read_bytes()
    path = Path(mpl.get_cachedir()) / f"quality-creator-{sha256(packed).hexdigest()[:16]}.ttf"
    if not path.exists():
        _unpack(packed, path)
    font_manager.fontManager.addfont(path)


def _unpack(packed: bytes, path: Path) -> None:
    from io import BytesIO

    import brotli  # noqa: F401 - what fontTools unpacks WOFF2 with; it would only say so in a log
    from fontTools.ttLib import TTFont

    font = TTFont(BytesIO(packed))
    font.flavor = None
    # All weights of the source are called after its thinnest, and systems may have that.
    for number in (1, 16, 21):
        font["name"].removeNames(nameID=number)
    font["name"].setName(CHINESE, 1, 3, 1, 0x409)
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".part")
    with os.fdopen(handle, "wb") as file:
        font.save(file)
    Path(draft).replace(path)


def _system() -> list[str]:
    """The fonts of this machine that can show Chinese, at most two."""
    from matplotlib import font_manager

    there = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in SYSTEM if name in there][:2]
