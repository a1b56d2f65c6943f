"""A hub with two lines for the tests of the quality engineer's pages, and somebody who signs in."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx

from tests.peers.hub import CAMERA, FACTORY, HubProcess

TEXT = (
    CAMERA.format(id="cam")
    + FACTORY.replace(
        'characteristic = "leak-pressure"\n',
        'characteristic = "leak-pressure"\n'
        '[[gauges.tags]]\ntag = "moisture"\ncharacteristic = "moisture"\n'
        '[[gauges.tags]]\ntag = "peel"\ncharacteristic = "peel"\n'
        '[[gauges.tags]]\ntag = "gloss"\ncharacteristic = "gloss"\n',
    )
    + """
[[lines]]
id = "panels"
name = { zh-Hans = "板材线", en = "Panels" }

[[characteristics]]
id = "moisture"
name = { zh-Hans = "含水率", en = "Moisture" }
unit = "%"
line = "panels"
[characteristics.specification]
lower = 6.5
upper = 9.5

[[characteristics]]
id = "peel"
name = { zh-Hans = "剥离强度", en = "Peel strength" }
unit = "N/mm"
line = "panels"
public = false
[characteristics.chart]
kind = "xbar-r"
size = 5
limits = { center = 3.0, sigma = 0.3 }

[[characteristics]]
id = "gloss"
name = { zh-Hans = "光泽度", en = "Gloss" }
unit = "GU"
line = "panels"

[[characteristics]]
id = "colour"
name = { zh-Hans = "色差", en = "Colour" }
unit = "1"
line = "panels"
"""
)

MOISTURE = "/lines/panels/moisture"
PEEL = "/lines/panels/peel"
GLOSS = "/lines/panels/gloss"
COLOUR = "/lines/panels/colour"
LEAK = "/lines/taps/leak-pressure"


def values(count: int, center: float = 8.0, sigma: float = 0.3, seed: int = 5) -> list[float]:
    """A calm process."""
    chance = random.Random(seed)
    return [round(chance.gauss(center, sigma), 3) for _ in range(count)]


def post(hub: HubProcess, tag: str, given: Sequence[float], start: int = 0) -> None:
    """Readings of a tag, a second apart, up to now."""
    first = datetime.now(UTC) - timedelta(seconds=len(given))
    readings: list[dict[str, object]] = [
        {
            "tag": tag,
            "value": value,
            "time": (first + timedelta(seconds=i)).isoformat(),
            "sequence": start + i,
        }
        for i, value in enumerate(given)
    ]
    answer = hub.post(readings)
    assert answer["accepted"] == len(given), answer


def token(hub: HubProcess) -> str:
    """The operator's."""
    return (hub.folder / "data" / "operator.token").read_text().strip()


@contextmanager
def signed_in(hub: HubProcess, name: str = "Lin") -> Iterator[httpx.Client]:
    """A client whose session is open."""
    with httpx.Client(base_url=hub.address, timeout=20) as client:
        answer = client.post("/sign-in", data={"name": name, "token": token(hub), "to": "/lines"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/lines")
        yield client
