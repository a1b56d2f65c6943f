"""Answer `qc arl`: run lengths of one choice of a chart for several shifts."""

import math
from dataclasses import dataclass, replace
from typing import Literal

import msgspec

from quality_creator.model.errors import BadInput


@dataclass(frozen=True, slots=True)
class Choice:
    """A chart as the command was told; None is chosen for the in-control run length."""

    chart: Literal["shewhart", "ewma", "cusum", "t2", "mewma"]
    rules: str
    width: float | None
    weight: float
    slack: float
    decision: float | None
    head_start: float
    alpha: float
    variables: int
    size: int
    threshold: float | None
    settled: bool
    in_control: float


class RunLengths(msgspec.Struct, frozen=True, kw_only=True):
    """What `qc arl --json` prints."""

    chart: str
    parameters: dict[str, float | bool | str]
    """Those that matter for the chart, also those that were chosen."""
    shift: list[float]
    arl: list[float | None]
    """For each shift; null beyond 10^12."""
    standard_error: list[float | None]
    """Null where the run length is exact."""


def answer(choice: Choice, shifts: list[float]) -> RunLengths:
    """The run lengths for each shift."""
    if not shifts:
        raise BadInput("name at least one shift")
    chosen = _complete(choice)
    found = [_length(chosen, shift) for shift in shifts]
    return RunLengths(
        chart=chosen.chart,
        parameters=_parameters(chosen),
        shift=shifts,
        arl=[length if math.isfinite(length) else None for length, _ in found],
        standard_error=[error or None for _, error in found],
    )


def _complete(choice: Choice) -> Choice:
    from quality_creator.quality import arl

    match choice.chart:
        case "shewhart" if choice.width is None:
            return replace(choice, width=3.0)
        case "ewma" if choice.width is None:
            width = arl.ewma_width(choice.weight, choice.in_control, settled=choice.settled)
            return replace(choice, width=width)
        case "cusum" if choice.decision is None:
            return replace(choice, decision=arl.cusum_decision(choice.slack, choice.in_control))
        case "mewma" if choice.threshold is None:
            threshold = arl.mewma_threshold(choice.weight, choice.variables, choice.in_control)
            return replace(choice, threshold=threshold)
        case _:
            return choice


def _length(choice: Choice, shift: float) -> tuple[float, float]:
    """The run length, and its standard error where it is simulated."""
    from quality_creator.quality import arl
    from quality_creator.quality.arl_rules import shewhart
    from quality_creator.quality.rules import parse

    match choice.chart:
        case "shewhart":
            assert choice.width is not None
            found = shewhart(parse(choice.rules), shift, choice.width)
            return found.value, found.standard_error
        case "ewma":
            assert choice.width is not None
            return arl.ewma(choice.weight, choice.width, shift, settled=choice.settled), 0.0
        case "cusum":
            assert choice.decision is not None
            return arl.cusum(choice.slack, choice.decision, shift, choice.head_start), 0.0
        case "t2":
            return arl.t2(choice.variables, choice.alpha, shift, choice.size), 0.0
        case "mewma":
            assert choice.threshold is not None
            return arl.mewma(choice.weight, choice.variables, choice.threshold, shift), 0.0


_TOLD = {
    "shewhart": ("rules", "width"),
    "ewma": ("weight", "width", "settled"),
    "cusum": ("slack", "decision", "head_start"),
    "t2": ("variables", "alpha", "size"),
    "mewma": ("weight", "variables", "threshold"),
}


def _parameters(choice: Choice) -> dict[str, float | bool | str]:
    return {name: getattr(choice, name) for name in _TOLD[choice.chart]}
