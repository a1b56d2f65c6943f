"""How bias and linearity of a gauge are printed and drawn."""

from pathlib import Path
from typing import TYPE_CHECKING

from quality_creator.cli.report import p_value, print_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from quality_creator.quality.bias import Bias, Linearity


def show_bias(one: "Bias", confidence: float) -> None:
    """The table of a bias study."""
    share = f"{100 * confidence:g} %"
    rows: list[tuple[str, object]] = [
        ("Reference", one.reference),
        ("Readings", one.n),
        ("Mean", one.mean),
        ("Bias", one.bias),
        (f"Bias, low {share}", one.low),
        (f"Bias, high {share}", one.high),
        ("Repeatability", one.repeatability),
        ("Standard error", one.standard_error),
        ("t", one.t),
        ("Degrees of freedom", one.df),
        ("p", p_value(one.p)),
        ("Cg", one.cg),
        ("Cgk", one.cgk),
    ]
    print_table("Bias study", ("", "value"), [row for row in rows if row[1] not in (None, "")])
    print(
        "- 0 lies inside the interval: no bias is proved."
        if one.low <= 0.0 <= one.high
        else "- There is bias."
    )


def show_linearity(found: "Linearity") -> None:
    """The tables of a linearity study."""
    print_table(
        "Linearity study: bias = intercept + slope · reference",
        ("", "value", "std. error", "t", "p"),
        [
            (name, one.value, one.standard_error, one.t, p_value(one.p))
            for name, one in (("intercept", found.intercept), ("slope", found.slope))
        ],
    )
    rows: list[tuple[str, object]] = [
        ("R²", found.r_squared),
        ("Residual sigma", found.residual),
        ("% linearity", found.linearity_percent),
        ("Linearity", found.linearity),
        ("% bias", found.bias_percent),
    ]
    print_table("", ("", "value"), [row for row in rows if row[1] is not None])
    every = [("all", found.average_bias), *((f"{one.reference:g}", one) for one in found.biases)]
    print_table(
        "Bias",
        ("reference", "n", "bias", "low", "high", "t", "p"),
        [(name, one.n, one.bias, one.low, one.high, one.t, p_value(one.p)) for name, one in every],
    )


def draw_linearity(
    path: Path, source: str, found: "Linearity", at: "NDArray[np.float64]", readings: "NDArray[np.float64]"
) -> None:
    """Readings and their line over the references."""
    import numpy as np

    from quality_creator.cli.figure import CENTER, LINE, QUIET, picture

    with picture(path, "Gauge linearity and bias", source=source) as sheet:
        (axes,) = sheet.axes
        axes.plot(at, readings - at, ".", color=QUIET)
        levels = np.array([one.reference for one in found.biases])
        axes.plot(levels, [one.bias for one in found.biases], "s", color=LINE, markersize=4)
        line = found.intercept.value + found.slope.value * levels
        axes.plot(levels, line, color=LINE)
        axes.axhline(0.0, color=CENTER, linewidth=0.6)
        sign = "+" if found.slope.value >= 0.0 else "−"
        formula = f"bias = {found.intercept.value:.4g} {sign} {abs(found.slope.value):.4g} · reference"
        axes.set_title(f"{formula}, R² {found.r_squared:.3f}")
        axes.set_xlabel("reference")
        axes.set_ylabel("bias")
