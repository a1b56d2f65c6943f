"""A hub whose panels' moisture and gloss are judged together, for the tests of its pages."""

import random
from datetime import UTC, datetime, timedelta

from tests.peers.hub import HubProcess
from tests.web import engineer

CHART = """
[[charts]]
id = "surface"
name = { zh-Hans = "表面", en = "Surface" }
kind = "t2"
characteristics = ["moisture", "gloss"]
tolerance_s = 0.2
estimate_from = 30
"""

TEXT = engineer.TEXT + CHART

SURFACE = "/lines/panels/-/charts/surface"


def panels(count: int, seed: int = 7) -> list[tuple[float, float]]:
    """Moisture and gloss that go down together."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        common = chance.gauss(0, 1)
        found.append((8.0 + 0.3 * common, 80.0 + common + chance.gauss(0, 0.3)))
    return found


def measure(hub: HubProcess, given: list[tuple[float, float]], start: int, *, missing: int = -1) -> None:
    """Readings of panels, half a second apart, up to now; of one the gloss is not measured."""
    first = datetime.now(UTC) - timedelta(seconds=0.5 * len(given))
    readings: list[dict[str, object]] = [
        {
            "tag": tag,
            "value": round(value, 4),
            "time": (first + timedelta(seconds=0.5 * n)).isoformat(),
            "sequence": start + n,
        }
        for n, panel in enumerate(given)
        for tag, value in zip(("moisture", "gloss"), panel, strict=True)
        if not (tag == "gloss" and n == missing)
    ]
    assert hub.post(readings)["accepted"] == len(readings)
