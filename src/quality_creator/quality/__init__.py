"""The statistics of quality: state in, state and points out."""

from quality_creator.quality.chart import (
    KINDS,
    Estimation,
    Exclusion,
    Kind,
    Limits,
    Lines,
    Plan,
    PointLines,
    Points,
    Signal,
    Signals,
)
from quality_creator.quality.control import estimate, given, start, step
from quality_creator.quality.state import State, decode, encode

__all__ = [
    "KINDS",
    "Estimation",
    "Exclusion",
    "Kind",
    "Limits",
    "Lines",
    "Plan",
    "PointLines",
    "Points",
    "Signal",
    "Signals",
    "State",
    "decode",
    "encode",
    "estimate",
    "given",
    "start",
    "step",
]
