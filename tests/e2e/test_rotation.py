"""Session keys that change on air, and a hub that dies: neither the page nor `qc verify` finds a gap."""

import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.e2e.test_signed import runs_of
from tests.peers.hub import CAMERA, FACTORY, HubProcess, running_hub

pytestmark = pytest.mark.browser

OFTEN = "import datetime; from quality_creator.actions import signing; "
OFTEN += "signing.ROTATION = datetime.timedelta(seconds=5)"
"""A hub that has a new session key every few segments, and not twice a day."""


def _inits(hub: HubProcess) -> set[str]:
    """The init segments that its playlist names: each has a session key of its own."""
    return set(re.findall(r'EXT-X-MAP:URI="([^"]+)"', hub.playlist()))


def _wait_for_keys(hub: HubProcess, more: int, known: set[str], within_s: float = 60.0) -> set[str]:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        found = _inits(hub)
        if len(found - known) >= more:
            return found
        time.sleep(0.3)
    raise AssertionError(f"{len(_inits(hub) - known)} new keys within {within_s} s:\n{hub.words()}")


def _valid(page: Page) -> int:
    return int(page.locator("#proof").get_attribute("data-valid") or 0)


def _wait_for_valid(page: Page, count: int) -> None:
    page.wait_for_function(
        "(count) => Number(document.getElementById('proof').dataset.valid) >= count",
        arg=count,
        timeout=90_000,
    )


def _publish(hub: HubProcess, within_s: float = 60.0) -> None:
    """As soon as the log has the episode's end."""
    deadline = time.monotonic() + within_s
    while True:
        try:
            hub.api("POST", "/api/episodes/visit/publish")
            return
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def test_session_keys_change_on_air_and_after_a_kill_without_a_gap(page: Page, tmp_path: Path) -> None:
    with running_hub(tmp_path / "hub", CAMERA.format(id="cam") + FACTORY, prelude=OFTEN) as hub:
        hub.on_air()
        hub.wait_for_segment(1)
        page.goto(f"{hub.address}/episodes/visit")
        page.wait_for_selector("#proof[data-overall=good]")
        hub.post([{"tag": "leak", "value": 1.1, "time": datetime.now(UTC).isoformat(), "sequence": 1}])
        seen = _wait_for_keys(hub, 3, set())
        _wait_for_valid(page, _valid(page) + 3)
        hub.kill()
        hub.start()
        seen = _wait_for_keys(hub, 2, seen)
        _wait_for_valid(page, _valid(page) + 5)
        assert page.locator("#player").get_attribute("data-state") == "playing"
        assert page.locator("#proof").get_attribute("data-overall") == "good"
        assert runs_of(page) <= {"valid", "pending"}
        hub.api("POST", "/api/episodes/visit/end")
        _publish(hub)
        done = subprocess.run(
            [sys.executable, "-m", "quality_creator", "verify", f"{hub.address}/episodes/visit", "--json"],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        checks = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
        inits = httpx.get(f"{hub.address}/episodes/visit/proof/segments.json").json()["inits"]
    for name in ("segments", "picture and sound", "signatures in the stream", "told while on air"):
        assert checks[name]["outcome"] == "right", checks
    assert len(inits) >= 2 * 5
    assert "not recorded" not in checks["segments"]["words"]
