"""One look for every picture in a report: thin lines, labels at the edge, SVG or PNG.

    with picture(Path("out.svg"), "Torque, N·m", source="torque.csv", panels=2) as sheet:
        sheet.axes[0].plot(...)
        sheet.label(sheet.axes[0], 3.2, "UCL 3.20", LIMIT)

The file is written at the end of the block. matplotlib is only imported when a picture is drawn;
without it the error says what to install. Text is drawn as outlines, so an SVG looks the same
everywhere, Chinese text included.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quality_creator.cli.face import LATIN, letter
from quality_creator.model.errors import BadInput, Unavailable

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#24211d"
QUIET = "#8a847a"
LINE = "#1f5f8b"
CENTER = "#4b6b3c"
LIMIT = "#8a6d1d"
SPECIFICATION = "#6a5d7b"
SIGNAL = "#9a3412"
FILL = "#dfe8ee"

FORMATS = (".svg", ".png")

_RC: dict[Any, Any] = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": QUIET,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.unicode_minus": True,
    "axes.formatter.useoffset": False,
    "text.color": INK,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "quality-creator",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture that is being drawn."""

    figure: "Figure"
    axes: "Sequence[Axes]"

    def label(self, axes: "Axes", height: float, text: str, color: str) -> None:
        """Write beside the right edge at a height of the data, as limits carry their values."""
        axes.annotate(
            text,
            (1.0, height),
            xycoords=("axes fraction", "data"),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            ha="left",
            fontsize=8.0,
            color=color,
            annotation_clip=False,
        )


def check_path(path: Path) -> None:
    """Refuse a picture's name before anything is computed for it."""
    if path.suffix.lower() not in FORMATS:
        raise BadInput(f"{path.name}: a picture is written as .svg or .png")
    if not path.parent.is_dir():
        raise BadInput(f"there is no folder {path.parent} to write {path.name} to")


@contextmanager
def picture(
    path: Path,
    title: str,
    *,
    source: str = "",
    panels: int = 1,
    columns: int = 1,
    width_mm: float = 170.0,
    height_mm: float | None = None,
    share_x: bool = False,
) -> Iterator[Sheet]:
    """A sheet with its panels, to be filled inside the block and written at its end.

    Args:
        path: Where to; the ending says the format.
        title: What is shown, with its unit.
        source: Where the values came from; in small letters at the foot.
        panels: How many.
        columns: How many of them side by side.
        width_mm: Of the sheet.
        height_mm: Of the sheet; by default 75 for each row of panels and 15 for the title.
        share_x: Whether panels below one another have one horizontal axis.

    Raises:
        BadInput: the name has another ending, or the file can't be written.
        Unavailable: matplotlib is not installed.
    """
    check_path(path)
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise Unavailable(
            "pictures need matplotlib: install it with  pip install 'quality-creator[plot]'"
        ) from None
    rows = -(-panels // columns)
    height = height_mm if height_mm is not None else 15.0 + 75.0 * rows
    with mpl.rc_context({**_RC, "font.family": LATIN}):
        figure = Figure(figsize=(width_mm / 25.4, height / 25.4), layout="constrained")
        found = figure.subplots(rows, columns, squeeze=False, sharex=share_x).ravel().tolist()
        for unused in found[panels:]:
            unused.remove()
        for axes in found:
            axes.xaxis.get_major_locator().set_params(nbins=6)
        figure.suptitle(title, x=0.01, ha="left", fontsize=12.0, fontweight="bold")
        if source:
            figure.supxlabel(source, x=0.01, ha="left", fontsize=7.0, color=QUIET)
        yield Sheet(figure, found[:panels])
        letter(figure)
        _write(figure, path)


def _write(figure: "Figure", path: Path) -> None:
    try:
        figure.savefig(path, dpi=200, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise BadInput(f"{path} can't be written: {error.strerror}") from None
