"""The page about JSON names every field that a study can print, and every note."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

from quality_creator.cli.chart_report import Report
from quality_creator.cli.run_length import RunLengths
from quality_creator.quality.agreement import Agreement
from quality_creator.quality.bias import Bias, Linearity
from quality_creator.quality.capability import Capability
from quality_creator.quality.gauge_components import GaugeStudy
from quality_creator.quality.life import Weibull
from quality_creator.quality.oee import Oee, ShiftSummary
from quality_creator.quality.operating import Operating
from quality_creator.quality.plan_design import AttributesDesign, VariablesDesign
from quality_creator.quality.sampling import LotDecision, SinglePlan
from quality_creator.quality.survival import KaplanMeier
from quality_creator.quality.switching import Switch
from quality_creator.quality.trace import TraceResult
from quality_creator.quality.variables_sampling import VariablesDecision, VariablesOperating, VariablesPlan

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "quality" / "json.md").read_text(encoding="utf-8")

PRINTED = {
    "chart": [Report],
    "arl": [RunLengths],
    "capability": [Capability],
    "gauge-study": [GaugeStudy, Bias, Linearity, Agreement],
    "sampling-plan": [
        SinglePlan,
        LotDecision,
        Operating,
        AttributesDesign,
        VariablesDesign,
        VariablesPlan,
        VariablesDecision,
        VariablesOperating,
        Switch,
    ],
    "life": [Weibull, KaplanMeier],
    "trace": [TraceResult],
    "oee": [Oee, ShiftSummary],
}
SHARED = {"code", "text", "value", "low", "high"}
"""Explained once, above the commands."""


def section(command: str) -> str:
    return PAGE.partition(f"\n## `{command}`\n")[2].partition("\n## ")[0]


def fields(struct: type[msgspec.Struct]) -> Iterator[str]:
    """Names of a struct's fields and of those of the structs inside it."""
    hints = get_type_hints(struct)
    for name in struct.__struct_fields__:
        yield name
        for inner in _structs(hints[name]):
            yield from fields(inner)


def _structs(hint: Any) -> Iterator[type[msgspec.Struct]]:
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        yield hint
    for part in get_args(hint):
        yield from _structs(part)


@pytest.mark.parametrize("command", PRINTED)
def test_every_field_is_explained(command: str) -> None:
    explained = set(re.findall(r"`([A-Za-z0-9_]+)`", section(command)))
    printed = {name for struct in PRINTED[command] for name in fields(struct)}
    assert printed - explained - SHARED == set()


def test_every_note_is_listed() -> None:
    listed = set(re.findall(r"`([a-z0-9-]+)`", PAGE))
    sources = (ROOT / "src" / "quality_creator" / "quality").glob("*.py")
    codes = {code for path in sources for code in re.findall(r'code="([a-z0-9-]+)"', path.read_text())}
    assert {"provisional", "arrow", "few-failures"} <= codes
    assert codes - listed == set()
