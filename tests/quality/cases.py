"""The published examples, by name, and whether a number passes."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

DATA = Path(__file__).parents[1] / "data" / "quality" / "quality_cases.json"


@cache
def _all() -> dict[str, dict[str, Any]]:
    return {entry["id"]: entry for entry in json.loads(DATA.read_text())}


def case(name: str) -> dict[str, Any]:
    """One published example."""
    return _all()[name]


def assert_close(found: ArrayLike, expected: ArrayLike, tolerance: dict[str, float]) -> None:
    """|found − expected| ≤ abs + rel·|expected|, of equal shapes."""
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(
        np.asarray(found), np.asarray(expected), rtol=tolerance["rel"], atol=tolerance["abs"]
    )
